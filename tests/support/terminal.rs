//! The real program in a pseudo-terminal: what a person presses, and what the terminal shows.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rhetor::clock::Stopwatch;
use tempfile::TempDir;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A bound for a hang, not a measurement.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program in a terminal.
pub struct Terminal {
    pub child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    bytes: Receiver<Vec<u8>>,
    pub parser: vt100::Parser,
    /// Everything that the program wrote.
    pub written: Vec<u8>,
}

fn cells(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

impl Terminal {
    /// The program's first screen.
    pub fn open(home: &Path, columns: u16, rows: u16, variables: &[(&str, &str)]) -> Terminal {
        Terminal::run(home, &[], columns, rows, variables)
    }

    /// A command that opens a screen.
    pub fn run(home: &Path, arguments: &[&str], columns: u16, rows: u16, variables: &[(&str, &str)]) -> Terminal {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rhetor"));
        command.args(arguments);
        command.env("RHETOR_HOME", home);
        command.env("HF_HOME", home.join("hub"));
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        command.cwd(home);
        variables.iter().for_each(|(name, value)| command.env(name, value));
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        let parser = vt100::Parser::new(cells(rows), cells(columns), 0);
        Terminal { child, master: pair.master, keys, bytes, parser, written: Vec::new() }
    }

    pub fn take(&mut self, bytes: &[u8]) {
        self.written.extend_from_slice(bytes);
        self.parser.process(bytes);
    }

    pub fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    /// Whether no frame is half drawn: every synchronised update that began has ended.
    pub fn is_whole(&self) -> bool {
        let last = |mark: &[u8]| self.written.windows(mark.len()).rposition(|bytes| bytes == mark);
        last(b"\x1b[?2026h") <= last(b"\x1b[?2026l")
    }

    /// Waits until the screen shows something. Only whole frames count: in a half-drawn one the screen before it still
    /// stands below, and a key would be pressed too early.
    pub fn see(&mut self, wanted: &str) {
        let waited = Stopwatch::start();
        while !(self.is_whole() && self.screen().contains(wanted)) {
            // A clock on the screen keeps bytes coming, so that a wait for the next ones alone would never end.
            match self.bytes.recv_timeout(PATIENCE.saturating_sub(waited.elapsed())) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!("\"{wanted}\" never came; the screen shows\n{}", self.screen()),
            }
        }
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.master.resize(size(columns, rows)).unwrap();
        self.parser.screen_mut().set_size(cells(rows), cells(columns));
    }

    /// Waits for the program to end, and reads what it still wrote. Gives its exit code.
    pub fn end(&mut self) -> u32 {
        let waited = Stopwatch::start();
        loop {
            match self.bytes.recv_timeout(PATIENCE.saturating_sub(waited.elapsed())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().unwrap().exit_code(),
                Err(RecvTimeoutError::Timeout) => panic!("it never ended; the screen shows\n{}", self.screen()),
            }
        }
    }

    /// Whether the terminal is as it was before the program started.
    pub fn is_restored(&self) -> bool {
        let screen = self.parser.screen();
        !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
    }
}

impl Drop for Terminal {
    /// A program that a failed test leaves behind would hold its terminal and its port.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// An answer of an endpoint, whole in one piece.
pub fn stream(text: &str) -> ResponseTemplate {
    let piece = serde_json::json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] });
    let end = serde_json::json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let body = format!("data: {piece}\n\ndata: {end}\n\ndata: [DONE]\n\n");
    ResponseTemplate::new(200).set_body_raw(body, "text/event-stream")
}

/// A home whose only model talks from a server on this machine.
pub async fn home_with_talker(text: &str) -> (TempDir, MockServer) {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/v1/chat/completions")).respond_with(stream(text)).mount(&server).await;
    let home = tempfile::tempdir().unwrap();
    let settings = format!(
        "[defaults]\ndebater = \"stub/talker\"\njudge = \"debatrix\"\nformat = \"duel\"\n\n[endpoints.stub]\npreset = \"lmstudio\"\nbase_url = \"{}/v1\"\n",
        server.uri()
    );
    std::fs::write(home.path().join("config.toml"), settings).unwrap();
    (home, server)
}
