//! Ends an answer before any of the stop strings, wherever the tokens cut them.

use crate::model::thinking::partial_suffix;

/// Watches a stream of text for stop strings.
#[derive(Clone, Debug)]
pub struct StopStrings {
    strings: Vec<String>,
    /// The end of what was pushed, if it may be the beginning of a stop string.
    held: String,
}

impl StopStrings {
    /// Empty strings are ignored.
    #[must_use]
    pub fn new(strings: &[String]) -> StopStrings {
        let strings = strings.iter().filter(|string| !string.is_empty()).cloned().collect();
        StopStrings { strings, held: String::new() }
    }

    /// Takes the next piece of text. Gives the text that can be no part of a stop string, and whether one was met.
    pub fn push(&mut self, text: &str) -> (String, bool) {
        let mut text = std::mem::take(&mut self.held) + text;
        if let Some(at) = self.strings.iter().filter_map(|string| text.find(string.as_str())).min() {
            text.truncate(at);
            return (text, true);
        }
        let held = self.strings.iter().map(|string| partial_suffix(&text, string)).max().unwrap_or(0);
        self.held = text.split_off(text.len() - held);
        (text, false)
    }

    /// What was held back, now that the text has ended otherwise.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(stops: &[&str], pieces: &[&str]) -> (String, bool) {
        let stops: Vec<String> = stops.iter().map(|&stop| stop.to_owned()).collect();
        let mut watch = StopStrings::new(&stops);
        let mut text = String::new();
        for piece in pieces {
            let (part, met) = watch.push(piece);
            text += &part;
            if met {
                return (text, true);
            }
        }
        (text + &watch.finish(), false)
    }

    #[test]
    fn a_stop_string_is_found_across_any_cut_and_never_shown() {
        let whole = "One é two\n\nSpeaker: three";
        for at in (0..whole.len()).filter(|&at| whole.is_char_boundary(at)) {
            let found = run(&["\n\nSpeaker:"], &[&whole[..at], &whole[at..]]);
            assert_eq!(found, ("One é two".to_owned(), true), "cut at {at}");
        }
    }

    #[test]
    fn no_beginning_of_a_stop_string_is_shown_while_it_may_go_on() {
        let mut watch = StopStrings::new(&["END".to_owned(), "EXIT".to_owned()]);
        assert_eq!(watch.push("an E"), ("an ".to_owned(), false));
        assert_eq!(watch.push("X"), (String::new(), false));
        assert_eq!(watch.push("TRA E"), ("EXTRA ".to_owned(), false));
        assert_eq!(watch.finish(), "E");
    }

    #[test]
    fn the_earliest_of_several_stop_strings_ends_the_text() {
        assert_eq!(run(&["bb", "ab", ""], &["xa", "bb"]), ("x".to_owned(), true));
        assert_eq!(run(&[], &["anything"]), ("anything".to_owned(), false));
    }
}
