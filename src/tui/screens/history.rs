//! Every debate of this machine, with a search in motions and speeches.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::assets::{Action, Key, KeyName};
use crate::engine::session::blind::BlindRequest;
use crate::store::{DebateState, DebateSummary};
use crate::text::count::number_of;
use crate::text::sanitize::one_line;
use crate::tui::field::Field;
use crate::tui::model::Session;
use crate::tui::msg::{Cmd, Purpose};
use crate::tui::pane::{lines, pane};
use crate::tui::picker::Picker;
use crate::tui::screens::home::summary;
use crate::tui::screens::{Hint, Reply, hints};

#[derive(Clone, Debug, Default)]
pub struct History {
    /// `None` until they were read.
    debates: Option<Vec<DebateSummary>>,
    picker: Picker,
    search: Field,
    typing: bool,
}

impl History {
    /// Takes debates in, if they are those of the search as it is now.
    pub fn take(&mut self, search: &str, debates: Vec<DebateSummary>) {
        if search == self.search.text() {
            self.debates = Some(debates);
        }
    }

    #[must_use]
    pub fn is_typing(&self) -> bool {
        self.typing
    }

    fn chosen(&self) -> Option<&DebateSummary> {
        let debates = self.debates.as_deref()?;
        debates.get(self.picker.chosen(debates.len()))
    }

    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        if self.typing {
            return vec![Hint::named(Action::Open, "search done"), Hint::named(Action::Back, "all debates")];
        }
        let mut shown = Vec::new();
        if let Some(debate) = self.chosen() {
            if debate.state == DebateState::Closed {
                shown.push(Hint::named(Action::Open, "verdict"));
            } else {
                shown.push(Action::Resume.into());
            }
            shown.extend(hints([Action::Replay, Action::Export]));
        }
        shown.extend(hints([Action::Search, Action::Blind, Action::Back, Action::Help, Action::Quit]));
        shown
    }

    /// A key while the search is being typed. Enter and escape end it.
    pub fn press(&mut self, key: Key) -> Option<Vec<Reply>> {
        let before = self.search.text().to_owned();
        match key.code {
            KeyName::Enter => self.typing = false,
            KeyName::Escape => {
                self.typing = false;
                self.search = Field::default();
            }
            _ if !self.search.press(key) => return None,
            _ => {}
        }
        Some(self.searched(&before))
    }

    pub fn paste(&mut self, text: &str) -> Vec<Reply> {
        if !self.typing {
            return Vec::new();
        }
        let before = self.search.text().to_owned();
        self.search.insert(text);
        self.searched(&before)
    }

    fn searched(&mut self, before: &str) -> Vec<Reply> {
        if self.search.text() == before {
            return Vec::new();
        }
        self.picker.choose(0);
        vec![Reply::Cmd(Cmd::History { search: self.search.text().to_owned() })]
    }

    pub fn act(&mut self, action: Action) -> Option<Vec<Reply>> {
        let length = self.debates.as_ref().map_or(0, Vec::len);
        if action == Action::Search {
            self.typing = true;
            return Some(Vec::new());
        }
        if action == Action::Blind {
            let debates = self.debates.iter().flatten().map(|debate| debate.id.clone()).collect();
            return Some(vec![Reply::Judge(BlindRequest { debates: Some(debates), ..BlindRequest::default() })]);
        }
        if self.picker.act(action, length) {
            return Some(Vec::new());
        }
        let log = |purpose, debate: &DebateSummary| Reply::Cmd(Cmd::Log { purpose, debate: debate.id.clone() });
        let debate = self.chosen()?;
        let closed = debate.state == DebateState::Closed;
        Some(vec![match action {
            Action::Open if closed => log(Purpose::Verdict, debate),
            Action::Open | Action::Replay => log(Purpose::Replay, debate),
            Action::Resume if !closed => Reply::Enter(Cmd::Resume(debate.id.clone())),
            Action::Resume => Reply::Notice("This debate is closed.".to_owned()),
            Action::Export => Reply::Cmd(Cmd::Export { debate: debate.id.clone() }),
            _ => return None,
        }])
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        let [head, below] = Layout::vertical([Constraint::Length(3), Constraint::Fill(1)]).areas(area);
        let count = self.debates.as_ref().map_or(0, Vec::len);
        let body = pane(frame, head, "History", &number_of(count, "debate"), true, palette);
        let (text, column) = self.search.view(usize::from(area.width).saturating_sub(12));
        if self.typing || !self.search.text().is_empty() {
            let label = Span::styled("  search  ", palette.accent);
            lines(frame, body, &[Line::from(vec![label, text])], 0);
        }
        if self.typing {
            frame.set_cursor_position((area.x + 10 + column, body.y));
        }
        let [list, detail] = Layout::vertical([Constraint::Fill(1), Constraint::Length(4)]).areas(below);
        match &self.debates {
            None => lines(frame, list, &[Line::styled("  Reading.", palette.dim)], 0),
            Some(debates) if debates.is_empty() => {
                let sentence = if self.search.text().is_empty() {
                    "  No debate yet. Enter on the first screen starts one."
                } else {
                    "  No debate has these words."
                };
                lines(frame, list, &[Line::styled(sentence, palette.dim)], 0);
            }
            Some(debates) => {
                let width = usize::from(list.width).saturating_sub(6);
                self.picker.view(frame, list, debates.len(), palette, |index| summary(&debates[index], session, width));
            }
        }
        if let Some(debate) = self.chosen() {
            self.draw_detail(debate, frame, detail, session);
        }
    }

    fn draw_detail(&self, debate: &DebateSummary, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        let body = pane(frame, area, "Chosen", &one_line(&debate.id.0, 36), false, palette);
        let width = usize::from(body.width).saturating_sub(4);
        let text = |text: String| one_line(&text, width).into_string();
        let outcome = match (&debate.outcome, &debate.reason) {
            (Some(outcome), _) => {
                let winner = outcome.winner.map_or("a tie".to_owned(), |side| format!("the {side} won"));
                let unrated = outcome.unrated.map(|why| format!("; unrated, since {}", why.sentence()));
                format!("{winner}{}", unrated.unwrap_or_default())
            }
            (None, Some(reason)) => format!("stopped: {reason}"),
            (None, None) => format!("{} of {} speeches", debate.speeches, debate.planned),
        };
        let rows = [
            Line::from(vec![
                Span::raw("  "),
                Span::styled(text(debate.proposition.clone()), palette.proposition),
                Span::styled(" against ", palette.dim),
                Span::styled(text(debate.opposition.clone()), palette.opposition),
            ]),
            Line::styled(
                format!("  {}", text(format!("{} · {} · {outcome}", debate.category, debate.format))),
                palette.text,
            ),
            Line::styled(format!("  {}", text(format!("judges: {}", debate.judges.join(", ")))), palette.dim),
        ];
        lines(frame, body, &rows, 0);
    }
}
