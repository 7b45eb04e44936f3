//! Performs commands against the engine. Each answers with a message; an error is a sentence in one.

use std::sync::Arc;

use crate::clock;
use crate::domain::event::DebateId;
use crate::domain::format::Format;
use crate::domain::team::{DEFAULT_MODEL, Team};
use crate::domain::tournament::TournamentId;
use crate::engine::command::Command;
use crate::engine::error::EngineError;
use crate::engine::export::ExportFormat;
use crate::engine::handle::EngineHandle;
use crate::engine::ladders::LadderRequest;
use crate::engine::tournament::{Ending, MatchState, RunSettings};
use crate::rating::Selection;
use crate::store::Filter;
use crate::tui::msg::{Answer, Choice, Cmd, Facts, Msg, Purpose};

/// Debates that the first screen shows.
const RECENT: usize = 12;
/// Debates that the history shows at once.
const HISTORY: usize = 500;

/// Where answers go.
pub type Outbox = tokio::sync::mpsc::UnboundedSender<Msg>;

/// Performs a command and sends what it came to. Commands of the terminal itself are not performed here.
pub async fn perform(engine: EngineHandle, cmd: Cmd, outbox: Outbox) {
    let starts = matches!(cmd, Cmd::Resume(_) | Cmd::Submit(Command::Start(_)));
    let refused = |error: EngineError| {
        let reason = error.to_string();
        if starts { Answer::NotStarted(reason) } else { Answer::Refused(reason) }
    };
    let answer = answer(&engine, cmd, &outbox).await.unwrap_or_else(|error| Some(refused(error)));
    if let Some(answer) = answer {
        // The screen may have closed meanwhile.
        drop(outbox.send(Msg::Answer(answer)));
    }
}

/// The answer to a command; `None` for a command of the terminal itself.
async fn answer(engine: &EngineHandle, cmd: Cmd, outbox: &Outbox) -> Result<Option<Answer>, EngineError> {
    Ok(Some(match cmd {
        Cmd::Facts => Answer::Facts(Box::new(blocking(engine, |engine| Ok(facts(engine))).await?)),
        Cmd::Surroundings => Answer::Surroundings(Box::new(engine.queries().surroundings().await)),
        Cmd::Recent => blocking(engine, recent).await?,
        Cmd::Ladder(request) => blocking(engine, move |engine| ladder(engine, request)).await?,
        Cmd::Place { request, player } => {
            let read = move |engine: &EngineHandle| {
                let found = Box::new(engine.queries().explain_place(&request, &player)?);
                Ok(Answer::Place { request, found })
            };
            blocking(engine, read).await?
        }
        Cmd::Tournaments { chosen, known } => {
            blocking(engine, move |engine| tournaments(engine, chosen, known)).await?
        }
        Cmd::History { search } => blocking(engine, move |engine| history(engine, search)).await?,
        Cmd::Log { purpose, debate } => blocking(engine, move |engine| log(engine, purpose, debate)).await?,
        Cmd::Export { debate } => blocking(engine, move |engine| export(engine, &debate)).await?,
        Cmd::Submit(command) => Answer::Accepted(engine.submit(command).await?),
        Cmd::Resume(debate) => {
            let read = debate.clone();
            let log = blocking(engine, move |engine| log(engine, Purpose::Resume, read)).await?;
            // What happened before comes before what happens now.
            drop(outbox.send(Msg::Answer(log)));
            Answer::Accepted(engine.submit(Command::Resume { debate, ceilings: None }).await?)
        }
        Cmd::Blind(request) => {
            let read = move |engine: &EngineHandle| engine.queries().blind_queue(&request);
            Answer::Blind(Box::new(blocking(engine, read).await?))
        }
        Cmd::Vote { case, vote } => match engine.vote(&case, &vote).await {
            Ok(_) => Answer::Kept,
            Err(error) => Answer::NotKept(error.to_string()),
        },
        Cmd::People => Answer::People(blocking(engine, |engine| engine.queries().people()).await?),
        Cmd::Halt { tournament } => {
            engine.halt_tournament(&tournament, true).await?;
            Answer::Notice("It stops; what was said is kept, and the matches go on where they were.".to_owned())
        }
        Cmd::Draft { debate, speech, role } => {
            let read = move |engine: &EngineHandle| {
                let text = engine.queries().draft(&debate, speech, role);
                Ok(text.map(|text| Answer::Draft { debate, speech, role, text }))
            };
            return blocking(engine, read).await;
        }
        Cmd::Lesson(debate) => {
            let read = move |engine: &EngineHandle| engine.queries().lesson(&debate, None);
            Answer::Lesson(Box::new(blocking(engine, read).await?))
        }
        Cmd::CopyDebate(debate) => {
            let read = move |engine: &EngineHandle| engine.queries().export(&debate, ExportFormat::Markdown);
            Answer::Copied(blocking(engine, read).await?)
        }
        Cmd::KeepDraft { debate, speech, role, text } => {
            blocking(engine, move |engine| engine.queries().keep_draft(&debate, speech, role, &text)).await?;
            return Ok(None);
        }
        // These are the shell's own.
        Cmd::Edit { .. }
        | Cmd::Notify(_)
        | Cmd::Copy { .. }
        | Cmd::Quit
        | Cmd::Repaint
        | Cmd::Suspend
        | Cmd::Wake(..)
        | Cmd::Play { .. } => return Ok(None),
    }))
}

/// Reads files or the database beside the screen.
async fn blocking<T: Send + 'static>(
    engine: &EngineHandle,
    read: impl FnOnce(&EngineHandle) -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    let engine = engine.clone();
    tokio::task::spawn_blocking(move || read(&engine)).await.map_err(|_| EngineError::Gone)?
}

fn facts(engine: &EngineHandle) -> Facts {
    let queries = engine.queries();
    let library = queries.library();
    let choice =
        |name: &str, about: &str| Choice { name: name.to_owned(), about: about.to_owned(), ..Choice::default() };
    let format = |format: &Format| {
        // The first seat of each side is what the form calls the side.
        let first = |side| format.seats.iter().position(|seat| seat.side == side);
        let more = format.seats.iter().enumerate().filter(|(at, seat)| first(seat.side) != Some(*at));
        let seats = more.map(|(_, seat)| (seat.name.clone(), seat.side)).collect();
        Choice { seats, ..choice(&format.name, &format.about) }
    };
    let team = |team: &Team| Choice {
        own_models: team.roles.values().all(|role| role.model != DEFAULT_MODEL),
        ..choice(&team.name, &team.about)
    };
    Facts {
        motions: library.motions(),
        formats: library.formats().iter().map(|it| format(it)).collect(),
        teams: library.teams().iter().map(|it| team(it)).collect(),
        recipes: library.recipes().iter().map(|recipe| choice(&recipe.name, &recipe.about)).collect(),
        models: queries.registry().ready(),
        defaults: library.config().defaults.clone(),
        person: person(engine),
        draw: clock::random_seed(),
        problems: library.problems().iter().map(ToString::to_string).collect(),
    }
}

/// Who judged last, else who is logged in, else just "me".
fn person(engine: &EngineHandle) -> String {
    let last = engine.queries().last_person().ok().flatten();
    let user = || std::env::var("USER").unwrap_or_default();
    let named: String =
        last.unwrap_or_else(user).chars().filter(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_')).collect();
    if named.is_empty() { "me".to_owned() } else { named }
}

fn recent(engine: &EngineHandle) -> Result<Answer, EngineError> {
    let queries = engine.queries();
    let debates = queries.history(&Filter { limit: Some(RECENT), ..Filter::default() })?;
    Ok(Answer::Recent { debates, ladder: queries.ladder(&Selection::default())? })
}

fn ladder(engine: &EngineHandle, request: Box<LadderRequest>) -> Result<Answer, EngineError> {
    let ranking = Arc::new(engine.queries().ranking(&request)?);
    Ok(Answer::Ladder { request, ranking, judges: engine.queries().ladder_judges()? })
}

/// All tournaments, and the findings of one unless as many matches were done when they were read last.
fn tournaments(
    engine: &EngineHandle,
    chosen: Option<TournamentId>,
    known: Option<usize>,
) -> Result<Answer, EngineError> {
    let queries = engine.queries();
    let reports = queries.tournaments()?;
    let report = reports.iter().find(|report| chosen.as_ref().is_none_or(|chosen| report.id == *chosen));
    let findings = match report.map(|report| (report, report.of_state(MatchState::Done).count())) {
        Some((report, done)) if known != Some(done) => {
            Some(Box::new((report.id.clone(), done, queries.tournament_findings(report)?)))
        }
        _ => None,
    };
    Ok(Answer::Tournaments { reports, findings })
}

fn history(engine: &EngineHandle, search: String) -> Result<Answer, EngineError> {
    let text = Some(search.clone()).filter(|text| !text.trim().is_empty());
    let debates = engine.queries().history(&Filter { limit: Some(HISTORY), text, ..Filter::default() })?;
    Ok(Answer::History { search, debates })
}

fn log(engine: &EngineHandle, purpose: Purpose, debate: DebateId) -> Result<Answer, EngineError> {
    let entries = engine.queries().entries(&debate, 0)?;
    let ratings = engine.queries().rating_changes(&debate)?;
    let later = if purpose == Purpose::Verdict { engine.queries().ballots_after(&debate)? } else { Vec::new() };
    Ok(Answer::Log { purpose, debate, entries, ratings, later })
}

/// Writes a page into the folder from which the program was started.
fn export(engine: &EngineHandle, debate: &DebateId) -> Result<Answer, EngineError> {
    let format = ExportFormat::Html;
    let document = engine.queries().export(debate, format)?;
    let folder = std::env::current_dir().unwrap_or_else(|_| engine.queries().paths().data.clone());
    let short: String = debate.0.chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
    let path = folder.join(format!("rhetor-{short}.{}", format.ending()));
    engine.queries().write_document(&path, &document)?;
    Ok(Answer::Notice(format!("Wrote {}.", path.display())))
}

/// Plays a tournament beside the screen, and tells it step by step.
pub async fn play(engine: EngineHandle, tournament: TournamentId, settings: RunSettings, outbox: Outbox) {
    let telling = outbox.clone();
    let tell = move |step| drop(telling.send(Msg::Answer(Answer::Told(Box::new(step)))));
    let sentence = match engine.run_tournament(&tournament, settings, tell).await {
        Ok(Ending::Over) => "The tournament is over.".to_owned(),
        Ok(Ending::Budget(reason)) => format!("The tournament stopped: {reason}"),
        Ok(Ending::Interrupted | Ending::Halted) => "The tournament stopped; it can go on from here.".to_owned(),
        Err(error) => error.to_string(),
    };
    drop(outbox.send(Msg::Answer(Answer::Played(sentence))));
}

/// Performs a command beside the screen.
pub fn spawn(engine: &EngineHandle, cmd: Cmd, outbox: &Outbox) {
    tokio::spawn(perform(engine.clone(), cmd, outbox.clone()));
}

/// Sends what the engine publishes to the screen, until either is gone.
pub fn listen(engine: &EngineHandle, outbox: &Outbox) {
    let (mut subscription, outbox) = (engine.subscribe(), outbox.clone());
    tokio::spawn(async move {
        loop {
            let message = match subscription.next().await {
                Ok(Some(published)) => Msg::Published(published),
                Ok(None) => return,
                Err(error) => Msg::Answer(Answer::Refused(error.to_string())),
            };
            if outbox.send(message).is_err() {
                return;
            }
        }
    });
}
