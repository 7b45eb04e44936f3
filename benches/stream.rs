//! CPU seconds of the stream path: one million tokens through 500 calls at the same time, against a server on this
//! machine that runs in a process of its own. A bare reqwest loop, which looks for the text and no more, is measured
//! in the same run.
//!
//! `cargo bench --bench stream [-- TOKENS CALLS BURST]`; BURST is how many tokens the server writes at once.

#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used)]

mod load_server;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use futures::future::join_all;
use rhetor::model::remote::{Endpoint, EndpointOptions, RemoteModel, parse_presets};
use rhetor::model::{ChatModel, ChatRequest, Delta, Message, Sampling};
use tokio_util::sync::CancellationToken;

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let number = |at: usize, default: usize| numbers.get(at).copied().unwrap_or(default);
    if std::env::args().any(|argument| argument == "--serve") {
        load_server::serve(number(0, 1), number(1, 1)).unwrap();
        return;
    }
    let (tokens, calls) = (number(0, 1_000_000), number(1, 500));
    let each = tokens / calls;
    for burst in numbers.get(2).map_or_else(|| vec![1, 16], |burst| vec![*burst]) {
        let (mut server, port) = start(each, burst);
        println!("{} tokens, {calls} calls at the same time, the server writes {burst} at once", each * calls);
        println!("{:<12} {:>10} {:>8} {:>9} {:>10}", "client", "CPU s", "wall s", "deltas", "bytes");
        measure("rhetor", || through_model(port, calls, each));
        measure("bare reqwest", || bare(port, calls));
        drop(server.stdin.take());
        server.wait().unwrap();
    }
}

fn start(each: usize, burst: usize) -> (Child, u16) {
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--serve", &each.to_string(), &burst.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (server, line.trim().parse().unwrap())
}

/// Runs a client and prints what it took; it gives the number of deltas and the bytes of text.
fn measure<F: Future<Output = (usize, usize)>>(name: &str, client: impl FnOnce() -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (cpu, clock) = (cpu_seconds(), Instant::now());
    let (deltas, bytes) = runtime.block_on(client());
    let (cpu, wall) = (cpu_seconds() - cpu, clock.elapsed().as_secs_f64());
    println!("{name:<12} {cpu:>10.2} {wall:>8.2} {deltas:>9} {bytes:>10}");
}

/// User and system time of this process and its threads, from the kernel's ticks of 10 ms.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

async fn through_model(port: u16, calls: usize, each: usize) -> (usize, usize) {
    let presets = parse_presets(include_str!("../assets/endpoints.toml")).unwrap();
    let options = EndpointOptions {
        base_url: Some(format!("http://127.0.0.1:{port}/v1")),
        max_concurrent: Some(calls),
        ..EndpointOptions::default()
    };
    let endpoint = Arc::new(Endpoint::new("load", &presets["vllm"], &options, None).unwrap());
    let model = Arc::new(RemoteModel::new(endpoint, "load", "load", None, None));
    let tasks = (0..calls).map(|call| {
        let model = Arc::clone(&model);
        tokio::spawn(async move {
            let request = ChatRequest {
                messages: vec![Message::user("Speak.")],
                max_tokens: u32::try_from(each).unwrap(),
                sampling: Sampling { temperature: 0.7, top_p: 0.9, repetition_penalty: 1.0, seed: call as u64 },
                stop: Vec::new(),
                schema: None,
            };
            let mut stream = model.stream(request, CancellationToken::new()).await.unwrap();
            let (mut deltas, mut bytes, mut counted) = (0, 0, 0);
            while let Some(delta) = stream.next().await {
                match delta.unwrap() {
                    Delta::Text(text) => (deltas, bytes) = (deltas + 1, bytes + text.len()),
                    Delta::Usage(usage) => counted = usage.completion_tokens,
                    _ => {}
                }
            }
            assert_eq!(counted, each as u64);
            (deltas, bytes)
        })
    });
    total(join_all(tasks).await)
}

async fn bare(port: u16, calls: usize) -> (usize, usize) {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let tasks = (0..calls).map(|_| {
        let body = r#"{"model":"load","stream":true,"messages":[{"role":"user","content":"Speak."}]}"#;
        let request = client.post(format!("http://127.0.0.1:{port}/v1/chat/completions")).body(body);
        tokio::spawn(async move {
            let mut response = request.send().await.unwrap();
            let (mut reads, mut bytes) = (0, 0);
            while let Some(read) = response.chunk().await.unwrap() {
                reads += 1;
                for line in read.split(|byte| *byte == b'\n') {
                    let text = std::str::from_utf8(line).unwrap();
                    if let Some((_, rest)) = text.split_once("\"content\":\"") {
                        bytes += rest.split_once('"').map_or(0, |(word, _)| word.len());
                    }
                }
            }
            (reads, bytes)
        })
    });
    total(join_all(tasks).await)
}

fn total(results: Vec<Result<(usize, usize), tokio::task::JoinError>>) -> (usize, usize) {
    results.into_iter().map(Result::unwrap).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}
