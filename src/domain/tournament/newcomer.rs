//! Where a newcomer stands among rated players, with as few meetings as settle it.
//!
//! The newcomer's rating has a normal prior around the others' mean, as wide as Glicko starts with (350 points, Glickman
//! 1999). A score `s` against a player rated `r` multiplies it by `E^s (1 - E)^(1 - s)`, `E` the score that Elo expects. Its
//! place is the number of players above it; the next opponent is the one whose result is expected to tell most about it
//! (the mutual information of the result and the place, in bits).

use serde::{Deserialize, Serialize};

use crate::domain::tournament::book::Book;
use crate::domain::tournament::plan::{NewcomerPlan, Tournament};

/// Where an unrated player starts on the Elo scale.
pub const START: f64 = 1000.0;
const SCALE: f64 = 400.0;
const PRIOR_DEVIATION: f64 = 350.0;
/// Of the ratings that are looked at, in points.
const STEP: f64 = 5.0;
/// How far beyond the others' ratings they go.
const MARGIN: f64 = 1000.0;

/// What is known of a newcomer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The likeliest place, 1 for above everybody else.
    pub place: usize,
    /// Of that place.
    pub probability: f64,
    /// The mean of what its rating may be.
    pub rating: f64,
    /// The middle 95 % of what its rating may be.
    pub low: f64,
    pub high: f64,
    /// Whether the place is as probable as the plan asks for.
    pub settled: bool,
}

/// The next opponent; empty once the place is settled or the meetings are used up.
#[must_use]
pub fn pairs(tournament: &Tournament, book: &Book) -> Vec<(usize, usize)> {
    let Some(field) = Field::of(tournament) else { return Vec::new() };
    let belief = field.belief(book);
    if book.rounds() >= field.plan.meetings || field.place(&belief).settled {
        return Vec::new();
    }
    let meetings = |opponent: usize| book.fixtures.iter().filter(|fixture| fixture.has(opponent)).count();
    let by_use = |other: &(usize, f64)| (field.information(&belief, other.1), meetings(other.0), other.0);
    let best = field.others.iter().map(by_use).max_by(|a, b| {
        // What is told to within a thousandth of a bit is the same: then who was met less goes first.
        let told = |bits: f64| (bits * 1000.0).round();
        told(a.0).total_cmp(&told(b.0)).then_with(|| (b.1, b.2).cmp(&(a.1, a.2)))
    });
    best.map(|(_, _, opponent)| vec![(field.newcomer, opponent)]).unwrap_or_default()
}

/// Where the newcomer stands by the results so far; `None` for a tournament of another kind.
#[must_use]
pub fn place(tournament: &Tournament, book: &Book) -> Option<Place> {
    let field = Field::of(tournament)?;
    Some(field.place(&field.belief(book)))
}

struct Field<'a> {
    plan: &'a NewcomerPlan,
    newcomer: usize,
    /// The others and their ratings.
    others: Vec<(usize, f64)>,
    /// The ratings that are looked at, from low to high.
    grid: Vec<f64>,
}

impl Field<'_> {
    fn of(tournament: &Tournament) -> Option<Field<'_>> {
        let plan = tournament.newcomer.as_ref()?;
        let newcomer = tournament.players.iter().position(|player| *player == plan.player)?;
        let rated = tournament.players.iter().enumerate().filter(|(place, _)| *place != newcomer);
        let others: Vec<(usize, f64)> =
            rated.map(|(place, name)| (place, plan.ratings.get(name).copied().unwrap_or(START))).collect();
        let (low, high) = others
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (_, rating)| (low.min(*rating), high.max(*rating)));
        let steps = ((high - low + 2.0 * MARGIN) / STEP).ceil();
        let grid = (0..=steps as usize).map(|step| low - MARGIN + step as f64 * STEP).collect();
        Some(Field { plan, newcomer, others, grid })
    }

    /// The probability of each rating of the grid.
    fn belief(&self, book: &Book) -> Vec<f64> {
        let mean = self.others.iter().map(|(_, rating)| rating).sum::<f64>() / self.others.len().max(1) as f64;
        let prior = |rating: &f64| -((rating - mean) / PRIOR_DEVIATION).powi(2) / 2.0;
        let mut logs: Vec<f64> = self.grid.iter().map(prior).collect();
        for fixture in &book.fixtures {
            let Some((score, _)) = book.scored(fixture, self.newcomer) else { continue };
            let opponent = if fixture.proposition == self.newcomer { fixture.opposition } else { fixture.proposition };
            let Some((_, rating)) = self.others.iter().find(|(place, _)| *place == opponent) else { continue };
            for (log, own) in logs.iter_mut().zip(&self.grid) {
                let expected = expected(*own, *rating);
                *log += score * expected.ln() + (1.0 - score) * (1.0 - expected).ln();
            }
        }
        let highest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        normal(logs.into_iter().map(|log| (log - highest).exp()).collect())
    }

    /// The probability of each place, from 0 for above everybody.
    fn places(&self, belief: &[f64]) -> Vec<f64> {
        let mut places = vec![0.0; self.others.len() + 1];
        for (own, probability) in self.grid.iter().zip(belief) {
            places[self.others.iter().filter(|(_, rating)| rating > own).count()] += probability;
        }
        places
    }

    fn place(&self, belief: &[f64]) -> Place {
        let places = self.places(belief);
        let likeliest = places.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0));
        let rating = self.grid.iter().zip(belief).map(|(rating, probability)| rating * probability).sum();
        let quantile = |share: f64| {
            let mut sum = 0.0;
            let at = belief.iter().position(|probability| {
                sum += probability;
                sum >= share
            });
            self.grid.get(at.unwrap_or(0)).copied().unwrap_or(START)
        };
        Place {
            place: likeliest.0 + 1,
            probability: likeliest.1,
            rating,
            low: quantile(0.025),
            high: quantile(0.975),
            settled: likeliest.1 >= self.plan.confidence,
        }
    }

    /// The bits that a result against a rating is expected to tell about the place.
    fn information(&self, belief: &[f64], rating: f64) -> f64 {
        let given = |won: bool| -> Vec<f64> {
            let chance = |own: &f64| if won { expected(*own, rating) } else { 1.0 - expected(*own, rating) };
            self.grid.iter().zip(belief).map(|(own, probability)| probability * chance(own)).collect()
        };
        let after: f64 = [true, false]
            .into_iter()
            .map(|won| {
                let joint = given(won);
                let share: f64 = joint.iter().sum();
                share * entropy(&self.places(&normal(joint)))
            })
            .sum();
        entropy(&self.places(belief)) - after
    }
}

/// The score that Elo expects of a player against another.
fn expected(own: f64, other: f64) -> f64 {
    1.0 / (1.0 + 10f64.powf((other - own) / SCALE))
}

/// Weights that add up to 1.
fn normal(mut weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= sum);
    }
    weights
}

fn entropy(probabilities: &[f64]) -> f64 {
    -probabilities.iter().filter(|p| **p > 0.0).map(|p| p * p.log2()).sum::<f64>()
}
