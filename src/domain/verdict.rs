//! From ballots to one outcome.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::ballot::Ballot;
use crate::domain::motion::Category;
use crate::domain::opening::Opening;
use crate::domain::seat::Side;
use crate::domain::speech::Speech;

/// Why a debate moves no ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unrated {
    SelfPlay,
    BallotVoid,
    NoJudge,
    BothForfeited,
}

impl Unrated {
    /// The reason as a clause for people.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Unrated::SelfPlay => "a player met itself",
            Unrated::BallotVoid => "a ballot is void",
            Unrated::NoJudge => "nobody judged",
            Unrated::BothForfeited => "both sides forfeited",
        }
    }
}

/// What a side brought besides its arguments. Ladders can hold it even.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Style {
    /// Words of all its speeches.
    pub words: usize,
    /// Places where it cites a source.
    pub citations: usize,
}

impl Style {
    /// The style of both sides.
    #[must_use]
    pub fn of<'a>(speeches: impl IntoIterator<Item = &'a Speech>) -> BTreeMap<Side, Style> {
        let mut styles = BTreeMap::from(Side::BOTH.map(|side| (side, Style::default())));
        for speech in speeches {
            let style = styles.entry(speech.side).or_default();
            style.words += speech.words;
            style.citations += speech.citations.len();
        }
        styles
    }
}

/// The result of a debate: what every ladder is folded from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// `None` is a tie, or no result if `unrated` says so.
    pub winner: Option<Side>,
    /// Mean probability over the ballots that the proposition won; 0.5 without a ballot.
    pub probability: f64,
    /// Ballots for each side, ties counted half.
    pub votes: BTreeMap<Side, f64>,
    pub proposition: String,
    pub opposition: String,
    /// Versions of the two players.
    pub proposition_version: String,
    pub opposition_version: String,
    pub category: Category,
    /// The motion's id, for results of one motion may depend on each other. Empty in logs from before it was noted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub motion: String,
    /// Empty in logs from before it was counted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub style: BTreeMap<Side, Style>,
    pub judges: Vec<String>,
    /// Whether every judge carries a certificate that is better than a coin.
    pub audited: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrated: Option<Unrated>,
}

impl Outcome {
    /// The proposition's score: 1 for a win, 0.5 for a tie, 0 for a loss.
    #[must_use]
    pub fn score(&self) -> f64 {
        score(self.winner)
    }
}

/// What the proposition takes: 1 for a win, 0.5 for a tie, 0 for a loss.
#[must_use]
pub fn score(winner: Option<Side>) -> f64 {
    match winner {
        Some(Side::Proposition) => 1.0,
        Some(Side::Opposition) => 0.0,
        None => 0.5,
    }
}

/// Combines the ballots by majority; an equal count is a tie. `voided` says whether any ballot is void.
#[must_use]
pub fn outcome(opening: &Opening, style: BTreeMap<Side, Style>, ballots: &[&Ballot], voided: bool) -> Outcome {
    let mut votes = BTreeMap::from([(Side::Proposition, 0.0), (Side::Opposition, 0.0)]);
    for ballot in ballots {
        match ballot.winner {
            Some(side) => *votes.entry(side).or_insert(0.0) += 1.0,
            None => votes.values_mut().for_each(|vote| *vote += 0.5),
        }
    }
    let (proposition, opposition) = (votes[&Side::Proposition], votes[&Side::Opposition]);
    let winner = if proposition > opposition {
        Some(Side::Proposition)
    } else if opposition > proposition {
        Some(Side::Opposition)
    } else {
        None
    };
    let probability = if ballots.is_empty() {
        0.5
    } else {
        ballots.iter().map(|ballot| ballot.probability).sum::<f64>() / ballots.len() as f64
    };
    let unrated = if opening.is_self_play() {
        Some(Unrated::SelfPlay)
    } else if voided {
        Some(Unrated::BallotVoid)
    } else if ballots.is_empty() {
        Some(Unrated::NoJudge)
    } else if ballots.iter().any(|ballot| ballot.forfeits.len() == Side::BOTH.len()) {
        Some(Unrated::BothForfeited)
    } else {
        None
    };
    let player = |side| opening.of_side(side).map(|p| (p.player.clone(), p.version.0.clone())).unwrap_or_default();
    let ((proposition, proposition_version), (opposition, opposition_version)) =
        (player(Side::Proposition), player(Side::Opposition));
    Outcome {
        winner,
        probability,
        votes,
        proposition,
        opposition,
        proposition_version,
        opposition_version,
        category: opening.motion.category,
        motion: opening.motion.id.clone(),
        style,
        judges: opening.judges.iter().map(|judge| judge.name.clone()).collect(),
        audited: opening.judges.iter().all(|judge| judge.certificate.is_some() && !judge.coin_toss),
        unrated,
    }
}
