//! `rhetor ladder explain`: one player's place taken apart, or the whole ladder.

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::cli::exit::ExitStatus;
use crate::cli::ladder::{nothing, table};
use crate::cli::output::{Output, prose_width};
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::ladders::{LadderRequest, Ranking};
use crate::rating::counts::Counts;
use crate::rating::cycles::{Cycle, cycles};
use crate::rating::explain::{Explanation, Opponent};
use crate::rating::history::Point;
use crate::rating::matrix::{Matrix, Meeting};
use crate::rating::results::Results;
use crate::rating::table::Table;
use crate::text::count::number_of;
use crate::text::sanitize::one_line;
use crate::text::sparkline::trend;

/// Opponents of which no more than these are listed for people; JSON has them all.
const MOST_LISTED: usize = 40;
/// Players of the win matrix for people.
const MOST_IN_MATRIX: usize = 10;

/// Explains a player's place, or the ladder.
///
/// # Errors
/// The store or the file cannot be read, or there is no such player.
pub fn explain(
    engine: &EngineHandle,
    player: Option<String>,
    request: LadderRequest,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let Some(player) = player else {
        return whole(engine, &LadderRequest { measures_cycles: true, ..request }, output);
    };
    let found = engine.queries().explain_place(&request, &player)?;
    if output.json {
        output.document(&found);
    } else {
        lines(&found, prose_width()).iter().for_each(|line| output.line(line));
    }
    Ok(ExitStatus::Done)
}

/// Everything that is known of a ladder.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    table: &'a Table,
    /// Each caution as a sentence, in the same order.
    sentences: Vec<String>,
    meetings: Vec<Met<'a>>,
    cycles: Vec<CycleNamed<'a>>,
}

#[derive(Serialize)]
struct Met<'a> {
    player: &'a str,
    opponent: &'a str,
    score: f64,
    #[serde(flatten)]
    meeting: Meeting,
}

#[derive(Serialize)]
struct CycleNamed<'a> {
    players: Vec<&'a str>,
    among: usize,
    least_score: f64,
    least_z: f64,
}

fn whole(engine: &EngineHandle, request: &LadderRequest, output: &mut Output) -> Result<ExitStatus, EngineError> {
    let Ranking { table, results } = engine.queries().ranking(request)?;
    let matrix = Matrix::of(&Counts::of(&results));
    if output.json {
        let found = cycles(&matrix, 0.0);
        output.document(&Whole {
            sentences: table.cautions.iter().map(|caution| caution.sentence()).collect(),
            meetings: meetings(&results, &matrix),
            cycles: found.iter().map(|cycle| named(&results, cycle)).collect(),
            table: &table,
        });
        return Ok(ExitStatus::Done);
    }
    if table.rows.is_empty() {
        output.line(nothing(request));
        return Ok(ExitStatus::Done);
    }
    let width = prose_width();
    table::table(&table, width).iter().for_each(|line| output.line(line));
    output.line("");
    against(&table, &results, &matrix, width).iter().for_each(|line| output.line(line));
    output.line("");
    table::notes(&table, width).iter().for_each(|line| output.line(line));
    Ok(ExitStatus::Done)
}

fn meetings<'a>(results: &'a Results, matrix: &Matrix) -> Vec<Met<'a>> {
    let players = matrix.players() as u32;
    let pairs = (0..players).flat_map(|one| (0..players).map(move |other| (one, other)));
    let met = |(one, other): (u32, u32)| {
        let meeting = matrix.meeting(one, other);
        let [player, opponent] = [one, other].map(|number| results.players().name(number));
        Some(Met { player, opponent, score: meeting.score()?, meeting })
    };
    pairs.filter_map(met).collect()
}

fn named<'a>(results: &'a Results, cycle: &Cycle) -> CycleNamed<'a> {
    CycleNamed {
        players: cycle.players.iter().map(|player| results.players().name(*player)).collect(),
        among: cycle.among.len(),
        least_score: cycle.least_score,
        least_z: cycle.least_z,
    }
}

/// Who took which share of points from whom, the best players only.
fn against(table: &Table, results: &Results, matrix: &Matrix, width: usize) -> Vec<String> {
    const CELL: usize = 5;
    let rows: Vec<&str> = table.rows.iter().map(|row| row.player.as_str()).take(MOST_IN_MATRIX).collect();
    let column = width.saturating_sub(5 + rows.len() * CELL).clamp(8, 40);
    let head: String = (1..=rows.len()).map(|place| format!("{place:>CELL$}")).collect();
    let mut lines = vec![format!("{:>3}  {}{head}", "", padded("% of points from", column))];
    for (place, player) in rows.iter().enumerate() {
        let cell = |other: &&str| {
            let numbers = results.players().find(player).zip(results.players().find(other));
            let score = numbers.and_then(|(one, other)| matrix.meeting(one, other).score());
            score.map_or_else(|| format!("{:>CELL$}", "·"), |score| format!("{:>CELL$.0}", score * 100.0))
        };
        let cells: String = rows.iter().map(cell).collect();
        lines.push(format!("{:>3}  {}{cells}", place + 1, padded(player, column)));
    }
    lines
}

fn padded(name: &str, columns: usize) -> String {
    let name = one_line(name, columns).into_string();
    format!("{name}{}", " ".repeat(columns.saturating_sub(name.width())))
}

/// A player's place for people, at most `width` columns wide.
fn lines(found: &Explanation, width: usize) -> Vec<String> {
    let row = &found.row;
    let mut lines = Vec::new();
    let tell = |mark: &str, sentence: &str| table::marked(mark, sentence, width);
    lines.extend(tell("", &format!("{}, place {} of {}", row.player, found.place, found.of)));
    let rating = row.bradley_terry.map_or_else(|| "no rating".to_owned(), |rating| format!("rating {rating:.0}"));
    let error = row.error.map(|error| format!(", error {error:.0}")).unwrap_or_default();
    let few = if row.is_provisional() { ", provisional" } else { "" };
    lines.extend(tell(
        "  ",
        &format!(
            "{rating}, 95 % {}{error}; ranks {}; Elo {:.0} after {}{few}",
            row.interval(),
            row.ranks(),
            row.elo,
            number_of(row.games, "game")
        ),
    ));
    lines.extend(tell("  ", &found.bounds));
    lines.push(String::new());
    lines.extend(opponents(&found.opponents, width));
    lines.push(String::new());
    lines.push(over_time(&found.history, width));
    if let Some(levers) = found.levers() {
        lines.extend(tell("  ", &levers));
    }
    lines.extend(found.cautions.iter().flat_map(|caution| tell("! ", &caution.sentence())));
    lines
}

fn opponents(opponents: &[Opponent], width: usize) -> Vec<String> {
    const NUMBERS: usize = 55;
    let widest = opponents.iter().take(MOST_LISTED).map(|opponent| opponent.player.width()).max().unwrap_or(0);
    let column = widest.max("against".len()).min(width.saturating_sub(NUMBERS + 2).max(12));
    let line = |name: &str, cells: [&str; 8]| {
        let [games, wins, ties, losses, score, expected, surprise, brought] = cells;
        format!(
            "  {} {games:>5} {wins:>5} {ties:>4} {losses:>4} {score:>6} {expected:>8} {surprise:>7} {brought:>8}",
            padded(name, column)
        )
    };
    let mut lines = vec![line("against", ["games", "won", "tied", "lost", "score", "expected", "errors", "brought"])];
    let signed =
        |value: Option<f64>, digits: usize| value.map_or_else(|| "·".to_owned(), |value| format!("{value:+.digits$}"));
    for opponent in opponents.iter().take(MOST_LISTED) {
        let [games, wins, ties, losses, score, expected] = opponent.cells();
        let (surprise, brought) = (signed(opponent.surprise, 1), signed(opponent.brought, 0));
        let cells = [games, wins, ties, losses, score, expected, surprise, brought];
        lines.push(line(&opponent.player, cells.each_ref().map(String::as_str)));
    }
    if opponents.len() > MOST_LISTED {
        lines.push(format!("  and {} more", opponents.len() - MOST_LISTED));
    }
    lines
}

/// Elo after each game, the last at the right.
fn over_time(history: &[Point], width: usize) -> String {
    let values: Vec<f64> = history.iter().map(|point| point.elo).collect();
    let (Some(first), Some(last)) = (values.first(), values.last()) else { return String::new() };
    let (before, after) = (format!("  Elo {first:.0} "), format!(" {last:.0}"));
    let line = trend(&values, width.saturating_sub(before.width() + after.width()));
    format!("{before}{line}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rating::bradley_terry::Options;
    use crate::rating::results::{Battle, Names, Winner};
    use crate::rating::uncertainty::Resampling;

    #[test]
    fn an_explanation_fits_eighty_columns_and_names_what_would_move_it() {
        let names: Names = ["quartet@a-model-with-a-long-name", "solo@b", "duo@c"].iter().collect();
        let battles = [(0, 1), (1, 0), (0, 2), (2, 1), (0, 1)];
        let battles: Vec<Battle> = battles.map(|(one, other)| Battle::new(one, other, Winner::First)).repeat(30);
        let results = Results::of(names, Names::default(), battles).unwrap();
        let options = Options { prior: 0.5, ..Options::default() };
        let resampling = Resampling { resamples: 20, ..Resampling::default() };
        let rated = Table::of(&results, &options, &resampling, None).unwrap();
        let found = Explanation::of(&results, &rated, "quartet@a-model-with-a-long-name").unwrap();
        let lines = lines(&found, 80);
        assert!(lines.iter().all(|line| line.width() <= 80), "{lines:#?}");
        let text = lines.join("\n");
        for part in
            ["place 1 of 3", "bound it from below", "against", "Elo 1012 ", "One more win moves it most against"]
        {
            assert!(text.contains(part), "{part}\n{text}");
        }
        let matrix = Matrix::of(&Counts::of(&results));
        let against = against(&rated, &results, &matrix, 80);
        assert!(against[1].ends_with("    ·  100   67"), "{against:#?}");
    }
}
