//! Reads the text files of a folder, within bounds. Nothing outside the folder is ever opened.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::evidence::error::EvidenceError;
use crate::text::count::reasons;

/// Bounds of one folder. What lies beyond them is skipped and counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Folders within folders.
    pub depth: usize,
    /// Entries looked at, files and folders together.
    pub entries: usize,
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of all files together.
    pub total: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { depth: 8, entries: 20_000, file: 2 << 20, total: 128 << 20 }
    }
}

/// A file that was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TextFile {
    /// The path below the folder, with `/` on every system.
    pub name: String,
    pub path: PathBuf,
    pub text: String,
}

/// How many entries were left out, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Neither `.txt` nor `.md`.
    pub other_kinds: usize,
    /// Larger than 2 MiB.
    pub too_large: usize,
    /// Not valid UTF-8, or with NUL bytes.
    pub not_text: usize,
    /// Symbolic links. They may lead out of the folder.
    pub links: usize,
    /// Could not be opened or read.
    pub unreadable: usize,
    /// Too deep, or after too many entries or bytes.
    pub beyond_bounds: usize,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.other_kinds, "of another kind"),
            (self.too_large, "over 2 MiB"),
            (self.not_text, "not UTF-8 text"),
            (self.links, "symbolic links"),
            (self.unreadable, "unreadable"),
            (self.beyond_bounds, "too deep or too many"),
        ];
        match reasons(&counts) {
            None => f.write_str("nothing skipped"),
            Some(said) => write!(f, "skipped: {said}"),
        }
    }
}

/// Reads all `.txt` and `.md` files below a folder, in the order of their names. Names that begin with a dot are passed
/// over in silence.
///
/// # Errors
/// When the folder is missing, is no folder, or cannot be listed. A file that cannot be read is counted instead.
pub(crate) fn read_folder(folder: &Path, bounds: Bounds) -> Result<(Vec<TextFile>, Skipped), EvidenceError> {
    let path = folder.display().to_string();
    let metadata = fs::metadata(folder).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => EvidenceError::NoFolder { path: path.clone() },
        _ => EvidenceError::Unreadable { path: path.clone(), reason: error.to_string() },
    })?;
    if !metadata.is_dir() {
        return Err(EvidenceError::NotAFolder { path });
    }
    let entries = list(folder).map_err(|error| EvidenceError::Unreadable { path, reason: error.to_string() })?;
    let mut walk = Walk { bounds, left: bounds.total, seen: 0, files: Vec::new(), skipped: Skipped::default() };
    walk.visit(entries, "", 0);
    Ok((walk.files, walk.skipped))
}

fn list(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.retain(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    entries.sort_by_key(fs::DirEntry::file_name);
    Ok(entries)
}

struct Walk {
    bounds: Bounds,
    left: u64,
    seen: usize,
    files: Vec<TextFile>,
    skipped: Skipped,
}

impl Walk {
    fn visit(&mut self, entries: Vec<fs::DirEntry>, above: &str, depth: usize) {
        for entry in entries {
            self.seen += 1;
            let name = format!("{above}{}", entry.file_name().to_string_lossy());
            // The type of the entry itself: a link is never followed.
            match entry.file_type() {
                _ if self.seen > self.bounds.entries => self.skipped.beyond_bounds += 1,
                Ok(kind) if kind.is_symlink() => self.skipped.links += 1,
                Ok(kind) if kind.is_dir() && depth >= self.bounds.depth => self.skipped.beyond_bounds += 1,
                Ok(kind) if kind.is_dir() => match list(&entry.path()) {
                    Ok(entries) => self.visit(entries, &format!("{name}/"), depth + 1),
                    Err(_) => self.skipped.unreadable += 1,
                },
                Ok(kind) if kind.is_file() && is_text_name(&name) => self.read(name, entry.path()),
                Ok(_) => self.skipped.other_kinds += 1,
                Err(_) => self.skipped.unreadable += 1,
            }
        }
    }

    fn read(&mut self, name: String, path: PathBuf) {
        let mut bytes = Vec::new();
        // One byte more than allowed tells a file that is too large, also one that grows while it is read.
        let read = File::open(&path).and_then(|file| file.take(self.bounds.file + 1).read_to_end(&mut bytes));
        let length = bytes.len() as u64;
        match (read, String::from_utf8(bytes)) {
            (Err(_), _) => self.skipped.unreadable += 1,
            _ if length > self.bounds.file => self.skipped.too_large += 1,
            _ if length > self.left => self.skipped.beyond_bounds += 1,
            (Ok(_), Ok(text)) if !text.contains('\0') => {
                self.left -= length;
                self.files.push(TextFile { name, path, text });
            }
            _ => self.skipped.not_text += 1,
        }
    }
}

fn is_text_name(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    matches!(extension.as_deref(), Some("txt" | "md" | "markdown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    fn names(files: &[TextFile]) -> Vec<&str> {
        files.iter().map(|file| file.name.as_str()).collect()
    }

    #[test]
    fn text_files_are_read_in_order_and_the_rest_is_counted() {
        let folder = folder(&[
            ("b.md", b"two"),
            ("a/c.TXT", b"one"),
            ("picture.png", b"\x89PNG"),
            ("latin.txt", b"caf\xe9"),
            ("nul.txt", b"a\0b"),
            (".git/config.txt", b"hidden"),
        ]);
        let (files, skipped) = read_folder(folder.path(), Bounds::default()).unwrap();
        assert_eq!(names(&files), ["a/c.TXT", "b.md"]);
        assert_eq!(skipped, Skipped { other_kinds: 1, not_text: 2, ..Skipped::default() });
        assert_eq!(skipped.to_string(), "skipped: 1 of another kind, 2 not UTF-8 text");
    }

    #[test]
    fn bounds_hold() {
        let folder = folder(&[("a.txt", b"12345"), ("b.txt", b"123456"), ("c.txt", b"1234"), ("d/e/f.txt", b"1")]);
        let bounds = Bounds { depth: 1, entries: 5, file: 5, total: 8 };
        let (files, skipped) = read_folder(folder.path(), bounds).unwrap();
        assert_eq!(names(&files), ["a.txt"]);
        assert_eq!(skipped, Skipped { too_large: 1, beyond_bounds: 2, ..Skipped::default() });
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let outside = folder(&[("secret.txt", b"secret")]);
        let inside = folder(&[("a.txt", b"open")]);
        std::os::unix::fs::symlink(outside.path().join("secret.txt"), inside.path().join("file.txt")).unwrap();
        std::os::unix::fs::symlink(outside.path(), inside.path().join("folder")).unwrap();
        std::os::unix::fs::symlink(inside.path(), inside.path().join("loop")).unwrap();
        let (files, skipped) = read_folder(inside.path(), Bounds::default()).unwrap();
        assert_eq!((names(&files), skipped.links), (vec!["a.txt"], 3));
    }

    #[test]
    fn a_missing_folder_and_a_file_are_named() {
        let folder = folder(&[("a.txt", b"text")]);
        let missing = folder.path().join("missing");
        let error = read_folder(&missing, Bounds::default()).unwrap_err();
        assert_eq!(error, EvidenceError::NoFolder { path: missing.display().to_string() });
        let file = folder.path().join("a.txt");
        let error = read_folder(&file, Bounds::default()).unwrap_err();
        assert_eq!(error, EvidenceError::NotAFolder { path: file.display().to_string() });
    }
}
