//! The meta filter: which samples of a judge count. DeepSeek-GRM (arXiv 2504.02495) trains a model for it; here a sample
//! is as good as the share of its quotes that stand, the form of its answers, and how near it is to the others.

use std::collections::BTreeSet;

/// What is known of one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// Quotes that stand in a speech, and quotes in all.
    pub quotes: (usize, usize),
    /// How often its calls had to be asked again.
    pub asked_again: usize,
    /// That the proposition is better, 0 to 1.
    pub probability: f64,
}

/// The indices of the samples that count: the best `share` of them, at least one. Earlier ones win ties.
pub(super) fn kept(samples: &[Sample], share: f64) -> BTreeSet<usize> {
    let count = ((samples.len() as f64 * share).ceil() as usize).clamp(1, samples.len().max(1));
    let mut ranked: Vec<(usize, f64)> = (0..samples.len()).map(|index| (index, quality(samples, index))).collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1));
    ranked.into_iter().take(count).map(|(index, _)| index).collect()
}

/// 0 to 1: the share of quotes that stand, times one over the asks that its form took, times the agreement with the mean
/// of the other samples. A sample without quotes proves nothing and breaks nothing: it counts as half.
fn quality(samples: &[Sample], index: usize) -> f64 {
    let Some(sample) = samples.get(index) else { return 0.0 };
    let others: Vec<f64> =
        samples.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, other)| other.probability).collect();
    let mean = if others.is_empty() { sample.probability } else { others.iter().sum::<f64>() / others.len() as f64 };
    let quoted = if sample.quotes.1 == 0 { 0.5 } else { sample.quotes.0 as f64 / sample.quotes.1 as f64 };
    quoted / (1 + sample.asked_again) as f64 * (1.0 - (sample.probability - mean).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Sample = Sample { quotes: (2, 2), asked_again: 0, probability: 0.7 };

    #[test]
    fn false_quotes_bad_form_and_standing_alone_cost_a_sample_its_place() {
        for bad in [
            Sample { quotes: (0, 2), ..GOOD },
            Sample { asked_again: 1, ..GOOD },
            Sample { probability: 0.1, ..GOOD },
            Sample { quotes: (0, 0), ..GOOD },
        ] {
            assert_eq!(kept(&[bad, GOOD, GOOD, GOOD], 0.75), BTreeSet::from([1, 2, 3]), "{bad:?}");
        }
    }

    #[test]
    fn one_sample_is_always_kept() {
        assert_eq!(kept(&[GOOD], 0.1), BTreeSet::from([0]));
        assert_eq!(kept(&[GOOD, GOOD], 0.5), BTreeSet::from([0]));
        assert_eq!(kept(&[GOOD, GOOD], 1.0).len(), 2);
    }
}
