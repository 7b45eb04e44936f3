//! A judge's recipe: how it reads, what it scores, how it votes. Recipes are TOML files; the engine has no judge of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How the judge reads the debate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// The whole transcript in one prompt.
    Whole,
    /// Speech by speech, with the judge's own analyses as memory.
    Chronological,
}

/// One dimension that is scored on its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Weight in the combination, at least 0.
    pub weight: f64,
    /// What the dimension asks, one or two sentences, put into the judge's prompt.
    pub asks: String,
    /// Whether the judge may call this dimension a tie.
    #[serde(default)]
    pub ties: bool,
}

/// How a preference is read off a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Scoring {
    /// Next-token probabilities over the option letters.
    LabelProbability {
        /// Divides the log-odds before the logistic function, above 0.
        #[serde(default = "one")]
        temperature: f64,
    },
    /// Free-text analysis first, then extracted scores from 1 to 10 and a winner (Debatrix, arXiv 2403.08010).
    CritiqueThenScore {
        /// Tokens for one analysis.
        #[serde(default = "analysis_tokens")]
        analysis_tokens: u32,
    },
}

fn one() -> f64 {
    1.0
}

fn analysis_tokens() -> u32 {
    256
}

/// What is swapped to cancel position bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Orders {
    /// One order only: nothing is swapped.
    One,
    /// The option letters are swapped in the question; one prefill serves both.
    Labels,
    /// The letters, and which side is called first; two prefills.
    Names,
}

/// How votes become a preference.
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
}

/// Checks that need no model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Whether a side that says nothing, or a master key, forfeits (arXiv 2507.08794).
    #[serde(default)]
    pub master_keys: bool,
    /// Probability taken off a side for each 100 % that it overran its words; 0 turns it off.
    #[serde(default)]
    pub length_penalty: f64,
}

/// How dimensions become one verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Combination {
    /// The weighted mean of the dimensions.
    Weights,
    /// A panel reads the dimensions' judgements and names one winner (Debatrix).
    Panel,
}

/// A judge without its model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    pub name: String,
    #[serde(default)]
    pub about: String,
    pub reading: Reading,
    pub criteria: BTreeMap<String, Criterion>,
    pub scoring: Scoring,
    pub voting: Voting,
    #[serde(default)]
    pub rules: Rules,
    pub combination: Combination,
}
