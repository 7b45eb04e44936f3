//! What can be wrong with a file that a user may change, each as a sentence that names the place and the mend.

use std::io::ErrorKind;
use std::path::Path;

use thiserror::Error;

/// An error of a data file, a template or a folder.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AssetError {
    /// The file does not parse. Lines and columns count from 1; columns count characters.
    #[error("{file}, line {line}, column {column}: {reason}")]
    Broken { file: String, line: usize, column: usize, reason: String },
    /// The file parses, but what it says cannot be used.
    #[error("{file}: {reason}")]
    Invalid { file: String, reason: String },
    /// `nearest` is empty or a clause that begins with a semicolon.
    #[error("there is no {kind} named \"{name}\"{nearest}")]
    Unknown { kind: &'static str, name: String, nearest: String },
    #[error("{file} cannot be read: {reason}")]
    Unreadable { file: String, reason: String },
    #[error("{file} cannot be written: {reason}; nothing was changed")]
    Unwritable { file: String, reason: String },
    #[error("no home folder was found for this user; set RHETOR_HOME to a folder that rhetor may use")]
    Homeless,
}

impl AssetError {
    /// A file or folder that the system does not let us read, with the mend where one is known.
    #[must_use]
    pub fn unreadable(path: &Path, error: &std::io::Error) -> AssetError {
        let reason = match error.kind() {
            ErrorKind::NotFound => "there is no such file; check the path".to_owned(),
            ErrorKind::IsADirectory => "it is a folder; name a file in it".to_owned(),
            ErrorKind::InvalidData => "it is not UTF-8 text; save it as UTF-8".to_owned(),
            ErrorKind::PermissionDenied => "this user may not read it; change its permissions".to_owned(),
            _ => error.to_string(),
        };
        AssetError::Unreadable { file: path.display().to_string(), reason }
    }
}
