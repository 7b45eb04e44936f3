//! Models in another process: the second program `rhetor-engine`, which serves them on a GPU.
//!
//! The two speak over the standard streams of the child, one JSON document a line: `protocol` has the words, `server`
//! is the child's side, `child` starts it, `connection` sorts its answers by call, `model` is a [`ChatModel`] and
//! [`Scorer`] over it, and `engine` is the door: it starts the program when the first model is opened, and again when
//! it has ended. What a model does is not decided here: behind the pipe is the [`LocalModel`] that the processor runs.
//!
//! [`ChatModel`]: crate::model::chat::ChatModel
//! [`Scorer`]: crate::model::scorer::Scorer
//! [`LocalModel`]: crate::model::local::LocalModel

mod child;
mod connection;
mod engine;
mod model;
pub mod protocol;
pub mod server;
#[cfg(test)]
mod tests;

pub use child::{Failure, Program};
pub use engine::Engine;
pub use model::EngineModel;
