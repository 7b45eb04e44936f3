//! The table: ratings with their intervals on one common scale.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

use crate::rating::table::{Row, Table, weight};
use crate::text::sanitize::one_line;
use crate::tui::interval::{Rated, Scale};
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

/// Draws the heading and the players.
pub fn view(table: &Table, picker: &Picker, frame: &mut Frame<'_>, area: Rect, palette: &Palette) {
    let width = usize::from(area.width).saturating_sub(4);
    let wide = width >= WIDE;
    let room = width.saturating_sub(LEFT + RIGHT + if wide { MORE } else { 0 });
    let columns = room.clamp(LEAST_BAR, MOST_BAR);
    let scale = Scale::over(table.rows.iter().map(rated));
    let blank = || " ".repeat(columns);
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
        vec![Span::styled(
            numbers("rating", &scale.map_or_else(blank, |scale| scale.ruler(columns)), "95 %", head),
            palette.dim,
        )],
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
        let bar = scale.map_or_else(blank, |scale| scale.line(rated(row), columns));
        let shown = numbers(&rating, &bar, &row.interval().to_string(), cells);
        apart(left, vec![Span::styled(shown, palette.text)], width)
    });
}

fn rated(row: &Row) -> Rated {
    (row.bradley_terry, row.interval())
}
