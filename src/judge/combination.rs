//! From dimensions to one verdict.

use crate::domain::recipe::{Combination, Recipe, Scoring};
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

/// What is done to a preference after the dimensions were combined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adjustment {
    /// Divides the log-odds: the certificate's temperature for this recipe at this model.
    pub temperature: f64,
    /// Taken off the proposition's probability.
    pub penalty: f64,
}

impl Adjustment {
    fn apply(self, probability: f64) -> f64 {
        let calibrated = if self.temperature == 1.0 || probability <= 0.0 || probability >= 1.0 {
            probability
        } else {
            voting::probability(logit(probability) / self.temperature)
        };
        (calibrated - self.penalty).clamp(0.0, 1.0)
    }
}

/// The weighted mean of the dimensions. A tie inside the tie band; where the judge writes, also when whole debates judged in
/// different orders would have different winners (RM-R1). Label probabilities of a small model differ with nearly every order,
/// and only their mean says something: there the ballot warns of it. Penalties come last.
pub(super) fn weighted(recipe: &Recipe, questions: &[(String, Vec<Vote>)], adjustment: Adjustment) -> Decision {
    let probability = adjustment.apply(mean(recipe, questions, voting::mean));
    let leads = leads(recipe, questions);
    let writes = matches!(recipe.scoring, Scoring::CritiqueThenScore {});
    let torn = writes && leads.iter().any(|lead| *lead > 0.0) && leads.iter().any(|lead| *lead < 0.0);
    let winner = if torn { None } else { voting::winner(probability, recipe.voting.tie_band) };
    Decision { winner, probability }
}

/// A winner that was named. A penalty may still turn the debate.
pub(super) fn named(winner: Option<Side>, probability: f64, adjustment: Adjustment) -> Decision {
    let probability = adjustment.apply(probability);
    let winner = if adjustment.penalty == 0.0 { winner } else { voting::winner(probability, 0.0) };
    Decision { winner, probability }
}

/// The sides' summed scores: the larger sum wins, and the sums taken as strengths give the probability, as in
/// Bradley-Terry.
pub(super) fn summed(recipe: &Recipe, sums: [f64; 2], adjustment: Adjustment) -> Decision {
    let total: f64 = sums.iter().sum();
    let probability = adjustment.apply(if total > 0.0 { sums[0] / total } else { 0.5 });
    Decision { winner: voting::winner(probability, recipe.voting.tie_band), probability }
}

/// The log-odds of whole debates, one for each order of each view that counts.
pub(super) fn leads(recipe: &Recipe, questions: &[(String, Vec<Vote>)]) -> Vec<f64> {
    let orders = questions.iter().map(|(_, votes)| votes.len()).min().unwrap_or(0);
    let counts = |order: usize| questions.iter().all(|(_, votes)| votes.get(order).is_some_and(|vote| vote.counts));
    let lead = |order: usize| logit(mean(recipe, questions, |votes| votes.get(order).map_or(0.0, Vote::fair)));
    (0..orders).filter(|order| counts(*order)).map(lead).collect()
}

/// The probability that the weighted dimensions give together, out of the log-odds of each.
fn mean(recipe: &Recipe, questions: &[(String, Vec<Vote>)], log_odds: impl Fn(&[Vote]) -> f64) -> f64 {
    let in_log_odds = recipe.combination == Combination::LogOdds {};
    let (mut sum, mut weights) = (0.0, 0.0);
    for (dimension, votes) in questions {
        let Some(criterion) = recipe.criteria.get(dimension) else { continue };
        let mut probability = voting::probability(log_odds(votes));
        if let Some(enough) = criterion.enough {
            probability = probability.clamp(0.5 - enough, 0.5 + enough);
        }
        sum += criterion.weight * if in_log_odds { logit(probability) } else { probability };
        weights += criterion.weight;
    }
    match (weights > 0.0, in_log_odds) {
        (false, _) => 0.5,
        (true, false) => sum / weights,
        (true, true) => voting::probability(sum / weights),
    }
}

/// Natural log-odds of a probability, kept finite.
fn logit(probability: f64) -> f64 {
    let inside = probability.clamp(1e-12, 1.0 - 1e-12);
    (inside / (1.0 - inside)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::rehearsal::label_probability;
    use crate::judge::view::View;

    const PLAIN: Adjustment = Adjustment { temperature: 1.0, penalty: 0.0 };

    fn questions(log_odds: &[(&str, f64)]) -> Vec<(String, Vec<Vote>)> {
        let vote = |log_odds| Vote {
            order: String::new(),
            view: View::PLAIN,
            leading: None,
            log_odds,
            prior: 0.0,
            counts: true,
        };
        log_odds.iter().map(|(name, odds)| ((*name).to_owned(), vec![vote(*odds)])).collect()
    }

    #[test]
    fn past_its_threshold_a_dimension_stops_counting() {
        let mut recipe = label_probability();
        recipe.criteria.retain(|name, _| name == "argument" || name == "source");
        recipe.criteria.values_mut().for_each(|criterion| criterion.weight = 1.0);
        recipe.criteria.get_mut("source").unwrap().enough = Some(0.2);
        let with = |source| weighted(&recipe, &questions(&[("argument", 0.0), ("source", source)]), PLAIN).probability;
        assert!((with(9.0) - 0.6).abs() < 1e-9, "half of 0.5 and half of 0.7");
        assert_eq!(with(9.0), with(3.0));
        assert!(with(0.1) < with(0.5));
    }

    #[test]
    fn in_log_odds_a_sure_dimension_outweighs_two_unsure_ones() {
        let mut recipe = label_probability();
        recipe.criteria.values_mut().for_each(|criterion| criterion.weight = 1.0);
        let questions = questions(&[("argument", 9.0), ("source", -2.0), ("language", -2.0)]);
        assert!(weighted(&recipe, &questions, PLAIN).probability < 0.5);
        recipe.combination = Combination::LogOdds {};
        assert!(weighted(&recipe, &questions, PLAIN).probability > 0.8);
    }

    #[test]
    fn a_temperature_spreads_a_probability_and_moves_no_winner() {
        let questions = questions(&[("argument", 0.2), ("source", 0.2), ("language", 0.2)]);
        let plain = weighted(&label_probability(), &questions, PLAIN);
        let hot = weighted(&label_probability(), &questions, Adjustment { temperature: 0.25, penalty: 0.0 });
        assert_eq!(plain.winner, hot.winner);
        assert!((logit(hot.probability) - 4.0 * logit(plain.probability)).abs() < 1e-9);
    }

    #[test]
    fn summed_scores_are_strengths() {
        let decision = summed(&label_probability(), [30.0, 10.0], PLAIN);
        assert_eq!((decision.winner, decision.probability), (Some(Side::Proposition), 0.75));
    }
}
