//! Votes: one question, asked in one order of one view. Averaging over orders cancels the pull of the first letter or name.

use crate::domain::ballot::OrderResult;
use crate::domain::seat::Side;
use crate::judge::view::View;

/// One order of a question and what it gave.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Vote {
    /// What was done, for instance `A = proposition`.
    pub order: String,
    pub view: View,
    /// The side that had the first letter or was asked for first; `None` where no side stood first.
    pub leading: Option<Side>,
    /// Natural log-odds that the proposition is better, as they came.
    pub log_odds: f64,
    /// The same on a debate without content; 0 if it was not asked.
    pub prior: f64,
    /// Whether it counts: a meta filter may have left its sample out.
    pub counts: bool,
}

impl Vote {
    /// Log-odds once the prior is taken off.
    pub fn fair(&self) -> f64 {
        self.log_odds - self.prior
    }
}

/// The logistic function.
pub(super) fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// The mean of the fair log-odds of the votes that count; 0 without any.
pub(super) fn mean(votes: &[Vote]) -> f64 {
    let counted: Vec<f64> = votes.iter().filter(|vote| vote.counts).map(Vote::fair).collect();
    counted.iter().sum::<f64>() / counted.len().max(1) as f64
}

/// The probability that the proposition is better: the votes' fair log-odds, averaged.
pub(super) fn averaged(votes: &[Vote]) -> f64 {
    probability(mean(votes))
}

/// Whether some votes favour one side and some the other.
pub(super) fn disagree(votes: &[Vote]) -> bool {
    let counted = || votes.iter().filter(|vote| vote.counts);
    counted().any(|vote| vote.fair() > 0.0) && counted().any(|vote| vote.fair() < 0.0)
}

/// Who is better; `None` inside the tie band.
pub(super) fn winner(probability: f64, tie_band: f64) -> Option<Side> {
    let lead = probability - 0.5;
    if lead == 0.0 || lead.abs() < tie_band {
        None
    } else if lead > 0.0 {
        Some(Side::Proposition)
    } else {
        Some(Side::Opposition)
    }
}

/// Who is better on votes: a tie, where ties are allowed, if the orders disagree or the lead is inside the band.
pub(super) fn preferred(votes: &[Vote], ties: bool, tie_band: f64) -> Option<Side> {
    if ties && disagree(votes) { None } else { winner(averaged(votes), if ties { tie_band } else { 0.0 }) }
}

/// How much the leading place was favoured: the mean over votes of the leading side's raw probability, less one half.
/// `None` unless each side led.
pub(super) fn position_bias<'a>(questions: impl IntoIterator<Item = &'a [Vote]>) -> Option<f64> {
    let mut favours = Vec::new();
    for votes in questions {
        let led = |side| votes.iter().filter(move |vote| vote.leading == Some(side));
        let mean = |side: Side| {
            let favours = led(side).map(|vote| {
                let proposition = probability(vote.log_odds);
                if side == Side::Proposition { proposition } else { 1.0 - proposition }
            });
            let favours: Vec<f64> = favours.collect();
            (!favours.is_empty()).then(|| favours.iter().sum::<f64>() / favours.len() as f64)
        };
        if let (Some(one), Some(other)) = (mean(Side::Proposition), mean(Side::Opposition)) {
            favours.push((one + other) / 2.0 - 0.5);
        }
    }
    (!favours.is_empty()).then(|| favours.iter().sum::<f64>() / favours.len() as f64)
}

/// How much reading the debate from its end changes the probability that the side wins which spoke last: forward less
/// backward, halved; above 0 whoever is read last is favoured. `None` unless both directions were read.
pub(super) fn recency_bias<'a>(questions: impl IntoIterator<Item = &'a [Vote]>, last: Side) -> Option<f64> {
    let mut gaps = Vec::new();
    for votes in questions {
        let mean = |backward: bool| {
            let read: Vec<f64> = votes.iter().filter(|vote| vote.view.backward == backward).map(Vote::fair).collect();
            let proposition = probability(read.iter().sum::<f64>() / read.len().max(1) as f64);
            let favour = if last == Side::Proposition { proposition } else { 1.0 - proposition };
            (!read.is_empty()).then_some(favour)
        };
        if let (Some(forward), Some(backward)) = (mean(false), mean(true)) {
            gaps.push((forward - backward) / 2.0);
        }
    }
    (!gaps.is_empty()).then(|| gaps.iter().sum::<f64>() / gaps.len() as f64)
}

/// How far a judge agrees with itself: the share of pairs of votes on the same question that favour the same side, an
/// even vote counted half. For one pair of orders it is the (Kendall tau + 1) / 2 of CREAM (arXiv 2410.12735) on a
/// ranking of two. `None` without a pair.
pub(super) fn consistency<'a>(questions: impl IntoIterator<Item = &'a [Vote]>) -> Option<f64> {
    let (mut agreeing, mut pairs) = (0.0, 0.0);
    for votes in questions {
        for (index, vote) in votes.iter().enumerate() {
            for other in &votes[..index] {
                let product = vote.fair() * other.fair();
                agreeing += if product > 0.0 {
                    1.0
                } else if product < 0.0 {
                    0.0
                } else {
                    0.5
                };
                pairs += 1.0;
            }
        }
    }
    (pairs > 0.0).then(|| agreeing / pairs)
}

/// Mean and standard deviation of the fair log-odds of whole debates, one for each view and order: how strong the
/// preference is, and how much the votes differ in it (preference strength, arXiv 2401.06080). `None` with one vote.
pub(super) fn strength(votes: &[f64]) -> Option<(f64, f64)> {
    if votes.len() < 2 {
        return None;
    }
    let mean = votes.iter().sum::<f64>() / votes.len() as f64;
    let squares: f64 = votes.iter().map(|vote| (vote - mean).powi(2)).sum();
    Some((mean, (squares / votes.len() as f64).sqrt()))
}

/// The votes as the ballot shows them.
pub(super) fn results(dimension: &str, votes: &[Vote]) -> Vec<OrderResult> {
    let result = |vote: &Vote| OrderResult {
        dimension: dimension.to_owned(),
        order: vote.order.clone(),
        probability: probability(vote.log_odds),
        counted: vote.counts,
    };
    votes.iter().map(result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(leading: Side, log_odds: f64, prior: f64) -> Vote {
        Vote { order: String::new(), view: View::PLAIN, leading: Some(leading), log_odds, prior, counts: true }
    }

    #[test]
    fn a_pull_to_the_first_place_cancels_in_the_mean_and_shows_as_bias() {
        let votes = [vote(Side::Proposition, 1.5, 0.0), vote(Side::Opposition, -0.5, 0.0)];
        assert!((averaged(&votes) - probability(0.5)).abs() < 1e-12);
        let bias = position_bias([votes.as_slice()]).unwrap();
        assert!((bias - (probability(1.5) - probability(-0.5)) / 2.0).abs() < 1e-12);
        assert_eq!(preferred(&votes, true, 0.0), None, "the orders disagree");
        assert_eq!(
            preferred(&votes, false, 0.0),
            Some(Side::Proposition),
            "where ties are not allowed the mean decides"
        );
        assert_eq!(consistency([votes.as_slice()]), Some(0.0));
    }

    #[test]
    fn orders_are_compared_after_the_prior_is_taken_off() {
        let votes = [vote(Side::Proposition, 1.5, 1.0), vote(Side::Opposition, -0.5, -1.0)];
        assert!(!disagree(&votes));
        assert_eq!(preferred(&votes, true, 0.1), Some(Side::Proposition));
        assert_eq!(preferred(&votes, true, 0.2), None, "inside the band");
        assert_eq!(consistency([votes.as_slice()]), Some(1.0));
    }

    #[test]
    fn one_order_shows_no_bias() {
        let one = [vote(Side::Proposition, 1.5, 0.0)];
        assert_eq!(position_bias([one.as_slice()]), None);
        assert_eq!((consistency([one.as_slice()]), recency_bias([one.as_slice()], Side::Opposition)), (None, None));
    }

    #[test]
    fn a_judge_that_favours_what_it_read_last_shows_a_recency_bias() {
        let forward = vote(Side::Proposition, -1.0, 0.0);
        let view = View { backward: true, ..View::PLAIN };
        let backward = Vote { view, log_odds: 1.0, ..forward.clone() };
        let bias = recency_bias([[forward, backward].as_slice()], Side::Opposition).unwrap();
        assert!((bias - (probability(1.0) - 0.5)).abs() < 1e-12, "{bias}");
    }

    #[test]
    fn strength_is_a_mean_with_its_spread() {
        assert_eq!(strength(&[1.0]), None);
        assert_eq!(strength(&[1.0, 3.0]), Some((2.0, 1.0)));
    }

    #[test]
    fn a_vote_that_does_not_count_moves_nothing() {
        let out = Vote { counts: false, ..vote(Side::Opposition, -9.0, 0.0) };
        let votes = [vote(Side::Proposition, 0.5, 0.0), out];
        assert!((averaged(&votes) - probability(0.5)).abs() < 1e-12);
        assert!(!disagree(&votes));
    }
}
