//! `rhetor tournament status`, `report` and `list`: what is in the store of tournaments.

use std::path::Path;

use serde::Serialize;

use crate::cli::amounts::thousands;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::cli::tournament::ReportForm;
use crate::cli::tournament::plan::{meeting_line, names};
use crate::domain::tournament::newcomer::Place;
use crate::domain::tournament::standings::Cell;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::tournament::{Findings, MatchState, TournamentReport};
use crate::rating::bradley_terry::USUAL_PRIOR;
use crate::rating::effects::Agreement;
use crate::rating::record::Record;
use crate::text::json::escape_json;
use crate::text::name::{short, with_short_names};

/// Prints how a tournament stands.
///
/// # Errors
/// There is none, or the store cannot be read.
pub fn status(engine: &EngineHandle, id: &str, output: &mut Output) -> Result<ExitStatus, EngineError> {
    let report = engine.queries().tournament(id)?;
    if output.json {
        output.document(&report);
        return Ok(ExitStatus::Done);
    }
    heading(&report).iter().for_each(|line| output.line(line));
    for state in [MatchState::Running, MatchState::Stopped, MatchState::Parked] {
        for one in report.of_state(state) {
            output.line(&format!("{}  {}", meeting_line(&one.meeting), state.name()));
            if let Some(reason) = &one.reason {
                output.line(&format!("      failed {} times: {reason}", one.failures));
            }
        }
    }
    Ok(ExitStatus::Done)
}

/// Prints the table, or writes it to a file.
///
/// # Errors
/// There is no such tournament, or the file cannot be written.
pub fn report(
    engine: &EngineHandle,
    id: &str,
    to: ReportForm,
    file: Option<&Path>,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let report = engine.queries().tournament(id)?;
    let form = if output.json { ReportForm::Json } else { to };
    let findings = || engine.queries().tournament_findings(&report);
    let document = match form {
        ReportForm::Text => report_lines(&report, &findings()?).join("\n") + "\n",
        ReportForm::Md => markdown(&report, &findings()?),
        ReportForm::Json => {
            let document = ReportDocument { report: &report, findings: &findings()? };
            let json = serde_json::to_string(&document).map_err(|error| EngineError::Failed(error.to_string()))?;
            format!("{}\n", escape_json(&json))
        }
        ReportForm::Html => engine.queries().tournament_page(&report)?,
    };
    match file {
        Some(path) => {
            engine.queries().write_document(path, &document)?;
            output.note(&format!("wrote {}", path.display()));
        }
        None => output.text(&document),
    }
    Ok(ExitStatus::Done)
}

#[derive(Serialize)]
struct ReportDocument<'a> {
    #[serde(flatten)]
    report: &'a TournamentReport,
    #[serde(flatten)]
    findings: &'a Findings,
}

/// Lists tournaments.
///
/// # Errors
/// The store cannot be read.
pub fn list(engine: &EngineHandle, output: &mut Output) -> Result<ExitStatus, EngineError> {
    let reports = engine.queries().tournaments()?;
    if output.json {
        output.document(&reports);
        return Ok(ExitStatus::Done);
    }
    for report in &reports {
        let played = report.of_state(MatchState::Done).count();
        output.line(&format!(
            "{}  {}  {}  {}, {played} of {} matches",
            report.id,
            report.name,
            report.kind.name(),
            report.state.name(),
            report.most_matches
        ));
    }
    if reports.is_empty() {
        output.note("there is no tournament yet; `rhetor tournament run` starts one");
    }
    Ok(ExitStatus::Done)
}

/// The table and the matrix, for people.
#[must_use]
pub fn table_lines(report: &TournamentReport) -> Vec<String> {
    let mut lines = heading(report);
    lines.push(String::new());
    lines.extend(aligned(&standings(report)));
    lines.push(String::new());
    lines.push("What each took from each other, of so many matches:".to_owned());
    lines.extend(aligned(&matrix(report)));
    lines
}

/// The table, the matrix, the ladder of record and what it does not know.
fn report_lines(report: &TournamentReport, findings: &Findings) -> Vec<String> {
    let mut lines = table_lines(report);
    if let Some(record) = &findings.record {
        lines.extend([String::new(), ladder_heading(record)]);
        lines.extend(aligned(&ladder(record)));
    }
    if !findings.agreement.is_empty() {
        lines.push(String::new());
        lines.extend(agreement_lines(findings));
    }
    if !findings.cautions.is_empty() {
        lines.push(String::new());
        lines.extend(caution_lines(report, findings));
    }
    lines
}

fn markdown(report: &TournamentReport, findings: &Findings) -> String {
    let mut lines: Vec<String> = vec![format!("# {}", escaped(&report.name)), String::new()];
    for line in heading(report).iter().skip(1) {
        lines.push(format!("- {}", escaped(line.trim())));
    }
    let (ladder_rows, said) = match &findings.record {
        Some(record) => (ladder(record), ladder_heading(record)),
        None => (Vec::new(), String::new()),
    };
    let tables = [(standings(report), String::new()), (matrix(report), String::new()), (ladder_rows, said)];
    for (rows, said) in tables {
        lines.push(String::new());
        if !said.is_empty() {
            lines.extend([escaped(&said), String::new()]);
        }
        for (place, row) in rows.iter().enumerate() {
            lines.push(format!("| {} |", row.iter().map(|cell| escaped(cell)).collect::<Vec<_>>().join(" | ")));
            if place == 0 {
                let column = |column: usize| if column == 1 { "---" } else { "---:" };
                lines.push(format!("| {} |", (0..row.len()).map(column).collect::<Vec<_>>().join(" | ")));
            }
        }
    }
    for group in [agreement_lines(findings), caution_lines(report, findings)] {
        if !group.is_empty() {
            lines.push(String::new());
        }
        lines.extend(group.iter().map(|line| format!("- {}", escaped(line))));
    }
    lines.join("\n") + "\n"
}

fn ladder_heading(record: &Record) -> String {
    let side = record.side.map_or_else(String::new, |side| {
        format!("; the proposition is worth {:.0} points ({})", side.points.round() + 0.0, side.interval)
    });
    format!("Bradley-Terry ratings with a prior of {USUAL_PRIOR} and intervals of 95 %{side}:")
}

/// A heading and a row for each player with a result.
fn ladder(record: &Record) -> Vec<Vec<String>> {
    let head = ["ranks", "player", "rating", "95 %", "matches"].map(str::to_owned).to_vec();
    let rows = record.places.iter().map(|place| {
        let ranks = match (place.ranks.best, place.ranks.worst) {
            (best, worst) if best == worst => best.to_string(),
            (best, worst) => format!("{best}-{worst}"),
        };
        vec![
            ranks,
            short(&place.player),
            place.rating.map_or_else(|| "-".to_owned(), |rating| format!("{rating:.0}")),
            place.interval.to_string(),
            place.battles.to_string(),
        ]
    });
    std::iter::once(head).chain(rows).collect()
}

/// A sentence for each pair of judges.
fn agreement_lines(findings: &Findings) -> Vec<String> {
    let figure = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |value| format!("{value:.2}"));
    let line = |two: &Agreement| {
        let Agreement { judges, comparison } = two;
        format!(
            "{} and {}: {} matches, the same winner in {:.0} %, kappa {}, Spearman of their ladders {}",
            short(&judges[0]),
            short(&judges[1]),
            comparison.cases,
            comparison.same.unwrap_or(0.0) * 100.0,
            figure(comparison.kappa),
            figure(comparison.spearman)
        )
    };
    findings.agreement.iter().map(line).collect()
}

/// What a reader must know, the gravest first.
fn caution_lines(report: &TournamentReport, findings: &Findings) -> Vec<String> {
    let players = report.players.iter().map(|player| player.player.as_str());
    let names: Vec<&str> = players.chain(report.judges.iter().map(String::as_str)).collect();
    findings.cautions.iter().map(|caution| with_short_names(&caution.sentence(), names.iter().copied())).collect()
}

/// Names are data: nothing in them may become a table's mark-up.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for character in text.chars() {
        match character {
            '\n' | '\r' => safe.push(' '),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' => safe.extend(['\\', character]),
            other => safe.push(other),
        }
    }
    safe
}

fn heading(report: &TournamentReport) -> Vec<String> {
    let count = |state| report.of_state(state).count();
    let mut first = format!(
        "{}: {}, {}, {} of {} matches",
        report.name,
        report.kind.name(),
        report.state.name(),
        count(MatchState::Done),
        report.most_matches
    );
    for state in [MatchState::Running, MatchState::Stopped, MatchState::Parked] {
        if count(state) > 0 {
            first.push_str(&format!(", {} {}", count(state), state.name()));
        }
    }
    let mut lines = vec![
        first,
        format!("  format {}, judged by {}, seed {}", report.format, names(&report.judges), report.seed),
        format!("  {} tokens, ${:.2}", thousands(report.usage.tokens()), report.usage.dollars),
    ];
    let Cell { score, matches } = report.proposition;
    if matches > 0 {
        lines.push(format!("  the proposition took {score} of {matches}"));
    }
    if let Some(champion) = &report.champion {
        lines.push(format!("  won by {}", short(champion)));
    }
    if let Some(Place { place, probability, rating, low, high, settled }) = report.newcomer {
        let sure = if settled { "settled" } else { "not settled" };
        lines.push(format!(
            "  the newcomer's place is {place}, {:.0} % sure and {sure}; rating {rating:.0}, between {low:.0} and {high:.0}",
            probability * 100.0
        ));
    }
    lines
}

/// A heading and a row for each player.
fn standings(report: &TournamentReport) -> Vec<Vec<String>> {
    let head = ["#", "player", "points", "played", "won", "tied", "lost", "no score", "byes", "prop.", "opp.", "elo"];
    let share = |(score, matches): (f64, usize)| format!("{score}/{matches}");
    let rows = report.players.iter().enumerate().map(|(place, player)| {
        let standing = &player.standing;
        vec![
            (place + 1).to_string(),
            short(&player.player),
            standing.points.to_string(),
            standing.played.to_string(),
            standing.wins.to_string(),
            standing.ties.to_string(),
            standing.losses.to_string(),
            standing.without_score.to_string(),
            standing.byes.to_string(),
            share(standing.as_proposition),
            share(standing.as_opposition),
            format!("{:.0}", player.elo),
        ]
    });
    std::iter::once(head.map(str::to_owned).to_vec()).chain(rows).collect()
}

/// A heading and a row for each player: what it took from each other.
fn matrix(report: &TournamentReport) -> Vec<Vec<String>> {
    let columns = (1..=report.players.len()).map(|place| place.to_string());
    let head = [String::new(), String::new()].into_iter().chain(columns).collect();
    let cell = |cell: &Cell| {
        if cell.matches == 0 { "-".to_owned() } else { format!("{}/{}", cell.score, cell.matches) }
    };
    let rows = report.players.iter().zip(&report.matrix).enumerate().map(|(place, (player, row))| {
        [(place + 1).to_string(), short(&player.player)].into_iter().chain(row.iter().map(cell)).collect()
    });
    std::iter::once(head).chain(rows).collect()
}

/// Columns under each other: the second, the names, to the left, all others to the right.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            let blank = " ".repeat(width.saturating_sub(cell.width()));
            if column == 1 { format!("{cell}{blank}") } else { format!("{blank}{cell}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_left_and_figures_right() {
        let rows = [["#", "player", "points"], ["1", "solo@m", "2.5"], ["10", "x", "11"]];
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect();
        assert_eq!(aligned(&rows), [" #  player  points", " 1  solo@m     2.5", "10  x           11"]);
    }

    #[test]
    fn a_name_cannot_break_a_table() {
        assert_eq!(escaped("a|b\n<i>`"), "a\\|b \\<i\\>\\`");
    }
}
