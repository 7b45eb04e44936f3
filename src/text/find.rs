//! Where words stand in a text, whatever their case.

use std::ops::Range;

/// Every place of the words in the text, as ranges of bytes, none over another. Nothing is found of no words.
#[must_use]
pub fn occurrences(text: &str, words: &str) -> Vec<Range<usize>> {
    let wanted: Vec<char> = words.trim().chars().flat_map(char::to_lowercase).collect();
    let Some(first) = wanted.first() else { return Vec::new() };
    let mut found: Vec<Range<usize>> = Vec::new();
    for (start, c) in text.char_indices() {
        let free = found.last().is_none_or(|last| last.end <= start);
        if free
            && c.to_lowercase().next() == Some(*first)
            && let Some(length) = begins_with(&text[start..], &wanted)
        {
            found.push(start..start + length);
        }
    }
    found
}

/// How many bytes of the text the words take, if it begins with them. A letter may be several in lower case.
fn begins_with(text: &str, wanted: &[char]) -> Option<usize> {
    let mut rest = wanted;
    for (at, c) in text.char_indices() {
        if rest.is_empty() {
            return Some(at);
        }
        for lower in c.to_lowercase() {
            let (next, others) = rest.split_first()?;
            // A line that was wrapped in the text breaks no words.
            let same = lower == *next || (lower.is_whitespace() && next.is_whitespace());
            if !same {
                return None;
            }
            rest = others;
        }
    }
    rest.is_empty().then_some(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_found_in_any_case_and_over_a_line_end() {
        let text = "Cups that\ncome back, CUPS that come.";
        let found: Vec<&str> = occurrences(text, "cups THAT come").into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["Cups that\ncome", "CUPS that come"]);
        assert!(occurrences(text, " ").is_empty() && occurrences(text, "plates").is_empty());
        assert_eq!(occurrences("aaa", "aa").len(), 1);
    }

    proptest! {
        #[test]
        fn every_range_is_text_of_the_words_length(text in "\\PC{0,40}", words in "\\PC{1,3}") {
            for range in occurrences(&text, &words) {
                prop_assert!(text.get(range).is_some());
            }
        }
    }
}
