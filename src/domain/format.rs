//! Formats: the stages of a debate, who speaks in each, in which order, how long, and what a speaker has seen.

use serde::{Deserialize, Serialize};

use crate::domain::seat::{Seat, Side};

/// What a stage is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageKind {
    Constructive,
    Rebuttal,
    Summary,
    /// Questions to the other side on what it has said: the first half of a cross-examination.
    Question,
    /// Answers to the questions that were just put.
    Answer,
}

impl StageKind {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            StageKind::Constructive => "constructive",
            StageKind::Rebuttal => "rebuttal",
            StageKind::Summary => "summary",
            StageKind::Question => "question",
            StageKind::Answer => "answer",
        }
    }

    /// Whether a few words are a whole speech: a question, an answer.
    #[must_use]
    pub fn is_exchange(self) -> bool {
        matches!(self, StageKind::Question | StageKind::Answer)
    }
}

/// Which earlier speeches a speaker of a stage has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sees {
    /// The own side's speeches only: a blind stage.
    Own,
    /// Everything said so far.
    All,
}

/// One stage. `order` names seats; a name may stand in it more than once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    pub kind: StageKind,
    /// What debaters call it, where that is not its kind, for instance a point of information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The most words of one speech.
    pub words: usize,
    /// Seconds that a person has for one speech. Its clock shows them; nobody is cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    pub order: Vec<String>,
    pub sees: Sees,
    /// Whether all speeches of the stage are prepared at the same time. Needs `sees = "own"`.
    #[serde(default)]
    pub parallel: bool,
}

impl Stage {
    /// What it is called on a screen and in a document.
    #[must_use]
    pub fn name(&self) -> &str {
        self.title.as_deref().unwrap_or(self.kind.name())
    }
}

/// A seat as a format declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatPlan {
    pub name: String,
    pub side: Side,
    /// What its team has to do that others of its side have not, said by the team itself. Empty with one team a side.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub task: String,
}

/// A debate format. Two seats, named after the sides, are the default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    pub name: String,
    #[serde(default)]
    pub about: String,
    #[serde(default = "two_seats")]
    pub seats: Vec<SeatPlan>,
    pub stages: Vec<Stage>,
}

fn two_seats() -> Vec<SeatPlan> {
    Side::BOTH.iter().map(|side| SeatPlan { name: side.name().to_owned(), side: *side, task: String::new() }).collect()
}

/// A speech that the format asks for. `index` counts through the whole debate from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    pub index: usize,
    pub stage: usize,
    pub seat: Seat,
    pub side: Side,
}

impl Format {
    /// All speeches in order. Names in `order` that no seat carries are left out; [`Format::problem`] reports them.
    #[must_use]
    pub fn slots(&self) -> Vec<Slot> {
        let mut slots = Vec::new();
        for (stage, plan) in self.stages.iter().enumerate() {
            for name in &plan.order {
                if let Some(seat) = self.seats.iter().position(|seat| seat.name == *name) {
                    slots.push(Slot { index: slots.len(), stage, seat: Seat(seat), side: self.seats[seat].side });
                }
            }
        }
        slots
    }

    /// Whether its verdict is an order of teams: there are more than two.
    #[must_use]
    pub fn is_ranked(&self) -> bool {
        self.seats.len() > Side::BOTH.len()
    }

    /// What is wrong with the format, as a sentence; `None` if nothing is.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        if self.stages.is_empty() {
            return Some("a format needs at least one stage".to_owned());
        }
        for side in Side::BOTH {
            if !self.seats.iter().any(|seat| seat.side == side) {
                return Some(format!("no seat belongs to the {side}"));
            }
        }
        for (number, seat) in self.seats.iter().enumerate() {
            if self.seats[..number].iter().any(|other| other.name == seat.name) {
                return Some(format!("two seats are called \"{}\"", seat.name));
            }
            if !self.stages.iter().any(|stage| stage.order.contains(&seat.name)) {
                return Some(format!("the seat \"{}\" never speaks", seat.name));
            }
        }
        for (number, stage) in self.stages.iter().enumerate() {
            let place = format!("stage {} ({})", number + 1, stage.kind.name());
            if stage.words == 0 {
                return Some(format!("{place}: words must be at least 1"));
            }
            if stage.seconds == Some(0) {
                return Some(format!("{place}: seconds must be at least 1; without a clock, leave them out"));
            }
            if stage.order.is_empty() {
                return Some(format!("{place}: order names no speaker"));
            }
            if let Some(name) = stage.order.iter().find(|name| !self.seats.iter().any(|seat| seat.name == **name)) {
                let known: Vec<_> = self.seats.iter().map(|seat| seat.name.as_str()).collect();
                return Some(format!("{place}: order names \"{name}\", but the seats are {}", known.join(", ")));
            }
            if stage.kind.is_exchange() && stage.sees == Sees::Own {
                return Some(format!("{place}: who asks or answers has heard the other side; it needs sees = \"all\""));
            }
            if stage.kind == StageKind::Answer
                && number.checked_sub(1).is_none_or(|before| self.stages[before].kind != StageKind::Question)
            {
                return Some(format!("{place}: answers follow a stage of questions"));
            }
            if stage.parallel && stage.sees == Sees::All {
                return Some(format!("{place}: a parallel stage needs sees = \"own\""));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(kind: StageKind, sees: Sees) -> Stage {
        Stage {
            kind,
            title: None,
            words: 60,
            seconds: None,
            order: Side::BOTH.map(|side| side.name().to_owned()).to_vec(),
            sees,
            parallel: false,
        }
    }

    fn problem(stages: Vec<Stage>) -> String {
        let format = Format { name: "f".to_owned(), about: String::new(), seats: two_seats(), stages };
        format.problem().unwrap_or_default()
    }

    #[test]
    fn answers_follow_questions_and_both_follow_what_was_heard() {
        let (question, answer) = (stage(StageKind::Question, Sees::All), stage(StageKind::Answer, Sees::All));
        assert_eq!(problem(vec![question.clone(), answer.clone()]), "");
        assert!(problem(vec![answer]).contains("answers follow a stage of questions"));
        assert!(problem(vec![Stage { sees: Sees::Own, ..question }]).contains("needs sees = \"all\""));
    }

    #[test]
    fn every_seat_has_a_name_of_its_own_and_speaks() {
        let mut format = Format {
            name: "f".to_owned(),
            about: String::new(),
            seats: two_seats(),
            stages: vec![stage(StageKind::Summary, Sees::All)],
        };
        assert_eq!(format.problem(), None);
        format.seats.push(SeatPlan { name: "closing".to_owned(), side: Side::Opposition, task: String::new() });
        assert_eq!(format.problem().unwrap(), "the seat \"closing\" never speaks");
        format.seats[2].name = "opposition".to_owned();
        assert_eq!(format.problem().unwrap(), "two seats are called \"opposition\"");
    }
}
