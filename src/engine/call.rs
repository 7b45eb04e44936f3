//! One call of a model: streams it to the subscribers, books its cost, and gives the whole answer back.

use std::sync::Arc;

use futures::StreamExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::clock::Stopwatch;
use crate::domain::event::DebateId;
use crate::domain::team::PERSON;
use crate::domain::usage::Usage;
use crate::engine::error::EngineError;
use crate::engine::ledger::Ledger;
use crate::engine::publish::{Caller, Live, Published, Publisher};
use crate::model::{Card, ChatModel, ChatRequest, Delta, LabelRequest, LabelScores, ModelError, Scorer, StopReason};

/// How often a call is restarted whose answer was cut off by the endpoint.
const RESTARTS: u32 = 2;

/// What a call needs besides its request.
#[derive(Clone, Copy)]
pub struct CallSite<'a> {
    pub debate: &'a DebateId,
    pub caller: &'a Caller,
    pub publisher: &'a Publisher,
    pub ledger: &'a Ledger,
    pub cancel: &'a CancellationToken,
}

/// An answer that came to its end, or as far as it came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    pub text: String,
    pub reasoning: String,
    pub usage: Usage,
    /// Whether the caller stopped it; then the text is partial.
    pub cancelled: bool,
}

impl CallSite<'_> {
    fn live(&self, live: Live) {
        self.publisher.send(Published::Live { debate: self.debate.clone(), live });
    }

    /// Text as it comes, where anybody reads it.
    fn piece(&self, text: String, reasoning: bool) {
        if self.publisher.is_read() {
            self.live(Live::Token { caller: self.caller.clone(), text, reasoning });
        }
    }

    /// Tells that a person is asked, until it has answered or the debate stops.
    pub async fn person(&self, answer: impl Future<Output = Option<String>>) -> Option<String> {
        self.live(Live::CallBegan { caller: self.caller.clone(), model: PERSON.to_owned() });
        let text = answer.await;
        self.live(Live::CallEnded { caller: self.caller.clone(), failed: None });
        text
    }

    /// Runs a chat call. An answer that the endpoint cuts off is asked for again from the start.
    ///
    /// # Errors
    /// The model or the endpoint failed, or a ceiling would be passed.
    pub async fn chat(&self, model: &Arc<dyn ChatModel>, request: &ChatRequest) -> Result<Said, EngineError> {
        let prompt: usize = request.messages.iter().map(|message| model.count_tokens(&message.content)).sum();
        let mut tries = 0;
        loop {
            let reservation = self.reserve(model.card(), prompt as u64, u64::from(request.max_tokens))?;
            self.live(Live::CallBegan { caller: self.caller.clone(), model: model.card().name.clone() });
            let stopwatch = Stopwatch::start();
            let result = self.listen(model, request).await;
            let failed = result.as_ref().err().map(ToString::to_string);
            self.live(Live::CallEnded { caller: self.caller.clone(), failed });
            match result {
                Ok(mut said) => {
                    if said.usage.tokens() == 0 {
                        said.usage.prompt_tokens = prompt as u64;
                        said.usage.completion_tokens = model.count_tokens(&said.text) as u64;
                    }
                    said.usage.milliseconds = stopwatch.elapsed_milliseconds();
                    said.usage.dollars = dollars(model.card(), &said.usage);
                    reservation.settle(said.usage);
                    return Ok(said);
                }
                Err(ModelError::Cut { .. } | ModelError::Stalled { .. }) if tries < RESTARTS => tries += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn listen(&self, model: &Arc<dyn ChatModel>, request: &ChatRequest) -> Result<Said, ModelError> {
        let mut said = Said::default();
        let mut stream = match model.stream(request.clone(), self.cancel.clone()).await {
            Err(ModelError::Cancelled) => return Ok(Said { cancelled: true, ..said }),
            other => other?,
        };
        while let Some(delta) = stream.next().await {
            match delta? {
                Delta::Prefill { done, total } => self.live(Live::Prefill { caller: self.caller.clone(), done, total }),
                Delta::Text(text) => {
                    said.text.push_str(&text);
                    self.piece(text, false);
                }
                Delta::Reasoning(text) => {
                    said.reasoning.push_str(&text);
                    self.piece(text, true);
                }
                Delta::Usage(usage) => said.usage = usage,
                Delta::Done(reason) => {
                    said.cancelled = reason == StopReason::Cancelled;
                    break;
                }
            }
        }
        Ok(said)
    }

    /// Reads the probabilities of labels. `None` means that the caller stopped it.
    ///
    /// # Errors
    /// The model or the endpoint failed or gives no probabilities, or a ceiling would be passed.
    pub async fn labels(
        &self,
        card: &Card,
        scorer: &Arc<dyn Scorer>,
        request: LabelRequest,
    ) -> Result<Option<LabelScores>, EngineError> {
        let characters: usize =
            request.questions.iter().flat_map(|question| &question.messages).map(|message| message.content.len()).sum();
        // A token is at least one byte, and three to five in English prose; two is a safe estimate for a ceiling.
        let reservation = self.reserve(card, characters as u64 / 2, request.questions.len() as u64)?;
        self.live(Live::CallBegan { caller: self.caller.clone(), model: card.name.clone() });
        let stopwatch = Stopwatch::start();
        let (progress, mut deltas) = mpsc::unbounded_channel();
        let scores = scorer.label_scores(request, progress, self.cancel.clone());
        tokio::pin!(scores);
        let result = loop {
            tokio::select! {
                result = &mut scores => break result,
                Some(delta) = deltas.recv() => {
                    if let Delta::Prefill { done, total } = delta {
                        self.live(Live::Prefill { caller: self.caller.clone(), done, total });
                    }
                }
            }
        };
        let failed = result.as_ref().err().map(ToString::to_string);
        self.live(Live::CallEnded { caller: self.caller.clone(), failed });
        match result {
            Ok(mut scores) => {
                scores.usage.milliseconds = stopwatch.elapsed_milliseconds();
                scores.usage.dollars = dollars(card, &scores.usage);
                reservation.settle(scores.usage);
                Ok(Some(scores))
            }
            Err(ModelError::Cancelled) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn reserve(
        &self,
        card: &Card,
        prompt: u64,
        completion: u64,
    ) -> Result<crate::engine::ledger::Reservation<'_>, EngineError> {
        let usage = Usage { prompt_tokens: prompt, completion_tokens: completion, ..Usage::default() };
        self.ledger.reserve(prompt + completion, dollars(card, &usage))
    }
}

/// What a usage costs at a model; 0 where it has no price.
pub fn dollars(card: &Card, usage: &Usage) -> f64 {
    card.price.map_or(0.0, |price| {
        (usage.prompt_tokens as f64 * price.prompt + usage.completion_tokens as f64 * price.completion) / 1e6
    })
}
