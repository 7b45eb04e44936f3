//! Votes: one question, asked in one order. Averaging over orders cancels the pull of the first letter or name.

use crate::domain::ballot::OrderResult;
use crate::domain::recipe::Orders;
use crate::domain::seat::Side;
use crate::judge::transcript::Naming;

/// One order of a question and what it gave.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Vote {
    /// What was done, for instance `A = proposition`.
    pub order: String,
    /// The side that had the first letter, or was called first.
    pub leading: Side,
    /// Natural log-odds that the proposition is better, as they came.
    pub log_odds: f64,
    /// The same on a debate without content; 0 if it was not asked.
    pub prior: f64,
}

impl Vote {
    /// Log-odds once the prior is taken off.
    pub fn fair(&self) -> f64 {
        self.log_odds - self.prior
    }
}

/// Which sides are called first, in turn.
pub(super) fn namings(orders: Orders) -> &'static [Naming] {
    match orders {
        Orders::One | Orders::Labels => &[Naming::AsSpoken],
        Orders::Names => &[Naming::AsSpoken, Naming::Swapped],
    }
}

/// Which sides stand behind the first letter, in turn.
pub(super) fn letters(orders: Orders) -> &'static [Side] {
    match orders {
        Orders::One => &[Side::Proposition],
        Orders::Labels | Orders::Names => &Side::BOTH,
    }
}

/// The logistic function.
pub(super) fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// The probability that the proposition is better: the orders' fair log-odds, averaged.
pub(super) fn averaged(votes: &[Vote]) -> f64 {
    probability(votes.iter().map(Vote::fair).sum::<f64>() / votes.len().max(1) as f64)
}

/// Whether some orders favour one side and some the other.
pub(super) fn disagree(votes: &[Vote]) -> bool {
    votes.iter().any(|vote| vote.fair() > 0.0) && votes.iter().any(|vote| vote.fair() < 0.0)
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
/// `None` if no question was asked in more than one order.
pub(super) fn position_bias<'a>(questions: impl IntoIterator<Item = &'a [Vote]>) -> Option<f64> {
    let swapped: Vec<_> = questions.into_iter().filter(|votes| votes.len() > 1).flatten().collect();
    let favour = |vote: &&Vote| {
        let proposition = probability(vote.log_odds);
        (if vote.leading == Side::Proposition { proposition } else { 1.0 - proposition }) - 0.5
    };
    (!swapped.is_empty()).then(|| swapped.iter().map(favour).sum::<f64>() / swapped.len() as f64)
}

/// The votes as the ballot shows them.
pub(super) fn results(dimension: &str, votes: &[Vote]) -> Vec<OrderResult> {
    let result = |vote: &Vote| OrderResult {
        dimension: dimension.to_owned(),
        order: vote.order.clone(),
        probability: probability(vote.log_odds),
    };
    votes.iter().map(result).collect()
}
