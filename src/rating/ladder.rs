//! A ladder: Elo ratings folded from games.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::rating::caution::{Caution, STABLE_GAMES};
use crate::rating::elo::EloSettings;
use crate::rating::game::Game;

/// One player's place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub player: String,
    pub elo: f64,
    pub games: u32,
    pub wins: u32,
    pub ties: u32,
    pub losses: u32,
    /// Games whose judges all carry a certificate.
    pub audited_games: u32,
    /// Points that the last game brought, negative for points lost.
    pub last_change: f64,
}

impl Row {
    fn new(player: &str, settings: &EloSettings) -> Row {
        Row {
            player: player.to_owned(),
            elo: settings.start,
            games: 0,
            wins: 0,
            ties: 0,
            losses: 0,
            audited_games: 0,
            last_change: 0.0,
        }
    }

    fn take(&mut self, elo: f64, score: f64, audited: bool) -> RatingChange {
        let before = self.elo;
        self.elo = elo;
        self.last_change = elo - before;
        self.games += 1;
        self.audited_games += u32::from(audited);
        match score.total_cmp(&0.5) {
            Ordering::Greater => self.wins += 1,
            Ordering::Equal => self.ties += 1,
            Ordering::Less => self.losses += 1,
        }
        RatingChange { player: self.player.clone(), before, after: elo }
    }

    /// Whether the rating still moves much with each game.
    #[must_use]
    pub fn is_provisional(&self) -> bool {
        self.games < STABLE_GAMES
    }
}

/// What one game did to one player.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RatingChange {
    pub player: String,
    pub before: f64,
    pub after: f64,
}

impl RatingChange {
    /// Changes that follow each other, one for each player: from before its first to after its last.
    #[must_use]
    pub fn joined(changes: impl IntoIterator<Item = RatingChange>) -> Vec<RatingChange> {
        let mut joined: Vec<RatingChange> = Vec::new();
        for change in changes {
            match joined.iter_mut().find(|earlier| earlier.player == change.player) {
                Some(earlier) => earlier.after = change.after,
                None => joined.push(change),
            }
        }
        joined
    }
}

/// Players and their ratings after some games.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ladder {
    settings: EloSettings,
    players: BTreeMap<String, Row>,
    /// Pairs that met, in the order of their names.
    met: BTreeSet<(String, String)>,
    games: u32,
    audited: u32,
}

impl Ladder {
    #[must_use]
    pub fn new(settings: EloSettings) -> Ladder {
        Ladder { settings, ..Ladder::default() }
    }

    /// Folds games in the order given, which is the order in which their results were committed.
    #[must_use]
    pub fn fold<'a>(settings: EloSettings, games: impl IntoIterator<Item = &'a Game>) -> Ladder {
        let mut ladder = Ladder::new(settings);
        for game in games {
            ladder.take(game);
        }
        ladder
    }

    /// Takes one more game in and tells what it did: the proposition first. A player that meets itself changes nothing.
    pub fn take(&mut self, game: &Game) -> Option<[RatingChange; 2]> {
        let (first, second) = (&game.proposition, &game.opposition);
        if first == second {
            return None;
        }
        let (first_elo, second_elo) = self.settings.update(self.elo(first), self.elo(second), game.score);
        let pair = if first < second { (first, second) } else { (second, first) };
        self.met.insert((pair.0.clone(), pair.1.clone()));
        self.games += 1;
        self.audited += u32::from(game.audited);
        Some([
            self.row(first).take(first_elo, game.score, game.audited),
            self.row(second).take(second_elo, 1.0 - game.score, game.audited),
        ])
    }

    /// A player's rating; the start rating for one that has not played.
    #[must_use]
    pub fn elo(&self, player: &str) -> f64 {
        self.players.get(player).map_or(self.settings.start, |row| row.elo)
    }

    fn row(&mut self, player: &str) -> &mut Row {
        self.players.entry(player.to_owned()).or_insert_with(|| Row::new(player, &self.settings))
    }

    /// The players, the highest rating first, equal ratings by name.
    #[must_use]
    pub fn rows(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.players.values().collect();
        rows.sort_by(|a, b| b.elo.total_cmp(&a.elo).then_with(|| a.player.cmp(&b.player)));
        rows
    }

    /// The number of games taken in.
    #[must_use]
    pub fn games(&self) -> u32 {
        self.games
    }

    /// What this ladder does not know.
    #[must_use]
    pub fn cautions(&self) -> Vec<Caution> {
        let provisional = self.rows().into_iter().filter(|row| row.is_provisional());
        let players: Vec<String> = provisional.map(|row| row.player.clone()).collect();
        let unaudited = self.games - self.audited;
        let groups = self.groups();
        let cautions = [
            (!players.is_empty()).then_some(Caution::Provisional { players }),
            (unaudited > 0).then_some(Caution::NeverAudited { games: unaudited, of: self.games }),
            (groups.len() > 1).then_some(Caution::Unconnected { groups }),
        ];
        cautions.into_iter().flatten().collect()
    }

    /// Players that a chain of games links, each group by name, the groups by their first name.
    fn groups(&self) -> Vec<Vec<String>> {
        let mut groups: Vec<BTreeSet<&str>> = Vec::new();
        for (first, second) in &self.met {
            let pair = BTreeSet::from([first.as_str(), second.as_str()]);
            let (linked, others): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| !group.is_disjoint(&pair));
            groups = others;
            groups.push(linked.into_iter().flatten().chain(pair).collect());
        }
        let mut groups: Vec<Vec<String>> =
            groups.into_iter().map(|g| g.into_iter().map(str::to_owned).collect()).collect();
        groups.sort();
        groups
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::event::DebateId;
    use crate::domain::motion::Category;

    fn game(proposition: &str, opposition: &str, score: f64) -> Game {
        Game {
            debate: DebateId("d".to_owned()),
            seq: 0,
            at: String::new(),
            proposition: proposition.to_owned(),
            opposition: opposition.to_owned(),
            score,
            category: Category::Value,
            motion: String::new(),
            versions: [String::new(), String::new()],
            margin: 0.0,
            style: None,
            judges: vec!["debatrix@small".to_owned()],
            audited: score == 0.5,
        }
    }

    fn ladder(games: &[Game]) -> Ladder {
        Ladder::fold(EloSettings::default(), games)
    }

    #[test]
    fn a_game_moves_points_from_the_loser_to_the_winner() {
        let mut ladder = ladder(&[]);
        let changes = ladder.take(&game("quartet", "solo", 0.0)).unwrap();
        assert_eq!(changes[0], RatingChange { player: "quartet".to_owned(), before: 1000.0, after: 988.0 });
        assert_eq!(changes[1], RatingChange { player: "solo".to_owned(), before: 1000.0, after: 1012.0 });
        let rows = ladder.rows();
        assert_eq!((rows[0].player.as_str(), rows[0].wins, rows[0].losses, rows[0].last_change), ("solo", 1, 0, 12.0));
        assert_eq!(
            (rows[1].player.as_str(), rows[1].wins, rows[1].losses, rows[1].last_change),
            ("quartet", 0, 1, -12.0)
        );
    }

    #[test]
    fn equal_ratings_stand_in_the_order_of_names() {
        let ladder = ladder(&[game("b", "c", 0.5), game("a", "b", 0.5)]);
        assert_eq!(ladder.rows().iter().map(|row| row.player.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn self_play_changes_nothing() {
        let mut ladder = ladder(&[]);
        assert_eq!(ladder.take(&game("solo", "solo", 1.0)), None);
        assert!(ladder.rows().is_empty() && ladder.cautions().is_empty());
    }

    #[test]
    fn a_ladder_says_what_it_does_not_know() {
        let ladder = ladder(&[game("a", "b", 1.0), game("c", "d", 0.5), game("e", "d", 0.0)]);
        assert_eq!(
            ladder.cautions(),
            [
                Caution::Provisional { players: ["a", "d", "c", "b", "e"].map(str::to_owned).to_vec() },
                Caution::NeverAudited { games: 2, of: 3 },
                Caution::Unconnected {
                    groups: vec![["a", "b"].map(str::to_owned).to_vec(), ["c", "d", "e"].map(str::to_owned).to_vec()]
                },
            ]
        );
        assert_eq!(
            ladder.cautions()[1].sentence(),
            "2 of 3 games were decided by a judge that was never audited or is no better than a coin."
        );
    }

    #[test]
    fn after_fifteen_audited_games_between_all_there_is_nothing_to_warn_of() {
        let ladder = ladder(&vec![game("a", "b", 0.5); 15]);
        assert_eq!(ladder.cautions(), []);
    }

    proptest! {
        #[test]
        fn points_and_games_add_up(pairs in proptest::collection::vec((0u8..6, 0u8..6, 0u8..3), 0..60)) {
            let games: Vec<Game> =
                pairs.iter().map(|(a, b, score)| game(&a.to_string(), &b.to_string(), f64::from(*score) / 2.0)).collect();
            let ladder = ladder(&games);
            let rows = ladder.rows();
            let points: f64 = rows.iter().map(|row| row.elo).sum();
            prop_assert!((points - 1000.0 * rows.len() as f64).abs() < 1e-6);
            prop_assert_eq!(rows.iter().map(|row| row.games).sum::<u32>(), 2 * ladder.games());
            prop_assert!(rows.iter().all(|row| row.wins + row.ties + row.losses == row.games));
            prop_assert!(rows.is_sorted_by(|a, b| a.elo >= b.elo));
        }
    }

    #[test]
    fn changes_of_one_player_become_one() {
        let change = |player: &str, before, after| RatingChange { player: player.to_owned(), before, after };
        let joined =
            RatingChange::joined([change("a", 1000.0, 1012.0), change("b", 900.0, 890.0), change("a", 1012.0, 1005.0)]);
        assert_eq!(joined, [change("a", 1000.0, 1005.0), change("b", 900.0, 890.0)]);
    }
}
