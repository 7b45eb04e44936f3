//! Leases: one process at a time runs a debate or a match, and a second one is refused by name.

use std::fmt;

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use crate::store::error::{OnConnection, StoreError};
use crate::store::handle::Store;
use crate::store::transaction;

/// A lease whose last heartbeat is further away than this, in milliseconds, may be taken over.
pub const LEASE_STALE_MS: i64 = 15_000;

/// A process on a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub process: u32,
    pub host: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.process, self.host)
    }
}

/// The right to write under a key, until it is released or taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseToken {
    key: String,
    /// Never given twice.
    number: i64,
}

impl LeaseToken {
    /// What is leased, for instance a debate's id.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl Store {
    /// Takes the lease of `key`. One that another holder has is taken over if its heartbeat is stale, or if `is_alive`
    /// says that its holder is gone. `now_ms` is Unix time in milliseconds.
    ///
    /// # Errors
    /// [`StoreError::Held`] names the holder.
    pub async fn acquire(
        &self,
        key: &str,
        holder: Holder,
        now_ms: i64,
        is_alive: fn(&Holder) -> bool,
    ) -> Result<LeaseToken, StoreError> {
        let key = key.to_owned();
        self.work(move |connection| acquire(connection, key, &holder, now_ms, is_alive)).await
    }

    /// Says that the holder still works. Due well within [`LEASE_STALE_MS`].
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if another process took the lease over.
    pub async fn heartbeat(&self, token: &LeaseToken, now_ms: i64) -> Result<(), StoreError> {
        let token = token.clone();
        let update = "UPDATE leases SET heartbeat_ms = ?3 WHERE key = ?1 AND number = ?2";
        let beat = self.work(move |connection| {
            let beat = connection.execute(update, params![token.key, token.number, now_ms]).on(connection)?;
            if beat == 1 { Ok(()) } else { Err(StoreError::LeaseLost { key: token.key }) }
        });
        beat.await
    }

    /// Gives the lease back. One that was lost meanwhile stays with its new holder.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn release(&self, token: LeaseToken) -> Result<(), StoreError> {
        let delete = "DELETE FROM leases WHERE key = ?1 AND number = ?2";
        self.work(move |connection| connection.execute(delete, params![token.key, token.number]).on(connection))
            .await
            .map(|_| ())
    }
}

fn acquire(
    connection: &mut Connection,
    key: String,
    holder: &Holder,
    now_ms: i64,
    is_alive: fn(&Holder) -> bool,
) -> Result<LeaseToken, StoreError> {
    let transaction = transaction::begin(connection)?;
    let select = "SELECT process, host, heartbeat_ms FROM leases WHERE key = ?1";
    let held = transaction.query_row(select, [&key], |row| {
        Ok((Holder { process: row.get(0)?, host: row.get(1)? }, row.get::<_, i64>(2)?))
    });
    if let Some((holder, heartbeat_ms)) = held.optional().on(&transaction)? {
        // A heartbeat from the future means that the clock was set back, and says as little as an old one.
        if now_ms.abs_diff(heartbeat_ms) <= LEASE_STALE_MS.unsigned_abs() && is_alive(&holder) {
            return Err(StoreError::Held { key, holder });
        }
    }
    transaction.execute("DELETE FROM leases WHERE key = ?1", [&key]).on(&transaction)?;
    let insert = "INSERT INTO leases (key, process, host, heartbeat_ms) VALUES (?1, ?2, ?3, ?4)";
    transaction.execute(insert, params![key, holder.process, holder.host, now_ms]).on(&transaction)?;
    let number = transaction.last_insert_rowid();
    transaction::commit(transaction)?;
    Ok(LeaseToken { key, number })
}

/// Refuses a token whose lease was taken over or released.
pub fn check(connection: &Connection, token: &LeaseToken) -> Result<(), StoreError> {
    let select = "SELECT 1 FROM leases WHERE key = ?1 AND number = ?2";
    let mut select = connection.prepare_cached(select).on(connection)?;
    let valid = select.exists(params![token.key, token.number]).on(connection)?;
    if valid { Ok(()) } else { Err(StoreError::LeaseLost { key: token.key.clone() }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Event;
    use crate::store::Batch;
    use crate::store::samples::{log, one, opened, store};

    fn holder(process: u32) -> Holder {
        Holder { process, host: "bench".to_owned() }
    }

    #[tokio::test]
    async fn a_second_process_is_refused_by_name_until_the_first_gives_back() {
        let (_folder, store) = store();
        let token = store.acquire("a", holder(7), 1_000, |_| true).await.unwrap();
        let refused = store.acquire("a", holder(8), 2_000, |_| true).await.unwrap_err();
        assert!(refused.to_string().starts_with("a is being run by process 7 on bench;"), "{refused}");
        store.acquire("b", holder(8), 2_000, |_| true).await.unwrap();
        store.release(token).await.unwrap();
        store.acquire("a", holder(8), 3_000, |_| true).await.unwrap();
    }

    #[tokio::test]
    async fn a_stale_or_dead_holder_loses_its_lease_and_its_batches_are_refused() {
        let (_folder, store) = store();
        let first = store.acquire("a", holder(7), 0, |_| true).await.unwrap();
        store.heartbeat(&first, 10_000).await.unwrap();
        store.acquire("a", holder(8), 10_000 + LEASE_STALE_MS, |_| true).await.unwrap_err();
        let second = store.acquire("a", holder(8), 10_001 + LEASE_STALE_MS, |_| true).await.unwrap();

        let lost = Err(StoreError::LeaseLost { key: "a".to_owned() });
        assert_eq!(store.heartbeat(&first, 30_000).await, lost);
        let batch = Batch { lease: Some(first.clone()), ..log("a", vec![opened("m")]) };
        assert_eq!(store.append(batch.clone()).await, lost);
        store.append(Batch { lease: Some(second.clone()), ..batch }).await.unwrap();

        let third = store.acquire("a", holder(9), 30_000, |holder| holder.process != 8).await.unwrap();
        store.release(second).await.unwrap();
        store.release(first.clone()).await.unwrap();
        let batch = Batch { lease: Some(third.clone()), ..one("a", 1, Event::Paused) };
        store.append(batch).await.unwrap();

        store.release(third).await.unwrap();
        store.acquire("a", holder(7), 40_000, |_| true).await.unwrap();
        assert_eq!(store.heartbeat(&first, 40_000).await, lost, "an old token never becomes valid again");
    }

    #[tokio::test]
    async fn a_clock_that_was_set_back_does_not_lock_a_debate_forever() {
        let (_folder, store) = store();
        store.acquire("a", holder(7), 1_000_000_000, |_| true).await.unwrap();
        store.acquire("a", holder(8), 5_000, |_| true).await.unwrap();
    }
}
