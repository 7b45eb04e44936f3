//! The second stage: an encoder puts the candidates of the first into the order of their sense. Each passage is embedded
//! once, when it is a candidate for the first time; its vector is kept.

use std::sync::Arc;

use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use crate::engine::error::EngineError;
use crate::engine::evidence::EvidenceLibrary;
use crate::evidence::fusion::fused;
use crate::model::embedder::{EmbedRequest, Embedder, cosine};
use crate::model::registry::OpenModel;
use crate::store::StoredPassage;

/// An encoder that reranks.
pub(super) struct Reranker {
    embedder: Arc<dyn Embedder>,
    /// The hash of its weights: vectors of another model are of no use.
    model: String,
}

impl Reranker {
    pub fn new(model: OpenModel) -> Result<Reranker, EngineError> {
        Ok(Reranker { embedder: Arc::clone(model.embedder()?), model: model.card.hash.0.clone() })
    }

    /// The candidates in their new order, with scores in [0, 1].
    pub async fn rerank(
        &self,
        library: &EvidenceLibrary,
        query: &str,
        candidates: Vec<(StoredPassage, f64)>,
    ) -> Result<Vec<(StoredPassage, f64)>, EngineError> {
        if candidates.is_empty() {
            return Ok(candidates);
        }
        let numbers: Vec<i64> = candidates.iter().map(|(passage, _)| passage.number).collect();
        let mut vectors = library.reader.vectors(&self.model, &numbers)?;
        let missing: Vec<&StoredPassage> =
            candidates.iter().map(|(passage, _)| passage).filter(|one| !vectors.contains_key(&one.number)).collect();
        let texts = std::iter::once(query.to_owned()).chain(missing.iter().map(|one| read_as(one))).collect();
        let mut made = self.embed(texts).await?.into_iter();
        let asked = made.next().unwrap_or_default();
        let fresh: Vec<(i64, Vec<f32>)> = missing.iter().map(|one| one.number).zip(made).collect();
        if !fresh.is_empty() {
            library.store.keep_vectors(&self.model, fresh.clone()).await?;
            vectors.extend(fresh);
        }
        let words: Vec<f64> = candidates.iter().map(|(_, score)| *score).collect();
        let sense: Vec<f64> =
            numbers.iter().map(|number| vectors.get(number).map_or(0.0, |vector| cosine(&asked, vector))).collect();
        let mut candidates: Vec<Option<StoredPassage>> =
            candidates.into_iter().map(|(passage, _)| Some(passage)).collect();
        let ordered = fused(&words, &sense).into_iter();
        Ok(ordered.filter_map(|(at, score)| candidates[at].take().map(|passage| (passage, score))).collect())
    }

    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EngineError> {
        // Nobody watches.
        let (tell, _told) = unbounded_channel();
        let request = EmbedRequest { texts, ..EmbedRequest::default() };
        let made = self.embedder.embed(request, tell, CancellationToken::new()).await?;
        Ok(made.embeddings.into_iter().map(|one| one.vector).collect())
    }
}

fn read_as(passage: &StoredPassage) -> String {
    format!("{}. {}", passage.title, passage.text)
}
