//! Judgements outside of debates: written one by one, found by their key.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, ToSql, params};

use crate::domain::hash::ContentHash;
use crate::domain::judgement::{Decided, Judgement, PERSON};
use crate::store::error::{OnConnection, StoreError};
use crate::store::{Reader, Store};

/// How hard a judgement is compressed, 1 to 22.
const COMPRESSION: i32 = 3;

/// Fewer letters of a key name nothing.
const LEAST_KEY: usize = 4;

/// Which judgements to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JudgementFilter {
    /// Only of this judge.
    pub judge: Option<String>,
    /// Only of transcripts from this source.
    pub source: Option<String>,
    /// The most to list; 0 lists all.
    pub limit: usize,
}

impl Store {
    /// Writes a judgement and returns once it is committed. One of the same key gives way.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn keep_judgement(&self, judgement: &Judgement) -> Result<(), StoreError> {
        let failed = |reason: String| StoreError::Failed { path: format!("judgement {}", judgement.key), reason };
        let body = serde_json::to_vec(judgement).map_err(|error| failed(error.to_string()))?;
        let body = zstd::bulk::compress(&body, COMPRESSION).map_err(|error| failed(error.to_string()))?;
        let state = match &judgement.decided {
            None => 0,
            Some(Decided::Ballot(_)) => 1,
            Some(Decided::Void { .. }) => 2,
        };
        let Judgement { key, at, source, judge, transcript, .. } = judgement.clone();
        self.work(move |connection| {
            let insert = "INSERT INTO judgements (key, at, source, judge, topic, state, body) \
                          VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (key) DO UPDATE SET at = excluded.at, \
                          source = excluded.source, state = excluded.state, body = excluded.body";
            let values = params![key.0, at, source, judge, transcript.topic, state, body];
            connection.execute(insert, values).on(connection).map(|_| ())
        })
        .await
    }
}

impl Reader {
    /// The judgement of a key.
    ///
    /// # Errors
    /// The database cannot be read, or the judgement is damaged.
    pub fn judgement(&self, key: &ContentHash) -> Result<Option<Judgement>, StoreError> {
        let select = "SELECT body FROM judgements WHERE key = ?1";
        let packed: Option<Vec<u8>> =
            self.read(|connection| connection.query_row(select, [&key.0], |row| row.get(0)).optional().on(connection))?;
        packed.map(|packed| self.unpack(&packed, &key.0)).transpose()
    }

    /// Whether the judgement of a key is there and finished, without reading it.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn is_decided(&self, key: &ContentHash) -> Result<bool, StoreError> {
        let select = "SELECT state != 0 FROM judgements WHERE key = ?1";
        let found: Option<bool> =
            self.read(|connection| connection.query_row(select, [&key.0], |row| row.get(0)).optional().on(connection))?;
        Ok(found.unwrap_or(false))
    }

    /// The judgement whose key begins with these letters, or the newest one for `last`.
    ///
    /// # Errors
    /// None or more than one is found, or the database cannot be read.
    pub fn find_judgement(&self, beginning: &str) -> Result<Judgement, StoreError> {
        let keys: Vec<String> = if beginning == "last" {
            self.read(|connection| keys(connection, "SELECT key FROM judgements ORDER BY number DESC LIMIT 1", ""))?
        } else if beginning.len() < LEAST_KEY {
            Vec::new()
        } else {
            let select = "SELECT key FROM judgements WHERE substr(key, 1, length(?1)) = ?1 LIMIT 2";
            self.read(|connection| keys(connection, select, beginning))?
        };
        match keys.as_slice() {
            [key] => self.judgement(&ContentHash(key.clone()))?.ok_or_else(|| unknown(beginning)),
            [] => Err(unknown(beginning)),
            _ => Err(StoreError::AmbiguousJudgement { given: beginning.to_owned() }),
        }
    }

    /// Judgements, the newest first.
    ///
    /// # Errors
    /// The database cannot be read, or a judgement is damaged.
    pub fn judgements(&self, filter: &JudgementFilter) -> Result<Vec<Judgement>, StoreError> {
        let select = "SELECT key, body FROM judgements WHERE (?1 IS NULL OR judge = ?1) \
                      AND (?2 IS NULL OR source = ?2) ORDER BY number DESC LIMIT ?3";
        let limit = if filter.limit == 0 { -1 } else { i64::try_from(filter.limit).unwrap_or(-1) };
        self.select(select, params![filter.judge, filter.source, limit])
    }

    /// People's judgements of a topic, the oldest first.
    ///
    /// # Errors
    /// The database cannot be read, or a judgement is damaged.
    pub fn votes(&self, topic: &str) -> Result<Vec<Judgement>, StoreError> {
        let select = "SELECT key, body FROM judgements WHERE topic = ?1 AND judge GLOB ?2 ORDER BY number";
        self.select(select, params![topic, format!("{PERSON}*")])
    }

    /// The sources of everything that a judge has decided on.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn sources_of(&self, judge: &str) -> Result<BTreeSet<String>, StoreError> {
        let select = "SELECT source FROM judgements WHERE judge = ?1 AND state = 1";
        self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let rows = select.query_map([judge], |row| row.get(0));
            rows.and_then(Iterator::collect).on(connection)
        })
    }

    /// The name of the person that judged last, as a judge.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_person(&self) -> Result<Option<String>, StoreError> {
        let select = "SELECT judge FROM judgements WHERE judge GLOB ?1 ORDER BY at DESC, number DESC LIMIT 1";
        let people = format!("{PERSON}*");
        self.read(|connection| connection.query_row(select, [people], |row| row.get(0)).optional().on(connection))
    }

    /// Every decided judgement on what at least one person has judged, the oldest first.
    ///
    /// # Errors
    /// The database cannot be read, or a judgement is damaged.
    pub fn judged_by_people(&self) -> Result<Vec<Judgement>, StoreError> {
        let select = "SELECT key, body FROM judgements WHERE state = 1 AND source IN \
                      (SELECT source FROM judgements WHERE judge GLOB ?1) ORDER BY number";
        self.select(select, params![format!("{PERSON}*")])
    }

    /// The judgements of a query that gives their keys and bodies.
    fn select(&self, select: &str, values: &[&dyn ToSql]) -> Result<Vec<Judgement>, StoreError> {
        let rows: Vec<(String, Vec<u8>)> = self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let rows = select.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)));
            rows.and_then(Iterator::collect).on(connection)
        })?;
        rows.iter().map(|(key, packed)| self.unpack(packed, key)).collect()
    }

    fn unpack(&self, packed: &[u8], key: &str) -> Result<Judgement, StoreError> {
        let damaged = |reason: String| StoreError::Failed {
            path: self.path().display().to_string(),
            reason: format!("judgement {key}: {reason}"),
        };
        let body = zstd::decode_all(packed).map_err(|error| damaged(error.to_string()))?;
        serde_json::from_slice(&body).map_err(|error| damaged(error.to_string()))
    }
}

fn keys(connection: &Connection, select: &str, beginning: &str) -> Result<Vec<String>, StoreError> {
    let mut select = connection.prepare_cached(select).on(connection)?;
    let row = |row: &rusqlite::Row<'_>| row.get(0);
    let rows = if beginning.is_empty() { select.query_map([], row) } else { select.query_map([beginning], row) };
    rows.and_then(Iterator::collect).on(connection)
}

fn unknown(given: &str) -> StoreError {
    StoreError::NoJudgement { given: given.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample;
    use crate::domain::transcript::{Contest, Transcript};
    use crate::store::samples::store;

    fn judgement(key: &str, judge: &str, decided: Option<Decided>) -> Judgement {
        Judgement {
            key: ContentHash(key.to_owned()),
            at: "2026-01-31T10:00:00Z".to_owned(),
            source: "pairs.jsonl".to_owned(),
            judge: judge.to_owned(),
            transcript: Transcript {
                contest: Contest::Answers,
                topic: "Name a river.".to_owned(),
                positions: std::collections::BTreeMap::new(),
                speeches: Vec::new(),
                places: Vec::new(),
                sources: std::collections::BTreeMap::new(),
            },
            said: Vec::new(),
            decided,
        }
    }

    #[tokio::test]
    async fn a_judgement_comes_back_and_an_unfinished_one_gives_way() {
        let (_folder, store) = store();
        let reader = store.reader();
        let open = judgement("aabb01", "short@owl", None);
        store.keep_judgement(&open).await.unwrap();
        assert!(!reader.is_decided(&open.key).unwrap());
        assert_eq!(reader.judgement(&open.key).unwrap(), Some(open));
        let ballot = Decided::Ballot(Box::new(sample::ballot(None, 0.5)));
        let done = judgement("aabb01", "short@owl", Some(ballot));
        store.keep_judgement(&done).await.unwrap();
        assert!(reader.is_decided(&done.key).unwrap());
        assert_eq!(reader.judgements(&JudgementFilter::default()).unwrap(), [done]);
    }

    #[tokio::test]
    async fn a_judgement_is_found_by_the_beginning_of_its_key() {
        let (_folder, store) = store();
        let reader = store.reader();
        assert!(reader.find_judgement("aabb").unwrap_err().to_string().contains("aabb"));
        for (key, judge) in [("aabb01", "short@owl"), ("aabb02", "long@owl")] {
            store.keep_judgement(&judgement(key, judge, None)).await.unwrap();
        }
        assert_eq!(reader.find_judgement("aabb02").unwrap().judge, "long@owl");
        assert_eq!(reader.find_judgement("last").unwrap().judge, "long@owl");
        assert!(matches!(reader.find_judgement("aabb"), Err(StoreError::AmbiguousJudgement { .. })));
        store.keep_judgement(&judgement("ccdd01", "human@ann", None)).await.unwrap();
        let votes: Vec<String> = reader.votes("Name a river.").unwrap().into_iter().map(|vote| vote.judge).collect();
        assert_eq!((votes, reader.votes("Name a hill.").unwrap()), (vec!["human@ann".to_owned()], Vec::new()));
        let short = JudgementFilter { judge: Some("short@owl".to_owned()), ..JudgementFilter::default() };
        assert_eq!(reader.judgements(&short).unwrap().len(), 1);
    }
}
