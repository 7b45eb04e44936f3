//! How sure a share is: intervals of 95 % for shares, and for any figure of clustered cases.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};

/// The two-sided 95 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;
/// Resamples of a bootstrap: the ends of an interval settle to about half a percent.
const RESAMPLES: usize = 2000;
/// With fewer clusters than this a bootstrap over clusters is too narrow to be told.
pub const LEAST_CLUSTERS: usize = 5;

/// A figure with its 95 % interval and the number of cases behind it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimated {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub n: usize,
}

/// One case of a figure: how much it counts for the numerator, 0 to 1, and which cases it belongs with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored<'a> {
    pub cluster: &'a str,
    pub score: f64,
}

/// Wilson's score interval of a share (E. B. Wilson, JASA 22, 1927). `hits` may be fractional, 0 to `n`.
///
/// `centre = (p + z²/2n) / (1 + z²/n)`, `half = z / (1 + z²/n) · √(p(1 − p)/n + z²/4n²)`. `None` without cases.
#[must_use]
pub fn wilson(hits: f64, n: usize) -> Option<Estimated> {
    if n == 0 {
        return None;
    }
    let count = n as f64;
    let (p, z2) = ((hits / count).clamp(0.0, 1.0), Z * Z);
    let widened = 1.0 + z2 / count;
    let centre = (p + z2 / (2.0 * count)) / widened;
    let half = Z / widened * (p * (1.0 - p) / count + z2 / (4.0 * count * count)).sqrt();
    // At 0 and at 1 the end is the value itself, but for rounding.
    let (low, high) = ((centre - half).clamp(0.0, p), (centre + half).clamp(p, 1.0));
    Some(Estimated { value: p, low, high, n })
}

/// The share of a list of scores, with an interval that knows that cases of one cluster are alike.
///
/// The percentile bootstrap over whole clusters (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, §8 and §13).
/// With fewer than [`LEAST_CLUSTERS`] clusters, or when every case scores the same, resampling cannot show the spread: then
/// Wilson's interval stands. `None` without cases.
#[must_use]
pub fn share(cases: &[Scored<'_>], seed: u64) -> Option<Estimated> {
    let value = mean(cases)?;
    let hits: f64 = cases.iter().map(|case| case.score).sum();
    let by_wilson = wilson(hits, cases.len());
    if cases.iter().all(|case| case.score == cases[0].score) {
        return by_wilson;
    }
    match bootstrap(cases, |case| case.cluster, mean, seed) {
        Some((low, high)) => Some(Estimated { value, low: low.min(value), high: high.max(value), n: cases.len() }),
        None => by_wilson,
    }
}

fn mean(cases: &[Scored<'_>]) -> Option<f64> {
    (!cases.is_empty()).then(|| cases.iter().map(|case| case.score).sum::<f64>() / cases.len() as f64)
}

/// The 2.5 % and 97.5 % points of a statistic over resamples of whole clusters. Resamples in which it has no value are passed
/// over. `None` with fewer than [`LEAST_CLUSTERS`] clusters, or if it hardly ever has a value.
pub fn bootstrap<'c, T: Clone>(
    cases: &'c [T],
    cluster: impl Fn(&'c T) -> &'c str,
    statistic: impl Fn(&[T]) -> Option<f64>,
    seed: u64,
) -> Option<(f64, f64)> {
    let mut clusters: std::collections::BTreeMap<&str, Vec<&T>> = std::collections::BTreeMap::new();
    for case in cases {
        clusters.entry(cluster(case)).or_default().push(case);
    }
    if clusters.len() < LEAST_CLUSTERS {
        return None;
    }
    let clusters: Vec<Vec<&T>> = clusters.into_values().collect();
    let mut random = ChaCha12Rng::seed_from_u64(seed);
    let mut values = Vec::with_capacity(RESAMPLES);
    let mut drawn: Vec<T> = Vec::with_capacity(cases.len());
    for _ in 0..RESAMPLES {
        drawn.clear();
        for _ in 0..clusters.len() {
            drawn.extend(clusters[random.random_range(0..clusters.len())].iter().map(|case| (*case).clone()));
        }
        values.extend(statistic(&drawn).filter(|value| value.is_finite()));
    }
    if values.len() < RESAMPLES / 2 {
        return None;
    }
    values.sort_by(f64::total_cmp);
    Some((quantile(&values, 0.025), quantile(&values, 0.975)))
}

/// A quantile of sorted values, between two neighbours where it falls between them. Not for empty lists.
fn quantile(sorted: &[f64], at: f64) -> f64 {
    let place = at * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * (place - place.floor())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOPICS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    fn cases(scores: &[f64]) -> Vec<Scored<'static>> {
        let topic = |index: usize| TOPICS[index % TOPICS.len()];
        scores.iter().enumerate().map(|(index, score)| Scored { cluster: topic(index), score: *score }).collect()
    }

    #[test]
    fn wilson_gives_the_textbook_interval() {
        let ten = wilson(10.0, 20).unwrap();
        assert!((ten.low - 0.299).abs() < 5e-4 && (ten.high - 0.701).abs() < 5e-4, "{ten:?}");
        let none = wilson(0.0, 10).unwrap();
        assert!(none.low == 0.0 && (none.high - 0.2775).abs() < 5e-4, "{none:?}");
        assert_eq!(wilson(0.0, 0), None);
    }

    #[test]
    fn cases_that_go_together_make_the_interval_wider() {
        let scores: Vec<f64> = (0..120).map(|index| f64::from(u8::from(index % 6 < 3))).collect();
        let alone: Vec<String> = (0..120).map(|index| index.to_string()).collect();
        let together = share(&cases(&scores), 1).unwrap();
        let apart: Vec<Scored<'_>> =
            scores.iter().zip(&alone).map(|(score, cluster)| Scored { cluster, score: *score }).collect();
        let apart = share(&apart, 1).unwrap();
        assert_eq!(together.value, apart.value);
        assert!(together.high - together.low > 2.0 * (apart.high - apart.low), "{together:?} {apart:?}");
    }

    #[test]
    fn too_few_clusters_and_equal_scores_leave_it_to_wilson() {
        let few = [1.0, 0.0, 1.0, 1.0].map(|score| Scored { cluster: "one", score });
        assert_eq!(share(&few, 1), wilson(3.0, 4));
        assert_eq!(share(&cases(&[1.0; 30]), 1), wilson(30.0, 30));
        assert_eq!(share(&[], 1), None);
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_value_stays_between_0_and_1_and_is_the_same_for_the_same_seed(
            scores in proptest::collection::vec(prop_oneof![Just(0.0), Just(0.5), Just(1.0)], 1..60),
            seed in 0u64..5,
        ) {
            let cases = cases(&scores);
            let share = share(&cases, seed).unwrap();
            prop_assert!(0.0 <= share.low && share.low <= share.value && share.value <= share.high && share.high <= 1.0);
            prop_assert_eq!(Some(share), super::share(&cases, seed));
        }

        #[test]
        fn wilson_narrows_with_more_cases(hits in 1usize..50, n in 50usize..100) {
            let small = wilson(hits as f64, n).unwrap();
            let large = wilson(hits as f64 * 4.0, n * 4).unwrap();
            prop_assert!(large.high - large.low < small.high - small.low);
        }
    }
}
