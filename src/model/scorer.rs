//! Scoring: probabilities that a judge reads instead of text that it would have to parse.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::domain::usage::Usage;
use crate::model::chat::{Delta, Message};
use crate::model::error::ModelError;

/// A question whose answer is one of a few labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelQuestion {
    /// The conversation up to the answer. It ends with a user message.
    pub messages: Vec<Message>,
    /// Text that the assistant is taken to have begun its answer with, for instance `Answer: `; may be empty.
    pub lead: String,
    /// The possible continuations, at least two, for instance `A` and `B`.
    pub labels: Vec<String>,
}

/// Questions that share most of their messages, so that the shared prefix is read once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelRequest {
    pub questions: Vec<LabelQuestion>,
}

/// For each question the natural log-probability of each label, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelScores {
    pub log_probabilities: Vec<Vec<f64>>,
    pub usage: Usage,
    /// Tokens that a question shares with an earlier one of the request and that were read once more all the same.
    #[serde(default)]
    pub reread: u64,
}

/// A model whose next-token probabilities can be read.
#[async_trait]
pub trait Scorer: Send + Sync {
    /// Log-probabilities of the labels of every question. Progress is told as [`Delta::Prefill`].
    ///
    /// # Errors
    /// Cancelled, the prompt is too long, or the endpoint gives no probabilities for the labels.
    async fn label_scores(
        &self,
        request: LabelRequest,
        progress: UnboundedSender<Delta>,
        cancel: CancellationToken,
    ) -> Result<LabelScores, ModelError>;

    /// Whether the model answers no more, since the process that it ran in has ended. It has to be opened again.
    fn is_gone(&self) -> bool {
        false
    }
}
