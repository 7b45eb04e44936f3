//! What can go wrong with evidence, each as a sentence for the user.

use thiserror::Error;

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
}
