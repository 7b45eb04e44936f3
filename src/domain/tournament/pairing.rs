//! The state machine of a tournament: from what has happened so far to the fixtures that are paired next.

use crate::domain::tournament::book::{Book, Fixture};
use crate::domain::tournament::draw::Draw;
use crate::domain::tournament::plan::{Kind, Sides, Tournament};
use crate::domain::tournament::{knock_out, newcomer, round_robin, swiss};

/// What a tournament needs now.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// These fixtures may start; they are never empty, and their numbers go on from those paired before.
    Pair(Vec<Fixture>),
    /// Matches are open whose results the next round depends on, or nothing but those is left.
    Wait,
    /// Everything was played, or the place of a newcomer is settled.
    Over,
}

/// What a tournament needs now. The same plan and book give the same answer.
#[must_use]
pub fn next(tournament: &Tournament, book: &Book) -> Next {
    if !book.is_settled() {
        return Next::Wait;
    }
    let fixtures = match tournament.kind {
        Kind::RoundRobin | Kind::DoubleRoundRobin | Kind::Qa if book.fixtures.is_empty() => {
            round_robin::fixtures(tournament)
        }
        Kind::RoundRobin | Kind::DoubleRoundRobin | Kind::Qa => Vec::new(),
        Kind::Swiss => round(tournament, book, &swiss::pairs(tournament, book)),
        Kind::KnockOut => round(tournament, book, &knock_out::pairs(tournament, book)),
        Kind::Newcomer => round(tournament, book, &newcomer::pairs(tournament, book)),
    };
    if fixtures.is_empty() { Next::Over } else { Next::Pair(fixtures) }
}

/// The most matches that a tournament can have; all but a newcomer's and a Swiss one that runs out of pairs have as many.
#[must_use]
pub fn most_matches(tournament: &Tournament) -> usize {
    let players = tournament.players.len();
    let meetings = match tournament.kind {
        Kind::RoundRobin | Kind::DoubleRoundRobin | Kind::Qa => players * players.saturating_sub(1) / 2,
        Kind::Swiss => tournament.swiss_rounds() * (players / 2),
        Kind::KnockOut => players.saturating_sub(1),
        Kind::Newcomer => tournament.newcomer.as_ref().map_or(0, |newcomer| newcomer.meetings),
    };
    meetings * tournament.matches_per_meeting()
}

/// The matches of one round between these pairs.
fn round(tournament: &Tournament, book: &Book, pairs: &[(usize, usize)]) -> Vec<Fixture> {
    let (round, all, some) = (book.rounds(), tournament.motions.len(), tournament.motions_per_meeting());
    // Which motion comes first is drawn, and each round goes on where the one before ended.
    let order = Draw::new(tournament.seed(), MOTIONS).order(all);
    let mut fixtures = Vec::new();
    for &(one, other) in pairs {
        let (first, second) = sides(tournament, book, one, other);
        for place in 0..some {
            let motion = order.get((round * some + place) % all.max(1)).copied().unwrap_or(0);
            let (proposition, opposition) = if place.is_multiple_of(2) { (first, second) } else { (second, first) };
            let mut add = |proposition, opposition| {
                let number = book.fixtures.len() + fixtures.len();
                fixtures.push(Fixture { number, round, motion, proposition, opposition });
            };
            add(proposition, opposition);
            if tournament.sides() == Sides::Both {
                add(opposition, proposition);
            }
        }
    }
    fixtures
}

/// Who is proposition first: who was less often, else who was not the last time, else who is drawn.
fn sides(tournament: &Tournament, book: &Book, one: usize, other: usize) -> (usize, usize) {
    let last = |player: usize| {
        book.fixtures.iter().rev().find(|f| f.has(player)).is_some_and(|fixture| fixture.proposition == player)
    };
    let key = |player: usize| (book.leaning(player), last(player));
    let drawn = || Draw::new(tournament.seed(), SIDES + book.rounds() as u64 * 4096 + one as u64).below(2) == 0;
    if key(one) < key(other) || (key(one) == key(other) && drawn()) { (one, other) } else { (other, one) }
}

/// The purposes of draws. Rounds and players are added to the last one.
pub(super) const MOTIONS: u64 = 1;
pub(super) const PLAYERS: u64 = 2;
const SIDES: u64 = 1 << 32;
