//! The evidence library at work. The database holds the text of record, a search index beside it finds passages, and what
//! the index lacks it is given from the database: so nothing is lost with it.
//!
//! `add` reads files, `follow` brings the index up to date, `search` serves debates and people, `web` searches the web
//! with the settings' service, `both` does both, `choose` says what a debate searches.

mod add;
mod both;
pub mod choose;
mod follow;
mod rerank;
mod search;
mod web;

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::engine::error::EngineError;
use crate::store::{Reader, Store, StoredSource};

pub use add::{Added, Progress, RefusedFile};
pub use search::{LibraryBase, Tell};
pub(in crate::engine) use web::HOLDS;

/// A user's library.
#[derive(Clone)]
pub struct EvidenceLibrary {
    store: Store,
    reader: Reader,
    /// The folder of the search index.
    index: PathBuf,
}

/// Files that have gone from the disk, and what the library still holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Removed {
    pub removed: Vec<String>,
    pub files: usize,
    pub passages: u64,
}

impl EvidenceLibrary {
    pub(super) fn new(store: &Store, index: &Path) -> EvidenceLibrary {
        EvidenceLibrary { store: store.clone(), reader: store.reader(), index: index.to_owned() }
    }

    /// Every file of the library, in the order of the addresses.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn sources(&self) -> Result<Vec<StoredSource>, EngineError> {
        Ok(self.reader.evidence_sources()?)
    }

    /// How many passages there are.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn passages(&self) -> Result<u64, EngineError> {
        Ok(self.reader.evidence_count()?)
    }

    /// Takes out what has gone from the disk. A file that is there and cannot be read stays.
    ///
    /// # Errors
    /// The store or the index cannot be written.
    pub async fn prune(&self) -> Result<Removed, EngineError> {
        let gone = |source: &StoredSource| {
            let looked = std::fs::metadata(&source.address);
            looked.is_err_and(|error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
        };
        let removed: Vec<String> = self.sources()?.into_iter().filter(gone).map(|source| source.address).collect();
        if !removed.is_empty() {
            self.store.remove_evidence(removed.clone()).await?;
            self.follow(|_, _| {}, || false).await?;
        }
        Ok(Removed { removed, files: self.sources()?.len(), passages: self.passages()? })
    }
}
