//! Models behind any endpoint that speaks the OpenAI chat-completions protocol.
//!
//! The protocol is written on reqwest. The crate async-openai (0.43) was read first: its stream deltas have no field
//! for reasoning, its stream goes through an unbounded channel, and it parses each event into owned structures that
//! this program would copy again. The splitting of events is ours too: eventsource-stream moves the rest of its
//! buffer at each line and sets no limit to the length of one, and BENCHMARKS.md shows what that costs.
//!
//! Here live the wire, retries, the stream and label scores. Presets are data; keys come from the credentials.

pub mod answer;
pub mod client;
pub mod endpoint;
pub mod estimate;
pub mod events;
pub mod fault;
pub mod listing;
pub mod model;
pub mod preset;
#[cfg(test)]
pub mod raw_server;
pub mod request;
pub mod retry;
pub mod scorer;
pub mod stream;
pub mod wire;

pub use endpoint::{Endpoint, EndpointOptions};
pub use listing::{ListedModel, list_models};
pub use model::RemoteModel;
pub use preset::{EndpointPreset, Presets, parse_presets};
