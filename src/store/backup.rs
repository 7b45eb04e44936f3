//! Copies of the whole database, complete or not there at all.

use std::fs::{self, File};
use std::path::Path;

use rusqlite::Connection;

use crate::store::connect;
use crate::store::error::StoreError;
use crate::store::handle::Store;

impl Store {
    /// Writes a copy of the database as it is now. Debates may go on meanwhile.
    ///
    /// # Errors
    /// `to` exists, cannot be written, or there is no database yet.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        if to.exists() {
            return Err(StoreError::Exists { path: to.display().to_string() });
        }
        if !self.path().exists() {
            return Err(StoreError::NothingToBackUp { path: self.path().display().to_string() });
        }
        snapshot(&connect::plain(self.path())?, to)
    }
}

/// Writes a consistent copy to `to`, over an earlier one if need be. It gets its name only once it is on the disk.
pub fn snapshot(connection: &Connection, to: &Path) -> Result<(), StoreError> {
    let source = Path::new(connection.path().unwrap_or_default());
    let failed = |reason: String| StoreError::Backup { path: to.display().to_string(), reason };
    let file = to.file_name().and_then(|name| name.to_str());
    let file = file.ok_or_else(|| failed("it is not a file name in UTF-8".to_owned()))?;
    let partial = to.with_file_name(format!(".{file}.partial"));
    let name = partial.to_str().ok_or_else(|| failed("its folder is not UTF-8".to_owned()))?;
    let written = remove_if_there(&partial)
        .map_err(|error| failed(error.to_string()))
        .and_then(|()| {
            let copied = connection.execute("VACUUM INTO ?1", [name]);
            copied.map_err(|error| match StoreError::from_sqlite(source, &error) {
                at_source @ (StoreError::Locked { .. } | StoreError::Corrupt { .. }) => at_source,
                _ => failed(error.to_string()),
            })
        })
        .and_then(|_| publish(&partial, to).map_err(|error| failed(error.to_string())));
    if written.is_err() {
        // The first error is the one to tell; what stays behind is overwritten by the next copy.
        let _ = fs::remove_file(&partial);
    }
    written
}

fn publish(partial: &Path, to: &Path) -> std::io::Result<()> {
    File::options().write(true).open(partial)?.sync_all()?;
    fs::rename(partial, to)
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Event;
    use crate::store::samples::{id, log, one, opened, store};

    #[tokio::test]
    async fn a_backup_is_a_store_and_never_overwrites() {
        let (folder, store) = store();
        let to = folder.path().join("copy.db");
        assert!(matches!(store.backup(&to), Err(StoreError::NothingToBackUp { .. })));
        store.append(log("a", vec![opened("m")])).await.unwrap();
        store.backup(&to).unwrap();
        store.append(one("a", 1, Event::Paused)).await.unwrap();
        assert_eq!(store.backup(&to), Err(StoreError::Exists { path: to.display().to_string() }));

        let copy = Store::open(&to).unwrap();
        assert_eq!(copy.reader().entries(&id("a"), 0).unwrap().len(), 1);
        copy.append(one("a", 1, Event::Resumed)).await.unwrap();
    }

    #[tokio::test]
    async fn a_backup_that_fails_leaves_nothing_behind() {
        let (folder, store) = store();
        store.append(log("a", vec![opened("m")])).await.unwrap();
        let missing = folder.path().join("missing/copy.db");
        let failed = store.backup(&missing).unwrap_err();
        assert!(failed.to_string().starts_with(&format!("the copy {} could", missing.display())), "{failed}");
        let kept: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(kept, ["data"]);
    }
}
