//! Swiss rounds: players of about the same points who have not met. Nobody sits out twice.

use std::collections::BTreeSet;

use crate::domain::tournament::book::{Book, pair};
use crate::domain::tournament::draw::Draw;
use crate::domain::tournament::pairing::PLAYERS;
use crate::domain::tournament::plan::{Sides, Tournament};

/// Steps after which the search for pairs gives up. A few thousand are enough for a hundred players.
const MOST_STEPS: usize = 1_000_000;
/// How far a player may lean to one side.
const MOST_LEANING: i64 = 2;

/// The pairs of the next round, the highest points first. Empty after the last round, or if everybody has met.
#[must_use]
pub fn pairs(tournament: &Tournament, book: &Book) -> Vec<(usize, usize)> {
    let players = tournament.players.len();
    if book.rounds() >= tournament.swiss_rounds() {
        return Vec::new();
    }
    let ranked = ranked(tournament, book);
    let leaning: Vec<i64> = (0..players).map(|player| book.leaning(player)).collect();
    let sits_out: BTreeSet<usize> = (0..book.rounds()).flat_map(|round| book.byes(round, players)).collect();
    let one_sided = tournament.sides() == Sides::Balanced && tournament.motions_per_meeting() % 2 == 1;
    // Sides may have to give way, the rule that nobody meets twice never.
    for strict in [true, false] {
        let search = Search { met: book.met(), leaning: &leaning, strict: strict && one_sided };
        let byes: Vec<Option<usize>> = if players.is_multiple_of(2) {
            vec![None]
        } else {
            ranked.iter().rev().copied().filter(|player| !sits_out.contains(player)).map(Some).collect()
        };
        for bye in byes {
            let field: Vec<usize> = ranked.iter().copied().filter(|player| Some(*player) != bye).collect();
            let mut steps = 0;
            if let Some(pairs) = search.pairs(&field, book.rounds() == 0, &mut steps) {
                return pairs;
            }
        }
    }
    Vec::new()
}

/// The players by points, equal ones in a drawn order.
fn ranked(tournament: &Tournament, book: &Book) -> Vec<usize> {
    let mut ranked = Draw::new(tournament.seed(), PLAYERS).order(tournament.players.len());
    let points: Vec<f64> = (0..ranked.len()).map(|player| book.points(player, tournament)).collect();
    ranked.sort_by(|a, b| points[*b].total_cmp(&points[*a]));
    ranked
}

struct Search<'a> {
    met: BTreeSet<(usize, usize)>,
    leaning: &'a [i64],
    /// Whether sides count.
    strict: bool,
}

impl Search<'_> {
    fn may_meet(&self, one: usize, other: usize) -> bool {
        let leaning = (self.leaning[one], self.leaning[other]);
        let leans_too_far = leaning.0 == leaning.1 && leaning.0.abs() >= MOST_LEANING;
        !(self.met.contains(&pair(one, other)) || self.strict && leans_too_far)
    }

    /// Pairs the first with the nearest it may meet, and the rest in the same way; goes back where that leads nowhere. In
    /// the first round, where all have the same points, the upper half meets the lower half.
    fn pairs(&self, field: &[usize], halves: bool, steps: &mut usize) -> Option<Vec<(usize, usize)>> {
        let Some((&first, rest)) = field.split_first() else { return Some(Vec::new()) };
        let from = if halves { rest.len() / 2 } else { 0 };
        for place in (from..rest.len()).chain(0..from) {
            *steps += 1;
            if *steps > MOST_STEPS {
                return None;
            }
            if !self.may_meet(first, rest[place]) {
                continue;
            }
            let others: Vec<usize> =
                rest.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, other)| *other).collect();
            if let Some(mut pairs) = self.pairs(&others, halves, steps) {
                pairs.insert(0, (first, rest[place]));
                return Some(pairs);
            }
        }
        None
    }
}
