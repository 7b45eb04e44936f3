//! Everybody meets everybody: rounds by the circle method (Kirkman 1847), sides by the rotational tournament.
//!
//! In a rotational tournament of an odd number of places `n`, place `i` is proposition against `j` if `(j - i) mod n` is at
//! most `(n - 1) / 2`. Everybody is then as often proposition as opposition; with one place left empty it is off by one.

use crate::domain::tournament::book::Fixture;
use crate::domain::tournament::draw::Draw;
use crate::domain::tournament::pairing::PLAYERS;
use crate::domain::tournament::plan::{Sides, Tournament};

/// Every match. Nobody plays twice in a round, and with an odd number of players each sits out as often.
#[must_use]
pub fn fixtures(tournament: &Tournament) -> Vec<Fixture> {
    let order = Draw::new(tournament.seed(), PLAYERS).order(tournament.players.len());
    let rounds = circle(order.len());
    let both = tournament.sides() == Sides::Both;
    let legs = if both { 2 } else { 1 };
    let mut fixtures = Vec::new();
    for cycle in 0..tournament.motions_per_meeting() * legs {
        for (turn, pairs) in rounds.iter().enumerate() {
            for &(one, other) in pairs {
                let (first, second) = if precedes(one, other, order.len()) { (one, other) } else { (other, one) };
                // Every other cycle swaps the sides, so that both legs, and two motions, balance each pair.
                let (first, second) = if cycle.is_multiple_of(2) { (first, second) } else { (second, first) };
                fixtures.push(Fixture {
                    number: fixtures.len(),
                    round: cycle * rounds.len() + turn,
                    motion: (cycle / legs + turn) % tournament.motions.len().max(1),
                    proposition: order[first],
                    opposition: order[second],
                });
            }
        }
    }
    fixtures
}

/// Rounds of pairs of places, so that every pair meets once.
fn circle(players: usize) -> Vec<Vec<(usize, usize)>> {
    let places = players + players % 2;
    let turning = places.saturating_sub(1);
    let round = |turn: usize| {
        let at = |place: usize| if place == turning { turning } else { (place + turn) % turning };
        let pairs = (0..places / 2).map(move |place| (at(place), at(turning - place)));
        pairs.filter(|(one, other)| *one < players && *other < players).collect()
    };
    (0..turning).map(round).collect()
}

/// Whether a place is proposition against another in a rotational tournament.
fn precedes(one: usize, other: usize, players: usize) -> bool {
    let places = players + 1 - players % 2;
    (other + places - one) % places <= places / 2
}
