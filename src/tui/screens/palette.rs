//! The command palette: everything that can be done here, found by a few letters of it.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::assets::{Action, Context, Key, KeyName};
use crate::tui::field::Field;
use crate::tui::model::Session;
use crate::tui::pane::{apart, lines, pane};
use crate::tui::picker::Picker;
use crate::tui::screens::{Hint, Reply};

/// Where one can go from everywhere, after what the screen below offers.
const EVERYWHERE: [(Action, &str); 8] = [
    (Action::NewDebate, "new debate"),
    (Action::Blind, "judge debates blind"),
    (Action::Ladder, "ladder"),
    (Action::Tournaments, "tournaments"),
    (Action::History, "history, and search in all speeches"),
    (Action::Help, "help"),
    (Action::Repaint, "draw the screen again"),
    (Action::Quit, "quit"),
];

#[derive(Clone, Debug)]
pub struct Palette {
    /// Of the screen below, for the keys that are shown.
    context: Context,
    entries: Vec<Hint>,
    /// Places of the entries that fit, the best first.
    fitting: Vec<usize>,
    words: Field,
    picker: Picker,
}

impl Palette {
    /// What the screen below offers, and where one can go.
    #[must_use]
    pub fn of(context: Context, offered: Vec<Hint>) -> Palette {
        let mut entries: Vec<Hint> = Vec::new();
        let everywhere = EVERYWHERE.iter().map(|(action, label)| Hint::named(*action, label));
        for hint in offered.into_iter().chain(everywhere) {
            let moves = matches!(hint.action, Action::Up | Action::Down | Action::Left | Action::Right);
            if !moves && entries.iter().all(|known| known.action != hint.action) {
                entries.push(hint);
            }
        }
        let fitting = (0..entries.len()).collect();
        Palette { context, entries, fitting, words: Field::default(), picker: Picker::default() }
    }

    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        vec![Hint::named(Action::Open, "do it"), Action::Up.into(), Action::Down.into(), Action::Back.into()]
    }

    /// Keys that write go to the words; the others are left.
    pub fn press(&mut self, key: Key) -> Option<Vec<Reply>> {
        let writes = !matches!(key.code, KeyName::Up | KeyName::Down | KeyName::Home | KeyName::End);
        if writes && self.words.press(key) {
            self.fit();
            return Some(Vec::new());
        }
        None
    }

    pub fn paste(&mut self, text: &str) {
        self.words.insert(text);
        self.fit();
    }

    fn fit(&mut self) {
        let names: Vec<(usize, &str)> = self.entries.iter().map(|entry| entry.label).enumerate().collect();
        let pattern = Pattern::parse(self.words.text(), CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let named = names.into_iter().map(|(place, name)| Named { place, name });
        self.fitting = pattern.match_list(named, &mut matcher).into_iter().map(|(named, _)| named.place).collect();
        self.picker.choose(0);
    }

    pub fn act(&mut self, action: Action) -> Option<Vec<Reply>> {
        if self.picker.act(action, self.fitting.len()) {
            return Some(Vec::new());
        }
        let chosen = self.fitting.get(self.picker.chosen(self.fitting.len())).map(|place| self.entries[*place]);
        match (action, chosen) {
            (Action::Open, Some(hint)) => Some(vec![Reply::Back, Reply::Act(hint.action)]),
            (Action::Open, None) => Some(Vec::new()),
            _ => None,
        }
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        let body = pane(frame, area, "Do", &format!("{}", self.fitting.len()), true, palette);
        let (text, column) = self.words.view(usize::from(body.width).saturating_sub(6));
        lines(frame, body, &[Line::from(vec![Span::styled("  > ", palette.accent), text])], 0);
        frame.set_cursor_position((body.x + 4 + column, body.y));
        let list = Rect { y: body.y + 2, height: body.height.saturating_sub(2), ..body };
        let width = usize::from(list.width).saturating_sub(6);
        self.picker.view(frame, list, self.fitting.len(), palette, |index| {
            let entry = self.entries[self.fitting[index]];
            let key = session.key(self.context, entry.action).unwrap_or_default();
            let name = vec![Span::styled(entry.label, palette.text)];
            apart(name, vec![Span::styled(key, palette.dim)], width)
        });
    }
}

/// An entry as the matcher reads it.
struct Named<'a> {
    place: usize,
    name: &'a str,
}

impl AsRef<str> for Named<'_> {
    fn as_ref(&self) -> &str {
        self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::screens::hints;

    #[test]
    fn a_few_letters_find_what_can_be_done() {
        let mut palette = Palette::of(Context::History, hints([Action::Search, Action::Ladder, Action::Up]));
        assert_eq!(palette.entries[0].action, Action::Search);
        assert_eq!(palette.entries.iter().filter(|entry| entry.action == Action::Ladder).count(), 1);
        for letter in ["t", "r", "n", "m"] {
            palette.press(letter.parse().unwrap());
        }
        let replies = palette.act(Action::Open).unwrap();
        assert!(matches!(replies.as_slice(), [Reply::Back, Reply::Act(Action::Tournaments)]), "{replies:?}");
        palette.paste("zzz");
        assert!(palette.act(Action::Open).unwrap().is_empty());
    }
}
