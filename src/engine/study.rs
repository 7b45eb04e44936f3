//! What persuasion sessions come to: under each condition, how people moved, and an odds ratio where there is enough to tell one.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::domain::persuasion::Persuasion;
use crate::domain::team::PERSON;
use crate::engine::error::EngineError;
use crate::engine::queries::Queries;
use crate::rating::interval::Estimated;
use crate::rating::odds::{Answered, odds_ratio};

/// Fewer sessions of a condition, or of the one that it is compared with, tell no ratio.
pub const LEAST_SESSIONS: usize = 10;

/// Fewer persons than this say something of themselves, not of people.
const LEAST_PERSONS: usize = 5;

/// Under what a person debated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Condition {
    /// The player on the other side; `person` for any person.
    pub opponent: String,
    /// Whether it was told of the person.
    pub personalised: bool,
}

/// How people moved under a condition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    #[serde(flatten)]
    pub condition: Condition,
    pub sessions: usize,
    /// Persons who agreed more with the other side than before, less, and as much.
    pub toward: usize,
    pub away: usize,
    pub unmoved: usize,
    /// Mean change of agreement with the other side, -4 to 4.
    pub mean: f64,
    /// Odds of agreeing more with the other side, divided by those of the reference.
    pub odds_ratio: Option<Estimated>,
    /// Why there is no ratio; `None` for the reference and where there is one.
    pub why_none: Option<String>,
}

/// A study over all stored sessions.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Study {
    pub finished: usize,
    pub unfinished: usize,
    pub persons: usize,
    /// What the others are compared with: persons who were told nothing, else the condition with the most sessions.
    pub reference: Option<Condition>,
    pub conditions: Vec<Moved>,
    /// What a reader must know to weigh the figures.
    pub cautions: Vec<String>,
}

impl Queries {
    /// The study over all stored sessions.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn study(&self) -> Result<Study, EngineError> {
        Ok(study(&self.sessions()?))
    }
}

/// Folds sessions into a study.
#[must_use]
pub fn study(sessions: &[Persuasion]) -> Study {
    let mut groups: BTreeMap<Condition, Vec<(u8, u8)>> = BTreeMap::new();
    let mut persons = BTreeSet::new();
    for session in sessions {
        if let Some(moved) = session.toward_opponent() {
            groups.entry(condition(session)).or_default().push(moved);
            persons.insert(session.name.as_str());
        }
    }
    let control = Condition { opponent: PERSON.to_owned(), personalised: false };
    let reference = if groups.contains_key(&control) {
        Some(control)
    } else {
        // Of equals the first: maximum gives the last.
        groups.iter().rev().max_by_key(|(_, moved)| moved.len()).map(|(condition, _)| condition.clone())
    };
    let conditions = groups.iter().map(|(condition, moved)| {
        let against = reference.as_ref().filter(|reference| *reference != condition).and_then(|one| groups.get(one));
        moved_under(condition, moved, against.map(Vec::as_slice))
    });
    let finished = groups.values().map(Vec::len).sum();
    let mut study = Study {
        finished,
        unfinished: sessions.len() - finished,
        persons: persons.len(),
        conditions: conditions.collect(),
        reference,
        cautions: Vec::new(),
    };
    if finished > 0 && study.persons < LEAST_PERSONS {
        study.cautions.push(format!(
            "Sessions of one person are not independent: with fewer than {LEAST_PERSONS} persons this says something of them, not of \
             people."
        ));
    }
    study
}

fn condition(session: &Persuasion) -> Condition {
    let opponent = if session.opponent_is_person { PERSON.to_owned() } else { session.opponent.clone() };
    Condition { opponent, personalised: session.details.is_some() }
}

fn moved_under(condition: &Condition, moved: &[(u8, u8)], against: Option<&[(u8, u8)]>) -> Moved {
    let count = |wanted: std::cmp::Ordering| moved.iter().filter(|(before, after)| after.cmp(before) == wanted).count();
    let change: f64 = moved.iter().map(|(before, after)| f64::from(*after) - f64::from(*before)).sum();
    let (mut ratio, mut why_none) = (None, None);
    if let Some(against) = against {
        let fewest = moved.len().min(against.len());
        if fewest < LEAST_SESSIONS {
            why_none = Some(format!(
                "too few to compare: {fewest} sessions, at least {LEAST_SESSIONS} on both sides are needed"
            ));
        } else {
            let answers = |rows: &[(u8, u8)], treated| {
                rows.iter()
                    .map(|(before, after)| Answered { before: *before, after: *after, treated })
                    .collect::<Vec<_>>()
            };
            ratio = odds_ratio(&[answers(moved, true), answers(against, false)].concat());
            why_none = ratio
                .is_none()
                .then(|| "the sessions do not fix a ratio: too few began alike and moved apart".to_owned());
        }
    }
    Moved {
        condition: condition.clone(),
        sessions: moved.len(),
        toward: count(std::cmp::Ordering::Greater),
        away: count(std::cmp::Ordering::Less),
        unmoved: count(std::cmp::Ordering::Equal),
        mean: change / moved.len() as f64,
        odds_ratio: ratio,
        why_none,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::persuasion::Agreement;
    use crate::domain::seat::Side;

    fn session(number: usize, opponent: &str, personalised: bool, before: u8, after: Option<u8>) -> Persuasion {
        Persuasion {
            id: number.to_string(),
            at: String::new(),
            debate: None,
            name: format!("person {}", number % 7),
            motion: "m".to_owned(),
            side: Side::Opposition,
            opponent: opponent.to_owned(),
            opponent_is_person: opponent == PERSON,
            before: Agreement::new(before).unwrap(),
            after: after.and_then(Agreement::new),
            details: personalised.then(BTreeMap::new),
        }
    }

    /// So many sessions that begin at 2, of which so many end at 4 and the rest at 2.
    fn sessions(opponent: &str, personalised: bool, moved: usize, unmoved: usize) -> Vec<Persuasion> {
        let end = |number: usize| Some(if number < moved { 4 } else { 2 });
        (0..moved + unmoved).map(|number| session(number, opponent, personalised, 2, end(number))).collect()
    }

    #[test]
    fn a_condition_is_compared_with_persons_who_were_told_nothing() {
        let all =
            [sessions(PERSON, false, 6, 14), sessions("solo@x", true, 12, 8), sessions("solo@x", false, 3, 2)].concat();
        let study = study(&all);
        assert_eq!((study.finished, study.unfinished, study.persons), (45, 0, 7));
        assert_eq!(study.reference, Some(Condition { opponent: PERSON.to_owned(), personalised: false }));
        let [person, plain, told] = study.conditions.as_slice() else { panic!("{study:?}") };
        assert_eq!((person.odds_ratio, &person.why_none, person.mean), (None, &None, 0.6));
        assert!(
            plain.odds_ratio.is_none() && plain.why_none.as_ref().unwrap().contains("5 sessions, at least 10"),
            "{plain:?}"
        );
        let ratio = told.odds_ratio.unwrap();
        assert!((ratio.value - (12.0 / 8.0) / (6.0 / 14.0)).abs() < 1e-6 && ratio.low < ratio.value, "{ratio:?}");
        assert_eq!((told.toward, told.away, told.unmoved), (12, 0, 8));
        assert!(study.cautions.is_empty());
    }

    #[test]
    fn few_persons_and_unfinished_sessions_are_said() {
        let mut all = vec![session(0, "solo@x", false, 3, Some(2)), session(7, "solo@x", false, 3, None)];
        let few = study(&all);
        assert_eq!((few.finished, few.unfinished, few.persons, few.cautions.len()), (1, 1, 1, 1));
        assert_eq!(few.conditions[0].away, 1);
        all.clear();
        assert_eq!(study(&all), Study::default());
    }
}
