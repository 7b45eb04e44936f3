//! Writing a user's file so that a crash leaves the old one or the new one, never half of either.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::assets::error::AssetError;

/// Replaces a file, or makes it and its folder. A link is followed, and permissions are kept.
///
/// # Errors
/// The folder or the file cannot be written; nothing was changed then.
pub fn replace_file(path: &Path, text: &str) -> Result<(), AssetError> {
    replace(path, text)
        .map_err(|error| AssetError::Unwritable { file: path.display().to_string(), reason: error.to_string() })
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().unwrap_or(Path::new("."));
    let name = target.file_name().ok_or_else(|| io::Error::other("it names no file"))?.to_string_lossy();
    fs::create_dir_all(folder)?;
    // Beside the target, since a rename is atomic within one file system only.
    let draft = folder.join(format!(".{name}.{}.new", std::process::id()));
    let written = (|| {
        let mut file = File::create(&draft)?;
        file.write_all(text.as_bytes())?;
        if let Ok(old) = fs::metadata(&target) {
            file.set_permissions(old.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&draft, &target)
    })();
    if written.is_err() {
        // The first error tells more than a failure to tidy up after it.
        let _ = fs::remove_file(&draft);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_its_folder_are_made_and_nothing_else_is_left() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("motions/own.toml");
        replace_file(&path, "a").unwrap();
        replace_file(&path, "b").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "b");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("motions"), "a file, not a folder").unwrap();
        let error = replace_file(&home.path().join("motions/own.toml"), "a").unwrap_err().to_string();
        assert!(error.contains("own.toml cannot be written") && error.ends_with("nothing was changed"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_linked_file_stays_a_link_and_keeps_its_permissions() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let home = tempfile::tempdir().unwrap();
        let (real, link) = (home.path().join("real"), home.path().join("link"));
        fs::write(&real, "a").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&real, &link).unwrap();
        replace_file(&link, "b").unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "b");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
