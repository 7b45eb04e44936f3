//! Factors of a speech that can be read, and weights under which they sum to the margin of the verdict (after LaRe, arXiv
//! 2412.11120, with factors that are fixed and a ridge regression on one debate).

use crate::domain::debate::Debate;
use crate::domain::evidence::Standing;
use crate::domain::seat::Side;
use crate::judge::credit::repeated;
use crate::text::overlap::content_words;

/// What the factors are, in their order.
pub const NAMES: [&str; 4] = ["new matter", "evidence", "answers", "repetition"];

/// Where the weights start: all factors help but repetition.
const PRIOR: [f64; 4] = [1.0, 1.0, 1.0, -1.0];

/// Verified citations and figures after which more of them count no more.
const ENOUGH_EVIDENCE: f64 = 4.0;

/// One speech in factors.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    pub speech: usize,
    pub side: Side,
    /// What each factor moved the margin, positive for the proposition.
    pub factors: [f64; 4],
}

impl Share {
    /// What the speech moved the margin, positive for the proposition.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.factors.iter().sum()
    }
}

/// The shares of all speeches in a margin (the probability of the proposition less one half, or any other). They sum to
/// it. The weights are those nearest to the prior, scaled to the margin, under which they do; empty without speeches.
#[must_use]
pub fn shares(debate: &Debate, margin: f64) -> Vec<Share> {
    let speeches: Vec<_> = debate.speeches.values().collect();
    let mut rows = Vec::new();
    for (index, speech) in speeches.iter().enumerate() {
        let texts = |side: Side| {
            speeches[..index].iter().filter(move |other| other.side == side).map(|other| other.text.as_str()).collect()
        };
        let (own, other): (Vec<&str>, Vec<&str>) = (texts(speech.side), texts(speech.side.opponent()));
        let verified = speech.citations.iter().filter(|it| it.standing == Standing::Verified).count();
        let figures = speech.text.split_whitespace().filter(|word| word.chars().any(|c| c.is_ascii_digit())).count();
        let repetition = repeated(&speech.text, &own);
        let values = [
            if content_words(&speech.text).is_empty() { 0.0 } else { 1.0 - repetition },
            ((verified * 2 + figures) as f64).min(ENOUGH_EVIDENCE) / ENOUGH_EVIDENCE,
            other.last().map_or(0.0, |last| repeated(last, &[&speech.text])),
            repetition,
        ];
        let sign = if speech.side == Side::Proposition { 1.0 } else { -1.0 };
        rows.push((speech.speech, speech.side, values.map(|value| sign * value)));
    }
    let sums: [f64; 4] = std::array::from_fn(|factor| rows.iter().map(|(.., values)| values[factor]).sum());
    let weights = fitted(sums, margin);
    let explained: f64 = sums.iter().zip(weights).map(|(sum, weight)| sum * weight).sum();
    // Where the factors are balanced no weights can explain a margin: every speech gets an equal part of it.
    let rest = (margin - explained) / rows.len().max(1) as f64;
    rows.into_iter()
        .map(|(speech, side, values)| {
            let mut factors: [f64; 4] = std::array::from_fn(|factor| values[factor] * weights[factor]);
            factors[0] += rest;
            Share { speech, side, factors }
        })
        .collect()
}

/// The weights nearest to the scaled prior under which the sums give the margin: the closed form of a ridge regression on
/// one row, its penalty going to nothing.
fn fitted(sums: [f64; 4], margin: f64) -> [f64; 4] {
    let scale = margin.abs().max(0.01);
    let prior = PRIOR.map(|weight| weight * scale);
    let squares: f64 = sums.iter().map(|sum| sum * sum).sum();
    if squares < 1e-9 {
        return prior;
    }
    let explained: f64 = sums.iter().zip(prior).map(|(sum, weight)| sum * weight).sum();
    let step = (margin - explained) / squares;
    std::array::from_fn(|factor| prior[factor] + step * sums[factor])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::sample;

    fn debate(texts: &[String]) -> Debate {
        let mut debate = Debate::default();
        for (index, text) in texts.iter().enumerate() {
            let mut speech = sample::speech(index);
            speech.text.clone_from(text);
            debate.speeches.insert(index, speech);
        }
        debate
    }

    proptest! {
        #[test]
        fn the_credit_bars_sum_to_the_margin(
            texts in proptest::collection::vec("[a-z]{4,9}( [a-z0-9]{2,9}){0,12}", 1..=4),
            margin in -0.5..0.5_f64,
        ) {
            let total: f64 = shares(&debate(&texts), margin).iter().map(Share::total).sum();
            prop_assert!((total - margin).abs() < 1e-9, "{total} and {margin}");
        }
    }

    #[test]
    fn a_debate_without_speeches_has_no_shares() {
        assert!(shares(&Debate::default(), 0.3).is_empty());
    }

    #[test]
    fn of_two_speeches_the_one_with_figures_gets_more_of_its_sides_margin() {
        let texts = ["Streets under 40 trees were 4 degrees cooler in 2019.", "Nobody likes sweeping leaves."];
        let shares = shares(&debate(&texts.map(str::to_owned)), 0.2);
        assert!(shares[0].factors[1] > 0.0 && shares[1].factors[1] == 0.0);
        assert!(shares[0].total() > shares[1].total());
    }
}
