//! Whether quoted words stand in a source. What is quoted for which label is found in `citations`.
//!
//! The check is about words, not meaning: a verified quote may still be torn from its context.

mod align;
pub mod difference;
pub mod place;
mod tokens;

use std::ops::RangeInclusive;

use crate::domain::evidence::Standing;
use crate::text::quote::align::{best_window, common_subsequence};
use crate::text::quote::tokens::tokens;

/// Share of a quote's words that must stand together in the source for [`Standing::Close`].
const CLOSE_OVERLAP: f64 = 0.8;

/// Words of a quote that may be close. A shorter one is close to nearly anything; a longer one costs too much to align.
const CLOSE_WORDS: RangeInclusive<usize> = 5..=400;

/// Words of each part of a quote with an ellipsis, and words that the ellipsis may pass over.
const PART_WORDS: usize = 3;
const MOST_PASSED_OVER: usize = 60;

/// How a quote stands to a source. Letter case, white space, punctuation, kinds of quotation marks and hyphens do not
/// matter. Close means that at least 80 % of the words stand in order in one place, with the same numbers and the
/// same negations; or that the parts around an ellipsis stand there in order, and no negation is passed over. A quote
/// without words is unquoted.
#[must_use]
pub fn standing(quote: &str, source: &str) -> Standing {
    let parts: Vec<Vec<String>> = quote.split('…').flat_map(|part| part.split("...")).map(tokens).collect();
    let parts: Vec<Vec<String>> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let Some(quoted) = parts.first() else { return Standing::Unquoted };
    let source = tokens(source);
    if parts.len() > 1 {
        return if is_elided(&parts, &source) { Standing::Close } else { Standing::Absent };
    }
    if find(quoted, &source, 0).is_some() {
        Standing::Verified
    } else if CLOSE_WORDS.contains(&quoted.len()) && is_close(quoted, &source) {
        Standing::Close
    } else {
        Standing::Absent
    }
}

/// Where a run of words begins in the source, at `from` or later.
fn find(quoted: &[String], source: &[String], from: usize) -> Option<usize> {
    source.get(from..)?.windows(quoted.len()).position(|window| window == quoted).map(|at| from + at)
}

fn is_elided(parts: &[Vec<String>], source: &[String]) -> bool {
    let mut end = None;
    for part in parts {
        let Some(start) = find(part, source, end.unwrap_or(0)).filter(|_| part.len() >= PART_WORDS) else {
            return false;
        };
        let passed_over = &source[end.unwrap_or(start)..start];
        if passed_over.len() > MOST_PASSED_OVER || passed_over.iter().any(|token| is_negation(token)) {
            return false;
        }
        end = Some(start + part.len());
    }
    true
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

/// Whether one such word more or less turns a sentence round.
fn turns_meaning(token: &str) -> bool {
    token.chars().any(|c| c.is_ascii_digit()) || is_negation(token)
}

fn is_negation(token: &str) -> bool {
    matches!(token, "no" | "not" | "never" | "none" | "nor" | "neither" | "nobody" | "nothing" | "cannot" | "without")
        || token.strip_suffix("nt").is_some_and(|verb| NEGATED.contains(&verb))
}

/// Verbs before `n't`, as they look without the apostrophe.
const NEGATED: [&str; 18] = [
    "ai", "are", "ca", "could", "did", "does", "do", "had", "has", "have", "is", "might", "must", "need", "should",
    "was", "were", "wo",
];

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
    fn a_quote_with_an_ellipsis_is_close_if_its_parts_stand_in_order() {
        for (quote, expected) in [
            ("A 2019 study found … not reduce plastic use", Standing::Close),
            ("plastic use in towns [...] by 4.5 % over ten years", Standing::Close),
            ("...the tax did not reduce plastic use...", Standing::Verified),
            ("the tax did … reduce plastic use", Standing::Absent),
            ("over ten years … plastic use in towns", Standing::Absent),
            ("A 2019 … ten years", Standing::Absent),
        ] {
            assert_eq!(standing(quote, SOURCE), expected, "{quote}");
        }
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
            let text = text.replace(['…', '.'], " ");
            let found = standing(&text, &format!("{around} {text} {around}"));
            prop_assert!(matches!(found, Standing::Verified | Standing::Unquoted), "{:?}", found);
        }
    }
}
