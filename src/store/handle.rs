//! The handle through which everything is written, and from which readers come.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use crate::store::batch::Batch;
use crate::store::connect;
use crate::store::error::StoreError;
use crate::store::reader::Reader;
use crate::store::schema::Age;
use crate::store::writer::{Append, Command, Writer};

/// The store. Clones share one owner thread; when the last one is dropped, what is queued is still written.
#[derive(Clone)]
pub struct Store {
    writer: Arc<Writer>,
    reader: Reader,
}

impl Store {
    /// Opens the database at `path`. An older one is backed up beside itself, then migrated. An absent one is made,
    /// with its folder, when something is written first; until then readers find nothing.
    ///
    /// # Errors
    /// The file is newer than this program, no database, another program's, or locked; or the migration failed.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        Store::open_with(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
    }

    pub(in crate::store) fn open_with(path: &Path, flags: OpenFlags) -> Result<Store, StoreError> {
        let reader = Reader::new(path);
        if let Age::Older(_) = reader.age()? {
            connect::writer(path, flags)?;
        }
        Ok(Store { writer: Arc::new(Writer::start(path, flags)?), reader })
    }

    /// A reader with connections of its own.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.reader.path()
    }

    /// Writes a batch and returns once it is committed. Dropping the future does not take the batch back.
    ///
    /// # Errors
    /// The error of an earlier [`Store::append_later`] of the same debate, or why this batch is refused. Then nothing
    /// of it is stored.
    pub async fn append(&self, batch: Batch) -> Result<(), StoreError> {
        let batch = batch.prepare()?;
        self.ask(|reply| Command::Append(Append { batch, reply: Some(reply) })).await?
    }

    /// Queues a batch behind all earlier ones and does not wait. If it is refused, so are all later ones of its debate
    /// until an awaited one, or [`Store::settle`], has told the error.
    ///
    /// # Errors
    /// The batch cannot be serialised, or the store has stopped.
    pub fn append_later(&self, batch: Batch) -> Result<(), StoreError> {
        self.writer.send(Command::Append(Append { batch: batch.prepare()?, reply: None }))
    }

    /// Waits until all that was queued before is committed.
    ///
    /// # Errors
    /// An error of an [`Store::append_later`] that was not told yet; if there are more, one of them.
    pub async fn settle(&self) -> Result<(), StoreError> {
        self.ask(Command::Settle).await?
    }

    /// Runs a job on the owner thread, after all that was queued before.
    pub(in crate::store) async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.ask(|reply| {
            Command::Work(Box::new(move |connection| {
                // Whoever asked may have gone; the job is done all the same.
                let _ = reply.send(connection.and_then(job));
            }))
        })
        .await?
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.writer.send(command(reply))?;
        answer.await.map_err(|_| StoreError::Stopped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Event;
    use crate::store::Filter;
    use crate::store::error::OnConnection;
    use crate::store::samples::{id, judge_said, log, one, opened, result, speech, store};

    #[tokio::test]
    async fn a_log_comes_back_without_loss() {
        let (_folder, store) = store();
        let mut events = vec![opened("This House would plant trees"), speech(0, "a\u{1b}[31m\u{0}\u{202e}é\n")];
        events.extend([0.1 + 0.2, -1.0 / 3.0, 5e-324, -0.1f64.ln_1p()].map(|value| judge_said("r", value)));
        events.push(result(None));
        let batch = log("a", events);
        store.append(batch.clone()).await.unwrap();
        assert_eq!(store.reader().entries(&id("a"), 0).unwrap(), batch.entries);
        assert_eq!(store.reader().entries(&id("a"), 5).unwrap(), batch.entries[5..]);
        assert!(store.reader().entries(&id("b"), 0).unwrap().is_empty());
    }

    #[tokio::test]
    async fn nothing_is_made_before_something_is_written() {
        let (folder, store) = store();
        let reader = store.reader();
        assert!(reader.debates(&Filter::default()).unwrap().is_empty());
        assert!(reader.outcomes().unwrap().is_empty());
        assert!(reader.search("trees", 5).unwrap().is_empty());
        assert_eq!(reader.resolve("last"), Err(StoreError::NoDebate));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

        store.append(log("a", vec![opened("m")])).await.unwrap();
        assert_eq!(reader.debates(&Filter::default()).unwrap().len(), 1);
    }

    #[tokio::test]
    async fn reading_leaves_the_file_as_it_is() {
        let (folder, store) = store();
        let path = store.path().to_owned();
        store.append(log("a", vec![opened("m")])).await.unwrap();
        drop(store);
        let before = std::fs::read(&path).unwrap();
        let store = Store::open(&path).unwrap();
        store.reader().debates(&Filter::default()).unwrap();
        assert!(
            store.reader().read(|connection| connection.execute("DELETE FROM debates", []).on(connection)).is_err()
        );
        drop(store);
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert_eq!(std::fs::read_dir(folder.path().join("data")).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn an_event_that_would_change_is_refused() {
        let (_folder, store) = store();
        let refused = store.append(log("a", vec![opened("m"), judge_said("r", f64::NAN)])).await;
        assert!(matches!(refused, Err(StoreError::Lossy { seq: 1, .. })), "{refused:?}");
        assert!(store.reader().entries(&id("a"), 0).unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_gap_is_refused_and_nothing_of_the_batch_is_stored() {
        let (_folder, store) = store();
        store.append(log("a", vec![opened("m")])).await.unwrap();
        let mut gap = one("a", 1, Event::Paused);
        gap.entries.push(one("a", 3, Event::Resumed).entries.remove(0));
        let refused = store.append(gap).await;
        assert_eq!(refused, Err(StoreError::Sequence { debate: "a".to_owned(), expected: 2, found: 3 }));
        assert_eq!(store.reader().entries(&id("a"), 0).unwrap().len(), 1);

        let twice = store.append(one("a", 0, opened("m"))).await;
        assert_eq!(twice, Err(StoreError::AlreadyStored { debate: "a".to_owned() }));
        let unopened = store.append(one("b", 0, Event::Paused)).await;
        assert_eq!(unopened, Err(StoreError::NotOpened { debate: "b".to_owned(), found: 0 }));
        let unknown = store.append(one("b", 4, Event::Paused)).await;
        assert_eq!(unknown, Err(StoreError::NotOpened { debate: "b".to_owned(), found: 4 }));
    }

    #[tokio::test]
    async fn a_database_of_a_newer_rhetor_is_refused_even_while_it_is_open() {
        let (_folder, store) = store();
        store.append(log("a", vec![opened("m")])).await.unwrap();
        let update = |version: u32| {
            let connection = Connection::open(store.path()).unwrap();
            connection.pragma_update(None, "user_version", version).unwrap();
        };
        update(99);
        let refused = Store::open(store.path()).err().unwrap();
        assert!(refused.to_string().ends_with("by a newer rhetor (version 99, this one knows 8); update rhetor"));
        assert!(matches!(store.append(one("a", 1, Event::Paused)).await, Err(StoreError::Newer { found: 99, .. })));
        assert!(matches!(store.reader().entries(&id("a"), 0), Err(StoreError::Newer { .. })));
        update(1);
        store.append(one("a", 1, Event::Paused)).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_that_is_not_ours_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("notes.txt");
        std::fs::write(&text, "These are my notes. ".repeat(100)).unwrap();
        let refused = Store::open(&text).err().unwrap();
        assert!(matches!(refused, StoreError::NotADatabase { .. }), "{refused}");
        assert!(std::fs::read_to_string(&text).unwrap().starts_with("These are my notes."));

        let other = folder.path().join("other.db");
        Connection::open(&other).unwrap().execute_batch("CREATE TABLE songs (name TEXT)").unwrap();
        let before = std::fs::read(&other).unwrap();
        assert!(matches!(Store::open(&other), Err(StoreError::Foreign { .. })));
        assert_eq!(std::fs::read(&other).unwrap(), before);
    }

    #[tokio::test]
    async fn a_damaged_database_is_said_so() {
        let (_folder, store) = store();
        let path = store.path().to_owned();
        store.append(log("a", vec![opened("m"), speech(0, &"long ".repeat(5000))])).await.unwrap();
        drop(store);
        // Opened while it was whole: which pages hold the tables' names changes with the number of tables.
        let store = Store::open(&path).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[4096..].fill(0xff);
        std::fs::write(&path, bytes).unwrap();
        let damaged = store.append(one("a", 2, Event::Paused)).await.unwrap_err();
        assert!(matches!(damaged, StoreError::Corrupt { .. }), "{damaged}");
        let damaged = Store::open(&path).and_then(|store| store.reader().debates(&Filter::default())).unwrap_err();
        assert!(matches!(damaged, StoreError::Corrupt { .. }), "{damaged}");
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let store = Store::open(&folder.path().join("file/rhetor.db")).unwrap();
        let refused = store.append(log("a", vec![opened("m")])).await.unwrap_err();
        assert!(refused.to_string().contains("file cannot be made"), "{refused}");
    }

    #[tokio::test]
    async fn an_empty_file_is_a_new_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rhetor.db");
        std::fs::write(&path, "").unwrap();
        let store = Store::open(&path).unwrap();
        assert!(store.reader().unfinished().unwrap().is_empty());
        store.append(log("a", vec![opened("m")])).await.unwrap();
        assert_eq!(store.reader().unfinished().unwrap().len(), 1);
    }
}
