//! What a side can learn from a debate.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use crate::assets::Action;
use crate::engine::coaching::Lesson;
use crate::text::sanitize::sanitize;
use crate::text::wrap::hung;
use crate::tui::model::Session;
use crate::tui::pane::Scroll;
use crate::tui::screens::{Hint, Reply, hints};

/// Lines longer than this are hard to read.
const WIDEST: u16 = 100;

#[derive(Clone, Debug)]
pub struct Coach {
    lesson: Lesson,
    scroll: Scroll,
}

impl Coach {
    #[must_use]
    pub fn of(lesson: Lesson) -> Coach {
        Coach { lesson, scroll: Scroll::default() }
    }

    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        hints([Action::Back, Action::Up, Action::Down, Action::Help, Action::Quit]).to_vec()
    }

    pub fn act(&mut self, action: Action) -> Option<Vec<Reply>> {
        self.scroll.act(action).then(Vec::new)
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let [_, area, _] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Max(WIDEST), Constraint::Fill(1)]).areas(area);
        let body = Rect { x: area.x + 2, width: area.width.saturating_sub(2), ..area };
        self.scroll.view(frame, body, &self.rows(session, usize::from(area.width).saturating_sub(4)));
    }

    fn rows(&self, session: &Session, width: usize) -> Vec<Line<'static>> {
        let palette = &session.palette;
        let mut rows = vec![Line::default()];
        let mut prose = |text: &str, mark: &str, style| {
            let text = sanitize(text.trim()).replace('\n', " ");
            rows.extend(hung(mark, &text, width).into_iter().map(|row| Line::styled(row, style)));
        };
        prose(&self.lesson.motion, "", palette.title);
        prose(&self.lesson.headline(), "", palette.side(self.lesson.coaching.side));
        let sections = self.lesson.sections();
        if sections.is_empty() {
            prose("No dimension was lost, no point dropped, nothing said twice.", "", palette.text);
        }
        for (title, lines) in sections {
            prose(" ", "", palette.text);
            prose(title, "", palette.title);
            for (speech, text) in lines {
                let mark = speech.map_or("  ".to_owned(), |speech| format!("  speech {}  ", speech + 1));
                prose(&text, &mark, palette.text);
            }
        }
        rows
    }
}
