//! Runs of words: whether a line repeats part of a text that must not be shown.

use std::collections::HashSet;

use unicode_segmentation::UnicodeSegmentation;

/// Words in a row that two texts seldom share by chance.
const RUN: usize = 4;

/// The runs of some texts.
#[derive(Debug, Default)]
pub struct Runs {
    known: HashSet<Vec<String>>,
}

impl Runs {
    /// Takes a text in. One of fewer than four words is taken as a whole.
    pub fn add(&mut self, text: &str) {
        let words = words(text);
        let length = words.len().min(RUN);
        if length > 0 {
            self.known.extend(words.windows(length).map(<[String]>::to_vec));
        }
    }

    /// Whether a line holds a run of any of the texts.
    #[must_use]
    pub fn occur_in(&self, line: &str) -> bool {
        let words = words(line);
        (1..=RUN.min(words.len())).any(|length| words.windows(length).any(|run| self.known.contains(run)))
    }
}

fn words(text: &str) -> Vec<String> {
    text.unicode_words().map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_words_in_a_row_give_a_text_away_and_three_do_not() {
        let mut runs = Runs::default();
        runs.add("A ban protects rivers, because nothing is thrown away.");
        assert!(runs.occur_in("the server said: \"Ban protects RIVERS because\" ..."));
        assert!(!runs.occur_in("a ban protects lakes"));
        assert!(!runs.occur_in(""));
    }

    #[test]
    fn a_short_text_is_found_as_a_whole() {
        let mut runs = Runs::default();
        runs.add("Cats rule");
        runs.add("");
        assert!(runs.occur_in("motion: cats rule!"));
        assert!(!runs.occur_in("cats and rules"));
    }
}
