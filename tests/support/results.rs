//! A database with results and people's votes, as debates and sessions would leave it.

use std::collections::BTreeMap;
use std::path::Path;

use rhetor::domain::ballot::Ballot;
use rhetor::domain::hash::ContentHash;
use rhetor::domain::judgement::{Decided, Judgement};
use rhetor::domain::motion::Category;
use rhetor::domain::seat::Side;
use rhetor::domain::transcript::{Contest, Transcript};
use rhetor::domain::verdict::{Outcome, Style};
use rhetor::store::Store;
use rusqlite::{Connection, params};

const PLAYERS: [&str; 4] = ["quartet@qwen2.5-1.5b", "quartet@smollm2-135m", "solo@qwen2.5-1.5b", "solo@smollm2-135m"];
const MOTIONS: u64 = 12;

/// Twelve motions on which four players meet, each pair twice over, and one more player that has won three games of three.
fn outcomes() -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let mut state = 7u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1u32 << 31)
    };
    for motion in 0..MOTIONS {
        for (one, player) in PLAYERS.iter().enumerate() {
            let other = (one + 1 + motion as usize % 3) % PLAYERS.len();
            let ahead = 0.5 + 0.12 * (other as f64 - one as f64);
            let drawn = draw();
            let winner = match drawn {
                _ if (drawn - ahead).abs() < 0.04 => None,
                _ if drawn < ahead => Some(Side::Proposition),
                _ => Some(Side::Opposition),
            };
            outcomes.push(outcome(player, PLAYERS[other], motion, winner));
        }
    }
    for motion in 0..3 {
        outcomes.push(outcome("duo@gemma3-1b", PLAYERS[motion as usize], motion, Some(Side::Proposition)));
    }
    outcomes
}

fn outcome(proposition: &str, opposition: &str, motion: u64, winner: Option<Side>) -> Outcome {
    Outcome {
        winner,
        probability: 0.5,
        votes: BTreeMap::from([(Side::Proposition, 1.0), (Side::Opposition, 0.0)]),
        proposition: proposition.to_owned(),
        opposition: opposition.to_owned(),
        proposition_version: "0123456789".to_owned(),
        opposition_version: "9876543210".to_owned(),
        category: if motion.is_multiple_of(2) { Category::Policy } else { Category::Value },
        motion: format!("motion-{motion}"),
        style: BTreeMap::from([
            (Side::Proposition, Style { words: 200 + 7 * motion as usize, citations: 2 }),
            (Side::Opposition, Style { words: 230, citations: 2 }),
        ]),
        ranking: Vec::new(),
        judges: vec![if motion < 8 { "label-probability@owl" } else { "debatrix@owl" }.to_owned()],
        audited: motion < 8,
        unrated: None,
    }
}

fn debate(place: usize) -> String {
    format!("01990000-0000-7000-8000-{place:012}")
}

/// Fills a database: the results, and the votes of one person on the first ten debates, who always sides with the proposition.
pub async fn fill(database: &Path) {
    let store = Store::open(database).unwrap();
    for place in 0..10 {
        store.keep_judgement(&vote(place)).await.unwrap();
    }
    let connection = Connection::open(database).unwrap();
    for (place, outcome) in outcomes().iter().enumerate() {
        let outcome = serde_json::to_string(outcome).unwrap();
        let insert = "INSERT INTO results (debate, seq, at, outcome) VALUES (?1, 9, '2026-11-27T07:00:00Z', ?2)";
        connection.execute(insert, params![debate(place), outcome]).unwrap();
    }
}

fn vote(place: usize) -> Judgement {
    vote_on(&debate(place), place)
}

/// One person's ballot on a stored debate.
pub fn vote_on(debate: &str, place: usize) -> Judgement {
    let ballot = Ballot::bare("human@ann", Some(Side::Proposition), 0.9);
    Judgement {
        key: ContentHash(format!("aabbccdd{place:04}")),
        at: "2026-11-27T07:00:00Z".to_owned(),
        source: format!("debate {debate}"),
        judge: "human@ann".to_owned(),
        transcript: Transcript {
            contest: Contest::Debate,
            topic: "A motion.".to_owned(),
            positions: BTreeMap::new(),
            speeches: Vec::new(),
            places: Vec::new(),
            sources: BTreeMap::new(),
        },
        said: Vec::new(),
        decided: Some(Decided::Ballot(Box::new(ballot))),
    }
}
