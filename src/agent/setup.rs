//! What is fixed before a team begins on a speech.

use crate::domain::debate::Debate;
use crate::domain::evidence::EvidenceItem;
use crate::domain::format::{Slot, StageKind};
use crate::domain::motion::Motion;
use crate::domain::seat::{Seat, Side};
use crate::domain::speech::Work;
use crate::domain::team::Team;

/// A speech that the speaker has heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub seat: Seat,
    pub side: Side,
    pub stage: StageKind,
    pub text: String,
}

/// One speech to prepare, and everything that its speaker may know.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    pub slot: Slot,
    pub stage: StageKind,
    /// The most words of the speech.
    pub words: usize,
    pub motion: Motion,
    /// What the team has to do that others of its side have not; empty with one team a side.
    pub task: String,
    pub team: Team,
    /// Whether there is an evidence base to search.
    pub sources: bool,
    /// Whether this is the seat's first speech of the debate.
    pub opening: bool,
    /// How often the debate was resumed.
    pub resumed: u32,
    /// The speeches that the speaker has heard, in order, its own among them.
    pub heard: Vec<Heard>,
    /// The seat's evidence from before this speech. What is found while preparing it comes with the work.
    pub bag: Vec<EvidenceItem>,
}

impl Setup {
    /// The set-up of a slot as the log tells it. `None` if the debate is not open or has no such stage or seat.
    #[must_use]
    pub fn of(debate: &Debate, slot: Slot) -> Option<Setup> {
        let opening = debate.opening.as_ref()?;
        let stage = opening.format.stages.get(slot.stage)?;
        let participant = opening.participant(slot.seat)?;
        let earlier = debate.work.iter().filter(|(speech, _)| **speech != slot.index).flat_map(|(_, work)| work);
        let bag = earlier.filter_map(|work| match work {
            Work::Evidence(found) if found.seat == slot.seat => Some(found.items.clone()),
            _ => None,
        });
        let kind = |stage: usize| opening.format.stages.get(stage).map(|stage| stage.kind);
        let heard = debate.heard_by(slot).into_iter().filter_map(|speech| {
            Some(Heard { seat: speech.seat, side: speech.side, stage: kind(speech.stage)?, text: speech.text.clone() })
        });
        Some(Setup {
            slot,
            stage: stage.kind,
            words: stage.words,
            motion: opening.motion.clone(),
            task: opening.format.seats.get(slot.seat.0).map(|plan| plan.task.clone()).unwrap_or_default(),
            team: participant.team.clone(),
            sources: opening.evidence.is_some(),
            opening: !debate.slots.iter().any(|other| other.seat == slot.seat && other.index < slot.index),
            resumed: debate.resumed,
            heard: heard.collect(),
            bag: bag.flatten().collect(),
        })
    }
}
