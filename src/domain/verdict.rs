//! From ballots to one outcome.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::ballot::Ballot;
use crate::domain::motion::Category;
use crate::domain::opening::Opening;
use crate::domain::ranking::{Comparison, Placed, ranked, teams};
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
            styles.entry(speech.side).or_default().add(speech);
        }
        styles
    }

    /// The style of some speeches together.
    #[must_use]
    pub fn added<'a>(speeches: impl IntoIterator<Item = &'a Speech>) -> Style {
        let mut style = Style::default();
        speeches.into_iter().for_each(|speech| style.add(speech));
        style
    }

    fn add(&mut self, speech: &Speech) {
        self.words += speech.words;
        self.citations += speech.citations.len();
    }
}

/// The result of a debate: what every ladder is folded from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// `None` is a tie, or no result if `unrated` says so. Of more than two teams, the side of the best; `None` if the first
    /// place is shared by both sides.
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
    /// The order of the teams, the best first, where there are more than two; else empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranking: Vec<Placed>,
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

/// What ballots of more than two teams say of them. Ballots on whole sides say nothing here.
fn comparisons<'a>(ballots: impl IntoIterator<Item = &'a Ballot>) -> Vec<Comparison> {
    let of = |ballot: &'a Ballot| {
        Some(Comparison { between: ballot.between?, winner: ballot.winner, probability: ballot.probability })
    };
    ballots.into_iter().filter_map(of).collect()
}

/// Combines the ballots by majority; an equal count is a tie. `voided` says whether any ballot is void. Of more than two teams
/// the sides are weighed by the comparisons across them, and the teams are put into an order by all.
#[must_use]
pub fn outcome<'a>(
    opening: &Opening,
    speeches: impl Iterator<Item = &'a Speech> + Clone,
    ballots: &[&Ballot],
    voided: bool,
) -> Outcome {
    let ranking = if opening.format.is_ranked() {
        ranked(teams(opening, speeches.clone()), &comparisons(ballots.iter().copied()))
    } else {
        Vec::new()
    };
    let side = |seat| opening.participant(seat).map(|participant| participant.side);
    let across = |ballot: &&Ballot| ballot.between.is_none_or(|[first, second]| side(first) != side(second));
    let weighed: Vec<&Ballot> = ballots.iter().copied().filter(across).collect();
    let mut votes = BTreeMap::from([(Side::Proposition, 0.0), (Side::Opposition, 0.0)]);
    for ballot in &weighed {
        match ballot.winner {
            Some(side) => *votes.entry(side).or_insert(0.0) += 1.0,
            None => votes.values_mut().for_each(|vote| *vote += 0.5),
        }
    }
    let (proposition, opposition) = (votes[&Side::Proposition], votes[&Side::Opposition]);
    let best = ranking.iter().filter(|team| team.place == 1).map(|team| team.side);
    let winner = if !ranking.is_empty() {
        let sides: Vec<Side> = best.collect();
        sides.first().copied().filter(|first| sides.iter().all(|side| side == first))
    } else if proposition > opposition {
        Some(Side::Proposition)
    } else if opposition > proposition {
        Some(Side::Opposition)
    } else {
        None
    };
    let probability = if weighed.is_empty() {
        0.5
    } else {
        weighed.iter().map(|ballot| ballot.probability).sum::<f64>() / weighed.len() as f64
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
    let version = |side| opening.of_side(side).map(|participant| participant.version.0.clone()).unwrap_or_default();
    let mut judges: Vec<String> = Vec::new();
    for judge in &opening.judges {
        // A judge of more than two teams sits once for every two of them.
        if judge.between.is_none() || !judges.contains(&judge.name) {
            judges.push(judge.name.clone());
        }
    }
    Outcome {
        winner,
        probability,
        votes,
        proposition: opening.players(Side::Proposition),
        opposition: opening.players(Side::Opposition),
        proposition_version: version(Side::Proposition),
        opposition_version: version(Side::Opposition),
        category: opening.motion.category,
        motion: opening.motion.id.clone(),
        style: Style::of(speeches),
        ranking,
        judges,
        audited: opening.judges.iter().all(|judge| judge.certificate.is_some() && !judge.coin_toss),
        unrated,
    }
}
