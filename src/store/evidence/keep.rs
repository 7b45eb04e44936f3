//! Putting sources into the library, and taking them out.

use rusqlite::{OptionalExtension, Transaction, params};

use crate::store::Store;
use crate::store::error::{OnConnection, StoreError};
use crate::store::transaction;

/// A source to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSource {
    /// The file's absolute path: a source of the same address gives way.
    pub address: String,
    pub title: String,
    /// What kind of file it is, in one word.
    pub kind: String,
    /// The hash of the file's bytes.
    pub hash: String,
    /// How it was read: the same bytes read in another way are another source.
    pub reading: String,
    pub bytes: u64,
    /// When the file was changed last, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// RFC 3339.
    pub added_at: String,
    pub passages: Vec<KeptPassage>,
}

/// A passage to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPassage {
    pub id: String,
    pub title: String,
    /// Raw.
    pub text: String,
}

impl Store {
    /// Keeps sources and returns once all are committed. An earlier source of the same address is taken out.
    ///
    /// # Errors
    /// The database cannot be written; then nothing of the batch is stored.
    pub async fn keep_evidence(&self, batch: Vec<KeptSource>) -> Result<(), StoreError> {
        self.work(move |connection| {
            let transaction = transaction::begin(connection)?;
            for source in &batch {
                remove(&transaction, &source.address)?;
                insert(&transaction, source)?;
            }
            transaction::commit(transaction)
        })
        .await
    }

    /// Notes that a file was touched and says what it said before.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn touch_evidence(&self, address: &str, modified_ns: i64) -> Result<(), StoreError> {
        let address = address.to_owned();
        self.work(move |connection| {
            let update = "UPDATE evidence_sources SET modified_ns = ?2 WHERE address = ?1";
            connection.execute(update, params![address, modified_ns]).on(connection).map(|_| ())
        })
        .await
    }

    /// Takes sources out, with their passages and vectors. Returns how many were there.
    ///
    /// # Errors
    /// The database cannot be written; then all stay.
    pub async fn remove_evidence(&self, addresses: Vec<String>) -> Result<usize, StoreError> {
        self.work(move |connection| {
            let transaction = transaction::begin(connection)?;
            let mut removed = 0;
            for address in &addresses {
                removed += usize::from(remove(&transaction, address)?);
            }
            transaction::commit(transaction)?;
            Ok(removed)
        })
        .await
    }
}

fn insert(transaction: &Transaction<'_>, source: &KeptSource) -> Result<(), StoreError> {
    let KeptSource { address, title, kind, hash, reading, bytes, modified_ns, added_at, passages } = source;
    let insert = "INSERT INTO evidence_sources (address, title, kind, hash, reading, bytes, modified_ns, added_at, passages) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let values = params![address, title, kind, hash, reading, bytes, modified_ns, added_at, passages.len()];
    transaction.execute(insert, values).on(transaction)?;
    let number = transaction.last_insert_rowid();
    let insert = "INSERT INTO evidence_passages (source, id, title, text) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = transaction.prepare_cached(insert).on(transaction)?;
    for KeptPassage { id, title, text } in passages {
        insert.execute(params![number, id, title, text]).on(transaction)?;
    }
    Ok(())
}

fn remove(transaction: &Transaction<'_>, address: &str) -> Result<bool, StoreError> {
    let select = "SELECT number FROM evidence_sources WHERE address = ?1";
    let number: Option<i64> = transaction.query_row(select, [address], |row| row.get(0)).optional().on(transaction)?;
    let Some(number) = number else { return Ok(false) };
    let note = "INSERT INTO evidence_removed (source, added_at) \
                SELECT number, added_at FROM evidence_sources WHERE number = ?1";
    transaction.execute(note, [number]).on(transaction)?;
    transaction.execute("DELETE FROM evidence_sources WHERE number = ?1", [number]).on(transaction)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::store;

    fn source(address: &str, at: &str, texts: &[&str]) -> KeptSource {
        let passages = texts.iter().map(|text| KeptPassage {
            id: format!("id-{text}"),
            title: "Title".to_owned(),
            text: (*text).to_owned(),
        });
        KeptSource {
            address: address.to_owned(),
            title: "Title".to_owned(),
            kind: "text".to_owned(),
            hash: "hash".to_owned(),
            reading: "1".to_owned(),
            bytes: 9,
            modified_ns: 7,
            added_at: at.to_owned(),
            passages: passages.collect(),
        }
    }

    #[tokio::test]
    async fn a_source_of_the_same_address_gives_way_and_is_noted_as_removed() {
        let (_folder, store) = store();
        let reader = store.reader();
        assert_eq!(reader.evidence_sources().unwrap(), []);
        store.keep_evidence(vec![source("/a", "1", &["one", "two"]), source("/b", "1", &["three"])]).await.unwrap();
        store.keep_evidence(vec![source("/a", "2", &["four"])]).await.unwrap();
        let sources = reader.evidence_sources().unwrap();
        let listed: Vec<(&str, i64, u64)> =
            sources.iter().map(|source| (source.address.as_str(), source.number, source.passages)).collect();
        assert_eq!(listed, [("/a", 3, 1), ("/b", 2, 1)]);
        assert_eq!(reader.evidence_removed_after(0).unwrap(), [(1, 1)]);
        let texts = |after| -> Vec<String> {
            let passages = reader.evidence_after(after, 9).unwrap();
            passages.into_iter().map(|passage| passage.text).collect()
        };
        assert_eq!((texts(0), texts(3)), (vec!["three".to_owned(), "four".to_owned()], vec!["four".to_owned()]));
        assert_eq!(reader.evidence_count().unwrap(), 2);
    }

    #[tokio::test]
    async fn removing_takes_passages_and_vectors_along_and_numbers_are_not_used_again() {
        let (_folder, store) = store();
        let reader = store.reader();
        store.keep_evidence(vec![source("/a", "1", &["one"])]).await.unwrap();
        store.keep_vectors("mini", vec![(1, vec![0.5, -1.0])]).await.unwrap();
        assert_eq!(reader.vectors("mini", &[1, 2]).unwrap().get(&1), Some(&vec![0.5, -1.0]));
        assert!(reader.vectors("other", &[1]).unwrap().is_empty());
        assert_eq!(store.remove_evidence(vec!["/a".to_owned(), "/none".to_owned()]).await.unwrap(), 1);
        assert!(reader.vectors("mini", &[1]).unwrap().is_empty());
        store.keep_evidence(vec![source("/a", "2", &["two"])]).await.unwrap();
        let found = reader.evidence_passages(&[1, 2]).unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), [&2]);
        assert_eq!((found[&2].text.as_str(), found[&2].address.as_str()), ("two", "/a"));
    }

    #[tokio::test]
    async fn a_source_is_known_by_its_number_and_its_time_even_when_it_has_gone() {
        let (_folder, store) = store();
        let reader = store.reader();
        store.keep_evidence(vec![source("/a", "1", &["one"])]).await.unwrap();
        assert_eq!(reader.evidence_added_at(1).unwrap().as_deref(), Some("1"));
        let mark = reader.evidence_mark().unwrap();
        assert_eq!((mark.passage, mark.removed), (1, 0));
        store.remove_evidence(vec!["/a".to_owned()]).await.unwrap();
        assert_eq!(reader.evidence_added_at(1).unwrap().as_deref(), Some("1"));
        assert_eq!(reader.evidence_added_at(2).unwrap(), None);
        let mark = reader.evidence_mark().unwrap();
        assert_eq!((mark.passage, mark.removed), (1, 1));
    }
}
