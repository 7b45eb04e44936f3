//! Draws the model: a screen, and below it the notice and the keys.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use crate::text::wrap::wrap;
use crate::tui::bars;
use crate::tui::model::Model;

/// A terminal smaller than this has room for a sentence only.
const LEAST: (u16, u16) = (30, 8);
/// The most rows that a notice takes.
const NOTICE_ROWS: usize = 3;

/// Draws everything.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let sentence = format!("rhetor needs {} by {} cells.", LEAST.0, LEAST.1);
        for (row, text) in wrap(&sentence, usize::from(area.width)).into_iter().enumerate() {
            let y = area.y + u16::try_from(row).unwrap_or(u16::MAX);
            if y < area.bottom() {
                frame.render_widget(Line::from(text), Rect { y, height: 1, ..area });
            }
        }
        return;
    }
    let notice = bars::notice(model, usize::from(area.width), NOTICE_ROWS);
    let rows = u16::try_from(notice.len()).unwrap_or(0);
    let [body, told, keys] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(rows), Constraint::Length(1)]).areas(area);
    model.screen().view(frame, body, &model.session, model.arena.as_ref());
    crate::tui::pane::lines(frame, told, &notice, 0);
    bars::keys(frame, keys, model);
}
