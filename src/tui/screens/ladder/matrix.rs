//! Who took which share of points from whom, and who beat whom in circles.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::engine::ladders::Ranking;
use crate::rating::caution::Caution;
use crate::rating::counts::Counts;
use crate::rating::matrix::Matrix;
use crate::text::sanitize::one_line;
use crate::text::wrap::wrap;
use crate::tui::pane::{Scroll, lines, pane};
use crate::tui::theme::Palette;

const CELL: usize = 5;
const LEAST_NAME: usize = 12;
const MOST_NAME: usize = 32;
/// The most lines of cycles.
const CYCLES: usize = 6;

/// Draws the matrix in the order of the ladder, as many opponents as there is room for.
pub fn view(ranking: &Ranking, scroll: &Scroll, frame: &mut Frame<'_>, area: Rect, palette: &Palette) {
    let width = usize::from(area.width);
    let cycles = cycles(ranking, width, palette);
    let rows = u16::try_from(cycles.len() + 1).unwrap_or(0);
    let [head, body, below] =
        Layout::vertical([Constraint::Length(3), Constraint::Fill(1), Constraint::Length(rows)]).areas(area);
    let names: Vec<&str> = ranking.table.rows.iter().map(|row| row.player.as_str()).collect();
    let widest = names.iter().map(|name| name.width()).max().unwrap_or(0).clamp(LEAST_NAME, MOST_NAME);
    let columns = (width.saturating_sub(widest + 8) / CELL).min(names.len());
    let hidden = names.len() - columns;
    let note = if hidden > 0 { format!("% of points from the first {columns}") } else { "% of points".to_owned() };
    let heading_area = pane(frame, head, "Who beat whom", &note, true, palette);
    let numbers: String = (1..=columns).map(|place| format!("{place:>CELL$}")).collect();
    let heading = Line::styled(format!("{}{numbers}", " ".repeat(widest + 7)), palette.dim);
    lines(frame, Rect { y: heading_area.y + 1, height: 1, ..heading_area }, &[heading], 0);
    let matrix = Matrix::of(&Counts::of(&ranking.results));
    let table: Vec<Line<'static>> =
        (0..names.len()).map(|place| row(ranking, &matrix, place, widest, columns, palette)).collect();
    scroll.view(frame, body, &table);
    lines(frame, below, &cycles, 0);
}

fn row(
    ranking: &Ranking,
    matrix: &Matrix,
    place: usize,
    widest: usize,
    columns: usize,
    palette: &Palette,
) -> Line<'static> {
    let rows = &ranking.table.rows;
    let find = |place: usize| ranking.results.players().find(&rows[place].player);
    let name = one_line(&rows[place].player, widest).into_string();
    let gap = " ".repeat(widest.saturating_sub(name.width()) + 1);
    let mut spans = vec![
        Span::styled(format!("  {:>3} ", place + 1), palette.dim),
        Span::styled(format!("{name}{gap}"), palette.text),
    ];
    for other in 0..columns {
        let meeting = find(place).zip(find(other)).map(|(one, other)| matrix.meeting(one, other));
        let score = meeting.and_then(|meeting| meeting.score());
        let style = match score {
            Some(score) if score > 0.5 => palette.good,
            Some(score) if score < 0.5 => palette.bad,
            _ => palette.dim,
        };
        let text = score.map_or_else(|| "·".to_owned(), |score| format!("{:.0}", score * 100.0));
        spans.push(Span::styled(format!("{text:>CELL$}"), style));
    }
    Line::from(spans)
}

fn cycles(ranking: &Ranking, width: usize, palette: &Palette) -> Vec<Line<'static>> {
    let found = ranking.table.cautions.iter().filter(|caution| matches!(caution, Caution::Cycle { .. }));
    let mut rows = Vec::new();
    for caution in found {
        let sentence = one_line(&caution.sentence(), 1000).into_string();
        for (index, row) in wrap(&sentence, width.saturating_sub(5)).into_iter().enumerate() {
            let mark = if index == 0 { "!" } else { " " };
            rows.push(Line::styled(format!("  {mark} {row}"), palette.warn));
        }
    }
    rows.truncate(CYCLES);
    if rows.is_empty() {
        rows.push(Line::styled("    No players beat each other in circles.", palette.dim));
    }
    rows
}
