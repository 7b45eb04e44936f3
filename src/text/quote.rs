//! Whether quoted words stand in a source. What is quoted for which label is found in `citations`.
//!
//! The check is about words, not meaning: a verified quote may still be torn from its context.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::domain::evidence::Standing;
use crate::text::sanitize::is_hostile;

/// Share of a quote's words that must stand together in the source for [`Standing::Close`].
const CLOSE_OVERLAP: f64 = 0.8;

/// Words of a quote that may be close. A shorter one is close to nearly anything; a longer one costs too much to align.
const CLOSE_WORDS: RangeInclusive<usize> = 5..=400;

/// How a quote stands to a source. Letter case, white space, punctuation, kinds of quotation marks and hyphens do not
/// matter. Close means that at least 80 % of the words stand in order in one place, with the same numbers and the
/// same negations. A quote without words is unquoted.
#[must_use]
pub fn standing(quote: &str, source: &str) -> Standing {
    let quoted = tokens(quote);
    if quoted.is_empty() {
        return Standing::Unquoted;
    }
    let source = tokens(source);
    let spaced = |tokens: &[String]| format!(" {} ", tokens.join(" "));
    if spaced(&source).contains(&spaced(&quoted)) {
        Standing::Verified
    } else if CLOSE_WORDS.contains(&quoted.len()) && is_close(&quoted, &source) {
        Standing::Close
    } else {
        Standing::Absent
    }
}

/// Words in lower case without punctuation. Numbers keep their sign and point, so that `-0.5` is not `5`.
fn tokens(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().filter(|c| !is_hostile(*c) || c.is_whitespace()).collect();
    let mut tokens = Vec::new();
    let mut word = String::new();
    for (at, &character) in characters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| characters[before]);
        let digit_follows = characters.get(at + 1).is_some_and(char::is_ascii_digit);
        let in_number = digit_follows && before.is_some_and(|c| c.is_ascii_digit());
        match character {
            _ if character.is_alphanumeric() => word.extend(character.to_lowercase()),
            '\'' | '’' | '‘' | 'ʼ' if !word.is_empty() => {}
            ',' if in_number => {}
            '.' if in_number => word.push('.'),
            '-' | '−' | '–' if digit_follows && before.is_none_or(|c| c.is_whitespace() || c == '(') => {
                word.push('-')
            }
            _ if word.is_empty() => {}
            _ => tokens.push(std::mem::take(&mut word)),
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    tokens
}

fn is_close(quoted: &[String], source: &[String]) -> bool {
    let needed = (CLOSE_OVERLAP * quoted.len() as f64).ceil() as usize;
    let Some((start, overlap)) = best_window(quoted, source) else { return false };
    if overlap < needed {
        return false;
    }
    let margin = quoted.len() / 4 + 1;
    let from = start.saturating_sub(margin);
    let to = (start + quoted.len() + margin).min(source.len());
    let matches = common_subsequence(quoted, &source[from..to]);
    let (Some(first), Some(last)) = (matches.first(), matches.last()) else { return false };
    let place = &source[from + first..=from + last];
    let weighty = |tokens: &[String]| tokens.iter().filter(|token| turns_meaning(token)).cloned().collect::<Vec<_>>();
    matches.len() >= needed && weighty(quoted) == weighty(place)
}

/// Whether one such word more or less turns a sentence round: numbers and negations.
fn turns_meaning(token: &str) -> bool {
    token.chars().any(|c| c.is_ascii_digit())
        || matches!(
            token,
            "no" | "not" | "never" | "none" | "nor" | "neither" | "nobody" | "nothing" | "cannot" | "without"
        )
        || (token.len() > 3 && token.ends_with("nt") && NEGATED.contains(&&token[..token.len() - 2]))
}

/// Verbs before `n't`, as they look without the apostrophe.
const NEGATED: [&str; 18] = [
    "ai", "are", "ca", "could", "did", "does", "do", "had", "has", "have", "is", "might", "must", "need", "should",
    "was", "were", "wo",
];

/// The window of the quote's length that shares most words with it, order aside: its start and the shared count.
fn best_window(quoted: &[String], source: &[String]) -> Option<(usize, usize)> {
    // How many more of each word the window may match.
    let mut open: HashMap<&str, isize> = HashMap::new();
    for token in quoted {
        *open.entry(token).or_insert(0) += 1;
    }
    let mut overlap = 0;
    let mut best = None;
    for (at, token) in source.iter().enumerate() {
        if let Some(left) = open.get_mut(token.as_str()) {
            overlap += usize::from(*left > 0);
            *left -= 1;
        }
        if let Some(left) = at.checked_sub(quoted.len()).and_then(|leaving| open.get_mut(source[leaving].as_str())) {
            *left += 1;
            overlap -= usize::from(*left > 0);
        }
        if best.is_none_or(|(_, most)| overlap > most) {
            best = Some(((at + 1).saturating_sub(quoted.len()), overlap));
        }
    }
    best
}

/// Places in `source` of a longest common subsequence with `quoted`.
fn common_subsequence(quoted: &[String], source: &[String]) -> Vec<usize> {
    let width = source.len() + 1;
    let mut lengths = vec![0usize; (quoted.len() + 1) * width];
    for (row, word) in quoted.iter().enumerate().rev() {
        for (column, other) in source.iter().enumerate().rev() {
            lengths[row * width + column] = if word == other {
                lengths[(row + 1) * width + column + 1] + 1
            } else {
                lengths[(row + 1) * width + column].max(lengths[row * width + column + 1])
            };
        }
    }
    let (mut row, mut column, mut places) = (0, 0, Vec::new());
    while row < quoted.len() && column < source.len() {
        if quoted[row] == source[column] {
            places.push(column);
            (row, column) = (row + 1, column + 1);
        } else if lengths[(row + 1) * width + column] >= lengths[row * width + column + 1] {
            row += 1;
        } else {
            column += 1;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SOURCE: &str = "A 2019 study found that the tax did not reduce plastic use in towns; prices rose by 4.5 % over ten \
                          years.\nWell\u{2011}known shops\u{200b} said it didn\u{2019}t matter, \u{201c}at all\u{201d}, to 1,200 people.";

    #[test]
    fn a_quote_is_verified_whatever_its_case_spaces_and_marks() {
        for quote in [
            "the tax did not reduce plastic use",
            "THE TAX  did\nnot reduce plastic-use",
            "“prices rose by 4.5% over ten years”",
            "well-known shops said it didn't matter, 'at all', to 1200 people",
            "towns",
        ] {
            assert_eq!(standing(quote, SOURCE), Standing::Verified, "{quote}");
        }
    }

    #[test]
    fn a_quote_with_a_few_other_words_is_close() {
        for quote in
            ["a 2019 study showed that the tax did not reduce plastic use", "prices rose by 4.5 % over the ten years"]
        {
            assert_eq!(standing(quote, SOURCE), Standing::Close, "{quote}");
        }
    }

    #[test]
    fn a_quote_that_drops_a_negation_or_changes_a_number_is_absent() {
        for quote in [
            "the tax did reduce plastic use in towns",
            "the tax did not not reduce plastic use in towns",
            "prices rose by 45 % over ten years",
            "shops said it did matter at all to 1200 people",
            "prices fell by -4.5 % over ten years",
        ] {
            assert_eq!(standing(quote, SOURCE), Standing::Absent, "{quote}");
        }
    }

    #[test]
    fn the_same_words_in_another_order_or_only_parts_of_words_are_absent() {
        assert_eq!(standing("towns in use plastic reduce not did tax the", SOURCE), Standing::Absent);
        assert_eq!(standing("town", SOURCE), Standing::Absent);
        assert_eq!(standing("the ban did not", SOURCE), Standing::Absent);
        assert_eq!(standing("anything at all", ""), Standing::Absent);
    }

    #[test]
    fn a_quote_without_words_is_unquoted() {
        assert_eq!(standing(" … ", SOURCE), Standing::Unquoted);
    }

    proptest! {
        #[test]
        fn any_run_of_words_of_a_source_is_verified(words in proptest::collection::vec("[a-z]{1,4}", 1..60), start in 0usize..60, length in 1usize..60) {
            let start = start.min(words.len() - 1);
            let end = (start + length).min(words.len());
            prop_assert_eq!(standing(&words[start..end].join(" – "), &words.join(" ")), Standing::Verified);
        }

        #[test]
        fn every_text_with_words_quotes_itself(text: String, around: String) {
            let found = standing(&text, &format!("{around} {text} {around}"));
            prop_assert!(matches!(found, Standing::Verified | Standing::Unquoted), "{:?}", found);
        }
    }
}
