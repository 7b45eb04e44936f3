//! Reads files into the library. Each batch is committed as a whole, so that a killed process goes on behind it; a file that
//! is there unchanged is not read again.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::engine::error::EngineError;
use crate::engine::evidence::EvidenceLibrary;
use crate::engine::evidence::search::Tell;
use crate::evidence::listing::{self, FoundFile, MOST_BYTES};
use crate::evidence::reading::{self, Fields, Refusal};
use crate::store::{KeptPassage, KeptSource, StoredSource};
use crate::text::hash::content_hash;

/// Passages and files that are committed together.
const BATCH_PASSAGES: usize = 5_000;
const BATCH_FILES: usize = 256;

/// How far adding is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Files of all files; the one that is being read.
    Reading { done: usize, total: usize, file: String },
    /// Passages of all passages.
    Indexing { done: u64, total: u64 },
}

/// A file that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedFile {
    pub file: String,
    /// The end of a sentence that begins with the file.
    pub reason: String,
}

/// What adding came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Added {
    pub added: usize,
    /// Files that were there and have changed.
    pub replaced: usize,
    pub unchanged: usize,
    /// Passages of the files that were added or replaced.
    pub passages: u64,
    pub refused: Vec<RefusedFile>,
    /// What was passed over in folders, as a sentence; nothing where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_over: Option<String>,
    /// Whether it was stopped before the end.
    pub interrupted: bool,
}

/// What became of one file.
enum Outcome {
    Unchanged,
    /// Another time of change, the same bytes.
    Touched,
    Read(Box<KeptSource>),
    Refused(Refusal),
}

impl EvidenceLibrary {
    /// Adds files and what is below folders. `watch` hears how far it is, `tell` what is amiss with the index. After
    /// `cancel` what was read is kept.
    ///
    /// # Errors
    /// A path is not there, or the store or the index cannot be written. A file that cannot be taken is no error.
    pub async fn add(
        &self,
        paths: Vec<PathBuf>,
        fields: Fields,
        watch: impl Fn(Progress) + Send + Sync + 'static,
        tell: &Tell,
        cancel: &CancellationToken,
    ) -> Result<Added, EngineError> {
        let listed = tokio::task::spawn_blocking(move || listing::list(&paths));
        let listed = listed.await.map_err(|error| EngineError::Failed(error.to_string()))??;
        let mut added = Added {
            refused: listed.refused.iter().map(|(path, refusal)| refused(path, refusal)).collect(),
            passed_over: (!listed.passed_over.is_nothing()).then(|| listed.passed_over.to_string()),
            ..Added::default()
        };
        let mut known: HashMap<String, StoredSource> =
            self.sources()?.into_iter().map(|source| (source.address.clone(), source)).collect();
        let was_empty = known.is_empty();
        let fields = Arc::new(fields);
        let mut batch = Vec::new();
        let total = listed.files.len();
        for (done, file) in listed.files.into_iter().enumerate() {
            if cancel.is_cancelled() {
                added.interrupted = true;
                break;
            }
            watch(Progress::Reading { done, total, file: file.path.display().to_string() });
            let address = file.path.display().to_string();
            let before = known.remove(&address);
            let replaces = before.is_some();
            let (path, modified_ns) = (file.path.clone(), file.modified_ns);
            let fields = Arc::clone(&fields);
            let reading = tokio::task::spawn_blocking(move || outcome(&file, &fields, before.as_ref()));
            match reading.await {
                Ok(Outcome::Unchanged) => added.unchanged += 1,
                Ok(Outcome::Touched) => {
                    self.store.touch_evidence(&address, modified_ns).await?;
                    added.unchanged += 1;
                }
                Ok(Outcome::Read(source)) => {
                    *(if replaces { &mut added.replaced } else { &mut added.added }) += 1;
                    added.passages += source.passages.len() as u64;
                    batch.push(*source);
                }
                Ok(Outcome::Refused(refusal)) => added.refused.push(refused(&path, &refusal)),
                // A parser gave up on what no parser should give up on.
                Err(_) => added.refused.push(refused(&path, &Refusal::Unreadable("its reader broke".to_owned()))),
            }
            let passages: usize = batch.iter().map(|source: &KeptSource| source.passages.len()).sum();
            if passages >= BATCH_PASSAGES || batch.len() >= BATCH_FILES {
                self.store.keep_evidence(std::mem::take(&mut batch)).await?;
            }
        }
        if !batch.is_empty() {
            self.store.keep_evidence(batch).await?;
        }
        if !added.interrupted && self.passages()? > 0 {
            let stopped = cancel.clone();
            let index = move |done, total| watch(Progress::Indexing { done, total });
            let followed = self.follow(index, move || stopped.is_cancelled()).await?;
            if let Some(reason) = followed.rebuilt.filter(|_| !was_empty) {
                tell(rebuilt(&reason));
            }
            added.interrupted = cancel.is_cancelled();
        }
        Ok(added)
    }
}

/// What is said of an index that had to be made anew.
pub(super) fn rebuilt(reason: &str) -> String {
    format!(
        "The search index of the evidence library could not be used ({reason}); it was made again from the database."
    )
}

fn refused(path: &Path, refusal: &Refusal) -> RefusedFile {
    RefusedFile { file: path.display().to_string(), reason: refusal.to_string() }
}

fn outcome(file: &FoundFile, fields: &Fields, before: Option<&StoredSource>) -> Outcome {
    let way = reading::reading_of(file.kind, fields);
    let before = before.filter(|source| source.reading == way);
    if before.is_some_and(|source| source.bytes == file.bytes && source.modified_ns == file.modified_ns) {
        return Outcome::Unchanged;
    }
    let bytes = match bytes_of(file) {
        Ok(bytes) => bytes,
        Err(refusal) => return Outcome::Refused(refusal),
    };
    let hash = content_hash(&bytes).0;
    if before.is_some_and(|source| source.hash == hash) {
        return Outcome::Touched;
    }
    let document = match reading::read(&file.path, file.kind, &bytes, fields) {
        Ok(document) => document,
        Err(refusal) => return Outcome::Refused(refusal),
    };
    let passages = document.passages.into_iter();
    Outcome::Read(Box::new(KeptSource {
        address: file.path.display().to_string(),
        title: document.title,
        kind: file.kind.to_string(),
        hash,
        reading: way,
        bytes: bytes.len() as u64,
        modified_ns: file.modified_ns,
        added_at: clock::now(),
        passages: passages.map(|one| KeptPassage { id: one.id, title: one.title, text: one.text }).collect(),
    }))
}

/// A file may have grown since it was listed.
fn bytes_of(file: &FoundFile) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let read = File::open(&file.path).and_then(|opened| opened.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| Refusal::Unreadable(error.to_string()))?;
    let length = bytes.len() as u64;
    if length > MOST_BYTES { Err(Refusal::TooLarge { bytes: length, most: MOST_BYTES }) } else { Ok(bytes) }
}
