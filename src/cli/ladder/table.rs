//! A ladder as lines: the table, what stands below it, and comma-separated values.

use unicode_width::UnicodeWidthStr;

use crate::rating::caution::Caution;
use crate::rating::table::{Row, Table, weight};
use crate::text::count::number_of;
use crate::text::sanitize::one_line;
use crate::text::wrap::wrap;

/// Columns beside the player's name.
const NUMBERS: usize = 60;
const LEAST_NAME: usize = 12;

/// The lines of the table, at most `width` columns wide where a name of 12 finds room.
#[must_use]
pub fn table(table: &Table, width: usize) -> Vec<String> {
    let names: Vec<String> = table.rows.iter().map(|row| one_line(&row.player, usize::MAX).into_string()).collect();
    let widest = names.iter().map(|name| name.width()).max().unwrap_or(0).max("player".len());
    let column = widest.min(width.saturating_sub(NUMBERS).max(LEAST_NAME));
    let line = |place: &str, name: &str, cells: [&str; 8]| {
        let name = one_line(name, column).into_string();
        let [rating, interval, ranks, elo, games, wins, ties, losses] = cells;
        let gap = " ".repeat(column.saturating_sub(name.width()));
        format!(
            "{place:>3}  {name}{gap} {rating:>6}  {interval:^13} {ranks:>5} {elo:>5} {games:>5} {wins:>4} {ties:>4} {losses:>4}"
        )
    };
    let mut lines = vec![line("#", "player", ["rating", "95 %", "ranks", "Elo", "games", "won", "tied", "lost"])];
    for (place, (row, name)) in table.rows.iter().zip(&names).enumerate() {
        let cells = [
            row.bradley_terry.map_or_else(|| "…".to_owned(), |rating| format!("{rating:.0}")),
            row.interval().to_string(),
            row.ranks(),
            format!("{:.0}", row.elo),
            row.games.to_string(),
            weight(row.wins),
            weight(row.ties),
            weight(row.losses),
        ];
        lines.push(line(&(place + 1).to_string(), name, cells.each_ref().map(String::as_str)));
    }
    lines
}

/// What stands below a table: the side, what intervals rest on, and cautions, the gravest first.
#[must_use]
pub fn notes(table: &Table, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut tell = |mark: &str, sentence: &str| lines.extend(marked(mark, sentence, width));
    if let Some(source) = table.source {
        tell(
            "  ",
            &format!(
                "Intervals from {}: {} of {} drawn {} times.",
                source.phrase(),
                number_of(table.clusters, "cluster"),
                number_of(table.games, "game"),
                table.resamples
            ),
        );
    }
    if let Some(side) = &table.side {
        tell(
            "  ",
            &format!(
                "Speaking for the motion is worth {:+.0} points ({}); it took {:.0} % of the points in {}.",
                side.points,
                side.interval,
                side.score * 100.0,
                number_of(side.battles, "game")
            ),
        );
    }
    for (column, points) in &table.style {
        tell("  ", &format!("Style held even: being ahead in {column} is worth {points:+.0} points."));
    }
    table.cautions.iter().map(Caution::sentence).for_each(|sentence| tell("! ", &sentence));
    lines
}

/// A sentence as lines of at most `width` columns: its mark before the first, as much space before the others.
#[must_use]
pub fn marked(mark: &str, sentence: &str, width: usize) -> Vec<String> {
    let sentence = one_line(sentence, usize::MAX).into_string();
    let rows = wrap(&sentence, width.saturating_sub(mark.width())).into_iter().enumerate();
    let space = " ".repeat(mark.width());
    rows.map(|(index, row)| format!("{}{row}", if index == 0 { mark } else { &space })).collect()
}

/// The first line of comma-separated values; ladders by something have a first column for it.
#[must_use]
pub fn csv_head(by: Option<&str>) -> String {
    let first = by.map(|by| format!("{by},")).unwrap_or_default();
    format!(
        "{first}place,player,bradley_terry,low,high,error,best_rank,worst_rank,elo,games,wins,ties,losses,standing,group"
    )
}

/// The other lines. An open end is an empty field.
#[must_use]
pub fn csv(table: &Table, value: Option<&str>) -> Vec<String> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let first = value.map(|value| format!("{},", quoted(value))).unwrap_or_default();
    let number = |number: Option<f64>| number.map(|number| format!("{number:.2}")).unwrap_or_default();
    let line = |(place, row): (usize, &Row)| {
        let standing = format!("{:?}", row.standing).to_lowercase();
        format!(
            "{first}{},{},{},{},{},{},{},{},{:.2},{},{},{},{},{standing},{}",
            place + 1,
            quoted(&row.player),
            number(row.bradley_terry),
            number(row.low),
            number(row.high),
            number(row.error),
            row.best_rank,
            row.worst_rank,
            row.elo,
            row.games,
            row.wins,
            row.ties,
            row.losses,
            row.group
        )
    };
    table.rows.iter().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rating::bradley_terry::Options;
    use crate::rating::results::{Battle, Names, Results, Winner};
    use crate::rating::uncertainty::Resampling;

    fn rated(names: [&str; 3]) -> Table {
        let battles = [(0, 1, Winner::First), (1, 2, Winner::First), (2, 1, Winner::Tie)];
        let battles = battles.map(|(one, other, winner)| Battle::new(one, other, winner)).to_vec();
        let results = Results::of(names.iter().collect(), Names::default(), battles).unwrap();
        let resampling = Resampling { resamples: 20, ..Resampling::default() };
        Table::of(&results, &Options { prior: 0.5, ..Options::default() }, &resampling, None).unwrap()
    }

    #[test]
    fn a_table_fits_eighty_columns_whatever_players_are_called() {
        let long = "a very long name of a player that goes on and on, 漢字漢字漢字";
        for names in [["a", "b", "c"], [long, "b", "c\u{1b}[2J"]] {
            let rated = rated(names);
            let lines: Vec<String> = table(&rated, 80).into_iter().chain(notes(&rated, 80)).collect();
            for line in &lines {
                assert!(line.width() <= 80 && !line.contains('\u{1b}'), "{} {line}", line.width());
            }
            let same: Vec<usize> = lines[..4].iter().map(|line| line.width()).collect();
            assert!(same.iter().all(|width| *width == same[0]), "{lines:#?}");
        }
    }

    #[test]
    fn open_ends_are_said_and_empty_fields() {
        let rated = rated(["a", "b", "c"]);
        assert!(table(&rated, 80)[1].contains(" or more"), "{:?}", table(&rated, 80));
        let line = &csv(&rated, Some("x \"y\""))[0];
        assert!(line.starts_with("\"x \"\"y\"\"\",1,\"a\","), "{line}");
        assert_eq!(line.split(',').count(), csv_head(Some("judge")).split(',').count());
        assert!(line.contains(",,") && line.ends_with(",above,0"), "{line}");
    }
}
