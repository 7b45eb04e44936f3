//! Answers that models gave to a court, found by the request and the model.

use rusqlite::{OptionalExtension, params};

use crate::domain::ballot::Answer;
use crate::domain::hash::ContentHash;
use crate::domain::usage::Usage;
use crate::store::error::{OnConnection, StoreError};
use crate::store::{Reader, Store};

impl Store {
    /// Writes an answer and returns once it is committed. The first one to a request stays.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn keep_answer(
        &self,
        request: &ContentHash,
        model: &ContentHash,
        said: (&Answer, Usage),
    ) -> Result<(), StoreError> {
        let failed = |reason: String| StoreError::Failed { path: format!("answer to {request}"), reason };
        let body = serde_json::to_string(&said).map_err(|error| failed(error.to_string()))?;
        let (request, model) = (request.0.clone(), model.0.clone());
        self.work(move |connection| {
            let insert = "INSERT OR IGNORE INTO answers (request, model, body) VALUES (?1, ?2, ?3)";
            connection.execute(insert, params![request, model, body]).on(connection).map(|_| ())
        })
        .await
    }
}

impl Reader {
    /// What a model answered to a request, and what it took.
    ///
    /// # Errors
    /// The database cannot be read, or the answer is damaged.
    pub fn answer(&self, request: &ContentHash, model: &ContentHash) -> Result<Option<(Answer, Usage)>, StoreError> {
        let select = "SELECT body FROM answers WHERE request = ?1 AND model = ?2";
        let body: Option<String> = self.read(|connection| {
            connection.query_row(select, [&request.0, &model.0], |row| row.get(0)).optional().on(connection)
        })?;
        let damaged = |error: serde_json::Error| StoreError::Failed {
            path: self.path().display().to_string(),
            reason: format!("answer to {request}: {error}"),
        };
        body.map(|body| serde_json::from_str(&body).map_err(damaged)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::store;

    #[tokio::test]
    async fn an_answer_belongs_to_its_request_and_its_model_and_the_first_one_stays() {
        let (_folder, store) = store();
        let [request, owl, lark] = ["request", "owl", "lark"].map(|name| ContentHash(name.to_owned()));
        let usage = Usage { prompt_tokens: 7, ..Usage::default() };
        for text in ["first", "second"] {
            store.keep_answer(&request, &owl, (&Answer::Text(text.to_owned()), usage)).await.unwrap();
        }
        let reader = store.reader();
        assert_eq!(reader.answer(&request, &owl).unwrap(), Some((Answer::Text("first".to_owned()), usage)));
        assert_eq!(reader.answer(&request, &lark).unwrap(), None);
        store.keep_answer(&request, &lark, (&Answer::Labels(vec![-0.5, -1.0]), usage)).await.unwrap();
        assert_eq!(reader.answer(&request, &lark).unwrap(), Some((Answer::Labels(vec![-0.5, -1.0]), usage)));
    }
}
