//! What can go wrong with a model, each as a sentence for the user.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::chat::MessageRole;

/// An error of a model or an endpoint.
#[derive(Clone, Debug, PartialEq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelError {
    #[error("the call was cancelled")]
    Cancelled,
    #[error(
        "the prompt has {tokens} tokens, but {model} takes at most {limit}; choose a model with a longer context or a shorter format"
    )]
    PromptTooLong { model: String, tokens: usize, limit: usize },
    #[error("there is no model named \"{name}\"; `rhetor models list` shows what there is{nearest}")]
    Unknown { name: String, nearest: String },
    #[error("model {name} is not on this machine; `rhetor models pull {name}` fetches it")]
    NotPulled { name: String },
    #[error("{path} cannot be read: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("{path} is not a GGUF file")]
    NotGguf { path: String },
    #[error("{path} is truncated: it ends at {actual} bytes, its header promises {expected}; pull it again")]
    Truncated { path: String, actual: u64, expected: u64 },
    #[error("{path} has the architecture \"{architecture}\", which rhetor does not run; it runs {known}")]
    Architecture { path: String, architecture: String, known: String },
    #[error("{path} has the tokenizer \"{tokenizer}\", which rhetor does not know; it knows {known}")]
    Tokenizer { path: String, tokenizer: String, known: String },
    #[error("{model} has no chat template, so it cannot debate; it can still score as a judge")]
    NoTemplate { model: String },
    #[error("the chat template of {model} cannot be used: {reason}")]
    Template { model: String, reason: String },
    #[error("{model} needs about {needed} of memory and {free} is free; choose a smaller model (`rhetor models list`)")]
    Memory { model: String, needed: String, free: String },
    #[error("{model} stopped working: {reason}")]
    Inference { model: String, reason: String },
    #[error("{endpoint} cannot be reached: {reason}; is it running?")]
    Unreachable { endpoint: String, reason: String },
    #[error("{endpoint} refused the key (status {status}); set {key_env} or write it to credentials.toml")]
    Unauthorized { endpoint: String, status: u16, key_env: String },
    #[error("{endpoint} answered status {status}: {message}")]
    Status { endpoint: String, status: u16, message: String },
    #[error("{endpoint} asks to wait{wait} (status 429); it was tried {tries} times")]
    RateLimited { endpoint: String, wait: String, tries: u32 },
    #[error("{endpoint} did not answer in the OpenAI protocol: {reason}")]
    Protocol { endpoint: String, reason: String },
    #[error("{endpoint} sent nothing for {seconds} seconds")]
    Stalled { endpoint: String, seconds: u64 },
    #[error("{endpoint} cut the answer off before its end")]
    Cut { endpoint: String },
    #[error("{model} cannot be held to the JSON Schema of this call: {reason}; simplify the schema")]
    Schema { model: String, reason: String },
    #[error(
        "an answer that follows the JSON Schema of this call takes {tokens} tokens, and {model} has room for {limit}; \
         allow more tokens or choose a model with a longer context"
    )]
    NoRoom { model: String, tokens: usize, limit: usize },
    #[error("{model} gives no probabilities for the labels {labels}; choose a judge recipe that works without them")]
    NoProbabilities { model: String, labels: String },
    #[error(
        "{model} gives probabilities of what it would answer and not of what the {turn} says next; \
         choose a model on this machine (`rhetor models list`)"
    )]
    OnlyAnswers { model: String, turn: MessageRole },
    #[error("{server} cannot be compared with: {reason}")]
    Peer { server: String, reason: String },
    #[error(
        "{model} is an encoder: it turns text into vectors (`rhetor models embed`) and can neither debate nor judge"
    )]
    OnlyEmbeds { model: String },
    #[error("{model} gives no vectors; name a model on this machine (`rhetor models list`)")]
    NoEmbeddings { model: String },
    #[error(
        "{model} is an encoder, which reads each text by itself and has one vector for it; leave --layer and --before out"
    )]
    WholeTexts { model: String },
    #[error("{model} has no layer {layer}; 0 is its embedding table and {layers} its last layer")]
    NoLayer { model: String, layer: usize, layers: usize },
    #[error("text {number} is empty, so there is nothing to embed; leave it out")]
    EmptyText { number: usize },
    #[error("{name} could not be fetched: {reason}")]
    Pull { name: String, reason: String },
    #[error("{0}")]
    Setup(String),
}

/// A TOML error as one sentence with file, line and what was expected. The text itself is never quoted at length.
#[must_use]
pub fn toml_sentence(file: &str, text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or(text).matches('\n').count() + 1);
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    format!("{file}, line {line}: {message}")
}
