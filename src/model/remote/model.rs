//! A model at an endpoint, as a [`ChatModel`].

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use reqwest::StatusCode;
use tokio_util::sync::CancellationToken;

use crate::domain::hash::ContentHash;
use crate::model::chat::{Card, ChatModel, ChatRequest, Delta, DeltaStream, Price, StopReason};
use crate::model::error::ModelError;
use crate::model::remote::answer::AnswerReader;
use crate::model::remote::endpoint::Endpoint;
use crate::model::remote::estimate;
use crate::model::remote::fault::{self, Report};
use crate::model::remote::listing::list_models;
use crate::model::remote::request::Body;
use crate::model::remote::stream::{OpenError, Opened, open_or_refusal, turn};

/// The context that is assumed where an endpoint does not say: enough for a debate, small for a hosted model.
pub const ASSUMED_CONTEXT: usize = 32_768;

/// A model at an endpoint.
#[derive(Debug)]
pub struct RemoteModel {
    endpoint: Arc<Endpoint>,
    model: String,
    card: Card,
    /// Optional fields that this model has refused; they are not sent again.
    refused: Mutex<BTreeSet<&'static str>>,
}

impl RemoteModel {
    /// A model by the name its endpoint knows it by. `name` is the name that found it; `context` is in tokens.
    #[must_use]
    pub fn new(
        endpoint: Arc<Endpoint>,
        model: impl Into<String>,
        name: impl Into<String>,
        context: Option<usize>,
        price: Option<Price>,
    ) -> RemoteModel {
        let model = model.into();
        let hash = blake3::hash(format!("{}\n{model}", endpoint.base_url()).as_bytes());
        // A router of many vendors writes VENDOR/MODEL.
        let vendor = model.split_once('/').map(|(vendor, _)| vendor).filter(|_| !endpoint.is_local());
        let family = endpoint.family().or(vendor).unwrap_or_default().to_owned();
        let card = Card {
            name: name.into(),
            hash: ContentHash(hash.to_hex().to_string()),
            family,
            context: context.unwrap_or(ASSUMED_CONTEXT),
            local: endpoint.is_local(),
            price,
        };
        RemoteModel { endpoint, model, card, refused: Mutex::default() }
    }

    /// The endpoint that serves it.
    #[must_use]
    pub fn endpoint(&self) -> &Arc<Endpoint> {
        &self.endpoint
    }

    pub(crate) fn id(&self) -> &str {
        &self.model
    }

    /// Sends a body. An optional field that the model refuses is left out, now and from now on.
    pub(crate) async fn send(&self, mut body: Body, spread: u64) -> Result<Opened, ModelError> {
        for name in self.refused.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            body.leave_out(name);
        }
        loop {
            let request = self.endpoint.post("chat/completions")?.json(body.json());
            match open_or_refusal(&self.endpoint, request, spread).await {
                Ok(opened) => return Ok(opened),
                Err(OpenError::Model(error)) => return Err(error),
                Err(OpenError::Refused(status, report)) => {
                    let mendable = matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY);
                    match report.names(&body.optional()).filter(|_| mendable) {
                        Some(name) => {
                            body.leave_out(name);
                            self.refused.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
                        }
                        None => return Err(self.refusal(status, &report, &body).await),
                    }
                }
            }
        }
    }

    async fn refusal(&self, status: StatusCode, report: &Report, body: &Body) -> ModelError {
        let too_long = report.too_long.or_else(|| {
            let tokens = || estimate::tokens(&serde_json::to_string(body.json()).unwrap_or_default());
            report.says(&["context_length_exceeded"]).then(|| (tokens(), self.card.context))
        });
        if let Some((tokens, limit)) = too_long {
            return ModelError::PromptTooLong { model: self.card.name.clone(), tokens, limit };
        }
        let unknown = matches!(status, StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST);
        if unknown && report.says(&["model"]) && report.says(&["not found", "not exist", "not_found", "unknown model"])
        {
            return ModelError::Unknown { name: self.model.clone(), nearest: self.nearest().await };
        }
        fault::refusal(&self.endpoint, status, report, None)
    }

    /// The name most like this one among the endpoint's models, as a clause.
    async fn nearest(&self) -> String {
        let models = list_models(&self.endpoint).await.unwrap_or_default();
        let close = |id: &str| strsim::jaro_winkler(id, &self.model);
        let nearest = models.iter().map(|model| &model.id).max_by(|a, b| close(a).total_cmp(&close(b)));
        match nearest {
            Some(id) => format!(" at {} (the nearest is \"{id}\")", self.endpoint.label()),
            None => format!(" at {}", self.endpoint.label()),
        }
    }
}

#[async_trait]
impl ChatModel for RemoteModel {
    fn card(&self) -> &Card {
        &self.card
    }

    async fn stream(&self, request: ChatRequest, cancel: CancellationToken) -> Result<DeltaStream, ModelError> {
        let body = Body::chat(&self.model, &request, self.endpoint.abilities());
        let spread = request.sampling.seed;
        let opening = async {
            let permit = turn(&self.endpoint, &cancel).await?;
            Ok((self.send(body, spread).await?, permit))
        };
        let opened = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(ModelError::Cancelled),
            opened = opening => opened,
        };
        match opened {
            Ok((opened, permit)) => {
                let reader = AnswerReader::new(Arc::clone(&self.endpoint), &self.card.name, self.card.price, &request);
                Ok(opened.answer(reader, cancel, permit).boxed())
            }
            Err(ModelError::Cancelled) => Ok(stream::iter([Ok(Delta::Done(StopReason::Cancelled))]).boxed()),
            Err(error) => Err(error),
        }
    }

    fn count_tokens(&self, text: &str) -> usize {
        estimate::tokens(text)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};
    use wiremock::matchers::{method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::model::chat::{Message, Sampling};
    use crate::model::remote::endpoint::tests::{at, with_key};
    use crate::model::remote::raw_server::{RawServer, Step, events, text};

    fn request() -> ChatRequest {
        ChatRequest {
            messages: vec![Message::user("Begin.")],
            max_tokens: 50,
            sampling: Sampling { temperature: 0.7, top_p: 0.9, repetition_penalty: 1.0, seed: 1 },
            stop: Vec::new(),
            schema: None,
        }
    }

    fn model(endpoint: Endpoint) -> RemoteModel {
        RemoteModel::new(Arc::new(endpoint), "vendor/small", "small", Some(2048), None)
    }

    /// All deltas, and the error that ended them.
    async fn call(model: &RemoteModel) -> (Vec<Delta>, Option<ModelError>) {
        let mut deltas = Vec::new();
        match model.stream(request(), CancellationToken::new()).await {
            Err(error) => return (deltas, Some(error)),
            Ok(mut stream) => {
                while let Some(delta) = stream.next().await {
                    match delta {
                        Ok(delta) => deltas.push(delta),
                        Err(error) => return (deltas, Some(error)),
                    }
                }
            }
        }
        (deltas, None)
    }

    async fn sentence(model: &RemoteModel) -> String {
        call(model).await.1.unwrap().to_string()
    }

    async fn server(answers: Vec<ResponseTemplate>) -> (MockServer, String) {
        let server = MockServer::start().await;
        let last = answers.len() - 1;
        for (at, answer) in answers.into_iter().enumerate() {
            let mock = Mock::given(method("POST")).and(path("/v1/chat/completions")).respond_with(answer);
            if at < last { mock.up_to_n_times(1).mount(&server).await } else { mock.mount(&server).await }
        }
        let base_url = format!("{}/v1", server.uri());
        (server, base_url)
    }

    fn good() -> ResponseTemplate {
        let body = format!(
            ": hello\r\n\r\ndata: {}\r\n\r\ndata: {}\r\n\r\ndata: [DONE]\r\n\r\n",
            text("We agree."),
            r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3}}"#,
        );
        ResponseTemplate::new(200).set_body_raw(body, "text/event-stream")
    }

    fn refusal(status: u16, body: Value) -> ResponseTemplate {
        ResponseTemplate::new(status).set_body_json(body)
    }

    fn said(deltas: &[Delta]) -> String {
        deltas
            .iter()
            .filter_map(|delta| if let Delta::Text(text) = delta { Some(text.as_str()) } else { None })
            .collect()
    }

    #[tokio::test]
    async fn an_answer_streams_with_its_usage() {
        let (_server, base_url) = server(vec![good()]).await;
        let (deltas, error) = call(&model(at("openai", &base_url))).await;
        assert_eq!((said(&deltas).as_str(), error), ("We agree.", None));
        assert!(deltas.iter().any(|delta| matches!(delta, Delta::Usage(usage) if usage.prompt_tokens == 7)));
        assert_eq!(deltas.last(), Some(&Delta::Done(StopReason::End)));
    }

    #[tokio::test]
    async fn the_key_goes_to_its_endpoint_and_is_in_no_error() {
        let (server, base_url) = server(vec![refusal(401, json!({ "error": { "message": "bad" } }))]).await;
        let error = sentence(&model(with_key("openai", &base_url, "sk-canary"))).await;
        assert!(error.contains("set OPENAI_API_KEY") && !error.contains("canary"), "{error}");
        let requests = server.received_requests().await.unwrap();
        assert_eq!(requests.len(), 1, "a refused key is not tried again");
        assert_eq!(requests[0].headers["authorization"], "Bearer sk-canary");
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let (elsewhere, elsewhere_url) = server(vec![good()]).await;
        let redirect = ResponseTemplate::new(307).insert_header("location", elsewhere_url.as_str());
        let (_server, base_url) = server(vec![redirect]).await;
        let error = sentence(&model(with_key("openai", &base_url, "sk-canary"))).await;
        assert!(error.contains("redirects to") && error.contains("set base_url"), "{error}");
        assert!(elsewhere.received_requests().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_endpoint_that_is_down_is_one_sentence() {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let error = sentence(&model(at("ollama", &format!("http://127.0.0.1:{port}/v1")))).await;
        assert!(error.contains("cannot be reached") && error.contains("is it running?"), "{error}");
        assert!(error.to_lowercase().contains("refused"), "{error}");
    }

    #[tokio::test]
    async fn a_busy_endpoint_is_tried_again_after_the_wait_it_asks_for() {
        let busy = ResponseTemplate::new(429).insert_header("retry-after-ms", "2");
        let (server, base_url) = server(vec![busy, ResponseTemplate::new(503), good()]).await;
        let (deltas, error) = call(&model(at("openai", &base_url))).await;
        assert_eq!((said(&deltas).as_str(), error), ("We agree.", None));
        assert_eq!(server.received_requests().await.unwrap().len(), 3);
    }

    #[tokio::test]
    async fn an_endpoint_that_is_always_busy_is_given_up() {
        let busy = ResponseTemplate::new(429).insert_header("retry-after", "0");
        let (server, base_url) = server(vec![busy]).await;
        let error = call(&model(at("openai", &base_url))).await.1;
        assert!(matches!(error, Some(ModelError::RateLimited { tries: 3, .. })), "{error:?}");
        assert_eq!(server.received_requests().await.unwrap().len(), 3);
    }

    #[tokio::test]
    async fn an_endpoint_that_asks_for_an_hour_is_not_waited_for() {
        let busy = ResponseTemplate::new(429).insert_header("retry-after", "3600");
        let (server, base_url) = server(vec![busy]).await;
        let error = sentence(&model(at("openai", &base_url))).await;
        assert!(error.contains("asks to wait 3600 seconds"), "{error}");
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn an_empty_purse_is_not_tried_again() {
        let poor =
            refusal(429, json!({ "error": { "message": "You exceeded your quota.", "code": "insufficient_quota" } }));
        let (server, base_url) = server(vec![poor]).await;
        let error = sentence(&model(at("openai", &base_url))).await;
        assert!(error.contains("exceeded your quota"), "{error}");
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn an_endpoint_that_fails_for_ever_is_one_sentence() {
        let (server, base_url) = server(vec![refusal(500, json!({ "error": "out of memory" }))]).await;
        let error = sentence(&model(at("ollama", &base_url))).await;
        assert!(error.contains("status 500: out of memory"), "{error}");
        assert_eq!(server.received_requests().await.unwrap().len(), 3);
    }

    #[tokio::test]
    async fn an_unknown_model_gets_the_nearest_name() {
        let unknown =
            json!({ "error": { "message": "The model `vendor/small` does not exist.", "code": "model_not_found" } });
        let (server, base_url) = server(vec![refusal(404, unknown)]).await;
        let list = json!({ "data": [{ "id": "other/large" }, { "id": "vendor/smaller" }] });
        let models = Mock::given(method("GET")).and(path("/v1/models"));
        models.respond_with(ResponseTemplate::new(200).set_body_json(list)).mount(&server).await;
        let error = sentence(&model(at("openai", &base_url))).await;
        assert!(error.contains("no model named \"vendor/small\""), "{error}");
        assert!(error.contains("the nearest is \"vendor/smaller\""), "{error}");
    }

    #[tokio::test]
    async fn a_wrong_path_is_one_sentence() {
        let server = MockServer::start().await;
        let error = sentence(&model(at("openai", &server.uri()))).await;
        assert!(error.contains("status 404") && error.contains("is base_url right?"), "{error}");
    }

    #[tokio::test]
    async fn a_web_page_is_one_sentence_whatever_its_status() {
        for status in [200, 404, 502] {
            let page = ResponseTemplate::new(status).set_body_raw("<html><body>Welcome</body></html>", "text/html");
            let (_server, base_url) = server(vec![page]).await;
            let error = sentence(&model(at("openai", &base_url))).await;
            assert!(error.contains("web page") && !error.contains("Welcome"), "{error}");
        }
    }

    #[tokio::test]
    async fn garbage_is_one_sentence() {
        for (body, kind) in [("data: {oops\n\n", "text/event-stream"), ("{oops", "application/json")] {
            let (_server, base_url) = server(vec![ResponseTemplate::new(200).set_body_raw(body, kind)]).await;
            let error = sentence(&model(at("openai", &base_url))).await;
            assert!(error.contains("did not answer in the OpenAI protocol"), "{error}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_is_not_streamed_is_read_as_well() {
        let whole = json!({ "choices": [{ "message": { "content": "We agree." }, "finish_reason": "stop" }] });
        let (_server, base_url) = server(vec![ResponseTemplate::new(200).set_body_json(whole)]).await;
        let (deltas, error) = call(&model(at("openai", &base_url))).await;
        assert_eq!((said(&deltas).as_str(), error), ("We agree.", None));
    }

    #[tokio::test]
    async fn an_empty_answer_is_one_sentence() {
        let body =
            "data: {\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        let (_server, base_url) =
            server(vec![ResponseTemplate::new(200).set_body_raw(body, "text/event-stream")]).await;
        assert!(sentence(&model(at("openai", &base_url))).await.contains("its answer is empty"));
    }

    #[tokio::test]
    async fn a_prompt_that_is_too_long_gives_both_numbers() {
        let long = json!({ "error": { "code": 400, "type": "exceed_context_size_error", "n_prompt_tokens": 9031, "n_ctx": 2048,
            "message": "request (9031 tokens) exceeds the available context size" } });
        let (_server, base_url) = server(vec![refusal(400, long)]).await;
        let error = sentence(&model(at("llama.cpp", &base_url))).await;
        assert!(error.contains("9031 tokens") && error.contains("at most 2048"), "{error}");
    }

    #[tokio::test]
    async fn a_field_that_the_model_refuses_is_left_out_from_then_on() {
        let refused = json!({ "error": { "message": "Unsupported value: 'temperature'.", "param": "temperature" } });
        let (server, base_url) = server(vec![refusal(400, refused), good()]).await;
        let model = model(at("openai", &base_url));
        for _ in 0..2 {
            assert_eq!(said(&call(&model).await.0), "We agree.");
        }
        let sent: Vec<Value> =
            server.received_requests().await.unwrap().iter().map(|request| request.body_json().unwrap()).collect();
        let temperatures: Vec<bool> = sent.iter().map(|body| body.get("temperature").is_some()).collect();
        assert_eq!(temperatures, [true, false, false]);
        assert!(sent[2].get("seed").is_some());
    }

    #[tokio::test]
    async fn a_stream_that_breaks_off_keeps_its_text() {
        let server =
            RawServer::start(vec![events(&[&text("We "), &text("ag")]), Step::Write(b"data: {\"cho".to_vec())]);
        let (deltas, error) = call(&model(at("openai", &server.base_url))).await;
        assert_eq!(said(&deltas), "We ag");
        assert!(error.unwrap().to_string().contains("cut the answer off"));
    }

    #[tokio::test]
    async fn a_chunked_stream_that_breaks_off_keeps_its_text() {
        let event = format!("data: {}\n\n", text("We ag"));
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        let bytes = format!("{head}{:x}\r\n{event}\r\n40\r\ndata:", event.len());
        let server = RawServer::start(vec![Step::Write(bytes.into_bytes())]);
        let (deltas, error) = call(&model(at("openai", &server.base_url))).await;
        assert_eq!(said(&deltas), "We ag");
        assert!(matches!(error, Some(ModelError::Cut { .. })), "{error:?}");
    }

    #[tokio::test]
    async fn several_events_of_one_read_are_one_delta() {
        let stop = r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#;
        let server = RawServer::start(vec![events(&[&text("We "), &text("all "), &text("agree."), stop, "[DONE]"])]);
        let (deltas, _) = call(&model(at("openai", &server.base_url))).await;
        assert_eq!(deltas[0], Delta::Text("We all agree.".to_owned()));
    }

    #[tokio::test]
    async fn a_silent_endpoint_is_given_up() {
        let server = RawServer::start(vec![events(&[&text("We ag")]), Step::Hold]);
        let mut endpoint = at("openai", &server.base_url);
        endpoint.stall = Duration::from_millis(30);
        let (deltas, error) = call(&model(endpoint)).await;
        assert_eq!(said(&deltas), "We ag");
        assert!(matches!(error, Some(ModelError::Stalled { .. })), "{error:?}");
        tokio::task::spawn_blocking(move || server.closed.recv().unwrap()).await.unwrap();
    }

    #[tokio::test]
    async fn cancelling_keeps_the_text_and_closes_the_connection() {
        let server = RawServer::start(vec![events(&[&text("We ag")]), Step::Hold]);
        let model = model(at("openai", &server.base_url));
        let cancel = CancellationToken::new();
        let mut stream = model.stream(request(), cancel.clone()).await.unwrap();
        assert_eq!(stream.next().await, Some(Ok(Delta::Text("We ag".to_owned()))));
        cancel.cancel();
        let rest: Vec<_> = stream.by_ref().map(Result::unwrap).collect().await;
        assert_eq!(rest.last(), Some(&Delta::Done(StopReason::Cancelled)));
        tokio::task::spawn_blocking(move || server.closed.recv().unwrap()).await.unwrap();
    }

    #[tokio::test]
    async fn cancelling_before_the_answer_ends_at_once() {
        let server = RawServer::start(vec![Step::Hold]);
        let model = model(at("openai", &server.base_url));
        let cancel = CancellationToken::new();
        let (stream, ()) = tokio::join!(model.stream(request(), cancel.clone()), async { cancel.cancel() });
        let deltas: Vec<_> = stream.unwrap().collect().await;
        assert_eq!(deltas, [Ok(Delta::Done(StopReason::Cancelled))]);
    }

    #[tokio::test]
    async fn calls_beyond_the_limit_wait_for_their_turn() {
        let server = RawServer::start(vec![events(&[&text("We ag")]), Step::Hold]);
        let mut endpoint = at("openai", &server.base_url);
        endpoint.gate = Arc::new(tokio::sync::Semaphore::new(1));
        let model = model(endpoint);
        let first = model.stream(request(), CancellationToken::new()).await.unwrap();
        assert_eq!(model.endpoint().gate.available_permits(), 0);
        let cancel = CancellationToken::new();
        cancel.cancel();
        let waiting: Vec<_> = model.stream(request(), cancel).await.unwrap().collect().await;
        assert_eq!(waiting, [Ok(Delta::Done(StopReason::Cancelled))]);
        drop(first);
        assert_eq!(model.endpoint().gate.available_permits(), 1);
    }

    #[test]
    fn the_card_names_the_family_where_it_is_known() {
        let family = |preset: &str, base_url: &str| model(at(preset, base_url)).card().family.clone();
        assert_eq!(family("anthropic", "https://api.anthropic.com/v1"), "anthropic");
        assert_eq!(family("openrouter", "https://openrouter.ai/api/v1"), "vendor");
        assert_eq!(family("ollama", "http://127.0.0.1:11434/v1"), "");
    }
}
