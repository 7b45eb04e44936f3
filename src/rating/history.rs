//! Ratings over time: Elo after each battle, in the order in which battles were recorded.

use serde::{Deserialize, Serialize};

use crate::rating::elo::EloSettings;
use crate::rating::results::Results;

/// A player's rating after one of its battles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The place of the battle among all, from 1.
    pub battle: u32,
    pub elo: f64,
}

/// The ratings of each player, by its number, after each of its battles. A battle counts once, whatever its weight.
#[must_use]
pub fn history(settings: EloSettings, results: &Results) -> Vec<Vec<Point>> {
    let mut history: Vec<Vec<Point>> = vec![Vec::new(); results.players().len()];
    for (place, battle) in results.battles().iter().enumerate() {
        let [first, second] = [battle.first, battle.second].map(|player| player as usize);
        let own = |player: usize| elo(settings, &history[player]);
        let (one, other) = settings.update(own(first), own(second), battle.winner.score());
        let battle = u32::try_from(place + 1).unwrap_or(u32::MAX);
        history[first].push(Point { battle, elo: one });
        history[second].push(Point { battle, elo: other });
    }
    history
}

/// Where a history ends; the start rating for a player without a battle.
#[must_use]
pub fn elo(settings: EloSettings, points: &[Point]) -> f64 {
    points.last().map_or(settings.start, |point| point.elo)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rating::results::{Battle, Names, Winner};

    #[test]
    fn a_history_has_a_point_for_each_battle_and_moves_what_elo_moves() {
        let names: Names = ["a", "b", "c", "new"].iter().collect();
        let battles =
            vec![Battle::new(0, 1, Winner::First), Battle::new(1, 2, Winner::Tie), Battle::new(2, 0, Winner::First)];
        let results = Results::of(names, Names::default(), battles).unwrap();
        let settings = EloSettings::default();
        let history = history(settings, &results);
        assert_eq!(history[0].iter().map(|point| point.battle).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(history[0][0].elo, 1012.0);
        let ends: Vec<f64> = history.iter().map(|points| elo(settings, points)).collect();
        assert!((ends.iter().sum::<f64>() - 4000.0).abs() < 1e-9 && ends[3] == 1000.0, "{ends:?}");
        assert!(ends[2] > ends[1], "{ends:?}");
    }
}
