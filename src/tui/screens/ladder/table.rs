//! The table: ratings with their intervals on one common scale.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

use crate::rating::table::{Row, Table, weight};
use crate::text::sanitize::one_line;
use crate::tui::pane::{apart, lines};
use crate::tui::picker::Picker;
use crate::tui::theme::Palette;

/// From so many columns on there is room for the numbers behind the bars.
const WIDE: usize = 104;
/// Columns of a place and a name that stay free, and of the numbers.
const LEFT: usize = 26;
const RIGHT: usize = 28;
const MORE: usize = 30;
const LEAST_BAR: usize = 8;
const MOST_BAR: usize = 40;
/// The share of the scale beyond the last number where an end is open.
const ROOM: f64 = 0.08;

/// Draws the heading and the players.
pub fn view(table: &Table, picker: &Picker, frame: &mut Frame<'_>, area: Rect, palette: &Palette) {
    let width = usize::from(area.width).saturating_sub(4);
    let wide = width >= WIDE;
    let room = width.saturating_sub(LEFT + RIGHT + if wide { MORE } else { 0 });
    let columns = room.clamp(LEAST_BAR, MOST_BAR);
    let scale = scale(&table.rows);
    let numbers = |rating: &str, bar: &str, interval: &str, cells: [String; 6]| {
        let [ranks, elo, games, wins, ties, losses] = cells;
        let (more, record) = if wide {
            (format!(" {interval:^13}"), format!(" {wins:>4} {ties:>4} {losses:>4}"))
        } else {
            (String::new(), String::new())
        };
        format!("{rating:>6}  {bar}{more}  {ranks:>5} {elo:>6} {games:>6}{record}")
    };
    let head = ["ranks", "Elo", "games", "won", "tied", "lost"].map(str::to_owned);
    let heading = apart(
        vec![Span::styled("       player", palette.dim)],
        vec![Span::styled(numbers("rating", &ruler(scale, columns), "95 %", head), palette.dim)],
        width + 2,
    );
    lines(frame, area, &[heading], 0);
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    picker.view(frame, body, table.rows.len(), palette, |index| {
        let row = &table.rows[index];
        let open = if row.is_provisional() { "?" } else { " " };
        let rating = row.bradley_terry.map_or_else(|| "…".to_owned(), |rating| format!("{rating:.0}"));
        let cells = [
            row.ranks(),
            format!("{:.0}{open}", row.elo),
            row.games.to_string(),
            weight(row.wins),
            weight(row.ties),
            weight(row.losses),
        ];
        let left = vec![
            Span::styled(format!("{:>3}  ", index + 1), palette.dim),
            Span::styled(one_line(&row.player, width).into_string(), palette.text),
        ];
        let shown = numbers(&rating, &bar(row, scale, columns), &row.interval().to_string(), cells);
        apart(left, vec![Span::styled(shown, palette.text)], width)
    });
}

/// What the bars reach over: every number, and some room at the ends where an interval is open.
fn scale(rows: &[Row]) -> Option<(f64, f64)> {
    let shown = rows.iter().flat_map(|row| [row.low, row.bradley_terry, row.high]).flatten();
    let (low, high) =
        shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    // Where there is one number only it stands in the middle.
    let room = ((high - low) * ROOM).max(1.0);
    let at = |open: bool| if open || high - low < 1.0 { room } else { 0.0 };
    let (below, above) = (rows.iter().any(|row| row.low.is_none()), rows.iter().any(|row| row.high.is_none()));
    (low <= high).then(|| (low - at(below), high + at(above)))
}

/// The ends of the scale above the bars.
fn ruler(scale: Option<(f64, f64)>, columns: usize) -> String {
    let Some((low, high)) = scale else { return " ".repeat(columns) };
    let (low, high) = (format!("{low:.0}"), format!("{high:.0}"));
    let gap = columns.saturating_sub(low.chars().count() + high.chars().count());
    if gap == 0 { " ".repeat(columns) } else { format!("{low}{}{high}", " ".repeat(gap)) }
}

/// The interval as a line with the rating on it; an arrow is an open end.
fn bar(row: &Row, scale: Option<(f64, f64)>, columns: usize) -> String {
    let Some((low, high)) = scale else { return " ".repeat(columns) };
    let last = columns.saturating_sub(1);
    let column = |value: f64| (((value - low) / (high - low)).clamp(0.0, 1.0) * last as f64).round() as usize;
    let (from, to) = (row.low.map_or(0, column), row.high.map_or(last, column));
    let rating = row.bradley_terry.map(column);
    let cell = |at: usize| match at {
        _ if rating == Some(at) => '●',
        0 if row.low.is_none() => '←',
        _ if at == last && row.high.is_none() => '→',
        _ if (from..=to).contains(&at) => '─',
        _ => ' ',
    };
    (0..columns).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rating::connectivity::Standing;

    fn row(low: Option<f64>, rating: Option<f64>, high: Option<f64>) -> Row {
        Row {
            player: "a".to_owned(),
            elo: 1000.0,
            bradley_terry: rating,
            low,
            high,
            error: None,
            best_rank: 1,
            worst_rank: 2,
            games: 3,
            wins: 1.0,
            ties: 0.0,
            losses: 2.0,
            standing: Standing::Within,
            group: 0,
        }
    }

    #[test]
    fn a_bar_shows_its_interval_and_arrows_where_it_is_open() {
        let scale = Some((900.0, 1000.0));
        assert_eq!(bar(&row(Some(920.0), Some(940.0), Some(980.0)), scale, 11), "  ──●────  ");
        assert_eq!(bar(&row(None, Some(900.0), Some(1000.0)), scale, 5), "●────");
        assert_eq!(bar(&row(Some(950.0), Some(975.0), None), scale, 5), "  ─●→");
        assert_eq!(bar(&row(None, None, None), scale, 5), "←───→");
        assert_eq!(bar(&row(None, None, None), None, 5), "     ");
    }

    #[test]
    fn the_scale_holds_every_end_and_room_for_arrows_and_one_rating_stands_in_the_middle() {
        let closed = [row(Some(1.0), Some(5.0), Some(7.0)), row(Some(2.0), Some(9.0), Some(12.0))];
        assert_eq!(scale(&closed), Some((1.0, 12.0)));
        let open = scale(&[row(Some(0.0), Some(50.0), None), row(Some(0.0), Some(9.0), Some(100.0))]);
        assert_eq!(open, Some((0.0, 108.0)));
        assert_eq!(scale(&[row(None, Some(5.0), None)]), Some((4.0, 6.0)));
        assert_eq!(scale(&[row(None, None, None)]), None);
        assert_eq!(ruler(Some((900.0, 1100.0)), 12), "900     1100");
        assert_eq!(ruler(Some((900.0, 1100.0)), 7), "       ");
    }
}
