//! `rhetor tournament status`, `report` and `list`: what is in the store of tournaments.

use std::path::Path;

use crate::cli::amounts::thousands;
use crate::cli::exit::ExitStatus;
use crate::cli::judge::short;
use crate::cli::output::Output;
use crate::cli::tournament::ReportForm;
use crate::cli::tournament::plan::{meeting_line, names};
use crate::domain::tournament::newcomer::Place;
use crate::domain::tournament::standings::Cell;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::tournament::{MatchState, TournamentReport};
use crate::text::json::escape_json;

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
    let document = match form {
        ReportForm::Text => table_lines(&report).join("\n") + "\n",
        ReportForm::Md => markdown(&report),
        ReportForm::Json => {
            let json = serde_json::to_string(&report).map_err(|error| EngineError::Failed(error.to_string()))?;
            format!("{}\n", escape_json(&json))
        }
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

fn markdown(report: &TournamentReport) -> String {
    let mut lines: Vec<String> = vec![format!("# {}", escaped(&report.name)), String::new()];
    for line in heading(report).iter().skip(1) {
        lines.push(format!("- {}", escaped(line.trim())));
    }
    for rows in [standings(report), matrix(report)] {
        lines.push(String::new());
        for (place, row) in rows.iter().enumerate() {
            lines.push(format!("| {} |", row.iter().map(|cell| escaped(cell)).collect::<Vec<_>>().join(" | ")));
            if place == 0 {
                let column = |column: usize| if column == 1 { "---" } else { "---:" };
                lines.push(format!("| {} |", (0..row.len()).map(column).collect::<Vec<_>>().join(" | ")));
            }
        }
    }
    lines.join("\n") + "\n"
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
