//! `rhetor tournament run`, `resume` and `stop`: says what it costs, runs it, and tells each match.

use std::collections::BTreeMap;
use std::io::{self, BufRead, IsTerminal};

use serde::Serialize;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use crate::cli::amounts::duration;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::cli::tournament::plan::{draw_up, lines};
use crate::cli::tournament::report::table_lines;
use crate::cli::tournament::{LimitArguments, RunArguments};
use crate::domain::event::DebateId;
use crate::domain::seat::Side;
use crate::domain::tournament::TournamentId;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::interrupt::told_to_end;
use crate::engine::publish::{Caller, Live, Published};
use crate::engine::tournament::{DrawnUp, Ending, MatchState, Meeting, RunSettings, Told, TournamentState};
use crate::text::bar::bar;
use crate::text::name::short;

/// Columns of the bar that says how far a tournament is.
const BAR: usize = 16;

/// Plans a tournament and runs it.
///
/// # Errors
/// The plan contradicts itself or names something that is not there, or the store cannot be used.
pub async fn run(
    engine: &EngineHandle,
    arguments: RunArguments,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    match begun(engine, arguments, output).await? {
        Begun::Not(status) => Ok(status),
        Begun::As(id, settings) => follow(engine, &id, settings, output).await,
    }
}

/// A tournament that can be followed now.
pub enum Begun {
    As(TournamentId, RunSettings),
    /// The user did not want it.
    Not(ExitStatus),
}

/// Plans a tournament, says what it costs, and keeps it.
///
/// # Errors
/// As [`run`].
pub async fn begun(engine: &EngineHandle, arguments: RunArguments, output: &mut Output) -> Result<Begun, EngineError> {
    let RunArguments { plan, yes, .. } = arguments;
    let Some(drawn) = draw_up(engine, plan, output).await? else { return Ok(Begun::Not(ExitStatus::Interrupted)) };
    lines(&drawn).iter().for_each(|line| output.note(line));
    if !yes && !agreed(engine, &drawn, output)? {
        output.note("nothing was started");
        return Ok(Begun::Not(ExitStatus::Done));
    }
    Ok(Begun::As(engine.keep_tournament(&drawn.plan).await?, RunSettings::default()))
}

/// Goes on with a tournament.
///
/// # Errors
/// There is none, a player or judge has changed since it was planned, or the store cannot be used.
pub async fn resume(
    engine: &EngineHandle,
    id: &str,
    parked: bool,
    limits: LimitArguments,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let (id, settings) = resumed(engine, id, parked, limits, output).await?;
    output.progress("opening the models ...");
    follow(engine, &id, settings, output).await
}

/// Finds a tournament and how to go on with it.
///
/// # Errors
/// There is none, or the limits are not sound.
pub async fn resumed(
    engine: &EngineHandle,
    id: &str,
    parked: bool,
    limits: LimitArguments,
    output: &mut Output,
) -> Result<(TournamentId, RunSettings), EngineError> {
    if let Some(problem) = limits.problem() {
        return Err(EngineError::Request(problem));
    }
    let id = engine.queries().resolve_tournament(id)?;
    if parked {
        let count = engine.unpark_matches(&id).await?;
        output.note(&format!("{count} parked {} tried again", if count == 1 { "match is" } else { "matches are" }));
    }
    let planned = engine.queries().planned_tournament(&id)?;
    let settings = RunSettings {
        ceilings: limits.into(),
        concurrency: Some(limits.over(planned.tournament.concurrency)),
        cancel: CancellationToken::new(),
    };
    Ok((id, settings))
}

/// Asks whatever process runs a tournament to stop.
///
/// # Errors
/// There is none, or the store cannot be written.
pub async fn stop(engine: &EngineHandle, id: &str, now: bool, output: &mut Output) -> Result<ExitStatus, EngineError> {
    let report = engine.queries().tournament(id)?;
    if report.state == TournamentState::Over {
        return Err(EngineError::Request(format!(
            "the tournament \"{}\" is over; there is nothing to stop",
            report.name
        )));
    }
    engine.halt_tournament(&report.id, now).await?;
    if output.json {
        output.document(&Frame::StopAsked { tournament: &report.id, state: report.state, at_once: now });
        return Ok(ExitStatus::Done);
    }
    let when = if now { "at once" } else { "after the matches that run" };
    // Between two matches a process may be at work that no match shows.
    let seen = if report.state == TournamentState::Running { "" } else { ", though no match of it is under way now" };
    output.note(&format!(
        "{} is asked to stop {when}{seen}; `rhetor tournament resume {}` goes on",
        report.name, report.id
    ));
    Ok(ExitStatus::Done)
}

/// Asks for a yes where a tournament may cost more than the configured sum.
fn agreed(engine: &EngineHandle, drawn: &DrawnUp, output: &mut Output) -> Result<bool, EngineError> {
    let most = engine.queries().library().config().tournaments.ask_above_dollars;
    let ceiling = drawn.plan.tournament.ceilings.dollars.unwrap_or(f64::INFINITY);
    let dollars = drawn.estimate.dollars.min(ceiling);
    if dollars <= most {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        return Err(EngineError::Request(format!(
            "this may cost ${dollars:.2}, which is above the ${most:.2} of [tournaments] ask_above_dollars; \
             give --yes to start it, or a lower --max-dollars"
        )));
    }
    output.note(&format!("This may cost ${dollars:.2}. Start it? [y/N]"));
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}

/// The beginning, the end and the stop of a run, as scripts read them.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Frame<'a> {
    TournamentStarted { tournament: &'a TournamentId, done: usize, of: usize },
    StopAsked { tournament: &'a TournamentId, state: TournamentState, at_once: bool },
    TournamentEnded { tournament: &'a TournamentId, state: TournamentState, done: usize, parked: usize, of: usize },
}

/// Runs a tournament and tells it as it goes.
async fn follow(
    engine: &EngineHandle,
    id: &TournamentId,
    settings: RunSettings,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let cancel = settings.cancel.clone();
    let before = engine.queries().tournament(&id.0)?;
    let mut standing = Standing {
        done: before.of_state(MatchState::Done).count() + before.of_state(MatchState::Parked).count(),
        of: before.most_matches,
        ..Standing::default()
    };
    if output.json {
        output.document(&Frame::TournamentStarted { tournament: id, done: standing.done, of: standing.of });
    } else {
        output.note(&format!("tournament {id}"));
    }
    let mut subscription = engine.subscribe_to_steps();
    let (tell, mut told) = unbounded_channel();
    let running = engine.run_tournament(id, settings, move |step| {
        // Whoever listened has gone: nothing is lost.
        let _ = tell.send(step);
    });
    tokio::pin!(running);
    let ending = loop {
        tokio::select! {
            biased;
            Some(step) = told.recv() => standing.tell(&step, output),
            ending = &mut running => break ending?,
            message = subscription.next() => match message? {
                Some(Published::Notice(sentence)) => output.note(&sentence),
                Some(Published::Live { debate, live: Live::CallBegan { caller, .. } }) => {
                    if let Some(line) = standing.at_work(&debate, &caller) {
                        output.progress(&line);
                    }
                }
                Some(_) => {}
                None => return Err(EngineError::Gone),
            },
            () = told_to_end(), if !cancel.is_cancelled() => cancel.cancel(),
        }
    };
    while let Ok(step) = told.try_recv() {
        standing.tell(&step, output);
    }
    ended(engine, id, &ending, output)
}

fn ended(
    engine: &EngineHandle,
    id: &TournamentId,
    ending: &Ending,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let report = engine.queries().tournament(&id.0)?;
    let (done, parked) = (report.of_state(MatchState::Done).count(), report.of_state(MatchState::Parked).count());
    if output.json {
        let (state, of) = (report.state, report.most_matches);
        output.document(&Frame::TournamentEnded { tournament: id, state, done, parked, of });
    } else {
        output.line("");
        table_lines(&report).iter().for_each(|line| output.line(line));
    }
    if parked > 0 {
        output.note(&format!(
            "{parked} {} parked; `rhetor tournament status {id}` says why, and `resume {id} --parked` tries again",
            if parked == 1 { "match is" } else { "matches are" }
        ));
    }
    let status = match ending {
        // Nothing that was played is no success.
        Ending::Over if done == 0 && parked > 0 => return Ok(ExitStatus::Failed),
        Ending::Over => return Ok(ExitStatus::Done),
        Ending::Budget(reason) => {
            output.note(reason);
            ExitStatus::Budget
        }
        Ending::Interrupted => ExitStatus::Interrupted,
        Ending::Halted => {
            output.note("it was asked to stop");
            ExitStatus::Interrupted
        }
    };
    output.note(&format!("`rhetor tournament resume {id}` goes on from here"));
    Ok(status)
}

/// How far a tournament is.
#[derive(Default)]
struct Standing {
    done: usize,
    of: usize,
    /// The matches that run here, by their debates.
    running: BTreeMap<DebateId, usize>,
    seconds_left: Option<f64>,
}

impl Standing {
    fn tell(&mut self, step: &Told, output: &mut Output) {
        self.count(step);
        if output.json {
            output.document(step);
        } else if let Some(line) = line(step) {
            output.note(&line);
        }
        output.progress(&self.line());
    }

    fn count(&mut self, step: &Told) {
        match step {
            Told::RoundPaired { .. } => {}
            Told::MatchStarted { meeting, debate, .. } => drop(self.running.insert(debate.clone(), meeting.number)),
            Told::MatchDone { debate, done, of, seconds_left, .. } => {
                self.running.remove(debate);
                (self.done, self.of, self.seconds_left) = (*done, *of, *seconds_left);
            }
            Told::MatchParked { debate, .. } => {
                self.running.remove(debate);
                self.done += 1;
            }
            Told::MatchFailed { debate, .. } | Told::MatchStopped { debate, .. } => drop(self.running.remove(debate)),
        }
    }

    /// The progress line with what one match does; `None` for debates that are no match of this run.
    fn at_work(&self, debate: &DebateId, caller: &Caller) -> Option<String> {
        let number = self.running.get(debate)?;
        let who = match caller {
            Caller::Role { side, role, .. } => format!("{side} {role}"),
            Caller::Judge { judge, .. } => format!("judge {}", judge + 1),
            Caller::Watcher { .. } | Caller::Weigher { .. } => return None,
        };
        Some(format!("{} · match {number}: {who}", self.line()))
    }

    fn line(&self) -> String {
        let left = self.seconds_left.map_or_else(String::new, |seconds| format!(" · about {} left", duration(seconds)));
        let (filled, rest) = bar(self.done as f64 / self.of.max(1) as f64, BAR);
        format!("{filled}{rest} {}/{} matches · {} running{left}", self.done, self.of, self.running.len())
    }
}

/// A step for people; `None` for those that only the progress line shows.
fn line(step: &Told) -> Option<String> {
    let named = |meeting: &Meeting| {
        let Meeting { number, proposition, opposition, .. } = meeting;
        format!("match {number}, {} - {}", short(proposition), short(opposition))
    };
    Some(match step {
        Told::RoundPaired { round, byes, .. } if !byes.is_empty() => {
            let names: Vec<String> = byes.iter().map(|name| short(name)).collect();
            format!("round {round}: {} {} out", names.join(", "), if names.len() == 1 { "sits" } else { "sit" })
        }
        Told::RoundPaired { .. } | Told::MatchStarted { .. } | Told::MatchStopped { .. } => return None,
        Told::MatchDone { meeting, winner, probability, unrated, done, of, .. } => {
            let result = match (unrated, winner) {
                (Some(unrated), _) => format!("no score: {}", unrated.sentence()),
                (None, None) => "a tie".to_owned(),
                (None, Some(Side::Proposition)) => {
                    format!("{} wins, {:.0} %", short(&meeting.proposition), probability * 100.0)
                }
                (None, Some(Side::Opposition)) => {
                    format!("{} wins, {:.0} %", short(&meeting.opposition), (1.0 - probability) * 100.0)
                }
            };
            format!("{done}/{of}  {}: {result}", named(meeting))
        }
        Told::MatchFailed { meeting, attempt, attempts, reason, .. } => {
            format!("{} failed, attempt {attempt} of {attempts}: {reason}", named(meeting))
        }
        Told::MatchParked { meeting, reason, .. } => format!("{} is parked: {reason}", named(meeting)),
    })
}
