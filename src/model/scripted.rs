//! A model that answers from a script: for tests, never a user's default.
//!
//! It does everything a real model does on the seam (prefill, deltas, usage, stop strings, cancel) and waits for nothing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::domain::hash::ContentHash;
use crate::domain::usage::Usage;
use crate::model::chat::{Card, ChatModel, ChatRequest, Delta, DeltaStream, StopReason};
use crate::model::error::ModelError;
use crate::model::scorer::{LabelQuestion, LabelRequest, LabelScores, Scorer};
use crate::model::stop::StopStrings;

type Answer = Box<dyn Fn(&ChatRequest) -> Result<String, ModelError> + Send + Sync>;
type Scores = Box<dyn Fn(&LabelQuestion) -> Vec<f64> + Send + Sync>;

/// A model whose answers are chosen by a test. A token is a word.
pub struct ScriptedModel {
    card: Card,
    answer: Answer,
    scores: Scores,
    words_per_delta: usize,
    stuck_after: Option<usize>,
    requests: Mutex<Vec<ChatRequest>>,
}

impl ScriptedModel {
    /// A model that gives these answers in turn, and the last one from then on.
    #[must_use]
    pub fn saying(answers: &[&str]) -> ScriptedModel {
        let left: Mutex<VecDeque<String>> = Mutex::new(answers.iter().map(|&answer| answer.to_owned()).collect());
        ScriptedModel::new(move |_| {
            let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
            let last = left.len() == 1;
            let answer = if last { left.front().cloned() } else { left.pop_front() };
            answer.ok_or_else(|| ModelError::Setup("the script has no answer".to_owned()))
        })
    }

    /// A model whose answer, or failure, is chosen by the request.
    pub fn new(answer: impl Fn(&ChatRequest) -> Result<String, ModelError> + Send + Sync + 'static) -> ScriptedModel {
        let card = Card {
            name: "scripted".to_owned(),
            hash: ContentHash("5c".repeat(32)),
            family: "scripted".to_owned(),
            context: 1 << 20,
            local: true,
            price: None,
        };
        ScriptedModel {
            card,
            answer: Box::new(answer),
            scores: Box::new(|question| vec![-(question.labels.len() as f64).ln(); question.labels.len()]),
            words_per_delta: usize::MAX,
            stuck_after: None,
            requests: Mutex::default(),
        }
    }

    /// Changes the card.
    #[must_use]
    pub fn with_card(mut self, change: impl FnOnce(&mut Card)) -> ScriptedModel {
        change(&mut self.card);
        self
    }

    /// Cuts answers into deltas of so many words, at least 1.
    #[must_use]
    pub fn in_pieces(mut self, words: usize) -> ScriptedModel {
        self.words_per_delta = words.max(1);
        self
    }

    /// After so many deltas of text an answer goes on only when it is cancelled.
    #[must_use]
    pub fn stuck_after(mut self, deltas: usize) -> ScriptedModel {
        self.stuck_after = Some(deltas);
        self
    }

    /// Chooses the log-probabilities of a question's labels; without this all labels are equally likely.
    #[must_use]
    pub fn scoring(mut self, scores: impl Fn(&LabelQuestion) -> Vec<f64> + Send + Sync + 'static) -> ScriptedModel {
        self.scores = Box::new(scores);
        self
    }

    /// The calls so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<ChatRequest> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All deltas of an answer up to its end.
    fn deltas(&self, request: &ChatRequest, answer: &str) -> Vec<Delta> {
        let prompt: usize = request.messages.iter().map(|message| self.count_tokens(&message.content)).sum();
        let mut stop = StopStrings::new(&request.stop);
        let (mut answer, met) = stop.push(answer);
        if !met {
            answer += &stop.finish();
        }
        let limit = usize::try_from(request.max_tokens).unwrap_or(usize::MAX);
        let words: Vec<&str> = answer.split_inclusive(char::is_whitespace).collect();
        let kept = &words[..words.len().min(limit)];
        let mut deltas = vec![Delta::Prefill { done: prompt, total: prompt }];
        deltas.extend(kept.chunks(self.words_per_delta).map(|words| Delta::Text(words.concat())));
        deltas.push(Delta::Usage(Usage {
            prompt_tokens: prompt as u64,
            completion_tokens: kept.len() as u64,
            ..Usage::default()
        }));
        deltas.push(Delta::Done(if kept.len() < words.len() { StopReason::Length } else { StopReason::End }));
        deltas
    }
}

#[async_trait]
impl ChatModel for ScriptedModel {
    fn card(&self) -> &Card {
        &self.card
    }

    async fn stream(&self, request: ChatRequest, cancel: CancellationToken) -> Result<DeltaStream, ModelError> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        let answer = (self.answer)(&request)?;
        let deltas: VecDeque<Delta> = self.deltas(&request, &answer).into();
        // The prefill comes before the text.
        let stuck_at = self.stuck_after.map(|texts| deltas.len().saturating_sub(texts + 1));
        let cancel = Arc::new(cancel);
        let steps = stream::unfold(Some(deltas), move |left| {
            let cancel = Arc::clone(&cancel);
            async move {
                let mut left = left?;
                if stuck_at == Some(left.len()) {
                    cancel.cancelled().await;
                }
                if cancel.is_cancelled() {
                    return Some((Ok(Delta::Done(StopReason::Cancelled)), None));
                }
                let delta = left.pop_front()?;
                Some((Ok(delta), Some(left)))
            }
        });
        Ok(steps.boxed())
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }
}

#[async_trait]
impl Scorer for ScriptedModel {
    async fn label_scores(
        &self,
        request: LabelRequest,
        progress: UnboundedSender<Delta>,
        cancel: CancellationToken,
    ) -> Result<LabelScores, ModelError> {
        if cancel.is_cancelled() {
            return Err(ModelError::Cancelled);
        }
        let messages = request.questions.iter().flat_map(|question| &question.messages);
        let prompt: usize = messages.map(|message| self.count_tokens(&message.content)).sum();
        // Nobody may be watching.
        let _ = progress.send(Delta::Prefill { done: prompt, total: prompt });
        Ok(LabelScores {
            log_probabilities: request.questions.iter().map(|question| (self.scores)(question)).collect(),
            tokens: request
                .questions
                .iter()
                .map(|question| question.labels.iter().map(|label| words(label)).collect())
                .collect(),
            usage: Usage { prompt_tokens: prompt as u64, ..Usage::default() },
            reread: 0,
        })
    }
}

/// The words of a label: its tokens.
fn words(label: &str) -> u32 {
    u32::try_from(label.split_whitespace().count().max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::chat::{Message, MessageRole, Sampling};

    fn request(max_tokens: u32) -> ChatRequest {
        ChatRequest {
            messages: vec![Message::user("one two three")],
            max_tokens,
            sampling: Sampling { temperature: 0.0, top_p: 1.0, repetition_penalty: 1.0, seed: 0 },
            stop: vec!["END".to_owned()],
            schema: None,
        }
    }

    async fn run(model: &ScriptedModel, max_tokens: u32) -> Vec<Delta> {
        let stream = model.stream(request(max_tokens), CancellationToken::new()).await.unwrap();
        stream.map(Result::unwrap).collect().await
    }

    fn text(text: &str) -> Delta {
        Delta::Text(text.to_owned())
    }

    #[tokio::test]
    async fn answers_come_in_turn_and_the_last_one_stays() {
        let model = ScriptedModel::saying(&["first", "second"]);
        for answer in ["first", "second", "second"] {
            assert_eq!(run(&model, 9).await[1], text(answer));
        }
        assert_eq!(model.requests().len(), 3);
    }

    #[tokio::test]
    async fn an_answer_comes_in_pieces_up_to_the_limit() {
        let model = ScriptedModel::saying(&["a b c d e"]).in_pieces(2);
        let deltas = run(&model, 3).await;
        assert_eq!(deltas[0], Delta::Prefill { done: 3, total: 3 });
        assert_eq!(deltas[1..3], [text("a b "), text("c ")]);
        assert_eq!(deltas.last(), Some(&Delta::Done(StopReason::Length)));
    }

    #[tokio::test]
    async fn a_stop_string_ends_an_answer() {
        let deltas = run(&ScriptedModel::saying(&["We agree.END no"]), 9).await;
        assert_eq!(deltas[1], text("We agree."));
        assert_eq!(deltas.last(), Some(&Delta::Done(StopReason::End)));
    }

    #[tokio::test]
    async fn a_stuck_answer_ends_when_it_is_cancelled() {
        let model = ScriptedModel::saying(&["a b c"]).in_pieces(1).stuck_after(2);
        let cancel = CancellationToken::new();
        let mut stream = model.stream(request(9), cancel.clone()).await.unwrap();
        for expected in [Delta::Prefill { done: 3, total: 3 }, text("a "), text("b ")] {
            assert_eq!(stream.next().await, Some(Ok(expected)));
        }
        assert!(futures::poll!(stream.next()).is_pending());
        cancel.cancel();
        let rest: Vec<_> = stream.collect().await;
        assert_eq!(rest, [Ok(Delta::Done(StopReason::Cancelled))]);
    }

    #[tokio::test]
    async fn labels_are_scored_by_the_script() {
        let model = ScriptedModel::saying(&[""])
            .scoring(|question| question.labels.iter().map(|label| if label == "A" { -0.1 } else { -2.3 }).collect());
        let question = LabelQuestion {
            messages: vec![Message::user("A or B?")],
            lead: String::new(),
            labels: vec!["B or so".to_owned(), "A".to_owned()],
            turn: MessageRole::User,
        };
        let (progress, _watching) = tokio::sync::mpsc::unbounded_channel();
        let request = LabelRequest { questions: vec![question] };
        let scores = model.label_scores(request, progress, CancellationToken::new()).await.unwrap();
        assert_eq!((scores.log_probabilities, scores.tokens), (vec![vec![-2.3, -0.1]], vec![vec![3, 1]]));
    }
}
