//! Ballots: what one judge decided, and everything needed to take the decision apart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::evidence::Standing;
use crate::domain::hash::ContentHash;
use crate::domain::seat::Side;
use crate::domain::usage::Usage;

/// One finished call of a judge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeSaid {
    /// Index of the judge in the debate's list.
    pub judge: usize,
    /// Which call of the judge's plan this answers, for instance `argument/speech/3`.
    pub call: String,
    /// Counts the asks of this call, from 0.
    pub ask: u32,
    pub answer: Answer,
    pub request: ContentHash,
    pub usage: Usage,
}

/// What came back from a judge's call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Text(String),
    /// Log-probabilities of the labels in the order they were asked for; natural logarithm, at most 0.
    Labels(Vec<f64>),
}

/// One reading order or label order of a question, and what it gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderResult {
    /// The dimension that was asked about.
    pub dimension: String,
    /// For instance `A = proposition`.
    pub order: String,
    /// Probability that the proposition is better in this order, 0 to 1, as it came.
    pub probability: f64,
}

/// The score of a dimension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DimensionScore {
    pub dimension: String,
    pub weight: f64,
    /// Probability that the proposition is better, 0 to 1, after the orders were averaged.
    pub probability: f64,
    /// From 1 to 10 for each side, where the recipe gives scores.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scores: BTreeMap<Side, f64>,
    pub winner: Option<Side>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub judgement: String,
}

/// The score of one speech on one dimension, 1 to 10.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpeechScore {
    pub speech: usize,
    pub dimension: String,
    pub score: f64,
}

/// Words that the judge says a speech contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgeQuote {
    pub text: String,
    /// The speech in which they stand, if they do.
    pub speech: Option<usize>,
    pub standing: Standing,
}

/// Why the judge decided so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub text: String,
    pub quotes: Vec<JudgeQuote>,
}

/// A judge's decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ballot {
    /// `RECIPE@MODEL`.
    pub judge: String,
    pub recipe_hash: ContentHash,
    pub model_hash: ContentHash,
    /// `None` is a tie.
    pub winner: Option<Side>,
    /// Probability that the proposition won, 0 to 1.
    pub probability: f64,
    pub dimensions: Vec<DimensionScore>,
    #[serde(default)]
    pub speeches: Vec<SpeechScore>,
    pub orders: Vec<OrderResult>,
    /// Mean over dimensions of half the gap between the orders, -1 to 1: how much the first letter was favoured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position_bias: Option<f64>,
    pub reasons: Vec<Reason>,
    /// Sides that forfeited before judging, with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub forfeits: BTreeMap<Side, String>,
    /// What a reader must know to weigh this ballot: never audited, same model as a debater, and so on.
    pub cautions: Vec<String>,
    /// The stored requests behind the ballot.
    pub requests: Vec<ContentHash>,
    pub usage: Usage,
}
