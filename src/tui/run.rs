//! The shell around the pure screen: reads the terminal and the engine, performs commands, and draws when it is due.

use std::io;
use std::path::Path;
use std::time::Duration;

use crossterm::event::{Event, EventStream, MouseEventKind};
use futures::StreamExt;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::assets::{AssetError, replace_file};
use crate::clock::Stopwatch;
use crate::domain::tournament::TournamentId;
use crate::engine::command::Command;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::interrupt::told_to_end;
use crate::engine::session::blind::BlindRequest;
use crate::engine::tournament::RunSettings;
use crate::tui::keys::key;
use crate::tui::model::{Model, Options};
use crate::tui::msg::{Answer, Cmd, Msg};
use crate::tui::pace::Pace;
use crate::tui::perform::{listen, play, spawn};
use crate::tui::terminal::Screen;
use crate::tui::update::{judge, update};

/// Lines that one notch of the wheel scrolls.
const NOTCH: i32 = 3;

/// Why the screen cannot be shown.
#[derive(Debug, Error)]
pub enum ScreenError {
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] io::Error),
    #[error(transparent)]
    Asset(#[from] AssetError),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What the screen opens with.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    pub theme: Option<String>,
    /// Whether nothing moves by itself.
    pub still: bool,
    /// What to show at once in front of the first screen.
    pub first: Option<First>,
}

/// What the screen can open on.
#[derive(Clone, Debug)]
pub enum First {
    /// A tournament to play and watch.
    Tournament(TournamentId, RunSettings),
    /// A blind session; without a name, who judges is asked.
    Judging(BlindRequest),
}

/// Opens the screen and shows it until the user quits. Running debates and tournaments are stopped then, with their partial text
/// kept; gives a sentence on what can be gone on with.
///
/// # Errors
/// A broken theme or keymap, a terminal that refuses, a store that cannot keep what was queued.
pub async fn run(engine: &EngineHandle, opening: Opening) -> Result<Option<String>, ScreenError> {
    let library = engine.queries().library();
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let options = Options::of(library, opening.theme.as_deref(), opening.still, no_colour)?;
    let (mut model, mut cmds) = Model::new(options);
    match opening.first {
        Some(First::Tournament(tournament, RunSettings { ceilings, concurrency, .. })) => {
            cmds.extend(model.play(tournament, ceilings, concurrency));
        }
        Some(First::Judging(request)) => {
            let said = !request.name.is_empty();
            cmds.extend(judge(&mut model, request, said));
        }
        None => {}
    }
    let mut screen = Screen::open(library.config().screen.mouse)?;
    let (mut tournaments, cancel) = (JoinSet::new(), CancellationToken::new());
    let shown = show(engine, model, cmds, &mut screen, &mut tournaments, &cancel).await;
    drop(screen);
    cancel.cancel();
    while tournaments.join_next().await.is_some() {}
    engine.submit(Command::Shutdown).await?;
    Ok(shown?)
}

async fn show(
    engine: &EngineHandle,
    mut model: Model,
    cmds: Vec<Cmd>,
    screen: &mut Screen,
    tournaments: &mut JoinSet<()>,
    cancel: &CancellationToken,
) -> io::Result<Option<String>> {
    let clock = Stopwatch::start();
    let settings = engine.queries().library().config().screen.clone();
    let mut pace = Pace::default();
    screen.draw(&model)?;
    pace.drawn(clock.elapsed());
    let (outbox, mut inbox) = mpsc::unbounded_channel();
    listen(engine, &outbox);
    let mut keys = EventStream::new();
    let mut end = Box::pin(told_to_end());
    let mut waiting = cmds;
    loop {
        for cmd in std::mem::take(&mut waiting) {
            match cmd {
                Cmd::Quit => return Ok(model.unfinished()),
                Cmd::Repaint => screen.repaint()?,
                Cmd::Suspend => screen.suspend()?,
                Cmd::Copy { text, what } => {
                    screen.copy(&text)?;
                    waiting.extend(tell(&mut model, format!("Copied {what}.")));
                }
                Cmd::Notify(text) => screen.notify(&text, settings.notify)?,
                Cmd::Edit { text } => {
                    // Its reader would take the editor's keys.
                    drop(keys);
                    let answer = edit(screen, &engine.queries().paths().drafts, &text);
                    keys = EventStream::new();
                    waiting.extend(update(&mut model, Msg::Answer(answer)));
                }
                Cmd::Wake(timer, after) => {
                    let outbox = outbox.clone();
                    tokio::spawn(async move {
                        tokio::time::sleep(after).await;
                        drop(outbox.send(Msg::Woke(timer, clock.elapsed())));
                    });
                }
                Cmd::Play { tournament, ceilings, concurrency } => {
                    let settings = RunSettings { ceilings, concurrency, cancel: cancel.clone() };
                    tournaments.spawn(play(engine.clone(), tournament, settings, outbox.clone()));
                }
                cmd => spawn(engine, cmd, &outbox),
            }
        }
        let due = pace.due(clock.elapsed());
        if due == Some(Duration::ZERO) {
            screen.draw(&model)?;
            pace.drawn(clock.elapsed());
            continue;
        }
        let msg = tokio::select! {
            // Keys come first, so that a flood of tokens cannot hold them up.
            biased;
            event = keys.next() => match event {
                Some(event) => message(event?),
                // The terminal is gone.
                None => return Ok(model.unfinished()),
            },
            () = &mut end => return Ok(model.unfinished()),
            () = tokio::time::sleep(due.unwrap_or_default()), if due.is_some() => continue,
            msg = inbox.recv() => msg,
        };
        let Some(msg) = msg else { continue };
        let mut next = Some(msg);
        // What has come meanwhile is taken in before the next frame, but not for longer than until it is due.
        while let Some(msg) = next.take() {
            if matches!(msg, Msg::Resize(..)) {
                waiting.push(Cmd::Repaint);
            }
            if model.shows(&msg) {
                pace.change();
            }
            waiting.extend(update(&mut model, msg));
            if pace.due(clock.elapsed()) != Some(Duration::ZERO) {
                next = inbox.try_recv().ok();
            }
        }
    }
}

fn tell(model: &mut Model, text: String) -> Vec<Cmd> {
    update(model, Msg::Answer(Answer::Notice(text)))
}

/// Opens the user's own editor on a text, in a file of a folder of ours, and gives what came of it.
fn edit(screen: &mut Screen, folder: &Path, text: &str) -> Answer {
    let named = |name: &str| std::env::var(name).ok().filter(|editor| !editor.trim().is_empty());
    let Some(editor) = named("VISUAL").or_else(|| named("EDITOR")) else {
        return Answer::Refused("no editor is set; set the variable VISUAL or EDITOR, for instance to nano".to_owned());
    };
    let file = folder.join(format!("editor-{}.md", std::process::id()));
    let edited = replace_file(&file, text)
        .map_err(|error| error.to_string())
        .and_then(|()| screen.edit(&editor, &file).map_err(|error| format!("the editor \"{editor}\": {error}")))
        .and_then(|()| {
            std::fs::read_to_string(&file).map_err(|error| format!("what you wrote cannot be read: {error}"))
        });
    match edited {
        Ok(text) => {
            drop(std::fs::remove_file(&file));
            Answer::Edited(text)
        }
        Err(reason) => Answer::Refused(format!("{reason}; what was written before is still here")),
    }
}

/// What an event of the terminal means; `None` for one that means nothing here.
fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(event) => key(event).map(Msg::Key),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(columns, rows) => Some(Msg::Resize(columns, rows)),
        Event::Mouse(event) => match event.kind {
            MouseEventKind::ScrollUp => Some(Msg::Wheel(-NOTCH)),
            MouseEventKind::ScrollDown => Some(Msg::Wheel(NOTCH)),
            _ => None,
        },
        Event::FocusGained | Event::FocusLost => None,
    }
}
