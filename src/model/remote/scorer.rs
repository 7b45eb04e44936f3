//! Probabilities of labels from an endpoint that gives log-probabilities, as a [`Scorer`].
//!
//! One token is asked for, and its alternatives are read. Each label must therefore be one token, with or without a
//! space before it. A label that is not among the alternatives is taken to be as likely as the least of them, or as
//! all that is left over if that is less: its upper bound, so that a judge errs towards a tie.

use async_trait::async_trait;
use futures::stream::{self, StreamExt, TryStreamExt};
use reqwest::StatusCode;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::domain::usage::Usage;
use crate::model::chat::{ChatModel, Delta, MessageRole};
use crate::model::error::ModelError;
use crate::model::remote::answer::priced;
use crate::model::remote::estimate::{self, TokenEstimate};
use crate::model::remote::fault;
use crate::model::remote::model::RemoteModel;
use crate::model::remote::request::Body;
use crate::model::remote::stream::turn;
use crate::model::remote::wire::{Alternative, Answer, WireUsage};
use crate::model::scorer::{LabelQuestion, LabelRequest, LabelScores, Scorer};

/// Stands for no probability at all; finite, so that it can be stored.
const LEAST: f64 = -1e4;

impl RemoteModel {
    /// Whether the endpoint gives log-probabilities, so far as its preset says.
    #[must_use]
    pub fn can_score(&self) -> bool {
        self.endpoint().abilities().top_logprobs > 0
    }

    async fn ask(&self, question: &LabelQuestion, cancel: &CancellationToken) -> Result<(Vec<f64>, Usage), ModelError> {
        let endpoint = self.endpoint();
        let abilities = endpoint.abilities();
        let _permit = turn(endpoint, cancel).await?;
        let body = Body::labels(self.id(), &question.messages, &question.lead, abilities);
        let opened = self.send(body, 0).await.map_err(|error| match error {
            ModelError::Status { status, message, .. }
                if status == StatusCode::BAD_REQUEST.as_u16() && message.contains("logprobs") =>
            {
                self.no_probabilities(question)
            }
            error => error,
        })?;
        let body = opened.whole(endpoint).await?;
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|_| fault::protocol(endpoint, "its answer with log-probabilities cannot be read"))?;
        let first = answer.choices.into_iter().next().and_then(|choice| choice.logprobs?.content?.into_iter().next());
        let alternatives = first.map(|token| token.top_logprobs).unwrap_or_default();
        let scores =
            label_log_probabilities(&question.labels, &alternatives).ok_or_else(|| self.no_probabilities(question))?;
        Ok((scores, self.cost(question, answer.usage.unwrap_or_default())))
    }

    fn cost(&self, question: &LabelQuestion, counted: WireUsage) -> Usage {
        let estimate =
            Usage { prompt_tokens: prompt_tokens(question) as u64, completion_tokens: 1, ..Usage::default() };
        priced(counted.usage(estimate), self.card().price)
    }

    fn no_probabilities(&self, question: &LabelQuestion) -> ModelError {
        ModelError::NoProbabilities { model: self.card().name.clone(), labels: question.labels.join(", ") }
    }
}

#[async_trait]
impl Scorer for RemoteModel {
    fn weighs_texts(&self) -> bool {
        false
    }

    async fn label_scores(
        &self,
        request: LabelRequest,
        progress: UnboundedSender<Delta>,
        cancel: CancellationToken,
    ) -> Result<LabelScores, ModelError> {
        if let Some(question) = request.questions.first().filter(|_| !self.can_score()) {
            return Err(self.no_probabilities(question));
        }
        if let Some(other) = request.questions.iter().find(|question| question.turn != MessageRole::Assistant) {
            return Err(ModelError::OnlyAnswers { model: self.card().name.clone(), turn: other.turn });
        }
        let total: usize = request.questions.iter().map(prompt_tokens).sum();
        // A server on this machine keeps the shared beginning in one slot: one after the other reads it once.
        let width = if self.endpoint().is_local() { 1 } else { self.endpoint().max_concurrent() };
        let asking = async {
            let cancel = &cancel;
            let mut answers = stream::iter(request.questions)
                .map(|question| async move { Ok((self.ask(&question, cancel).await?, prompt_tokens(&question))) })
                .buffered(width);
            let (log_probabilities, tokens) = (Vec::new(), Vec::new());
            let mut scores = LabelScores { log_probabilities, tokens, usage: Usage::default(), reread: 0 };
            let mut done = 0;
            while let Some(((log_probabilities, usage), tokens)) = answers.try_next().await? {
                scores.tokens.push(vec![1; log_probabilities.len()]);
                scores.log_probabilities.push(log_probabilities);
                scores.usage += usage;
                done += tokens;
                // Nobody may be watching.
                let _ = progress.send(Delta::Prefill { done, total });
            }
            Ok(scores)
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(ModelError::Cancelled),
            scores = asking => scores,
        }
    }
}

fn prompt_tokens(question: &LabelQuestion) -> usize {
    let mut tokens = TokenEstimate::default();
    for message in &question.messages {
        tokens.add(&message.content);
    }
    tokens.tokens() + estimate::tokens(&question.lead)
}

/// The log-probability of each label, or `None` if no label is among the alternatives.
fn label_log_probabilities(labels: &[String], alternatives: &[Alternative]) -> Option<Vec<f64>> {
    let probability = |alternative: &Alternative| {
        alternative.logprob.filter(|logprob| !logprob.is_nan()).map_or(0.0, |logprob| logprob.min(0.0).exp())
    };
    let mass = |label: &String| -> f64 {
        let wanted = label.trim();
        alternatives.iter().filter(|alternative| alternative.token.trim() == wanted).map(probability).sum()
    };
    let masses: Vec<f64> = labels.iter().map(mass).collect();
    if masses.iter().all(|mass| *mass <= 0.0) {
        return None;
    }
    let left = 1.0 - alternatives.iter().map(probability).sum::<f64>();
    let bound = alternatives.iter().map(probability).fold(f64::INFINITY, f64::min).min(left.max(0.0));
    Some(masses.into_iter().map(|mass| if mass > 0.0 { mass } else { bound }.ln().clamp(LEAST, 0.0)).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;
    use tokio::sync::mpsc::unbounded_channel;
    use wiremock::matchers::{method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::model::chat::Message;
    use crate::model::remote::endpoint::tests::at;

    fn scores(labels: &[&str], alternatives: &[(&str, f64)]) -> Option<Vec<f64>> {
        let labels: Vec<String> = labels.iter().map(|&label| label.to_owned()).collect();
        let alternatives: Vec<Alternative> = alternatives
            .iter()
            .map(|(token, probability)| Alternative { token: (*token).to_owned(), logprob: Some(probability.ln()) })
            .collect();
        label_log_probabilities(&labels, &alternatives)
    }

    fn near(found: f64, expected: f64) -> bool {
        (found.exp() - expected).abs() < 1e-9
    }

    #[test]
    fn a_label_with_and_without_a_space_is_one_label() {
        let found = scores(&["A", "B"], &[("A", 0.4), (" A", 0.1), ("\u{20}B ", 0.3), ("The", 0.1)]).unwrap();
        assert!(near(found[0], 0.5) && near(found[1], 0.3), "{found:?}");
    }

    #[test]
    fn a_label_outside_the_list_gets_its_upper_bound() {
        let found = scores(&["A", "B"], &[("A", 0.8), ("The", 0.05)]).unwrap();
        assert!(near(found[1], 0.05), "{found:?}");
        let found = scores(&["A", "B"], &[("A", 0.9), ("The", 0.08)]).unwrap();
        assert!(near(found[1], 0.02), "{found:?}");
        let found = scores(&["A", "B"], &[("A", 1.0)]).unwrap();
        assert!(found[1].is_finite() && found[1] <= -1e3, "{found:?}");
    }

    #[test]
    fn no_label_in_the_list_is_no_answer() {
        assert_eq!(scores(&["A", "B"], &[("The", 0.9), ("a", 0.1)]), None);
        assert_eq!(scores(&["A", "B"], &[]), None);
    }

    fn question() -> LabelQuestion {
        LabelQuestion {
            messages: vec![Message::user("Who won, A or B?")],
            lead: "Answer: ".to_owned(),
            labels: vec!["A".to_owned(), "B".to_owned()],
            turn: MessageRole::Assistant,
        }
    }

    async fn ask(answer: ResponseTemplate, questions: usize) -> (Result<LabelScores, ModelError>, Vec<Delta>) {
        let server = MockServer::start().await;
        Mock::given(method("POST")).and(path("/v1/chat/completions")).respond_with(answer).mount(&server).await;
        let endpoint = Arc::new(at("llama.cpp", &format!("{}/v1", server.uri())));
        let model = RemoteModel::new(endpoint, "m", "m", None, None);
        let (sender, mut progress) = unbounded_channel();
        let request = LabelRequest { questions: vec![question(); questions] };
        let scores = model.label_scores(request, sender, CancellationToken::new()).await;
        (scores, std::iter::from_fn(|| progress.try_recv().ok()).collect())
    }

    #[tokio::test]
    async fn every_question_is_asked_and_progress_is_told() {
        let top = json!([{ "token": "A", "logprob": 0.6_f64.ln() }, { "token": " B", "logprob": 0.3_f64.ln() }]);
        let content = json!([{ "token": "A", "logprob": 0.6_f64.ln(), "top_logprobs": top }]);
        let answer = json!({
            "choices": [{ "message": { "content": "A" }, "logprobs": { "content": content }, "finish_reason": "length" }],
            "usage": { "prompt_tokens": 20, "completion_tokens": 1 },
        });
        let (scores, progress) = ask(ResponseTemplate::new(200).set_body_json(answer), 2).await;
        let scores = scores.unwrap();
        assert_eq!((scores.log_probabilities.len(), scores.tokens), (2, vec![vec![1, 1]; 2]));
        assert!(near(scores.log_probabilities[1][1], 0.3));
        assert_eq!(scores.usage.tokens(), 42);
        let Some(Delta::Prefill { done, total }) = progress.last() else { panic!("{progress:?}") };
        assert_eq!((progress.len(), done), (2, total));
    }

    #[tokio::test]
    async fn an_endpoint_without_log_probabilities_says_so() {
        let silent = json!({ "choices": [{ "message": { "content": "A" }, "logprobs": null }] });
        let refused = json!({ "error": { "message": "logprobs is not supported by this model" } });
        for answer in
            [ResponseTemplate::new(200).set_body_json(silent), ResponseTemplate::new(400).set_body_json(refused)]
        {
            let error = ask(answer, 1).await.0.unwrap_err().to_string();
            assert!(error.contains("gives no probabilities for the labels A, B"), "{error}");
        }
    }

    #[tokio::test]
    async fn the_next_turn_of_somebody_else_is_not_asked_of_an_endpoint() {
        let model = RemoteModel::new(Arc::new(at("llama.cpp", "http://127.0.0.1:1/v1")), "m", "m", None, None);
        let (sender, _progress) = unbounded_channel();
        let request = LabelRequest { questions: vec![LabelQuestion { turn: MessageRole::User, ..question() }] };
        let error = model.label_scores(request, sender, CancellationToken::new()).await.unwrap_err().to_string();
        assert!(
            error.starts_with("m gives probabilities of what it would answer and not of what the user says"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn an_endpoint_that_is_known_to_give_none_is_not_asked() {
        let model = RemoteModel::new(Arc::new(at("anthropic", "http://127.0.0.1:1/v1")), "m", "m", None, None);
        let (sender, _progress) = unbounded_channel();
        let request = LabelRequest { questions: vec![question()] };
        let error = model.label_scores(request, sender, CancellationToken::new()).await.unwrap_err();
        assert!(matches!(error, ModelError::NoProbabilities { .. }), "{error}");
    }
}
