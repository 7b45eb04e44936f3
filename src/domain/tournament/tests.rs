//! Schedules hold what they promise, whatever the number of players and the results.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::domain::tournament::book::{Book, End, Fixture};
use crate::domain::tournament::draw::Draw;
use crate::domain::tournament::knock_out::champion;
use crate::domain::tournament::newcomer::{self, place};
use crate::domain::tournament::pairing::{Next, most_matches, next};
use crate::domain::tournament::plan::{Kind, NewcomerPlan, Sides, Tournament};
use crate::domain::tournament::standings::{matrix, standings};

/// A plan of so many players and motions.
pub fn tournament(kind: Kind, players: usize, motions: usize) -> Tournament {
    let players = (0..players).map(|player| format!("p{player}")).collect();
    let motions = (0..motions).map(|motion| format!("m{motion}")).collect();
    Tournament { name: "cup".to_owned(), seed: Some(7), ..Tournament::of(kind, players, motions) }
}

/// Plays a tournament to its end; what a match comes to is drawn from a seed and its number.
fn play(tournament: &Tournament, results: u64) -> Book {
    play_with(tournament, |fixture| match Draw::new(results, fixture.number as u64).below(8) {
        0..=2 => End::Scored { score: 1.0, probability: 0.7 },
        3..=5 => End::Scored { score: 0.0, probability: 0.2 },
        6 => End::Scored { score: 0.5, probability: 0.5 },
        _ if fixture.number.is_multiple_of(2) => End::Unrated,
        _ => End::Parked,
    })
}

fn play_with(tournament: &Tournament, end: impl Fn(&Fixture) -> End) -> Book {
    assert_eq!(tournament.problem(), None);
    let mut book = Book::default();
    loop {
        match next(tournament, &book) {
            Next::Pair(fixtures) => {
                assert!(!fixtures.is_empty());
                book.fixtures.extend(&fixtures);
                assert_eq!(next(tournament, &book), Next::Wait);
                book.ends.extend(fixtures.iter().map(|fixture| (fixture.number, end(fixture))));
            }
            Next::Wait => panic!("nothing is open"),
            Next::Over => break,
        }
    }
    assert!(book.fixtures.iter().enumerate().all(|(place, fixture)| fixture.number == place));
    assert!(book.fixtures.len() <= most_matches(tournament));
    book
}

/// How often each pair met, whoever stood on which side.
fn meetings(book: &Book) -> BTreeMap<(usize, usize), usize> {
    let mut meetings = BTreeMap::new();
    book.fixtures.iter().for_each(|fixture| *meetings.entry(fixture.pair()).or_default() += 1);
    meetings
}

fn nobody_plays_twice_in_a_round(book: &Book) {
    for round in 0..book.rounds() {
        let mut seen = BTreeSet::new();
        for fixture in book.of_round(round) {
            assert!(seen.insert(fixture.proposition) && seen.insert(fixture.opposition), "round {round}");
        }
    }
}

#[test]
fn four_players_meet_in_three_rounds_of_two() {
    let book = play(&tournament(Kind::RoundRobin, 4, 1), 1);
    assert_eq!((book.fixtures.len(), book.rounds()), (6, 3));
    assert!((0..3).all(|round| book.of_round(round).count() == 2));
}

#[test]
fn a_hundred_players_are_paired_as_a_few_are() {
    for players in [100, 101] {
        let plan = tournament(Kind::Swiss, players, 2);
        let book = play(&plan, 3);
        assert_eq!((book.rounds(), book.fixtures.len()), (7, 7 * 50));
        assert!(meetings(&book).values().all(|count| *count == 1));
    }
}

#[test]
fn another_seed_draws_another_schedule() {
    for kind in [Kind::RoundRobin, Kind::Swiss] {
        let drawn = |seed| play(&Tournament { seed: Some(seed), ..tournament(kind, 8, 2) }, 1).fixtures;
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
    }
}

#[test]
fn the_best_seeds_sit_out_the_first_round_and_meet_in_the_last() {
    let plan = tournament(Kind::KnockOut, 6, 1);
    // The better seed always wins.
    let book = play_with(&plan, |fixture| {
        let score = f64::from(u8::from(fixture.proposition < fixture.opposition));
        End::Scored { score, probability: score }
    });
    assert_eq!(book.byes(0, 6), [0, 1]);
    let last = book.fixtures.last().unwrap();
    assert_eq!((last.pair(), book.rounds()), ((0, 1), 3));
    assert_eq!(champion(&plan, &book), Some(0));
    assert_eq!(standings(&plan, &book)[0].byes, 1);
}

#[test]
fn a_knock_out_that_is_tied_goes_by_probability_and_then_by_seed() {
    let plan = tournament(Kind::KnockOut, 2, 1);
    let champion_of = |end: fn(&Fixture) -> End| champion(&plan, &play_with(&plan, end));
    let leaning = |fixture: &Fixture| {
        let probability = if fixture.proposition == 1 { 0.52 } else { 0.48 };
        End::Scored { score: 0.5, probability }
    };
    assert_eq!(champion_of(leaning), Some(1));
    assert_eq!(champion_of(|_| End::Parked), Some(0));
}

fn newcomer_among(ratings: &[f64]) -> Tournament {
    let plan = tournament(Kind::Newcomer, ratings.len() + 1, 3);
    let ratings = plan.players.iter().zip(ratings).map(|(name, rating)| (name.clone(), *rating)).collect();
    let player = plan.players.last().unwrap().clone();
    Tournament { newcomer: Some(NewcomerPlan { player, confidence: 0.9, meetings: 40, ratings }), ..plan }
}

#[test]
fn a_newcomer_first_meets_who_tells_most_and_stops_when_its_place_is_settled() {
    let plan = newcomer_among(&[600.0, 1000.0, 1400.0]);
    let Next::Pair(first) = next(&plan, &Book::default()) else { panic!("nobody to meet") };
    assert!(first[0].has(1), "the one in the middle: {first:?}");
    // It beats everybody.
    let book = play_with(&plan, |fixture| {
        let score = f64::from(u8::from(fixture.proposition == 3));
        End::Scored { score, probability: score }
    });
    let found = place(&plan, &book).unwrap();
    assert!(found.settled && found.place == 1 && found.rating > 1400.0, "{found:?}");
    assert!(book.fixtures.len() < 20, "{}", book.fixtures.len());
    assert!(book.fixtures.last().unwrap().has(2), "the last to be beaten is the best");
}

#[test]
fn a_place_that_cannot_be_settled_ends_with_the_meetings() {
    let plan = newcomer_among(&[1000.0, 1010.0]);
    let book = play_with(&plan, |_| End::Scored { score: 0.5, probability: 0.5 });
    assert_eq!(book.fixtures.len(), 40);
    let found = place(&plan, &book).unwrap();
    assert!(!found.settled && (found.rating - 1005.0).abs() < 5.0 && found.low < 1000.0, "{found:?}");
    assert!(newcomer::place(&tournament(Kind::Swiss, 3, 1), &book).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn in_a_round_robin_everybody_meets_everybody_and_sides_are_balanced(
        players in 2usize..14, motions in 1usize..4, seed: u64
    ) {
        let plan = Tournament { seed: Some(seed), ..tournament(Kind::RoundRobin, players, motions) };
        let book = play(&plan, seed);
        nobody_plays_twice_in_a_round(&book);
        prop_assert_eq!(book.fixtures.len(), most_matches(&plan));
        let meetings = meetings(&book);
        prop_assert_eq!(meetings.len(), players * (players - 1) / 2);
        prop_assert!(meetings.values().all(|count| *count == motions));
        let debated: BTreeSet<_> = book.fixtures.iter().map(|fixture| (fixture.pair(), fixture.motion)).collect();
        prop_assert_eq!(debated.len(), book.fixtures.len(), "no pair debates a motion twice");
        prop_assert!((0..players).all(|player| book.leaning(player).abs() <= 1));
        for round in 0..book.rounds() {
            prop_assert_eq!(book.byes(round, players).len(), players % 2);
        }
    }

    #[test]
    fn in_a_double_round_robin_every_ordered_pair_meets_on_every_motion(players in 2usize..10, motions in 1usize..4) {
        let plan = tournament(Kind::DoubleRoundRobin, players, motions);
        let book = play(&plan, 1);
        nobody_plays_twice_in_a_round(&book);
        let ordered: BTreeSet<_> = book.fixtures.iter().map(|f| (f.proposition, f.opposition, f.motion)).collect();
        prop_assert_eq!(ordered.len(), book.fixtures.len());
        prop_assert_eq!(ordered.len(), players * (players - 1) * motions);
        prop_assert!((0..players).all(|player| book.leaning(player) == 0));
    }

    #[test]
    fn in_a_swiss_tournament_nobody_meets_twice_or_sits_out_twice(
        players in 2usize..34, results: u64, seed: u64
    ) {
        let plan = Tournament { seed: Some(seed), ..tournament(Kind::Swiss, players, 3) };
        let book = play(&plan, results);
        nobody_plays_twice_in_a_round(&book);
        prop_assert_eq!(book.rounds(), (players as f64).log2().ceil() as usize);
        prop_assert!(meetings(&book).values().all(|count| *count == 1));
        prop_assert_eq!(book.fixtures.len(), most_matches(&plan));
        let standings = standings(&plan, &book);
        prop_assert!(standings.iter().all(|standing| standing.byes <= 1));
        prop_assert!((0..players).all(|player| book.leaning(player).abs() <= 2), "sides");
    }

    #[test]
    fn swiss_rounds_pair_neighbours_by_points(players in 4usize..20, results: u64) {
        let plan = tournament(Kind::Swiss, players, 1);
        let book = play(&plan, results);
        // Before the second round nobody is more than a point ahead of the opponent.
        let first = Book { fixtures: book.of_round(0).copied().collect(), ends: book.ends.clone() };
        for fixture in book.of_round(1) {
            let points = |player| first.points(player, &plan);
            prop_assert!((points(fixture.proposition) - points(fixture.opposition)).abs() <= 1.0);
        }
    }

    #[test]
    fn a_knock_out_puts_one_player_out_in_each_meeting(players in 2usize..34, motions in 1usize..4, results: u64) {
        let plan = Tournament {
            motions_per_meeting: Some(motions),
            sides: (results.is_multiple_of(2)).then_some(Sides::Both),
            ..tournament(Kind::KnockOut, players, motions)
        };
        let book = play(&plan, results);
        prop_assert_eq!(meetings(&book).len(), players - 1);
        prop_assert_eq!(book.fixtures.len(), most_matches(&plan));
        let champion = champion(&plan, &book).unwrap();
        prop_assert!(book.of_round(book.rounds() - 1).all(|fixture| fixture.has(champion)));
        for round in 0..book.rounds() {
            let pairs: BTreeSet<_> = book.of_round(round).map(Fixture::pair).collect();
            let mut seen = BTreeSet::new();
            prop_assert!(pairs.iter().all(|(one, other)| seen.insert(*one) && seen.insert(*other)));
        }
    }

    #[test]
    fn what_players_take_from_each_other_adds_up(players in 2usize..9, results: u64) {
        let plan = tournament(Kind::RoundRobin, players, 2);
        let book = play(&plan, results);
        let (standings, matrix) = (standings(&plan, &book), matrix(&plan, &book));
        for standing in &standings {
            let row = &matrix[standing.player];
            prop_assert!((row.iter().map(|cell| cell.score).sum::<f64>() - standing.points).abs() < 1e-9);
            prop_assert_eq!(row.iter().map(|cell| cell.matches).sum::<usize>(), standing.played);
            prop_assert_eq!(standing.wins + standing.ties + standing.losses, standing.played);
            prop_assert_eq!(standing.played + standing.without_score, (players - 1) * 2);
        }
        prop_assert!(standings.is_sorted_by(|a, b| a.points >= b.points));
    }
}
