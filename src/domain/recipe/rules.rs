//! Rules that need no model.

use serde::{Deserialize, Serialize};

/// What a machine can check in a speech (after Themis, arXiv 2310.01045).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// Sums and percentages that a speech works out.
    Calculator,
    /// Days that do not exist, and spans of years that do not add up.
    Dates,
    /// Words that a speech puts into the other side's mouth.
    Quotes,
    /// Citations: whether the source is there and says so, then whether the sentence is correct (TRM).
    Sources,
}

impl Tool {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Tool::Calculator => "calculator",
            Tool::Dates => "dates",
            Tool::Quotes => "quotes",
            Tool::Sources => "sources",
        }
    }
}

/// What becomes of a quotation in the judge's own reasons that stands in no speech.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FalseQuotes {
    /// It is marked.
    #[default]
    Mark,
    /// It is struck out before scores are read off the reasons.
    Strike,
}

/// Whether a side speaks to the motion: how much likelier its words make the motion than silence does, compared with what
/// they do for other motions. In nats, read off the judge's model; greetings, announcements and empty praise in any
/// language say about 0. Only debates have it: of two short arguments that people wrote, measured on their labels, the one
/// further from the claim is often the better liked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relevance {
    /// A side that says less than this is not to the motion,
    pub least: f64,
    /// if the other says more than it by at least this.
    pub lead: f64,
    /// Other motions, at least two, worded as motions are: the model must not know the motion by its form. None of them
    /// should share a subject with a motion that is debated.
    pub motions: Vec<String>,
}

/// The rules of a recipe. Every constant is shown with the ballot (after HARMO, arXiv 2510.05283).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Whether a side that says nothing, or a master key, forfeits (arXiv 2507.08794).
    #[serde(default)]
    pub master_keys: bool,
    /// A speech with fewer different words than this, boilerplate not counted, says nothing.
    #[serde(default = "content_words")]
    pub content_words: usize,
    /// Probability taken off a side for each 100 % that it overran its words; 0 turns it off.
    #[serde(default)]
    pub length_penalty: f64,
    #[serde(default)]
    pub false_quotes: FalseQuotes,
    /// What is checked in the speeches before the judge reads them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Probability taken off a side if all that was checked in its speeches is false; 0 to 1.
    #[serde(default)]
    pub check_penalty: f64,
    /// Needs a model that weighs whole texts, which models on this machine do; absent, it is not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relevance: Option<Relevance>,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            master_keys: false,
            content_words: content_words(),
            length_penalty: 0.0,
            false_quotes: FalseQuotes::Mark,
            tools: Vec::new(),
            check_penalty: 0.0,
            relevance: None,
        }
    }
}

fn content_words() -> usize {
    3
}
