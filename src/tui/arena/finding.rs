//! A search in the speeches of one debate.

use crate::assets::{Action, Key, KeyName};
use crate::tui::arena::Arena;
use crate::tui::field::Field;
use crate::tui::screens::Reply;

/// What is searched for.
#[derive(Clone, Debug, Default)]
pub(super) struct Finding {
    words: Field,
    /// Whether the words are being typed.
    typing: bool,
    /// Which place is marked, of how many.
    at: Option<(usize, usize)>,
}

impl Finding {
    /// The words and what came of them, for a heading; `None` while nothing is searched for.
    pub(super) fn note(&self) -> Option<String> {
        let words = self.words.text();
        if !self.typing && words.is_empty() {
            return None;
        }
        let cursor = if self.typing { "▍" } else { "" };
        let found = match self.at {
            Some((at, all)) => format!(" {at} of {all}"),
            None if words.is_empty() => String::new(),
            None => " nowhere".to_owned(),
        };
        Some(format!("/{words}{cursor}{found}"))
    }
}

impl Arena {
    /// A key while the words of a search are typed.
    pub fn press(&mut self, key: Key) -> Option<Vec<Reply>> {
        if !self.finding.typing {
            return None;
        }
        match key.code {
            KeyName::Enter => self.finding.typing = false,
            KeyName::Escape => {
                self.finding = Finding::default();
                self.transcript.forget_found();
            }
            _ if self.finding.words.press(key) => self.find_anew(),
            _ => return None,
        }
        Some(Vec::new())
    }

    /// Pasted text goes to the words of a search that is being typed.
    pub(super) fn paste_words(&mut self, text: &str) -> bool {
        if self.finding.typing {
            self.finding.words.insert(text);
            self.find_anew();
        }
        self.finding.typing
    }

    fn find_anew(&mut self) {
        self.transcript.forget_found();
        self.finding.at = self.transcript.find(self.finding.words.text(), true);
    }

    /// Begins a search, or goes to the next place or the one before.
    pub(super) fn search(&mut self, action: Action) -> Vec<Reply> {
        match action {
            Action::Search => self.finding = Finding { typing: true, ..Finding::default() },
            _ if self.finding.words.text().is_empty() => {
                return vec![Reply::Notice("Search for something first.".to_owned())];
            }
            _ => self.finding.at = self.transcript.find(self.finding.words.text(), action == Action::Next),
        }
        Vec::new()
    }
}
