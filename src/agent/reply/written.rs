//! What the Writer wrote: a speech, a request for material, or nothing.

use crate::agent::reply::plain::plain;
use crate::text::sanitize::sanitize;
use crate::text::words::count_words;

/// The control word by which the Writer asks for material.
const SEARCH: &str = "SEARCH";

/// Longer than this, what follows the control word is a speech.
const REQUEST_WORDS: usize = 40;

/// An answer of the Writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    Speech(String),
    /// What the Writer wants to know.
    Request(String),
    /// Nothing that a speaker could say.
    Nothing,
}

/// Reads an answer of the Writer.
#[must_use]
pub fn written(answer: &str) -> Written {
    if let Some(request) = request(answer) {
        return Written::Request(request);
    }
    let speech = plain(answer);
    if count_words(&sanitize(&speech)) == 0 { Written::Nothing } else { Written::Speech(speech) }
}

/// The text after `SEARCH:`, where that is all that the answer has to say.
fn request(answer: &str) -> Option<String> {
    let opening = |line: &str| line.trim_start_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let mut lines = answer.lines().map(opening).skip_while(|line| line.is_empty());
    let first = lines.next()?;
    let after = first.strip_prefix(SEARCH).or_else(|| first.strip_prefix("Search:"))?;
    if after.starts_with(char::is_alphanumeric) {
        return None;
    }
    let rest: Vec<String> = std::iter::once(after.to_owned()).chain(lines).collect();
    let wanted = plain(rest.join("\n").trim_start_matches([':', ' ', '*', '"']));
    (count_words(&wanted) <= REQUEST_WORDS).then(|| wanted.trim_end_matches(['"', '”']).to_owned())
}
