//! The only place that prints. Everything printed is sanitised; JSON is escaped and lossless.

use std::io::{self, ErrorKind, IsTerminal, Write};

use serde::Serialize;

use crate::text::json::escape_json;
use crate::text::sanitize::sanitize;

/// Standard output and standard error of one command.
#[derive(Debug)]
pub struct Output {
    /// Whether results are JSON.
    pub json: bool,
    /// Whether it is read out or piped: words instead of signs, whole paragraphs, nothing that is written over.
    pub plain: bool,
    progress_shown: bool,
}

impl Output {
    #[must_use]
    pub fn new(json: bool) -> Output {
        Output { json, plain: false, progress_shown: false }
    }

    /// The same for screen readers and pipes.
    #[must_use]
    pub fn plainly(self, plain: bool) -> Output {
        Output { plain, ..self }
    }

    /// Prints text and a newline. Control characters in it are taken out.
    pub fn line(&mut self, text: &str) {
        self.text(&format!("{text}\n"));
    }

    /// Prints text as it is, without a newline at its end.
    pub fn text(&mut self, text: &str) {
        self.clear_progress();
        write(io::stdout().lock(), sanitize(text).as_ref());
    }

    /// Prints one JSON document on one line.
    pub fn document(&mut self, value: &impl Serialize) {
        // Only maps with keys that are not strings cannot be serialised, and no answer has one.
        let Ok(json) = serde_json::to_string(value) else { return };
        self.clear_progress();
        write(io::stdout().lock(), &format!("{}\n", escape_json(&json)));
    }

    /// Prints a sentence for people on standard error.
    pub fn note(&mut self, text: &str) {
        self.clear_progress();
        write(io::stderr().lock(), &format!("{}\n", sanitize(text)));
    }

    /// Shows how far something is, on one line of standard error that is written over. Nothing where it is no terminal.
    pub fn progress(&mut self, text: &str) {
        let stderr = io::stderr();
        if self.plain || !stderr.is_terminal() {
            return;
        }
        let width = crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns));
        let line: String =
            sanitize(text).as_ref().chars().filter(|c| *c != '\n').take(width.saturating_sub(1)).collect();
        write(stderr.lock(), &format!("\r\u{1b}[K{line}"));
        self.progress_shown = true;
    }

    /// Whether progress is shown, which takes a terminal.
    #[must_use]
    pub fn shows_progress(&self) -> bool {
        !self.plain && io::stderr().is_terminal()
    }

    fn clear_progress(&mut self) {
        if std::mem::take(&mut self.progress_shown) {
            write(io::stderr().lock(), "\r\u{1b}[K");
        }
    }
}

/// A reader that has gone away, as `rhetor history | head` does, ends the program quietly.
fn write(mut stream: impl Write, text: &str) {
    let written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    if written.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe) {
        std::process::exit(0);
    }
}

/// Prints a sentence on standard error before anything else is set up.
pub fn complain(text: &str) {
    write(io::stderr().lock(), &format!("rhetor: {}\n", sanitize(text)));
}

/// The width to wrap prose at: the terminal's, at most 100 columns.
#[must_use]
pub fn prose_width() -> usize {
    if !io::stdout().is_terminal() {
        return 80;
    }
    crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns).clamp(20, 100))
}
