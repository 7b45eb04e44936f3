//! Which files are read, and reading one: never more than a bound, never what is no plain file.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::assets::error::AssetError;
use crate::assets::transcripts::unusable;

/// The largest file that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// How a file is written, told by its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Json,
    JsonLines,
    Markdown,
    Yaml,
}

impl Form {
    fn of(path: &Path) -> Option<Form> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "json" => Some(Form::Json),
            "jsonl" | "ndjson" => Some(Form::JsonLines),
            "md" | "markdown" => Some(Form::Markdown),
            "yml" | "yaml" => Some(Form::Yaml),
            _ => None,
        }
    }
}

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    pub path: PathBuf,
    pub form: Form,
}

/// The file itself, or the files of a folder, sorted by their paths.
///
/// # Errors
/// There is no such path, its ending is not known, or the folder holds no file of a known ending.
pub fn under(path: &Path) -> Result<Vec<SourceFile>, AssetError> {
    let unreadable = |error: std::io::Error| AssetError::unreadable(path, &error);
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        let known = "its ending is none of .json, .jsonl, .ndjson, .md, .markdown, .yml and .yaml, which are read; \
                     rename it after what it holds";
        let form = Form::of(path).ok_or_else(|| unusable(&path.display().to_string(), known))?;
        return Ok(vec![SourceFile { path: path.to_owned(), form }]);
    }
    let mut files = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| AssetError::unreadable(&folder, &error))? {
            let entry = entry.map_err(|error| AssetError::unreadable(&folder, &error))?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let kind = entry.file_type().map_err(|error| AssetError::unreadable(&entry.path(), &error))?;
            // A link to a folder is not followed: it may lead back up.
            if kind.is_dir() {
                folders.push(entry.path());
            } else if let Some(form) = Form::of(&entry.path()) {
                files.push(SourceFile { path: entry.path(), form });
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    if files.is_empty() {
        let reason =
            "the folder holds no JSON, JSON Lines, Markdown or YAML file; put the debates there, or name another";
        return Err(unusable(&path.display().to_string(), reason));
    }
    Ok(files)
}

/// The text of a file, without a byte order mark.
///
/// # Errors
/// It is no plain file, is too large, cannot be read, or is not UTF-8.
pub fn text(path: &Path) -> Result<String, AssetError> {
    let unreadable = |error: std::io::Error| AssetError::unreadable(path, &error);
    let name = path.display().to_string();
    // Opening a pipe would wait for whoever writes to it.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(unusable(&name, "it is no plain file; copy what it holds into one"));
    }
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text));
    match read {
        // The bound may have cut a character in two.
        _ if fs::metadata(path).map_err(unreadable)?.len() > LARGEST || text.len() as u64 > LARGEST => {
            Err(unusable(&name, format!("it is larger than {} MB; split it", LARGEST >> 20)))
        }
        Err(error) => Err(unreadable(error)),
        Ok(_) => Ok(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        }),
    }
}
