//! A server for the stream benchmark: it writes tokens in the chat-completions protocol as fast as they are taken.
//!
//! Plain threads would cost the machine more than the client; so one task for each connection, on one thread.

use std::io::Write as _;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const WORDS: [&str; 8] = [" the", " motion", " stands", " because", " every", " cost", " was", " counted"];

/// Serves on a free port of this machine until its standard input is closed, and prints the port first.
pub fn serve(tokens: usize, burst: usize) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        println!("{}", listener.local_addr()?.port());
        std::io::stdout().flush()?;
        std::thread::spawn(|| {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            std::process::exit(0);
        });
        loop {
            let (connection, _) = listener.accept().await?;
            // A client that goes away early is no concern of the server.
            tokio::spawn(async move { drop(answer_all(connection, tokens, burst).await) });
        }
    })
}

async fn answer_all(mut connection: TcpStream, tokens: usize, burst: usize) -> std::io::Result<()> {
    connection.set_nodelay(true)?;
    let mut input = Vec::new();
    while read_request(&mut connection, &mut input).await? {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        connection.write_all(head.as_bytes()).await?;
        let mut out = Vec::new();
        chunk(&mut out, &event(r#"{"role":"assistant","content":""}"#, "null"));
        for token in 0..tokens {
            chunk(&mut out, &event(&format!(r#"{{"content":"{}"}}"#, WORDS[token % WORDS.len()]), "null"));
            if (token + 1) % burst == 0 {
                connection.write_all(&out).await?;
                out.clear();
                // Lets the other connections have their turn, so that all streams advance together.
                tokio::task::yield_now().await;
            }
        }
        chunk(&mut out, &event("{}", r#""stop""#));
        let usage = format!(r#"data: {{"choices":[],"usage":{{"prompt_tokens":20,"completion_tokens":{tokens}}}}}"#);
        chunk(&mut out, &format!("{usage}\n\n"));
        chunk(&mut out, "data: [DONE]\n\n");
        out.extend_from_slice(b"0\r\n\r\n");
        connection.write_all(&out).await?;
    }
    Ok(())
}

/// An event with the fields that hosted endpoints send around each token.
fn event(delta: &str, finish: &str) -> String {
    format!(
        r#"data: {{"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk","created":1790000000,"model":"load","system_fingerprint":"fp_load","choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}]}}"#
    ) + "\n\n"
}

fn chunk(out: &mut Vec<u8>, body: &str) {
    out.extend_from_slice(format!("{:x}\r\n{body}\r\n", body.len()).as_bytes());
}

/// Takes one request off the connection; `false` at its end.
async fn read_request(connection: &mut TcpStream, input: &mut Vec<u8>) -> std::io::Result<bool> {
    loop {
        if let Some(head) = input.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&input[..head]).to_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            let end = head + 4 + length.unwrap_or(0);
            if input.len() >= end {
                input.drain(..end);
                return Ok(true);
            }
        }
        if connection.read_buf(input).await? == 0 {
            return Ok(false);
        }
    }
}
