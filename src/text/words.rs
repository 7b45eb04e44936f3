//! Words: counting them, and cutting a text where a speaker would stop. What a sentence is stands in `sentences`.

use unicode_segmentation::UnicodeSegmentation;

use crate::text::sentences::{is_finished, spans};

/// The number of words: runs between spaces that hold a letter or a digit. Scripts without spaces count by character.
#[must_use]
pub fn count_words(text: &str) -> usize {
    text.split_whitespace().map(words_of).sum()
}

fn words_of(run: &str) -> usize {
    if run.chars().any(is_unspaced) {
        run.unicode_words().count()
    } else {
        usize::from(run.chars().any(char::is_alphanumeric))
    }
}

/// Chinese and Japanese letters, which stand without spaces.
pub(crate) fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Cuts a text to at most `max_words` words and says whether anything was cut. The cut falls after the last whole
/// sentence that fits; if not even the first fits, after a word, with an ellipsis.
#[must_use]
pub fn cut_at_sentence(text: &str, max_words: usize) -> (String, bool) {
    let text = text.trim();
    if count_words(text) <= max_words {
        return (text.to_owned(), false);
    }
    let spans = spans(text);
    let fitting = spans.partition_point(|span| count_words(&text[..span.end]) <= max_words);
    match spans[..fitting].last() {
        Some(span) => (text[..span.end].to_owned(), true),
        None => (cut_at_word(text, max_words), true),
    }
}

/// Drops a last sentence that was never finished, as when the model ran out of tokens, and says whether it did.
/// A text of one sentence stays whole.
#[must_use]
pub fn cut_unfinished(text: &str) -> (String, bool) {
    let text = text.trim();
    match spans(text).as_slice() {
        [.., before, last] if !is_finished(&text[last.clone()]) => (text[..before.end].to_owned(), true),
        _ => (text.to_owned(), false),
    }
}

fn cut_at_word(text: &str, max_words: usize) -> String {
    let mut left = max_words;
    let mut end = 0;
    for run in text.split_inclusive(char::is_whitespace) {
        let words = words_of(run);
        if words > left {
            // Only a script without spaces may be cut inside a run.
            end += run.unicode_word_indices().nth(left).filter(|_| words > 1).map_or(0, |(at, _)| at);
            break;
        }
        left -= words;
        end += run.len();
    }
    format!("{}…", text[..end].trim_end().trim_end_matches([',', ';', ':', '-', '–', '—']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_counted_as_a_reader_counts_them() {
        assert_eq!(count_words("A well-known 3.5 % rise — don't panic [E3]."), 7);
        assert_eq!(count_words("我们支持禁止。Yes, fully."), 8);
        assert_eq!(count_words(" — \n * "), 0);
    }

    #[test]
    fn a_speech_is_cut_after_the_last_sentence_that_fits() {
        let text = "One two three. Four five six. Seven eight.";
        assert_eq!(cut_at_sentence(text, 8), (text.to_owned(), false));
        assert_eq!(cut_at_sentence(text, 7), ("One two three. Four five six.".to_owned(), true));
        assert_eq!(cut_at_sentence(text, 5), ("One two three.".to_owned(), true));
    }

    #[test]
    fn a_first_sentence_that_does_not_fit_is_cut_at_a_word() {
        assert_eq!(cut_at_sentence("One, two, three.", 2), ("One, two…".to_owned(), true));
        assert_eq!(cut_at_sentence("我们支持禁止塑料", 3), ("我们支…".to_owned(), true));
        assert_eq!(cut_at_sentence("One two", 0), ("…".to_owned(), true));
    }

    #[test]
    fn an_unfinished_last_sentence_is_dropped() {
        assert_eq!(cut_unfinished("It fell. It rose [E1]. And then the"), ("It fell. It rose [E1].".to_owned(), true));
        assert_eq!(
            cut_unfinished("It fell. He said \"no.\" [E2]"),
            ("It fell. He said \"no.\" [E2]".to_owned(), false)
        );
        assert_eq!(cut_unfinished("Only half of a"), ("Only half of a".to_owned(), false));
    }

    proptest! {
        #[test]
        fn cuts_keep_the_limit(text in "[A-Za-z .!?\"“”\\[\\]E1\n漢。]{0,120}", limit in 1usize..20) {
            let (cut, was_cut) = cut_at_sentence(&text, limit);
            prop_assert!(count_words(&cut) <= limit);
            prop_assert_eq!(was_cut, count_words(&text) > limit);
        }
    }
}
