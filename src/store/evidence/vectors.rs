//! Vectors of passages, each made once by each model.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, params};

use crate::store::error::{OnConnection, StoreError};
use crate::store::{Reader, Store, transaction};

impl Store {
    /// Keeps vectors of passages, by their numbers. One that is there stays; a passage that has gone is passed over.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn keep_vectors(&self, model: &str, vectors: Vec<(i64, Vec<f32>)>) -> Result<(), StoreError> {
        let model = model.to_owned();
        self.work(move |connection| {
            let transaction = transaction::begin(connection)?;
            let insert = "INSERT OR IGNORE INTO evidence_vectors (passage, model, vector) \
                          SELECT number, ?2, ?3 FROM evidence_passages WHERE number = ?1";
            for (passage, vector) in &vectors {
                let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
                transaction.execute(insert, params![passage, model, bytes]).on(&transaction)?;
            }
            transaction::commit(transaction)
        })
        .await
    }
}

impl Reader {
    /// The vectors that a model made of passages, as far as they are there.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn vectors(&self, model: &str, passages: &[i64]) -> Result<HashMap<i64, Vec<f32>>, StoreError> {
        let select = "SELECT vector FROM evidence_vectors WHERE passage = ?1 AND model = ?2";
        self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let mut found = HashMap::with_capacity(passages.len());
            for &passage in passages {
                let bytes: Option<Vec<u8>> =
                    select.query_row(params![passage, model], |row| row.get(0)).optional().on(connection)?;
                let values = |bytes: Vec<u8>| -> Vec<f32> {
                    let (values, _) = bytes.as_chunks::<4>();
                    values.iter().map(|value| f32::from_le_bytes(*value)).collect()
                };
                found.extend(bytes.map(|bytes| (passage, values(bytes))));
            }
            Ok(found)
        })
    }
}
