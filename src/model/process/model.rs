//! A model that a child serves, behind the same traits as one in this process.

use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::model::chat::{Card, ChatModel, ChatRequest, Delta, DeltaStream};
use crate::model::embedder::{EmbedRequest, Embedder, Embeddings};
use crate::model::error::ModelError;
use crate::model::local::counter::TokenCounter;
use crate::model::process::connection::{Call, Connection, ended};
use crate::model::process::protocol::{Ask, Said};
use crate::model::scorer::{LabelRequest, LabelScores, Scorer};

/// A model in another process. Dropping it closes it there.
pub struct EngineModel {
    pub card: Card,
    /// Whether it has a chat template.
    pub can_chat: bool,
    /// What the child calls it.
    pub number: u64,
    pub connection: Arc<Connection>,
    pub counter: TokenCounter,
}

impl EngineModel {
    fn call(&self, ask: Ask) -> Result<Call, ModelError> {
        self.connection.call(ask).map_err(|reason| ended(&self.card.name, &reason))
    }

    /// Asks for something that is made in one piece; tells the progress until it is there.
    async fn result<T>(
        &self,
        ask: Ask,
        progress: UnboundedSender<Delta>,
        cancel: CancellationToken,
        made: impl Fn(Said) -> Result<T, Said>,
    ) -> Result<T, ModelError> {
        let model = &self.card.name;
        let mut call = self.call(ask)?;
        let mut told = false;
        loop {
            match next(&mut call, model, &cancel, &mut told).await? {
                // Who does not listen needs no progress.
                Said::Delta(delta) => drop(progress.send(delta)),
                said => {
                    let made = made(said).map_err(|said| misplaced(model, &said));
                    if made.is_ok() {
                        call.close();
                    }
                    return made;
                }
            }
        }
    }
}

impl Drop for EngineModel {
    fn drop(&mut self) {
        // A child that has ended holds no model.
        let _ = self.connection.send(0, Ask::Close { model: self.number });
    }
}

/// The next part of an answer, while the caller may still cancel; cancelled calls are answered, too.
async fn next(call: &mut Call, model: &str, cancel: &CancellationToken, told: &mut bool) -> Result<Said, ModelError> {
    if !*told {
        tokio::select! {
            said = call.next(model) => return said,
            () = cancel.cancelled() => {
                *told = true;
                call.cancel();
            }
        }
    }
    call.next(model).await
}

fn misplaced(model: &str, said: &Said) -> ModelError {
    let reason = format!("the GPU engine answered out of turn: {said:?}");
    ModelError::Inference { model: model.to_owned(), reason }
}

/// An answer that is being written.
struct Writing {
    call: Call,
    model: String,
    cancel: CancellationToken,
    /// Whether the child knows of the cancelling.
    told: bool,
    done: bool,
}

impl Writing {
    async fn delta(&mut self) -> Result<Delta, ModelError> {
        match next(&mut self.call, &self.model, &self.cancel, &mut self.told).await? {
            Said::Delta(delta) => {
                if matches!(delta, Delta::Done(_)) {
                    self.call.close();
                    self.done = true;
                }
                Ok(delta)
            }
            other => Err(misplaced(&self.model, &other)),
        }
    }
}

#[async_trait]
impl ChatModel for EngineModel {
    fn card(&self) -> &Card {
        &self.card
    }

    async fn stream(&self, request: ChatRequest, cancel: CancellationToken) -> Result<DeltaStream, ModelError> {
        let model = self.card.name.clone();
        let mut call = self.call(Ask::Chat { model: self.number, request })?;
        let mut told = false;
        match next(&mut call, &model, &cancel, &mut told).await? {
            Said::Began => {}
            other => return Err(misplaced(&model, &other)),
        }
        let writing = Writing { call, model, cancel, told, done: false };
        let deltas = stream::unfold(writing, |mut writing| async move {
            if writing.done {
                return None;
            }
            let delta = writing.delta().await;
            writing.done |= delta.is_err();
            Some((delta, writing))
        });
        Ok(deltas.boxed())
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.counter.count(text)
    }
}

#[async_trait]
impl Scorer for EngineModel {
    async fn label_scores(
        &self,
        request: LabelRequest,
        progress: UnboundedSender<Delta>,
        cancel: CancellationToken,
    ) -> Result<LabelScores, ModelError> {
        let scored = |said| if let Said::Scored(scores) = said { Ok(scores) } else { Err(said) };
        self.result(Ask::Score { model: self.number, request }, progress, cancel, scored).await
    }

    fn is_gone(&self) -> bool {
        self.connection.end().is_some()
    }
}

#[async_trait]
impl Embedder for EngineModel {
    async fn embed(
        &self,
        request: EmbedRequest,
        progress: UnboundedSender<Delta>,
        cancel: CancellationToken,
    ) -> Result<Embeddings, ModelError> {
        let embedded = |said| if let Said::Embedded(embeddings) = said { Ok(embeddings) } else { Err(said) };
        self.result(Ask::Embed { model: self.number, request }, progress, cancel, embedded).await
    }
}
