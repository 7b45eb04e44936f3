//! How a team prepares one speech: who works next, what that role is asked, and what its answer means.
//!
//! Pure: no I/O, no async, no clock, no chance. The engine runs what [`Pipeline::next`] asks for and records what
//! came back as events; from those events a new pipeline goes on at the same place. Whose speech is due is decided by
//! `domain::machine`, who won by `judge`.

pub mod ask;
pub mod brief;
pub mod fit;
#[cfg(test)]
mod fixtures;
pub mod pipeline;
pub mod remarks;
pub mod reply;
pub mod route;
pub mod setup;
pub mod stance;
pub mod step;

pub use ask::Ask;
pub use pipeline::Pipeline;
pub use setup::Setup;
pub use step::{Draft, Step};
