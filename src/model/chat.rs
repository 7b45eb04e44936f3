//! Chat: a list of messages goes in, a stream of [`Delta`]s comes out.

use std::fmt;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::domain::hash::ContentHash;
use crate::domain::usage::Usage;
use crate::model::error::ModelError;

/// Who a message is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageRole {
    System,
    User,
    Assistant,
}

impl MessageRole {
    /// The name that chat templates and the wire protocol use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            MessageRole::System => "system",
            MessageRole::User => "user",
            MessageRole::Assistant => "assistant",
        }
    }
}

impl fmt::Display for MessageRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: MessageRole,
    pub content: String,
}

impl Message {
    #[must_use]
    pub fn system(content: impl Into<String>) -> Message {
        Message { role: MessageRole::System, content: content.into() }
    }

    #[must_use]
    pub fn user(content: impl Into<String>) -> Message {
        Message { role: MessageRole::User, content: content.into() }
    }

    #[must_use]
    pub fn assistant(content: impl Into<String>) -> Message {
        Message { role: MessageRole::Assistant, content: content.into() }
    }
}

/// How tokens are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 takes the most likely token; else divides the logits.
    pub temperature: f64,
    /// Nucleus mass, in (0, 1].
    pub top_p: f64,
    /// Divides the logits of tokens already written; 1 does nothing. Endpoints that do not know it ignore it.
    pub repetition_penalty: f64,
    pub seed: u64,
}

/// A call, complete and serialisable: stored by content and run again from there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    pub messages: Vec<Message>,
    /// The most tokens to write, at least 1.
    pub max_tokens: u32,
    pub sampling: Sampling,
    /// Writing ends before any of these strings; none of them is part of the answer.
    #[serde(default)]
    pub stop: Vec<String>,
    /// A JSON Schema that the answer must follow. Models on this machine are held to it, token by token, and write the
    /// properties in the order of the schema; there the schema alone says where the answer ends, so `stop` does nothing.
    /// An endpoint that cannot be held to it is asked in words only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<serde_json::Value>,
}

/// Why a model stopped writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The model ended its turn, or a stop string was met.
    End,
    /// `max_tokens` were written.
    Length,
    /// The caller cancelled; what came before is kept.
    Cancelled,
}

/// One step of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delta {
    /// Prompt tokens read so far.
    Prefill {
        done: usize,
        total: usize,
    },
    Text(String),
    /// Private reasoning; never part of a speech.
    Reasoning(String),
    Usage(Usage),
    /// The last delta of a stream that ended well or was cancelled.
    Done(StopReason),
}

/// A stream of deltas. It ends after `Done` or after the first error. Dropping it cancels the call.
pub type DeltaStream = BoxStream<'static, Result<Delta, ModelError>>;

/// What is known about a model before it is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// The name that found it.
    pub name: String,
    /// SHA-256 of a local file, or a hash of endpoint and model name.
    pub hash: ContentHash,
    /// Architecture or vendor family, for instance `llama`; empty if unknown.
    pub family: String,
    /// The most tokens of prompt and answer together.
    pub context: usize,
    /// Whether it runs on this machine.
    pub local: bool,
    /// Dollars for a million prompt tokens and a million written tokens; `None` if unknown or free.
    pub price: Option<Price>,
}

/// Dollars for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub prompt: f64,
    pub completion: f64,
}

/// A model that writes.
#[async_trait]
pub trait ChatModel: Send + Sync {
    fn card(&self) -> &Card;

    /// Starts a call. Cancelling ends the stream with `Done(Cancelled)` within one token; the text so far is kept.
    ///
    /// # Errors
    /// Before the first token: the endpoint refused, the prompt is too long, and so on. Later errors come in the stream.
    async fn stream(&self, request: ChatRequest, cancel: CancellationToken) -> Result<DeltaStream, ModelError>;

    /// The number of tokens of a text, exact for local models and estimated from above for remote ones.
    fn count_tokens(&self, text: &str) -> usize;
}
