//! Which files a path stands for: the file itself, or those below a folder. Nothing is opened here, and no link inside a
//! folder is followed, so a folder that links to itself ends.

use std::fmt;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::evidence::error::EvidenceError;
use crate::evidence::reading::{Kind, Refusal};
use crate::text::count::reasons;

/// Bytes of one file.
pub const MOST_BYTES: u64 = 64 << 20;

/// Folders within folders.
const MOST_DEPTH: usize = 64;

/// Files and folders looked at, all together.
const MOST_ENTRIES: usize = 1_000_000;

/// A file that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Absolute, without links.
    pub path: PathBuf,
    pub kind: Kind,
    pub bytes: u64,
    /// When it was changed last, in nanoseconds since 1970; 0 where the system does not tell.
    pub modified_ns: i64,
}

/// What paths stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Each once, in the order of the paths given and of the names in each folder.
    pub files: Vec<FoundFile>,
    /// Files that were meant and cannot be taken.
    pub refused: Vec<(PathBuf, Refusal)>,
    pub passed_over: PassedOver,
}

/// What was passed over in folders, by reason. Names that begin with a dot are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassedOver {
    pub other_kinds: usize,
    pub links: usize,
    pub unreadable: usize,
    /// Too deep, or after too many.
    pub beyond_bounds: usize,
}

impl PassedOver {
    /// Whether there was nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == PassedOver::default()
    }
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.other_kinds, "of another kind"),
            (self.links, "symbolic links"),
            (self.unreadable, "unreadable"),
            (self.beyond_bounds, "too deep or too many"),
        ];
        write!(f, "passed over: {}", reasons(&counts).unwrap_or_else(|| "nothing".to_owned()))
    }
}

/// Lists the files that paths stand for. A path that is given may be a link; what it leads to counts.
///
/// # Errors
/// A path is not there or cannot be looked at. A file that cannot be taken is listed as refused instead.
pub fn list(paths: &[PathBuf]) -> Result<Listing, EvidenceError> {
    let mut walk = Walk { listing: Listing::default(), seen: 0 };
    for given in paths {
        let unreadable = |error: io::Error| {
            let path = given.display().to_string();
            match error.kind() {
                io::ErrorKind::NotFound => EvidenceError::NoPath { path },
                _ => EvidenceError::Unreadable { path, reason: error.to_string() },
            }
        };
        let path = fs::canonicalize(given).map_err(unreadable)?;
        let metadata = fs::metadata(&path).map_err(unreadable)?;
        if metadata.is_dir() {
            let entries = entries(&path).map_err(unreadable)?;
            walk.visit(entries, 0);
        } else if Kind::of(&path).is_none() {
            walk.listing.refused.push((path, Refusal::OtherKind));
        } else {
            walk.take(path, &metadata);
        }
    }
    let mut seen = std::collections::HashSet::new();
    walk.listing.files.retain(|file| seen.insert(file.path.clone()));
    Ok(walk.listing)
}

fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.retain(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    entries.sort_by_key(fs::DirEntry::file_name);
    Ok(entries)
}

struct Walk {
    listing: Listing,
    seen: usize,
}

impl Walk {
    fn visit(&mut self, found: Vec<fs::DirEntry>, depth: usize) {
        for entry in found {
            self.seen += 1;
            let path = entry.path();
            let passed_over = &mut self.listing.passed_over;
            match entry.file_type() {
                _ if self.seen > MOST_ENTRIES => passed_over.beyond_bounds += 1,
                Ok(kind) if kind.is_symlink() => passed_over.links += 1,
                Ok(kind) if kind.is_dir() && depth >= MOST_DEPTH => passed_over.beyond_bounds += 1,
                Ok(kind) if kind.is_dir() => match entries(&path) {
                    Ok(below) => self.visit(below, depth + 1),
                    Err(_) => passed_over.unreadable += 1,
                },
                Ok(kind) if kind.is_file() && Kind::of(&path).is_some() => match entry.metadata() {
                    Ok(metadata) => self.take(path, &metadata),
                    Err(_) => passed_over.unreadable += 1,
                },
                Ok(_) => passed_over.other_kinds += 1,
                Err(_) => passed_over.unreadable += 1,
            }
        }
    }

    fn take(&mut self, path: PathBuf, metadata: &Metadata) {
        let Some(kind) = Kind::of(&path) else { return };
        let bytes = metadata.len();
        if !metadata.is_file() {
            self.listing.refused.push((path, Refusal::Unreadable("it is no file".to_owned())));
        } else if bytes > MOST_BYTES {
            self.listing.refused.push((path, Refusal::TooLarge { bytes, most: MOST_BYTES }));
        } else {
            self.listing.files.push(FoundFile { path, kind, bytes, modified_ns: modified_ns(metadata) });
        }
    }
}

fn modified_ns(metadata: &Metadata) -> i64 {
    let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(listing: &Listing) -> Vec<String> {
        listing.files.iter().map(|file| file.path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn files_and_folders_are_listed_once_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("b")).unwrap();
        for name in ["c.txt", "b/a.HTML", "picture.png", ".hidden.txt", "d.jsonl"] {
            fs::write(folder.path().join(name), "words").unwrap();
        }
        let file = folder.path().join("d.jsonl");
        let listing = list(&[file.clone(), folder.path().to_owned(), file]).unwrap();
        assert_eq!(names(&listing), ["d.jsonl", "a.HTML", "c.txt"]);
        assert_eq!(listing.passed_over.to_string(), "passed over: 1 of another kind");
        assert_eq!((listing.files[0].kind, listing.files[0].bytes), (Kind::Rows, 5));
        assert!(listing.files[0].modified_ns > 0);
    }

    #[test]
    fn a_file_that_was_meant_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let picture = folder.path().join("picture.png");
        fs::write(&picture, "x").unwrap();
        let sparse = folder.path().join("big.txt");
        fs::File::create(&sparse).unwrap().set_len(2 << 30).unwrap();
        let listing = list(&[picture, folder.path().to_owned()]).unwrap();
        let said: Vec<String> = listing.refused.iter().map(|(_, refusal)| refusal.to_string()).collect();
        assert_eq!(
            said,
            [
                "is of a kind that cannot be read; give .txt, .md, .html, .pdf or .jsonl",
                "holds 2048 MiB, and 64 MiB is the most for one file; split it"
            ]
        );
        let missing = folder.path().join("missing");
        let error = list(std::slice::from_ref(&missing)).unwrap_err();
        assert_eq!(error, EvidenceError::NoPath { path: missing.display().to_string() });
    }

    #[cfg(unix)]
    #[test]
    fn a_loop_of_links_ends_and_a_link_that_was_given_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "words").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
        let outside = tempfile::tempdir().unwrap();
        let link = outside.path().join("link");
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        let listing = list(&[link]).unwrap();
        assert_eq!((names(&listing), listing.passed_over.links), (vec!["a.txt".to_owned()], 1));
    }
}
