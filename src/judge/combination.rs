//! From dimensions to one verdict.

use crate::domain::recipe::Recipe;
use crate::domain::seat::Side;
use crate::judge::voting::{self, Vote};

/// Who won, and how sure the judge is that it was the proposition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Decision {
    /// `None` is a tie.
    pub winner: Option<Side>,
    /// 0 to 1.
    pub probability: f64,
}

/// The weighted mean of the dimensions' probabilities. A tie inside the tie band, or when whole debates judged in
/// different orders would have different winners. The length penalty comes last.
pub(super) fn weighted(recipe: &Recipe, questions: &[(String, Vec<Vote>)], penalty: f64) -> Decision {
    let mean = mean(recipe, questions, |votes| voting::averaged(votes));
    let orders = questions.iter().map(|(_, votes)| votes.len()).min().unwrap_or(0);
    let leads: Vec<f64> = (0..orders).map(|order| mean_of_order(recipe, questions, order) - 0.5).collect();
    let torn = leads.iter().any(|lead| *lead > 0.0) && leads.iter().any(|lead| *lead < 0.0);
    let probability = (mean - penalty).clamp(0.0, 1.0);
    let winner = if torn { None } else { voting::winner(probability, recipe.voting.tie_band) };
    Decision { winner, probability }
}

/// A winner that was named. A length penalty may still turn the debate.
pub(super) fn named(winner: Option<Side>, probability: f64, penalty: f64) -> Decision {
    let probability = (probability - penalty).clamp(0.0, 1.0);
    let winner = if penalty == 0.0 { winner } else { voting::winner(probability, 0.0) };
    Decision { winner, probability }
}

fn mean_of_order(recipe: &Recipe, questions: &[(String, Vec<Vote>)], order: usize) -> f64 {
    mean(recipe, questions, |votes| votes.get(order).map_or(0.5, |vote| voting::probability(vote.fair())))
}

fn mean(recipe: &Recipe, questions: &[(String, Vec<Vote>)], probability: impl Fn(&[Vote]) -> f64) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (dimension, votes) in questions {
        let weight = recipe.criteria.get(dimension).map_or(0.0, |criterion| criterion.weight);
        sum += weight * probability(votes);
        weights += weight;
    }
    if weights > 0.0 { sum / weights } else { 0.5 }
}
