//! Debates and pairs by other people, read into transcripts. A file for each form; what a judge makes of them is said
//! elsewhere.
//!
//! Set-up text (context, info slides, teams) stays out: it is never judged. A file that is broken takes nothing else with it.

mod debatrix;
mod document;
mod exported;
mod files;
mod markdown;
mod rows;
mod shape;
mod sides;

pub use crate::assets::transcripts::shape::problem;

use std::path::Path;

use crate::assets::error::AssetError;
use crate::assets::transcripts::debatrix::Part;
use crate::assets::transcripts::files::{Form, SourceFile};
use crate::domain::transcript::Transcript;

/// A transcript and where it came from: `FILE`, or `FILE:LINE` where a file holds more than one.
#[derive(Clone, Debug, PartialEq)]
pub struct Sourced {
    pub source: String,
    pub transcript: Transcript,
}

/// What was read, in the order of files and lines, and what could not be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Import {
    pub found: Vec<Sourced>,
    pub failed: Vec<AssetError>,
}

/// What one file gave.
type Read = Vec<Result<Sourced, AssetError>>;

/// Reads a file, or every file of a folder and of the folders in it whose ending is known. Hidden files are passed over.
///
/// # Errors
/// The path cannot be read, names a file whose ending is not known, or a folder without any file that could be read.
pub fn import(path: &Path) -> Result<Import, AssetError> {
    let files = files::under(path)?;
    let mut parts: Vec<(usize, Part)> = Vec::new();
    let mut read: Vec<(usize, Result<Sourced, AssetError>)> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        match content(file) {
            Ok(Content::Whole(found)) => read.extend(found.into_iter().map(|row| (index, row))),
            Ok(Content::Part(part)) => parts.push((index, part)),
            Err(error) => read.push((index, Err(error))),
        }
    }
    read.extend(debatrix::joined(parts));
    // Stable: the rows of one file stay in their order.
    read.sort_by_key(|(index, _)| *index);
    let mut import = Import::default();
    for (_, row) in read {
        match row {
            Ok(found) => import.found.push(found),
            Err(error) => import.failed.push(error),
        }
    }
    Ok(import)
}

enum Content {
    Whole(Read),
    /// A motion without its speeches, or speeches without their motion.
    Part(Part),
}

fn content(file: &SourceFile) -> Result<Content, AssetError> {
    let text = files::text(&file.path)?;
    let name = file.path.display().to_string();
    Ok(match file.form {
        Form::Json => Content::Whole(document::read(&name, &text)),
        Form::JsonLines => Content::Whole(rows::lines(&name, &text)),
        Form::Markdown if exported::is_ours(&text) => Content::Whole(vec![exported::read(&name, &text)]),
        Form::Markdown => Content::Whole(vec![markdown::read(&name, &text)]),
        Form::Yaml => match debatrix::read(&file.path, &text)? {
            debatrix::Debate::Whole(found) => Content::Whole(vec![Ok(found)]),
            debatrix::Debate::Part(part) => Content::Part(part),
        },
    })
}

/// A fault at the beginning of a line; lines count from 1.
fn fault(file: &str, line: usize, reason: impl Into<String>) -> AssetError {
    AssetError::Broken { file: file.to_owned(), line, column: 1, reason: reason.into() }
}

/// A fault of a whole file.
fn unusable(file: &str, reason: impl Into<String>) -> AssetError {
    AssetError::Invalid { file: file.to_owned(), reason: reason.into() }
}

#[cfg(test)]
mod tests;
