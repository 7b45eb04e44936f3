//! Reading the library: its sources, its passages by number, and what has changed since.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use crate::store::Reader;
use crate::store::error::{OnConnection, StoreError};

/// A source as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredSource {
    #[serde(skip)]
    pub number: i64,
    pub address: String,
    pub title: String,
    pub kind: String,
    pub passages: u64,
    pub bytes: u64,
    pub added_at: String,
    pub hash: String,
    #[serde(skip)]
    pub reading: String,
    #[serde(skip)]
    pub modified_ns: i64,
}

/// A passage as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPassage {
    pub number: i64,
    pub source: i64,
    pub id: String,
    pub title: String,
    pub text: String,
    /// The address of its source.
    pub address: String,
    /// When its source was added.
    pub added_at: String,
}

/// How far the library has come: the highest numbers that were ever given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LibraryMark {
    pub passage: i64,
    pub removed: i64,
}

const PASSAGE: &str = "SELECT p.number, p.source, p.id, p.title, p.text, s.address, s.added_at \
                       FROM evidence_passages p JOIN evidence_sources s ON s.number = p.source";

fn passage(row: &Row<'_>) -> rusqlite::Result<StoredPassage> {
    Ok(StoredPassage {
        number: row.get(0)?,
        source: row.get(1)?,
        id: row.get(2)?,
        title: row.get(3)?,
        text: row.get(4)?,
        address: row.get(5)?,
        added_at: row.get(6)?,
    })
}

impl Reader {
    /// Every source, in the order of their addresses.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn evidence_sources(&self) -> Result<Vec<StoredSource>, StoreError> {
        let select = "SELECT number, address, title, kind, passages, bytes, added_at, hash, reading, modified_ns \
                      FROM evidence_sources ORDER BY address";
        self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let rows = select.query_map([], |row| {
                Ok(StoredSource {
                    number: row.get(0)?,
                    address: row.get(1)?,
                    title: row.get(2)?,
                    kind: row.get(3)?,
                    passages: row.get(4)?,
                    bytes: row.get(5)?,
                    added_at: row.get(6)?,
                    hash: row.get(7)?,
                    reading: row.get(8)?,
                    modified_ns: row.get(9)?,
                })
            });
            rows.and_then(Iterator::collect).on(connection)
        })
    }

    /// How many passages there are.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn evidence_count(&self) -> Result<u64, StoreError> {
        let select = "SELECT coalesce(sum(passages), 0) FROM evidence_sources";
        self.read(|connection| connection.query_row(select, [], |row| row.get(0)).on(connection))
    }

    /// The passages of numbers, by their numbers. Those that have gone are left out.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn evidence_passages(&self, numbers: &[i64]) -> Result<HashMap<i64, StoredPassage>, StoreError> {
        let select = format!("{PASSAGE} WHERE p.number = ?1");
        self.read(|connection| {
            let mut select = connection.prepare_cached(&select).on(connection)?;
            let mut found = HashMap::with_capacity(numbers.len());
            for &number in numbers {
                let one = select.query_row([number], passage).optional().on(connection)?;
                found.extend(one.map(|passage| (number, passage)));
            }
            Ok(found)
        })
    }

    /// Passages behind a number, in the order of their numbers.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn evidence_after(&self, number: i64, limit: usize) -> Result<Vec<StoredPassage>, StoreError> {
        let select = format!("{PASSAGE} WHERE p.number > ?1 ORDER BY p.number LIMIT ?2");
        self.read(|connection| {
            let mut select = connection.prepare_cached(&select).on(connection)?;
            let rows = select.query_map(params![number, limit], passage);
            rows.and_then(Iterator::collect).on(connection)
        })
    }

    /// Sources that were removed behind a position, as (position, number), in order.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn evidence_removed_after(&self, position: i64) -> Result<Vec<(i64, i64)>, StoreError> {
        let select = "SELECT position, source FROM evidence_removed WHERE position > ?1 ORDER BY position";
        self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let rows = select.query_map([position], |row| Ok((row.get(0)?, row.get(1)?)));
            rows.and_then(Iterator::collect).on(connection)
        })
    }

    /// How far the library has come.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn evidence_mark(&self) -> Result<LibraryMark, StoreError> {
        let last = |connection: &Connection, table: &str| {
            let select = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
            let seq: Option<i64> = connection.query_row(select, [table], |row| row.get(0)).optional().on(connection)?;
            Ok::<i64, StoreError>(seq.unwrap_or(0))
        };
        self.read(|connection| {
            Ok(LibraryMark {
                passage: last(connection, "evidence_passages")?,
                removed: last(connection, "evidence_removed")?,
            })
        })
    }

    /// When the source of a number was added, also if it was removed since.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn evidence_added_at(&self, source: i64) -> Result<Option<String>, StoreError> {
        let select = "SELECT added_at FROM evidence_sources WHERE number = ?1 \
                      UNION ALL SELECT added_at FROM evidence_removed WHERE source = ?1";
        self.read(|connection| connection.query_row(select, [source], |row| row.get(0)).optional().on(connection))
    }
}
