//! The matches: those that were parked with the reason, and all of them by round with what was said.

use std::fmt::{Result, Write};

use crate::domain::seat::Side;
use crate::engine::export::html::body;
use crate::engine::tournament::page::{Transcripts, figure};
use crate::engine::tournament::report::{MatchReport, MatchState, TournamentReport};
use crate::text::html::escape_untrusted;
use crate::text::name::short;

pub fn parked(out: &mut String, report: &TournamentReport) -> Result {
    let mut parked = report.of_state(MatchState::Parked).peekable();
    if parked.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "<h2>Parked matches</h2>\n<ul>")?;
    for one in parked {
        let reason = one.reason.as_deref().unwrap_or("nothing was noted");
        let times = if one.failures == 1 { "once".to_owned() } else { format!("{} times", one.failures) };
        writeln!(out, "<li>{}; failed {times}: {}</li>", players(one), escape_untrusted(reason))?;
    }
    writeln!(out, "</ul>")
}

pub fn write(out: &mut String, report: &TournamentReport, transcripts: &Transcripts) -> Result {
    writeln!(out, "<h2>Matches</h2>")?;
    if report.matches.is_empty() {
        return writeln!(out, "<p>No match was paired yet.</p>");
    }
    let mut round = 0;
    let mut matches: Vec<&MatchReport> = report.matches.iter().collect();
    matches.sort_by_key(|one| (one.meeting.round, one.meeting.number));
    for one in matches {
        if one.meeting.round != round {
            round = one.meeting.round;
            writeln!(out, "<h3>Round {round}</h3>")?;
        }
        let line = format!("{} <span class=\"result\">{}</span>", players(one), escape_untrusted(&result(one)));
        let motion = escape_untrusted(&one.meeting.motion);
        match transcripts.get(&one.meeting.number).filter(|page| !page.speeches.is_empty()) {
            None => writeln!(out, "<div class=\"row\">{line}<p class=\"facts\">{motion}</p></div>")?,
            Some(page) => {
                writeln!(
                    out,
                    "<details><summary>{line}</summary>\n<div class=\"transcript\">\n<p class=\"facts\">{motion}</p>"
                )?;
                writeln!(out, "<p class=\"says\">{}</p>", escape_untrusted(&page.verdict))?;
                body(out, page, "h4")?;
                writeln!(out, "<p class=\"cost\">{}</p>\n</div></details>", escape_untrusted(&page.cost))?;
            }
        }
    }
    Ok(())
}

/// The number and both players, the winner in bold.
fn players(one: &MatchReport) -> String {
    let name = |side: Side, name: &str| {
        let name = escape_untrusted(&short(name));
        if one.winner == Some(side) { format!("<b>{name}</b>") } else { name }
    };
    let (proposition, opposition) = (&one.meeting.proposition, &one.meeting.opposition);
    format!(
        "<span class=\"number\">{}</span> {} – {}",
        one.meeting.number,
        name(Side::Proposition, proposition),
        name(Side::Opposition, opposition)
    )
}

fn result(one: &MatchReport) -> String {
    if one.state != MatchState::Done {
        return one.state.name().to_owned();
    }
    let sure = one.probability.map_or_else(|| "–".to_owned(), |share| figure(share * 100.0, 0));
    let decided = match (one.unrated, one.winner) {
        (Some(why), _) => return format!("unrated, since {}", why.sentence()),
        (None, Some(side)) => format!("the {side} wins"),
        (None, None) => "a tie".to_owned(),
    };
    format!("{decided}; probability of the proposition {sure} %")
}
