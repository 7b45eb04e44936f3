//! One order out of two: what shares words with a query, and what shares its sense.
//!
//! Both scores are brought to [0, 1] among the candidates and added with a fixed weight (a convex combination, which
//! Bruch and others, arXiv 2210.11934, find better than reciprocal ranks where one weight was chosen on other data).

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
