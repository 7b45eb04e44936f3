//! An endpoint that speaks the OpenAI protocol, or breaks it as a test wants.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// What a call is answered with.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A whole answer, streamed.
    Text(String),
    /// The beginning of an answer; then the connection is closed.
    Cut(String),
    /// Status, content type, another header, body.
    Page(u16, &'static str, &'static str, String),
    /// The beginning of an answer and then nothing more, while the caller waits.
    Silence(String),
}

/// A server on this machine; it ends with the tests.
pub struct Endpoint {
    pub base_url: String,
    calls: Arc<AtomicUsize>,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    /// Answers a call by its number, from 0, and its body. `Cargo`'s tests are the only callers, so threads are cheap.
    pub fn start(answer: impl Fn(usize, &Value) -> Answer + Send + Sync + 'static) -> Endpoint {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicUsize::new(0));
        let (count, answer) = (Arc::clone(&calls), Arc::new(answer));
        let bodies = Arc::<Mutex<Vec<String>>>::default();
        let heard = Arc::clone(&bodies);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (count, answer, heard) = (Arc::clone(&count), Arc::clone(&answer), Arc::clone(&heard));
                let answer = move |body: &Value| {
                    heard.lock().unwrap().push(body.to_string());
                    answer(count.fetch_add(1, Ordering::SeqCst), body)
                };
                thread::spawn(move || serve(connection, answer));
            }
        });
        Endpoint { base_url, calls, bodies }
    }

    /// The bodies of all calls so far.
    pub fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }

    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

/// The address of an endpoint that is down.
pub fn down() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    format!("http://{}/v1", listener.local_addr().unwrap())
}

fn serve(mut connection: TcpStream, answer: impl Fn(&Value) -> Answer) {
    let Some((head, body)) = read(&mut connection) else { return };
    let answer = if head.starts_with("post") {
        answer(&serde_json::from_str(&body).unwrap_or(Value::Null))
    } else {
        let models = json!({ "object": "list", "data": [{ "id": "one" }, { "id": "two" }, { "id": "three" }] });
        Answer::Page(200, "application/json", "x-none: 0", models.to_string())
    };
    // A caller that has gone away is what some tests are about.
    drop(match answer {
        Answer::Text(text) => write(&mut connection, &(beginning(&text) + &ending())),
        Answer::Cut(text) => write(&mut connection, &beginning(&text)),
        Answer::Page(status, kind, header, body) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\n{header}\r\ncontent-length: {length}");
            write(&mut connection, &format!("{head}\r\nconnection: close\r\n\r\n{body}"))
        }
        Answer::Silence(text) => {
            drop(write(&mut connection, &beginning(&text)));
            drop(connection.set_read_timeout(Some(Duration::from_secs(60))));
            connection.read(&mut [0; 16]).map(|_| ())
        }
    });
}

fn write(connection: &mut TcpStream, text: &str) -> std::io::Result<()> {
    connection.write_all(text.as_bytes())?;
    connection.flush()
}

fn beginning(text: &str) -> String {
    let mut answer = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n".to_owned();
    for piece in text.split_inclusive(' ') {
        answer += &format!("data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": { "content": piece } }] }));
    }
    answer
}

fn ending() -> String {
    let last = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 90, "completion_tokens": 30 } });
    format!("data: {last}\n\ndata: {usage}\n\ndata: [DONE]\n\n")
}

/// The head of a request in lower case, and its body.
fn read(connection: &mut TcpStream) -> Option<(String, String)> {
    let mut request = Vec::new();
    let mut bytes = [0; 4096];
    loop {
        let read = connection.read(&mut bytes).ok().filter(|read| *read > 0)?;
        request.extend_from_slice(&bytes[..read]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some((head, body.to_owned()));
        }
    }
}
