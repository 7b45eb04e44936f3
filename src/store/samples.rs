//! Events and stores for the tests of this layer.

use std::collections::BTreeMap;

use tempfile::TempDir;

use crate::domain::ballot::{Answer, Ballot, JudgeSaid};
use crate::domain::event::{DebateId, Entry, Event, LOG_VERSION};
use crate::domain::format::{Format, SeatPlan, Sees, Stage, StageKind};
use crate::domain::hash::ContentHash;
use crate::domain::motion::{Category, Motion};
use crate::domain::opening::{Opening, Participant};
use crate::domain::seat::{Seat, Side, Visibility};
use crate::domain::speech::Speech;
use crate::domain::team::Team;
use crate::domain::usage::{Ceilings, Usage};
use crate::domain::verdict::Outcome;
use crate::store::{Batch, Store, StoredRequest};

/// A store in a folder of its own.
pub fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("data/rhetor.db")).unwrap();
    (folder, store)
}

pub fn id(name: &str) -> DebateId {
    DebateId(name.to_owned())
}

pub fn entry(debate: &str, seq: u64, event: Event) -> Entry {
    Entry { debate: id(debate), seq, at: format!("2026-03-01T10:00:{seq:02}Z"), event }
}

/// A log from its beginning.
pub fn log(debate: &str, events: Vec<Event>) -> Batch {
    let entries = events.into_iter().zip(0..).map(|(event, seq)| entry(debate, seq, event));
    Batch { entries: entries.collect(), ..Batch::default() }
}

pub fn one(debate: &str, seq: u64, event: Event) -> Batch {
    Batch { entries: vec![entry(debate, seq, event)], ..Batch::default() }
}

pub fn opened(motion: &str) -> Event {
    let seats = Side::BOTH.map(|side| SeatPlan { name: side.name().to_owned(), side, task: String::new() });
    let order = Side::BOTH.map(|side| side.name().to_owned()).to_vec();
    let stage = Stage {
        kind: StageKind::Constructive,
        title: None,
        words: 120,
        seconds: None,
        order,
        sees: Sees::Own,
        parallel: true,
    };
    let participant = |(seat, side, player): (usize, Side, &str)| Participant {
        seat: Seat(seat),
        side,
        player: player.to_owned(),
        version: ContentHash("v1".to_owned()),
        team: Team {
            name: player.to_owned(),
            about: String::new(),
            revisions: 0,
            civility: false,
            thrift: 0.3,
            budget: None,
            requests: 0,
            calls: 15,
            roles: BTreeMap::new(),
        },
        models: BTreeMap::new(),

        others: BTreeMap::new(),
    };
    Event::DebateOpened(Box::new(Opening {
        log_version: LOG_VERSION,
        motion: Motion {
            id: "m".to_owned(),
            text: motion.to_owned(),
            category: Category::Policy,
            context: String::new(),
            proposition: String::new(),
            opposition: String::new(),
            tags: Vec::new(),
            origin: None,
        },
        format: Format { name: "duel".to_owned(), about: String::new(), seats: seats.to_vec(), stages: vec![stage] },
        participants: [(0, Side::Proposition, "quartet"), (1, Side::Opposition, "solo")].map(participant).to_vec(),
        judges: Vec::new(),
        root_seed: u64::MAX,
        prompts_hash: ContentHash::default(),
        evidence: None,
        ceilings: Ceilings::default(),
    }))
}

pub fn speech(speech: usize, text: &str) -> Event {
    let side = Side::BOTH[speech % 2];
    Event::SpeechDelivered(Speech {
        speech,
        stage: 0,
        seat: Seat(speech % 2),
        side,
        text: text.to_owned(),
        words: text.split_whitespace().count(),
        cut: false,
        citations: Vec::new(),
        visible_to: Visibility::Everyone,
    })
}

pub fn judge_said(request: &str, log_probability: f64) -> Event {
    Event::JudgeSaid(JudgeSaid {
        judge: 0,
        call: "whole".to_owned(),
        ask: 0,
        answer: Answer::Labels(vec![log_probability]),
        request: ContentHash(request.to_owned()),
        usage: Usage::default(),
    })
}

/// A ballot that names a request.
pub fn ballot(request: &str) -> Event {
    let requests = vec![ContentHash(request.to_owned())];
    let ballot = Ballot { requests, ..Ballot::bare("label-probability@scripted", None, 0.5) };
    Event::BallotReturned { judge: 0, ballot: Box::new(ballot) }
}

pub fn request(hash: &str, body: &str) -> StoredRequest {
    StoredRequest { hash: ContentHash(hash.to_owned()), body: body.as_bytes().to_vec() }
}

pub fn result(winner: Option<Side>) -> Event {
    Event::ResultRecorded(Outcome {
        winner,
        probability: 0.1 + 0.2,
        votes: BTreeMap::from([(Side::Proposition, 1.0), (Side::Opposition, 0.0)]),
        proposition: "quartet".to_owned(),
        opposition: "solo".to_owned(),
        proposition_version: "v1".to_owned(),
        opposition_version: "v1".to_owned(),
        category: Category::Policy,
        motion: "m".to_owned(),
        style: BTreeMap::new(),
        ranking: Vec::new(),
        judges: Vec::new(),
        audited: false,
        unrated: None,
    })
}
