//! How votes become a preference.

use serde::{Deserialize, Serialize};

/// What is swapped to cancel position bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Orders {
    /// One order only: nothing is swapped.
    One,
    /// The options are swapped in the question: the letters, or which name is asked for first. One prefill serves both.
    /// A model that shows no probabilities is asked in words, where there is nothing to swap.
    Labels,
    /// Which side is called first; two prefills. Two arguments or answers, whose order means nothing, also change places.
    Names,
    /// Labels and names.
    Both,
}

/// The voting axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voting {
    pub orders: Orders,
    /// A tie when the averaged probability is within this of one half; 0 to 0.5.
    #[serde(default)]
    pub tie_band: f64,
    /// Whether the judge's answer on a debate without content is measured and taken off.
    #[serde(default)]
    pub content_free_prior: bool,
    /// How often the judge judges anew, 1 to 64. More than one needs a writing temperature above 0.
    #[serde(default = "one")]
    pub samples: u32,
    /// Whether a draw decides for each sample which side is called first (DeepSeek-GRM, arXiv 2504.02495).
    #[serde(default)]
    pub shuffle: bool,
    /// The share of the samples that count, above 0: those whose quotes stand, whose form was right at once, and that
    /// agree with the others.
    #[serde(default = "all")]
    pub keep: f64,
}

fn one() -> u32 {
    1
}

fn all() -> f64 {
    1.0
}
