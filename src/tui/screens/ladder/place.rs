//! One player's place, taken apart.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::rating::explain::{Explanation, Opponent};
use crate::text::count::number_of;
use crate::text::sanitize::one_line;
use crate::text::sparkline::trend;
use crate::text::wrap::wrap;
use crate::tui::pane::{Scroll, apart, pane};
use crate::tui::theme::Palette;

/// Standard errors from which a surprise is marked.
const SURPRISING: f64 = 2.0;

/// Draws a place.
pub fn view(found: &Explanation, scroll: &Scroll, frame: &mut Frame<'_>, area: Rect, palette: &Palette) {
    let note = format!("place {} of {}", found.place, found.of);
    let body = pane(frame, area, &found.row.player, &note, true, palette);
    scroll.view(frame, body, &told(found, usize::from(body.width), palette));
}

fn told(found: &Explanation, width: usize, palette: &Palette) -> Vec<Line<'static>> {
    let row = &found.row;
    let inner = width.saturating_sub(4);
    let mut rows = vec![Line::default()];
    let tell = |rows: &mut Vec<Line<'static>>, sentence: &str, mark: &str, style: Style| {
        let sentence = one_line(sentence, 2000).into_string();
        for (index, row) in wrap(&sentence, inner.saturating_sub(2)).into_iter().enumerate() {
            rows.push(Line::styled(format!("  {} {row}", if index == 0 { mark } else { " " }), style));
        }
    };
    let rating = row.bradley_terry.map_or_else(|| "no rating".to_owned(), |rating| format!("rating {rating:.0}"));
    let few = if row.is_provisional() { " · provisional" } else { "" };
    let first = format!(
        "{rating} ({}) · ranks {} · Elo {:.0} · {}{few}",
        row.interval(),
        row.ranks(),
        row.elo,
        number_of(row.games as usize, "game")
    );
    tell(&mut rows, &first, " ", palette.text);
    tell(&mut rows, &found.bounds, " ", palette.dim);
    rows.push(Line::default());
    rows.push(over_time(found, inner, palette));
    rows.push(Line::default());
    rows.push(against("against", ["games", "won", "tied", "lost", "score", "expected", "errors"], width, palette.dim));
    for opponent in &found.opponents {
        rows.push(opponent_row(opponent, width, palette));
    }
    rows.push(Line::default());
    if let Some(levers) = found.levers() {
        tell(&mut rows, &levers, " ", palette.text);
    }
    for caution in &found.cautions {
        tell(&mut rows, &caution.sentence(), "!", palette.warn);
    }
    rows
}

/// Elo after each game, the last at the right.
fn over_time(found: &Explanation, width: usize, palette: &Palette) -> Line<'static> {
    let values: Vec<f64> = found.history.iter().map(|point| point.elo).collect();
    let (Some(first), Some(last)) = (values.first(), values.last()) else { return Line::default() };
    let (before, after) = (format!("    Elo {first:.0} "), format!(" {last:.0}"));
    let line = trend(&values, width.saturating_sub(before.width() + after.width()));
    Line::from(vec![
        Span::styled(before, palette.dim),
        Span::styled(line, palette.accent),
        Span::styled(after, palette.dim),
    ])
}

fn opponent_row(opponent: &Opponent, width: usize, palette: &Palette) -> Line<'static> {
    let surprise = opponent.surprise;
    let told = surprise.map_or_else(|| "·".to_owned(), |surprise| format!("{surprise:+.1}"));
    let [games, wins, ties, losses, score, expected] = opponent.cells();
    let cells = [games, wins, ties, losses, score, expected, told];
    let style = if surprise.is_some_and(|surprise| surprise.abs() >= SURPRISING) { palette.warn } else { palette.text };
    against(&opponent.player, cells.each_ref().map(String::as_str), width, style)
}

fn against(name: &str, cells: [&str; 7], width: usize, style: Style) -> Line<'static> {
    let [games, wins, ties, losses, score, expected, surprise] = cells;
    let numbers = format!("{games:>5} {wins:>5} {ties:>5} {losses:>5} {score:>7} {expected:>9} {surprise:>7}");
    let name = format!("    {}", one_line(name, width));
    apart(vec![Span::styled(name, style)], vec![Span::styled(numbers, style)], width.saturating_sub(2))
}
