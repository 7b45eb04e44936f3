//! Set-ups and answers for the tests of this layer.

use std::collections::BTreeMap;

use crate::agent::brief::Brief;
use crate::agent::setup::{Heard, Setup};
use crate::domain::evidence::EvidenceItem;
use crate::domain::format::{Slot, StageKind};
use crate::domain::hash::ContentHash;
use crate::domain::motion::{Category, Motion};
use crate::domain::seat::{Seat, Side, Visibility};
use crate::domain::speech::{EvidenceFound, QueryRun, RoleSaid, Work};
use crate::domain::team::{Role, RoleSpec, Team};
use crate::domain::usage::Usage;

pub const SPEECH: &str = "We are for the motion, because a ban keeps plastic out of the sea. It costs shops little, and \
                          shops adapt quickly. We ask you to support it.";

pub fn motion() -> Motion {
    Motion {
        id: "plastics".to_owned(),
        text: "This House would ban single-use plastics".to_owned(),
        category: Category::Policy,
        context: "Bags and cups are thrown away after one use.".to_owned(),
        proposition: "Must show that a ban does more good than harm.".to_owned(),
        opposition: "Must show that a ban does more harm than good.".to_owned(),
        tags: Vec::new(),
        origin: None,
    }
}

pub fn team(roles: &[Role]) -> Team {
    Team {
        name: "quartet".to_owned(),
        about: String::new(),
        revisions: 1,
        civility: false,
        thrift: 0.3,
        budget: None,
        requests: 1,
        calls: 15,
        roles: roles.iter().map(|role| (*role, RoleSpec::default())).collect::<BTreeMap<_, _>>(),
    }
}

pub fn slot() -> Slot {
    Slot { index: 0, stage: 0, seat: Seat(0), side: Side::Proposition }
}

pub fn setup(roles: &[Role]) -> Setup {
    Setup {
        slot: slot(),
        stage: StageKind::Constructive,
        words: 120,
        motion: motion(),
        task: String::new(),
        team: team(roles),
        sources: true,
        opening: true,
        resumed: 0,
        heard: Vec::new(),
        bag: Vec::new(),
    }
}

pub fn brief() -> Brief {
    Brief {
        motion: motion(),
        seat: Seat(0),
        task: String::new(),
        side: Side::Proposition,
        stage: StageKind::Constructive,
        words: 120,
        heard: Vec::new(),
        evidence: Vec::new(),
        analysis: String::new(),
        draft: String::new(),
        remarks: Vec::new(),
        notes: String::new(),
        request: String::new(),
        queries: 3,
        searched: Vec::new(),
        may_search: false,
        again: false,
        rude: false,
    }
}

pub fn heard(side: Side, text: &str) -> Heard {
    Heard { seat: Seat(side as usize), side, stage: StageKind::Constructive, text: text.to_owned() }
}

pub fn item(label: &str, text: &str) -> EvidenceItem {
    EvidenceItem {
        label: label.to_owned(),
        source: "sea.md#1".to_owned(),
        title: "The sea".to_owned(),
        address: "sea.md".to_owned(),
        text: text.to_owned(),
        score: 1.0,
    }
}

pub fn said(role: Role, text: &str) -> Work {
    Work::Role(RoleSaid {
        speech: 0,
        seat: Seat(0),
        side: Side::Proposition,
        role,
        revision: 0,
        ask: 0,
        text: text.to_owned(),
        reasoning: String::new(),
        model: "m".to_owned(),
        request: ContentHash::default(),
        usage: Usage::default(),
        visible_to: Visibility::Seats(vec![Seat(0)]),
    })
}

pub fn ran(query: &str) -> Work {
    Work::Query(QueryRun {
        speech: 0,
        seat: Seat(0),
        side: Side::Proposition,
        query: query.to_owned(),
        hits: 1,
        form: None,
        correct: None,
    })
}

pub fn found(label: &str) -> Work {
    let items = vec![item(label, "Bags kill turtles.")];
    Work::Evidence(EvidenceFound { speech: 0, seat: Seat(0), side: Side::Proposition, items })
}
