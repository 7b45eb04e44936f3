//! The words of a text that carry its content, for measuring what two texts share. Not a measure of meaning.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

/// English words that carry none, of four letters and more; shorter words are left out altogether.
const EMPTY: [&str; 48] = [
    "about", "after", "also", "because", "been", "before", "being", "both", "could", "does", "doing", "down", "during",
    "each", "even", "every", "from", "have", "having", "here", "into", "just", "like", "make", "many", "more", "most",
    "much", "must", "only", "other", "over", "same", "should", "some", "such", "than", "that", "their", "them", "then",
    "there", "these", "they", "this", "those", "very", "will",
];

/// The fewest letters of an English content word. Words in scripts without spaces are shorter and count at any length.
const LEAST_LETTERS: usize = 4;

/// The different content words of a text, in lower case.
#[must_use]
pub fn content_words(text: &str) -> BTreeSet<String> {
    let carries = |word: &String| {
        let latin = word.is_ascii();
        !latin || (word.len() >= LEAST_LETTERS && !EMPTY.contains(&word.as_str()))
    };
    text.unicode_words().map(str::to_lowercase).filter(carries).collect()
}

/// The share of some words that stand among others, 0 to 1; 0 without any.
#[must_use]
pub fn share(words: &BTreeSet<String>, among: &BTreeSet<String>) -> f64 {
    if words.is_empty() { 0.0 } else { words.intersection(among).count() as f64 / words.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_empty_words_carry_no_content() {
        let words = content_words("They should plant MORE trees, because trees cool a street.");
        assert_eq!(words.into_iter().collect::<Vec<_>>(), ["cool", "plant", "street", "trees"]);
        assert_eq!(content_words("禁止塑料").len(), 4);
    }
}
