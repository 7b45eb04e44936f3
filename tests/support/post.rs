//! Posts JSON to a server on this machine and reads the JSON it answers. Nothing else is needed of HTTP here.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// Posts `body` to a path of a server given as `http://HOST:PORT`.
pub fn post(server: &str, path: &str, body: &Value) -> Result<Value, String> {
    let address = server.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).map_err(|error| format!("{address}: {error}"))?;
    let body = body.to_string();
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n");
    write!(stream, "{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}").map_err(|e| e.to_string())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(|error| error.to_string())?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("the answer has no body")?;
    if !head.starts_with("HTTP/1.1 200") {
        return Err(answer.into_owned());
    }
    serde_json::from_str(body).map_err(|error| format!("{error}: {body}"))
}
