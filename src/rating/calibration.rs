//! Calibration: whether a judge that says 80 % is right in 80 of 100 cases.
//!
//! A forecast is a preference between two texts as natural log-odds, with what came out. All figures are over decided cases.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Bins of the reliability curve.
pub const BINS: usize = 10;
/// Temperatures that a fit may give: beyond these a judge says nothing, or claims certainty.
const COLDEST: f64 = 0.02;
const HOTTEST: f64 = 50.0;
const STEPS: usize = 80;

/// Log-odds that the first of two is better, and whether it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast<'a> {
    pub cluster: &'a str,
    pub log_odds: f64,
    pub first_was_better: bool,
}

/// Cases of about the same confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// The mean probability of the predicted side, 0.5 to 1.
    pub confidence: f64,
    /// How often the predicted side was right, 0 to 1.
    pub accuracy: f64,
    pub n: usize,
}

/// How well probabilities fit what came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Mean squared error of the probability, 0 to 1; 0.25 is a judge that always says one half.
    pub brier: f64,
    /// Expected calibration error, 0 to 1.
    pub ece: f64,
    /// Mean natural log-loss.
    pub log_loss: f64,
    /// The reliability curve: bins that hold cases, the least sure first.
    pub curve: Vec<Bin>,
    pub n: usize,
}

/// The logistic function.
#[must_use]
pub fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// Log-odds of a probability, which is kept a millionth away from 0 and 1.
#[must_use]
pub fn logit(probability: f64) -> f64 {
    const EDGE: f64 = 1e-6;
    let probability = probability.clamp(EDGE, 1.0 - EDGE);
    (probability / (1.0 - probability)).ln()
}

/// Measures forecasts whose log-odds are divided by a temperature above 0. `None` without forecasts.
///
/// Brier score: `mean (p − y)²` (Brier, Monthly Weather Review 78, 1950). ECE: `Σ n_b / n · |acc_b − conf_b|` over ten bins of
/// equal width over the predicted side's confidence, 0 to 1, of which the upper five can be used with two sides (Guo et al.,
/// arXiv 1706.04599). A forecast of exactly one half predicts either side and is half right.
#[must_use]
pub fn measure(forecasts: &[Forecast<'_>], temperature: f64) -> Option<Calibration> {
    measured(forecasts.iter().map(|forecast| (forecast.log_odds / temperature, forecast.first_was_better)))
}

fn measured(forecasts: impl Iterator<Item = (f64, bool)>) -> Option<Calibration> {
    let mut bins = [(0.0, 0.0, 0usize); BINS];
    let (mut brier, mut log_loss, mut n) = (0.0, 0.0, 0usize);
    for (log_odds, better) in forecasts {
        let probability = logistic(log_odds);
        brier += (probability - f64::from(u8::from(better))).powi(2);
        log_loss += loss(log_odds, better);
        let confidence = probability.max(1.0 - probability);
        let right = match log_odds == 0.0 {
            true => 0.5,
            false => f64::from(u8::from((log_odds > 0.0) == better)),
        };
        let bin = &mut bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
        *bin = (bin.0 + confidence, bin.1 + right, bin.2 + 1);
        n += 1;
    }
    if n == 0 {
        return None;
    }
    let all = n as f64;
    let filled = bins.into_iter().filter(|(_, _, n)| *n > 0);
    let curve: Vec<Bin> = filled
        .map(|(confidence, right, n)| Bin { confidence: confidence / n as f64, accuracy: right / n as f64, n })
        .collect();
    let ece = curve.iter().map(|bin| bin.n as f64 / all * (bin.accuracy - bin.confidence).abs()).sum();
    Some(Calibration { brier: brier / all, ece, log_loss: log_loss / all, curve, n })
}

/// `ln(1 + e^−x)` for the log-odds `x` of what came out, without overflow.
fn loss(log_odds: f64, better: bool) -> f64 {
    let x = if better { log_odds } else { -log_odds };
    (-x).max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The temperature that makes what came out most likely, between 0.02 and 50 (temperature scaling, Guo et al., arXiv
/// 1706.04599). The loss is convex in `1 / T`; its minimum is found by golden sections. 1 without forecasts.
#[must_use]
pub fn fit_temperature(forecasts: &[Forecast<'_>]) -> f64 {
    if forecasts.is_empty() {
        return 1.0;
    }
    let total = |log_inverse: f64| -> f64 {
        let inverse = log_inverse.exp();
        forecasts.iter().map(|forecast| loss(forecast.log_odds * inverse, forecast.first_was_better)).sum()
    };
    // In log space the loss still falls and then rises, and both ends are as near.
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = ((1.0 / HOTTEST).ln(), (1.0 / COLDEST).ln());
    for _ in 0..STEPS {
        let width = golden * (high - low);
        let (left, right) = (high - width, low + width);
        if total(left) <= total(right) {
            high = right;
        } else {
            low = left;
        }
    }
    (-(low + high) / 2.0).exp()
}

/// Measures forecasts after calibration on cases of other clusters: for each cluster the temperature is fitted on all the
/// others, and what was left out is pooled. `None` with fewer than two clusters.
#[must_use]
pub fn held_out(forecasts: &[Forecast<'_>]) -> Option<Calibration> {
    let mut clusters: BTreeMap<&str, Vec<Forecast<'_>>> = BTreeMap::new();
    for forecast in forecasts {
        clusters.entry(forecast.cluster).or_default().push(*forecast);
    }
    if clusters.len() < 2 {
        return None;
    }
    let folds = folds(clusters.into_values().collect());
    let mut pooled = Vec::with_capacity(forecasts.len());
    for (index, fold) in folds.iter().enumerate() {
        let others = folds.iter().enumerate().filter(|(other, _)| *other != index).flat_map(|(_, fold)| fold);
        let temperature = fit_temperature(&others.copied().collect::<Vec<_>>());
        pooled.extend(fold.iter().map(|forecast| (forecast.log_odds / temperature, forecast.first_was_better)));
    }
    measured(pooled.into_iter())
}

/// Whole clusters, spread over at most twenty folds so that a file of thousands of clusters is not fitted thousands of times.
fn folds(clusters: Vec<Vec<Forecast<'_>>>) -> Vec<Vec<Forecast<'_>>> {
    const MOST: usize = 20;
    let count = clusters.len().min(MOST);
    let mut folds = vec![Vec::new(); count];
    for (index, cluster) in clusters.into_iter().enumerate() {
        folds[index % count].extend(cluster);
    }
    folds
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOPICS: [&str; 4] = ["a", "b", "c", "d"];

    /// Cases in which a judge says `said` and is right `right` times of ten.
    fn forecasts(said: f64, right: usize) -> Vec<Forecast<'static>> {
        let forecast = |index: usize| Forecast {
            cluster: TOPICS[index / 10],
            log_odds: logit(said),
            first_was_better: index % 10 < right,
        };
        (0..40).map(forecast).collect()
    }

    #[test]
    fn a_judge_that_is_as_often_right_as_it_says_is_calibrated() {
        let measured = measure(&forecasts(0.8, 8), 1.0).unwrap();
        assert!(measured.ece < 1e-9, "{measured:?}");
        assert!((measured.brier - 0.16).abs() < 1e-9);
        assert_eq!(measured.curve.len(), 1);
        assert!((fit_temperature(&forecasts(0.8, 8)) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_judge_that_boasts_is_cooled_on_the_cases_of_others() {
        let boasts = forecasts(0.99, 7);
        let before = measure(&boasts, 1.0).unwrap();
        assert!((before.ece - 0.29).abs() < 1e-9);
        let temperature = fit_temperature(&boasts);
        assert!((logistic(logit(0.99) / temperature) - 0.7).abs() < 1e-6);
        assert!(held_out(&boasts).unwrap().ece < 1e-6);
        assert_eq!(held_out(&boasts[..10]), None, "one cluster has no others");
    }

    #[test]
    fn a_judge_that_is_always_wrong_is_told_to_say_nothing() {
        assert!((fit_temperature(&forecasts(0.9, 0)) - HOTTEST).abs() < 1e-3);
        assert!((fit_temperature(&forecasts(0.9, 10)) - COLDEST).abs() < 1e-4);
        assert_eq!(fit_temperature(&[]), 1.0);
    }

    #[test]
    fn one_half_is_half_right() {
        let measured = measure(&forecasts(0.5, 3), 1.0).unwrap();
        assert_eq!((measured.ece, measured.brier), (0.0, 0.25));
        assert!((measured.log_loss - 2f64.ln()).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn figures_stay_in_their_ranges_and_turn_with_the_sides(
            cases in proptest::collection::vec((-30f64..30.0, any::<bool>(), 0usize..4), 1..80),
        ) {
            let forecast = |sign: f64| cases.iter().map(|(odds, better, topic)| Forecast {
                cluster: TOPICS[*topic], log_odds: sign * odds, first_was_better: (sign > 0.0) == *better,
            }).collect::<Vec<_>>();
            let measured = measure(&forecast(1.0), 1.0).unwrap();
            prop_assert!((0.0..=1.0).contains(&measured.brier) && (0.0..=1.0).contains(&measured.ece));
            prop_assert_eq!(measured.curve.iter().map(|bin| bin.n).sum::<usize>(), cases.len());
            let turned = measure(&forecast(-1.0), 1.0).unwrap();
            prop_assert!((measured.ece - turned.ece).abs() < 1e-9 && (measured.brier - turned.brier).abs() < 1e-9);
            prop_assert!(measured.log_loss.is_finite());
        }

        #[test]
        fn a_fitted_temperature_is_no_worse_than_any_other(
            cases in proptest::collection::vec((-8f64..8.0, any::<bool>()), 1..60),
            other in 0.05f64..20.0,
        ) {
            let forecasts: Vec<Forecast<'_>> = cases
                .iter()
                .map(|(odds, better)| Forecast { cluster: "one", log_odds: *odds, first_was_better: *better })
                .collect();
            let loss_at = |temperature| measure(&forecasts, temperature).unwrap().log_loss;
            prop_assert!(loss_at(fit_temperature(&forecasts)) <= loss_at(other) + 1e-7);
        }
    }
}
