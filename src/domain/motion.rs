//! A motion: the sentence that is debated, and what each side has to show.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of claim a motion makes. Ladders are kept for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Fact,
    Value,
    Policy,
    Creative,
}

impl Category {
    pub const ALL: [Category; 4] = [Category::Fact, Category::Value, Category::Policy, Category::Creative];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Category::Fact => "fact",
            Category::Value => "value",
            Category::Policy => "policy",
            Category::Creative => "creative",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A motion with its neutral context and burdens. Set-up text is shown to debaters and never judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Motion {
    /// A short slug, unique among the loaded motions.
    pub id: String,
    /// The motion itself, one sentence.
    pub text: String,
    pub category: Category,
    /// One to three neutral sentences.
    #[serde(default)]
    pub context: String,
    /// What the proposition has to show.
    #[serde(default)]
    pub proposition: String,
    /// What the opposition has to show.
    #[serde(default)]
    pub opposition: String,
    #[serde(default)]
    pub tags: Vec<String>,
    /// Where an imported motion comes from: tournament, date, licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}
