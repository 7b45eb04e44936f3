//! Reading: logs, results and requests. Each use borrows a connection that cannot write; the writer is never asked.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use crate::domain::event::{DebateId, Entry};
use crate::domain::hash::ContentHash;
use crate::domain::verdict::Outcome;
use crate::store::connect;
use crate::store::error::{OnConnection, StoreError};
use crate::store::schema::{self, Age};
use crate::store::summary;

/// The most connections that are kept open between uses.
const IDLE: usize = 2;

/// Reads the database. Clones share their connections. Calls block for as long as the disk takes, usually under a
/// millisecond.
#[derive(Clone)]
pub struct Reader {
    path: Arc<Path>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

/// A result with its place in the log of its debate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedOutcome {
    pub debate: DebateId,
    pub seq: u64,
    /// RFC 3339.
    pub at: String,
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Its place among all results of this database, from 1.
    #[serde(skip)]
    pub number: i64,
}

impl Reader {
    pub(in crate::store) fn new(path: &Path) -> Reader {
        Reader { path: path.into(), idle: Arc::default() }
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How old the database is. An absent one is [`Age::Empty`].
    pub(in crate::store) fn age(&self) -> Result<Age, StoreError> {
        if !self.path.exists() {
            return Ok(Age::Empty);
        }
        let connection = connect::reader(&self.path)?;
        let age = schema::age(&connection)?;
        if age == Age::Current {
            self.give_back(connection);
        }
        Ok(age)
    }

    /// The events of a debate from `from_seq` on, in order. Empty if there are none.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn entries(&self, debate: &DebateId, from_seq: u64) -> Result<Vec<Entry>, StoreError> {
        let select = "SELECT seq, at, body FROM events WHERE debate = ?1 AND seq >= ?2 ORDER BY seq";
        let entry = |(seq, at, body): (u64, String, String)| {
            let damaged = |error: serde_json::Error| StoreError::Damaged {
                debate: debate.0.clone(),
                seq,
                reason: error.to_string(),
            };
            Ok(Entry { debate: debate.clone(), seq, at, event: serde_json::from_str(&body).map_err(damaged)? })
        };
        self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let rows = select.query_map(params![debate.0, from_seq], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
            rows.on(connection)?.map(|row| entry(row.on(connection)?)).collect()
        })
    }

    /// Every result in the order in which they were recorded, those of pruned debates too.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn outcomes(&self) -> Result<Vec<RecordedOutcome>, StoreError> {
        self.outcomes_after(0)
    }

    /// The results that were recorded after the one of a number, in order; numbers count from 1.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn outcomes_after(&self, number: i64) -> Result<Vec<RecordedOutcome>, StoreError> {
        let select = "SELECT debate, seq, at, outcome, number FROM results WHERE number > ?1 ORDER BY number";
        self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let rows = select.query_map([number], |row| {
                let outcome = summary::json(3, &row.get::<_, String>(3)?)?;
                let (debate, number) = (DebateId(row.get(0)?), row.get(4)?);
                Ok(RecordedOutcome { debate, seq: row.get(1)?, at: row.get(2)?, outcome, number })
            });
            rows.and_then(Iterator::collect).on(connection)
        })
    }

    /// A stored request by its hash.
    ///
    /// # Errors
    /// The database cannot be read, or the request is damaged.
    pub fn request(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>, StoreError> {
        let select = "SELECT body FROM requests WHERE hash = ?1";
        let packed: Option<Vec<u8>> = self
            .read(|connection| connection.query_row(select, [&hash.0], |row| row.get(0)).optional().on(connection))?;
        let unpacked = packed.map(|packed| zstd::decode_all(packed.as_slice())).transpose();
        unpacked.map_err(|error| StoreError::Failed {
            path: self.path.display().to_string(),
            reason: format!("request {hash}: {error}"),
        })
    }

    /// Lends a connection to `work`. While there is no database the answer is the default: nothing.
    pub(in crate::store) fn read<T: Default>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None if !self.path.exists() => return Ok(T::default()),
            None => connect::reader(&self.path)?,
        };
        if schema::age(&connection)? == Age::Empty {
            return Ok(T::default());
        }
        let answer = work(&connection);
        self.give_back(connection);
        answer
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE {
            idle.push(connection);
        }
    }
}
