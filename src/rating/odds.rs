//! How a condition moves people on an ordered scale: an odds ratio with its interval.

use std::collections::{BTreeMap, BTreeSet};

use crate::rating::bradley_terry::Square;
use crate::rating::interval::Estimated;

/// The two-sided 95 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;
/// Steps of Newton's method; a handful is enough where there is a maximum.
const STEPS: usize = 60;
/// Halvings of a step that did not climb.
const HALVINGS: usize = 40;
/// A gradient of this norm counts as none.
const TOLERANCE: f64 = 1e-8;
/// Log-odds beyond this say that the data separate: the maximum is at infinity.
const MOST_LOG_ODDS: f64 = 12.0;

/// One person's answer on an ordered scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The answer before: people are compared only with those who began at the same place.
    pub before: u8,
    pub after: u8,
    /// Whether it was given under the condition, not under the one that it is compared with.
    pub treated: bool,
}

/// The odds of a higher answer under the condition, divided by the odds under the other one, with an interval of 95 %.
///
/// The partial proportional odds model by which arXiv 2403.14380 measures persuasion:
/// `logit P(after ≤ k | before = j) = θ_jk − β · treated`. The thresholds differ for each answer before, the effect of the
/// condition does not (McCullagh, JRSS B 42, 1980; Peterson and Harrell, JRSS C 39, 1990). The likelihood is concave; Newton's
/// method finds its maximum, and the interval is Wald's, `exp(β ± 1.96 · se)`.
///
/// `None` where the data do not fix it: nobody under one of the conditions, no place from which both began and came to different
/// answers, or a condition under which everybody moved further than everybody else.
#[must_use]
pub fn odds_ratio(answers: &[Answered]) -> Option<Estimated> {
    let model = Model::of(answers)?;
    let mut parameters = model.start();
    let mut here = model.measure(&parameters)?;
    for _ in 0..STEPS {
        let norm = here.gradient.iter().map(|value| value * value).sum::<f64>().sqrt();
        if norm < TOLERANCE {
            break;
        }
        let mut step = here.gradient.clone();
        here.curvature.clone().cholesky()?.solve(&mut step);
        let climbed = (0..HALVINGS).find_map(|halving| {
            let length = 0.5f64.powi(i32::try_from(halving).unwrap_or(i32::MAX));
            let next: Vec<f64> = parameters.iter().zip(&step).map(|(own, step)| own + length * step).collect();
            let there = model.measure(&next).filter(|there| there.value >= here.value - 1e-12)?;
            Some((next, there))
        });
        (parameters, here) = climbed?;
        if parameters[0].abs() > MOST_LOG_ODDS {
            return None;
        }
    }
    let variance = here.curvature.cholesky()?.inverse().at(0, 0);
    let (effect, error) = (parameters[0], variance.sqrt());
    let (value, low, high) = (effect.exp(), (effect - Z * error).exp(), (effect + Z * error).exp());
    [value, low, high].iter().all(|end| end.is_finite()).then_some(Estimated { value, low, high, n: model.rows.len() })
}

/// Where the likelihood stands: its value, its gradient, and the negative of its second derivatives.
struct Slope {
    value: f64,
    gradient: Vec<f64>,
    curvature: Square,
}

/// An answer as the model sees it: the parameters of the thresholds below and above it, where there are any.
struct Row {
    below: Option<usize>,
    above: Option<usize>,
    treated: bool,
}

/// Parameter 0 is the effect; the thresholds follow, place by place, each place's in rising order.
struct Model {
    rows: Vec<Row>,
    /// How many parameters there are.
    size: usize,
    start: Vec<f64>,
}

impl Model {
    fn of(answers: &[Answered]) -> Option<Model> {
        let mut places: BTreeMap<u8, Vec<Answered>> = BTreeMap::new();
        for answer in answers {
            places.entry(answer.before).or_default().push(*answer);
        }
        let mut model = Model { rows: Vec::new(), size: 1, start: vec![0.0] };
        let mut compared = false;
        for answers in places.values() {
            // Answers that nobody gave have no threshold; a place with one answer says nothing.
            let given: Vec<u8> =
                answers.iter().map(|answer| answer.after).collect::<BTreeSet<_>>().into_iter().collect();
            if given.len() < 2 {
                continue;
            }
            compared |= answers.iter().any(|answer| answer.treated) && answers.iter().any(|answer| !answer.treated);
            let first = model.size;
            for answer in answers {
                let at = given.iter().position(|given| *given == answer.after)?;
                let above = (at + 1 < given.len()).then_some(first + at);
                model.rows.push(Row {
                    below: at.checked_sub(1).map(|below| first + below),
                    above,
                    treated: answer.treated,
                });
            }
            for cut in &given[..given.len() - 1] {
                let below = answers.iter().filter(|answer| answer.after <= *cut).count() as f64;
                model.start.push((below / (answers.len() as f64 - below)).ln());
                model.size += 1;
            }
        }
        compared.then_some(model)
    }

    fn start(&self) -> Vec<f64> {
        self.start.clone()
    }

    /// `None` where thresholds are out of order.
    fn measure(&self, parameters: &[f64]) -> Option<Slope> {
        let mut slope = Slope { value: 0.0, gradient: vec![0.0; self.size], curvature: Square::zeros(self.size) };
        for row in &self.rows {
            let effect = if row.treated { parameters[0] } else { 0.0 };
            let up_to =
                |threshold: Option<usize>, end: f64| threshold.map_or(end, |at| logistic(parameters[at] - effect));
            let (upper, lower) = (up_to(row.above, 1.0), up_to(row.below, 0.0));
            let share = upper - lower;
            if share <= 0.0 {
                return None;
            }
            let (rise, fall) = (upper * (1.0 - upper), lower * (1.0 - lower));
            slope.value += share.ln();
            let treated = usize::from(row.treated) as f64;
            slope.gradient[0] += treated * (upper + lower - 1.0);
            slope.curvature.add(0, 0, treated * (rise + fall));
            if let Some(above) = row.above {
                slope.gradient[above] += rise / share;
                slope.curvature.add(above, above, rise * rise / (share * share) - rise * (1.0 - 2.0 * upper) / share);
                slope.curvature.add(above, 0, -treated * rise);
            }
            if let Some(below) = row.below {
                slope.gradient[below] -= fall / share;
                slope.curvature.add(below, below, fall * fall / (share * share) + fall * (1.0 - 2.0 * lower) / share);
                slope.curvature.add(below, 0, -treated * fall);
            }
            if let (Some(above), Some(below)) = (row.above, row.below) {
                slope.curvature.add(above, below, -rise * fall / (share * share));
            }
        }
        Some(slope)
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha12Rng;

    use super::*;

    fn times(count: usize, before: u8, after: u8, treated: bool) -> Vec<Answered> {
        vec![Answered { before, after, treated }; count]
    }

    #[test]
    fn with_two_answers_it_is_the_cross_ratio_with_the_textbook_interval() {
        let table =
            [times(20, 3, 4, true), times(10, 3, 3, true), times(12, 3, 4, false), times(18, 3, 3, false)].concat();
        let ratio = odds_ratio(&table).unwrap();
        let error = (1.0f64 / 20.0 + 1.0 / 10.0 + 1.0 / 12.0 + 1.0 / 18.0).sqrt();
        assert!((ratio.value - 3.0).abs() < 1e-6, "{ratio:?}");
        assert!((ratio.low - (3f64.ln() - Z * error).exp()).abs() < 1e-6, "{ratio:?}");
        assert!((ratio.high - (3f64.ln() + Z * error).exp()).abs() < 1e-6 && ratio.n == 60, "{ratio:?}");
    }

    #[test]
    fn an_effect_that_was_drawn_is_found_again() {
        let mut random = ChaCha12Rng::seed_from_u64(3);
        let mut answers = Vec::new();
        for number in 0..4000 {
            let (before, treated) = (1 + (number % 5) as u8, number % 2 == 0);
            let latent = {
                let even: f64 = random.random_range(1e-9..1.0);
                (even / (1.0 - even)).ln() + f64::from(before) + if treated { 0.6 } else { 0.0 }
            };
            let after = 1 + [1.5, 2.7, 3.6, 4.9].iter().filter(|cut| latent > **cut).count() as u8;
            answers.push(Answered { before, after, treated });
        }
        let ratio = odds_ratio(&answers).unwrap();
        assert!(ratio.low < 0.6f64.exp() && 0.6f64.exp() < ratio.high && ratio.low > 1.3, "{ratio:?}");
    }

    #[test]
    fn what_the_data_do_not_fix_is_not_told() {
        assert_eq!(odds_ratio(&[]), None);
        assert_eq!(odds_ratio(&[times(9, 3, 4, true), times(9, 3, 2, true)].concat()), None, "nobody to compare with");
        assert_eq!(odds_ratio(&[times(9, 3, 3, true), times(9, 3, 3, false)].concat()), None, "nobody moved");
        assert_eq!(odds_ratio(&[times(9, 3, 5, true), times(9, 3, 1, false)].concat()), None, "the data separate");
        let apart = [times(5, 2, 3, true), times(5, 2, 2, true), times(5, 4, 3, false), times(5, 4, 4, false)].concat();
        assert_eq!(odds_ratio(&apart), None, "no common place");
    }

    proptest! {
        #[test]
        fn exchanging_the_conditions_or_turning_the_scale_inverts_the_ratio(
            rows in proptest::collection::vec((1u8..=5, 1u8..=5, any::<bool>()), 10..80),
        ) {
            let answers: Vec<Answered> =
                rows.iter().map(|(before, after, treated)| Answered { before: *before, after: *after, treated: *treated }).collect();
            let exchanged: Vec<Answered> = answers.iter().map(|one| Answered { treated: !one.treated, ..*one }).collect();
            let turned: Vec<Answered> = answers.iter().map(|one| Answered { before: 6 - one.before, after: 6 - one.after, ..*one }).collect();
            if let Some(ratio) = odds_ratio(&answers) {
                prop_assert!(ratio.low <= ratio.value && ratio.value <= ratio.high);
                for other in [exchanged, turned] {
                    let other = odds_ratio(&other).unwrap();
                    prop_assert!((other.value.ln() + ratio.value.ln()).abs() < 1e-4, "{ratio:?} {other:?}");
                    prop_assert!((other.high.ln() + ratio.low.ln()).abs() < 1e-3, "{ratio:?} {other:?}");
                }
            }
        }
    }
}
