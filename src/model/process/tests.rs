//! Both sides over pipes: the same model answers through them as without them.

use std::io::{BufReader, pipe};
use std::sync::Arc;

use futures::StreamExt;
use serde_json::json;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use super::connection::Connection;
use super::engine::open;
use super::model::EngineModel;
use super::protocol::{self, Greeting};
use super::server::serve;
use crate::domain::hash::ContentHash;
use crate::model::chat::{ChatModel, ChatRequest, Delta, DeltaStream, Message, MessageRole, Sampling, StopReason};
use crate::model::embedder::{EmbedRequest, Embedder};
use crate::model::error::ModelError;
use crate::model::local::LocalModel;
use crate::model::local::backend::Backend;
use crate::model::local::tiny::{Tiny, Written};
use crate::model::scorer::{LabelQuestion, LabelRequest, Scorer};

/// A service on a thread of this process.
fn connect() -> Arc<Connection> {
    let (requests, input) = pipe().unwrap();
    let (output, answers) = pipe().unwrap();
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || serve(&mut BufReader::new(requests), answers, Backend::reference(), &runtime));
    let mut output = BufReader::new(output);
    let greeting = protocol::read::<Greeting>(&mut output).unwrap();
    let Some(Greeting::Hello { device, .. }) = greeting else { panic!("{greeting:?}") };
    Connection::new(device, input, output, || "its pipe was closed".to_owned())
}

/// A model whose answers end at their limit only.
fn endless() -> Written {
    let tiny = Tiny::new("llama", 11).endless();
    tiny.without("tokenizer.ggml.bos_token_id").write()
}

async fn opened(written: &Written) -> Arc<EngineModel> {
    open(connect(), &written.path, "tiny").await.unwrap()
}

fn request(text: &str, max_tokens: u32, seed: u64) -> ChatRequest {
    ChatRequest {
        messages: vec![Message::user(text)],
        max_tokens,
        sampling: Sampling { temperature: 1.5, top_p: 0.95, repetition_penalty: 1.1, seed },
        stop: Vec::new(),
        schema: None,
    }
}

async fn collect(stream: DeltaStream) -> Vec<Delta> {
    stream.map(Result::unwrap).collect().await
}

async fn ask(model: &dyn ChatModel, request: ChatRequest) -> Vec<Delta> {
    collect(model.stream(request, CancellationToken::new()).await.unwrap()).await
}

fn questions() -> LabelRequest {
    let question = |labels: [&str; 2]| LabelQuestion {
        messages: vec![Message::user("They say this. ".repeat(20))],
        lead: "Answer: ".to_owned(),
        labels: labels.map(str::to_owned).to_vec(),
        turn: MessageRole::Assistant,
    };
    let mut talk = question(["I see, the point is clear.", "No."]);
    talk.messages.push(Message::assistant("So it is."));
    talk.turn = MessageRole::User;
    LabelRequest { questions: vec![question(["A", "B"]), question(["B", "A"]), talk] }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_and_its_scores_are_those_of_the_model_in_this_process() {
    let written = Tiny::new("qwen2", 11).write();
    let here = LocalModel::open_on(&Backend::reference(), &written.path, "tiny", None).unwrap();
    let there = opened(&written).await;
    assert_eq!((there.card(), there.can_chat), (here.card(), true));
    assert_eq!(there.count_tokens("one and the other"), here.count_tokens("one and the other"));
    let answer = ask(&*there, request("Should we?", 30, 7)).await;
    assert_eq!(answer, ask(&*here, request("Should we?", 30, 7)).await);
    assert!(matches!(answer.last(), Some(Delta::Done(_))), "{answer:?}");
    let schema = json!({ "type": "array", "items": { "type": "integer" }, "maxItems": 4 });
    let form = ChatRequest { schema: Some(schema), ..request("Which?", 30, 7) };
    let answer = ask(&*there, form.clone()).await;
    assert_eq!(answer, ask(&*here, form).await);
    assert!(
        matches!(&answer[..], [.., Delta::Text(end), Delta::Usage(_), Delta::Done(_)] if end.ends_with(']')),
        "{answer:?}"
    );
    let (progress, mut told) = unbounded_channel();
    let scores = there.label_scores(questions(), progress, CancellationToken::new()).await.unwrap();
    let (silent, _) = unbounded_channel();
    assert_eq!(scores, here.label_scores(questions(), silent, CancellationToken::new()).await.unwrap());
    let mut last = None;
    while let Some(delta) = told.recv().await {
        last = Some(delta);
    }
    let Some(Delta::Prefill { done, total }) = last else { panic!("{last:?}") };
    assert!(done == total && total > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_has_the_vector_that_it_has_in_this_process() {
    let written = Tiny::new("qwen2", 11).write();
    let here = LocalModel::open_on(&Backend::reference(), &written.path, "tiny", None).unwrap();
    let there = opened(&written).await;
    let request =
        EmbedRequest { texts: vec!["one and the other".to_owned()], layer: Some(1), ..EmbedRequest::default() };
    let (silent, _) = unbounded_channel();
    let vectors = there.embed(request.clone(), silent.clone(), CancellationToken::new()).await.unwrap();
    assert_eq!(vectors, here.embed(request, silent, CancellationToken::new()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_on_beside_each_other_and_each_hears_its_own() {
    let model = opened(&endless()).await;
    let alone = [ask(&*model, request("One", 20, 1)).await, ask(&*model, request("Two", 25, 2)).await];
    let (one, two) = tokio::join!(ask(&*model, request("One", 20, 1)), ask(&*model, request("Two", 25, 2)));
    let text = |deltas: &[Delta]| -> String {
        deltas
            .iter()
            .filter_map(|delta| if let Delta::Text(text) = delta { Some(text.as_str()) } else { None })
            .collect()
    };
    assert_eq!([text(&one), text(&two)], [text(&alone[0]), text(&alone[1])]);
    assert!(!text(&one).is_empty() && text(&one) != text(&two));
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_ends_the_answer_and_keeps_its_text() {
    let model = opened(&endless()).await;
    let cancel = CancellationToken::new();
    let mut stream = model.stream(request("Talk", 900, 6), cancel.clone()).await.unwrap();
    while !matches!(stream.next().await, Some(Ok(Delta::Text(_)))) {}
    cancel.cancel();
    let rest = collect(stream).await;
    assert_eq!(rest.last(), Some(&Delta::Done(StopReason::Cancelled)));
    let (progress, _) = unbounded_channel();
    let scores = model.label_scores(questions(), progress, cancel).await;
    assert_eq!(scores.unwrap_err(), ModelError::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_a_stream_frees_the_model() {
    let model = opened(&endless()).await;
    drop(model.stream(request("Talk", 900, 6), CancellationToken::new()).await.unwrap());
    assert_eq!(ask(&*model, request("Hello", 3, 1)).await.last(), Some(&Delta::Done(StopReason::Length)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_keeps_its_sentence() {
    let model = opened(&Tiny::new("llama", 1).write()).await;
    let refused = model.stream(request(&"x".repeat(2000), 9, 1), CancellationToken::new()).await.err().unwrap();
    assert!(matches!(refused, ModelError::PromptTooLong { limit: 1024, .. }), "{refused}");
    let connection = connect();
    let written = Tiny::new("llama", 1).text("general.architecture", "gemma2").write();
    let refused = open(Arc::clone(&connection), &written.path, "tiny").await.err().unwrap();
    assert!(matches!(refused, ModelError::Architecture { .. }), "{refused}");
    // The service goes on.
    assert!(open(connection, &Tiny::new("llama", 1).write().path, "tiny").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_nobody_holds_is_closed() {
    let connection = connect();
    let model = open(Arc::clone(&connection), &Tiny::new("llama", 1).write().path, "tiny").await.unwrap();
    let model = Arc::into_inner(model).unwrap();
    let number = model.number;
    drop(model);
    let ask = protocol::Ask::Chat { model: number, request: request("Hello", 3, 1) };
    let error = connection.call(ask).unwrap().next("tiny").await.unwrap_err();
    assert_eq!(error, ModelError::Setup(format!("the engine has no model {number} open")));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_other_side_is_gone_every_call_says_so() {
    let (requests, input) = pipe().unwrap();
    let (output, mut answers) = pipe().unwrap();
    let connection = Connection::new("x".to_owned(), input, BufReader::new(output), || "it crashed".to_owned());
    let written = Tiny::new("llama", 1).write();
    let opening = tokio::spawn({
        let (connection, path) = (Arc::clone(&connection), written.path.clone());
        async move { open(connection, &path, "tiny").await }
    });
    let mut requests = BufReader::new(requests);
    let read = move || protocol::read::<protocol::Request>(&mut requests).unwrap().unwrap();
    let asked = tokio::task::spawn_blocking(read).await.unwrap();
    let card = LocalModel::open(&written.path, "tiny", Some(ContentHash::default())).unwrap().card().clone();
    let said = protocol::Said::Opened { card, can_chat: true };
    protocol::write(&mut answers, &protocol::Answer { call: asked.call, said }).unwrap();
    let model = opening.await.unwrap().unwrap();
    assert!(!model.is_gone());
    drop(answers);
    let error = match model.stream(request("Hello", 3, 1), CancellationToken::new()).await {
        Ok(_) => panic!("it began"),
        Err(error) => error,
    };
    assert_eq!(error.to_string(), "tiny stopped working: the GPU engine ended (it crashed)");
    assert!(model.is_gone());
}
