//! What has happened in a tournament so far: the fixtures that were paired, and how those ended that did.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::tournament::plan::Tournament;

/// A tournament's id: a UUID version 7 in its usual spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TournamentId(pub String);

impl fmt::Display for TournamentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One match that was paired. Players and motions are places in the plan's lists, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fixture {
    /// Counts through the tournament from 0; the seed of the match follows from it.
    pub number: usize,
    /// From 0. Nobody meets two opponents in one round.
    pub round: usize,
    pub motion: usize,
    pub proposition: usize,
    pub opposition: usize,
}

impl Fixture {
    /// The two players, the smaller place first.
    #[must_use]
    pub fn pair(&self) -> (usize, usize) {
        pair(self.proposition, self.opposition)
    }

    #[must_use]
    pub fn has(&self, player: usize) -> bool {
        self.proposition == player || self.opposition == player
    }
}

/// Two players in the order of their places.
#[must_use]
pub fn pair(one: usize, other: usize) -> (usize, usize) {
    (one.min(other), one.max(other))
}

/// How a match ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum End {
    /// The proposition's score (1, 0.5 or 0), and how probable its win was to the judges.
    Scored { score: f64, probability: f64 },
    /// It came to its end and counts for nobody: a void ballot, say.
    Unrated,
    /// It failed too often, or reached its own ceiling.
    Parked,
}

/// The fixtures and their ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    /// In the order of their numbers, without gaps.
    pub fixtures: Vec<Fixture>,
    pub ends: BTreeMap<usize, End>,
}

impl Book {
    /// The rounds that were paired.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.fixtures.iter().map(|fixture| fixture.round + 1).max().unwrap_or(0)
    }

    /// Whether every fixture has ended.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.fixtures.iter().all(|fixture| self.ends.contains_key(&fixture.number))
    }

    /// The fixtures of a round.
    pub fn of_round(&self, round: usize) -> impl Iterator<Item = &Fixture> {
        self.fixtures.iter().filter(move |fixture| fixture.round == round)
    }

    /// Who sits out a round that was paired.
    #[must_use]
    pub fn byes(&self, round: usize, players: usize) -> Vec<usize> {
        let playing: BTreeSet<usize> = self.of_round(round).flat_map(|f| [f.proposition, f.opposition]).collect();
        (0..players).filter(|player| !playing.contains(player)).collect()
    }

    /// A player's score in a fixture, and how probable its win was; `None` where the fixture gave no score.
    #[must_use]
    pub fn scored(&self, fixture: &Fixture, player: usize) -> Option<(f64, f64)> {
        match self.ends.get(&fixture.number)? {
            End::Scored { score, probability } if fixture.proposition == player => Some((*score, *probability)),
            End::Scored { score, probability } if fixture.opposition == player => {
                Some((1.0 - score, 1.0 - probability))
            }
            _ => None,
        }
    }

    /// The pairs that have met.
    #[must_use]
    pub fn met(&self) -> BTreeSet<(usize, usize)> {
        self.fixtures.iter().map(Fixture::pair).collect()
    }

    /// How often a player was proposition, less how often it was opposition.
    #[must_use]
    pub fn leaning(&self, player: usize) -> i64 {
        let of = |fixture: &Fixture| i64::from(fixture.proposition == player) - i64::from(fixture.opposition == player);
        self.fixtures.iter().map(of).sum()
    }

    /// The points of a Swiss tournament: scores, and a meeting's full score for each round sat out.
    #[must_use]
    pub fn points(&self, player: usize, tournament: &Tournament) -> f64 {
        let scores: f64 = self.fixtures.iter().filter_map(|fixture| Some(self.scored(fixture, player)?.0)).sum();
        let byes = (0..self.rounds()).filter(|round| self.byes(*round, tournament.players.len()).contains(&player));
        scores + byes.count() as f64 * tournament.matches_per_meeting() as f64
    }
}
