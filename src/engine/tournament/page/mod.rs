//! A tournament as one HTML file: a pure function of its report, its findings and its transcripts. It has no script, and takes
//! nothing from the network.

mod accounts;
mod ladder;
mod matches;
mod meetings;
mod style;

use std::collections::BTreeMap;
use std::fmt::{Result, Write};

use crate::clock;
use crate::domain::tournament::newcomer::Place;
use crate::engine::export::page::Page;
use crate::engine::tournament::findings::Findings;
use crate::engine::tournament::page::style::STYLE;
use crate::engine::tournament::report::{MatchState, TournamentReport};
use crate::rating::caution::Caution;
use crate::text::html::escape_untrusted;
use crate::text::name::{short, with_short_names};

/// What was said in matches, by their numbers.
pub type Transcripts = BTreeMap<usize, Page>;

/// Writes the page.
#[must_use]
pub fn html(report: &TournamentReport, findings: &Findings, transcripts: &Transcripts) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, report, findings, transcripts);
    out
}

fn write(out: &mut String, report: &TournamentReport, findings: &Findings, transcripts: &Transcripts) -> Result {
    let name = escape_untrusted(&report.name);
    writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(out, "<meta name=\"color-scheme\" content=\"light dark\">")?;
    writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    )?;
    writeln!(out, "<title>{name}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{name}</h1>")?;
    head(out, report)?;
    if !findings.cautions.is_empty() {
        writeln!(out, "<h2>Cautions</h2>\n<ul class=\"cautions\">")?;
        for caution in &findings.cautions {
            writeln!(out, "<li>{}</li>", escape_untrusted(&told(report, caution)))?;
        }
        writeln!(out, "</ul>")?;
    }
    let order = ladder::order(report, findings.record.as_ref());
    ladder::write(out, report, findings.record.as_ref(), &order)?;
    meetings::write(out, report, findings, &order)?;
    accounts::judges(out, report, findings)?;
    accounts::costs(out, findings)?;
    matches::parked(out, report)?;
    matches::write(out, report, transcripts)?;
    writeln!(out, "</body>\n</html>")
}

fn head(out: &mut String, report: &TournamentReport) -> Result {
    let count = |state| report.of_state(state).count();
    let mut matches = format!("{} of {} matches", count(MatchState::Done), report.most_matches);
    for state in [MatchState::Running, MatchState::Stopped, MatchState::Parked] {
        if count(state) > 0 {
            matches.push_str(&format!(", {} {}", count(state), state.name()));
        }
    }
    let day = clock::display_date(&report.at);
    let facts = [report.kind.name().to_owned(), report.state.name().to_owned(), matches, format!("planned {day}")];
    writeln!(out, "<p class=\"facts\">{}</p>", escape_untrusted(&facts.join(" · ")))?;
    let judges = if report.judges.is_empty() { "nobody".to_owned() } else { names(&report.judges) };
    let players = report.players.len();
    let facts = [format!("{players} players"), format!("format {}", report.format), format!("seed {}", report.seed)];
    writeln!(out, "<p class=\"facts\">{}</p>", escape_untrusted(&facts.join(" · ")))?;
    writeln!(out, "<p class=\"facts\">judged by {}</p>", escape_untrusted(&judges))?;
    if let Some(champion) = &report.champion {
        writeln!(out, "<p class=\"says\">Won by {}.</p>", escape_untrusted(&short(champion)))?;
    }
    if let Some(Place { place, probability, rating, low, high, settled }) = report.newcomer {
        let sure = if settled { "settled" } else { "not settled" };
        writeln!(
            out,
            "<p class=\"says\">The newcomer's place is {place}, {} % sure and {sure}; its rating is {}, between {} and {}.</p>",
            figure(probability * 100.0, 0),
            figure(rating, 0),
            figure(low, 0),
            figure(high, 0)
        )?;
    }
    Ok(())
}

/// A caution in which players and judges are named shortly.
fn told(report: &TournamentReport, caution: &Caution) -> String {
    let players = report.players.iter().map(|player| player.player.as_str());
    with_short_names(&caution.sentence(), players.chain(report.judges.iter().map(String::as_str)))
}

fn names(names: &[String]) -> String {
    names.iter().map(|name| short(name)).collect::<Vec<_>>().join(", ")
}

/// A number, or a dash where there is none.
fn figure(value: f64, decimals: usize) -> String {
    // Adding 0 makes of a negative zero one without a sign.
    let scale = 10f64.powi(decimals as i32);
    let rounded = (value * scale).round() / scale + 0.0;
    if rounded.is_finite() { format!("{rounded:.decimals$}") } else { "–".to_owned() }
}

/// Points: whole ones without a fraction.
fn points(value: f64) -> String {
    if value.is_finite() { format!("{}", (value * 100.0).round() / 100.0) } else { "–".to_owned() }
}

#[cfg(test)]
mod tests;
