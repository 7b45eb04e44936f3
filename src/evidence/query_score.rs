//! How good a Searcher's query was, without a model: its form, and how much of it the best passage holds (two rewards of a tool's call, as
//! in ToolRL, arXiv 2504.13958).

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::text::overlap::{content_words, share};
use crate::text::words::{count_words, is_unspaced};

/// Words of a query that a search makes something of.
const WORDS: RangeInclusive<usize> = 2..=6;

/// The score of one query.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueryScore {
    /// 1 where the query has the form of one, else 0.
    pub form: f64,
    /// The share of its content words that its best passage holds, 0 to 1.
    pub correct: f64,
}

impl QueryScore {
    /// Scores a query that was asked on a motion after those `before` it. `best` is the text of the first passage that it found.
    #[must_use]
    pub fn of(query: &str, motion: &str, before: &[String], best: Option<&str>) -> QueryScore {
        let form = if has_form(query, motion, before) { 1.0 } else { 0.0 };
        QueryScore { form, correct: best.map_or(0.0, |best| correct(query, best)) }
    }
}

/// Whether a query has two to six words, is no sentence, is not the motion itself, and was not asked before in whatever order of its words.
#[must_use]
pub fn has_form(query: &str, motion: &str, before: &[String]) -> bool {
    let words = named(query);
    WORDS.contains(&length(query))
        && !query.trim_end().ends_with(['.', '?', '!', ':', '。', '？', '！', '：'])
        && !words.is_empty()
        && words != named(motion)
        && before.iter().all(|asked| named(asked) != words)
}

/// The share of a query's content words that stand in a passage, 0 to 1; 0 where it has none.
#[must_use]
pub fn correct(query: &str, passage: &str) -> f64 {
    share(&content_words(query), &content_words(passage))
}

/// What a query names: its content words, or all its words where none carries content, as in `EU tax law`.
fn named(text: &str) -> BTreeSet<String> {
    let words = content_words(text);
    if !words.is_empty() {
        return words;
    }
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Words as a reader counts them. A Chinese word is about two characters, each of which counts as one elsewhere.
#[must_use]
pub fn length(query: &str) -> usize {
    let words = count_words(query);
    if query.contains(is_unspaced) { words.div_ceil(2) } else { words }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOTION: &str = "This House would ban single-use plastics";

    #[test]
    fn a_query_is_a_few_words_that_were_not_asked_before() {
        let before = ["plastic bag tax".to_owned()];
        let form = |query: &str| has_form(query, MOTION, &before);
        assert!(form("bottle deposit return rates") && form("EU tax law") && form("一次性塑料 禁令"));
        for bad in [
            "plastics",
            "",
            "What does a ban on plastics cost?",
            "A ban helps.",
            "the cost of bans on plastics in the towns of Europe",
            "this house would BAN single-use plastics!",
            "tax, plastic bag",
            "-- ??",
        ] {
            assert!(!form(bad), "{bad}");
        }
        assert!(!has_form("This House would ban single-use plastics", MOTION, &[]), "it is the motion itself");
    }

    #[test]
    fn a_query_is_right_as_far_as_its_best_passage_holds_its_words() {
        let passage = "The deposit brought nine of ten bottles back.";
        assert_eq!(correct("deposit bottles", passage), 1.0);
        assert_eq!(correct("deposit refund", passage), 0.5);
        assert_eq!(correct("of it", passage), 0.0);
        let score = QueryScore::of("deposit refund", MOTION, &[], Some(passage));
        assert_eq!(score, QueryScore { form: 1.0, correct: 0.5 });
        assert_eq!(QueryScore::of("deposit refund?", MOTION, &[], None), QueryScore { form: 0.0, correct: 0.0 });
    }

    proptest! {
        #[test]
        fn scores_are_shares_whatever_is_asked(query: String, motion: String, best: String) {
            let score = QueryScore::of(&query, &motion, &[], Some(&best));
            prop_assert!((0.0..=1.0).contains(&score.correct));
            prop_assert!(score.form == 0.0 || score.form == 1.0);
            prop_assert!(!has_form(&query, &motion, std::slice::from_ref(&query)));
        }
    }
}
