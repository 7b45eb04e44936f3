//! A small debate for unit tests: two seats, a blind parallel stage, then a rebuttal with the order flipped.

use std::collections::BTreeMap;

use crate::domain::ballot::Ballot;
use crate::domain::event::{DebateId, Entry, Event, LOG_VERSION};
use crate::domain::format::{Format, SeatPlan, Sees, Stage, StageKind};
use crate::domain::hash::ContentHash;
use crate::domain::motion::{Category, Motion};
use crate::domain::opening::{JudgeSeat, Opening, Participant, ResolvedModel};
use crate::domain::recipe::{
    Choice, Combination, Criterion, Direction, Orders, Reading, Recipe, Rules, Scoring, Voting, Writing,
};
use crate::domain::seat::{Seat, Side, Visibility};
use crate::domain::speech::Speech;
use crate::domain::team::{Role, RoleSpec, Team};
use crate::domain::usage::Ceilings;

/// Events as the log of debate `d`.
pub fn log(events: impl IntoIterator<Item = Event>) -> Vec<Entry> {
    let entry = |(seq, event)| Entry {
        debate: DebateId("d".to_owned()),
        seq,
        at: "2026-11-27T07:00:00.000Z".to_owned(),
        event,
    };
    (0..).zip(events).map(entry).collect()
}

pub fn motion() -> Motion {
    Motion {
        id: "single-use-plastics".to_owned(),
        text: "This House would ban single-use plastics".to_owned(),
        category: Category::Policy,
        context: "Single-use plastics are thrown away after one use.".to_owned(),
        proposition: "Show that a ban does more good than harm.".to_owned(),
        opposition: "Show that a ban does more harm than good.".to_owned(),
        tags: vec!["environment".to_owned()],
        origin: None,
    }
}

pub fn format() -> Format {
    let stage = |kind, order: [Side; 2], sees, parallel| Stage {
        kind,
        title: None,
        words: 100,
        seconds: None,
        order: order.iter().map(|side| side.name().to_owned()).collect(),
        sees,
        parallel,
    };
    Format {
        name: "short".to_owned(),
        about: String::new(),
        seats: Side::BOTH
            .iter()
            .map(|side| SeatPlan { name: side.name().to_owned(), side: *side, task: String::new() })
            .collect(),
        stages: vec![
            stage(StageKind::Constructive, [Side::Proposition, Side::Opposition], Sees::Own, true),
            stage(StageKind::Rebuttal, [Side::Opposition, Side::Proposition], Sees::All, false),
        ],
    }
}

pub fn team(name: &str, roles: &[Role]) -> Team {
    Team {
        name: name.to_owned(),
        about: String::new(),
        revisions: 1,
        civility: false,
        thrift: 0.3,
        budget: None,
        requests: 1,
        calls: 15,
        roles: roles.iter().map(|role| (*role, RoleSpec::default())).collect(),
    }
}

pub fn model() -> ResolvedModel {
    ResolvedModel {
        name: "scripted".to_owned(),
        hash: ContentHash("00".to_owned()),
        family: "scripted".to_owned(),
        context: 8192,
    }
}

pub fn recipe() -> Recipe {
    let criterion = Criterion {
        weight: 1.0,
        asks: "Who argues better?".to_owned(),
        ties: false,
        reading: None,
        contests: Vec::new(),
        enough: None,
    };
    Recipe {
        name: "label-probability".to_owned(),
        about: String::new(),
        reading: Reading::Whole,
        direction: Direction::Forward,
        criteria: BTreeMap::from([("argument".to_owned(), criterion)]),
        rubric: None,
        scoring: Scoring::LabelProbability { temperature: 1.0 },
        choice: vec![Choice::default()],
        writing: Writing::default(),
        voting: Voting {
            orders: Orders::Labels,
            tie_band: 0.03,
            content_free_prior: false,
            samples: 1,
            shuffle: false,
            keep: 1.0,
        },
        rules: Rules::default(),
        combination: Combination::Weights {},
    }
}

pub fn participant(side: Side, player: &str) -> Participant {
    Participant {
        seat: Seat(side as usize),
        side,
        player: player.to_owned(),
        version: ContentHash(format!("version of {player}")),
        team: team(player, &[Role::Writer]),
        models: BTreeMap::from([(Role::Writer, model())]),

        others: BTreeMap::new(),
    }
}

pub fn opening() -> Opening {
    Opening {
        log_version: LOG_VERSION,
        motion: motion(),
        format: format(),
        participants: vec![participant(Side::Proposition, "quartet"), participant(Side::Opposition, "solo")],
        judges: vec![JudgeSeat {
            name: "label-probability@scripted".to_owned(),
            recipe: recipe(),
            recipe_hash: ContentHash("11".to_owned()),
            model: model(),
            others: Vec::new(),
            temperature: 1.0,
            coin_toss: false,
            certificate: None,
            between: None,
        }],
        root_seed: 7,
        prompts_hash: ContentHash("22".to_owned()),
        evidence: None,
        ceilings: Ceilings::default(),
    }
}

pub fn speech(index: usize) -> Speech {
    let slot = format().slots()[index];
    Speech {
        speech: index,
        stage: slot.stage,
        seat: slot.seat,
        side: slot.side,
        text: format!("The {} speaks.", slot.side),
        words: 3,
        cut: false,
        citations: Vec::new(),
        visible_to: Visibility::Everyone,
    }
}

pub fn ballot(winner: Option<Side>, probability: f64) -> Ballot {
    Ballot {
        recipe_hash: ContentHash("11".to_owned()),
        model_hash: ContentHash("00".to_owned()),
        ..Ballot::bare("label-probability@scripted", winner, probability)
    }
}
