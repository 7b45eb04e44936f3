//! The port through which agents find evidence.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::domain::evidence::EvidenceItem;
use crate::evidence::error::EvidenceError;

/// A passage that answers a query. It becomes an [`EvidenceItem`] when a side puts it into its bag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// The stable id of this passage within its base: the same words keep the same id.
    pub source: String,
    pub title: String,
    /// A file path or a web address.
    pub address: String,
    /// The passage, raw.
    pub text: String,
    /// Relevance to the query, higher is better; comparable within one query only.
    pub score: f64,
}

impl Passage {
    /// Gives the passage its label in a side's bag, for instance `E4`.
    #[must_use]
    pub fn labelled(self, label: impl Into<String>) -> EvidenceItem {
        let Passage { source, title, address, text, score } = self;
        EvidenceItem { label: label.into(), source, title, address, text, score }
    }
}

/// A body of sources that can be searched.
#[async_trait]
pub trait EvidenceBase: Send + Sync {
    /// What it is called on the screen, for instance the folder's path. Raw.
    fn name(&self) -> &str;

    /// The best passages for a query, best first, at most `limit`. No passage without a shared word is returned, so the
    /// answer may be empty.
    ///
    /// # Errors
    /// When the base cannot be read or reached. Finding nothing is no error.
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Passage>, EvidenceError>;
}
