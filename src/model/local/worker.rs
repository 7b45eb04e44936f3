//! The thread that owns a model. Jobs come through a queue and are done one at a time.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures::channel::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::domain::usage::Usage;
use crate::model::chat::{Delta, StopReason};
use crate::model::error::ModelError;
use crate::model::local::decoder::Decoder;
use crate::model::local::generate::{Writing, write};
use crate::model::local::queue::Queue;
use crate::model::local::score::{Continuations, score};
use crate::model::local::slots::Slots;
use crate::model::local::tokenizer::Tokenizer;
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
}

impl Job {
    /// The caller cancelled, or no longer listens.
    fn is_cancelled(&self) -> bool {
        match self {
            Job::Write { cancel, deltas, .. } => cancel.is_cancelled() || deltas.is_closed(),
            Job::Score { cancel, answer, .. } => cancel.is_cancelled() || answer.is_closed(),
        }
    }

    /// Answers a call that was cancelled before its turn came. A caller that is gone needs no answer.
    fn cancelled(self) {
        match self {
            Job::Write { deltas, .. } => {
                let _ = deltas.unbounded_send(Ok(Delta::Done(StopReason::Cancelled)));
            }
            Job::Score { answer, .. } => {
                let _ = answer.send(Err(ModelError::Cancelled));
            }
        }
    }
}

/// A model and its caches, as the thread owns them.
pub struct Worker {
    pub name: String,
    pub decoder: Decoder,
    pub tokenizer: Arc<Tokenizer>,
    pub slots: Slots,
    pub queue: Arc<Queue<Job>>,
}

impl Worker {
    /// Works until the queue is closed and empty.
    pub fn run(mut self) {
        let queue = Arc::clone(&self.queue);
        while let Some(job) = queue.pop() {
            if job.is_cancelled() {
                job.cancelled();
            } else {
                self.work(job);
            }
        }
    }

    fn work(&mut self, job: Job) {
        match job {
            Job::Write { writing, cancel, deltas } => {
                let end = self.guarded(|worker| worker.write(&writing, &cancel, &deltas));
                let _ = deltas.unbounded_send(end.map(Delta::Done));
            }
            Job::Score { questions, cancel, progress, answer } => {
                let scores = self.guarded(|worker| {
                    let asked = || !cancel.is_cancelled() && !answer.is_closed();
                    worker.score(&questions, asked, &progress)
                });
                let _ = answer.send(scores.and_then(|scores| scores.ok_or(ModelError::Cancelled)));
            }
        }
    }

    fn write(
        &mut self,
        writing: &Writing,
        cancel: &CancellationToken,
        deltas: &UnboundedSender<Result<Delta, ModelError>>,
    ) -> candle_core::Result<StopReason> {
        let tell = |delta| {
            // A caller that is gone is noticed before the next token.
            let _ = deltas.unbounded_send(Ok(delta));
        };
        let queue = &self.queue;
        let go_on = || {
            answer_cancelled(queue);
            !cancel.is_cancelled() && !deltas.is_closed()
        };
        write(&self.decoder, &self.tokenizer, &mut self.slots, writing, tell, go_on)
    }

    fn score(
        &mut self,
        questions: &[Continuations],
        asked: impl Fn() -> bool,
        progress: &tokio::sync::mpsc::UnboundedSender<Delta>,
    ) -> candle_core::Result<Option<LabelScores>> {
        let total = questions.iter().map(|question| question.prompt.len()).sum();
        let mut before = 0;
        let mut usage = Usage::default();
        let mut log_probabilities = Vec::with_capacity(questions.len());
        for question in questions {
            let scores = score(&self.decoder, &mut self.slots, question, &mut usage, |read| {
                let _ = progress.send(Delta::Prefill { done: before + read, total });
                answer_cancelled(&self.queue);
                asked()
            })?;
            let Some(scores) = scores else { return Ok(None) };
            if scores.iter().any(|score| !score.is_finite()) {
                candle_core::bail!("its probabilities are not numbers");
            }
            log_probabilities.push(scores);
            before += question.prompt.len();
        }
        Ok(Some(LabelScores { log_probabilities, usage }))
    }

    /// Turns a failure or a panic into an error. A slot that was in use is lost with it; the rest is sound.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Worker) -> candle_core::Result<T>) -> Result<T, ModelError> {
        let reason = match catch_unwind(AssertUnwindSafe(|| work(self))) {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(error)) => error.to_string(),
            Err(panic) => panic_text(&*panic),
        };
        Err(ModelError::Inference { model: self.name.clone(), reason })
    }
}

/// Answers those who gave up waiting in line, so that cancelling never waits for somebody else's answer to end.
fn answer_cancelled(queue: &Queue<Job>) {
    queue.take_where(Job::is_cancelled).into_iter().for_each(Job::cancelled);
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|&text| text.to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
}
