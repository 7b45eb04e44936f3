//! The state of a debate: a fold over its events. Replay, resume, export and the screen all use this one fold.

use std::collections::BTreeMap;

use crate::domain::ballot::{Ballot, JudgeSaid};
use crate::domain::event::Event;
use crate::domain::evidence::EvidenceItem;
use crate::domain::format::{Sees, Slot};
use crate::domain::opening::Opening;
use crate::domain::prospect::Prospect;
use crate::domain::seat::Seat;
use crate::domain::speech::{Speech, Work};
use crate::domain::team::Role;
use crate::domain::usage::Usage;
use crate::domain::verdict::Outcome;

/// How one judge stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judging {
    pub said: Vec<JudgeSaid>,
    pub ballot: Option<Ballot>,
    pub voided: Option<String>,
}

impl Judging {
    /// Whether this judge is done, one way or the other.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.ballot.is_some() || self.voided.is_some()
    }
}

/// Text of a call that was stopped before its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Partial {
    pub speech: usize,
    pub role: Role,
    pub text: String,
}

/// A debate as its log tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Debate {
    pub opening: Option<Opening>,
    pub slots: Vec<Slot>,
    /// The stage that runs, or the last one.
    pub stage: usize,
    /// Each speech's team work, in order, also after the speech was delivered.
    pub work: BTreeMap<usize, Vec<Work>>,
    pub speeches: BTreeMap<usize, Speech>,
    /// What each seat may cite.
    pub bags: BTreeMap<Seat, Vec<EvidenceItem>>,
    pub judging: Vec<Judging>,
    pub partials: Vec<Partial>,
    /// By the number of speeches that had been given.
    pub prospects: BTreeMap<usize, Prospect>,
    pub outcome: Option<Outcome>,
    pub usage: Usage,
    pub paused: bool,
    /// How often it was resumed.
    pub resumed: u32,
    /// Why the debate stands still, if a ceiling or an error stopped it.
    pub stopped: Option<String>,
    /// Whether a ceiling was what stopped it.
    pub budget_reached: bool,
    pub closed: bool,
    /// The number of events folded so far: the next `seq`.
    pub length: u64,
}

impl Debate {
    /// Folds a log from its beginning.
    #[must_use]
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Debate {
        let mut debate = Debate::default();
        for event in events {
            debate.apply(event);
        }
        debate
    }

    /// Takes one event in. Nothing else changes a debate.
    pub fn apply(&mut self, event: &Event) {
        self.length += 1;
        match event {
            Event::DebateOpened(opening) => {
                self.slots = opening.format.slots();
                self.judging = vec![Judging::default(); opening.judges.len()];
                self.opening = Some((**opening).clone());
            }
            Event::StageBegan { stage } => self.stage = *stage,
            Event::RoleSaid(said) => {
                self.usage += said.usage;
                self.record(Work::Role(said.clone()));
            }
            Event::QueryRun(query) => self.record(Work::Query(query.clone())),
            Event::EvidenceFound(found) => {
                self.bags.entry(found.seat).or_default().extend(found.items.iter().cloned());
                self.record(Work::Evidence(found.clone()));
            }
            Event::ReviewReturned(review) => self.record(Work::Review(review.clone())),
            Event::DraftsWeighed(weighed) => {
                self.usage += weighed.usage;
                self.record(Work::Drafts(weighed.clone()));
            }
            Event::CallRouted(routed) => self.record(Work::Routed(routed.clone())),
            Event::CivilityMeasured(measured) => {
                self.usage += measured.usage;
                self.record(Work::Civility(measured.clone()));
            }
            Event::SpeechDelivered(speech) => {
                self.speeches.insert(speech.speech, speech.clone());
            }
            Event::JudgeSaid(said) => {
                self.usage += said.usage;
                if let Some(judging) = self.judging.get_mut(said.judge) {
                    judging.said.push(said.clone());
                }
            }
            Event::BallotReturned { judge, ballot } => {
                if let Some(judging) = self.judging.get_mut(*judge) {
                    judging.ballot = Some((**ballot).clone());
                }
            }
            Event::BallotVoided { judge, reason } => {
                if let Some(judging) = self.judging.get_mut(*judge) {
                    judging.voided = Some(reason.clone());
                }
            }
            Event::ProspectMeasured(prospect) => {
                self.usage += prospect.usage;
                self.prospects.insert(prospect.speeches, prospect.clone());
            }
            Event::ResultRecorded(outcome) => self.outcome = Some(outcome.clone()),
            Event::Paused => self.paused = true,
            Event::Resumed => {
                self.resumed += 1;
                self.paused = false;
                self.stopped = None;
                self.budget_reached = false;
            }
            Event::Interrupted { speech, role, partial } => {
                self.partials.push(Partial { speech: *speech, role: *role, text: partial.clone() });
            }
            Event::BudgetReached { reason } => {
                self.stopped = Some(reason.clone());
                self.budget_reached = true;
            }
            Event::Failed { reason } => self.stopped = Some(reason.clone()),
            Event::DebateClosed => self.closed = true,
        }
    }

    fn record(&mut self, work: Work) {
        self.work.entry(work.speech()).or_default().push(work);
    }

    /// The work done on one speech so far.
    #[must_use]
    pub fn work_on(&self, speech: usize) -> &[Work] {
        self.work.get(&speech).map_or(&[], Vec::as_slice)
    }

    /// What the speaker of a slot may read: its own side's speeches always, the other side's where the stage lets it.
    #[must_use]
    pub fn heard_by(&self, slot: Slot) -> Vec<&Speech> {
        let sees =
            self.opening.as_ref().and_then(|opening| opening.format.stages.get(slot.stage)).map(|stage| stage.sees);
        self.speeches
            .values()
            .filter(|speech| speech.speech < slot.index)
            .filter(|speech| speech.side == slot.side || sees == Some(Sees::All))
            .collect()
    }

    /// Whether every speech of the format was delivered.
    #[must_use]
    pub fn is_spoken(&self) -> bool {
        !self.slots.is_empty() && self.slots.iter().all(|slot| self.speeches.contains_key(&slot.index))
    }

    /// The ballots that count.
    #[must_use]
    pub fn ballots(&self) -> Vec<&Ballot> {
        self.judging.iter().filter_map(|judging| judging.ballot.as_ref()).collect()
    }
}
