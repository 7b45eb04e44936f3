//! Ratings over time, from the fold of Elo.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::event::DebateId;
use crate::rating::elo::EloSettings;
use crate::rating::game::Game;
use crate::rating::ladder::Ladder;

/// A player's rating after one of its games.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub debate: DebateId,
    /// RFC 3339, for display only.
    pub at: String,
    /// The place of the game among all rated games, from 1.
    pub game: u32,
    pub elo: f64,
}

/// The ratings of each player after each of its games, in the order given, which is the order in which results were committed.
#[must_use]
pub fn history<'a>(settings: EloSettings, games: impl IntoIterator<Item = &'a Game>) -> BTreeMap<String, Vec<Point>> {
    let mut ladder = Ladder::new(settings);
    let mut history: BTreeMap<String, Vec<Point>> = BTreeMap::new();
    for game in games {
        for change in ladder.take(game).into_iter().flatten() {
            let point =
                Point { debate: game.debate.clone(), at: game.at.clone(), game: ladder.games(), elo: change.after };
            history.entry(change.player).or_default().push(point);
        }
    }
    history
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::motion::Category;

    fn game(number: u64, proposition: &str, opposition: &str, score: f64) -> Game {
        Game {
            debate: DebateId(format!("d{number}")),
            seq: number,
            at: format!("2026-11-27T06:{number:02}:00.000Z"),
            proposition: proposition.to_owned(),
            opposition: opposition.to_owned(),
            score,
            category: Category::Value,
            motion: format!("d{number}"),
            margin: 1.0,
            judges: Vec::new(),
            audited: true,
        }
    }

    #[test]
    fn a_history_ends_where_the_ladder_stands_and_leaves_self_play_out() {
        let games = [game(1, "a", "b", 1.0), game(2, "a", "a", 1.0), game(3, "b", "c", 0.5), game(4, "a", "c", 0.0)];
        let history = history(EloSettings::default(), &games);
        let ladder = Ladder::fold(EloSettings::default(), &games);
        for row in ladder.rows() {
            let points = &history[&row.player];
            assert_eq!((points.len() as u32, points.last().unwrap().elo), (row.games, row.elo));
        }
        assert_eq!(history["a"].iter().map(|point| point.game).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(history["c"][1].debate, DebateId("d4".to_owned()));
    }
}
