//! Sides and seats: who stands where. A side is what a verdict names; a seat is one participant's place on a side.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the two sides of a motion. In data it is always spelled `proposition` or `opposition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Proposition,
    Opposition,
}

impl Side {
    /// Both sides, proposition first.
    pub const BOTH: [Side; 2] = [Side::Proposition, Side::Opposition];

    /// The other side.
    #[must_use]
    pub fn opponent(self) -> Side {
        match self {
            Side::Proposition => Side::Opposition,
            Side::Opposition => Side::Proposition,
        }
    }

    /// The name as it is written in data and prompts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Side::Proposition => "proposition",
            Side::Opposition => "opposition",
        }
    }

    /// The name as a heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Side::Proposition => "Proposition",
            Side::Opposition => "Opposition",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The index of a participant in the debate's list of participants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seat(pub usize);

/// Who may read a message besides the audience.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Every participant, once the stage lets them.
    Everyone,
    /// These seats only: a team's own work.
    Seats(Vec<Seat>),
}
