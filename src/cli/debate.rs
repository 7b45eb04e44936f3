//! `rhetor debate` and `rhetor resume`: run a debate and tell it as it happens.

use std::{future, io};

use crate::cli::arguments::DebateArguments;
use crate::cli::dictate::dictate;
use crate::cli::exit::ExitStatus;
use crate::cli::narrate::{Detail, Narrator, ratings};
use crate::cli::output::Output;
use crate::cli::people;
use crate::cli::turns::Turns;
use crate::domain::audience::Count;
use crate::domain::debate::Debate;
use crate::domain::event::{DebateId, Event};
use crate::domain::team::PERSON;
use crate::domain::usage::Ceilings;
use crate::engine::command::{Accepted, Command, DebateRequest};
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::interrupt::told_to_end;
use crate::engine::publish::{Caller, Live, Published, Subscription};
use crate::engine::record::Record;

/// Runs a new debate to its end.
///
/// # Errors
/// A name that means nothing, a model that cannot be opened, a store that cannot be written.
pub async fn debate(
    engine: &EngineHandle,
    arguments: DebateArguments,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let judges = if arguments.no_judge || !arguments.judges.is_empty() { Some(arguments.judges) } else { None };
    let request = DebateRequest {
        motion: arguments.motion,
        proposition: arguments.pro,
        opposition: arguments.con,
        seats: arguments.seats.into_iter().collect(),
        format: arguments.people.format(arguments.format),
        judges,
        evidence: arguments.evidence,
        seed: arguments.seed,
        ceilings: arguments.ceilings.into(),
    };
    let people = &arguments.people;
    let Some(company) = people::before(engine, &request, people, output).await? else {
        output.note("the input has ended before the debate opened");
        return Ok(ExitStatus::Interrupted);
    };
    if !output.json {
        output.progress("opening the models ...");
    }
    let subscription = engine.subscribe();
    let start = async { engine.begin(&request, company).await.map(Accepted::Debate) };
    let id = opened(start, output).await?;
    let Some(id) = id else { return Ok(ExitStatus::Interrupted) };
    follow(engine, subscription, id, (Narrator::new(Detail::Work), people.audience_after), output).await
}

/// Goes on with an unfinished debate.
///
/// # Errors
/// No such debate, it is closed, or another process runs it.
pub async fn resume(
    engine: &EngineHandle,
    id: &str,
    ceilings: Ceilings,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let id = engine.queries().resolve_unfinished(id)?;
    let mut narrator = Narrator::new(Detail::Work);
    for entry in engine.queries().entries(&id, 0)? {
        if output.json { narrator.skip(&entry) } else { narrator.tell(output, &entry) }
    }
    let subscription = engine.subscribe();
    let start =
        engine.submit(Command::Resume { debate: id, ceilings: (ceilings != Ceilings::default()).then_some(ceilings) });
    let Some(id) = opened(start, output).await? else { return Ok(ExitStatus::Interrupted) };
    follow(engine, subscription, id, (narrator, None), output).await
}

/// Waits until a debate is open. `None` if the user interrupts before that; nothing was written then.
async fn opened(
    start: impl Future<Output = Result<Accepted, EngineError>>,
    output: &mut Output,
) -> Result<Option<DebateId>, EngineError> {
    tokio::select! {
        accepted = start => match accepted? {
            Accepted::Debate(id) => Ok(Some(id)),
            Accepted::Job(_) | Accepted::Done => Err(EngineError::Gone),
        },
        () = told_to_end() => {
            output.note("interrupted before the debate opened");
            Ok(None)
        }
    }
}

async fn follow(
    engine: &EngineHandle,
    mut subscription: Subscription,
    id: DebateId,
    (mut narrator, votes): (Narrator, Option<Count>),
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let mut live = LiveLine::default();
    let mut interrupted = false;
    let mut turns = Turns::default();
    let mut dictated = Box::pin(dictation(false));
    let broken = loop {
        tokio::select! {
            text = &mut dictated, if turns.are_open() => {
                let text = text.map_err(|error| EngineError::Failed(format!("the speech cannot be read: {error}")))?;
                if let (Some(text), Some((speech, role))) = (text, turns.first()) {
                    match engine.submit(Command::Say { debate: id.clone(), speech, role, text: text.clone() }).await {
                        Ok(_) => turns.handed_in(output, narrator.debate(), &text),
                        Err(error) => output.note(&error.to_string()),
                    }
                } else {
                    output.note("the input has ended before the speech");
                    interrupted = true;
                    turns.end();
                    drop(engine.submit(Command::Stop(id.clone())).await);
                }
                turns.release(narrator.debate()).iter().for_each(|entry| narrator.tell(output, entry));
                dictated = Box::pin(dictation(turns.are_open()));
            }
            message = subscription.next() => match message? {
                Some(Published::Recorded { entry, ratings: changes }) if entry.debate == id => {
                    if matches!(entry.event, Event::DebateClosed) {
                        live = LiveLine::default();
                    }
                    if output.json {
                        Record::lines(&entry, &changes).iter().for_each(|record| output.document(record));
                        narrator.skip(&entry);
                    } else {
                        let told = turns.tell(narrator.debate(), (*entry).clone());
                        told.iter().for_each(|entry| narrator.tell(output, entry));
                        ratings(output, &changes);
                    }
                }
                Some(Published::Live { debate, live: Live::CallBegan { caller: Caller::Role { speech, role, .. }, model } })
                    if debate == id && model == PERSON =>
                {
                    if !turns.are_open() {
                        dictated = Box::pin(dictation(true));
                    }
                    turns.ask(output, narrator.debate(), speech, role);
                }
                Some(Published::Live { debate, live: event }) if debate == id && !output.json => {
                    if let Some(line) = live.after(&event) {
                        output.progress(&line);
                    }
                }
                Some(Published::Notice(sentence)) => output.note(&sentence),
                Some(Published::Idle { debate, failed }) if debate == id => {
                    turns.end();
                    turns.release(narrator.debate()).iter().for_each(|entry| narrator.tell(output, entry));
                    break failed;
                }
                Some(_) => {}
                None => return Err(EngineError::Gone),
            },
            () = told_to_end(), if !interrupted => {
                interrupted = true;
                // Already stopping is as good as stopped.
                drop(engine.submit(Command::Stop(id.clone())).await);
            }
        }
    };
    if let Some(reason) = broken {
        return Err(EngineError::Failed(reason));
    }
    if narrator.debate().closed {
        people::after(engine, &id, votes, output).await?;
    }
    Ok(ending(narrator.debate(), &id, interrupted, output))
}

/// The next speech of a person that is asked; never ends where none is.
async fn dictation(is_asked: bool) -> io::Result<Option<String>> {
    if is_asked { dictate().await } else { future::pending().await }
}

fn ending(debate: &Debate, id: &DebateId, interrupted: bool, output: &mut Output) -> ExitStatus {
    let status = if debate.closed {
        return ExitStatus::Done;
    } else if interrupted {
        ExitStatus::Interrupted
    } else if debate.budget_reached {
        ExitStatus::Budget
    } else {
        ExitStatus::Failed
    };
    if output.json
        && let Some(reason) = &debate.stopped
    {
        output.note(reason);
    }
    output.note(&format!("`rhetor resume {id}` goes on from here"));
    status
}

/// What runs right now, as one line.
#[derive(Default)]
struct LiveLine {
    tokens: usize,
}

impl LiveLine {
    fn after(&mut self, live: &Live) -> Option<String> {
        match live {
            Live::CallBegan { caller, model } => {
                self.tokens = 0;
                Some(format!("{} · {model}", name(caller)))
            }
            Live::Prefill { caller, done, total } => Some(format!("{} reads {done}/{total} tokens", name(caller))),
            Live::Token { caller, reasoning, .. } => {
                self.tokens += 1;
                let verb = if *reasoning { "thinks" } else { "writes" };
                Some(format!("{} {verb} · {} pieces", name(caller), self.tokens))
            }
            Live::CallEnded { failed, .. } => failed.as_ref().map(|reason| format!("the call failed: {reason}")),
        }
    }
}

fn name(caller: &Caller) -> String {
    match caller {
        Caller::Role { side, role, revision: 0, .. } => format!("{side} {role}"),
        Caller::Role { side, role, revision, .. } => format!("{side} {role}, revision {revision}"),
        Caller::Judge { judge, call } => format!("judge {} · {call}", judge + 1),
        Caller::Weigher { side, .. } => format!("{side} drafts are weighed"),
        Caller::Watcher { speeches, .. } => format!("momentum after {speeches} speeches"),
    }
}
