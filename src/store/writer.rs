//! The owner thread: the only place that writes. It commits all that is queued as one group, so that a slow disk costs
//! one wait and not one for each event.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use crate::domain::event::DebateId;
use crate::store::append;
use crate::store::batch::Prepared;
use crate::store::connect;
use crate::store::error::StoreError;
use crate::store::transaction::{self, within_savepoint};

/// A job that needs the connection, or hears why there is none.
pub type Job = Box<dyn FnOnce(Result<&mut Connection, StoreError>) + Send>;

/// What the owner thread is asked to do, in order.
pub enum Command {
    Append(Append),
    /// Tells the errors that nobody was told.
    Settle(oneshot::Sender<Result<(), StoreError>>),
    Work(Job),
}

/// A batch to write, and whom to tell. Without a reply it is written later and its error waits.
pub struct Append {
    pub batch: Prepared,
    pub reply: Option<oneshot::Sender<Result<(), StoreError>>>,
}

/// The thread and the way to it.
pub struct Writer {
    /// `None` only while it is dropped.
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. It opens the database when it has something to do.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(path: &Path, flags: OpenFlags) -> Result<Writer, StoreError> {
        let (commands, queue) = mpsc::channel();
        let owner = Owner { path: path.to_owned(), flags, connection: None, untold: HashMap::new() };
        let thread = thread::Builder::new().name("store".to_owned()).spawn(move || owner.serve(&queue));
        let thread = thread.map_err(|error| StoreError::Failed {
            path: path.display().to_string(),
            reason: format!("no thread can be started: {error}"),
        })?;
        Ok(Writer { commands: Some(commands), thread: Some(thread) })
    }

    /// Queues a command.
    ///
    /// # Errors
    /// The thread has ended.
    pub fn send(&self, command: Command) -> Result<(), StoreError> {
        let commands = self.commands.as_ref().ok_or(StoreError::Stopped)?;
        commands.send(command).map_err(|_| StoreError::Stopped)
    }
}

impl Drop for Writer {
    /// Waits until all that is queued is written.
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has told everybody who waited by hanging up.
            let _ = thread.join();
        }
    }
}

struct Owner {
    path: PathBuf,
    flags: OpenFlags,
    connection: Option<Connection>,
    untold: Untold,
}

/// The first error of each debate whose batch failed while nobody waited.
type Untold = HashMap<DebateId, StoreError>;

impl Owner {
    fn serve(mut self, queue: &Receiver<Command>) {
        while let Ok(first) = queue.recv() {
            let mut group = Vec::new();
            for command in std::iter::once(first).chain(queue.try_iter()) {
                match command {
                    Command::Append(append) => group.push(append),
                    Command::Settle(reply) => {
                        self.write(std::mem::take(&mut group));
                        let untold = self.untold.drain().next().map_or(Ok(()), |(_, error)| Err(error));
                        let _ = reply.send(untold);
                    }
                    Command::Work(job) => {
                        self.write(std::mem::take(&mut group));
                        job(self.connection());
                    }
                }
            }
            self.write(group);
        }
    }

    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        if self.connection.is_none() {
            self.connection = Some(connect::writer(&self.path, self.flags)?);
        }
        self.connection.as_mut().ok_or(StoreError::Stopped)
    }

    fn write(&mut self, group: Vec<Append>) {
        let results = self.commit(&group);
        for (append, result) in group.into_iter().zip(results) {
            if let Some(reply) = append.reply {
                // Whoever asked may have gone; the batch is written all the same.
                let _ = reply.send(result);
            }
        }
    }

    /// Commits a group, one result for each batch. What does not fit on the disk as a group is tried batch by batch, so
    /// that a large one does not take small ones with it.
    fn commit(&mut self, group: &[Append]) -> Vec<Result<(), StoreError>> {
        if group.is_empty() {
            return Vec::new();
        }
        let mut untold = self.untold.clone();
        match self.connection().and_then(|connection| together(connection, group, &mut untold)) {
            Ok(results) => {
                self.untold = untold;
                results
            }
            Err(StoreError::Full { .. }) if group.len() > 1 => {
                group.iter().flat_map(|append| self.commit(slice::from_ref(append))).collect()
            }
            Err(error) => {
                group.iter().for_each(|append| note(&mut self.untold, append, &error));
                vec![Err(error); group.len()]
            }
        }
    }
}

/// Writes a group in one transaction.
///
/// # Errors
/// The transaction did not come about or was lost; nothing of the group is stored.
fn together(
    connection: &mut Connection,
    group: &[Append],
    untold: &mut Untold,
) -> Result<Vec<Result<(), StoreError>>, StoreError> {
    let mut transaction = transaction::begin(connection)?;
    let mut results = Vec::with_capacity(group.len());
    for append in group {
        let earlier = append.batch.debates().find_map(|debate| untold.get(debate)).cloned();
        let written = match earlier {
            Some(error) => Err(error),
            None => within_savepoint(&mut transaction, |savepoint| append::append(savepoint, &append.batch)),
        };
        if let Err(error) = &written {
            // On some errors SQLite takes the whole transaction back by itself.
            if transaction.is_autocommit() {
                return Err(error.clone());
            }
            note(untold, append, error);
        }
        results.push(written);
    }
    transaction::commit(transaction)?;
    Ok(results)
}

/// Keeps the first error that nobody waits for, until somebody does.
fn note(untold: &mut Untold, append: &Append, error: &StoreError) {
    for debate in append.batch.debates() {
        if append.reply.is_some() {
            untold.remove(debate);
        } else if !untold.contains_key(debate) {
            untold.insert(debate.clone(), error.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;
    use crate::domain::event::Event;
    use crate::store::error::OnConnection;
    use crate::store::samples::{id, log, one, opened, speech, store};
    use crate::store::{Batch, Store};

    /// Holds the owner thread until the returned sender is dropped, so that what follows becomes one group.
    fn hold(store: &Store) -> Sender<()> {
        let (release, held) = mpsc::channel::<()>();
        let store = store.clone();
        tokio::spawn(async move {
            let job = move |_: &mut Connection| {
                let _ = held.recv();
                Ok(())
            };
            store.work(job).await
        });
        release
    }

    async fn append_all(store: &Store, batches: Vec<Batch>) -> Vec<Result<(), StoreError>> {
        let release = hold(store);
        tokio::task::yield_now().await;
        let waiting = join_all(batches.into_iter().map(|batch| store.append(batch)));
        tokio::join!(waiting, async { drop(release) }).0
    }

    async fn limit_pages(store: &Store, more: i64) {
        let limit = move |connection: &mut Connection| {
            let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).on(connection)?;
            connection.query_row(&format!("PRAGMA max_page_count = {}", pages + more), [], |_| Ok(())).on(connection)
        };
        store.work(limit).await.unwrap();
    }

    #[tokio::test]
    async fn a_failing_batch_leaves_its_neighbours_alone() {
        let (_folder, store) = store();
        let batches = vec![
            log("a", vec![opened("m")]),
            one("a", 7, Event::Paused),
            log("b", vec![opened("m"), Event::Paused]),
            one("a", 1, Event::Paused),
        ];
        let results = append_all(&store, batches).await;
        assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, true]);
        assert_eq!(store.reader().entries(&id("a"), 0).unwrap().len(), 2);
        assert_eq!(store.reader().entries(&id("b"), 0).unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_full_disk_takes_only_what_does_not_fit() {
        let (_folder, store) = store();
        store.append(log("a", vec![opened("m")])).await.unwrap();
        limit_pages(&store, 24).await;
        let large = "many words ".repeat(100_000);
        let batches = vec![
            log("b", vec![opened("m")]),
            log("c", vec![opened("m"), speech(0, &large)]),
            one("a", 1, Event::Paused),
        ];
        let results = append_all(&store, batches).await;
        assert_eq!(results[0], Ok(()));
        assert!(matches!(results[1], Err(StoreError::Full { .. })), "{:?}", results[1]);
        assert_eq!(results[2], Ok(()));
        assert!(store.reader().entries(&id("c"), 0).unwrap().is_empty());
        assert!(store.reader().search("many", 1).unwrap().is_empty());

        limit_pages(&store, 100_000).await;
        store.append(log("c", vec![opened("m"), speech(0, &large)])).await.unwrap();
    }

    #[tokio::test]
    async fn a_database_that_is_read_only_or_locked_is_said_so_and_can_be_written_later() {
        let (_folder, store) = store();
        store.append(log("a", vec![opened("m")])).await.unwrap();

        let read_only = Store::open_with(store.path(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let refused = read_only.append(one("a", 1, Event::Paused)).await;
        assert!(matches!(refused, Err(StoreError::ReadOnly { .. })), "{refused:?}");
        assert_eq!(read_only.reader().entries(&id("a"), 0).unwrap().len(), 1);

        store.work(|connection| connection.busy_timeout(std::time::Duration::ZERO).on(connection)).await.unwrap();
        let other = Connection::open(store.path()).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let refused = store.append(one("a", 1, Event::Paused)).await;
        assert!(matches!(refused, Err(StoreError::Locked { .. })), "{refused:?}");
        drop(other);
        store.append(one("a", 1, Event::Paused)).await.unwrap();
        assert_eq!(store.reader().entries(&id("a"), 0).unwrap().len(), 2);
    }

    #[tokio::test]
    async fn the_error_of_a_batch_nobody_waited_for_is_told_by_the_next_one_of_its_debate() {
        let (_folder, store) = store();
        store.append(log("a", vec![opened("m")])).await.unwrap();
        store.append_later(one("a", 3, Event::Paused)).unwrap();
        store.append_later(one("a", 1, Event::Paused)).unwrap();
        store.append(log("b", vec![opened("m")])).await.unwrap();
        let gap = StoreError::Sequence { debate: "a".to_owned(), expected: 1, found: 3 };
        assert_eq!(store.append(one("a", 1, Event::Paused)).await, Err(gap.clone()));
        store.append(one("a", 1, Event::Paused)).await.unwrap();

        store.append_later(one("a", 3, Event::Paused)).unwrap();
        assert!(matches!(store.settle().await, Err(StoreError::Sequence { expected: 2, .. })));
        store.settle().await.unwrap();
        assert_eq!(store.reader().entries(&id("a"), 0).unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_dropped_store_writes_what_is_queued() {
        let (_folder, store) = store();
        let path = store.path().to_owned();
        store.append_later(log("a", vec![opened("m")])).unwrap();
        for seq in 1..200 {
            store.append_later(one("a", seq, Event::Paused)).unwrap();
        }
        drop(store);
        assert_eq!(Store::open(&path).unwrap().reader().entries(&id("a"), 0).unwrap().len(), 200);
    }
}
