//! The whole way through a tiny model: open, chat, cancel, score, bad files.

use candle_core::quantized::gguf_file::Value;
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use futures::StreamExt;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde_json::{Value as Json, json};

use super::*;
use crate::domain::usage::Usage;
use crate::model::chat::{MessageRole, Sampling, StopReason};
use crate::model::local::direct::Direct;
use crate::model::local::gguf::Gguf;
use crate::model::local::score::log_softmax;
use crate::model::local::tiny::{Tiny, Written};
use crate::model::local::tokenizer::Piece;
use crate::model::scorer::LabelQuestion;

fn open(written: &Written) -> Arc<LocalModel> {
    LocalModel::open(&written.path, "tiny", Some(ContentHash("0".to_owned()))).unwrap()
}

fn model(architecture: &str) -> Arc<LocalModel> {
    open(&Tiny::new(architecture, 11).write())
}

/// A model without control tokens: nothing ends its answers but the limit.
fn endless() -> Arc<LocalModel> {
    let tiny = Tiny::new("llama", 11).endless();
    open(&tiny.without("tokenizer.ggml.bos_token_id").set("llama.context_length", Value::U32(8192)).write())
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

#[derive(Debug, Default, PartialEq)]
struct Answer {
    text: String,
    prefill: Vec<(usize, usize)>,
    usage: Usage,
    end: Option<StopReason>,
}

async fn collect(mut stream: DeltaStream) -> Answer {
    let mut answer = Answer::default();
    while let Some(delta) = stream.next().await {
        assert_eq!(answer.end, None, "a delta came after the end");
        match delta.unwrap() {
            Delta::Prefill { done, total } => answer.prefill.push((done, total)),
            Delta::Text(text) => answer.text += &text,
            Delta::Reasoning(text) => panic!("reasoning: {text}"),
            Delta::Usage(usage) => answer.usage += usage,
            Delta::Done(reason) => answer.end = Some(reason),
        }
    }
    answer
}

async fn ask(model: &LocalModel, request: ChatRequest) -> Answer {
    collect(model.stream(request, CancellationToken::new()).await.unwrap()).await
}

fn question(text: &str, lead: &str, labels: &[&str]) -> LabelQuestion {
    let labels = labels.iter().map(|&label| label.to_owned()).collect();
    LabelQuestion { messages: vec![Message::user(text)], lead: lead.to_owned(), labels, turn: MessageRole::Assistant }
}

async fn score(model: &LocalModel, questions: Vec<LabelQuestion>) -> LabelScores {
    let (progress, _) = tokio::sync::mpsc::unbounded_channel();
    model.label_scores(LabelRequest { questions }, progress, CancellationToken::new()).await.unwrap()
}

#[tokio::test]
async fn the_same_seed_writes_the_same_answer_and_another_seed_another() {
    for architecture in ["llama", "qwen2"] {
        let model = model(architecture);
        let one = ask(&model, request("Should we?", 40, 7)).await;
        assert_eq!(one.text, ask(&model, request("Should we?", 40, 7)).await.text);
        assert_ne!(one.text, ask(&model, request("Should we?", 40, 8)).await.text);
        assert_eq!(one.text, ask(&open(&Tiny::new(architecture, 11).write()), request("Should we?", 40, 7)).await.text);
    }
}

#[tokio::test]
async fn a_cached_prompt_gives_the_same_answer_and_says_what_was_cached() {
    let model = model("llama");
    let long = "one and two and three; ".repeat(20);
    let first = ask(&model, request(&long, 30, 3)).await;
    let again = ask(&model, request(&long, 30, 3)).await;
    assert_eq!(first.text, again.text);
    assert_eq!((first.usage.prompt_tokens, first.usage.cached_tokens), (again.usage.prompt_tokens, 0));
    // The state behind the last token is not kept.
    assert_eq!(again.usage.cached_tokens, first.usage.prompt_tokens - 1);
    let total = first.usage.prompt_tokens as usize;
    let steps = (0..total).step_by(256).chain([total]).map(|done| (done, total)).collect::<Vec<_>>();
    assert_eq!(first.prefill, steps);
    assert_eq!(again.prefill, [(total - 1, total), (total, total)]);
}

#[tokio::test]
async fn max_tokens_and_the_end_of_the_context_end_an_answer() {
    let model = model("llama");
    let answer = ask(&model, request("Go on", 5, 3)).await;
    assert_eq!((answer.end, answer.usage.completion_tokens), (Some(StopReason::Length), 5));
    let long = "x".repeat(1024 - 40);
    let answer = ask(&model, request(&long, 1000, 4)).await;
    assert!(answer.usage.prompt_tokens + answer.usage.completion_tokens <= 1024, "{:?}", answer.usage);
}

#[tokio::test]
async fn a_prompt_that_is_too_long_is_refused_before_anything_is_read() {
    let model = model("llama");
    let too_long = |error: ModelError| matches!(error, ModelError::PromptTooLong { limit: 1024, tokens: 1025.., .. });
    let long = "x".repeat(1024);
    assert!(too_long(model.stream(request(&long, 1, 1), CancellationToken::new()).await.err().unwrap()));
    let (progress, mut told) = tokio::sync::mpsc::unbounded_channel();
    let request = LabelRequest { questions: vec![question(&long, "", &["A", "B"])] };
    assert!(too_long(model.label_scores(request, progress, CancellationToken::new()).await.unwrap_err()));
    assert_eq!(told.recv().await, None);
}

#[tokio::test]
async fn a_stop_string_ends_the_answer_and_is_no_part_of_it() {
    let model = model("llama");
    let free = ask(&model, request("Say", 60, 5)).await.text;
    let stop: String = free.chars().skip(8).take(2).collect();
    let expected = &free[..free.find(&stop).unwrap()];
    let answer = ask(&model, ChatRequest { stop: vec![stop], ..request("Say", 60, 5) }).await;
    assert_eq!((answer.text.as_str(), answer.end), (expected, Some(StopReason::End)));
}

#[tokio::test]
async fn cancelling_ends_the_answer_and_keeps_the_text() {
    let model = endless();
    let cancel = CancellationToken::new();
    let mut stream = model.stream(request("Talk", 8000, 6), cancel.clone()).await.unwrap();
    let mut before = 0;
    while let Some(delta) = stream.next().await {
        if matches!(delta.unwrap(), Delta::Text(_)) {
            before += 1;
            break;
        }
    }
    cancel.cancel();
    let rest = collect(stream).await;
    assert_eq!((before, rest.end), (1, Some(StopReason::Cancelled)));
    assert!(rest.usage.completion_tokens < 8000);
}

#[tokio::test]
async fn a_call_cancelled_in_line_is_answered_while_another_is_at_work() {
    let model = endless();
    let mut busy = model.stream(request("Talk", 8000, 6), CancellationToken::new()).await.unwrap();
    let cancel = CancellationToken::new();
    let waiting = model.stream(request("Me too", 10, 6), cancel.clone()).await.unwrap();
    cancel.cancel();
    let answer = collect(waiting).await;
    assert_eq!(answer, Answer { end: Some(StopReason::Cancelled), ..Answer::default() });
    assert!(busy.next().await.is_some());
}

#[tokio::test]
async fn dropping_a_stream_frees_the_model() {
    let model = endless();
    drop(model.stream(request("Talk", 8000, 6), CancellationToken::new()).await.unwrap());
    assert_eq!(ask(&model, request("Hello", 3, 1)).await.end, Some(StopReason::Length));
}

#[tokio::test]
async fn answers_outlive_the_model_that_was_asked() {
    let model = model("llama");
    let stream = model.stream(request("Talk", 20, 6), CancellationToken::new()).await.unwrap();
    drop(model);
    let answer = collect(stream).await;
    assert!(answer.end.is_some() && answer.usage.completion_tokens > 0, "{answer:?}");
}

#[tokio::test]
async fn labels_are_scored_and_their_order_does_not_matter() {
    let model = model("qwen2");
    let long = "They say this. ".repeat(30);
    let ab = question(&long, "Answer: ", &["A", "B", "the"]);
    let ba = question(&long, "Answer: ", &["B", "the", "A"]);
    let scores = score(&model, vec![ab, ba]).await;
    let [first, second] = &scores.log_probabilities[..] else { panic!("{scores:?}") };
    assert!(first.iter().all(|&p| p < 0.0) && first.iter().map(|p| p.exp()).sum::<f64>() < 1.0);
    assert_eq!([first[0], first[1], first[2]], [second[2], second[0], second[1]]);
    assert_eq!((scores.usage.cached_tokens, scores.reread), (scores.usage.prompt_tokens / 2 - 1, 0));
}

#[tokio::test]
async fn the_score_of_a_long_label_is_the_product_of_its_tokens() {
    let model = model("llama");
    let whole = score(&model, vec![question("q", "x", &["yz", "w"])]).await.log_probabilities[0][0];
    let first = score(&model, vec![question("q", "x", &["y", "w"])]).await.log_probabilities[0][0];
    let second = score(&model, vec![question("q", "xy", &["z", "w"])]).await.log_probabilities[0][0];
    assert!((whole - (first + second)).abs() < 0.01, "{whole} is not {first} + {second}");
}

/// A short talk, and what its listener may say next.
fn follow_up(labels: &[&str]) -> LabelQuestion {
    let messages = vec![Message::system("Be kind."), Message::user("Is it so?"), Message::assistant("It is the case.")];
    LabelQuestion { messages, turn: MessageRole::User, ..question("", "", labels) }
}

#[tokio::test]
async fn the_next_turn_of_a_user_is_scored_by_its_own_tokens_alone() {
    for architecture in ["llama", "qwen2"] {
        let written = Tiny::new(architecture, 11).write();
        let model = open(&written);
        let labels = ["That helps.", "Why the doubt, then?", "x", " the end"];
        let asked = follow_up(&labels);
        let made = model.continuations(&asked).unwrap();
        let so_far = "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nIs it so?<|im_end|>\n\
                      <|im_start|>assistant\nIt is the case.<|im_end|>\n<|im_start|>user\n";
        let pieces = [Piece::Template(so_far.to_owned())];
        let tokenizer = Tokenizer::read(&mut Gguf::open(&written.path).unwrap(), 512).unwrap();
        assert_eq!(made.prompt, tokenizer.encode_prompt(&pieces).unwrap());
        let own: Vec<Vec<u32>> = labels.iter().map(|label| model.tokenize(label.trim()).unwrap()).collect();
        assert_eq!(made.labels, own);
        let scores = score(&model, vec![asked]).await;
        let mut direct = Direct::open(&written.path, "tiny").unwrap();
        for (i, label) in own.iter().enumerate() {
            direct.truncate(0);
            let tokens = [&made.prompt[..], &label[..label.len() - 1]].concat();
            let logits = direct.read(&tokens, label.len()).unwrap();
            let expected: f64 =
                logits.iter().zip(label).map(|(logits, &token)| log_softmax(logits)[token as usize]).sum();
            assert!((scores.log_probabilities[0][i] - expected).abs() < 1e-9, "{scores:?}");
            assert_eq!(scores.tokens[0][i] as usize, label.len());
        }
    }
}

#[tokio::test]
async fn labels_that_are_read_side_by_side_score_as_each_would_alone() {
    let model = model("llama");
    let texts: Vec<String> = (0..45).map(|i| "of the many ways ".repeat(1 + i * 7 % 11) + &i.to_string()).collect();
    let labels: Vec<&str> = texts.iter().map(String::as_str).collect();
    let together = score(&model, vec![follow_up(&labels), follow_up(&labels[..2])]).await;
    assert_eq!((together.log_probabilities[0].len(), together.reread), (45, 0));
    assert_eq!(together.log_probabilities[1], together.log_probabilities[0][..2]);
    for i in [0, 9, 16, 30, 44] {
        let alone = score(&model, vec![follow_up(&[labels[i], "x"])]).await;
        assert_eq!(alone.log_probabilities[0][0], together.log_probabilities[0][i]);
        assert_eq!(alone.tokens[0], [together.tokens[0][i], 1]);
    }
}

#[tokio::test]
async fn scoring_tells_its_progress_and_can_be_cancelled() {
    let model = model("llama");
    let questions = vec![question(&"word ".repeat(60), "", &["A", "B"]); 2];
    let (progress, mut told) = tokio::sync::mpsc::unbounded_channel();
    model
        .label_scores(LabelRequest { questions: questions.clone() }, progress, CancellationToken::new())
        .await
        .unwrap();
    let mut last = (0, 1);
    while let Some(delta) = told.recv().await {
        let Delta::Prefill { done, total } = delta else { panic!("{delta:?}") };
        assert!(done >= last.0 && done <= total);
        last = (done, total);
    }
    assert_eq!(last.0, last.1);
    let cancel = CancellationToken::new();
    cancel.cancel();
    let (progress, _) = tokio::sync::mpsc::unbounded_channel();
    let cancelled = model.label_scores(LabelRequest { questions }, progress, cancel).await;
    assert_eq!(cancelled.unwrap_err(), ModelError::Cancelled);
}

#[tokio::test]
async fn a_label_without_tokens_has_no_probability() {
    let model = model("llama");
    let (progress, _) = tokio::sync::mpsc::unbounded_channel();
    let request = LabelRequest { questions: vec![question("q", "", &["A", ""])] };
    let error = model.label_scores(request, progress, CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, ModelError::NoProbabilities { .. }), "{error}");
}

#[tokio::test]
async fn a_model_without_a_template_scores_but_does_not_debate() {
    let model = open(&Tiny::new("llama", 1).without("tokenizer.chat_template").write());
    assert!(!model.can_chat());
    let error = model.stream(request("Hello", 3, 1), CancellationToken::new()).await.err().unwrap();
    assert_eq!(error, ModelError::NoTemplate { model: "tiny".to_owned() });
    let scores = score(&model, vec![question("q", "", &["A", "B"])]).await;
    assert!(scores.log_probabilities[0].iter().all(|p| p.is_finite()));
}

#[tokio::test]
async fn a_template_that_refuses_the_messages_says_why() {
    let refuses = "{{ raise_exception('no user may speak') }}";
    let model = open(&Tiny::new("llama", 1).text("tokenizer.chat_template", refuses).write());
    let error = model.stream(request("Hello", 3, 1), CancellationToken::new()).await.err().unwrap();
    assert!(matches!(&error, ModelError::Template { reason, .. } if reason.contains("no user may speak")), "{error}");
    let model = open(&Tiny::new("llama", 1).text("tokenizer.chat_template", "{% if %}").write());
    assert!(!model.can_chat());
}

#[tokio::test]
async fn a_template_that_opens_the_reasoning_makes_the_answer_reasoning() {
    let template = format!("{}{}", crate::model::local::tiny::CHATML, "<think>\n");
    let model = open(&Tiny::new("llama", 11).text("tokenizer.chat_template", &template).write());
    let mut stream = model.stream(request("Hello", 20, 1), CancellationToken::new()).await.unwrap();
    let (mut reasoning, mut text) = (0, 0);
    while let Some(delta) = stream.next().await {
        match delta.unwrap() {
            Delta::Reasoning(_) => reasoning += 1,
            Delta::Text(_) => text += 1,
            _ => {}
        }
    }
    assert!(reasoning > 0 && text == 0, "{reasoning} and {text}");
}

/// Whether a value follows a schema, as far as these tests use schemas.
fn follows(schema: &Json, value: &Json) -> bool {
    let limit = |key: &str| schema[key].as_f64();
    let within = |number: f64, [least, most]: [&str; 2]| {
        limit(least).is_none_or(|least| number >= least) && limit(most).is_none_or(|most| number <= most)
    };
    let named = schema["enum"].as_array().is_none_or(|values| values.contains(value));
    named
        && match schema["type"].as_str().unwrap() {
            "boolean" => value.is_boolean(),
            "integer" => {
                value.as_f64().is_some_and(|number| number.fract() == 0.0 && within(number, ["minimum", "maximum"]))
            }
            "string" => {
                value.as_str().is_some_and(|text| within(text.chars().count() as f64, ["minLength", "maxLength"]))
            }
            "array" => value.as_array().is_some_and(|items| {
                within(items.len() as f64, ["minItems", "maxItems"])
                    && items.iter().all(|item| follows(&schema["items"], item))
            }),
            _ => value.as_object().is_some_and(|fields| {
                let known = |(name, value): (&String, &Json)| follows(&schema["properties"][name], value);
                let wanted = schema["required"].as_array().unwrap();
                fields.iter().all(known) && wanted.iter().all(|name| fields.contains_key(name.as_str().unwrap()))
            }),
        }
}

fn report() -> Json {
    json!({
        "type": "object",
        "properties": {
            "winner": { "type": "string", "enum": ["first", "second", "tie"] },
            "score": { "type": "integer", "minimum": 1, "maximum": 10 },
            "sure": { "type": "boolean" },
            "why": { "type": "string", "minLength": 2, "maxLength": 12 },
            "marks": {
                "type": "array",
                "items": { "type": "integer", "minimum": -3, "maximum": 120 },
                "minItems": 1,
                "maxItems": 3,
            },
        },
        "required": ["winner", "score", "why", "marks"],
        "additionalProperties": false,
    })
}

#[tokio::test]
async fn an_answer_follows_its_schema_whatever_is_drawn() {
    let written = Tiny::new("llama", 11).write();
    for backend in [Backend::Processor, Backend::reference()] {
        let model = LocalModel::open_on(&backend, &written.path, "tiny", None).unwrap();
        for seed in 0..30 {
            // From hardly enough to more than enough.
            let asked = ChatRequest { schema: Some(report()), ..request("Who won?", 64 + 4 * seed as u32, seed) };
            let answer = ask(&model, asked).await;
            let value = serde_json::from_str(&answer.text).unwrap_or_else(|error| panic!("{error}: {}", answer.text));
            assert!(follows(&report(), &value), "{}", answer.text);
            assert!(
                answer.text.starts_with("{\"winner\":\"") && answer.text.contains("\",\"score\":"),
                "{}",
                answer.text
            );
            assert_eq!(answer.end, Some(StopReason::End));
        }
    }
}

#[tokio::test]
async fn a_call_without_a_schema_is_the_same_before_and_after_one_with_a_schema() {
    let model = endless();
    let before = ask(&model, request("Who won?", 40, 3)).await;
    ask(&model, ChatRequest { schema: Some(report()), ..request("Who won?", 150, 3) }).await;
    assert_eq!(before.text, ask(&model, request("Who won?", 40, 3)).await.text);
}

#[tokio::test]
async fn stop_strings_and_tags_of_reasoning_are_text_inside_of_a_form() {
    let model = model("llama");
    let said = "END <think> </think>";
    let schema = json!({ "type": "object", "properties": { "a": { "const": said } }, "required": ["a"] });
    let asked = ChatRequest { schema: Some(schema), stop: vec!["END".to_owned()], ..request("Go", 80, 3) };
    let answer = ask(&model, asked).await;
    assert_eq!((answer.text, answer.end), (format!("{{\"a\":\"{said}\"}}"), Some(StopReason::End)));
}

#[tokio::test]
async fn a_form_has_no_reasoning_even_where_the_template_opens_it() {
    let template = format!("{}{}", crate::model::local::tiny::CHATML, "<think>\n");
    let model = open(&Tiny::new("llama", 11).text("tokenizer.chat_template", &template).write());
    let answer = ask(&model, ChatRequest { schema: Some(report()), ..request("Hello", 120, 1) }).await;
    assert!(follows(&report(), &serde_json::from_str(&answer.text).unwrap()), "{}", answer.text);
    let prompt = model.prompter.form(&[Message::user("Hello")]).unwrap();
    let closed = model.tokenize("<think>\n\n</think>\n\n").unwrap();
    assert!(prompt.ends_with(&closed[1..]), "{prompt:?}");
}

#[tokio::test]
async fn a_schema_that_cannot_be_followed_is_refused_before_anything_is_read() {
    let model = model("llama");
    let refused = async |schema: Json, max_tokens| {
        let asked = ChatRequest { schema: Some(schema), ..request("Go", max_tokens, 1) };
        model.stream(asked, CancellationToken::new()).await.err().unwrap()
    };
    assert!(matches!(refused(json!({ "type": "poem" }), 50).await, ModelError::Schema { .. }));
    assert!(matches!(refused(report(), 5).await, ModelError::NoRoom { limit: 5, tokens: 40.., .. }));
}

#[test]
fn the_card_tells_what_the_file_is() {
    let written = Tiny::new("qwen2", 1).write();
    let model = LocalModel::open(&written.path, "tiny", None).unwrap();
    let card = model.card();
    assert_eq!((card.name.as_str(), card.family.as_str(), card.context, card.local), ("tiny", "qwen2", 1024, true));
    assert_eq!(card.hash, checksum::sha256(&[&written.path]).unwrap());
    assert!(model.can_chat());
    assert_eq!(model.count_tokens("abc"), 3);
}

#[test]
fn a_broken_model_that_still_opens_fails_in_a_sentence_and_not_for_good() {
    // Weights so large that sums overflow: nothing can be said about the labels, twice, and the thread lives on.
    let mut tiny = Tiny::new("llama", 1);
    let huge = Tensor::full(f32::MAX, 64, &Device::Cpu).unwrap();
    tiny.tensors.insert("output_norm.weight".to_owned(), QTensor::quantize(&huge, GgmlDType::F32).unwrap());
    let model = open(&tiny.write());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for _ in 0..2 {
        let (progress, _) = tokio::sync::mpsc::unbounded_channel();
        let request = LabelRequest { questions: vec![question("q", "", &["A", "B"])] };
        let error = runtime.block_on(model.label_scores(request, progress, CancellationToken::new())).unwrap_err();
        assert_eq!(error.to_string(), "tiny stopped working: its probabilities are not numbers");
    }
}

#[test]
fn weights_that_are_no_numbers_are_refused_by_name() {
    for (format, broken) in [(GgmlDType::F32, f32::NAN), (GgmlDType::F16, f32::INFINITY), (GgmlDType::Q8_0, f32::MAX)] {
        let mut tiny = Tiny::new("llama", 1);
        let shape = tiny.tensors["blk.1.ffn_down.weight"].shape().clone();
        let spoiled = QTensor::quantize(&Tensor::full(broken, shape, &Device::Cpu).unwrap(), format).unwrap();
        tiny.tensors.insert("blk.1.ffn_down.weight".to_owned(), spoiled);
        let error = LocalModel::open(&tiny.write().path, "tiny", Some(ContentHash::default())).err().unwrap();
        let expected = "its blk.1.ffn_down.weight cannot be loaded: it holds what is no number";
        assert!(error.to_string().contains(expected), "{format:?}: {error}");
    }
}

#[test]
fn damaged_headers_never_panic() {
    let written = Tiny::new("llama", 1).write();
    let sound = written.bytes();
    let header = Gguf::open(&written.path).unwrap().content.tensor_data_offset as usize;
    let mut random = ChaCha12Rng::seed_from_u64(5);
    let mut refused = 0;
    for _ in 0..200 {
        let mut bytes = sound.clone();
        for _ in 0..random.random_range(1..4) {
            bytes[random.random_range(4..header)] = random.random();
        }
        written.overwrite(&bytes);
        refused += usize::from(LocalModel::open(&written.path, "tiny", Some(ContentHash::default())).is_err());
    }
    assert!(refused > 30, "{refused}");
}

#[test]
fn an_integer_where_a_text_belongs_is_refused() {
    for key in ["tokenizer.ggml.tokens", "tokenizer.ggml.merges", "general.architecture", "tokenizer.ggml.model"] {
        let written = Tiny::new("llama", 1).set(key, Value::U32(3)).write();
        assert!(LocalModel::open(&written.path, "tiny", Some(ContentHash::default())).is_err(), "{key}");
    }
}

#[test]
fn a_model_with_an_unknown_tokenizer_is_read_by_ids_only() {
    let tiny = Tiny::new("gemma3", 11).set("tokenizer.ggml.model", Value::String("llama".to_owned()));
    let written = tiny.write();
    let error = LocalModel::open(&written.path, "tiny", None).err().unwrap().to_string();
    assert!(error.contains("has the tokenizer \"llama smollm\", which rhetor does not know"), "{error}");
    let mut direct = Direct::open(&written.path, "tiny").unwrap();
    assert!(!direct.tokenizes() && direct.tokenize("one").unwrap_err().to_string() == error);
    let logits = direct.read(&[5, 6, 7], 2).unwrap();
    assert!(logits.len() == 2 && logits.iter().flatten().all(|logit| logit.is_finite()));
}
