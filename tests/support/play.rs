//! The screen over a real engine, without the shell between them.

use std::time::Duration;

use rhetor::engine::publish::{Published, Subscription};
use rhetor::engine::tournament::RunSettings;
use rhetor::tui::{Answer, Cmd, Msg, perform, play};
use tokio::sync::mpsc;

use crate::support::Arena;
use crate::support::stage::Stage;

/// The screen and the engine behind it, without the shell between them.
pub struct Play {
    pub arena: Arena,
    pub stage: Stage,
    subscription: Subscription,
}

impl Play {
    pub async fn open(columns: u16, rows: u16) -> Play {
        Play::over(Arena::with_talkers().await, columns, rows).await
    }

    pub async fn over(arena: Arena, columns: u16, rows: u16) -> Play {
        let stage = Stage::open(arena.engine.queries().library(), "dark", columns, rows);
        let subscription = arena.engine.subscribe();
        let mut play = Play { arena, stage, subscription };
        play.settle().await;
        play
    }

    /// Performs what the screen asks for until it asks for nothing more. Timers never fire.
    pub async fn settle(&mut self) {
        loop {
            let asked = self.stage.asked();
            if asked.is_empty() {
                return;
            }
            for cmd in asked {
                let (outbox, mut inbox) = mpsc::unbounded_channel();
                let engine = self.arena.engine.clone();
                match cmd {
                    Cmd::Play { tournament, ceilings, concurrency } => {
                        let settings = RunSettings { ceilings, concurrency, ..RunSettings::default() };
                        play(engine, tournament, settings, outbox).await;
                    }
                    cmd => perform(engine, cmd, outbox).await,
                }
                while let Ok(msg) = inbox.try_recv() {
                    self.stage.take(still(msg));
                }
            }
        }
    }

    /// Shows what the engine says until the debate no longer runs.
    pub async fn watch(&mut self) {
        self.watch_until(|published| matches!(published, Published::Idle { .. })).await;
        self.settle().await;
    }

    pub async fn watch_until(&mut self, last: impl Fn(&Published) -> bool) {
        let wait = async {
            while let Some(published) = self.subscription.next().await.unwrap() {
                let done = last(&published);
                self.stage.take(Msg::Published(published));
                if done {
                    break;
                }
            }
        };
        // A bound for a hang, not a measurement.
        tokio::time::timeout(Duration::from_secs(60), wait).await.expect("the engine fell silent");
    }

    /// The screen, with what differs between two runs made equal.
    pub fn seen(&self) -> String {
        self.stage.screen().lines().map(undated).collect::<Vec<_>>().join("\n")
    }
}

/// The motion that is drawn first differs between two runs; in a test it does not.
fn still(msg: Msg) -> Msg {
    match msg {
        Msg::Answer(Answer::Facts(mut facts)) => {
            facts.draw = 0;
            // Who is logged in differs, too.
            facts.person = String::new();
            facts.models = vec!["pro".to_owned(), "con".to_owned()];
            Msg::Answer(Answer::Facts(facts))
        }
        Msg::Answer(Answer::Surroundings(_)) => Msg::Answer(Answer::Surroundings(Box::default())),
        msg => msg,
    }
}

/// A line whose date, like `23 Nov 2026, 12:05`, is the same in every run.
fn undated(line: &str) -> String {
    let Some(comma) = line.find(", ").filter(|comma| line[..*comma].ends_with(|c: char| c.is_ascii_digit())) else {
        return line.to_owned();
    };
    let words: Vec<&str> = line[..comma].rsplitn(4, ' ').collect();
    let [year, month, day, before] = words.as_slice() else { return line.to_owned() };
    if year.len() != 4 || month.len() != 3 || day.len() > 2 {
        return line.to_owned();
    }
    format!("{before} [date]")
}
