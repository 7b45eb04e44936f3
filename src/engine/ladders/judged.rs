//! Games as one judge saw them, or people, or one dimension: from ballots, not from the verdict of the bench.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ballot::Ballot;
use crate::domain::event::DebateId;
use crate::domain::judgement::PERSON;
use crate::domain::ranking::{Comparison, ranked};
use crate::domain::seat::{Seat, Side};
use crate::domain::verdict::{Outcome, Unrated};
use crate::engine::error::EngineError;
use crate::rating::Game;
use crate::store::{Reader, RecordedOutcome};

/// Results with the ballots behind them and those that were given later.
pub struct Judged {
    outcomes: Vec<RecordedOutcome>,
    bench: BTreeMap<DebateId, Vec<Ballot>>,
    /// By judge: the newest of each.
    later: BTreeMap<DebateId, BTreeMap<String, Ballot>>,
}

impl Judged {
    pub fn read(reader: &Reader) -> Result<Judged, EngineError> {
        let mut judged = Judged::after(reader)?;
        for (debate, ballot) in reader.ballots()? {
            judged.bench.entry(debate).or_default().push(ballot);
        }
        Ok(judged)
    }

    /// Without the benches' ballots, which are many and say nothing of what people decided.
    pub fn after(reader: &Reader) -> Result<Judged, EngineError> {
        let mut judged = Judged { outcomes: reader.outcomes()?, bench: BTreeMap::new(), later: BTreeMap::new() };
        for (debate, ballot) in reader.later_ballots()? {
            judged.later.entry(debate).or_default().insert(ballot.judge.clone(), ballot);
        }
        Ok(judged)
    }

    fn bench(&self, row: &RecordedOutcome) -> &[Ballot] {
        self.bench.get(&row.debate).map_or(&[], Vec::as_slice)
    }

    fn later(&self, row: &RecordedOutcome) -> impl Iterator<Item = &Ballot> {
        self.later.get(&row.debate).into_iter().flat_map(BTreeMap::values)
    }

    /// The games of each judge by its own ballots, those of judging sessions on stored debates too. Of pruned debates the verdict
    /// stands for the ballots.
    pub fn by_judge(&self) -> BTreeMap<String, Vec<Game>> {
        let mut games: BTreeMap<String, Vec<Game>> = BTreeMap::new();
        for row in &self.outcomes {
            let mut seen = BTreeSet::new();
            for ballot in self.bench(row) {
                if seen.insert(ballot.judge.clone()) {
                    // A judge of more than two teams gave a ballot on every two of them.
                    let own = self.bench(row).iter().filter(|other| other.judge == ballot.judge);
                    let votes: Vec<Vote> = own.take_while(|own| own.between.is_some()).map(vote).collect();
                    let votes = if votes.is_empty() { vec![vote(ballot)] } else { votes };
                    let own = decided(row, &votes, vec![ballot.judge.clone()], row.outcome.audited);
                    games.entry(ballot.judge.clone()).or_default().extend(own);
                }
            }
            if seen.is_empty() {
                for judge in &row.outcome.judges {
                    let own = Outcome { judges: vec![judge.clone()], ..row.outcome.clone() };
                    let own = Game::from_outcome(&row.debate, row.seq, &row.at, &own);
                    games.entry(judge.clone()).or_default().extend(own);
                }
                seen.extend(row.outcome.judges.iter().cloned());
            }
            for ballot in self.later(row).filter(|ballot| !is_person(ballot) && !seen.contains(&ballot.judge)) {
                let own = decided(row, &[vote(ballot)], vec![ballot.judge.clone()], false);
                games.entry(ballot.judge.clone()).or_default().extend(own);
            }
        }
        games
    }

    /// The games that people decided, each by the majority of those who voted on it.
    pub fn by_people(&self) -> Vec<Game> {
        let games = |row| {
            let given: Vec<&Ballot> = self.later(row).filter(|ballot| is_person(ballot)).collect();
            let people = given.iter().map(|vote| vote.judge.clone()).collect();
            let votes: Vec<Vote> = given.iter().map(|ballot| vote(ballot)).collect();
            // A person is nobody to audit.
            if votes.is_empty() { Vec::new() } else { decided(row, &votes, people, true) }
        };
        self.outcomes.iter().flat_map(games).collect()
    }

    /// The games of each person that voted.
    pub fn by_person(&self) -> BTreeMap<String, Vec<Game>> {
        let mut games: BTreeMap<String, Vec<Game>> = BTreeMap::new();
        for row in &self.outcomes {
            for ballot in self.later(row).filter(|ballot| is_person(ballot)) {
                let own = decided(row, &[vote(ballot)], vec![ballot.judge.clone()], true);
                games.entry(ballot.judge.clone()).or_default().extend(own);
            }
        }
        games
    }

    /// The games of each dimension by the benches' ballots.
    pub fn by_dimension(&self) -> BTreeMap<String, Vec<Game>> {
        let mut games: BTreeMap<String, Vec<Game>> = BTreeMap::new();
        for row in self.outcomes.iter().filter(|row| row.outcome.unrated.is_none()) {
            let mut votes: BTreeMap<&str, Vec<Vote>> = BTreeMap::new();
            for (ballot, score) in
                self.bench(row).iter().flat_map(|ballot| ballot.dimensions.iter().map(move |score| (ballot, score)))
            {
                let vote = Vote { between: ballot.between, winner: score.winner, probability: score.probability };
                votes.entry(&score.dimension).or_default().push(vote);
            }
            for (dimension, votes) in votes {
                let own = decided(row, &votes, row.outcome.judges.clone(), row.outcome.audited);
                games.entry(dimension.to_owned()).or_default().extend(own);
            }
        }
        games
    }
}

fn is_person(ballot: &Ballot) -> bool {
    ballot.judge.starts_with(PERSON)
}

/// One decision: on the two sides, or on two teams of more.
#[derive(Clone, Copy)]
struct Vote {
    between: Option<[Seat; 2]>,
    winner: Option<Side>,
    probability: f64,
}

fn vote(ballot: &Ballot) -> Vote {
    Vote { between: ballot.between, winner: ballot.winner, probability: ballot.probability }
}

/// The games that votes make, a tie as half a vote for each side. That nobody on the bench could decide does not matter to who
/// decided otherwise. A vote on whole sides says nothing of more than two teams.
fn decided(row: &RecordedOutcome, votes: &[Vote], judges: Vec<String>, audited: bool) -> Vec<Game> {
    let compared = votes.iter().filter_map(|vote| {
        Some(Comparison { between: vote.between?, winner: vote.winner, probability: vote.probability })
    });
    let compared: Vec<Comparison> = compared.collect();
    if compared.is_empty() != row.outcome.ranking.is_empty() {
        return Vec::new();
    }
    let count = |side| {
        let given = |vote: &Vote| vote.winner.map_or(0.5, |winner| if winner == side { 1.0 } else { 0.0 });
        votes.iter().map(given).sum::<f64>()
    };
    let (proposition, opposition) = (count(Side::Proposition), count(Side::Opposition));
    let winner = match proposition.total_cmp(&opposition) {
        std::cmp::Ordering::Greater => Some(Side::Proposition),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Less => Some(Side::Opposition),
    };
    let outcome = Outcome {
        winner,
        votes: BTreeMap::from([(Side::Proposition, proposition), (Side::Opposition, opposition)]),
        ranking: ranked(row.outcome.ranking.clone(), &compared),
        judges,
        audited,
        unrated: row.outcome.unrated.filter(|why| !matches!(why, Unrated::NoJudge | Unrated::BallotVoid)),
        ..row.outcome.clone()
    };
    Game::from_outcome(&row.debate, row.seq, &row.at, &outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::motion::Category;
    use crate::domain::sample;

    fn row(debate: &str, judges: &[&str], unrated: Option<Unrated>) -> RecordedOutcome {
        RecordedOutcome {
            debate: DebateId(debate.to_owned()),
            seq: 9,
            at: "2026-11-27T07:00:00Z".to_owned(),
            number: 1,
            outcome: Outcome {
                winner: Some(Side::Proposition),
                probability: 0.5,
                votes: BTreeMap::new(),
                proposition: "quartet".to_owned(),
                opposition: "solo".to_owned(),
                proposition_version: String::new(),
                opposition_version: String::new(),
                category: Category::Value,
                motion: "m".to_owned(),
                style: BTreeMap::new(),
                ranking: Vec::new(),
                judges: judges.iter().map(|judge| (*judge).to_owned()).collect(),
                audited: false,
                unrated,
            },
        }
    }

    fn ballot(judge: &str, winner: Option<Side>) -> Ballot {
        Ballot { judge: judge.to_owned(), ..sample::ballot(winner, 0.5) }
    }

    fn scores(games: &[Game]) -> Vec<f64> {
        games.iter().map(|game| game.score).collect()
    }

    #[test]
    fn each_judge_has_its_own_ballots_and_of_pruned_debates_the_verdict() {
        let (one, two) = (row("one", &["x", "y"], None), row("pruned", &["x"], None));
        let judged = Judged {
            bench: BTreeMap::from([(one.debate.clone(), vec![ballot("x", Some(Side::Opposition)), ballot("y", None)])]),
            later: BTreeMap::from([(
                one.debate.clone(),
                BTreeMap::from(
                    [("z", Some(Side::Proposition)), ("x", None), ("human@ann", None)]
                        .map(|(judge, winner)| (judge.to_owned(), ballot(judge, winner))),
                ),
            )]),
            outcomes: vec![one, two],
        };
        let games = judged.by_judge();
        assert_eq!(games.keys().collect::<Vec<_>>(), ["x", "y", "z"]);
        assert_eq!((scores(&games["x"]), scores(&games["y"])), (vec![0.0, 1.0], vec![0.5]));
        assert_eq!(scores(&games["z"]), [1.0]);
    }

    #[test]
    fn people_decide_by_majority_even_where_no_judge_could() {
        let open = row("one", &[], Some(Unrated::NoJudge));
        let own = row("two", &[], Some(Unrated::SelfPlay));
        let votes = || {
            let votes = [("human@a", Some(Side::Opposition)), ("human@b", Some(Side::Opposition)), ("human@c", None)];
            BTreeMap::from(votes.map(|(judge, winner)| (judge.to_owned(), ballot(judge, winner))))
        };
        let judged = Judged {
            bench: BTreeMap::new(),
            later: BTreeMap::from([(open.debate.clone(), votes()), (own.debate.clone(), votes())]),
            outcomes: vec![open, own],
        };
        let games = judged.by_people();
        assert_eq!(scores(&games), [0.0]);
        assert_eq!((games[0].judges.len(), games[0].margin, games[0].audited), (3, 2.0, true));
        assert_eq!(scores(&judged.by_person()["human@c"]), [0.5]);
        assert!(judged.by_judge().is_empty());
    }

    #[test]
    fn a_dimension_goes_to_the_side_that_more_ballots_give_it_to() {
        let one = row("one", &["x", "y"], None);
        let scored = |judge: &str, winner| {
            let mut ballot = ballot(judge, winner);
            ballot.dimensions = vec![crate::domain::ballot::DimensionScore {
                dimension: "clash".to_owned(),
                weight: 1.0,
                probability: 0.5,
                scores: BTreeMap::new(),
                winner,
                judgement: String::new(),
            }];
            ballot
        };
        let bench = vec![scored("x", Some(Side::Opposition)), scored("y", None)];
        let judged = Judged {
            bench: BTreeMap::from([(one.debate.clone(), bench)]),
            later: BTreeMap::new(),
            outcomes: vec![one],
        };
        assert_eq!(scores(&judged.by_dimension()["clash"]), [0.0]);
    }
}
