//! A prospect: how probable it was, after so many speeches, that the proposition would win.

use serde::{Deserialize, Serialize};

use crate::domain::hash::ContentHash;
use crate::domain::usage::Usage;

/// The look of a cheap judge at a debate that is under way. It decides nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prospect {
    /// Speeches that had been given, at least 1.
    pub speeches: usize,
    /// That the proposition is ahead, 0 to 1.
    pub probability: f64,
    /// `RECIPE@MODEL`.
    pub judge: String,
    /// Of the speeches that were read: the same texts are never looked at twice.
    pub texts: ContentHash,
    pub usage: Usage,
}
