//! Persuasion sessions: kept from before their debate begins, and erased when the person wants it.

use rusqlite::{Connection, Row, params};

use crate::domain::event::DebateId;
use crate::domain::persuasion::{Agreement, Persuasion};
use crate::store::error::{OnConnection, StoreError};
use crate::store::summary;
use crate::store::{Reader, Store, transaction};

/// The columns of a session, in the order in which [`session`] reads them.
const COLUMNS: &str = "id, at, debate, name, motion, side, opponent, opponent_is_person, before, after, details";

/// What is erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forget {
    /// Every session.
    All,
    /// One session, by its id.
    One(String),
    /// What opponents were told of the person in every session; the sessions stay.
    Details,
}

impl Store {
    /// Writes a session and returns once it is committed.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn keep_persuasion(&self, session: &Persuasion) -> Result<(), StoreError> {
        let session = session.clone();
        let details = session.details.as_ref().map(serde_json::to_string).transpose();
        let details = details.map_err(|error| StoreError::Failed {
            path: format!("session {}", session.id),
            reason: error.to_string(),
        })?;
        self.work(move |connection| {
            let insert = format!(
                "INSERT INTO persuasions ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
                 ON CONFLICT (id) DO UPDATE SET debate = excluded.debate, opponent = excluded.opponent, after = excluded.after"
            );
            let values = params![
                session.id,
                session.at,
                session.debate.map(|debate| debate.0),
                session.name,
                session.motion,
                session.side.name(),
                session.opponent,
                session.opponent_is_person,
                session.before.value(),
                session.after.map(Agreement::value),
                details,
            ];
            connection.execute(&insert, values).on(connection).map(|_| ())
        })
        .await
    }

    /// Erases sessions, with the requests in which an opponent was told of the person, and gives their room back. Says how many
    /// sessions were meant.
    ///
    /// # Errors
    /// The database cannot be written; then nothing is erased.
    pub async fn forget_persuasions(&self, what: Forget) -> Result<usize, StoreError> {
        if !self.path().exists() {
            return Ok(0);
        }
        self.work(move |connection| forget(connection, &what)).await
    }
}

fn forget(connection: &mut Connection, what: &Forget) -> Result<usize, StoreError> {
    let transaction = transaction::begin(connection)?;
    let (meant, id) = match what {
        Forget::One(id) => ("p.id = ?1", Some(id)),
        Forget::Details => ("?1 IS NULL AND p.details IS NOT NULL", None),
        Forget::All => ("?1 IS NULL", None),
    };
    let requests = format!(
        "DELETE FROM requests WHERE hash IN (SELECT e.body ->> '$.request' FROM events e JOIN persuasions p \
         ON p.debate = e.debate WHERE e.type = 'role_said' AND e.body ->> '$.side' <> p.side \
         AND p.details IS NOT NULL AND {meant})"
    );
    transaction.execute(&requests, params![id]).on(&transaction)?;
    let sessions = match what {
        Forget::Details => format!("UPDATE persuasions AS p SET details = NULL WHERE {meant}"),
        Forget::One(_) | Forget::All => format!("DELETE FROM persuasions AS p WHERE {meant}"),
    };
    let forgotten = transaction.execute(&sessions, params![id]).on(&transaction)?;
    transaction::commit(transaction)?;
    // What was erased must not stay in free pages or in the log ahead of writing.
    let _ = connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
    Ok(forgotten)
}

impl Reader {
    /// Every session, the oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn persuasions(&self) -> Result<Vec<Persuasion>, StoreError> {
        self.sessions("1 = 1 OR debate = ?1", "")
    }

    /// The sessions of one debate.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn persuasions_of(&self, debate: &DebateId) -> Result<Vec<Persuasion>, StoreError> {
        self.sessions("debate = ?1", &debate.0)
    }

    fn sessions(&self, condition: &str, value: &str) -> Result<Vec<Persuasion>, StoreError> {
        let select = format!("SELECT {COLUMNS} FROM persuasions WHERE {condition} ORDER BY number");
        self.read(|connection| {
            let mut select = connection.prepare_cached(&select).on(connection)?;
            let rows = select.query_map([value], session);
            rows.and_then(Iterator::collect).on(connection)
        })
    }
}

fn session(row: &Row<'_>) -> rusqlite::Result<Persuasion> {
    let agreement = |column: usize, value: u8| {
        let wrong = |reason: String| {
            rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Integer, reason.into())
        };
        Agreement::try_from(value).map_err(wrong)
    };
    let details: Option<String> = row.get(10)?;
    Ok(Persuasion {
        id: row.get(0)?,
        at: row.get(1)?,
        debate: row.get::<_, Option<String>>(2)?.map(DebateId),
        name: row.get(3)?,
        motion: row.get(4)?,
        side: summary::word(5, row.get(5)?)?,
        opponent: row.get(6)?,
        opponent_is_person: row.get(7)?,
        before: agreement(8, row.get(8)?)?,
        after: row.get::<_, Option<u8>>(9)?.map(|value| agreement(9, value)).transpose()?,
        details: details.map(|details| summary::json(10, &details)).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::seat::Side;
    use crate::store::samples::store;

    fn kept(id: &str, details: bool) -> Persuasion {
        Persuasion {
            id: id.to_owned(),
            at: "2026-03-01T10:00:00Z".to_owned(),
            debate: None,
            name: "ann".to_owned(),
            motion: "This House would walk".to_owned(),
            side: Side::Opposition,
            opponent: "solo@x".to_owned(),
            opponent_is_person: false,
            before: Agreement::new(2).unwrap(),
            after: None,
            details: details.then(|| [("age".to_owned(), "seventy-seven".to_owned())].into()),
        }
    }

    #[tokio::test]
    async fn a_session_is_kept_goes_on_and_is_found_by_its_debate() {
        let (_folder, store) = store();
        let reader = store.reader();
        assert!(reader.persuasions().unwrap().is_empty());
        let mut session = kept("a", true);
        store.keep_persuasion(&session).await.unwrap();
        store.keep_persuasion(&kept("b", false)).await.unwrap();
        session.debate = Some(DebateId("d".to_owned()));
        session.after = Agreement::new(4);
        store.keep_persuasion(&session).await.unwrap();
        assert_eq!(reader.persuasions_of(&DebateId("d".to_owned())).unwrap(), [session.clone()]);
        assert_eq!(reader.persuasions().unwrap(), [session, kept("b", false)]);
    }

    #[tokio::test]
    async fn what_is_forgotten_is_not_in_the_file_any_more() {
        let (_folder, store) = store();
        for (id, details) in [("a", true), ("b", true), ("c", false)] {
            store.keep_persuasion(&kept(id, details)).await.unwrap();
        }
        assert_eq!(store.forget_persuasions(Forget::One("a".to_owned())).await, Ok(1));
        assert_eq!(store.forget_persuasions(Forget::One("a".to_owned())).await, Ok(0));
        assert_eq!(store.forget_persuasions(Forget::Details).await, Ok(1));
        let left = store.reader().persuasions().unwrap();
        assert_eq!(left, [kept("b", false), kept("c", false)]);
        let wal = store.path().with_extension("db-wal");
        for file in [store.path(), &wal] {
            let bytes = std::fs::read(file).unwrap_or_default();
            assert!(!bytes.windows(13).any(|window| window == b"seventy-seven"), "{}", file.display());
        }
        assert_eq!(store.forget_persuasions(Forget::All).await, Ok(2));
    }
}
