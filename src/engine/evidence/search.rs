//! Searching the library: the index gives numbers, their works the order, the database the words, a reranker the order of the best.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::engine::error::EngineError;
use crate::engine::evidence::EvidenceLibrary;
use crate::engine::evidence::add::rebuilt;
use crate::engine::evidence::rerank::Reranker;
use crate::evidence::index::{Found, IndexFault, PassageIndex};
use crate::evidence::works::{CANDIDATES, lifted};
use crate::evidence::{EvidenceBase, EvidenceError, Passage};
use crate::model::registry::OpenModel;
use crate::store::StoredPassage;

/// Hears sentences about the library that are no errors.
pub type Tell = Arc<dyn Fn(String) + Send + Sync>;

/// Candidates that are reranked.
const RERANKED: usize = 50;

/// The library, ready to be searched.
pub struct LibraryBase {
    library: EvidenceLibrary,
    index: Mutex<Arc<PassageIndex>>,
    reranker: Option<Reranker>,
    tell: Tell,
}

impl EvidenceLibrary {
    /// Opens the library for searching, with a model that reranks where one is given. An index that lags is brought up to date,
    /// one that cannot be used is made anew, and `tell` hears of it.
    ///
    /// # Errors
    /// The model has no vectors, or the store or the index cannot be used.
    pub async fn open(&self, reranker: Option<OpenModel>, tell: Tell) -> Result<LibraryBase, EngineError> {
        let reranker = reranker.map(Reranker::new).transpose()?;
        let missing = !self.index.exists();
        let followed = self.follow(|_, _| {}, || false).await?;
        let reason = if missing { Some("it was not there".to_owned()) } else { followed.rebuilt };
        if let Some(reason) = reason.filter(|_| self.passages().is_ok_and(|passages| passages > 0)) {
            tell(rebuilt(&reason));
        }
        Ok(LibraryBase { library: self.clone(), index: Mutex::new(Arc::new(followed.index)), reranker, tell })
    }
}

impl LibraryBase {
    /// Passages for a query, as [`EvidenceBase::search`].
    ///
    /// # Errors
    /// The store, the index or the model failed.
    pub async fn find(&self, query: &str, limit: usize) -> Result<Vec<Passage>, EngineError> {
        // The same passage may stand in several files, and some may have gone since the index heard of them.
        let wanted = limit.saturating_mul(2).max(if self.reranker.is_some() { RERANKED } else { 0 });
        let ranked = lifted(self.ranked(query, wanted.max(CANDIDATES)).await?, |found| found.work);
        let ranked = &ranked[..ranked.len().min(wanted)];
        let numbers: Vec<i64> = ranked.iter().map(|(found, _)| found.number).collect();
        let mut texts = self.library.reader.evidence_passages(&numbers)?;
        let mut candidates: Vec<(StoredPassage, f64)> = Vec::with_capacity(ranked.len());
        for (found, score) in ranked {
            let fresh = |passage: &StoredPassage| candidates.iter().all(|(other, _)| other.id != passage.id);
            if let Some(passage) = texts.remove(&found.number).filter(fresh) {
                candidates.push((passage, *score));
            }
        }
        if let Some(reranker) = &self.reranker {
            candidates.truncate(RERANKED.max(limit));
            candidates = reranker.rerank(&self.library, query, candidates).await?;
        }
        candidates.truncate(limit);
        let passage = |(passage, score): (StoredPassage, f64)| Passage {
            source: passage.id,
            title: passage.title,
            address: passage.address,
            text: passage.text,
            score,
        };
        Ok(candidates.into_iter().map(passage).collect())
    }

    /// Passages by their words, best first. An index that turns out to be damaged is made anew, once.
    async fn ranked(&self, query: &str, limit: usize) -> Result<Vec<(Found, f64)>, EngineError> {
        match self.ask(query, limit).await {
            Err(IndexFault::Damaged(reason)) => {
                let index = Arc::new(self.library.rebuild().await?);
                *self.index.lock().unwrap_or_else(PoisonError::into_inner) = index;
                (self.tell)(rebuilt(&reason));
                self.ask(query, limit).await.map_err(|fault| EngineError::Failed(fault.to_string()))
            }
            answer => answer.map_err(|fault| EngineError::Failed(fault.to_string())),
        }
    }

    async fn ask(&self, query: &str, limit: usize) -> Result<Vec<(Found, f64)>, IndexFault> {
        let index = Arc::clone(&self.index.lock().unwrap_or_else(PoisonError::into_inner));
        let query = query.to_owned();
        let asked = tokio::task::spawn_blocking(move || index.search(&query, limit)).await;
        asked.unwrap_or_else(|error| Err(IndexFault::Damaged(error.to_string())))
    }
}

#[async_trait]
impl EvidenceBase for LibraryBase {
    fn name(&self) -> &str {
        "the evidence library"
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Passage>, EvidenceError> {
        self.find(query, limit).await.map_err(|error| match error {
            EngineError::Evidence(error) => error,
            error => EvidenceError::Failed(error.to_string()),
        })
    }
}
