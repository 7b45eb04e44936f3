//! The chosen line of a list, and which lines are in view.

use std::cell::Cell;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::assets::Action;
use crate::tui::theme::Palette;

/// A list's chosen line. The first line in view follows it.
#[derive(Clone, Debug, Default)]
pub struct Picker {
    chosen: usize,
    first: Cell<usize>,
    height: Cell<usize>,
}

impl Picker {
    /// The chosen line of a list of this length.
    #[must_use]
    pub fn chosen(&self, length: usize) -> usize {
        self.chosen.min(length.saturating_sub(1))
    }

    pub fn choose(&mut self, index: usize) {
        self.chosen = index;
    }

    /// Moves by an action, and says whether it was one that moves.
    pub fn act(&mut self, action: Action, length: usize) -> bool {
        let last = length.saturating_sub(1);
        let page = self.height.get().max(1);
        let chosen = self.chosen(length);
        self.chosen = match action {
            Action::Up => chosen.saturating_sub(1),
            Action::Down => (chosen + 1).min(last),
            Action::PageUp => chosen.saturating_sub(page),
            Action::PageDown => (chosen + page).min(last),
            Action::Top => 0,
            Action::Bottom => last,
            _ => return false,
        };
        true
    }

    /// Draws the lines in view. The chosen one has a mark and another style, so that it never depends on colour.
    pub fn view<'a>(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        length: usize,
        palette: &Palette,
        line: impl Fn(usize) -> Line<'a>,
    ) {
        self.grid(frame, area, 1, length, palette, line);
    }

    /// The same in so many columns, at least 1, each read from top to bottom.
    pub fn grid<'a>(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        columns: u16,
        length: usize,
        palette: &Palette,
        line: impl Fn(usize) -> Line<'a>,
    ) {
        let height = usize::from(area.height) * usize::from(columns);
        self.height.set(height);
        let chosen = self.chosen(length);
        let first = self.first.get().min(chosen).max((chosen + 1).saturating_sub(height.max(1)));
        let first = first.min(length.saturating_sub(height));
        self.first.set(first);
        let width = area.width / columns;
        let places = (0..columns).flat_map(|column| area.rows().map(move |row| (column, row)));
        for (index, (column, row)) in (first..length).zip(places) {
            let place = Rect { x: area.x + column * width, width, ..row };
            let mark = if index == chosen { "▸ " } else { "  " };
            let mut shown = line(index);
            shown.spans.insert(0, Span::raw(mark));
            if index == chosen {
                // One style for the whole row: reversed, every colour in it would be a patch.
                shown.spans.iter_mut().for_each(|span| span.style = Style::default());
                shown = shown.patch_style(palette.selection);
            }
            frame.render_widget(shown, place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_is_read_column_by_column_and_keeps_the_chosen_cell_in_view() {
        use ratatui::Terminal;
        use ratatui::backend::TestBackend;

        let mut picker = Picker::default();
        let shown = |picker: &Picker| {
            let mut terminal = Terminal::new(TestBackend::new(12, 2)).unwrap();
            let draw = |frame: &mut Frame<'_>| {
                picker.grid(frame, frame.area(), 2, 5, &Palette::default(), |index| Line::from(index.to_string()));
            };
            terminal.draw(draw).unwrap();
            terminal.backend().to_string()
        };
        assert_eq!(shown(&picker), "\"▸ 0     2   \"\n\"  1     3   \"\n");
        picker.act(Action::Bottom, 5);
        assert_eq!(shown(&picker), "\"  1     3   \"\n\"  2   ▸ 4   \"\n");
    }

    #[test]
    fn the_chosen_line_stays_inside_the_list() {
        let mut picker = Picker::default();
        assert!(picker.act(Action::Up, 3));
        assert_eq!(picker.chosen(3), 0);
        picker.act(Action::Bottom, 3);
        picker.act(Action::Down, 3);
        assert_eq!(picker.chosen(3), 2);
        assert_eq!(picker.chosen(0), 0);
        assert!(!picker.act(Action::Open, 3));
    }
}
