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
use crate::domain::prospect::Prospect;
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
    Prospect(Prospect),
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
        // Nothing waits for it, so one that comes twice or too late changes nothing.
        Input::Prospect(prospect) if debate.prospects.contains_key(&prospect.speeches) => Vec::new(),
        Input::Prospect(prospect) => vec![Event::ProspectMeasured(prospect)],
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
    let outcome = verdict::outcome(opening, debate.speeches.values(), &debate.ballots(), voided);
    vec![Event::ResultRecorded(outcome), Event::DebateClosed]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::sample;
    use crate::domain::seat::Side;
    use crate::domain::verdict::Unrated;

    fn take(debate: &mut Debate, input: Input) -> Vec<Effect> {
        let (events, effects) = decide(debate, input).unwrap();
        events.iter().for_each(|event| debate.apply(event));
        effects
    }

    fn opened() -> Debate {
        let mut debate = Debate::default();
        take(&mut debate, Input::Open(Box::new(sample::opening())));
        debate
    }

    fn spoken() -> Debate {
        let mut debate = opened();
        for index in 0..4 {
            take(&mut debate, Input::Deliver(sample::speech(index)));
        }
        debate
    }

    #[test]
    fn opening_asks_for_both_blind_constructives_at_once() {
        let mut debate = Debate::default();
        let effects = take(&mut debate, Input::Open(Box::new(sample::opening())));
        assert_eq!(effects, [Effect::Speak { speech: 0 }, Effect::Speak { speech: 1 }]);
    }

    #[test]
    fn a_parallel_stage_ends_in_either_order() {
        for order in [[0, 1], [1, 0]] {
            let mut debate = opened();
            assert!(take(&mut debate, Input::Deliver(sample::speech(order[0]))).is_empty());
            assert_eq!(take(&mut debate, Input::Deliver(sample::speech(order[1]))), [Effect::Speak { speech: 2 }]);
            assert_eq!(debate.stage, 1);
        }
    }

    #[test]
    fn the_rebuttal_order_is_flipped_as_the_format_says() {
        let debate = opened();
        assert_eq!(debate.slots[2].side, Side::Opposition);
        assert_eq!(debate.slots[3].side, Side::Proposition);
    }

    #[test]
    fn a_blind_speaker_hears_only_its_own_side() {
        let mut debate = opened();
        take(&mut debate, Input::Deliver(sample::speech(0)));
        assert!(debate.heard_by(debate.slots[1]).is_empty());
        take(&mut debate, Input::Deliver(sample::speech(1)));
        assert_eq!(debate.heard_by(debate.slots[2]).len(), 2);
    }

    #[test]
    fn no_speech_is_delivered_twice() {
        let mut debate = opened();
        take(&mut debate, Input::Deliver(sample::speech(0)));
        assert_eq!(decide(&debate, Input::Deliver(sample::speech(0))), Err(Refusal::NotSpeaking(0)));
    }

    #[test]
    fn a_rebuttal_cannot_come_before_the_constructives() {
        assert_eq!(decide(&opened(), Input::Deliver(sample::speech(2))), Err(Refusal::NotSpeaking(2)));
    }

    #[test]
    fn the_last_ballot_brings_result_and_close_with_it() {
        let mut debate = spoken();
        assert_eq!(pending(&debate), [Effect::Judge { judge: 0 }]);
        let ballot = Box::new(sample::ballot(Some(Side::Opposition), 0.3));
        let (events, effects) = decide(&debate, Input::Ballot { judge: 0, ballot: ballot.clone() }).unwrap();
        assert!(matches!(events[..], [Event::BallotReturned { .. }, Event::ResultRecorded(_), Event::DebateClosed]));
        assert!(effects.is_empty());
        take(&mut debate, Input::Ballot { judge: 0, ballot });
        let outcome = debate.outcome.clone().unwrap();
        assert_eq!((outcome.winner, outcome.unrated), (Some(Side::Opposition), None));
        let words: usize = debate.speeches.values().map(|speech| speech.words).sum();
        assert!(words > 0);
        assert_eq!(outcome.style.values().map(|style| style.words).sum::<usize>(), words);
    }

    #[test]
    fn a_void_ballot_leaves_the_debate_unrated() {
        let mut debate = spoken();
        take(&mut debate, Input::Void { judge: 0, reason: "no answer".to_owned() });
        assert!(debate.closed);
        assert_eq!(debate.outcome.unwrap().unrated, Some(Unrated::BallotVoid));
    }

    #[test]
    fn self_play_is_never_rated() {
        let mut opening = sample::opening();
        opening.participants[1].player = opening.participants[0].player.clone();
        let outcome =
            verdict::outcome(&opening, std::iter::empty(), &[&sample::ballot(Some(Side::Proposition), 0.9)], false);
        assert_eq!(outcome.unrated, Some(Unrated::SelfPlay));
    }

    #[test]
    fn without_a_judge_the_last_speech_closes_the_debate() {
        let mut opening = sample::opening();
        opening.judges.clear();
        let mut debate = Debate::default();
        take(&mut debate, Input::Open(Box::new(opening)));
        for index in 0..4 {
            take(&mut debate, Input::Deliver(sample::speech(index)));
        }
        assert!(debate.closed);
        assert_eq!(debate.outcome.unwrap().unrated, Some(Unrated::NoJudge));
    }

    #[test]
    fn a_paused_debate_wants_nothing_and_goes_on_where_it_was() {
        let mut debate = opened();
        let before = pending(&debate);
        take(&mut debate, Input::Pause);
        assert!(pending(&debate).is_empty());
        assert_eq!(take(&mut debate, Input::Resume), before);
    }

    #[test]
    fn a_speech_that_was_running_when_the_pause_came_is_still_taken() {
        let mut debate = opened();
        take(&mut debate, Input::Pause);
        take(&mut debate, Input::Deliver(sample::speech(0)));
        assert_eq!(debate.speeches.len(), 1);
    }

    #[test]
    fn a_failed_debate_stands_until_it_is_resumed() {
        let mut debate = opened();
        take(&mut debate, Input::Fail { reason: "the endpoint is down".to_owned() });
        assert!(pending(&debate).is_empty());
        assert_eq!(take(&mut debate, Input::Resume).len(), 2);
    }

    #[test]
    fn a_closed_debate_takes_nothing_more() {
        let mut debate = spoken();
        take(&mut debate, Input::Void { judge: 0, reason: "x".to_owned() });
        assert_eq!(decide(&debate, Input::Pause), Err(Refusal::Closed));
    }

    proptest! {
        /// Whatever arrives in whatever order: the log stays legal, and folding it again gives the same state.
        #[test]
        fn a_log_folds_to_the_state_that_wrote_it(choices in proptest::collection::vec(0usize..9, 0..40)) {
            let mut debate = Debate::default();
            let mut log = Vec::new();
            for choice in choices {
                let input = match choice {
                    0 => Input::Open(Box::new(sample::opening())),
                    1..=4 => Input::Deliver(sample::speech(choice - 1)),
                    5 => Input::Pause,
                    6 => Input::Resume,
                    7 => Input::Ballot { judge: 0, ballot: Box::new(sample::ballot(None, 0.5)) },
                    _ => Input::Fail { reason: "down".to_owned() },
                };
                let before = pending(&debate);
                if let Ok((events, effects)) = decide(&debate, input) {
                    events.iter().for_each(|event| debate.apply(event));
                    log.extend(events);
                    let after = pending(&debate);
                    prop_assert!(effects.iter().all(|effect| after.contains(effect) && !before.contains(effect)));
                }
            }
            prop_assert_eq!(Debate::fold(&log), debate.clone());
            prop_assert!(debate.speeches.len() <= 4);
            let text = serde_json::to_string(&log).unwrap();
            prop_assert_eq!(serde_json::from_str::<Vec<Event>>(&text).unwrap(), log);
        }
    }
}
