//! Reads what a role said. Small models put words in odd places, so every reader is tolerant and none of them fails.

pub mod plain;
pub mod queries;
pub mod verdict;
pub mod written;

pub use plain::plain;
pub use queries::queries;
pub use verdict::{Verdict, verdict};
pub use written::{Written, handwritten, written};
