//! A call in the line before a model: what is asked, and whom to answer.

use futures::channel::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::model::chat::{Delta, StopReason};
use crate::model::embedder::Embeddings;
use crate::model::error::ModelError;
use crate::model::local::embed::Passage;
use crate::model::local::generate::Writing;
use crate::model::local::score::Continuations;
use crate::model::scorer::LabelScores;

/// A call in line.
pub enum Job {
    Write {
        writing: Writing,
        cancel: CancellationToken,
        deltas: UnboundedSender<Result<Delta, ModelError>>,
    },
    Score {
        questions: Vec<Continuations>,
        cancel: CancellationToken,
        progress: tokio::sync::mpsc::UnboundedSender<Delta>,
        answer: oneshot::Sender<Result<LabelScores, ModelError>>,
    },
    Embed {
        passages: Vec<Passage>,
        layer: Option<usize>,
        cancel: CancellationToken,
        progress: tokio::sync::mpsc::UnboundedSender<Delta>,
        answer: oneshot::Sender<Result<Embeddings, ModelError>>,
    },
}

impl Job {
    /// The caller cancelled, or no longer listens.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        match self {
            Job::Write { cancel, deltas, .. } => cancel.is_cancelled() || deltas.is_closed(),
            Job::Score { cancel, answer, .. } => cancel.is_cancelled() || answer.is_closed(),
            Job::Embed { cancel, answer, .. } => cancel.is_cancelled() || answer.is_closed(),
        }
    }

    /// Answers a call that failed, or was cancelled. A caller that is gone needs no answer.
    pub fn end(self, reason: ModelError) {
        match self {
            Job::Write { deltas, .. } => {
                let end =
                    if reason == ModelError::Cancelled { Ok(Delta::Done(StopReason::Cancelled)) } else { Err(reason) };
                let _ = deltas.unbounded_send(end);
            }
            Job::Score { answer, .. } => {
                let _ = answer.send(Err(reason));
            }
            Job::Embed { answer, .. } => {
                let _ = answer.send(Err(reason));
            }
        }
    }

    /// The tokens that it begins with, if it needs no more of them than that they are read.
    #[must_use]
    pub fn beginning(&self) -> &[u32] {
        match self {
            Job::Write { writing, .. } => &writing.prompt,
            Job::Score { questions, .. } => questions.first().map_or(&[], |question| &question.prompt),
            // The states of its tokens are wanted, so it reads them itself.
            Job::Embed { .. } => &[],
        }
    }

    /// The most pages of `page` tokens that the call can come to hold.
    #[must_use]
    pub fn pages(&self, page: usize) -> usize {
        match self {
            Job::Write { writing, .. } => (writing.prompt.len() + writing.max_tokens).div_ceil(page),
            Job::Score { questions, .. } => questions.iter().map(|question| question.pages(page)).max().unwrap_or(0),
            Job::Embed { passages, .. } => {
                passages.iter().map(|passage| passage.tokens.len().div_ceil(page)).max().unwrap_or(0)
            }
        }
    }
}
