//! From the events of a stream to deltas. No I/O: the bytes come in, and what is known comes out.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::domain::usage::Usage;
use crate::model::chat::{ChatRequest, Delta, Price, StopReason};
use crate::model::error::ModelError;
use crate::model::remote::endpoint::Endpoint;
use crate::model::remote::estimate::TokenEstimate;
use crate::model::remote::events::EventTooLong;
use crate::model::remote::fault::{self, Report};
use crate::model::remote::wire::{Answer, Chunk, ChunkDelta, WireUsage};
use crate::model::stop::StopStrings;
use crate::model::thinking::Thinking;

/// Reads one answer.
pub struct AnswerReader {
    endpoint: Arc<Endpoint>,
    model: String,
    price: Option<Price>,
    max_tokens: u32,
    thinking: Thinking,
    /// `None` where there are no stop strings to hold to.
    stop: Option<StopStrings>,
    /// Text that came and was not looked at yet: it is looked at once for many tokens.
    fresh: String,
    ready: VecDeque<Delta>,
    counted: Option<WireUsage>,
    prompt: TokenEstimate,
    written: TokenEstimate,
    reason: Option<StopReason>,
    answered: bool,
    ended: bool,
}

/// An error of reading, while the events are still being split.
pub enum ReadError {
    TooLong,
    Model(ModelError),
}

impl From<EventTooLong> for ReadError {
    fn from(_: EventTooLong) -> Self {
        ReadError::TooLong
    }
}

impl AnswerReader {
    #[must_use]
    pub fn new(endpoint: Arc<Endpoint>, model: &str, price: Option<Price>, request: &ChatRequest) -> AnswerReader {
        let mut prompt = TokenEstimate::default();
        for message in &request.messages {
            prompt.add(&message.content);
        }
        AnswerReader {
            endpoint,
            model: model.to_owned(),
            price,
            max_tokens: request.max_tokens,
            thinking: Thinking::default(),
            stop: (!request.stop.is_empty()).then(|| StopStrings::new(&request.stop)),
            fresh: String::new(),
            ready: VecDeque::new(),
            counted: None,
            prompt,
            written: TokenEstimate::default(),
            reason: None,
            answered: false,
            ended: false,
        }
    }

    /// The endpoint, for the errors of the connection.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The next of what is known, after [`AnswerReader::pour`].
    pub fn take(&mut self) -> Option<Delta> {
        self.ready.pop_front()
    }

    /// Whether the last delta is known.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// Reads the data of one event.
    ///
    /// # Errors
    /// It is not of the protocol, or says that something went wrong.
    pub fn event(&mut self, data: &[u8]) -> Result<(), ReadError> {
        if self.ended {
            return Ok(());
        }
        if data.trim_ascii() == b"[DONE]" {
            return self.end();
        }
        let chunk: Chunk<'_> = serde_json::from_slice(data).map_err(|_| {
            let shown = Report::read(data).message;
            ReadError::Model(fault::protocol(&self.endpoint, format!("an event of its stream cannot be read: {shown}")))
        })?;
        if let Some(error) = chunk.error.as_ref().filter(|error| !error.is_null()) {
            return Err(ReadError::Model(self.failure(&Report::of(error))));
        }
        if let Some(progress) = chunk.prompt_progress {
            self.ready.push_back(Delta::Prefill { done: progress.processed, total: progress.total });
        }
        if chunk.usage.is_some() {
            self.counted = chunk.usage;
        }
        if let Some(choice) = chunk.choice {
            if let Some(delta) = choice.delta {
                self.delta(&delta)?;
            }
            if let Some(reason) = choice.finish_reason {
                self.finish_reason(&reason.0)?;
            }
        }
        Ok(())
    }

    /// Reads an answer that came whole, though a stream was asked for.
    ///
    /// # Errors
    /// It is not of the protocol, or is empty.
    pub fn whole(&mut self, body: &[u8]) -> Result<(), ReadError> {
        let answer: Option<Answer> = serde_json::from_slice(body).ok();
        let Some((choice, usage)) = answer.and_then(|mut answer| Some((answer.choices.pop()?, answer.usage))) else {
            let shown = Report::read(body).message;
            return Err(ReadError::Model(fault::protocol(
                &self.endpoint,
                format!("its answer cannot be read: {shown}"),
            )));
        };
        self.counted = usage;
        let reasoning = choice.message.reasoning_content.or(choice.message.reasoning);
        if let Some(reasoning) = reasoning {
            self.reasoning(&reasoning)?;
        }
        if let Some(content) = choice.message.content {
            self.text(&content);
        }
        if let Some(reason) = choice.finish_reason {
            self.finish_reason(&reason)?;
        }
        self.end()
    }

    /// The connection closed.
    ///
    /// # Errors
    /// The answer had not ended.
    pub fn closed(&mut self) -> Result<(), ReadError> {
        if !self.ended && self.reason.is_none() {
            return Err(ReadError::Model(ModelError::Cut { endpoint: self.endpoint.label() }));
        }
        self.end()
    }

    /// The caller cancelled: what is known is kept, and nothing more is read.
    pub fn cancel(&mut self) {
        if !self.ended {
            self.reason = Some(StopReason::Cancelled);
            // Cannot fail: only an answer that ended by itself may not be empty.
            let _ = self.end();
        }
    }

    /// Looks at the text that came: what of it is reasoning, and whether a stop string ends it.
    ///
    /// # Errors
    /// A stop string ended an answer that is empty.
    pub fn pour(&mut self) -> Result<(), ReadError> {
        if self.fresh.is_empty() || self.ended {
            return Ok(());
        }
        let mut text = std::mem::take(&mut self.fresh);
        self.written.add(&text);
        let deltas = self.thinking.push(&text);
        text.clear();
        self.fresh = text;
        for delta in deltas {
            if self.hold_to_stop(delta) {
                self.reason = Some(StopReason::End);
                return self.end();
            }
        }
        Ok(())
    }

    fn delta(&mut self, delta: &ChunkDelta<'_>) -> Result<(), ReadError> {
        if let Some(reasoning) = delta.reasoning_content.as_ref().or(delta.reasoning.as_ref()) {
            self.reasoning(&reasoning.0)?;
        }
        if let Some(content) = &delta.content {
            self.text(&content.0);
        }
        Ok(())
    }

    fn reasoning(&mut self, text: &str) -> Result<(), ReadError> {
        self.pour()?;
        self.written.add(text);
        self.push(Delta::Reasoning(text.to_owned()));
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.fresh.push_str(text);
    }

    /// Passes a delta on, up to a stop string. Whether one was met.
    fn hold_to_stop(&mut self, delta: Delta) -> bool {
        match (delta, &mut self.stop) {
            (Delta::Text(text), Some(stop)) => {
                let (text, met) = stop.push(&text);
                self.push(Delta::Text(text));
                met
            }
            (other, _) => {
                self.push(other);
                false
            }
        }
    }

    /// Queues a delta; text joins the text before it, so that one read gives one delta.
    fn push(&mut self, delta: Delta) {
        match (&delta, self.ready.back_mut()) {
            (Delta::Text(text) | Delta::Reasoning(text), _) if text.is_empty() => return,
            (Delta::Text(text), Some(Delta::Text(last))) | (Delta::Reasoning(text), Some(Delta::Reasoning(last))) => {
                last.push_str(text);
                return;
            }
            (Delta::Text(_), _) => self.answered = true,
            _ => {}
        }
        self.ready.push_back(delta);
    }

    fn finish_reason(&mut self, reason: &str) -> Result<(), ReadError> {
        self.reason = Some(match reason {
            "length" | "max_tokens" => StopReason::Length,
            "content_filter" => {
                let reason = "the content filter of its endpoint stopped the answer".to_owned();
                return Err(ReadError::Model(ModelError::Inference { model: self.model.clone(), reason }));
            }
            _ => StopReason::End,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), ReadError> {
        self.pour()?;
        if self.ended {
            return Ok(());
        }
        self.ended = true;
        for delta in self.thinking.finish() {
            if self.hold_to_stop(delta) {
                break;
            }
        }
        if let Some(held) = self.stop.as_mut().map(StopStrings::finish) {
            self.push(Delta::Text(held));
        }
        let reason = self.reason.unwrap_or(StopReason::End);
        let usage = self.usage();
        self.ready.push_back(Delta::Usage(usage));
        if !self.answered && reason != StopReason::Cancelled {
            return Err(ReadError::Model(self.empty(reason)));
        }
        self.ready.push_back(Delta::Done(reason));
        Ok(())
    }

    /// What the answer cost; counted here where the endpoint does not.
    fn usage(&self) -> Usage {
        let estimate = Usage {
            prompt_tokens: self.prompt.tokens() as u64,
            completion_tokens: self.written.tokens() as u64,
            ..Usage::default()
        };
        priced(self.counted.unwrap_or_default().usage(estimate), self.price)
    }

    fn empty(&self, reason: StopReason) -> ModelError {
        let reason = match reason {
            StopReason::Length => {
                format!("it spent all {} tokens before its answer began; allow more tokens", self.max_tokens)
            }
            _ => "its answer is empty".to_owned(),
        };
        ModelError::Inference { model: self.model.clone(), reason }
    }

    fn failure(&self, report: &Report) -> ModelError {
        let status = report.code.split(' ').find_map(|code| code.parse().ok()).unwrap_or(500);
        let message = self.endpoint.without_key(&report.message);
        ModelError::Status { endpoint: self.endpoint.label(), status, message }
    }
}

/// Fills in the dollars where the endpoint gave none.
#[must_use]
pub fn priced(mut usage: Usage, price: Option<Price>) -> Usage {
    if let Some(price) = price
        && usage.dollars == 0.0
    {
        usage.dollars =
            (usage.prompt_tokens as f64 * price.prompt + usage.completion_tokens as f64 * price.completion) / 1e6;
    }
    usage
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::chat::{Message, Sampling};
    use crate::model::remote::endpoint::tests::at;

    fn request(stop: &[&str]) -> ChatRequest {
        ChatRequest {
            messages: vec![Message::user("Begin.")],
            max_tokens: 9,
            sampling: Sampling { temperature: 0.7, top_p: 1.0, repetition_penalty: 1.0, seed: 1 },
            stop: stop.iter().map(|&stop| stop.to_owned()).collect(),
            schema: None,
        }
    }

    fn reader(stop: &[&str]) -> AnswerReader {
        let price = Some(Price { prompt: 1.0, completion: 2.0 });
        AnswerReader::new(Arc::new(at("openai", "http://127.0.0.1:1/v1")), "m", price, &request(stop))
    }

    fn read(reader: &mut AnswerReader, events: &[&str]) -> (Vec<Delta>, Option<String>) {
        let error = events.iter().find_map(|event| reader.event(event.as_bytes()).and_then(|()| reader.pour()).err());
        let error = error.or_else(|| reader.closed().err()).map(|error| match error {
            ReadError::Model(error) => error.to_string(),
            ReadError::TooLong => "too long".to_owned(),
        });
        (std::iter::from_fn(|| reader.take()).collect(), error)
    }

    fn text(piece: &str) -> String {
        serde_json::json!({ "choices": [{ "delta": { "content": piece } }] }).to_string()
    }

    const STOP: &str = r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#;

    #[test]
    fn text_usage_and_end_come_in_order() {
        let usage = r#"{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":50}}"#;
        let role = r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#;
        let (deltas, error) = read(&mut reader(&[]), &[role, &text("We "), &text("agree."), STOP, usage, "[DONE]"]);
        let counted = Usage { prompt_tokens: 100, completion_tokens: 50, dollars: 0.0002, ..Usage::default() };
        assert_eq!(deltas, [Delta::Text("We agree.".to_owned()), Delta::Usage(counted), Delta::Done(StopReason::End)]);
        assert_eq!(error, None);
    }

    #[test]
    fn usage_is_estimated_where_the_endpoint_gives_none() {
        let (deltas, error) = read(&mut reader(&[]), &[&text("abcdef"), STOP]);
        let Some(Delta::Usage(usage)) = deltas.get(1) else { panic!("{deltas:?}") };
        assert_eq!((usage.prompt_tokens, usage.completion_tokens), (3, 2));
        assert_eq!(error, None);
    }

    #[test]
    fn reasoning_is_never_text_under_any_of_its_names() {
        let field = |name: &str| format!(r#"{{"choices":[{{"delta":{{"{name}":"hm"}}}}]}}"#);
        for first in [field("reasoning_content"), field("reasoning"), text("<think>hm</think>\n")] {
            let (deltas, _) = read(&mut reader(&[]), &[&first, &text("So."), STOP]);
            assert_eq!(deltas[..2], [Delta::Reasoning("hm".to_owned()), Delta::Text("So.".to_owned())]);
        }
    }

    #[test]
    fn a_stop_string_ends_the_answer_even_where_the_endpoint_ignores_it() {
        let mut reader = reader(&["\nSpeaker"]);
        let (deltas, error) = read(&mut reader, &[&text("We agree.\nSpe"), &text("aker 2: no"), &text("more")]);
        assert_eq!(deltas[0], Delta::Text("We agree.".to_owned()));
        assert_eq!(deltas.last(), Some(&Delta::Done(StopReason::End)));
        assert!(reader.is_ended() && error.is_none());
    }

    #[test]
    fn a_stream_that_ends_before_its_end_is_cut_and_its_text_is_kept() {
        let (deltas, error) = read(&mut reader(&[]), &[&text("We ag")]);
        assert_eq!(deltas, [Delta::Text("We ag".to_owned())]);
        assert!(error.unwrap().contains("cut the answer off"));
    }

    #[test]
    fn an_empty_answer_is_one_sentence() {
        let (deltas, error) = read(&mut reader(&[]), &[STOP, "[DONE]"]);
        assert!(matches!(deltas[..], [Delta::Usage(_)]));
        assert!(error.unwrap().contains("its answer is empty"));
        let length = r#"{"choices":[{"delta":{"reasoning":"hm"},"finish_reason":"length"}]}"#;
        let (_, error) = read(&mut reader(&[]), &[length, "[DONE]"]);
        assert!(error.unwrap().contains("spent all 9 tokens"));
    }

    #[test]
    fn an_error_within_the_stream_is_shown_with_its_status() {
        let event = r#"{"error":{"code":503,"message":"the model is overloaded"},"choices":[]}"#;
        let (_, error) = read(&mut reader(&[]), &[&text("We"), event]);
        let error = error.unwrap();
        assert!(error.contains("status 503") && error.contains("overloaded"), "{error}");
    }

    #[test]
    fn garbage_is_one_sentence() {
        let (_, error) = read(&mut reader(&[]), &["{\"choices\": [oops"]);
        assert!(error.unwrap().contains("cannot be read"));
    }

    #[test]
    fn cancelling_keeps_the_text_and_ends_once() {
        let mut reader = reader(&["END"]);
        assert!(reader.event(text("We agree E").as_bytes()).is_ok());
        reader.cancel();
        reader.cancel();
        let deltas: Vec<Delta> = std::iter::from_fn(|| reader.take()).collect();
        assert_eq!(deltas[0], Delta::Text("We agree E".to_owned()));
        assert_eq!(deltas.last(), Some(&Delta::Done(StopReason::Cancelled)));
        assert_eq!(deltas.len(), 3);
    }

    #[test]
    fn an_answer_that_came_whole_is_read_too() {
        let mut reader = reader(&[]);
        let body = r#"{"choices":[{"message":{"content":"We agree."},"finish_reason":"length"}],"usage":{"prompt_tokens":4,"completion_tokens":3}}"#;
        assert!(reader.whole(body.as_bytes()).is_ok());
        let deltas: Vec<Delta> = std::iter::from_fn(|| reader.take()).collect();
        assert_eq!(deltas.first(), Some(&Delta::Text("We agree.".to_owned())));
        assert_eq!(deltas.last(), Some(&Delta::Done(StopReason::Length)));
    }

    #[test]
    fn progress_of_reading_the_prompt_is_passed_on() {
        let event =
            r#"{"choices":[{"delta":{}}],"prompt_progress":{"total":120,"cache":0,"processed":64,"time_ms":5}}"#;
        let (deltas, _) = read(&mut reader(&[]), &[event]);
        assert_eq!(deltas, [Delta::Prefill { done: 64, total: 120 }]);
    }
}
