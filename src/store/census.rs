//! What is in the database without what is said in it: its version, how much there is of everything, the last steps by their names.

use rusqlite::Connection;
use serde::Serialize;

use crate::store::Reader;
use crate::store::error::{OnConnection, StoreError};

/// The tables that are counted.
const TABLES: [&str; 12] = [
    "debates",
    "events",
    "results",
    "requests",
    "leases",
    "judgements",
    "tournaments",
    "matches",
    "persuasions",
    "audience_votes",
    "web_searches",
    "web_pages",
];

/// How much is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Census {
    /// The number of migrations that were run; 0 without a database.
    pub version: u32,
    /// The version of SQLite itself.
    pub sqlite: String,
    /// Each table with the number of its rows.
    pub rows: Vec<(String, u64)>,
}

/// A step of a debate by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    pub at: String,
    pub debate: String,
    pub seq: u64,
    /// The event's type, for instance `speech_delivered`.
    pub kind: String,
}

impl Reader {
    /// Counts everything.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn census(&self) -> Result<Census, StoreError> {
        self.read(|connection| {
            let version = connection.pragma_query_value(None, "user_version", |row| row.get(0)).on(connection)?;
            let rows: Result<Vec<(String, u64)>, StoreError> =
                TABLES.iter().map(|table| Ok(((*table).to_owned(), count(connection, table)?))).collect();
            Ok(Census { version, sqlite: rusqlite::version().to_owned(), rows: rows? })
        })
    }

    /// The last events of all debates, the oldest of them first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_steps(&self, most: usize) -> Result<Vec<Step>, StoreError> {
        let select = "SELECT at, debate, seq, type FROM events ORDER BY number DESC LIMIT ?1";
        let mut steps: Vec<Step> = self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let rows = select.query_map([most], |row| {
                Ok(Step { at: row.get(0)?, debate: row.get(1)?, seq: row.get(2)?, kind: row.get(3)? })
            });
            rows.and_then(Iterator::collect).on(connection)
        })?;
        steps.reverse();
        Ok(steps)
    }
}

fn count(connection: &Connection, table: &str) -> Result<u64, StoreError> {
    connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).on(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Event;
    use crate::store::samples::{log, opened, speech, store};

    #[tokio::test]
    async fn everything_is_counted_and_the_last_steps_are_named() {
        let (_folder, store) = store();
        assert_eq!(store.reader().census().unwrap(), Census::default());
        store.append(log("a", vec![opened("Trees"), speech(0, "Oaks are old"), Event::Paused])).await.unwrap();
        let census = store.reader().census().unwrap();
        assert!(census.version >= 5 && census.sqlite.starts_with("3."), "{census:?}");
        let rows = |table: &str| census.rows.iter().find(|(name, _)| name == table).map(|(_, rows)| *rows);
        assert_eq!((rows("debates"), rows("events"), rows("matches")), (Some(1), Some(3), Some(0)));
        let steps = store.reader().last_steps(2).unwrap();
        let kinds: Vec<(u64, &str)> = steps.iter().map(|step| (step.seq, step.kind.as_str())).collect();
        assert_eq!(kinds, [(1, "speech_delivered"), (2, "paused")]);
    }
}
