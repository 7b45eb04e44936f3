//! Frame time: a transcript of 100,000 lines while 1,000 tokens a second stream in, as the screen draws it, with the
//! escape sequences that reach the terminal counted and thrown away.
//!
//! `cargo bench --bench frame [-- LINES TOKENS_PER_SECOND SECONDS]`

#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used)]

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rhetor::assets::{Library, Paths};
use rhetor::domain::event::DebateId;
use rhetor::domain::seat::{Seat, Side};
use rhetor::domain::team::Role;
use rhetor::engine::command::{Command, DebateRequest};
use rhetor::engine::publish::{Caller, Live, Published};
use rhetor::model::registry::OpenModel;
use rhetor::model::scripted::ScriptedModel;
use rhetor::model::{ChatModel, Scorer};
use rhetor::tui::{Answer, Cmd, Model, Msg, Options, perform, update, view};

/// Frames a second that the screen draws at most.
const FRAMES: usize = 60;

/// Counts what is written.
#[derive(Clone, Default)]
struct Sink(Rc<Cell<usize>>);

impl Write for Sink {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + buffer.len());
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let number = |at: usize, default: usize| numbers.get(at).copied().unwrap_or(default);
    let (lines, tokens, seconds) = (number(0, 100_000), number(1, 1_000), number(2, 10));
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        measure(lines, tokens, seconds, columns, rows);
    }
}

fn measure(lines: usize, tokens: usize, seconds: usize, columns: u16, rows: u16) {
    let (mut model, debate) = opened();
    let piece = |text: &str| {
        let (seat, side) = (Seat(0), Side::Proposition);
        let caller = Caller::Role { speech: 0, seat, side, role: Role::Writer, revision: 0, ask: 0 };
        let live = Live::Token { caller, text: text.to_owned(), reasoning: false };
        Msg::Published(Published::Live { debate: debate.clone(), live })
    };
    for line in 0..lines {
        update(&mut model, piece(&format!("Line {line} of a speech that never seems to end.\n")));
    }
    let sink = Sink::default();
    let viewport = Viewport::Fixed(Rect::new(0, 0, columns, rows));
    let backend = CrosstermBackend::new(sink.clone());
    let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
    let began = Instant::now();
    terminal.draw(|frame| view(&model, frame)).unwrap();
    let first = began.elapsed();
    let mut frames: Vec<Duration> = Vec::new();
    for frame in 0..seconds * FRAMES {
        let due = (frame + 1) * tokens / FRAMES - frame * tokens / FRAMES;
        let began = Instant::now();
        for token in 0..due {
            update(&mut model, piece(if token % 12 == 11 { "end.\n" } else { "word " }));
        }
        terminal.draw(|frame| view(&model, frame)).unwrap();
        frames.push(began.elapsed());
    }
    frames.sort();
    let at = |part: f64| frames[((frames.len() - 1) as f64 * part) as usize].as_secs_f64() * 1000.0;
    println!(
        "{columns}x{rows}  {lines} lines, {tokens} tokens/s: p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms; first frame {:.1} ms; {} bytes a frame",
        at(0.5),
        at(0.99),
        at(1.0),
        first.as_secs_f64() * 1000.0,
        sink.0.get() / (frames.len() + 1)
    );
}

/// A screen on which a debate has just opened.
fn opened() -> (Model, DebateId) {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::under(home.path());
    let library = Library::load(&paths).unwrap();
    let options = Options::of(&library, None, false, false).unwrap();
    let engine = rhetor::engine::assemble::assemble(paths, library).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut model, _) = Model::new(options);
    let messages = runtime.block_on(async {
        let scripted =
            Arc::new(ScriptedModel::saying(&["text"]).with_card(|card| card.name = "m".to_owned()).stuck_after(0));
        let open = OpenModel {
            card: scripted.card().clone(),
            chat: Some(Arc::clone(&scripted) as Arc<dyn ChatModel>),
            scorer: Some(scripted as Arc<dyn Scorer>),
            embedder: None,
        };
        engine.queries().registry().insert(open).await;
        let (outbox, mut inbox) = tokio::sync::mpsc::unbounded_channel();
        perform(engine.clone(), Cmd::Facts, outbox).await;
        if let Some(Msg::Answer(Answer::Facts(mut facts))) = inbox.recv().await {
            facts.models = vec!["m".to_owned()];
            update(&mut model, Msg::Answer(Answer::Facts(facts)));
        }
        // The arena opens for the debate that is heard next.
        update(&mut model, Msg::Key("enter".parse().unwrap()));
        let mut subscription = engine.subscribe();
        let request = DebateRequest {
            motion: "single-use-plastics".to_owned(),
            proposition: Some("solo@m".to_owned()),
            opposition: Some("solo@m".to_owned()),
            judges: Some(Vec::new()),
            ..DebateRequest::default()
        };
        engine.submit(Command::Start(Box::new(request))).await.unwrap();
        let mut messages = Vec::new();
        while let Ok(Some(published)) = subscription.next().await {
            let live = matches!(published, Published::Live { .. });
            messages.push(published);
            if live {
                break;
            }
        }
        engine.submit(Command::Shutdown).await.unwrap();
        messages
    });
    let debate = messages.iter().find_map(|message| match message {
        Published::Recorded { entry, .. } => Some(entry.debate.clone()),
        _ => None,
    });
    for message in messages {
        update(&mut model, Msg::Published(message));
    }
    (model, debate.unwrap())
}
