//! Judges: a recipe at a model, as a pure plan of calls.
//!
//! [`plan::Plan`] folds the answers that came so far into the calls that are still needed, or into a ballot. Files go by
//! the axes of a recipe, never by its name: how it reads, scores, votes, which rules it keeps, how it combines. Nothing
//! here calls a model, reads a file, a clock or a random number.

mod answer;
mod ballot;
pub mod call;
mod checks;
pub mod coaching;
mod combination;
pub mod credit;
mod docket;
pub mod estimate;
mod fit;
pub mod plan;
mod quotes;
mod reading;
#[cfg(test)]
mod rehearsal;
pub mod rules;
mod scoring;
mod transcript;
mod view;
mod voting;

pub use call::{CallKind, JudgeCall, LabelAsk, Prompt, ReplyAsk, Writing};
pub use estimate::{Estimate, estimate};
pub use plan::{Next, Plan, Sitting};
pub use quotes::quotes;
pub use rules::MasterKeys;
