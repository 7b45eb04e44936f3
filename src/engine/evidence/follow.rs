//! Brings the search index up to what the database holds, and makes it anew where it is lost or damaged.
//!
//! One process writes at a time: it holds a lock on a file beside the index. Others search what is there meanwhile.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::engine::error::EngineError;
use crate::engine::evidence::EvidenceLibrary;
use crate::evidence::EvidenceError;
use crate::evidence::index::{IndexFault, IndexWriting, PassageIndex, Position};
use crate::store::{LibraryMark, Reader};

/// Passages that are read from the database at a time.
const PAGE: usize = 5_000;

/// Passages after which what was indexed is committed, so that a killed process has not worked for nothing.
const COMMIT: usize = 100_000;

/// An index that is up to date, and what was wrong with the one before it, if that had to be made anew.
pub(super) struct Followed {
    pub index: PassageIndex,
    pub rebuilt: Option<String>,
}

impl EvidenceLibrary {
    /// Opens the index and adds what it lacks. `tell` hears how many passages of how many it has; once `stop` is true, the rest
    /// is left for the next time.
    pub(super) async fn follow(
        &self,
        tell: impl Fn(u64, u64) + Send + 'static,
        stop: impl Fn() -> bool + Send + 'static,
    ) -> Result<Followed, EngineError> {
        let (folder, reader) = (self.index.clone(), self.reader.clone());
        let following =
            tokio::task::spawn_blocking(move || Follower { folder: &folder, reader: &reader }.run(&tell, &stop));
        following.await.map_err(|error| EngineError::Failed(format!("the search index could not be made: {error}")))?
    }

    /// Throws the index away, if nobody writes to it, and makes it anew.
    pub(super) async fn rebuild(&self) -> Result<PassageIndex, EngineError> {
        let (folder, reader) = (self.index.clone(), self.reader.clone());
        let rebuilding = tokio::task::spawn_blocking(move || {
            let follower = Follower { folder: &folder, reader: &reader };
            let _lock = follower.lock()?;
            let index = PassageIndex::create(&folder).map_err(|fault| follower.error(fault))?;
            follower.catch_up(index, reader.evidence_mark()?, &|_, _| {}, &|| false)
        });
        rebuilding.await.map_err(|error| EngineError::Failed(format!("the search index could not be made: {error}")))?
    }
}

/// What there is of an index.
enum Found {
    /// It holds all that the database holds.
    Complete(PassageIndex),
    Behind(PassageIndex),
    /// It was never made, or is lost.
    Nothing,
    /// Why it cannot be used.
    Unusable(String),
}

struct Follower<'a> {
    folder: &'a Path,
    reader: &'a Reader,
}

impl Follower<'_> {
    fn run(&self, tell: &dyn Fn(u64, u64), stop: &dyn Fn() -> bool) -> Result<Followed, EngineError> {
        let mark = self.reader.evidence_mark()?;
        let usable = match self.find(mark)? {
            Found::Complete(index) => return Ok(Followed { index, rebuilt: None }),
            Found::Behind(index) => Some(index),
            Found::Nothing | Found::Unusable(_) => None,
        };
        let _lock = match (self.try_lock()?, usable) {
            (Some(lock), _) => lock,
            // Whoever holds the lock is bringing it up to date.
            (None, Some(index)) => return Ok(Followed { index, rebuilt: None }),
            (None, None) => self.lock()?,
        };
        let mark = self.reader.evidence_mark()?;
        let (index, rebuilt) = match self.find(mark)? {
            Found::Complete(index) => return Ok(Followed { index, rebuilt: None }),
            Found::Behind(index) => match index.check() {
                Ok(()) => (Some(index), None),
                Err(fault) => (None, Some(fault.to_string())),
            },
            Found::Nothing => (None, None),
            Found::Unusable(reason) => (None, Some(reason)),
        };
        let index = match index {
            Some(index) => index,
            None => PassageIndex::create(self.folder).map_err(|fault| self.error(fault))?,
        };
        Ok(Followed { index: self.catch_up(index, mark, tell, stop)?, rebuilt })
    }

    fn find(&self, mark: LibraryMark) -> Result<Found, EngineError> {
        let opened = PassageIndex::open(self.folder).and_then(|index| match index {
            None => Ok(None),
            Some(index) => index.position().map(|position| Some((index, position))),
        });
        let (index, position) = match opened {
            Ok(Some(opened)) => opened,
            Ok(None) => return Ok(Found::Nothing),
            Err(IndexFault::Damaged(reason)) => return Ok(Found::Unusable(reason)),
            Err(fault) => return Err(self.error(fault)),
        };
        let ahead = position.passage > mark.passage || position.removed > mark.removed;
        let same = position.source == 0
            || self.reader.evidence_added_at(position.source)?.as_deref() == Some(position.added_at.as_str());
        if ahead || !same {
            return Ok(Found::Unusable("it was made from another database".to_owned()));
        }
        let complete = position.passage == mark.passage && position.removed == mark.removed;
        Ok(if complete { Found::Complete(index) } else { Found::Behind(index) })
    }

    fn catch_up(
        &self,
        index: PassageIndex,
        mark: LibraryMark,
        tell: &dyn Fn(u64, u64),
        stop: &dyn Fn() -> bool,
    ) -> Result<PassageIndex, EngineError> {
        let mut writing = index.write().map_err(|fault| self.error(fault))?;
        let position = index.position().map_err(|fault| self.error(fault))?;
        self.write(&mut writing, position, mark, tell, stop)?;
        writing.finish().and_then(|()| index.reload()).map_err(|fault| self.error(fault))?;
        Ok(index)
    }

    fn write(
        &self,
        writing: &mut IndexWriting,
        mut position: Position,
        mark: LibraryMark,
        tell: &dyn Fn(u64, u64),
        stop: &dyn Fn() -> bool,
    ) -> Result<(), EngineError> {
        for (at, source) in self.reader.evidence_removed_after(position.removed)? {
            writing.remove(source);
            position.removed = at;
        }
        let total = self.reader.evidence_count()?;
        let missing = u64::try_from(mark.passage - position.passage).unwrap_or(0);
        let mut done = total.saturating_sub(missing);
        let mut uncommitted = 0;
        loop {
            let page = self.reader.evidence_after(position.passage, PAGE)?;
            let Some(last) = page.last() else { break };
            for passage in &page {
                writing
                    .add(passage.number, passage.source, &passage.title, &passage.text)
                    .map_err(|fault| self.error(fault))?;
            }
            position.passage = last.number;
            position.source = last.source;
            position.added_at.clone_from(&last.added_at);
            done += page.len() as u64;
            uncommitted += page.len();
            tell(done.min(total), total);
            if stop() {
                return writing.commit(position).map_err(|fault| self.error(fault));
            }
            if uncommitted >= COMMIT {
                uncommitted = 0;
                writing.commit(position.clone()).map_err(|fault| self.error(fault))?;
            }
        }
        // Numbers at the end may have gone; there is nothing left to read before the mark.
        position.passage = position.passage.max(mark.passage);
        writing.commit(position).map_err(|fault| self.error(fault))
    }

    fn lock_file(&self) -> Result<File, EngineError> {
        let path = self.folder.with_extension("lock");
        let made = self.folder.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| File::create(&path));
        made.map_err(|error| self.error(IndexFault::Unwritable(error.to_string())))
    }

    fn lock(&self) -> Result<File, EngineError> {
        let file = self.lock_file()?;
        file.lock().map_err(|error| self.error(IndexFault::Unwritable(error.to_string())))?;
        Ok(file)
    }

    fn try_lock(&self) -> Result<Option<File>, EngineError> {
        let file = self.lock_file()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(self.error(IndexFault::Unwritable(error.to_string()))),
        }
    }

    fn error(&self, fault: IndexFault) -> EngineError {
        let path = self.folder.display().to_string();
        EngineError::Evidence(match fault {
            IndexFault::Busy => EvidenceError::IndexBusy { path },
            IndexFault::Damaged(reason) => EvidenceError::IndexDamaged { path, reason },
            IndexFault::Unwritable(reason) => EvidenceError::IndexUnwritable { path, reason },
        })
    }
}
