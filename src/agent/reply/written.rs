//! What the Writer wrote: a speech, a request for material, or nothing.

use crate::agent::reply::plain::plain;
use crate::text::sanitize::sanitize;
use crate::text::sentences::sentences;
use crate::text::words::count_words;

/// The control word by which the Writer asks for material.
const SEARCH: &str = "SEARCH";

/// How speakers greet and announce before they say something, and how long a sentence may be that does only this.
const GREETINGS: [&str; 13] = [
    "good evening",
    "good morning",
    "good afternoon",
    "good day",
    "hello",
    "ladies and gentlemen",
    "dear ",
    "thank you",
    "honourable ",
    "greetings",
    "大家好",
    "各位",
    "尊敬的",
];
const ANNOUNCEMENTS: [&str; 5] =
    ["i am here to ", "i'm here to ", "i stand here ", "i stand before you", "today, i am here to "];
const LONGEST_GREETING: usize = 12;
const LONGEST_ANNOUNCEMENT: usize = 20;

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
    let speech = without_greeting(&speech).to_owned();
    if count_words(&sanitize(&speech)) == 0 { Written::Nothing } else { Written::Speech(speech) }
}

/// Reads what a person wrote: nothing is taken out of it.
#[must_use]
pub fn handwritten(text: &str) -> Written {
    match request(text) {
        Some(request) => Written::Request(request),
        None if text.trim().is_empty() => Written::Nothing,
        None => Written::Speech(text.trim().to_owned()),
    }
}

/// A speech from its first sentence that says something. A few words are all that a short speech has, and greetings and
/// announcements are the same in every speech.
fn without_greeting(speech: &str) -> &str {
    let mut rest = speech;
    for sentence in sentences(speech) {
        let after = rest.trim_start().strip_prefix(sentence.trim()).map(str::trim_start);
        match after.filter(|after| is_greeting(sentence) && !after.is_empty()) {
            Some(after) => rest = after,
            None => break,
        }
    }
    rest
}

fn is_greeting(sentence: &str) -> bool {
    let lower = sentence.trim().to_lowercase().replace('’', "'");
    let begins = |starts: &[&str]| starts.iter().any(|start| lower.starts_with(start));
    let words = count_words(&lower);
    (words <= LONGEST_GREETING && begins(&GREETINGS)) || (words <= LONGEST_ANNOUNCEMENT && begins(&ANNOUNCEMENTS))
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
    let wanted = plain(rest.join("\n").trim_start_matches([':', '：', ' ', '*', '"']));
    (count_words(&wanted) <= REQUEST_WORDS).then(|| wanted.trim_end_matches(['"', '”']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speech(answer: &str) -> String {
        match written(answer) {
            Written::Speech(speech) => speech,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_a_person_wrote_stays_as_it_is() {
        let said = "Good evening. Waiting helps.";
        assert_eq!(handwritten(said), Written::Speech(said.to_owned()));
        assert_eq!(handwritten("SEARCH: cups in Berlin"), Written::Request("cups in Berlin".to_owned()));
        assert_eq!(handwritten(" \n"), Written::Nothing);
    }

    #[test]
    fn a_speech_begins_with_its_first_sentence_that_says_something() {
        let said = "Good evening, everyone. I'm here to speak on the motion that this House would wait. Waiting helps.";
        assert_eq!(speech(said), "Waiting helps.");
        assert_eq!(speech("Ladies and gentlemen, waiting helps."), "Ladies and gentlemen, waiting helps.");
        assert_eq!(speech("Waiting helps. Thank you."), "Waiting helps. Thank you.");
        assert_eq!(speech("Thank you.\n\nWaiting helps.\n\nIt is free."), "Waiting helps.\n\nIt is free.");
    }
}
