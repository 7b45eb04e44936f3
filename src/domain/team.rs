//! Teams: which model plays which role, and how often the Reviewer may send a draft back.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A role inside a team (Agent4Debate, arXiv 2408.04472).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Searcher,
    Analyzer,
    Writer,
    Reviewer,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Searcher, Role::Analyzer, Role::Writer, Role::Reviewer];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Searcher => "searcher",
            Role::Analyzer => "analyzer",
            Role::Writer => "writer",
            Role::Reviewer => "reviewer",
        }
    }

    /// The name as a heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Role::Searcher => "Searcher",
            Role::Analyzer => "Analyzer",
            Role::Writer => "Writer",
            Role::Reviewer => "Reviewer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How one role of a team works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleSpec {
    /// A model by name, or `default`, which resolves when the debate opens.
    #[serde(default = "default_model")]
    pub model: String,
    /// Queries that the Searcher may run for one request. Other roles leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queries: Option<usize>,
    /// Sampling temperature, 0 to 2. Agent4Debate uses 0.2.
    #[serde(default = "default_temperature")]
    pub temperature: f64,
    /// Nucleus sampling mass, in (0, 1]. Agent4Debate uses 0.75.
    #[serde(default = "default_top_p")]
    pub top_p: f64,
    /// Divides the logits of tokens already written, at least 1. Small models need it to stop repeating themselves.
    #[serde(default = "default_repetition_penalty")]
    pub repetition_penalty: f64,
}

impl Default for RoleSpec {
    fn default() -> Self {
        RoleSpec {
            model: default_model(),
            queries: None,
            temperature: default_temperature(),
            top_p: default_top_p(),
            repetition_penalty: default_repetition_penalty(),
        }
    }
}

fn default_model() -> String {
    "default".to_owned()
}

fn default_temperature() -> f64 {
    0.2
}

fn default_top_p() -> f64 {
    0.75
}

fn default_repetition_penalty() -> f64 {
    1.1
}

/// A team by name. A role that is absent is turned off; the Writer cannot be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    pub name: String,
    /// One sentence for people who choose a team.
    #[serde(default)]
    pub about: String,
    /// How often the Reviewer may send one speech back.
    #[serde(default)]
    pub revisions: u32,
    /// How often the Writer may ask for more material in one speech.
    #[serde(default)]
    pub requests: u32,
    /// The most role calls for one speech. Agent4Debate's cap is 15. The last draft stands when it is reached.
    #[serde(default = "default_calls")]
    pub calls: u32,
    pub roles: BTreeMap<Role, RoleSpec>,
}

fn default_calls() -> u32 {
    15
}

impl Team {
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains_key(&role)
    }
}
