//! The files themselves: built into the binary, and the user's layer over them.
//!
//! A file in the config folder stands in for the built-in file of the same path, or adds to a folder. Nothing is parsed here.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::assets::error::AssetError;
use crate::text::nearest::suggestion;

static ASSETS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/assets");
static MOTIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/motions");

/// The folder of motion packs, which lies beside `assets` and not in it.
pub const MOTION_FOLDER: &str = "motions";

/// Where a text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Built into the binary, with its path in the source tree.
    BuiltIn(String),
    /// A file of the user.
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::BuiltIn(path) => write!(f, "{path} (built in)"),
            Origin::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A file's text and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetText {
    pub text: Cow<'static, str>,
    pub origin: Origin,
}

/// Built-in files under the files of one config folder. Paths are relative and use `/`.
#[derive(Clone, Debug)]
pub struct Source {
    config: PathBuf,
}

impl Source {
    #[must_use]
    pub fn new(config: &Path) -> Source {
        Source { config: config.to_owned() }
    }

    /// The text that counts: the user's, else the built-in one.
    ///
    /// # Errors
    /// There is no such file, or the user's cannot be read.
    pub fn text(&self, path: &str) -> Result<AssetText, AssetError> {
        match self.layers(path)?.pop() {
            Some(top) => Ok(top),
            None => {
                let known: Vec<String> = ASSETS.files().map(|file| slashed(file.path())).collect();
                let nearest = suggestion(path, known.iter().map(String::as_str));
                Err(AssetError::Unknown { kind: "data file", name: path.to_owned(), nearest })
            }
        }
    }

    /// Every text of a path, the built-in one first: for files that are merged instead of replaced.
    ///
    /// # Errors
    /// The user's file cannot be read.
    pub fn layers(&self, path: &str) -> Result<Vec<AssetText>, AssetError> {
        let mut layers = Vec::new();
        layers.extend(built_in(path));
        layers.extend(self.user(path)?);
        Ok(layers)
    }

    /// The paths in a folder and the folders below it that end in `.extension`, sorted, each once.
    ///
    /// # Errors
    /// The user's folder is there and cannot be read.
    pub fn list(&self, folder: &str, extension: &str) -> Result<Vec<String>, AssetError> {
        let mut found = BTreeSet::new();
        if folder == MOTION_FOLDER {
            collect_built_in(&MOTIONS, "motions/", extension, &mut found);
        } else if let Some(dir) = ASSETS.get_dir(folder) {
            collect_built_in(dir, "", extension, &mut found);
        }
        collect_files(&self.config.join(folder), folder, extension, &mut found)?;
        Ok(found.into_iter().collect())
    }

    /// Whether a built-in pack of motions has this file name.
    #[must_use]
    pub fn is_built_in_pack(name: &str) -> bool {
        MOTIONS.get_file(name).is_some()
    }

    fn user(&self, path: &str) -> Result<Option<AssetText>, AssetError> {
        let file = self.config.join(path);
        match std::fs::read_to_string(&file) {
            Ok(text) => Ok(Some(AssetText { text: Cow::Owned(text), origin: Origin::File(file) })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(AssetError::unreadable(&file, &error)),
        }
    }
}

fn built_in(path: &str) -> Option<AssetText> {
    let (file, origin) = match path.strip_prefix("motions/") {
        Some(pack) => (MOTIONS.get_file(pack), path.to_owned()),
        None => (ASSETS.get_file(path), format!("assets/{path}")),
    };
    let text = file?.contents_utf8()?;
    Some(AssetText { text: Cow::Borrowed(text), origin: Origin::BuiltIn(origin) })
}

fn collect_built_in(dir: &Dir<'_>, prefix: &str, extension: &str, found: &mut BTreeSet<String>) {
    for file in dir.files() {
        if file.path().extension().is_some_and(|end| end == extension) {
            found.insert(format!("{prefix}{}", slashed(file.path())));
        }
    }
    for below in dir.dirs() {
        collect_built_in(below, prefix, extension, found);
    }
}

/// A path with `/` on every system.
fn slashed(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn collect_files(dir: &Path, path: &str, extension: &str, found: &mut BTreeSet<String>) -> Result<(), AssetError> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(AssetError::unreadable(dir, &error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| AssetError::unreadable(dir, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let below = format!("{path}/{name}");
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect_files(&entry.path(), &below, extension, found)?;
        // A leading dot marks what an editor or an interrupted write left behind.
        } else if !name.starts_with('.') && Path::new(&name).extension().is_some_and(|end| end == extension) {
            found.insert(below);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source_with(files: &[(&str, &str)]) -> (tempfile::TempDir, Source) {
        let home = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let file = home.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        let source = Source::new(home.path());
        (home, source)
    }

    #[test]
    fn a_user_file_stands_over_the_built_in_one() {
        let (home, source) = source_with(&[("formats/duel.toml", "mine")]);
        let text = source.text("formats/duel.toml").unwrap();
        assert_eq!(text.text, "mine");
        assert_eq!(text.origin, Origin::File(home.path().join("formats/duel.toml")));
        let layers = source.layers("formats/duel.toml").unwrap();
        assert_eq!(layers[0].origin.to_string(), "assets/formats/duel.toml (built in)");
        assert_eq!(layers.len(), 2);
    }

    #[test]
    fn a_user_file_adds_to_a_folder() {
        let (_home, source) =
            source_with(&[("formats/mine.toml", ""), ("formats/.mine.toml", ""), ("formats/a.txt", "")]);
        let listed = source.list("formats", "toml").unwrap();
        let mine = "formats/mine.toml".to_owned();
        assert!(listed.contains(&mine) && listed.contains(&"formats/duel.toml".to_owned()) && listed.is_sorted());
        assert!(listed.iter().all(|path| path.ends_with(".toml") && !path.contains("/.")), "{listed:?}");
    }

    #[test]
    fn packs_of_motions_are_one_folder_with_the_rest() {
        let (_home, source) = source_with(&[("motions/own.toml", "")]);
        let listed = source.list("motions", "toml").unwrap();
        assert!(listed.contains(&"motions/fact.toml".to_owned()) && listed.contains(&"motions/own.toml".to_owned()));
        assert_eq!(source.text("motions/fact.toml").unwrap().origin.to_string(), "motions/fact.toml (built in)");
    }

    #[test]
    fn a_missing_file_names_its_neighbours() {
        let (_home, source) = source_with(&[]);
        let error = source.text("confg.toml").unwrap_err();
        assert_eq!(error.to_string(), "there is no data file named \"confg.toml\"; did you mean \"config.toml\"?");
    }

    #[test]
    fn a_file_that_is_not_text_says_so() {
        let (home, source) = source_with(&[]);
        std::fs::write(home.path().join("config.toml"), [0xff, 0xfe, 0x00]).unwrap();
        let error = source.text("config.toml").unwrap_err().to_string();
        assert!(error.contains("config.toml cannot be read: it is not UTF-8 text"), "{error}");
    }
}
