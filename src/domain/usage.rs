//! What calls cost: tokens, money and time.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// The cost of one call, or of many added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    pub prompt_tokens: u64,
    /// Prompt tokens that were served from a cache; part of `prompt_tokens`.
    #[serde(default)]
    pub cached_tokens: u64,
    pub completion_tokens: u64,
    /// US dollars; 0 for local models and for endpoints without a price.
    #[serde(default)]
    pub dollars: f64,
    /// Wall time of the calls, added up.
    #[serde(default)]
    pub milliseconds: u64,
}

impl Usage {
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.prompt_tokens + self.completion_tokens
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Usage) {
        self.prompt_tokens += other.prompt_tokens;
        self.cached_tokens += other.cached_tokens;
        self.completion_tokens += other.completion_tokens;
        self.dollars += other.dollars;
        self.milliseconds += other.milliseconds;
    }
}

/// Whose calls they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Player,
    Judge,
    /// The cheap judge that measures the momentum.
    Momentum,
}

impl Part {
    /// The name as it is written in data.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Part::Player => "player",
            Part::Judge => "judge",
            Part::Momentum => "momentum",
        }
    }
}

/// What one of them used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    pub part: Part,
    pub name: String,
    /// Finished calls.
    pub calls: u64,
    pub usage: Usage,
}

/// The most a debate may use. Absent means unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceilings {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dollars: Option<f64>,
}
