//! Cycles: players of which each beats the next, and the last the first, so that no ladder of single numbers tells the truth.

use serde::{Deserialize, Serialize};

use crate::rating::connectivity::{Arrows, strong_sets};
use crate::rating::matrix::Matrix;

/// One cycle, the shortest of its set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cycle {
    /// Each won more against the next than it lost, and the last against the first. It begins with the lowest number.
    pub players: Vec<u32>,
    /// All players of which each leads to each other by such wins.
    pub among: Vec<u32>,
    /// The least score of one player of the cycle against the next, above 0.5.
    pub least_score: f64,
    /// The least number of standard errors by which one is ahead of the next, as if ties and wins were independent: below
    /// about 2 the cycle may be chance.
    pub least_z: f64,
}

/// The shortest cycle of each set of players that beat each other in circles, the least doubtful first. A player beats another
/// that it won more against than it lost, by at least `least_z` standard errors.
#[must_use]
pub fn cycles(matrix: &Matrix, least_z: f64) -> Vec<Cycle> {
    let players = matrix.players() as u32;
    let pairs = (0..players).flat_map(|one| (0..players).map(move |other| (one, other)));
    let beats = |one: u32, other: u32| matrix.meeting(one, other).is_ahead() && ahead(matrix, one, other) >= least_z;
    let beats: Vec<(u32, u32)> = pairs.filter(|(one, other)| beats(*one, *other)).collect();
    let arrows = Arrows::of(players as usize, &beats);
    let (sets, set_of) = strong_sets(&arrows);
    let sets = sets.into_iter().enumerate().filter(|(_, set)| set.len() > 2);
    let cycle = |(number, among): (usize, Vec<u32>)| {
        let is_inside = |player: u32| set_of[player as usize] as usize == number;
        let shortest =
            among.iter().filter_map(|start| shortest(&arrows, *start, is_inside)).reduce(|best, other| {
                // Of equally short ones the least doubtful.
                let key = |cycle: &[u32]| (std::cmp::Reverse(cycle.len()), least(matrix, cycle, ahead));
                if key(&other) > key(&best) { other } else { best }
            })?;
        let least_score =
            least(matrix, &shortest, |matrix, one, other| matrix.meeting(one, other).score().unwrap_or(0.5));
        let least_z = least(matrix, &shortest, ahead);
        Some(Cycle { players: turned(shortest), among, least_score, least_z })
    };
    let mut cycles: Vec<Cycle> = sets.filter_map(cycle).collect();
    cycles.sort_by(|one, other| other.least_z.total_cmp(&one.least_z));
    cycles
}

/// `(wins − losses) / √(wins + losses)`.
fn ahead(matrix: &Matrix, one: u32, other: u32) -> f64 {
    let meeting = matrix.meeting(one, other);
    (meeting.wins - meeting.losses) / (meeting.wins + meeting.losses).sqrt()
}

fn least(matrix: &Matrix, cycle: &[u32], value: fn(&Matrix, u32, u32) -> f64) -> f64 {
    let next = cycle.iter().cycle().skip(1);
    cycle.iter().zip(next).map(|(one, other)| value(matrix, *one, *other)).fold(f64::INFINITY, f64::min)
}

/// The shortest way from a player back to itself within its set.
fn shortest(arrows: &Arrows, start: u32, is_inside: impl Fn(u32) -> bool) -> Option<Vec<u32>> {
    let mut before = vec![None; arrows.players()];
    let mut waiting = std::collections::VecDeque::from([start]);
    while let Some(player) = waiting.pop_front() {
        for next in arrows.from(player).iter().copied().filter(|next| is_inside(*next)) {
            if next == start {
                let mut way = vec![player];
                while let Some(earlier) = way.last().and_then(|last| before[*last as usize]) {
                    way.push(earlier);
                }
                way.reverse();
                return Some(way);
            }
            if before[next as usize].is_none() {
                before[next as usize] = Some(player);
                waiting.push_back(next);
            }
        }
    }
    None
}

fn turned(mut cycle: Vec<u32>) -> Vec<u32> {
    let first = cycle.iter().enumerate().min_by_key(|(_, player)| **player).map_or(0, |(place, _)| place);
    cycle.rotate_left(first);
    cycle
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rating::counts::Counts;
    use crate::rating::results::{Battle, Winner};

    fn found(players: usize, battles: &[(u32, u32, usize)], least_z: f64) -> Vec<Cycle> {
        let battles: Vec<Battle> = battles
            .iter()
            .flat_map(|(winner, loser, times)| vec![Battle::new(*winner, *loser, Winner::First); *times])
            .collect();
        cycles(&Matrix::of(&Counts::of_battles(players, &battles)), least_z)
    }

    #[test]
    fn rock_paper_and_scissors_are_a_cycle_and_a_ladder_has_none() {
        let cycle = &found(4, &[(2, 1, 9), (1, 2, 1), (1, 3, 8), (3, 2, 7), (0, 1, 5), (0, 2, 5)], 0.0)[0];
        assert_eq!((cycle.players.as_slice(), cycle.among.as_slice()), ([1, 3, 2].as_slice(), [1, 2, 3].as_slice()));
        assert!((cycle.least_score - 0.9).abs() < 1e-12, "{cycle:?}");
        assert!((cycle.least_z - 8.0 / 10f64.sqrt()).abs() < 1e-12, "{cycle:?}");
        assert_eq!(found(3, &[(0, 1, 2), (1, 2, 2), (0, 2, 1)], 0.0), []);
        assert_eq!(
            found(3, &[(0, 1, 3), (1, 2, 3), (2, 0, 3)], 2.0),
            [],
            "three wins of three are 1.7 standard errors"
        );
    }

    #[test]
    fn the_shortest_cycle_of_a_larger_set_is_named() {
        let cycles = found(5, &[(0, 1, 1), (1, 2, 1), (2, 3, 1), (3, 4, 1), (4, 0, 1), (3, 1, 1)], 0.0);
        assert_eq!(cycles.len(), 1);
        assert_eq!((cycles[0].players.as_slice(), cycles[0].among.len()), ([1, 2, 3].as_slice(), 5));
    }
}
