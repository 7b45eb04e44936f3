//! Where quoted words stand in a text, and the words around them, for a reader who wants to see for himself.

use std::collections::HashMap;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Share of the quoted words that must stand in one place.
const LEAST_SHARE: f64 = 0.6;

/// A quoted passage as it stands in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage<'a> {
    /// Up to so many words before it, and whether more came before these.
    pub before: &'a str,
    pub begins_text: bool,
    pub quoted: &'a str,
    pub after: &'a str,
    pub ends_text: bool,
}

pub(super) struct Word {
    pub text: String,
    pub place: Range<usize>,
}

/// The place in a text where most of the quoted words stand together, with up to `around` words on each side. Of a quote
/// with an ellipsis the longest part counts. `None` if they stand nowhere.
#[must_use]
pub fn passage<'a>(quote: &str, text: &'a str, around: usize) -> Option<Passage<'a>> {
    let parts = quote.split('…').flat_map(|part| part.split("...")).map(words);
    let quoted = parts.max_by_key(Vec::len).filter(|words| !words.is_empty())?;
    let words = words(text);
    let window = best_window(&quoted, &words)?;
    let (first, last) = (&words[window.start], &words[window.end - 1]);
    let from = window.start.saturating_sub(around);
    let to = (window.end + around).min(words.len());
    Some(Passage {
        before: text[words[from].place.start..first.place.start].trim(),
        begins_text: from == 0,
        quoted: &text[first.place.start..last.place.end],
        after: text[last.place.end..if to == words.len() { text.len() } else { words[to - 1].place.end }].trim_end(),
        ends_text: to == words.len(),
    })
}

pub(super) fn words(text: &str) -> Vec<Word> {
    let word = |(start, word): (usize, &str)| Word {
        text: word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect(),
        place: start..start + word.len(),
    };
    text.unicode_word_indices().map(word).collect()
}

/// The first window of the quote's length that holds the most of its words, each as often as the quote has it.
fn best_window(quoted: &[Word], words: &[Word]) -> Option<Range<usize>> {
    let length = quoted.len().min(words.len());
    let mut left: HashMap<&str, i64> = HashMap::new();
    for word in quoted {
        *left.entry(&word.text).or_default() += 1;
    }
    let mut held = 0_i64;
    let mut best = (0, 0);
    for (end, word) in words.iter().enumerate() {
        if let Some(left) = left.get_mut(word.text.as_str()) {
            held += i64::from(*left > 0);
            *left -= 1;
        }
        if let Some(gone) = end.checked_sub(length).map(|start| &words[start])
            && let Some(left) = left.get_mut(gone.text.as_str())
        {
            *left += 1;
            held -= i64::from(*left > 0);
        }
        if end + 1 >= length && held > best.0 {
            best = (held, end + 1 - length);
        }
    }
    let enough = best.0 as f64 >= LEAST_SHARE * quoted.len() as f64;
    (enough && length > 0).then(|| best.1..best.1 + length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "Trees cool a street. The tax did not reduce plastic use, said the town; prices didn’t fall.";

    #[test]
    fn quoted_words_are_shown_with_the_words_around_them() {
        let found = passage("the tax DID not, reduce plastic-use", TEXT, 2).unwrap();
        assert_eq!(
            (found.before, found.quoted, found.after),
            ("a street.", "The tax did not reduce plastic use", ", said the")
        );
        assert!(!found.begins_text && !found.ends_text);
        let end = passage("prices didn't … fall", TEXT, 50).unwrap();
        assert_eq!((end.quoted, end.after), ("prices didn’t", " fall."));
        assert!(end.begins_text && end.ends_text);
    }

    #[test]
    fn nearly_the_same_words_are_found_and_others_are_not() {
        let close = passage("the tax never did reduce the plastic use", TEXT, 0).unwrap();
        assert!(close.quoted.contains("reduce plastic use"), "{close:?}");
        assert_eq!(passage("nobody ever said this", TEXT, 3), None);
        assert_eq!(passage(" … ", TEXT, 3), None);
        assert_eq!(passage("words", "", 3), None);
    }

    proptest! {
        #[test]
        fn any_run_of_words_is_found_whole(text in "[a-c é漢.,'-]{0,60}", quote in "[a-c é漢.,'…-]{0,30}", around in 0usize..5) {
            if let Some(found) = passage(&quote, &text, around) {
                prop_assert!(text.contains(found.quoted) && text.contains(found.before) && text.contains(found.after));
            }
            let words: Vec<&str> = text.unicode_words().collect();
            if words.len() > 2 {
                prop_assert!(passage(&words[1..3].join(" "), &text, around).is_some());
            }
        }
    }
}
