//! The table of a tournament: each player's results, and who beat whom.

use serde::{Deserialize, Serialize};

use crate::domain::tournament::book::{Book, End, Fixture};
use crate::domain::tournament::plan::{Kind, Tournament};

/// One player's results. Ties count half; matches without a score count for nobody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The player's place in the plan's list, from 0.
    pub player: usize,
    pub played: usize,
    pub wins: usize,
    pub ties: usize,
    pub losses: usize,
    /// Matches that came to no score: unrated or parked.
    pub without_score: usize,
    /// Rounds sat out, where that is a matter of luck: Swiss rounds and knock-outs.
    pub byes: usize,
    /// Scores added up, byes of a Swiss tournament among them.
    pub points: f64,
    /// Scores as proposition, out of so many matches.
    pub as_proposition: (f64, usize),
    pub as_opposition: (f64, usize),
}

/// What one player took from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Scores added up.
    pub score: f64,
    pub matches: usize,
}

/// The players, most points first; equal points by wins, then in the order of the plan.
#[must_use]
pub fn standings(tournament: &Tournament, book: &Book) -> Vec<Standing> {
    let mut standings: Vec<Standing> =
        (0..tournament.players.len()).map(|player| standing(tournament, book, player)).collect();
    standings.sort_by(|a, b| b.points.total_cmp(&a.points).then(b.wins.cmp(&a.wins)).then(a.player.cmp(&b.player)));
    standings
}

fn standing(tournament: &Tournament, book: &Book, player: usize) -> Standing {
    let mut standing = Standing { player, ..Standing::default() };
    for fixture in book.fixtures.iter().filter(|fixture| fixture.has(player)) {
        let Some((score, _)) = book.scored(fixture, player) else {
            standing.without_score += usize::from(book.ends.contains_key(&fixture.number));
            continue;
        };
        standing.played += 1;
        standing.points += score;
        let side =
            if fixture.proposition == player { &mut standing.as_proposition } else { &mut standing.as_opposition };
        side.0 += score;
        side.1 += 1;
        match score.total_cmp(&0.5) {
            std::cmp::Ordering::Greater => standing.wins += 1,
            std::cmp::Ordering::Equal => standing.ties += 1,
            std::cmp::Ordering::Less => standing.losses += 1,
        }
    }
    if let Kind::Swiss | Kind::KnockOut = tournament.kind {
        // In a knock-out who is out sits out no more: only the first round has byes.
        let rounds = if tournament.kind == Kind::Swiss { book.rounds() } else { book.rounds().min(1) };
        let sat_out = |round: &usize| book.byes(*round, tournament.players.len()).contains(&player);
        standing.byes = (0..rounds).filter(sat_out).count();
    }
    if tournament.kind == Kind::Swiss {
        standing.points = book.points(player, tournament);
    }
    standing
}

/// What each player took from each other, by their places in the plan's list: row against column.
#[must_use]
pub fn matrix(tournament: &Tournament, book: &Book) -> Vec<Vec<Cell>> {
    let players = tournament.players.len();
    let mut matrix = vec![vec![Cell::default(); players]; players];
    let scored = book.fixtures.iter().filter_map(|fixture| match book.ends.get(&fixture.number)? {
        End::Scored { score, .. } => Some((fixture, *score)),
        End::Unrated | End::Parked => None,
    });
    for (Fixture { proposition, opposition, .. }, score) in scored {
        for (row, column, score) in [(*proposition, *opposition, score), (*opposition, *proposition, 1.0 - score)] {
            let cell = &mut matrix[row][column];
            cell.score += score;
            cell.matches += 1;
        }
    }
    matrix
}
