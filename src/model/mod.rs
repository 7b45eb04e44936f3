//! Language models behind three traits: [`ChatModel`] writes, [`Scorer`] reads probabilities, [`Embedder`] turns text into
//! vectors.
//!
//! Requests are plain data, so that an engine can live in another process. Nothing here knows what a debate is,
//! counts money against a ceiling, or looks up a model for a caller: ports are passed as arguments.

pub mod catalogue;
pub mod chat;
pub mod credentials;
pub mod details;
pub mod discover;
pub mod embedder;
pub mod error;
pub mod gpu;
pub mod local;
pub mod peer;
pub mod process;
pub mod pull;
pub mod registry;
pub mod remote;
pub mod scorer;
pub mod scripted;
pub mod speeds;
pub mod stop;
pub mod thinking;

pub use chat::{Card, ChatModel, ChatRequest, Delta, DeltaStream, Message, MessageRole, Sampling, StopReason};
pub use embedder::{EmbedRequest, Embedder, Embedding, Embeddings};
pub use error::ModelError;
pub use scorer::{LabelQuestion, LabelRequest, LabelScores, Scorer};
