//! What a person has written and not handed in: a file for each place of a debate, so that a kill loses nothing of it.

use std::fs;
use std::path::PathBuf;

use crate::assets::{Paths, replace_file};
use crate::domain::event::DebateId;
use crate::domain::team::Role;
use crate::engine::error::EngineError;
use crate::engine::queries::Queries;
use crate::text::hash::content_hash;

/// A longer file is none of ours.
const MOST: u64 = 256 * 1024;

impl Queries {
    /// What was written last at a place; `None` if nothing was, or it cannot be read.
    #[must_use]
    pub fn draft(&self, debate: &DebateId, speech: usize, role: Role) -> Option<String> {
        let path = file(self.paths(), debate, speech, role);
        if fs::metadata(&path).ok()?.len() > MOST {
            return None;
        }
        fs::read_to_string(path).ok().filter(|text| !text.trim().is_empty())
    }

    /// Keeps what is written at a place so far.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep_draft(&self, debate: &DebateId, speech: usize, role: Role, text: &str) -> Result<(), EngineError> {
        Ok(replace_file(&file(self.paths(), debate, speech, role), text)?)
    }
}

/// A debate that is over has no drafts.
pub(super) fn forget(paths: &Paths, debate: &DebateId) {
    // A file that stays is never offered again.
    drop(fs::remove_dir_all(folder(paths, debate)));
}

fn folder(paths: &Paths, debate: &DebateId) -> PathBuf {
    paths.drafts.join(content_hash(debate.0.as_bytes()).short())
}

fn file(paths: &Paths, debate: &DebateId, speech: usize, role: Role) -> PathBuf {
    folder(paths, debate).join(format!("{}-{role}.txt", speech + 1))
}
