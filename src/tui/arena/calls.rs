//! The calls that run now: what each has read and written, made safe piece by piece.

use std::collections::BTreeMap;

use crate::domain::team::Role;
use crate::engine::publish::{Caller, Live};
use crate::text::count::number_of;
use crate::text::sanitize::{DisplayText, Sanitizer};
use crate::text::words::count_words;

/// One call that has begun and not ended.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Tokens of the prompt that were read, of all.
    pub read: Option<(usize, usize)>,
    /// What was written, without private thinking.
    pub text: DisplayText,
    /// Pieces of private thinking.
    pub thoughts: usize,
    sanitizer: Sanitizer,
    /// Words in the first so many bytes of the text, so that a long text is not counted anew for each frame.
    counted: (usize, usize),
}

impl Call {
    fn append(&mut self, piece: &DisplayText) {
        self.text.append(piece);
        let (words, bytes) = self.counted;
        // A word that may still grow is not counted yet.
        if let Some(end) = self.text[bytes..].rfind(char::is_whitespace).map(|at| bytes + at) {
            self.counted = (words + count_words(&self.text[bytes..end]), end);
        }
    }

    fn words(&self) -> usize {
        let (words, bytes) = self.counted;
        words + count_words(&self.text[bytes..])
    }

    /// Whether a piece is all that was written so far.
    #[must_use]
    pub fn began_with(&self, piece: &DisplayText) -> bool {
        self.text.len() == piece.len()
    }

    /// What the call does now, in a few words.
    #[must_use]
    pub fn doing(&self) -> String {
        if !self.text.is_empty() {
            return format!("writes · {} words", self.words());
        }
        if self.thoughts > 0 {
            return format!("thinks · {}", number_of(self.thoughts, "piece"));
        }
        match self.read {
            Some((done, total)) if total > 0 => format!("reads · {} of {total}", done.min(total)),
            _ => "waits".to_owned(),
        }
    }

    /// The part of the prompt that was read, 0 to 1; `None` before and after reading.
    #[must_use]
    pub fn reading(&self) -> Option<f64> {
        let (done, total) = self.read.filter(|(_, total)| *total > 0)?;
        (self.text.is_empty() && self.thoughts == 0).then(|| done as f64 / total as f64)
    }
}

/// All calls that run.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    running: BTreeMap<Caller, Call>,
    /// Pieces that came in since the speed was last taken.
    pieces: u64,
}

impl Calls {
    /// Takes a live event in. Gives the safe text that it adds, if it adds any.
    pub fn hear(&mut self, live: &Live) -> Option<DisplayText> {
        match live {
            Live::CallBegan { caller, .. } => {
                self.running.insert(caller.clone(), Call::default());
                None
            }
            Live::Prefill { caller, done, total } => {
                self.running.entry(caller.clone()).or_default().read = Some((*done, *total));
                None
            }
            Live::Token { caller, text, reasoning } => {
                self.pieces += 1;
                let call = self.running.entry(caller.clone()).or_default();
                if *reasoning {
                    call.thoughts += 1;
                    return None;
                }
                let piece = call.sanitizer.push(text);
                call.append(&piece);
                Some(piece)
            }
            Live::CallEnded { caller, .. } => {
                self.running.remove(caller);
                None
            }
        }
    }

    /// The call of a role for a speech.
    #[must_use]
    pub fn of_role(&self, speech: usize, role: Role) -> Option<&Call> {
        let is_meant =
            |caller: &Caller| matches!(caller, Caller::Role { speech: s, role: r, .. } if *s == speech && *r == role);
        self.running.iter().rfind(|(caller, _)| is_meant(caller)).map(|(_, call)| call)
    }

    /// Forgets the calls of a role for a speech, since what it said is recorded.
    pub fn forget(&mut self, speech: usize, role: Role) {
        self.running.retain(
            |caller, _| !matches!(caller, Caller::Role { speech: s, role: r, .. } if *s == speech && *r == role),
        );
    }

    /// The calls of a judge with their names in its plan.
    pub fn of_judge(&self, judge: usize) -> impl Iterator<Item = (&str, &Call)> {
        self.running.iter().filter_map(move |(caller, call)| match caller {
            Caller::Judge { judge: j, call: name } if *j == judge => Some((name.as_str(), call)),
            _ => None,
        })
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Forgets every call, since nothing runs any more.
    pub fn clear(&mut self) {
        self.running.clear();
    }

    /// Pieces that came in since the last time this was asked.
    pub fn take_pieces(&mut self) -> u64 {
        std::mem::take(&mut self.pieces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::seat::{Seat, Side};

    fn caller() -> Caller {
        Caller::Role { speech: 2, seat: Seat(0), side: Side::Proposition, role: Role::Writer, revision: 0, ask: 0 }
    }

    fn token(text: &str, reasoning: bool) -> Live {
        Live::Token { caller: caller(), text: text.to_owned(), reasoning }
    }

    #[test]
    fn a_call_says_what_it_does() {
        let mut calls = Calls::default();
        calls.hear(&Live::CallBegan { caller: caller(), model: "small".to_owned() });
        let doing = |calls: &Calls| calls.of_role(2, Role::Writer).map(Call::doing).unwrap_or_default();
        assert_eq!(doing(&calls), "waits");
        calls.hear(&Live::Prefill { caller: caller(), done: 64, total: 256 });
        assert_eq!(doing(&calls), "reads · 64 of 256");
        calls.hear(&token("hm", true));
        assert_eq!(doing(&calls), "thinks · 1 piece");
        calls.hear(&token("two words", false));
        assert_eq!(doing(&calls), "writes · 2 words");
        calls.hear(&Live::CallEnded { caller: caller(), failed: None });
        assert!(calls.is_empty());
    }

    #[test]
    fn a_sequence_cut_between_two_pieces_never_shows() {
        let mut calls = Calls::default();
        let shown: String = ["safe\x1b]0;ti", "tle\x07 text"]
            .iter()
            .filter_map(|piece| calls.hear(&token(piece, false)))
            .map(DisplayText::into_string)
            .collect();
        assert_eq!(shown, "safe text");
    }
}
