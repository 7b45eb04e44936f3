//! What a tournament tells while it runs: a line for each step, the same for people and for scripts.

use serde::{Deserialize, Serialize};

use crate::domain::event::DebateId;
use crate::domain::seat::Side;
use crate::domain::tournament::{Fixture, Planned};
use crate::domain::verdict::Unrated;

/// A match by its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    /// Counts from 1.
    pub number: usize,
    pub round: usize,
    pub motion: String,
    pub proposition: String,
    pub opposition: String,
}

impl Meeting {
    #[must_use]
    pub fn of(plan: &Planned, fixture: &Fixture) -> Meeting {
        let player = |place: usize| plan.entrants.get(place).map_or_else(String::new, |entrant| entrant.player.clone());
        Meeting {
            number: fixture.number + 1,
            round: fixture.round + 1,
            motion: plan.motions.get(fixture.motion).map_or_else(String::new, |motion| motion.text.clone()),
            proposition: player(fixture.proposition),
            opposition: player(fixture.opposition),
        }
    }
}

/// A step of a tournament that runs here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Told {
    RoundPaired {
        round: usize,
        matches: usize,
        /// Who sits out by the luck of the draw: in a Swiss round, and in the first round of a knock-out.
        byes: Vec<String>,
    },
    MatchStarted {
        #[serde(flatten)]
        meeting: Meeting,
        debate: DebateId,
        /// Whether its debate was begun before.
        goes_on: bool,
    },
    MatchDone {
        #[serde(flatten)]
        meeting: Meeting,
        debate: DebateId,
        winner: Option<Side>,
        /// That the proposition won.
        probability: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        unrated: Option<Unrated>,
        /// Matches that have ended, of the most that there can be.
        done: usize,
        of: usize,
        /// Seconds that the rest may take.
        seconds_left: Option<f64>,
    },
    MatchFailed {
        #[serde(flatten)]
        meeting: Meeting,
        debate: DebateId,
        attempt: u32,
        attempts: u32,
        reason: String,
    },
    /// A match is not tried again; the tournament goes on without it.
    MatchParked {
        #[serde(flatten)]
        meeting: Meeting,
        debate: DebateId,
        reason: String,
    },
    MatchStopped {
        #[serde(flatten)]
        meeting: Meeting,
        debate: DebateId,
    },
}
