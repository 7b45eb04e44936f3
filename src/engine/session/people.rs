//! People as judges: how much each has judged, and how far they agree with the benches, with other judges, with each other.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::domain::judgement::{PERSON, debate_source};
use crate::domain::seat::Side;
use crate::engine::error::EngineError;
use crate::engine::queries::Queries;
use crate::rating::agreement::kappa;
use crate::rating::interval::wilson;

/// Winners by judge and by what was judged.
type Winners = BTreeMap<String, BTreeMap<String, Option<Side>>>;

/// The name under which the verdicts of benches stand.
pub const BENCH: &str = "the bench";

/// A person that judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PersonRecord {
    pub name: String,
    /// Contests that it judged.
    pub judged: usize,
    /// Against whoever judged one of them, too: the benches first, then people, then models.
    pub agreements: Vec<Concord>,
}

/// How often two judges named the same winner, a tie being one of three answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Concord {
    pub with: String,
    pub same: usize,
    pub both: usize,
    /// The share of the same, 0 to 1, with its 95 % interval (Wilson).
    pub share: f64,
    pub low: f64,
    pub high: f64,
    /// Cohen's kappa; `None` where chance alone explains everything.
    pub kappa: Option<f64>,
}

impl Queries {
    /// Everybody who judged, by name.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn people(&self) -> Result<Vec<PersonRecord>, EngineError> {
        let mut winners = Winners::new();
        for judgement in self.reader.judged_by_people()? {
            if let Some(ballot) = judgement.decided.as_ref().and_then(|decided| decided.ballot()) {
                winners.entry(judgement.judge).or_default().insert(judgement.source, ballot.winner);
            }
        }
        let sources: BTreeSet<String> = winners.values().flat_map(BTreeMap::keys).cloned().collect();
        let results = self.reader.outcomes()?.into_iter().map(|row| (debate_source(&row.debate), row.outcome.winner));
        let bench: BTreeMap<_, _> = results.filter(|(source, _)| sources.contains(source)).collect();
        winners.insert(BENCH.to_owned(), bench);
        Ok(records(&winners))
    }

    /// Who judged last, without the mark of a person.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn last_person(&self) -> Result<Option<String>, EngineError> {
        let last = self.reader.last_person()?;
        Ok(last.map(|judge| judge.strip_prefix(PERSON).unwrap_or(&judge).to_owned()))
    }
}

fn records(winners: &Winners) -> Vec<PersonRecord> {
    let people = winners.iter().filter(|(judge, _)| judge.starts_with(PERSON));
    let record = |(judge, own): (&String, &BTreeMap<String, Option<Side>>)| {
        let others = winners.iter().filter(|(other, _)| *other != judge);
        let mut agreements: Vec<Concord> = others.filter_map(|(other, theirs)| concord(other, own, theirs)).collect();
        agreements.sort_by_key(|row| (row.with != BENCH, !row.with.starts_with(PERSON), row.with.clone()));
        PersonRecord { name: judge[PERSON.len()..].to_owned(), judged: own.len(), agreements }
    };
    people.map(record).collect()
}

fn concord(
    with: &str,
    own: &BTreeMap<String, Option<Side>>,
    theirs: &BTreeMap<String, Option<Side>>,
) -> Option<Concord> {
    let both: Vec<(usize, usize)> =
        own.iter().filter_map(|(source, winner)| Some((category(*winner), category(*theirs.get(source)?)))).collect();
    let same = both.iter().filter(|(one, other)| one == other).count();
    let share = wilson(same as f64, both.len())?;
    Some(Concord {
        with: with.to_owned(),
        same,
        both: both.len(),
        share: share.value,
        low: share.low,
        high: share.high,
        kappa: kappa(&both, 3),
    })
}

fn category(winner: Option<Side>) -> usize {
    match winner {
        Some(Side::Proposition) => 0,
        Some(Side::Opposition) => 1,
        None => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_set_against_the_bench_then_each_other_then_models() {
        let (pro, con) = (Some(Side::Proposition), Some(Side::Opposition));
        let row = |judge: &str, winners: &[(&str, Option<Side>)]| {
            let winners = winners.iter().map(|(source, winner)| ((*source).to_owned(), *winner)).collect();
            (judge.to_owned(), winners)
        };
        let winners = Winners::from([
            row("human@ann", &[("debate 1", pro), ("debate 2", con), ("debate 3", None)]),
            row("human@ben", &[("debate 1", pro), ("debate 2", pro)]),
            row("a@model", &[("debate 3", None), ("pairs:1", pro)]),
            row(BENCH, &[("debate 1", pro), ("debate 2", con), ("debate 3", con)]),
        ]);
        let people = records(&winners);
        let names: Vec<_> = people.iter().map(|person| (person.name.as_str(), person.judged)).collect();
        assert_eq!(names, [("ann", 3), ("ben", 2)]);
        let rows: Vec<_> = people[0].agreements.iter().map(|row| (row.with.as_str(), row.same, row.both)).collect();
        assert_eq!(rows, [(BENCH, 2, 3), ("human@ben", 1, 2), ("a@model", 1, 1)]);
        assert!(people[0].agreements[0].low < 2.0 / 3.0 && people[0].agreements[0].high > 2.0 / 3.0);
    }
}
