//! Models that run on this machine, on the CPU: decoders of the llama, qwen2 and qwen3 families from GGUF files or
//! safetensors, and encoders.
//!
//! [`LocalModel`] is the door to decoders, [`Encoder`] that to encoders. Behind a decoder one thread owns the weights;
//! callers talk to it through a queue. Files read in this order: `gguf`, or `checkpoint` with `safetensors`;
//! `directory`, `shape`, `weights`; `decoder` with `arithmetic`, `cache`, `rotary`, which `kernels` (this
//! processor) or `tensors` (candle) carry out, as `backend` says; `template` and `tokenizer` make prompts; `generate`, `score` and `embed`
//! are calls, `grammar` and `constraint` hold an answer to a schema, `slots` saves their work, `schedule` says whose turn it is, and `worker` is the thread.

pub mod agreement;
mod arithmetic;
pub mod backend;
mod cache;
mod checkpoint;
mod checksum;
pub mod compare;
mod constraint;
pub mod counter;
mod decoder;
mod detokenizer;
pub mod direct;
mod directory;
mod embed;
mod encoder;
mod fault;
mod generate;
mod gguf;
mod grammar;
mod header;
mod job;
mod kernels;
pub mod measure;
mod memory;
mod opening;
mod prompt;
mod queue;
#[cfg(test)]
mod reference;
mod rotary;
mod safetensors;
mod sampler;
mod schedule;
mod score;
mod shape;
mod slots;
mod template;
mod tensors;
#[cfg(test)]
mod tests;
pub mod threads;
#[cfg(test)]
pub mod tiny;
#[cfg(test)]
pub mod tiny_folder;
mod tokenizer;
mod weights;
mod worker;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::domain::hash::ContentHash;
use crate::model::chat::{Card, ChatModel, ChatRequest, Delta, DeltaStream, Message};
use crate::model::embedder::{EmbedRequest, Embedder, Embeddings};
use crate::model::error::ModelError;
use crate::model::local::arithmetic::Arithmetic;
use crate::model::local::backend::Backend;
use crate::model::local::constraint::Constraint;
use crate::model::local::decoder::Decoder;
pub use crate::model::local::encoder::Encoder;
use crate::model::local::generate::Writing;
use crate::model::local::grammar::Grammars;
use crate::model::local::job::Job;
use crate::model::local::memory::Plan;
use crate::model::local::opening::{Described, Loaded};
use crate::model::local::prompt::Prompter;
use crate::model::local::queue::{Priority, Queue};
use crate::model::local::tokenizer::Tokenizer;
use crate::model::local::worker::Worker;
use crate::model::scorer::{LabelQuestion, LabelRequest, LabelScores, Scorer};

pub use crate::model::local::memory::{Needs, served};
pub use crate::model::local::opening::needs;
pub use crate::model::local::score::{Continuations, common};

/// A model that is loaded and ready. Dropping it ends its thread after the calls in line.
pub struct LocalModel {
    card: Card,
    layers: usize,
    prompter: Prompter,
    grammars: Arc<Grammars>,
    queue: Arc<Queue<Job>>,
}

impl LocalModel {
    /// Loads a model for the processor; else as [`LocalModel::open_on`].
    ///
    /// # Errors
    /// As [`LocalModel::open_on`].
    pub fn open(path: &Path, name: &str, known_hash: Option<ContentHash>) -> Result<Arc<LocalModel>, ModelError> {
        LocalModel::open_on(&Backend::Processor, path, name, known_hash)
    }

    /// Loads a GGUF file, or a folder with a checkpoint. Blocks for seconds. `known_hash` is the SHA-256 of the weights
    /// if the caller has it; else they are read once more for it.
    ///
    /// # Errors
    /// It is neither, or none that we can run, or it needs more memory than is free.
    pub fn open_on(
        backend: &Backend,
        path: &Path,
        name: &str,
        known_hash: Option<ContentHash>,
    ) -> Result<Arc<LocalModel>, ModelError> {
        let Described { family, directory, shape, tokenizer, template } = opening::describe(path)?;
        let tokenizer = Arc::new(tokenizer?);
        let (decoder, plan) = opening::load(&directory, shape, name, backend)?;
        let hash = known_hash.map_or_else(|| hash(path, &directory.files), Ok)?;
        let prompter = Prompter::new(name, Arc::clone(&tokenizer), template);
        let grammars = Arc::new(Grammars::new(name, Arc::clone(&tokenizer)));
        let (layers, queue) = match decoder {
            Loaded::Kernels(decoder) => (decoder.shape().layers, start(name, decoder, tokenizer, plan)?),
            Loaded::Tensors(decoder) => (decoder.shape().layers, start(name, decoder, tokenizer, plan)?),
        };
        let card = Card { name: name.to_owned(), hash, family, context: plan.context, local: true, price: None };
        Ok(Arc::new(LocalModel { card, layers, prompter, grammars, queue }))
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

    /// The tokens of a question and of each of its labels.
    ///
    /// # Errors
    /// The template refuses the messages, or a label has no tokens of its own.
    pub fn continuations(&self, question: &LabelQuestion) -> Result<Continuations, ModelError> {
        self.prompter.continuations(question)
    }

    fn check_length(&self, tokens: usize) -> Result<(), ModelError> {
        let limit = self.card.context;
        if tokens > limit {
            return Err(ModelError::PromptTooLong { model: self.card.name.clone(), tokens, limit });
        }
        Ok(())
    }

    /// What holds an answer of at most `max_tokens` to a schema. The first one of a model takes a good part of a second, so
    /// it is made beside the other calls.
    async fn constraint(&self, schema: serde_json::Value, max_tokens: usize) -> Result<Constraint, ModelError> {
        let grammars = Arc::clone(&self.grammars);
        let made = tokio::task::spawn_blocking(move || grammars.constraint(&schema, max_tokens)).await;
        made.unwrap_or_else(|_| Err(self.ended()))
    }

    /// The error for a call that nobody answered.
    fn ended(&self) -> ModelError {
        ModelError::Inference { model: self.card.name.clone(), reason: "its thread ended".to_owned() }
    }
}

/// The SHA-256 of the weights of a model.
fn hash(path: &Path, files: &[PathBuf]) -> Result<ContentHash, ModelError> {
    checksum::sha256(files)
        .map_err(|error| ModelError::Unreadable { path: path.display().to_string(), reason: error.to_string() })
}

/// Starts the thread of a model; gives its queue.
fn start<A: Arithmetic + Send + 'static>(
    name: &str,
    decoder: Decoder<A>,
    tokenizer: Arc<Tokenizer>,
    plan: Plan,
) -> Result<Arc<Queue<Job>>, ModelError> {
    let queue = Arc::new(Queue::default());
    let worker = Worker::new(name, decoder, tokenizer, Arc::clone(&queue), plan);
    let thread = std::thread::Builder::new().name(format!("model {name}"));
    thread.spawn(move || worker.run()).map_err(|error| ModelError::Inference {
        model: name.to_owned(),
        reason: format!("its thread cannot start: {error}"),
    })?;
    Ok(queue)
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
        let (prompt, thinking) = match request.schema {
            Some(_) => (self.prompter.form(&request.messages)?, false),
            None => self.prompter.chat(&request.messages)?,
        };
        self.check_length(prompt.len() + 1)?;
        let max_tokens = (request.max_tokens.max(1) as usize).min(self.card.context - prompt.len());
        let constraint = match request.schema {
            Some(schema) => Some(Box::new(self.constraint(schema, max_tokens).await?)),
            None => None,
        };
        let ChatRequest { sampling, stop, .. } = request;
        let writing = Writing { prompt, thinking, max_tokens, sampling, stop, constraint };
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
        scores.await.unwrap_or_else(|_| Err(self.ended()))
    }
}

#[async_trait]
impl Embedder for LocalModel {
    async fn embed(
        &self,
        request: EmbedRequest,
        progress: UnboundedSender<Delta>,
        cancel: CancellationToken,
    ) -> Result<Embeddings, ModelError> {
        let model = || self.card.name.clone();
        if let Some(layer) = request.layer.filter(|&layer| layer > self.layers) {
            return Err(ModelError::NoLayer { model: model(), layer, layers: self.layers });
        }
        let mut passages = Vec::with_capacity(request.texts.len());
        for (i, text) in request.texts.iter().enumerate() {
            let passage = self.prompter.passage(&request.before, text, self.card.context)?;
            if passage.before >= self.card.context {
                return Err(ModelError::PromptTooLong {
                    model: model(),
                    tokens: passage.before + 1,
                    limit: self.card.context,
                });
            }
            if passage.tokens.len() == passage.before {
                return Err(ModelError::EmptyText { number: i + 1 });
            }
            passages.push(passage);
        }
        let (answer, embeddings) = oneshot::channel();
        let job = Job::Embed { passages, layer: request.layer, cancel, progress, answer };
        self.queue.push(Priority::Background, job);
        embeddings.await.unwrap_or_else(|_| Err(self.ended()))
    }
}
