//! Journeys through the real program in a pseudo-terminal: what a person presses, and what the terminal shows.

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

use crate::support::PROSE;

/// A bound for a hang, not a measurement.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program in a terminal.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    bytes: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    /// Everything that the program wrote.
    written: Vec<u8>,
}

fn cells(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

impl Terminal {
    fn open(home: &Path, columns: u16, rows: u16, variables: &[(&str, &str)]) -> Terminal {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rhetor"));
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

    fn take(&mut self, bytes: &[u8]) {
        self.written.extend_from_slice(bytes);
        self.parser.process(bytes);
    }

    fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    /// Whether no frame is half drawn: every synchronised update that began has ended.
    fn is_whole(&self) -> bool {
        let last = |mark: &[u8]| self.written.windows(mark.len()).rposition(|bytes| bytes == mark);
        last(b"\x1b[?2026h") <= last(b"\x1b[?2026l")
    }

    /// Waits until the screen shows something. Only whole frames count: in a half-drawn one the screen before it still
    /// stands below, and a key would be pressed too early.
    fn see(&mut self, wanted: &str) {
        let waited = Stopwatch::start();
        while !(self.is_whole() && self.screen().contains(wanted)) {
            // A clock on the screen keeps bytes coming, so that a wait for the next ones alone would never end.
            match self.bytes.recv_timeout(PATIENCE.saturating_sub(waited.elapsed())) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!("\"{wanted}\" never came; the screen shows\n{}", self.screen()),
            }
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.master.resize(size(columns, rows)).unwrap();
        self.parser.screen_mut().set_size(cells(rows), cells(columns));
    }

    /// Waits for the program to end, and reads what it still wrote. Gives its exit code.
    fn end(&mut self) -> u32 {
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
    fn is_restored(&self) -> bool {
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

/// A home whose only model talks from a server on this machine.
async fn home_with_talker(text: &str) -> (TempDir, MockServer) {
    let piece = serde_json::json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] });
    let end = serde_json::json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let body = format!("data: {piece}\n\ndata: {end}\n\ndata: [DONE]\n\n");
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_raw(body, "text/event-stream");
    Mock::given(method("POST")).and(path("/v1/chat/completions")).respond_with(answer).mount(&server).await;
    let home = tempfile::tempdir().unwrap();
    let settings = format!(
        "[defaults]\ndebater = \"stub/talker\"\njudge = \"debatrix\"\nformat = \"duel\"\n\n[endpoints.stub]\npreset = \"lmstudio\"\nbase_url = \"{}/v1\"\n",
        server.uri()
    );
    std::fs::write(home.path().join("config.toml"), settings).unwrap();
    (home, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_starts_a_debate_watches_a_speech_and_quits() {
    let (home, server) = home_with_talker(PROSE).await;
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("enter start");
    terminal.press("\r");
    // The verdict opens by itself; behind it stands the debate.
    terminal.see("Ballot of debatrix");
    terminal.press("\u{1b}");
    terminal.see("protects rivers and seas");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.is_restored(), "{}", terminal.screen());
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn control_c_while_a_speech_streams_keeps_the_debate_and_says_how_to_go_on() {
    let (home, server) = home_with_talker(PROSE).await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(600));
    server.reset().await;
    Mock::given(method("POST")).respond_with(slow).mount(&server).await;
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("enter start");
    terminal.press("\r");
    terminal.see("constructive 1/4");
    terminal.press("\u{3}");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.is_restored());
    assert!(terminal.screen().contains("rhetor resume"), "{}", terminal.screen());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_told_to_end_gives_the_terminal_back() {
    let (home, server) = home_with_talker(PROSE).await;
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("enter start");
    let id = terminal.child.process_id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(terminal.end(), 0);
    assert!(terminal.is_restored(), "{}", terminal.screen());
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_run_offers_a_model_and_fetches_nothing_by_itself() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(home.path(), 80, 24, &[]);
    terminal.see("No model is set up yet");
    terminal.see("smollm2-135m");
    terminal.press("\u{3}");
    assert_eq!(terminal.end(), 0);
    assert!(
        !home.path().join("models").exists() || std::fs::read_dir(home.path().join("models")).unwrap().count() == 0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_sizes_leaves_a_whole_screen() {
    let (home, server) = home_with_talker(PROSE).await;
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("enter start");
    for (columns, rows) in [(20, 5), (200, 60), (80, 24), (1, 1), (300, 100), (60, 20), (120, 40)] {
        terminal.resize(columns, rows);
    }
    terminal.press("?");
    terminal.see("Help · home");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.is_restored());
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_paste_presses_nothing() {
    let (home, server) = home_with_talker(PROSE).await;
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("enter start");
    terminal.press("n");
    terminal.see("New debate");
    let text = "quit\r".repeat(40_000);
    terminal.press(&format!("\u{1b}[200~{text}\u{1b}[201~"));
    terminal.see("quit quit quit");
    assert!(terminal.child.try_wait().unwrap().is_none(), "the paste ended the program");
    terminal.press("\u{3}");
    assert_eq!(terminal.end(), 0);
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_colour_the_chosen_line_still_stands_out() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(home.path(), 80, 24, &[("NO_COLOR", "1")]);
    terminal.see("smollm2-135m");
    let screen = terminal.parser.screen();
    let row = (0..24).find(|row| screen.contents_between(*row, 0, *row, 79).contains("smollm2-135m")).unwrap();
    let cell = screen.cell(row, 5).unwrap();
    assert!(cell.inverse(), "the chosen line is not reversed");
    assert_eq!((cell.fgcolor(), cell.bgcolor()), (vt100::Color::Default, vt100::Color::Default));
    terminal.press("q");
    terminal.end();
    let text = String::from_utf8_lossy(&terminal.written).into_owned();
    for colour in ["\u{1b}[38;", "\u{1b}[48;", "\u{1b}[31m", "\u{1b}[32m"] {
        assert!(!text.contains(colour), "{colour:?} was written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_model_obeys_no_terminal() {
    let hostile =
        format!("{PROSE} \u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}evil\u{e0041}\u{1b}]52;c;c2VjcmV0\u{7}");
    let (home, server) = home_with_talker(&hostile).await;
    let mut terminal = Terminal::open(home.path(), 100, 30, &[]);
    terminal.see("enter start");
    terminal.press("\r");
    terminal.see("Ballot of debatrix");
    terminal.press("\u{1b}");
    terminal.see("protects rivers and seas");
    terminal.press("q");
    terminal.end();
    let text = String::from_utf8_lossy(&terminal.written).into_owned();
    for forbidden in ["owned", "]52;", "\u{9b}", "\u{202e}", "\u{e0041}", "\u{1b}[2J\u{1b}[2J"] {
        assert!(!text.contains(forbidden), "{forbidden:?} reached the terminal");
    }
    drop(server);
}
