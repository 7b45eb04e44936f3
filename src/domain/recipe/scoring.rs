//! How a preference is read off a model.

use serde::{Deserialize, Serialize};

/// The kinds of scoring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Scoring {
    /// Next-token probabilities over the labels of a question.
    LabelProbability {
        /// Divides the log-odds before the logistic function, above 0.
        #[serde(default = "one")]
        temperature: f64,
    },
    /// Free-text judgement first, then scores from 1 to 10 and a winner read off it (Debatrix, arXiv 2403.08010).
    CritiqueThenScore {},
    /// How likely an audience answers a side with praise rather than blame: the mean log-likelihood of a token of the
    /// positive replies less that of the negative ones (FLR).
    FollowUpLikelihood {
        /// Divides the difference between the sides before the logistic function, above 0; in nats a token.
        #[serde(default = "one")]
        temperature: f64,
        positive: Vec<String>,
        negative: Vec<String>,
    },
}

fn one() -> f64 {
    1.0
}

/// What the sides are called in the transcript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Called {
    /// First speaker and Second speaker.
    #[default]
    Ordinals,
    /// Speaker A and Speaker B.
    Letters,
}

/// What stands for a speaker when the model has to choose one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Options {
    /// `A` and `B`, each put to a speaker in the question.
    #[default]
    Letters,
    /// `First` and `Second`, as the speakers are called in the transcript.
    Names,
}

/// One way to put a choice between the speakers to a model whose probabilities are read. Several of them are averaged:
/// a small model's answer to one way is mostly noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    #[serde(default)]
    pub called: Called,
    #[serde(default)]
    pub options: Options,
    /// What the model is taken to have begun its answer with, for instance `The better speaker is the`; may be empty.
    /// `{Side}` stands for what a side is called: Speaker, Argument, Evidence or Answer.
    #[serde(default)]
    pub lead: String,
    /// Divides the log-odds of this way before they are averaged with the others, above 0.
    #[serde(default = "one")]
    pub temperature: f64,
}

impl Default for Choice {
    fn default() -> Self {
        Choice { called: Called::Ordinals, options: Options::Letters, lead: String::new(), temperature: 1.0 }
    }
}

/// How the judge writes its analyses and judgements.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Writing {
    /// The most tokens of one text, at least 1.
    #[serde(default = "writing_tokens")]
    pub tokens: u32,
    /// Sampling temperature, 0 to 2.
    #[serde(default)]
    pub temperature: f64,
    /// Divides the logits of tokens already written, at least 1. Small models need it to stop repeating themselves.
    #[serde(default = "repetition_penalty")]
    pub repetition_penalty: f64,
}

impl Default for Writing {
    fn default() -> Self {
        Writing { tokens: writing_tokens(), temperature: 0.0, repetition_penalty: repetition_penalty() }
    }
}

fn writing_tokens() -> u32 {
    256
}

fn repetition_penalty() -> f64 {
    1.1
}
