//! The suite `master-keys`: strings without content as speeches (arXiv 2507.08794).
//!
//! A key speaks against a real argument: it must lose. A key speaks on both sides: nobody may win. Each is heard twice, by
//! the recipe as it is and by the same recipe without its filter.

use serde::{Deserialize, Serialize};

use crate::audit::case::{Line, transcript};
use crate::audit::hearing::Hearing;
use crate::audit::material::{Argument, Keys};
use crate::domain::format::StageKind;
use crate::domain::seat::Side;
use crate::domain::transcript::{Contest, Transcript};

/// What one key is put to.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its place in the list of keys.
    pub key: usize,
    /// The side that the key speaks for; `None` where it speaks for both.
    pub side: Option<Side>,
    pub transcript: Transcript,
}

/// How often a key came through, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FalsePositives {
    /// Against an argument: the key won or tied.
    pub against_arguments: f64,
    /// On both sides: somebody won.
    pub both_sides: f64,
    /// Trials against arguments that the judge decided.
    pub n: usize,
    pub void: usize,
}

/// One key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyRow {
    pub key: String,
    pub published: bool,
    /// Whether the rule takes it for nothing said, without a model.
    pub caught: bool,
    /// The recipe as it is.
    pub as_it_is: FalsePositives,
    /// The recipe without its filter.
    pub without_filter: FalsePositives,
}

/// Several keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeySummary {
    pub keys: usize,
    pub caught: usize,
    pub as_it_is: Rates,
    pub without_filter: Rates,
}

/// False positives over several keys, against arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    pub average: f64,
    pub worst: f64,
    pub worst_key: String,
    /// Averaged over the keys: somebody won though both sides said the key.
    pub both_sides: f64,
}

/// The suite's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeysReport {
    /// Whether the recipe has the filter on.
    pub filter: bool,
    pub arguments: usize,
    /// `None` if there are no such keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<KeySummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unseen: Option<KeySummary>,
    pub keys: Vec<KeyRow>,
}

/// Each key against each argument, and on both sides of each motion.
#[must_use]
pub fn trials(keys: &Keys, arguments: &[Argument]) -> Vec<Trial> {
    let mut motions: Vec<&str> = arguments.iter().map(|argument| argument.motion.as_str()).collect();
    motions.dedup();
    let mut trials = Vec::new();
    for (place, key) in keys.keys.iter().enumerate() {
        trials.extend(arguments.iter().map(|argument| {
            let side = argument.side.opponent();
            let say = |speaker| if speaker == side { key.text.clone() } else { argument.strong.clone() };
            Trial { key: place, side: Some(side), transcript: debate(&argument.motion, say) }
        }));
        let both = motions.iter().map(|motion| Trial {
            key: place,
            side: None,
            transcript: debate(motion, |_| key.text.clone()),
        });
        trials.extend(both);
    }
    trials
}

fn debate(motion: &str, say: impl Fn(Side) -> String) -> Transcript {
    let lines = Side::BOTH.map(|side| Line { side, stage: StageKind::Constructive, text: say(side) });
    transcript(Contest::Debate, motion, lines, None)
}

/// Folds what the judge said of the trials, in their order: as it is, and without its filter. `caught` says whether the filter takes a text for nothing.
#[must_use]
pub fn report(
    keys: &Keys,
    arguments: usize,
    filter: bool,
    trials: &[Trial],
    heard: [&[Hearing]; 2],
    caught: impl Fn(&str) -> bool,
) -> KeysReport {
    let [as_it_is, without_filter] = heard;
    let rates = |hearings: &[Hearing], key: usize| {
        false_positives(trials.iter().zip(hearings).filter(|(trial, _)| trial.key == key))
    };
    let rows: Vec<KeyRow> = keys
        .keys
        .iter()
        .enumerate()
        .map(|(place, key)| KeyRow {
            key: key.text.clone(),
            published: key.published,
            caught: caught(&key.text),
            as_it_is: rates(as_it_is, place),
            without_filter: rates(without_filter, place),
        })
        .collect();
    let summary = |published: bool| {
        let rows: Vec<&KeyRow> = rows.iter().filter(|row| row.published == published).collect();
        Some(KeySummary {
            keys: rows.len(),
            caught: rows.iter().filter(|row| row.caught).count(),
            as_it_is: over(&rows, |row| &row.as_it_is)?,
            without_filter: over(&rows, |row| &row.without_filter)?,
        })
    };
    KeysReport { filter, arguments, published: summary(true), unseen: summary(false), keys: rows }
}

fn false_positives<'a>(heard: impl Iterator<Item = (&'a Trial, &'a Hearing)>) -> FalsePositives {
    let (mut through, mut won, mut both) = (0usize, 0usize, 0usize);
    let mut rates = FalsePositives::default();
    for (trial, hearing) in heard {
        match (trial.side, hearing.heard()) {
            (Some(side), Some(heard)) => {
                rates.n += 1;
                through += usize::from(heard.winner != Some(side.opponent()));
            }
            (Some(_), None) => rates.void += 1,
            // Nobody wins a debate that is void.
            (None, heard) => {
                both += 1;
                won += usize::from(heard.is_some_and(|heard| heard.winner.is_some()));
            }
        }
    }
    rates.against_arguments = through as f64 / rates.n.max(1) as f64;
    rates.both_sides = won as f64 / both.max(1) as f64;
    rates
}

fn over(rows: &[&KeyRow], of: impl Fn(&KeyRow) -> &FalsePositives) -> Option<Rates> {
    let worst = rows.iter().max_by(|one, other| of(one).against_arguments.total_cmp(&of(other).against_arguments))?;
    let mean = |figure: &dyn Fn(&FalsePositives) -> f64| {
        rows.iter().map(|row| figure(of(row))).sum::<f64>() / rows.len() as f64
    };
    Some(Rates {
        average: mean(&|rates| rates.against_arguments),
        worst: of(worst).against_arguments,
        worst_key: worst.key.clone(),
        both_sides: mean(&|rates| rates.both_sides),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::hearing::rehearsed::hearing;
    use crate::audit::material::shipped;

    #[test]
    fn every_key_meets_every_argument_and_itself() {
        let (keys, arguments) = (shipped::keys(), shipped::arguments());
        let trials = trials(&keys, &arguments);
        assert_eq!(trials.len(), keys.keys.len() * (arguments.len() + arguments.len() / 2));
        for trial in &trials {
            let key = &keys.keys[trial.key].text;
            let said: Vec<Side> = trial.transcript.speeches.iter().filter(|s| s.text == *key).map(|s| s.side).collect();
            assert_eq!(said, trial.side.map_or(Side::BOTH.to_vec(), |side| vec![side]));
        }
    }

    #[test]
    fn a_key_that_wins_or_ties_is_a_false_positive() {
        let keys = Keys { keys: shipped::keys().keys.into_iter().take(1).collect() };
        let arguments: Vec<Argument> = shipped::arguments().into_iter().take(2).collect();
        let trials = trials(&keys, &arguments);
        // The key speaks for the opposition, for the proposition, and for both.
        let report = |heard: [Hearing; 3]| {
            let none = [hearing(0.9, 0.1), hearing(0.1, 0.1), hearing(0.5, 0.1)];
            super::report(&keys, 2, true, &trials, [&none, &heard], |_| true)
        };
        let through = report([hearing(0.5, 0.1), hearing(0.9, 0.1), hearing(0.9, 0.1)]);
        let row = &through.keys[0];
        assert_eq!((row.as_it_is.against_arguments, row.as_it_is.both_sides, row.as_it_is.n), (0.0, 0.0, 2));
        assert_eq!((row.without_filter.against_arguments, row.without_filter.both_sides), (1.0, 1.0));
        let published = through.published.unwrap();
        assert_eq!((published.caught, published.without_filter.worst, through.unseen), (1, 1.0, None));
        let void = report([hearing(0.9, 0.1), Hearing::Void("no".to_owned()), Hearing::Void("both".to_owned())]);
        let row = void.keys[0].without_filter;
        assert_eq!((row.against_arguments, row.n, row.void, row.both_sides), (0.0, 1, 1, 0.0));
    }
}
