//! Models that run on this machine: GGUF files of the llama and qwen2 families, through candle, on the CPU.
//!
//! [`LocalModel`] is the door. Behind it one thread owns the weights; callers talk to it through a queue. Files read
//! in this order: `gguf`, `shape`, `weights`, `decoder` (with `attention`, `rotary`, `softmax`, `cache`); `template`
//! and `tokenizer` make prompts; `prefill`, `generate` and `score` run them; `slots` saves work; `worker` is the thread.

mod attention;
mod cache;
mod checksum;
mod decoder;
mod detokenizer;
mod generate;
mod gguf;
mod header;
mod memory;
mod prefill;
mod prompt;
mod queue;
mod rotary;
mod sampler;
mod score;
mod shape;
mod slots;
mod softmax;
mod template;
#[cfg(test)]
mod tests;
pub mod threads;
#[cfg(test)]
mod tiny;
mod tokenizer;
mod weights;
mod worker;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::domain::hash::ContentHash;
use crate::model::chat::{Card, ChatModel, ChatRequest, Delta, DeltaStream, Message};
use crate::model::error::ModelError;
use crate::model::local::decoder::Decoder;
use crate::model::local::generate::Writing;
use crate::model::local::gguf::Gguf;
use crate::model::local::prompt::Prompter;
use crate::model::local::queue::{Priority, Queue};
use crate::model::local::shape::Shape;
use crate::model::local::slots::Slots;
use crate::model::local::tokenizer::Tokenizer;
use crate::model::local::worker::{Job, Worker};
use crate::model::scorer::{LabelRequest, LabelScores, Scorer};

/// A model that is loaded and ready. Dropping it ends its thread after the calls in line.
pub struct LocalModel {
    card: Card,
    prompter: Prompter,
    queue: Arc<Queue<Job>>,
}

impl LocalModel {
    /// Loads a GGUF file. Blocks for seconds. `known_hash` is the SHA-256 of the file if the caller has it; else the
    /// file is read once more for it.
    ///
    /// # Errors
    /// The file is not a GGUF file that we can run, or it needs more memory than is free.
    pub fn open(path: &Path, name: &str, known_hash: Option<ContentHash>) -> Result<Arc<LocalModel>, ModelError> {
        let mut gguf = Gguf::open(path)?;
        let shape = Shape::read(&gguf)?;
        let tokenizer = Arc::new(Tokenizer::read(&mut gguf, shape.vocabulary)?);
        let plan = memory::plan(&gguf, &shape, name)?;
        let hash = match known_hash {
            Some(hash) => hash,
            None => checksum::sha256(path).map_err(|error| gguf.unusable(error.to_string()))?,
        };
        let card = Card {
            name: name.to_owned(),
            hash,
            family: gguf.architecture().to_owned(),
            context: plan.context,
            local: true,
            price: None,
        };
        let prompter = Prompter::new(&gguf, name, Arc::clone(&tokenizer));
        let queue = Arc::new(Queue::default());
        let worker = Worker {
            name: name.to_owned(),
            decoder: Decoder::load(&gguf, shape, plan.context)?,
            tokenizer,
            slots: Slots::new(plan.resting),
            queue: Arc::clone(&queue),
        };
        std::thread::Builder::new().name(format!("model {name}")).spawn(move || worker.run()).map_err(|error| {
            ModelError::Inference { model: name.to_owned(), reason: format!("its thread cannot start: {error}") }
        })?;
        Ok(Arc::new(LocalModel { card, prompter, queue }))
    }

    /// Whether the model has a chat template, so that it can debate and not only score.
    #[must_use]
    pub fn can_chat(&self) -> bool {
        self.prompter.can_chat()
    }

    /// The tokens that a model reads for a conversation whose answer begins with `lead`.
    ///
    /// # Errors
    /// The template refuses the messages.
    pub fn prompt(&self, messages: &[Message], lead: &str) -> Result<Vec<u32>, ModelError> {
        self.prompter.scoring(messages, lead)
    }

    /// The tokens of plain text.
    ///
    /// # Errors
    /// The tokenizer failed.
    pub fn tokenize(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        self.prompter.plain(text)
    }

    fn check_length(&self, tokens: usize) -> Result<(), ModelError> {
        let limit = self.card.context;
        if tokens > limit {
            return Err(ModelError::PromptTooLong { model: self.card.name.clone(), tokens, limit });
        }
        Ok(())
    }
}

impl Drop for LocalModel {
    fn drop(&mut self) {
        self.queue.close();
    }
}

#[async_trait]
impl ChatModel for LocalModel {
    fn card(&self) -> &Card {
        &self.card
    }

    async fn stream(&self, request: ChatRequest, cancel: CancellationToken) -> Result<DeltaStream, ModelError> {
        let (prompt, thinking) = self.prompter.chat(&request.messages)?;
        self.check_length(prompt.len() + 1)?;
        let max_tokens = (request.max_tokens.max(1) as usize).min(self.card.context - prompt.len());
        let writing = Writing { prompt, thinking, max_tokens, sampling: request.sampling, stop: request.stop };
        let (deltas, stream) = futures::channel::mpsc::unbounded();
        self.queue.push(Priority::Live, Job::Write { writing, cancel, deltas });
        Ok(stream.boxed())
    }

    fn count_tokens(&self, text: &str) -> usize {
        // A text that the tokenizer refuses has at most as many tokens as bytes.
        self.prompter.plain(text).map_or(text.len(), |tokens| tokens.len())
    }
}

#[async_trait]
impl Scorer for LocalModel {
    async fn label_scores(
        &self,
        request: LabelRequest,
        progress: UnboundedSender<Delta>,
        cancel: CancellationToken,
    ) -> Result<LabelScores, ModelError> {
        let mut questions = Vec::with_capacity(request.questions.len());
        for question in &request.questions {
            let made = self.prompter.continuations(question)?;
            self.check_length(made.tokens())?;
            questions.push(made);
        }
        let (answer, scores) = oneshot::channel();
        self.queue.push(Priority::Background, Job::Score { questions, cancel, progress, answer });
        scores.await.unwrap_or_else(|_| {
            let reason = "its thread ended".to_owned();
            Err(ModelError::Inference { model: self.card.name.clone(), reason })
        })
    }
}
