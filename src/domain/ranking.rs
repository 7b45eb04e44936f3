//! Debates of more than two teams. A judge compares each two of them by what these two said, and their order follows from
//! all comparisons. Two seats need none of it: their order is the verdict.

use serde::{Deserialize, Serialize};

use crate::domain::format::SeatPlan;
use crate::domain::opening::Opening;
use crate::domain::seat::{Seat, Side};
use crate::domain::speech::Speech;
use crate::domain::verdict::Style;

/// How two seats compared. The first of them stands where a ballot says proposition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    pub between: [Seat; 2],
    /// `None` is a tie.
    pub winner: Option<Side>,
    /// Probability that the first won, 0 to 1.
    pub probability: f64,
}

/// A team in the order of its debate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    pub seat: Seat,
    /// The seat's name in the format.
    pub name: String,
    pub side: Side,
    pub player: String,
    pub version: String,
    /// From 1. Teams that cannot be told apart share a place.
    pub place: usize,
    /// Comparisons won by all judges together, a tie as half of one.
    pub points: f64,
    /// Probabilities of winning them, added up.
    pub expected: f64,
    pub style: Style,
}

/// Every two seats of a format, the proposition's first where only one of them is the proposition's.
#[must_use]
pub fn pairings(seats: &[SeatPlan]) -> Vec<[Seat; 2]> {
    let mut pairs = Vec::new();
    for (first, plan) in seats.iter().enumerate() {
        for (second, other) in seats.iter().enumerate().skip(first + 1) {
            let turned = plan.side == Side::Opposition && other.side == Side::Proposition;
            pairs.push(if turned { [Seat(second), Seat(first)] } else { [Seat(first), Seat(second)] });
        }
    }
    pairs
}

/// The teams of a debate before anybody compared them: all of them share the first place.
#[must_use]
pub fn teams<'a>(opening: &Opening, speeches: impl Iterator<Item = &'a Speech> + Clone) -> Vec<Placed> {
    let team = |participant: &crate::domain::opening::Participant| Placed {
        seat: participant.seat,
        name: opening.seat_name(participant.seat).to_owned(),
        side: participant.side,
        player: participant.player.clone(),
        version: participant.version.0.clone(),
        place: 1,
        points: 0.0,
        expected: 0.0,
        style: Style::added(speeches.clone().filter(|speech| speech.seat == participant.seat)),
    };
    opening.participants.iter().map(team).collect()
}

/// The teams in the order in which the comparisons put them, the best first: by comparisons won, then by how surely.
#[must_use]
pub fn ranked(mut teams: Vec<Placed>, comparisons: &[Comparison]) -> Vec<Placed> {
    for team in &mut teams {
        (team.points, team.expected) = (0.0, 0.0);
        for comparison in comparisons {
            let [first, second] = comparison.between;
            let (own, expected) = match team.seat {
                seat if seat == first => (Side::Proposition, comparison.probability),
                seat if seat == second => (Side::Opposition, 1.0 - comparison.probability),
                _ => continue,
            };
            team.points += comparison.winner.map_or(0.5, |winner| if winner == own { 1.0 } else { 0.0 });
            team.expected += expected;
        }
    }
    let strength = |team: &Placed| (team.points, (team.expected * 1e9).round());
    teams.sort_by(|one, other| {
        let ((points, expected), (others, other_expected)) = (strength(one), strength(other));
        others.total_cmp(&points).then(other_expected.total_cmp(&expected))
    });
    let mut place = 1;
    for at in 0..teams.len() {
        if at > 0 && strength(&teams[at]) != strength(&teams[at - 1]) {
            place = at + 1;
        }
        teams[at].place = place;
    }
    teams
}

/// Every two teams of a ranking, and the first one's score against the second: 1, or 0.5 where they share a place.
pub fn meetings(ranking: &[Placed]) -> impl Iterator<Item = (&Placed, &Placed, f64)> {
    ranking.iter().enumerate().flat_map(|(at, above)| {
        ranking[at + 1..].iter().map(move |below| (above, below, if above.place == below.place { 0.5 } else { 1.0 }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample;

    fn seats() -> Vec<SeatPlan> {
        let seat = |name: &str, side| SeatPlan { name: name.to_owned(), side, task: String::new() };
        vec![
            seat("a", Side::Proposition),
            seat("b", Side::Opposition),
            seat("c", Side::Proposition),
            seat("d", Side::Opposition),
        ]
    }

    fn four() -> Vec<Placed> {
        let mut opening = sample::opening();
        opening.format.seats = seats();
        opening.participants = seats()
            .iter()
            .enumerate()
            .map(|(at, plan)| crate::domain::opening::Participant {
                seat: Seat(at),
                ..sample::participant(plan.side, &format!("team {}", plan.name))
            })
            .collect();
        teams(&opening, std::iter::empty())
    }

    fn order(comparisons: &[Comparison]) -> Vec<(String, usize)> {
        ranked(four(), comparisons).into_iter().map(|team| (team.name, team.place)).collect()
    }

    fn compared(first: usize, second: usize, probability: f64) -> Comparison {
        let winner = match probability {
            p if p > 0.5 => Some(Side::Proposition),
            p if p < 0.5 => Some(Side::Opposition),
            _ => None,
        };
        Comparison { between: [Seat(first), Seat(second)], winner, probability }
    }

    #[test]
    fn every_two_seats_are_compared_once_and_the_proposition_stands_first() {
        let pairs: Vec<[usize; 2]> = pairings(&seats()).iter().map(|pair| pair.map(|seat| seat.0)).collect();
        assert_eq!(pairs, [[0, 1], [0, 2], [0, 3], [2, 1], [1, 3], [2, 3]]);
    }

    #[test]
    fn who_wins_more_comparisons_stands_above_and_certainty_breaks_ties() {
        let won = [
            compared(0, 1, 0.6),
            compared(0, 2, 0.4),
            compared(0, 3, 0.95),
            compared(2, 1, 0.3),
            compared(1, 3, 0.8),
            compared(2, 3, 0.7),
        ];
        let names = [("a", 1), ("b", 2), ("c", 3), ("d", 4)];
        assert_eq!(order(&won), names.map(|(name, place)| (name.to_owned(), place)));
    }

    #[test]
    fn teams_that_cannot_be_told_apart_share_a_place() {
        let even = [compared(0, 1, 0.5), compared(2, 3, 0.9)];
        let names = [("c", 1), ("a", 2), ("b", 2), ("d", 4)];
        assert_eq!(order(&even), names.map(|(name, place)| (name.to_owned(), place)));
        assert_eq!(order(&[]).iter().map(|(_, place)| *place).collect::<Vec<_>>(), [1, 1, 1, 1]);
    }

    #[test]
    fn a_ranking_of_four_is_six_meetings_that_the_upper_team_won_or_shared() {
        let ranking = ranked(four(), &[compared(0, 1, 0.5), compared(2, 3, 0.9)]);
        let scores: Vec<f64> = meetings(&ranking).map(|(.., score)| score).collect();
        assert_eq!(scores, [1.0, 1.0, 1.0, 0.5, 1.0, 1.0]);
    }
}
