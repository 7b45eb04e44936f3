//! The text of record of the evidence library: sources, their passages, and the vectors of passages.
//!
//! [`keep`] writes, [`read`] reads. What is in a file, and how passages are found, is decided elsewhere.

mod keep;
mod read;
mod vectors;

pub use keep::{KeptPassage, KeptSource};
pub use read::{LibraryMark, StoredPassage, StoredSource};
