//! One order out of two: of what shares words with a query and what shares its sense, or of two bodies of sources.
//!
//! Both scores are brought to [0, 1] among the candidates and added with a fixed weight (a convex combination, which
//! Bruch and others, arXiv 2210.11934, find better than reciprocal ranks where one weight was chosen on other data).

use crate::evidence::base::Passage;

/// How much the sense counts against the words.
const SENSE: f64 = 0.4;

/// The candidates' order, best first, from a score of words and one of sense for each. Equal ones keep their order.
#[must_use]
pub fn fused(words: &[f64], sense: &[f64]) -> Vec<(usize, f64)> {
    let (words, sense) = (scaled(words), scaled(sense));
    let mut order: Vec<(usize, f64)> =
        words.iter().zip(&sense).map(|(words, sense)| (1.0 - SENSE) * words + SENSE * sense).enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order
}

/// Passages of two bodies of sources in turn, the first one's first, at most `limit`; what both have counts once. Their scores say
/// nothing about each other, since each body knows only how rare a word is in itself; so ranks decide, and the new score is the
/// reciprocal of the new rank.
#[must_use]
pub fn alternating(first: Vec<Passage>, second: Vec<Passage>, limit: usize) -> Vec<Passage> {
    let mut order: Vec<Passage> = Vec::with_capacity(limit);
    for passage in in_turn(vec![first, second]) {
        if order.len() < limit && order.iter().all(|other| other.text != passage.text) {
            let score = 1.0 / (order.len() + 1) as f64;
            order.push(Passage { score, ..passage });
        }
    }
    order
}

/// All that several lists hold: the first of each, then the second of each, and so on.
#[must_use]
pub fn in_turn<T>(lists: Vec<Vec<T>>) -> Vec<T> {
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    let mut all = Vec::new();
    loop {
        let before = all.len();
        all.extend(lists.iter_mut().filter_map(Iterator::next));
        if all.len() == before {
            return all;
        }
    }
}

/// The least becomes 0 and the greatest 1; equal ones all become 1.
fn scaled(scores: &[f64]) -> Vec<f64> {
    let least = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let range = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max) - least;
    scores.iter().map(|score| if range > 0.0 { (score - least) / range } else { 1.0 }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_good_in_both_comes_first() {
        let order: Vec<usize> = fused(&[9.0, 8.0, 1.0], &[0.1, 0.6, 0.7]).into_iter().map(|(at, _)| at).collect();
        assert_eq!(order, [1, 0, 2]);
    }

    #[test]
    fn where_all_mean_the_same_the_words_decide() {
        let order: Vec<usize> = fused(&[1.0, 3.0, 2.0], &[0.5, 0.5, 0.5]).into_iter().map(|(at, _)| at).collect();
        assert_eq!(order, [1, 2, 0]);
        assert!(fused(&[], &[]).is_empty());
    }

    #[test]
    fn two_bodies_take_turns_and_what_both_have_counts_once() {
        let passage = |text: &str| Passage {
            source: text.to_owned(),
            title: String::new(),
            address: String::new(),
            text: text.to_owned(),
            score: 9.0,
        };
        let texts = |texts: &[&str]| texts.iter().map(|text| passage(text)).collect::<Vec<_>>();
        let order = |first: &[&str], second: &[&str], limit| {
            let order = alternating(texts(first), texts(second), limit);
            order.into_iter().map(|passage| (passage.text, passage.score)).collect::<Vec<_>>()
        };
        let ranked = |texts: &[&str]| {
            texts.iter().zip(1..).map(|(text, rank)| ((*text).to_owned(), 1.0 / f64::from(rank))).collect::<Vec<_>>()
        };
        assert_eq!(order(&["a", "b", "c"], &["x"], 9), ranked(&["a", "x", "b", "c"]));
        assert_eq!(order(&["a", "b"], &["a", "y", "z"], 3), ranked(&["a", "b", "y"]));
        assert_eq!(order(&[], &["x", "y"], 1), ranked(&["x"]));
        assert_eq!(order(&[], &[], 3), []);
    }

    proptest! {
        #[test]
        fn an_order_holds_every_candidate_once(scores in proptest::collection::vec((0.0f64..40.0, -1.0f64..1.0), 0..60)) {
            let (words, sense): (Vec<f64>, Vec<f64>) = scores.into_iter().unzip();
            let mut seen: Vec<usize> = fused(&words, &sense).into_iter().map(|(at, _)| at).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..words.len()).collect::<Vec<_>>());
        }
    }
}
