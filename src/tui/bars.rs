//! The bottom of the screen: a notice, and the keys that do something now.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::assets::Action;
use crate::text::sanitize::sanitize;
use crate::text::wrap::wrap;
use crate::tui::model::Model;
use crate::tui::screens::Hint;

/// The lines of the notice; none without one.
#[must_use]
pub fn notice(model: &Model, width: usize, most: usize) -> Vec<Line<'static>> {
    let Some(notice) = &model.notice else { return Vec::new() };
    let palette = &model.session.palette;
    let (mark, style) = if notice.bad { ("! ", palette.bad) } else { ("· ", palette.good) };
    let text = sanitize(&notice.text);
    let text = text.replace('\n', " ");
    let rows = wrap(&text, width.saturating_sub(4));
    let cut = rows.len() > most;
    let line = |(index, row): (usize, &str)| {
        let mark = if index == 0 { mark } else { "  " };
        let more = if cut && index + 1 == most { "…" } else { "" };
        Line::from(Span::styled(format!(" {mark}{row}{more}"), style))
    };
    rows.into_iter().take(most).enumerate().map(line).collect()
}

/// Keys that are shown whatever the width: where to read of the others, and the way out.
const ALWAYS: [Action; 2] = [Action::Help, Action::Back];

/// Draws the keys of the screen in view, as many as there is room for.
pub fn keys(frame: &mut Frame<'_>, area: Rect, model: &Model) {
    let palette = &model.session.palette;
    let context = model.screen().context();
    let mut room = usize::from(area.width).saturating_sub(1);
    let mut spans = vec![Span::raw(" ")];
    let hints = model.screen().hints(&model.session, model.arena.as_ref());
    let keyed = hints.into_iter().filter_map(|hint| Some((model.session.key(context, hint.action)?, hint)));
    let keyed: Vec<(String, Hint)> = keyed.collect();
    let width = |key: &str, label: &str| key.width() + label.width() + 3;
    let always = keyed.iter().filter(|(_, hint)| ALWAYS.contains(&hint.action));
    let mut kept: usize = always.map(|(key, hint)| width(key, hint.label)).sum();
    for (key, Hint { action, label }) in keyed {
        let needed = width(&key, label);
        if ALWAYS.contains(&action) {
            kept -= needed;
        }
        // The last one needs no room behind it.
        if needed + kept > room + 2 {
            continue;
        }
        room = room.saturating_sub(needed);
        spans.push(Span::styled(key, palette.accent));
        spans.push(Span::styled(format!(" {label}  "), palette.dim));
    }
    frame.render_widget(Line::from(spans), area);
}
