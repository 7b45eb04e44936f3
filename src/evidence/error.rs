//! What can go wrong with evidence, each as a sentence for the user.

use thiserror::Error;

use crate::evidence::web::WebError;

/// An error of an evidence base.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EvidenceError {
    #[error("there is no folder {path}; give --evidence a folder of .txt and .md files")]
    NoFolder { path: String },
    #[error("{path} is not a folder; give --evidence the folder that holds it")]
    NotAFolder { path: String },
    #[error("the folder {path} cannot be read: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("the folder {path} holds no text to read ({skipped}); put .txt or .md files into it")]
    Nothing { path: String, skipped: String },
    #[error("reading the evidence folder {path} stopped before its end; start the debate again")]
    Stopped { path: String },
    #[error("there is nothing at {path}; give files, or folders of files")]
    NoPath { path: String },
    #[error("the evidence library is empty; `rhetor evidence add PATH` puts files into it")]
    EmptyLibrary,
    #[error("the search index {path} is being written by another rhetor; try again when that is done, nothing is lost")]
    IndexBusy { path: String },
    #[error("the search index {path} cannot be written: {reason}; free some space or make the folder writable")]
    IndexUnwritable { path: String, reason: String },
    #[error("the search index {path} is damaged: {reason}; delete the folder, it is made again from the database")]
    IndexDamaged { path: String, reason: String },
    #[error("the evidence library cannot be searched: {0}")]
    Failed(String),
    #[error(transparent)]
    Web(#[from] WebError),
    #[error("what web search found cannot be kept: {0}")]
    NotKept(String),
    #[error("\"{given}\" names no sources; give a folder, @library, @web, @all for both, or @none")]
    NoSuchSources { given: String },
}
