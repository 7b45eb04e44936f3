//! The second program: what it serves over a real pipe, and what happens where it cannot.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use candle_core::quantized::gguf_file::Value;
use futures::StreamExt;
use rhetor::model::catalogue::parse_catalogue;
use rhetor::model::gpu::Gpu;
use rhetor::model::process::protocol::{self, Answer, Ask, Greeting, Request, Said};
use rhetor::model::process::{Engine, Program};
use rhetor::model::registry::Registry;
use rhetor::model::{
    ChatModel, ChatRequest, Delta, LabelQuestion, LabelRequest, Message, MessageRole, ModelError, Sampling,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::support::program::{Home, Run};
use crate::support::tiny::{Tiny, Written};

const ENGINE: &str = env!("CARGO_BIN_EXE_rhetor-engine");

/// A model with room for a debate.
fn model() -> Written {
    Tiny::new("llama", 11).set("llama.context_length", Value::U32(8192)).write()
}

fn request(max_tokens: u32) -> ChatRequest {
    ChatRequest {
        messages: vec![Message::user("Should we?")],
        max_tokens,
        sampling: Sampling { temperature: 1.0, top_p: 1.0, repetition_penalty: 1.0, seed: 5 },
        stop: Vec::new(),
        schema: None,
    }
}

/// A registry whose local models run in this program.
fn registry(path: PathBuf, arguments: &[&str]) -> Registry {
    let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let catalogue = parse_catalogue(include_str!("../assets/models.toml")).unwrap();
    let registry = Registry::new(PathBuf::new(), catalogue, Default::default(), Default::default());
    registry.with_gpu(Gpu::new(Engine::new(Program { path, arguments }), false))
}

/// An executable script.
#[cfg(unix)]
fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

async fn collect(chat: &dyn ChatModel, request: ChatRequest) -> Vec<Result<Delta, ModelError>> {
    match chat.stream(request, CancellationToken::new()).await {
        Ok(stream) => stream.collect().await,
        Err(error) => vec![Err(error)],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_program_writes_and_scores_over_a_pipe() {
    let written = model();
    let registry = registry(ENGINE.into(), &["--device", "cpu"]);
    assert_eq!(registry.gpu().unwrap().device().await, Some(Ok("cpu".to_owned())));
    let open = registry.open(written.path.to_str().unwrap()).await.unwrap();
    let answer = collect(&**open.chat().unwrap(), request(20)).await;
    assert!(matches!(answer.last(), Some(Ok(Delta::Done(_)))), "{answer:?}");
    assert!(answer.iter().any(|delta| matches!(delta, Ok(Delta::Text(_)))), "{answer:?}");
    let labels = vec!["A".to_owned(), "B".to_owned()];
    let question = LabelQuestion {
        messages: request(1).messages,
        lead: "Answer: ".to_owned(),
        labels,
        turn: MessageRole::Assistant,
    };
    let (progress, _) = tokio::sync::mpsc::unbounded_channel();
    let scorer = open.scorer.as_ref().unwrap();
    let asked = LabelRequest { questions: vec![question] };
    let scores = scorer.label_scores(asked, progress, CancellationToken::new()).await.unwrap();
    assert!(scores.log_probabilities[0].iter().all(|score| score.is_finite() && *score < 0.0), "{scores:?}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_second_program_that_is_killed_is_told_of_and_started_again() {
    let (folder, written) = (TempDir::new().unwrap(), model());
    let (program, number) = (folder.path().join("rhetor-engine"), folder.path().join("number"));
    script(&program, &format!("echo $$ >{}\nexec {ENGINE} --device cpu", number.display()));
    let registry = registry(program, &[]);
    let name = written.path.to_str().unwrap();
    let open = registry.open(name).await.unwrap();
    let chat = open.chat().unwrap();
    let mut stream = chat.stream(request(7000), CancellationToken::new()).await.unwrap();
    assert!(stream.next().await.unwrap().is_ok());
    let number = std::fs::read_to_string(number).unwrap();
    assert!(Command::new("kill").args(["-9", number.trim()]).status().unwrap().success());
    let last = stream.collect::<Vec<_>>().await.pop().unwrap();
    let sentence = format!("{name} stopped working: the GPU engine ended (signal: 9 (SIGKILL))");
    assert_eq!(last.unwrap_err().to_string(), sentence);
    assert_eq!(collect(&**chat, request(3)).await.pop().unwrap().unwrap_err().to_string(), sentence);
    let again = registry.open(name).await.unwrap();
    assert!(matches!(collect(&**again.chat().unwrap(), request(3)).await.last(), Some(Ok(Delta::Done(_)))));
}

#[test]
fn the_second_program_ends_with_its_input_even_at_work() {
    let written = model();
    let mut child = Command::new(ENGINE)
        .args(["--device", "cpu"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let greeting = protocol::read::<Greeting>(&mut output).unwrap();
    assert!(matches!(greeting, Some(Greeting::Hello { .. })), "{greeting:?}");
    let path = written.path.display().to_string();
    let open = Ask::Open { path, name: "tiny".to_owned(), hash: None };
    protocol::write(&mut input, &Request { call: 1, ask: open }).unwrap();
    let opened = protocol::read::<Answer>(&mut output).unwrap().unwrap();
    assert!(matches!(opened.said, Said::Opened { can_chat: true, .. }), "{opened:?}");
    let chat = Ask::Chat { model: 1, request: request(7000) };
    protocol::write(&mut input, &Request { call: 2, ask: chat }).unwrap();
    assert_eq!(protocol::read::<Answer>(&mut output).unwrap(), Some(Answer { call: 2, said: Said::Began }));
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_program_that_does_not_speak_the_protocol_is_left() {
    let mut child =
        Command::new(ENGINE).args(["--device", "cpu"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"GET / HTTP/1.1\n").unwrap();
    assert_eq!(BufReader::new(child.stdout.take().unwrap()).lines().count(), 1);
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_second_program_measures_and_compares() {
    let (home, written) = (Home::new(), Tiny::new("qwen2", 3).write());
    let engine = |arguments: &[&str]| {
        let output = Command::new(ENGINE).args(["--device", "cpu"]).args(arguments).output().unwrap();
        Run::of(&output)
    };
    let path = written.path.to_str().unwrap();
    let speed = engine(&["--measure", path, "--rounds", "1"]).json();
    assert!(speed["prefill_tokens_per_s"].as_f64().unwrap() > 0.0, "{speed}");
    assert!(speed["decode_tokens_per_s"].as_f64().unwrap() > 0.0, "{speed}");
    let text = home.write("text", &"one and two and three; ".repeat(30));
    let agreement = engine(&["--compare", path, "--text", &text, "--positions", "200"]).json();
    assert_eq!(agreement["positions"], 200);
    assert!(agreement["largest_difference"].as_f64().unwrap() < 1.0, "{agreement}");
    let refused = engine(&["--compare", path, "--text", "no such file"]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{refused:?}");
    assert!(refused.err.starts_with("rhetor: no such file cannot be read: "), "{refused:?}");
}

/// The program, with another one as its `rhetor-engine`.
#[cfg(unix)]
fn beside(folder: &Path, text: &str) -> PathBuf {
    let program = folder.join("rhetor");
    let built = env!("CARGO_BIN_EXE_rhetor");
    if std::fs::hard_link(built, &program).is_err() {
        std::fs::copy(built, &program).unwrap();
    }
    script(&folder.join("rhetor-engine"), text);
    program
}

#[cfg(unix)]
#[test]
fn where_the_driver_is_absent_the_processor_serves_and_one_sentence_says_so() {
    let (folder, home, written) = (TempDir::new().unwrap(), Home::new(), model());
    let missing = "error while loading shared libraries: libcuda.so.1: cannot open shared object file";
    let program = beside(folder.path(), &format!("echo \"$0: {missing}\" >&2\nexit 127"));
    let path = written.path.to_str().unwrap();
    let (pro, con, judge) = (format!("solo@{path}"), format!("solo@{path}"), format!("label-probability@{path}"));
    let debate = ["debate", "--motion", "single-use-plastics", "--format", "duel", "--pro", &pro, "--con", &con];
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args(arguments).env("RHETOR_HOME", home.folder()).stdin(Stdio::null());
        Run::of(&command.output().unwrap())
    };
    let told = run(&[&debate[..], &["--judge", &judge, "--seed", "7"]].concat());
    let sentence = format!("the GPU engine could not start ({missing}); this machine's processor serves instead\n");
    assert_eq!(told.code, 0, "{told:?}");
    assert_eq!(told.err.matches(&sentence).count(), 1, "{told:?}");
    let doctor = run(&["doctor"]);
    assert!(doctor.out.contains(&format!("the GPU engine could not start ({missing}); `device`")), "{doctor:?}");
    home.write("config.toml", "[models]\ndevice = \"cpu\"\n");
    let silent = run(&[&debate[..], &["--no-judge", "--seed", "7"]].concat());
    assert_eq!((silent.code, silent.err.contains("GPU")), (0, false), "{silent:?}");
    home.write("config.toml", "[models]\ndevice = \"gpu\"\n");
    let refused = run(&[&debate[..], &["--no-judge", "--seed", "7"]].concat());
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("set device = \"auto\" under [models]"), "{refused:?}");
}

#[cfg(unix)]
#[test]
fn a_debate_runs_on_the_second_program() {
    let (folder, home, written) = (TempDir::new().unwrap(), Home::new(), model());
    let program = beside(folder.path(), &format!("exec {ENGINE} --device cpu"));
    let path = written.path.to_str().unwrap();
    let side = format!("solo@{path}");
    let judge = format!("label-probability@{path}");
    home.write("config.toml", "[models]\ndevice = \"gpu\"\n");
    let mut command = Command::new(&program);
    command.args(["debate", "--motion", "single-use-plastics", "--format", "duel", "--seed", "7", "--json"]);
    command.args(["--pro", &side, "--con", &side, "--judge", &judge]);
    let run = Run::of(&command.env("RHETOR_HOME", home.folder()).stdin(Stdio::null()).output().unwrap());
    assert_eq!(run.code, 0, "{run:?}");
    let kinds: Vec<String> = run.lines().iter().map(|line| line["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "speech_delivered").count(), 4, "{kinds:?}");
    assert_eq!(kinds.last().map(String::as_str), Some("debate_closed"), "{kinds:?}");
}
