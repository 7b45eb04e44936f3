//! What is put before a judge: a topic, and what two sides said on it, in the order in which they said it.
//!
//! A debate is one kind of contest. Two arguments for one claim and two answers to one instruction are others: they come
//! from files of labelled pairs. Set-up text (context, burdens, teams, models) stays out: it is never judged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::debate::Debate;
use crate::domain::evidence::{Citation, EvidenceItem};
use crate::domain::format::StageKind;
use crate::domain::seat::{Seat, Side};

/// What the two sides did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contest {
    /// They spoke for and against a motion.
    #[default]
    Debate,
    /// They argued for the same claim.
    Arguments,
    /// They brought evidence for the same claim.
    Evidence,
    /// They answered the same instruction or question.
    Answers,
}

impl Contest {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Contest::Debate => "debate",
            Contest::Arguments => "arguments",
            Contest::Evidence => "evidence",
            Contest::Answers => "answers",
        }
    }

    /// What is compared, for people.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Contest::Debate => "debates",
            Contest::Arguments => "arguments",
            Contest::Evidence => "evidence",
            Contest::Answers => "answers",
        }
    }

    /// What one side is called, or what it gave.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Contest::Debate => "speaker",
            Contest::Arguments => "argument",
            Contest::Evidence => "evidence",
            Contest::Answers => "answer",
        }
    }
}

/// One speech, argument or answer as a judge reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spoken {
    pub side: Side,
    pub stage: StageKind,
    /// Raw text; it enters a prompt only between fences.
    pub text: String,
    pub words: usize,
    /// The most words that the format allowed; `None` if nothing limited it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<Citation>,
}

/// A contest to be judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    #[serde(default)]
    pub contest: Contest,
    /// The motion, the claim, or the instruction.
    pub topic: String,
    /// What each side maintains, as a clause after its name, where that is not simply for and against the motion.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub positions: BTreeMap<Side, String>,
    /// In the order in which they were given. This order is never permuted.
    pub speeches: Vec<Spoken>,
    /// The place of each speech in the debate that it was taken out of; empty where nothing was left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<usize>,
    /// What each side could cite.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<Side, Vec<EvidenceItem>>,
}

impl Transcript {
    /// What was said on a topic, whole, without sources; what each side maintains follows from the contest.
    #[must_use]
    pub fn new(contest: Contest, topic: String, speeches: impl IntoIterator<Item = Spoken>) -> Transcript {
        Transcript {
            contest,
            topic,
            positions: BTreeMap::new(),
            speeches: speeches.into_iter().collect(),
            places: Vec::new(),
            sources: BTreeMap::new(),
        }
    }

    /// The transcript of a debate; `None` before it is opened.
    #[must_use]
    pub fn of(debate: &Debate) -> Option<Transcript> {
        let opening = debate.opening.as_ref()?;
        let side = |seat| opening.participant(seat).map(|participant| participant.side);
        Transcript::of_seats(debate, side)
    }

    /// What two seats of a debate of more said: the first as the proposition, the second as the opposition, whichever side they
    /// are on. `None` before it is opened.
    #[must_use]
    pub fn between(debate: &Debate, [first, second]: [Seat; 2]) -> Option<Transcript> {
        let opening = debate.opening.as_ref()?;
        let side = |seat| match seat {
            seat if seat == first => Some(Side::Proposition),
            seat if seat == second => Some(Side::Opposition),
            _ => None,
        };
        let mut transcript = Transcript::of_seats(debate, side)?;
        transcript.places =
            debate.speeches.values().filter(|speech| side(speech.seat).is_some()).map(|speech| speech.speech).collect();
        let own = |seat| opening.participant(seat).map(|participant| participant.side);
        if own(first) == own(second) {
            let position = match own(first)? {
                Side::Proposition => "argues for the motion",
                Side::Opposition => "argues against the motion",
            };
            transcript.positions = Side::BOTH.map(|side| (side, position.to_owned())).into();
        }
        Some(transcript)
    }

    /// The place of a speech in the debate that it was taken out of.
    #[must_use]
    pub fn place(&self, speech: usize) -> usize {
        self.places.get(speech).copied().unwrap_or(speech)
    }

    fn of_seats(debate: &Debate, side_of: impl Fn(Seat) -> Option<Side>) -> Option<Transcript> {
        let opening = debate.opening.as_ref()?;
        let speeches = debate.speeches.values().filter_map(|speech| {
            let stage = opening.format.stages.get(speech.stage)?;
            Some(Spoken {
                side: side_of(speech.seat)?,
                stage: stage.kind,
                text: speech.text.clone(),
                words: speech.words,
                limit: Some(stage.words),
                citations: speech.citations.clone(),
            })
        });
        let mut sources: BTreeMap<Side, Vec<EvidenceItem>> = BTreeMap::new();
        for participant in &opening.participants {
            let Some(side) = side_of(participant.seat) else { continue };
            let bag = debate.bags.get(&participant.seat).into_iter().flatten().cloned();
            sources.entry(side).or_default().extend(bag);
        }
        sources.retain(|_, bag| !bag.is_empty());
        Some(Transcript { sources, ..Transcript::new(Contest::Debate, opening.motion.text.clone(), speeches) })
    }

    /// Two texts with their sides exchanged, so that the other one is the proposition's and stands first.
    #[must_use]
    pub fn mirrored(&self) -> Transcript {
        let mut mirrored = self.clone();
        mirrored.speeches.iter_mut().for_each(|spoken| spoken.side = spoken.side.opponent());
        mirrored.speeches.sort_by_key(|spoken| spoken.side);
        let exchange = |side: &Side| side.opponent();
        mirrored.positions = self.positions.iter().map(|(side, text)| (exchange(side), text.clone())).collect();
        mirrored.sources = self.sources.iter().map(|(side, bag)| (exchange(side), bag.clone())).collect();
        mirrored
    }

    /// The side that spoke first.
    #[must_use]
    pub fn opener(&self) -> Side {
        self.speeches.first().map_or(Side::Proposition, |speech| speech.side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Event;
    use crate::domain::format::SeatPlan;
    use crate::domain::opening::Participant;
    use crate::domain::sample;
    use crate::domain::speech::{EvidenceFound, Speech};

    #[test]
    fn a_transcript_keeps_the_order_of_the_debate_and_leaves_the_set_up_out() {
        let mut debate = Debate::default();
        assert_eq!(Transcript::of(&debate), None);
        let opening = sample::opening();
        debate.apply(&Event::DebateOpened(Box::new(opening.clone())));
        let item = EvidenceItem {
            label: "E1".to_owned(),
            source: "survey.md#1".to_owned(),
            title: "Survey".to_owned(),
            address: "survey.md".to_owned(),
            text: "Bags were found in every estuary.".to_owned(),
            score: 1.0,
        };
        let Some(seat) = opening.participants.first().map(|participant| participant.seat) else { panic!("no seats") };
        let found = EvidenceFound { speech: 0, seat, side: Side::Proposition, items: vec![item.clone()] };
        debate.apply(&Event::EvidenceFound(found));
        for index in 0..4 {
            debate.apply(&Event::SpeechDelivered(sample::speech(index)));
        }
        let transcript = Transcript::of(&debate).unwrap();
        let spoken: Vec<_> = transcript.speeches.iter().map(|spoken| (spoken.side, spoken.stage)).collect();
        let (pro, con) = (Side::Proposition, Side::Opposition);
        assert_eq!(
            spoken,
            [
                (pro, StageKind::Constructive),
                (con, StageKind::Constructive),
                (con, StageKind::Rebuttal),
                (pro, StageKind::Rebuttal)
            ]
        );
        assert_eq!(transcript.speeches[3].limit, Some(100));
        assert_eq!(transcript.sources, BTreeMap::from([(pro, vec![item])]));
        assert!(!format!("{transcript:?}").contains(&opening.motion.context));
    }

    #[test]
    fn two_teams_of_four_are_read_by_what_they_said_and_keep_their_places() {
        let mut opening = sample::opening();
        let seat = |name: &str, side| SeatPlan { name: name.to_owned(), side, task: String::new() };
        let (pro, con) = (Side::Proposition, Side::Opposition);
        opening.format.seats = vec![seat("a", pro), seat("b", con), seat("c", pro), seat("d", con)];
        opening.participants = opening
            .format
            .seats
            .iter()
            .enumerate()
            .map(|(at, plan)| Participant { seat: Seat(at), ..sample::participant(plan.side, &plan.name) })
            .collect();
        let mut debate = Debate::default();
        debate.apply(&Event::DebateOpened(Box::new(opening)));
        for (index, seat) in [0, 1, 2, 3].into_iter().enumerate() {
            let side = if seat % 2 == 0 { pro } else { con };
            let speech = Speech { seat: Seat(seat), side, text: format!("by {seat}"), ..sample::speech(index) };
            debate.apply(&Event::SpeechDelivered(speech));
        }
        let across = Transcript::between(&debate, [Seat(2), Seat(1)]).unwrap();
        let spoken: Vec<_> = across.speeches.iter().map(|spoken| (spoken.side, spoken.text.as_str())).collect();
        assert_eq!(spoken, [(con, "by 1"), (pro, "by 2")]);
        assert_eq!((across.place(0), across.place(1), across.positions.len()), (1, 2, 0));
        let within = Transcript::between(&debate, [Seat(1), Seat(3)]).unwrap();
        let spoken: Vec<_> = within.speeches.iter().map(|spoken| (spoken.side, spoken.text.as_str())).collect();
        assert_eq!(spoken, [(pro, "by 1"), (con, "by 3")]);
        assert!(within.positions.values().all(|position| position == "argues against the motion"));
    }

    #[test]
    fn a_pair_needs_few_fields_in_a_file() {
        let text = r#"{"contest": "answers", "topic": "Name a river.", "speeches": []}"#;
        let transcript: Transcript = serde_json::from_str(text).unwrap();
        assert_eq!((transcript.contest, transcript.opener()), (Contest::Answers, Side::Proposition));
    }
}
