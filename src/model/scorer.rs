//! Scoring: probabilities that a judge reads instead of text that it would have to parse.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::domain::usage::Usage;
use crate::model::chat::{Delta, Message, MessageRole};
use crate::model::error::ModelError;

/// A question whose answer is one of a few labels, or how likely it is that some texts come next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelQuestion {
    /// The conversation up to the turn that the labels belong to. Before an assistant's turn it ends with a user message,
    /// before a user's it may end with an assistant's.
    pub messages: Vec<Message>,
    /// Text that the turn is taken to have begun with, for instance `Answer: `; may be empty.
    pub lead: String,
    /// The possible continuations, at least two, for instance `A` and `B`.
    pub labels: Vec<String>,
    /// Whose turn it is. Endpoints score the assistant's only.
    #[serde(default = "assistant", skip_serializing_if = "is_assistant")]
    pub turn: MessageRole,
}

fn assistant() -> MessageRole {
    MessageRole::Assistant
}

fn is_assistant(role: &MessageRole) -> bool {
    *role == MessageRole::Assistant
}

/// Questions that share most of their messages, so that the shared prefix is read once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelRequest {
    pub questions: Vec<LabelQuestion>,
}

/// For each question the natural log-probability of each label, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelScores {
    /// Of all tokens of the label together: the text alone, neither the header of its turn nor what ends it.
    pub log_probabilities: Vec<Vec<f64>>,
    /// Tokens of each label, at least 1; a log-probability divided by it is the mean of a token.
    #[serde(default)]
    pub tokens: Vec<Vec<u32>>,
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
    /// Cancelled, the prompt is too long, or the endpoint gives no probabilities for the labels or for such a turn.
    async fn label_scores(
        &self,
        request: LabelRequest,
        progress: UnboundedSender<Delta>,
        cancel: CancellationToken,
    ) -> Result<LabelScores, ModelError>;

    /// Whether labels may be whole texts. An endpoint lists the likeliest next words only.
    fn weighs_texts(&self) -> bool {
        true
    }

    /// Whether the model answers no more, since the process that it ran in has ended. It has to be opened again.
    fn is_gone(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_about_an_answer_is_stored_as_it_always_was() {
        let stored = "{\"messages\":[],\"lead\":\"\",\"labels\":[\"A\",\"B\"]}";
        let question: LabelQuestion = serde_json::from_str(stored).unwrap();
        assert_eq!(question.turn, MessageRole::Assistant);
        assert_eq!(serde_json::to_string(&question).unwrap(), stored);
        let other = LabelQuestion { turn: MessageRole::User, ..question };
        assert_eq!(serde_json::from_str::<LabelQuestion>(&serde_json::to_string(&other).unwrap()).unwrap(), other);
    }
}
