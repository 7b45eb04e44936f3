//! Splits what a model writes into private reasoning (`<think>...</think>`) and the answer.
//!
//! Works on a stream: a tag may be cut anywhere by the deltas. Shared by local and remote models; which of the two
//! kinds of text a caller shows is not decided here.

use crate::model::chat::Delta;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Where the stream stands. Feed it with [`Thinking::push`] and end it with [`Thinking::finish`].
#[derive(Clone, Debug, Default)]
pub struct Thinking {
    inside: bool,
    /// The end of what was pushed, if it may be the beginning of a tag.
    held: String,
    /// Whether a part of the answer was given out; until then white space after the reasoning is dropped.
    answered: bool,
    reasoned: bool,
}

impl Thinking {
    /// `inside`: the prompt already opened the reasoning, so that only its end will be written.
    #[must_use]
    pub fn new(inside: bool) -> Thinking {
        Thinking { inside, ..Thinking::default() }
    }

    /// Takes the next piece of text; gives what is now known to be reasoning or answer, never an empty delta.
    pub fn push(&mut self, text: &str) -> Vec<Delta> {
        let mut out = Vec::new();
        let mut rest = std::mem::take(&mut self.held) + text;
        loop {
            let tag = if self.inside { CLOSE } else { OPEN };
            if let Some(at) = rest.find(tag) {
                let after = rest.split_off(at + tag.len());
                rest.truncate(at);
                self.give(rest, &mut out);
                self.inside = !self.inside;
                rest = after;
            } else {
                let held = partial_suffix(&rest, tag);
                self.held = rest.split_off(rest.len() - held);
                self.give(rest, &mut out);
                return out;
            }
        }
    }

    /// Gives out what was held back: no more text will come.
    pub fn finish(&mut self) -> Vec<Delta> {
        let mut out = Vec::new();
        let held = std::mem::take(&mut self.held);
        self.give(held, &mut out);
        out
    }

    fn give(&mut self, text: String, out: &mut Vec<Delta>) {
        if self.inside {
            self.reasoned = true;
            if !text.is_empty() {
                out.push(Delta::Reasoning(text));
            }
            return;
        }
        let text = if self.reasoned && !self.answered { text.trim_start().to_owned() } else { text };
        if !text.is_empty() {
            self.answered = true;
            out.push(Delta::Text(text));
        }
    }
}

/// The length in bytes of the longest end of `text` that is a proper beginning of `tag`.
#[must_use]
pub fn partial_suffix(text: &str, tag: &str) -> usize {
    let longest = text.len().min(tag.len().saturating_sub(1));
    (1..=longest)
        .rev()
        .find(|&n| text.is_char_boundary(text.len() - n) && tag.starts_with(&text[text.len() - n..]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(inside: bool, pieces: &[&str]) -> (String, String) {
        let mut thinking = Thinking::new(inside);
        let mut deltas = Vec::new();
        for piece in pieces {
            deltas.extend(thinking.push(piece));
        }
        deltas.extend(thinking.finish());
        let (mut reasoning, mut text) = (String::new(), String::new());
        for delta in deltas {
            match delta {
                Delta::Reasoning(part) => reasoning += &part,
                Delta::Text(part) => text += &part,
                other => panic!("unexpected {other:?}"),
            }
        }
        (reasoning, text)
    }

    #[test]
    fn tags_are_found_wherever_the_deltas_cut_them() {
        let whole = "<think>weigh é both</think>\n\nWe agree.";
        let cuts: Vec<usize> = (0..whole.len()).filter(|&i| whole.is_char_boundary(i)).collect();
        for &a in &cuts {
            for &b in cuts.iter().filter(|&&b| b >= a) {
                let parts = split(false, &[&whole[..a], &whole[a..b], &whole[b..]]);
                assert_eq!(parts, ("weigh é both".to_owned(), "We agree.".to_owned()), "cut at {a} and {b}");
            }
        }
    }

    #[test]
    fn a_prompt_that_opened_the_reasoning_needs_only_its_end() {
        assert_eq!(split(true, &["hm", "m</th", "ink>So:"]), ("hmm".to_owned(), "So:".to_owned()));
    }

    #[test]
    fn text_without_tags_passes_unchanged() {
        assert_eq!(split(false, &["  a < b, <thin", " ice"]), (String::new(), "  a < b, <thin ice".to_owned()));
        assert_eq!(split(false, &["ends in <think"]), (String::new(), "ends in <think".to_owned()));
    }

    #[test]
    fn reasoning_that_never_ends_is_no_answer() {
        assert_eq!(split(false, &["<think>on and", " on </thi"]), ("on and on </thi".to_owned(), String::new()));
    }

    #[test]
    fn text_that_can_be_no_tag_is_given_out_at_once() {
        let mut thinking = Thinking::default();
        assert_eq!(thinking.push("Hello <b"), vec![Delta::Text("Hello <b".to_owned())]);
        assert_eq!(thinking.push(" <t"), vec![Delta::Text(" ".to_owned())]);
    }
}
