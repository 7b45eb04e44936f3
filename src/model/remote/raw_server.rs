//! For tests: a server that writes exactly the bytes it is told, so that an answer can break off anywhere.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// One step of a script.
#[derive(Clone, Debug)]
pub enum Step {
    Write(Vec<u8>),
    /// Nothing more is written, and the connection stays open until the client closes it.
    Hold,
}

/// A server that plays one script for each connection.
pub struct RawServer {
    pub base_url: String,
    /// One message for each connection that the client closed while it was held.
    pub closed: Receiver<()>,
}

/// The head of an event stream, and these events as its beginning.
pub fn events(events: &[&str]) -> Step {
    let mut text = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n".to_owned();
    for event in events {
        text += &format!("data: {event}\n\n");
    }
    Step::Write(text.into_bytes())
}

/// An event with a piece of text.
pub fn text(piece: &str) -> String {
    serde_json::json!({ "choices": [{ "index": 0, "delta": { "content": piece } }] }).to_string()
}

impl RawServer {
    pub fn start(script: Vec<Step>) -> RawServer {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let (sender, closed) = channel();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (script, sender) = (script.clone(), sender.clone());
                thread::spawn(move || play(connection.unwrap(), script, &sender));
            }
        });
        RawServer { base_url, closed }
    }
}

fn play(mut connection: TcpStream, script: Vec<Step>, closed: &Sender<()>) {
    read_request(&mut connection);
    for step in script {
        match step {
            Step::Write(bytes) => {
                if connection.write_all(&bytes).is_err() {
                    return;
                }
            }
            Step::Hold => {
                let mut rest = [0; 64];
                while connection.read(&mut rest).is_ok_and(|read| read > 0) {}
                let _ = closed.send(());
            }
        }
    }
}

fn read_request(connection: &mut TcpStream) {
    let mut request = Vec::new();
    let mut byte = [0; 4096];
    loop {
        let read = connection.read(&mut byte).unwrap_or(0);
        request.extend_from_slice(&byte[..read]);
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            if read == 0 {
                return;
            }
            continue;
        };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        if read == 0 || body.len() >= length.unwrap_or(0) {
            return;
        }
    }
}
