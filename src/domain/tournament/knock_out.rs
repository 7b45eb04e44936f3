//! A knock-out: the usual bracket, in which the best seeds meet last and sit out the first round where there are byes.

use crate::domain::tournament::book::Book;
use crate::domain::tournament::plan::Tournament;

/// The pairs of the next round, in the order of the bracket. Empty when one player is left.
#[must_use]
pub fn pairs(tournament: &Tournament, book: &Book) -> Vec<(usize, usize)> {
    let left = left(tournament, book);
    left.chunks(2).filter_map(|places| Some((places.first().copied()??, places.get(1).copied()??))).collect()
}

/// Who has won the last meeting; `None` before that.
#[must_use]
pub fn champion(tournament: &Tournament, book: &Book) -> Option<usize> {
    let left = left(tournament, book);
    (left.len() == 1 && book.is_settled()).then(|| left.first().copied().flatten()).flatten()
}

/// The bracket after the rounds that were paired: who is in the next one, `None` for an empty place.
fn left(tournament: &Tournament, book: &Book) -> Vec<Option<usize>> {
    let mut left = bracket(tournament.players.len());
    for round in 0..book.rounds() {
        let winner = |places: &[Option<usize>]| match (places.first().copied()?, places.get(1).copied()?) {
            (Some(one), Some(other)) => Some(winner(book, round, one, other)),
            (one, other) => one.or(other),
        };
        left = left.chunks(2).map(winner).collect();
    }
    left
}

/// Seeds in the order of the bracket: in every round the sum of two seeds that meet is the same.
fn bracket(players: usize) -> Vec<Option<usize>> {
    let mut seeds = vec![0];
    while seeds.len() < players {
        let size = seeds.len() * 2;
        seeds = seeds.into_iter().flat_map(|seed| [seed, size - 1 - seed]).collect();
    }
    seeds.into_iter().map(|seed| (seed < players).then_some(seed)).collect()
}

/// Who goes on: the higher score of the meeting, else the higher probability, else the better seed.
fn winner(book: &Book, round: usize, one: usize, other: usize) -> usize {
    let of = |player: usize| {
        let played = book.of_round(round).filter(|fixture| fixture.has(one) && fixture.has(other));
        let scored = played.filter_map(|fixture| book.scored(fixture, player));
        scored.fold((0.0, 0.0), |(score, probability), next| (score + next.0, probability + next.1))
    };
    let (mine, theirs) = (of(one), of(other));
    match mine.0.total_cmp(&theirs.0).then(mine.1.total_cmp(&theirs.1)) {
        std::cmp::Ordering::Greater => one,
        std::cmp::Ordering::Less => other,
        std::cmp::Ordering::Equal => one.min(other),
    }
}
