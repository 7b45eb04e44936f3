//! A real llama.cpp server, named by `RHETOR_TEST_SERVER=http://127.0.0.1:PORT` (scripts/llama-server starts one).
//! Without it each test is listed as ignored.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;

use futures::StreamExt;
use libtest_mimic::{Failed, Trial};
use rhetor::model::remote::{Endpoint, EndpointOptions, RemoteModel, list_models, parse_presets};
use rhetor::model::{
    ChatModel, ChatRequest, Delta, LabelQuestion, LabelRequest, Message, MessageRole, ModelError, Sampling, Scorer,
    StopReason,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

const VARIABLE: &str = "RHETOR_TEST_SERVER";

/// Every test against the real server.
pub fn trials() -> Vec<Trial> {
    let ignored = std::env::var(VARIABLE).is_err();
    let name = |name: &str| match ignored {
        true => format!("{name} ({VARIABLE} is not set)"),
        false => name.to_owned(),
    };
    vec![
        Trial::test(name("the_real_server_streams_with_usage_and_prefill"), || run(streams)).with_ignored_flag(ignored),
        Trial::test(name("the_real_server_repeats_itself_with_a_seed"), || run(repeats)).with_ignored_flag(ignored),
        Trial::test(name("the_real_server_gives_label_probabilities"), || run(scores)).with_ignored_flag(ignored),
        Trial::test(name("the_real_server_holds_to_a_schema"), || run(holds_to_schema)).with_ignored_flag(ignored),
        Trial::test(name("the_real_server_stops_when_cancelled"), || run(cancels)).with_ignored_flag(ignored),
        Trial::test(name("the_real_server_refuses_a_prompt_that_is_too_long"), || run(too_long))
            .with_ignored_flag(ignored),
    ]
}

fn run<F: Future<Output = Result<(), Failed>>>(test: impl FnOnce(RemoteModel) -> F) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { test(model().await?).await })
}

/// The model that the server has.
async fn model() -> Result<RemoteModel, Failed> {
    let presets = parse_presets(include_str!("../../assets/endpoints.toml"))?;
    let address = std::env::var(VARIABLE)?;
    let options = EndpointOptions { base_url: Some(format!("{address}/v1")), ..EndpointOptions::default() };
    let endpoint = Arc::new(Endpoint::new("real", &presets["llama.cpp"], &options, None)?);
    let models = list_models(&endpoint).await?;
    let listed = models.into_iter().next().ok_or("the server lists no model")?;
    check(listed.context.is_some_and(|context| context > 0), "the server does not say its context")?;
    Ok(RemoteModel::new(endpoint, listed.id, "real", listed.context, None))
}

fn request(prompt: &str, max_tokens: u32) -> ChatRequest {
    ChatRequest {
        messages: vec![Message::user(prompt)],
        max_tokens,
        sampling: Sampling { temperature: 0.7, top_p: 0.95, repetition_penalty: 1.1, seed: 7 },
        stop: Vec::new(),
        schema: None,
    }
}

async fn answer(model: &RemoteModel, request: ChatRequest) -> Result<(String, Vec<Delta>), ModelError> {
    let mut stream = model.stream(request, CancellationToken::new()).await?;
    let (mut text, mut deltas) = (String::new(), Vec::new());
    while let Some(delta) = stream.next().await {
        let delta = delta?;
        if let Delta::Text(piece) = &delta {
            text += piece;
        }
        deltas.push(delta);
    }
    Ok((text, deltas))
}

fn check(good: bool, message: impl Display) -> Result<(), Failed> {
    if good { Ok(()) } else { Err(Failed::from(message)) }
}

async fn streams(model: RemoteModel) -> Result<(), Failed> {
    let (text, deltas) = answer(&model, request("Say three words about the sea.", 12)).await?;
    check(!text.trim().is_empty(), "no text")?;
    check(deltas.iter().any(|delta| matches!(delta, Delta::Prefill { done, total } if done == total)), "no prefill")?;
    let usage = deltas.iter().find_map(|delta| if let Delta::Usage(usage) = delta { Some(*usage) } else { None });
    let usage = usage.ok_or("no usage")?;
    check(usage.prompt_tokens > 5 && (1..=12).contains(&usage.completion_tokens), format!("{usage:?}"))?;
    check(matches!(deltas.last(), Some(Delta::Done(StopReason::End | StopReason::Length))), format!("{deltas:?}"))
}

async fn repeats(model: RemoteModel) -> Result<(), Failed> {
    let first = answer(&model, request("Name a colour and an animal.", 10)).await?.0;
    let second = answer(&model, request("Name a colour and an animal.", 10)).await?.0;
    check(first == second, format!("\"{first}\" and \"{second}\""))
}

async fn scores(model: RemoteModel) -> Result<(), Failed> {
    let question = |lead: &str| LabelQuestion {
        messages: vec![Message::user("Which letter comes first in the alphabet, A or B? Answer with the letter only.")],
        lead: lead.to_owned(),
        labels: vec!["A".to_owned(), "B".to_owned()],
        turn: MessageRole::Assistant,
    };
    let request = LabelRequest { questions: vec![question(""), question("The letter")] };
    let (progress, _watching) = tokio::sync::mpsc::unbounded_channel();
    let scores = model.label_scores(request, progress, CancellationToken::new()).await?;
    let [plain, led] = &scores.log_probabilities[..] else { return Err("expected two questions".into()) };
    check(plain.iter().chain(led).all(|score| score.is_finite() && *score <= 0.0), format!("{scores:?}"))?;
    // The lead is continued, so it must change what comes next.
    check(plain != led, format!("the lead changes nothing: {plain:?}"))
}

async fn holds_to_schema(model: RemoteModel) -> Result<(), Failed> {
    let schema = json!({
        "type": "object",
        "properties": { "winner": { "enum": ["proposition", "opposition"] }, "sure": { "type": "boolean" } },
        "required": ["winner", "sure"],
        "additionalProperties": false,
    });
    let request = ChatRequest { schema: Some(schema), ..request("Who won? Answer as JSON.", 60) };
    let text = answer(&model, request).await?.0;
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
    check(value["sure"].is_boolean() && value["winner"].is_string(), text)
}

async fn cancels(model: RemoteModel) -> Result<(), Failed> {
    let cancel = CancellationToken::new();
    let mut stream = model.stream(request("Write a long story about a ship.", 500), cancel.clone()).await?;
    let mut texts = 0;
    let mut last = None;
    while let Some(delta) = stream.next().await {
        let delta = delta?;
        if matches!(delta, Delta::Text(_)) {
            texts += 1;
            cancel.cancel();
        }
        last = Some(delta);
    }
    check(last == Some(Delta::Done(StopReason::Cancelled)) && texts <= 2, format!("{texts} texts, then {last:?}"))
}

async fn too_long(model: RemoteModel) -> Result<(), Failed> {
    let prompt = "word ".repeat(model.card().context + 100);
    match answer(&model, request(&prompt, 5)).await {
        Err(ModelError::PromptTooLong { tokens, limit, .. }) => check(tokens > limit, format!("{tokens} > {limit}")),
        other => Err(format!("{other:?}").into()),
    }
}
