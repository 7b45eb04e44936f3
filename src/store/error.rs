//! What can go wrong with the store, each as a sentence for the user.

use std::path::Path;

use rusqlite::{Connection, ErrorCode};
use thiserror::Error;

use crate::store::lease::Holder;

/// An error of the store. Whatever was acknowledged before it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    #[error("{path} is locked by another program; close whatever else has it open and try again")]
    Locked { path: String },
    #[error("{path} is read-only; make it writable, or set RHETOR_HOME to a folder that is")]
    ReadOnly { path: String },
    #[error("there is no room left to write {path}; free some space and try again, nothing shown as done is lost")]
    Full { path: String },
    #[error("{path} was written by a newer rhetor (version {found}, this one knows {known}); update rhetor")]
    Newer { path: String, found: usize, known: usize },
    #[error("{path} is not a database; move it away, or set RHETOR_HOME to another folder")]
    NotADatabase { path: String },
    #[error("{path} is the database of another program; move it away, or set RHETOR_HOME to another folder")]
    Foreign { path: String },
    #[error("{path} is damaged; put a backup in its place (`rhetor backup` makes them)")]
    Corrupt { path: String },
    #[error("{path} cannot be opened: {reason}; check the folder, or set RHETOR_HOME to another one")]
    Unopenable { path: String, reason: String },
    #[error("{path} could not be brought up to date: {reason}; it is as it was, and a copy of it is beside it")]
    Migration { path: String, reason: String },
    #[error("{path} could not be read or written: {reason}")]
    Failed { path: String, reason: String },
    #[error("{path} exists already; name a file that does not")]
    Exists { path: String },
    #[error("the copy {path} could not be written: {reason}")]
    Backup { path: String, reason: String },
    #[error("there is nothing to back up yet: {path} does not exist")]
    NothingToBackUp { path: String },
    #[error(
        "debate {debate} goes on with event {expected}, but event {found} was given; another process may have written to it, so resume it from its log"
    )]
    Sequence { debate: String, expected: u64, found: u64 },
    #[error("debate {debate} is stored already")]
    AlreadyStored { debate: String },
    #[error(
        "debate {debate} is not in the store, so event {found} cannot be added to it; a log begins with its opening"
    )]
    NotOpened { debate: String, found: u64 },
    #[error("event {seq} of debate {debate} cannot be stored without loss: {reason}")]
    Lossy { debate: String, seq: u64, reason: String },
    #[error("event {seq} of debate {debate} cannot be read: {reason}; put a backup in the database's place")]
    Damaged { debate: String, seq: u64, reason: String },
    #[error("{key} is being run by {holder}; follow it there, or end that process and try again")]
    Held { key: String, holder: Holder },
    #[error("{key} was taken over by another process; this one stops writing to it")]
    LeaseLost { key: String },
    #[error("there is no debate yet; `rhetor debate` starts one")]
    NoDebate,
    #[error("no judgement's id begins with \"{given}\"; `rhetor judge list` lists them")]
    NoJudgement { given: String },
    #[error("more than one judgement's id begins with \"{given}\"; give more of it")]
    AmbiguousJudgement { given: String },
    #[error("no debate's id begins with \"{given}\"; `rhetor history` lists them")]
    Unknown { given: String },
    #[error("more than one debate's id begins with \"{given}\"; give more of it: {}", .candidates.join(", "))]
    Ambiguous { given: String, candidates: Vec<String> },
    #[error("there is no tournament yet; `rhetor tournament run` starts one")]
    NoTournament,
    #[error("no tournament's id begins with \"{given}\", and none has this name; `rhetor tournament list` lists them")]
    NoSuchTournament { given: String },
    #[error("more than one tournament is meant by \"{given}\"; give more of its id: {}", .candidates.join(", "))]
    AmbiguousTournament { given: String, candidates: Vec<String> },
    #[error("the store has stopped; start rhetor again")]
    Stopped,
}

impl StoreError {
    /// Turns an error of SQLite into a sentence about the file at `path`.
    pub(in crate::store) fn from_sqlite(path: &Path, error: &rusqlite::Error) -> StoreError {
        let reason = error.to_string();
        let path = path.display().to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::ReadOnly { path },
            Some(ErrorCode::DiskFull) => StoreError::Full { path },
            Some(ErrorCode::NotADatabase) => StoreError::NotADatabase { path },
            Some(ErrorCode::DatabaseCorrupt) => StoreError::Corrupt { path },
            Some(ErrorCode::CannotOpen) => StoreError::Unopenable { path, reason },
            _ => StoreError::Failed { path, reason },
        }
    }
}

/// Names the file when a statement fails.
pub trait OnConnection<T> {
    /// Turns an error of SQLite into a [`StoreError`] about this connection's file.
    fn on(self, connection: &Connection) -> Result<T, StoreError>;
}

impl<T> OnConnection<T> for Result<T, rusqlite::Error> {
    fn on(self, connection: &Connection) -> Result<T, StoreError> {
        self.map_err(|error| StoreError::from_sqlite(Path::new(connection.path().unwrap_or_default()), &error))
    }
}
