//! The win matrix: what each player scored against each other, as it was counted.

use serde::{Deserialize, Serialize};

use crate::rating::counts::Counts;

/// What one player did to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Meeting {
    pub battles: u32,
    /// Weights.
    pub wins: f64,
    pub ties: f64,
    pub losses: f64,
}

impl Meeting {
    /// The share of points, a tie as half a win, 0 to 1; `None` if they never met.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        let weight = self.wins + self.ties + self.losses;
        (weight > 0.0).then(|| (self.wins + self.ties / 2.0) / weight)
    }

    /// Whether one won more against the other than it lost.
    #[must_use]
    pub fn is_ahead(&self) -> bool {
        self.wins > self.losses
    }

    fn add(&mut self, other: Meeting) {
        self.battles += other.battles;
        self.wins += other.wins;
        self.ties += other.ties;
        self.losses += other.losses;
    }

    fn mirrored(self) -> Meeting {
        Meeting { wins: self.losses, losses: self.wins, ..self }
    }
}

/// Each against each. Sides are added up.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    players: usize,
    meetings: Vec<Meeting>,
}

impl Matrix {
    #[must_use]
    pub fn of(counts: &Counts) -> Matrix {
        let players = counts.players();
        let mut matrix = Matrix { players, meetings: vec![Meeting::default(); players * players] };
        for cell in counts.cells() {
            let (first, second) = (cell.first as usize, cell.second as usize);
            let meeting = Meeting { battles: cell.battles, wins: cell.wins, ties: cell.ties, losses: cell.losses };
            matrix.meetings[first * players + second].add(meeting);
            matrix.meetings[second * players + first].add(meeting.mirrored());
        }
        matrix
    }

    #[must_use]
    pub fn players(&self) -> usize {
        self.players
    }

    /// What the first did to the second.
    #[must_use]
    pub fn meeting(&self, first: u32, second: u32) -> Meeting {
        self.meetings[first as usize * self.players + second as usize]
    }

    /// What a player did to all others together.
    #[must_use]
    pub fn total(&self, player: u32) -> Meeting {
        let own = &self.meetings[player as usize * self.players..(player as usize + 1) * self.players];
        let mut total = Meeting::default();
        own.iter().for_each(|meeting| total.add(*meeting));
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rating::results::{Battle, Proposition, Winner};

    #[test]
    fn a_matrix_adds_sides_up_and_mirrors() {
        let battles = [
            Battle { proposition: Proposition::First, ..Battle::new(0, 1, Winner::First) },
            Battle { proposition: Proposition::First, ..Battle::new(1, 0, Winner::First) },
            Battle::new(1, 0, Winner::Tie),
            Battle { weight: 3.0, ..Battle::new(0, 2, Winner::First) },
        ];
        let matrix = Matrix::of(&Counts::of_battles(3, &battles));
        assert_eq!(matrix.meeting(0, 1), Meeting { battles: 3, wins: 1.0, ties: 1.0, losses: 1.0 });
        assert_eq!(matrix.meeting(0, 1).score(), Some(0.5));
        assert_eq!(matrix.meeting(2, 0), Meeting { battles: 1, wins: 0.0, ties: 0.0, losses: 3.0 });
        assert_eq!(matrix.meeting(1, 2).score(), None);
        assert_eq!(matrix.total(0), Meeting { battles: 4, wins: 4.0, ties: 1.0, losses: 1.0 });
        assert!(matrix.meeting(0, 2).is_ahead() && !matrix.meeting(0, 1).is_ahead());
    }
}
