//! How a judge comes to its material.

use serde::{Deserialize, Serialize};

/// What stands in one prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// The whole transcript.
    Whole,
    /// Speech by speech, with the judge's own analyses as memory.
    Chronological,
    /// The speeches of one side, then those of the other: nothing stands first, so no place can be favoured.
    Alone,
}

/// From which end the speeches are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// As they were given.
    #[default]
    Forward,
    /// The last speech first. Every heading still says which speech it is.
    Backward,
    /// Once each way: the difference is the recency bias (after BiPRM).
    Both,
}
