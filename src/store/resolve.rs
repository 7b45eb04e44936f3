//! From what a person types to a debate.

use crate::domain::event::DebateId;
use crate::store::error::{OnConnection, StoreError};
use crate::store::reader::Reader;

/// The most candidates that an error names.
const CANDIDATES: usize = 8;

impl Reader {
    /// Finds a debate by its id, by the beginning of its id, or as `last`: the one that was stored last.
    ///
    /// # Errors
    /// No debate fits, or more than one does; then the error names them.
    pub fn resolve(&self, given: &str) -> Result<DebateId, StoreError> {
        let given = given.trim();
        if given == "last" {
            let newest = self.ids("SELECT id, motion FROM debates ORDER BY number DESC LIMIT ?2", given, 1)?;
            return newest.into_iter().next().map(|(id, _)| DebateId(id)).ok_or(StoreError::NoDebate);
        }
        let begins =
            "SELECT id, motion FROM debates WHERE substr(id, 1, length(?1)) = lower(?1) ORDER BY number DESC LIMIT ?2";
        let mut found = if given.is_empty() { Vec::new() } else { self.ids(begins, given, CANDIDATES)? };
        match found.len() {
            0 => Err(StoreError::Unknown { given: given.to_owned() }),
            1 => Ok(DebateId(found.remove(0).0)),
            _ => Err(StoreError::Ambiguous {
                given: given.to_owned(),
                candidates: found.into_iter().map(|(id, motion)| format!("{id} ({motion})")).collect(),
            }),
        }
    }

    fn ids(&self, select: &str, given: &str, limit: usize) -> Result<Vec<(String, String)>, StoreError> {
        self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let rows = select.query_map(rusqlite::params![given, limit], |row| Ok((row.get(0)?, row.get(1)?)));
            rows.and_then(Iterator::collect).on(connection)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::{id, log, opened, store};

    #[tokio::test]
    async fn an_id_its_beginning_and_last_serve() {
        let (_folder, store) = store();
        for debate in ["0199-ab", "0199-cd", "0198-ef"] {
            store.append(log(debate, vec![opened("Trees")])).await.unwrap();
        }
        let resolve = |given: &str| store.reader().resolve(given);
        assert_eq!(resolve("0199-ab"), Ok(id("0199-ab")));
        assert_eq!(resolve(" 0199-A "), Ok(id("0199-ab")));
        assert_eq!(resolve("0198"), Ok(id("0198-ef")));
        assert_eq!(resolve("last"), Ok(id("0198-ef")));
        let ambiguous = resolve("0199").unwrap_err().to_string();
        assert!(ambiguous.starts_with("more than one") && ambiguous.contains("0199-ab (Trees)"), "{ambiguous}");
        for given in ["", "%", "01_9", "zebra"] {
            assert_eq!(resolve(given), Err(StoreError::Unknown { given: given.to_owned() }));
        }
    }
}
