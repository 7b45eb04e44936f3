//! The Elo rating (A. E. Elo, The Rating of Chessplayers, Past and Present, 1978), in its logistic form.
//!
//! Expected score: `E = 1 / (1 + 10^((opponent - own) / scale))`. Update: `own += K (S - E)`, where `S` is 1 for a
//! win, 0.5 for a tie and 0 for a loss. Elo depends on the order of the games.

use serde::{Deserialize, Serialize};

/// The three numbers of an Elo ladder.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EloSettings {
    /// The most points that one game can move, above 0. 24 follows live debates; LMArena's ladder used 4.
    pub k: f64,
    /// The rating before the first game.
    pub start: f64,
    /// The difference at which the stronger player is expected to score ten times the weaker one's points, above 0.
    pub scale: f64,
}

impl Default for EloSettings {
    fn default() -> EloSettings {
        EloSettings { k: 24.0, start: 1000.0, scale: 400.0 }
    }
}

impl EloSettings {
    /// The score that a player rated `own` is expected to take from `opponent`, strictly between 0 and 1 for ratings
    /// of any sane distance.
    #[must_use]
    pub fn expected(&self, own: f64, opponent: f64) -> f64 {
        1.0 / (1.0 + 10f64.powf((opponent - own) / self.scale))
    }

    /// Both ratings after a game in which the first player scored `score`, 0 to 1. Their sum stays the same.
    #[must_use]
    pub fn update(&self, first: f64, second: f64, score: f64) -> (f64, f64) {
        let moved = self.k * (score - self.expected(first, second));
        (first + moved, second - moved)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_players_split_and_four_hundred_points_are_ten_to_one() {
        let elo = EloSettings::default();
        assert_eq!(elo.expected(1000.0, 1000.0), 0.5);
        assert!((elo.expected(1400.0, 1000.0) - 10.0 / 11.0).abs() < 1e-12);
        assert_eq!(elo.update(1000.0, 1000.0, 1.0), (1012.0, 988.0));
        assert_eq!(elo.update(1000.0, 1000.0, 0.5), (1000.0, 1000.0));
    }

    proptest! {
        #[test]
        fn points_are_only_moved_and_never_more_than_k(first in 0f64..3000.0, second in 0f64..3000.0, score in 0f64..=1.0) {
            let elo = EloSettings::default();
            let (after_first, after_second) = elo.update(first, second, score);
            prop_assert!((after_first + after_second - first - second).abs() < 1e-9);
            prop_assert!((after_first - first).abs() <= elo.k);
            prop_assert!((elo.expected(first, second) + elo.expected(second, first) - 1.0).abs() < 1e-12);
        }
    }
}
