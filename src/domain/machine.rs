//! The debate machine: which input is allowed now, which events it makes, and what has to be done next.
//!
//! Pure. The engine executes effects and feeds what comes back in as inputs. Resuming is folding the log and running
//! [`pending`]: a finished call is an event and is never asked for again.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::ballot::{Ballot, JudgeSaid};
use crate::domain::debate::Debate;
use crate::domain::event::Event;
use crate::domain::opening::Opening;
use crate::domain::speech::{Speech, Work};
use crate::domain::team::Role;
use crate::domain::verdict;

/// Something that happened outside and wants to become part of the log.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    Open(Box<Opening>),
    Work(Work),
    Deliver(Speech),
    JudgeSaid(JudgeSaid),
    Ballot { judge: usize, ballot: Box<Ballot> },
    Void { judge: usize, reason: String },
    Pause,
    Resume,
    Interrupt { speech: usize, role: Role, partial: String },
    Budget { reason: String },
    Fail { reason: String },
}

/// Something the engine has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Run a team's pipeline until it delivers this speech.
    Speak { speech: usize },
    /// Run a judge's plan until it returns a ballot or is void.
    Judge { judge: usize },
}

/// Why an input was not taken. The log is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("the debate is already open")]
    AlreadyOpen,
    #[error("the debate is not open yet")]
    NotOpen,
    #[error("the debate is closed")]
    Closed,
    #[error("speech {} is not being prepared now", .0 + 1)]
    NotSpeaking(usize),
    #[error("judge {} is not judging now", .0 + 1)]
    NotJudging(usize),
}

/// Decides what an input changes. Returns the events to append, and the effects that were not wanted before.
///
/// # Errors
/// A [`Refusal`] when the input does not fit the state; then nothing may be appended.
pub fn decide(debate: &Debate, input: Input) -> Result<(Vec<Event>, Vec<Effect>), Refusal> {
    let mut events = events_of(debate, input)?;
    let mut after = debate.clone();
    for event in &events {
        after.apply(event);
    }
    let consequence = closing(&after);
    for event in &consequence {
        after.apply(event);
    }
    events.extend(consequence);
    let before = pending(debate);
    let wanted = pending(&after).into_iter().filter(|effect| !before.contains(effect)).collect();
    Ok((events, wanted))
}

/// Everything that has to be running in this state. Empty while paused, stopped or closed.
#[must_use]
pub fn pending(debate: &Debate) -> Vec<Effect> {
    if debate.paused || debate.stopped.is_some() { Vec::new() } else { unfinished(debate) }
}

/// What the debate needs next, whether or not it may run now.
fn unfinished(debate: &Debate) -> Vec<Effect> {
    let Some(opening) = debate.opening.as_ref().filter(|_| !debate.closed) else { return Vec::new() };
    let mut open = debate.slots.iter().filter(|slot| !debate.speeches.contains_key(&slot.index));
    if let Some(first) = open.next() {
        let parallel = opening.format.stages.get(first.stage).is_some_and(|stage| stage.parallel);
        let rest = open.filter(|slot| parallel && slot.stage == first.stage);
        return std::iter::once(first).chain(rest).map(|slot| Effect::Speak { speech: slot.index }).collect();
    }
    let waiting = debate.judging.iter().enumerate().filter(|(_, judging)| !judging.is_done());
    waiting.map(|(judge, _)| Effect::Judge { judge }).collect()
}

fn events_of(debate: &Debate, input: Input) -> Result<Vec<Event>, Refusal> {
    if let Input::Open(opening) = input {
        if debate.opening.is_some() {
            return Err(Refusal::AlreadyOpen);
        }
        return Ok(vec![Event::DebateOpened(opening), Event::StageBegan { stage: 0 }]);
    }
    if debate.opening.is_none() {
        return Err(Refusal::NotOpen);
    }
    if debate.closed {
        return Err(Refusal::Closed);
    }
    Ok(match input {
        Input::Open(_) => return Err(Refusal::AlreadyOpen),
        Input::Work(work) => {
            must_speak(debate, work.speech())?;
            vec![work.into()]
        }
        Input::Deliver(speech) => {
            must_speak(debate, speech.speech)?;
            deliver(debate, speech)
        }
        Input::JudgeSaid(said) => {
            must_judge(debate, said.judge)?;
            vec![Event::JudgeSaid(said)]
        }
        Input::Ballot { judge, ballot } => {
            must_judge(debate, judge)?;
            vec![Event::BallotReturned { judge, ballot }]
        }
        Input::Void { judge, reason } => {
            must_judge(debate, judge)?;
            vec![Event::BallotVoided { judge, reason }]
        }
        Input::Pause if debate.paused => Vec::new(),
        Input::Pause => vec![Event::Paused],
        Input::Resume if !debate.paused && debate.stopped.is_none() => Vec::new(),
        Input::Resume => vec![Event::Resumed],
        Input::Interrupt { speech, role, partial } => vec![Event::Interrupted { speech, role, partial }],
        Input::Budget { .. } | Input::Fail { .. } if debate.stopped.is_some() => Vec::new(),
        Input::Budget { reason } => vec![Event::BudgetReached { reason }],
        Input::Fail { reason } => vec![Event::Failed { reason }],
    })
}

/// A call that was running when the debate was paused or stopped may still end, so only the order is checked here.
fn must_speak(debate: &Debate, speech: usize) -> Result<(), Refusal> {
    if unfinished(debate).contains(&Effect::Speak { speech }) { Ok(()) } else { Err(Refusal::NotSpeaking(speech)) }
}

fn must_judge(debate: &Debate, judge: usize) -> Result<(), Refusal> {
    if unfinished(debate).contains(&Effect::Judge { judge }) { Ok(()) } else { Err(Refusal::NotJudging(judge)) }
}

fn deliver(debate: &Debate, speech: Speech) -> Vec<Event> {
    let mut after = debate.clone();
    let event = Event::SpeechDelivered(speech);
    after.apply(&event);
    let next = after.slots.iter().find(|slot| !after.speeches.contains_key(&slot.index)).map(|slot| slot.stage);
    match next {
        Some(stage) if stage != debate.stage => vec![event, Event::StageBegan { stage }],
        _ => vec![event],
    }
}

/// Result and close follow the last ballot, in the same transaction.
fn closing(debate: &Debate) -> Vec<Event> {
    let Some(opening) = &debate.opening else { return Vec::new() };
    if debate.closed || !debate.is_spoken() || !debate.judging.iter().all(|judging| judging.is_done()) {
        return Vec::new();
    }
    let voided = debate.judging.iter().any(|judging| judging.voided.is_some());
    vec![Event::ResultRecorded(verdict::outcome(opening, &debate.ballots(), voided)), Event::DebateClosed]
}
