//! Glicko-2 (M. E. Glickman, 2001, "Dynamic paired comparison models with stochastic variances"), through `skillratings`: ratings
//! with a deviation that grows while a player rests, over rating periods as given.

use serde::{Deserialize, Serialize};
use skillratings::Outcomes;
use skillratings::glicko2::{
    Glicko2Config, Glicko2Rating, confidence_interval, decay_deviation, glicko2_rating_period,
};

use crate::rating::results::{Battle, Winner};

/// A player's rating after the last period.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Glicko {
    /// On Glicko's scale, where everybody begins at 1500.
    pub rating: f64,
    /// The standard error of the rating, 350 at first.
    pub deviation: f64,
    pub volatility: f64,
    /// 95 %.
    pub low: f64,
    pub high: f64,
}

/// Rates players over periods, each a list of battles that count as held at the same time. `tau`, 0.3 to 1.2, is how fast
/// volatility may change. Weights, sides and clusters are left out: the method knows none.
#[must_use]
pub fn glicko<'a>(players: usize, periods: impl IntoIterator<Item = &'a [Battle]>, tau: f64) -> Vec<Glicko> {
    let settings = Glicko2Config { tau, ..Glicko2Config::default() };
    let mut ratings = vec![Glicko2Rating::new(); players];
    for period in periods {
        let mut results: Vec<Vec<(Glicko2Rating, Outcomes)>> = vec![Vec::new(); players];
        for battle in period {
            let (first, second) = (battle.first as usize, battle.second as usize);
            let outcome = |winner| match winner {
                Winner::First => Outcomes::WIN,
                Winner::Tie => Outcomes::DRAW,
                Winner::Second => Outcomes::LOSS,
            };
            results[first].push((ratings[second], outcome(battle.winner)));
            results[second].push((ratings[first], outcome(battle.winner.mirrored())));
        }
        let rated = ratings.iter().zip(&results).map(|(rating, results)| match results.as_slice() {
            [] => decay_deviation(rating),
            results => glicko2_rating_period(rating, results, &settings),
        });
        ratings = rated.collect();
    }
    let row = |rating: &Glicko2Rating| {
        let (low, high) = confidence_interval(rating);
        Glicko { rating: rating.rating, deviation: rating.deviation, volatility: rating.volatility, low, high }
    };
    ratings.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_moves_ratings_and_rest_makes_them_doubtful() {
        let battles = [Battle::new(0, 1, Winner::First), Battle::new(0, 1, Winner::First)];
        let after = glicko(3, [battles.as_slice()], 0.5);
        assert!(after[0].rating > 1600.0 && (after[0].rating + after[1].rating - 3000.0).abs() < 1e-9, "{after:?}");
        assert_eq!((after[2].rating, after[2].deviation), (1500.0, 350.0));
        let rested = glicko(3, [battles.as_slice(), &[]], 0.5);
        assert!(rested[0].deviation > after[0].deviation && rested[0].rating == after[0].rating);
        assert!(rested[0].low < after[0].low && after[0].high < rested[0].high);
    }

    #[test]
    fn battles_of_one_period_count_as_held_at_the_same_time() {
        let battles = [Battle::new(0, 1, Winner::First), Battle::new(1, 2, Winner::First)];
        let turned = [battles[1], battles[0]];
        let periods = |battles: &[Battle]| glicko(3, [battles], 0.5);
        let singly = |battles: &[Battle]| glicko(3, battles.chunks(1), 0.5);
        assert_eq!(periods(&battles), periods(&turned));
        assert_ne!(singly(&battles), singly(&turned));
    }
}
