//! One call of a judge, as data: which templates, what goes into them, what kind of answer is wanted.
//!
//! Rendering and running it is the engine's work.

use serde_json::Value;

/// One call that a judge needs.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgeCall {
    /// Which step of the plan it is, for instance `argument/speech/3/analysis`.
    pub call: String,
    /// Counts the asks of this step, from 0.
    pub ask: u32,
    /// Which of the judge's models it is for.
    pub member: usize,
    pub kind: CallKind,
}

/// What is wanted from the model.
#[derive(Clone, Debug, PartialEq)]
pub enum CallKind {
    /// Words: answered by [`crate::domain::ballot::Answer::Text`].
    Write(Writing),
    /// Probabilities: answered by [`crate::domain::ballot::Answer::Labels`], all questions' labels in one list.
    /// The questions share their beginning, so that one prefill serves them.
    Labels(Vec<LabelAsk>),
    /// How likely replies are: answered by [`crate::domain::ballot::Answer::Labels`] with the mean log-likelihood of a
    /// token of each reply.
    Replies(ReplyAsk),
}

/// Templates by name, and what goes into them.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// The template of the system message.
    pub system: &'static str,
    /// The template of the user message.
    pub user: &'static str,
    /// The context of both.
    pub context: Value,
}

/// A call for words.
#[derive(Clone, Debug, PartialEq)]
pub struct Writing {
    pub prompt: Prompt,
    /// The form of the answer, where it has one.
    pub schema: Option<Value>,
    pub max_tokens: u32,
    pub temperature: f64,
    pub repetition_penalty: f64,
}

/// A question for probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelAsk {
    pub prompt: Prompt,
    /// What the model is taken to have begun its answer with; may be empty.
    pub lead: String,
    pub labels: Vec<String>,
}

/// Replies to what one side said, as if the model had said it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplyAsk {
    /// What the side was asked for.
    pub prompt: Prompt,
    /// What the side said, raw. It can give no orders here: nothing is written, only fixed replies are weighed.
    pub said: String,
    pub replies: Vec<String>,
}
