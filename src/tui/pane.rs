//! A part of a screen with a heading and no box: white space and one rule keep parts apart.

use std::cell::Cell;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::assets::Action;
use crate::text::wrap::shorten;
use crate::tui::theme::Palette;

/// Draws a heading with a rule to the right edge, and gives the room below it. The pane that has the keys is marked.
pub fn pane(frame: &mut Frame<'_>, area: Rect, title: &str, note: &str, focused: bool, palette: &Palette) -> Rect {
    if area.height == 0 {
        return area;
    }
    let (mark, style) = if focused { ("▸ ", palette.focus) } else { ("  ", palette.title) };
    let width = usize::from(area.width);
    let note_width = if note.is_empty() { 0 } else { note.width() + 1 };
    let title = cut(title, width.saturating_sub(note_width + 3));
    let rule = width.saturating_sub(2 + title.width() + 1 + note_width);
    let mut spans = vec![Span::styled(mark, style), Span::styled(title, style), Span::raw(" ")];
    spans.push(Span::styled("─".repeat(rule), palette.border));
    if !note.is_empty() {
        spans.push(Span::styled(format!(" {note}"), palette.dim));
    }
    frame.render_widget(Line::from(spans), Rect { height: 1, ..area });
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

/// Draws lines from a first one on, as many as there is room for.
pub fn lines(frame: &mut Frame<'_>, area: Rect, lines: &[Line<'_>], first: usize) {
    for (row, line) in lines.iter().skip(first).take(usize::from(area.height)).enumerate() {
        let place = Rect { y: area.y + u16::try_from(row).unwrap_or(u16::MAX), height: 1, ..area };
        frame.render_widget(line, place);
    }
}

/// Lines of which a part is in view.
#[derive(Clone, Debug, Default)]
pub struct Scroll {
    top: Cell<usize>,
    /// The number of lines, and of rows, as of the last drawing.
    drawn: Cell<(usize, usize)>,
}

impl Scroll {
    fn last(&self) -> usize {
        let (lines, rows) = self.drawn.get();
        lines.saturating_sub(rows)
    }

    /// Lines below what is in view.
    #[must_use]
    pub fn below(&self) -> usize {
        self.last().saturating_sub(self.top.get())
    }

    /// Scrolls, and says whether the action was one that scrolls.
    pub fn act(&mut self, action: Action) -> bool {
        let page = self.drawn.get().1.saturating_sub(1).max(1);
        let top = self.top.get();
        let top = match action {
            Action::Up => top.saturating_sub(1),
            Action::Down => top + 1,
            Action::PageUp => top.saturating_sub(page),
            Action::PageDown => top + page,
            Action::Top => 0,
            Action::Bottom => self.last(),
            _ => return false,
        };
        self.top.set(top.min(self.last()));
        true
    }

    /// Draws the lines in view.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, rows: &[Line<'_>]) {
        self.drawn.set((rows.len(), usize::from(area.height)));
        self.top.set(self.top.get().min(self.last()));
        lines(frame, area, rows, self.top.get());
    }
}

/// Text cut to so many columns, ending in `…` where something is missing. Control characters are gone.
#[must_use]
pub fn cut(text: &str, columns: usize) -> String {
    crate::text::sanitize::one_line(text, columns).into_string()
}

/// A left and a right part on one line of a width; the left is cut where both do not fit.
#[must_use]
pub fn apart<'a>(left: Vec<Span<'a>>, right: Vec<Span<'a>>, width: usize) -> Line<'a> {
    let right_width: usize = right.iter().map(Span::width).sum();
    let room = width.saturating_sub(right_width);
    let mut spans = Vec::new();
    let mut used = 0;
    for span in left {
        let free = room.saturating_sub(used + usize::from(right_width > 0));
        if span.width() <= free {
            used += span.width();
            spans.push(span);
        } else {
            let text = shorten(&span.content, free);
            used += text.width();
            spans.push(Span::styled(text, span.style));
            break;
        }
    }
    spans.push(Span::styled(" ".repeat(width.saturating_sub(used + right_width)), Style::default()));
    spans.extend(right);
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &Line<'_>) -> String {
        line.spans.iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn both_parts_fill_the_width_and_the_left_one_gives_way() {
        let line = |left: &'static str, width| text(&apart(vec![Span::raw(left)], vec![Span::raw("end")], width));
        assert_eq!(line("left", 10), "left   end");
        assert_eq!(line("a long left part", 10), "a lon… end");
        assert_eq!(line("漢字漢字", 9), "漢字… end");
    }
}
