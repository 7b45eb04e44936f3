//! What web search found: the hits of queries and the texts of pages, each with the time at which it was retrieved. How long that
//! holds is decided by whoever asks.

use rusqlite::{OptionalExtension, params};

use crate::store::error::{OnConnection, StoreError};
use crate::store::transaction;
use crate::store::{Reader, Store};

/// A page as it was retrieved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPage {
    pub address: String,
    /// RFC 3339.
    pub retrieved_at: String,
    pub title: Option<String>,
    /// Raw; empty if it was not read.
    pub text: String,
    /// Why it was not read.
    pub refusal: Option<String>,
}

impl Store {
    /// Keeps the hits of a query in the place of older ones.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn keep_web_search(&self, service: &str, query: &str, at: &str, hits: String) -> Result<(), StoreError> {
        let (service, query, at) = (service.to_owned(), query.to_owned(), at.to_owned());
        self.work(move |connection| {
            let insert =
                "INSERT OR REPLACE INTO web_searches (service, query, retrieved_at, hits) VALUES (?1, ?2, ?3, ?4)";
            connection.execute(insert, params![service, query, at, hits]).on(connection).map(|_| ())
        })
        .await
    }

    /// Keeps a page in the place of an older one.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn keep_web_page(&self, page: StoredPage) -> Result<(), StoreError> {
        self.work(move |connection| {
            let StoredPage { address, retrieved_at, title, text, refusal } = &page;
            let insert = "INSERT OR REPLACE INTO web_pages (address, retrieved_at, title, text, refusal) \
                          VALUES (?1, ?2, ?3, ?4, ?5)";
            connection.execute(insert, params![address, retrieved_at, title, text, refusal]).on(connection).map(|_| ())
        })
        .await
    }

    /// Deletes hits and pages that were retrieved before a time. Returns how many there were.
    ///
    /// # Errors
    /// The database cannot be written; then all stay.
    pub async fn forget_web(&self, before: &str) -> Result<usize, StoreError> {
        if !self.path().exists() {
            return Ok(0);
        }
        let before = before.to_owned();
        self.work(move |connection| {
            let transaction = transaction::begin(connection)?;
            let mut forgotten = 0;
            for table in ["web_searches", "web_pages"] {
                let delete = format!("DELETE FROM {table} WHERE retrieved_at < ?1");
                forgotten += transaction.execute(&delete, [&before]).on(&transaction)?;
            }
            transaction::commit(transaction)?;
            Ok(forgotten)
        })
        .await
    }
}

impl Reader {
    /// The hits of a query that were retrieved at a time or later.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn web_search(&self, service: &str, query: &str, since: &str) -> Result<Option<String>, StoreError> {
        let select = "SELECT hits FROM web_searches WHERE service = ?1 AND query = ?2 AND retrieved_at >= ?3";
        self.read(|connection| {
            connection.query_row(select, [service, query, since], |row| row.get(0)).optional().on(connection)
        })
    }

    /// A page that was retrieved at a time or later.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn web_page(&self, address: &str, since: &str) -> Result<Option<StoredPage>, StoreError> {
        let select = "SELECT address, retrieved_at, title, text, refusal FROM web_pages \
                      WHERE address = ?1 AND retrieved_at >= ?2";
        self.read(|connection| {
            let row = connection.query_row(select, [address, since], |row| {
                Ok(StoredPage {
                    address: row.get(0)?,
                    retrieved_at: row.get(1)?,
                    title: row.get(2)?,
                    text: row.get(3)?,
                    refusal: row.get(4)?,
                })
            });
            row.optional().on(connection)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::store;

    fn page(address: &str, at: &str, text: &str) -> StoredPage {
        StoredPage {
            address: address.to_owned(),
            retrieved_at: at.to_owned(),
            title: None,
            text: text.to_owned(),
            refusal: None,
        }
    }

    #[tokio::test]
    async fn what_was_found_is_kept_until_it_is_too_old_and_the_newest_counts() {
        let (_folder, store) = store();
        let reader = store.reader();
        assert_eq!(reader.web_search("s", "q", "").unwrap(), None);
        assert_eq!(store.forget_web("3").await.unwrap(), 0);
        assert!(!store.path().exists(), "forgetting makes no database");
        for (at, hits) in [("2", "old"), ("4", "new")] {
            store.keep_web_search("s", "q", at, hits.to_owned()).await.unwrap();
            store.keep_web_page(page("http://a.org/", at, hits)).await.unwrap();
        }
        store.keep_web_page(page("http://b.org/", "2", "other")).await.unwrap();
        assert_eq!(reader.web_search("s", "q", "4").unwrap().as_deref(), Some("new"));
        assert_eq!(reader.web_search("s", "q", "5").unwrap(), None);
        assert_eq!(reader.web_search("t", "q", "0").unwrap(), None);
        assert_eq!(reader.web_page("http://a.org/", "3").unwrap(), Some(page("http://a.org/", "4", "new")));
        assert_eq!(reader.web_page("http://b.org/", "3").unwrap(), None);
        assert_eq!(store.forget_web("3").await.unwrap(), 1);
        assert_eq!(reader.web_page("http://b.org/", "0").unwrap(), None);
        assert!(reader.web_page("http://a.org/", "0").unwrap().is_some());
    }
}
