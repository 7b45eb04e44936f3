//! Deleting debates, and the requests that only they used. Their results stay, so that no rating moves.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::store::error::{OnConnection, StoreError};
use crate::store::handle::Store;
use crate::store::history::{self, Filter};
use crate::store::summary::DebateState;
use crate::store::transaction;

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    pub debates: usize,
    pub requests: usize,
    /// Debates that the filter meant, but that are not finished.
    pub kept: usize,
    /// Searches and pages of the web that were too old.
    pub web: usize,
}

impl Store {
    /// Deletes the debates that [`crate::store::Reader::debates`] lists for the filter, and gives their room back. Debates
    /// that are not closed are kept unless `unfinished_too`.
    ///
    /// # Errors
    /// The database cannot be written; then nothing is deleted.
    pub async fn prune(&self, filter: Filter, unfinished_too: bool) -> Result<Pruned, StoreError> {
        if !self.path().exists() {
            return Ok(Pruned::default());
        }
        self.work(move |connection| prune(connection, &filter, unfinished_too)).await
    }
}

fn prune(connection: &mut Connection, filter: &Filter, unfinished_too: bool) -> Result<Pruned, StoreError> {
    let transaction = transaction::begin(connection)?;
    let meant = history::select(&transaction, filter)?;
    let mut pruned = Pruned::default();
    for debate in meant {
        if debate.state != DebateState::Closed && !unfinished_too {
            pruned.kept += 1;
            continue;
        }
        delete(&transaction, &debate.id.0)?;
        pruned.debates += 1;
    }
    if pruned.debates == 0 {
        return Ok(pruned);
    }
    pruned.requests = transaction.execute(DELETE_UNUSED_REQUESTS, []).on(&transaction)?;
    // Until the index is merged, deleted words stay in it.
    transaction.execute("INSERT INTO speech_text (speech_text) VALUES ('optimize')", []).on(&transaction)?;
    transaction::commit(transaction)?;
    // Without the room or the lock that this needs, the file stays large and is filled again.
    let _ = connection.execute_batch("VACUUM");
    Ok(pruned)
}

const DELETE_UNUSED_REQUESTS: &str = "DELETE FROM requests WHERE hash NOT IN (\
    SELECT body ->> '$.request' FROM events WHERE type IN ('role_said', 'judge_said') \
    UNION SELECT named.value FROM events, json_each(events.body, '$.ballot.requests') AS named \
    WHERE events.type = 'ballot_returned')";

fn delete(connection: &Connection, debate: &str) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM speech_text WHERE rowid IN (SELECT number FROM events WHERE debate = ?1)",
        "DELETE FROM events WHERE debate = ?1",
        "DELETE FROM debates WHERE id = ?1",
        "DELETE FROM leases WHERE key = ?1",
        "DELETE FROM audience_votes WHERE debate = ?1",
    ] {
        connection.execute(statement, [debate]).on(connection)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Event;
    use crate::domain::hash::ContentHash;
    use crate::store::Batch;
    use crate::store::samples::{ballot, id, judge_said, log, opened, request, result, speech, store};

    /// The judge's call names the first request, the ballot the second.
    fn judged(debate: &str, named: [&str; 2]) -> Batch {
        let events = vec![
            opened("m"),
            speech(0, &format!("secret {debate}")),
            judge_said(named[0], -0.5),
            ballot(named[1]),
            result(None),
            Event::DebateClosed,
        ];
        let requests = named.iter().map(|name| request(name, &format!("body of {name}")));
        Batch { requests: requests.collect(), ..log(debate, events) }
    }

    #[tokio::test]
    async fn finished_debates_go_with_their_own_requests_and_their_results_stay() {
        let (_folder, store) = store();
        store.append(judged("a", ["r1", "r2"])).await.unwrap();
        store.append(judged("b", ["r2", "r3"])).await.unwrap();
        store.append(log("c", vec![opened("m"), speech(0, "secret c")])).await.unwrap();
        let reader = store.reader();
        let before = reader.outcomes().unwrap();
        let body = |hash: &str| reader.request(&ContentHash(hash.to_owned())).unwrap();
        assert_eq!(body("r1").unwrap(), b"body of r1");

        let filter = Filter { text: Some("\"secret a\"".to_owned()), ..Filter::default() };
        let pruned = store.prune(filter, false).await.unwrap();
        assert_eq!(pruned, Pruned { debates: 1, requests: 1, kept: 0, web: 0 });
        assert_eq!((body("r1"), body("r2").is_some(), body("r3").is_some()), (None, true, true));
        assert!(reader.entries(&id("a"), 0).unwrap().is_empty());
        assert_eq!(reader.outcomes().unwrap(), before);

        let pruned = store.prune(Filter::default(), false).await.unwrap();
        assert_eq!(pruned, Pruned { debates: 1, requests: 2, kept: 1, web: 0 });
        assert_eq!(reader.search("secret", 5).unwrap().len(), 1);
        let pruned = store.prune(Filter::default(), true).await.unwrap();
        assert_eq!(pruned, Pruned { debates: 1, requests: 0, kept: 0, web: 0 });
        assert!(reader.search("secret", 5).unwrap().is_empty());
        let bytes = std::fs::read(store.path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"secret"), "deleted words are gone from the file");

        store.append(judged("b", ["r2", "r3"])).await.unwrap();
        assert_eq!(reader.outcomes().unwrap().len(), before.len(), "a debate that comes back counts once");
    }

    #[tokio::test]
    async fn pruning_makes_no_database() {
        let (_folder, store) = store();
        assert_eq!(store.prune(Filter::default(), true).await.unwrap(), Pruned::default());
        assert!(!store.path().exists());
    }
}
