//! What a fit must find, and what it must not claim.

use proptest::prelude::*;

use super::*;
use crate::rating::results::{Battle, Names, Proposition, Results, Winner};
use crate::rating::simulation::{World, rms};

use Winner::{First, Second, Tie};

fn plain() -> Options {
    Options::default()
}

fn counts(players: usize, battles: &[(u32, u32, Winner)]) -> Counts {
    let battles: Vec<Battle> = battles.iter().map(|(one, other, winner)| Battle::new(*one, *other, *winner)).collect();
    Counts::of_battles(players, &battles)
}

fn close(found: &[Option<f64>], wanted: &[f64], within: f64) {
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found.unwrap() - wanted).abs() < within, "{found:?} {wanted}");
    }
}

#[test]
fn three_wins_to_one_are_the_logarithm_of_three() {
    let fit = fit(&counts(2, &[(0, 1, First), (0, 1, First), (1, 0, Second), (0, 1, Second)]), &plain()).unwrap();
    let half = POINTS * 3f64.ln() / 2.0;
    close(&fit.ratings(), &[1000.0 + half, 1000.0 - half], 1e-6);
    assert!((fit.expected(0, 1).unwrap() - 0.75).abs() < 1e-9);
    assert!(fit.gradient <= 1e-10 && fit.iterations < 10, "{} {}", fit.gradient, fit.iterations);
}

#[test]
fn rock_paper_and_scissors_are_equal() {
    let fit = fit(&counts(3, &[(0, 1, First), (1, 2, First), (2, 0, First)]), &plain()).unwrap();
    close(&fit.ratings(), &[1000.0; 3], 1e-9);
}

#[test]
fn a_player_that_only_won_has_no_rating_and_pulls_nobody() {
    let among = [(0, 1, First), (0, 1, First), (0, 1, Second), (1, 2, Tie), (2, 0, Second)];
    let mut with = among.to_vec();
    with.extend([(3, 0, First), (3, 1, First), (2, 3, Second)]);
    let (alone, with) = (fit(&counts(3, &among), &plain()).unwrap(), counts(4, &with));
    let free = fit(&with, &plain()).unwrap();
    assert_eq!(free.ratings()[..3].len(), 3);
    for player in 0..3 {
        assert!((free.rating(player).unwrap() - alone.rating(player).unwrap()).abs() < 1e-6);
    }
    assert_eq!((free.rating(3), free.connectivity.standing[3]), (None, Standing::Above));
    let held = fit(&with, &Options { prior: 0.5, ..plain() }).unwrap();
    assert!(held.rating(3).unwrap() > held.rating(0).unwrap());
    assert_eq!(held.connectivity.standing[3], Standing::Above, "a prior gives a point and takes no doubt away");
}

#[test]
fn groups_that_nothing_links_are_rated_each_by_itself_and_never_compared() {
    let battles = [(0, 1, First), (0, 1, First), (0, 1, Second), (2, 3, Tie)];
    let fit = fit(&counts(4, &battles), &plain()).unwrap();
    let half = POINTS * 2f64.ln() / 2.0;
    close(&fit.ratings(), &[1000.0 + half, 1000.0 - half, 1000.0, 1000.0], 1e-6);
    assert_eq!(fit.expected(0, 2), None);
    assert_eq!(fit.connectivity.groups, [[0, 1], [2, 3]]);
}

#[test]
fn ties_only_make_all_equal_and_leave_davidson_without_a_fit() {
    let counts = counts(3, &[(0, 1, Tie), (1, 2, Tie), (2, 0, Tie)]);
    close(&fit(&counts, &plain()).unwrap().ratings(), &[1000.0; 3], 1e-9);
    let error = fit(&counts, &Options { ties: Ties::Davidson, ..plain() }).unwrap_err();
    assert_eq!(error, FitError::OnlyTies);
}

#[test]
fn what_bounds_nothing_is_no_fit() {
    assert_eq!(fit(&counts(2, &[]), &plain()).unwrap_err(), FitError::NoResults);
    assert_eq!(fit(&counts(2, &[(0, 1, First)]), &plain()).unwrap_err(), FitError::NothingBounded);
    let anchor = Anchor::Player { player: 2, rating: 1200.0 };
    let battles = [(0, 1, First), (0, 1, Second), (2, 1, First)];
    assert_eq!(fit(&counts(3, &battles), &Options { anchor, ..plain() }).unwrap_err(), FitError::AnchorUnbounded);
    assert!(matches!(
        fit(&counts(2, &battles[..2]), &Options { prior: f64::NAN, ..plain() }),
        Err(FitError::BadPrior { .. })
    ));
}

#[test]
fn a_side_that_always_won_is_no_advantage_that_can_be_told() {
    let battle = |first, second| Battle { proposition: Proposition::First, ..Battle::new(first, second, First) };
    let counts = Counts::of_battles(2, &[battle(0, 1), battle(1, 0), battle(0, 1)]);
    assert_eq!(fit(&counts, &plain()).unwrap_err(), FitError::SideUnbounded);
    let without = fit(&counts, &Options { side: false, ..plain() }).unwrap();
    assert!((without.expected(0, 1).unwrap() - 2.0 / 3.0).abs() < 1e-9);
    assert!(fit(&counts, &Options { prior: 0.5, ..plain() }).unwrap().side_points().unwrap() > 0.0);
}

#[test]
fn a_side_that_nobody_left_cannot_be_told_from_strength() {
    let battle =
        |first, second, winner| Battle { proposition: Proposition::First, ..Battle::new(first, second, winner) };
    let mut battles = vec![battle(0, 1, First), battle(0, 1, Second), battle(0, 1, First), battle(0, 2, Tie)];
    let stayed = fit(&Counts::of_battles(3, &battles), &plain()).unwrap();
    assert_eq!(stayed.side, None);
    let without = fit(&Counts::of_battles(3, &battles), &Options { side: false, ..plain() }).unwrap();
    assert_eq!(stayed.ratings(), without.ratings());
    battles.push(battle(1, 0, First));
    assert!(fit(&Counts::of_battles(3, &battles), &plain()).unwrap().side.is_some());
}

#[test]
fn ties_within_a_core_and_wins_over_others_leave_davidson_without_a_fit() {
    let counts = counts(3, &[(0, 1, Tie), (2, 0, First), (2, 1, First)]);
    let davidson = Options { ties: Ties::Davidson, ..plain() };
    assert_eq!(fit(&counts, &davidson).unwrap_err(), FitError::OnlyTies);
    assert!(fit(&counts, &Options { prior: 0.5, ..davidson }).is_ok());
}

#[test]
fn planted_strengths_and_the_advantage_of_a_side_are_found() {
    let world = World { side: Some(40.0), ..World::ladder(12, 40.0, 3) };
    let counts = Counts::of_battles(12, &world.battles(60_000));
    let sided = fit(&counts, &plain()).unwrap();
    // A player has 10,000 battles with information of about a fifth each: 400 / ln 10 / sqrt(2000) is 4 points.
    assert!(rms(&sided.ratings(), &world.strengths) < 6.0, "{}", rms(&sided.ratings(), &world.strengths));
    assert!((sided.side_points().unwrap() - 40.0).abs() < 6.0, "{:?}", sided.side_points());
}

#[test]
fn davidson_recovers_strengths_among_ties_where_half_wins_are_biased() {
    // Over this ladder it makes a good quarter of the battles ties.
    let world = World { ties: 0.85, ..World::ladder(10, 60.0, 5) };
    let battles = world.battles(60_000);
    let ties = battles.iter().filter(|battle| battle.winner == Tie).count() as f64 / battles.len() as f64;
    let counts = Counts::of_battles(10, &battles);
    let davidson = fit(&counts, &Options { ties: Ties::Davidson, ..plain() }).unwrap();
    let half = fit(&counts, &plain()).unwrap();
    let (by_davidson, by_half) = (rms(&davidson.ratings(), &world.strengths), rms(&half.ratings(), &world.strengths));
    println!("{:.1} % ties: RMS error {by_davidson:.1} by Davidson, {by_half:.1} by half wins", 100.0 * ties);
    assert!((0.24..0.28).contains(&ties));
    assert!(by_davidson < 6.0 && by_half > 25.0, "{by_davidson} {by_half}");
    assert!((davidson.tie.unwrap() - 0.85).abs() < 0.05, "{:?}", davidson.tie);
}

#[test]
fn style_takes_what_length_wins_off_the_strengths() {
    // The second player is no stronger: it writes more, and more wins three times in four.
    let names: Names = ["terse", "wordy"].into_iter().collect();
    let mut results = Results::new(names, &["length"]);
    for (longer, winner, times) in [(1.0, First, 30), (1.0, Second, 10), (-1.0, First, 75), (-1.0, Second, 225)] {
        for _ in 0..times {
            results.push(Battle::new(0, 1, winner), &[longer]).unwrap();
        }
    }
    let raw = fit(&Counts::of(&results), &plain()).unwrap();
    let options = Options { style_penalty: 0.0, ..plain() };
    let controlled = fit(&Counts::with_style(&results), &options).unwrap();
    assert!(raw.rating(1).unwrap() - raw.rating(0).unwrap() > 100.0);
    close(&controlled.ratings(), &[1000.0, 1000.0], 1e-6);
    assert!((controlled.style[0] - 3f64.ln()).abs() < 1e-6, "{:?}", controlled.style);
}

#[test]
fn one_more_debate_is_refitted_from_the_old_fit_to_the_same_ratings() {
    let world = World::ladder(30, 15.0, 9);
    let mut counts = Counts::of_battles(30, &world.battles(20_000));
    let before = fit(&counts, &plain()).unwrap();
    counts.add(&Battle::new(3, 27, First));
    let (warm, cold) = (refit(&counts, &before).unwrap(), fit(&counts, &plain()).unwrap());
    assert!(warm.iterations <= 2 && warm.iterations < cold.iterations, "{} {}", warm.iterations, cold.iterations);
    close(&warm.ratings(), &cold.ratings().into_iter().flatten().collect::<Vec<_>>(), 1e-6);
}

#[test]
fn an_anchor_fixes_its_player_and_moves_all_others_alike() {
    let battles = [(0, 1, First), (0, 1, Second), (0, 1, First), (1, 2, Tie)];
    let mean = fit(&counts(3, &battles), &plain()).unwrap();
    let anchor = Anchor::Player { player: 1, rating: 1114.0 };
    let anchored = fit(&counts(3, &battles), &Options { anchor, ..plain() }).unwrap();
    let moved = 1114.0 - mean.rating(1).unwrap();
    close(&anchored.ratings(), &mean.ratings().iter().map(|rating| rating.unwrap() + moved).collect::<Vec<_>>(), 1e-6);
}

/// Five players with ties, as (first, second, wins, ties, losses). Made by `scripts/rating-references`, which also prints what
/// evalica 0.4.2 and choix 0.4.1 find at a tolerance of 1e-10.
const REFERENCE: [(u32, u32, usize, usize, usize); 10] = [
    (0, 1, 4, 1, 2),
    (0, 2, 9, 9, 6),
    (0, 3, 5, 2, 0),
    (0, 4, 8, 4, 3),
    (1, 2, 5, 1, 1),
    (1, 3, 6, 7, 5),
    (1, 4, 2, 4, 0),
    (2, 3, 4, 1, 3),
    (2, 4, 4, 1, 1),
    (3, 4, 7, 3, 2),
];

#[test]
fn evalica_and_choix_find_the_same() {
    let battles: Vec<(u32, u32, Winner)> = REFERENCE
        .into_iter()
        .flat_map(|(one, other, wins, ties, losses)| {
            let results = [(First, wins), (Tie, ties), (Second, losses)];
            results.into_iter().flat_map(move |(winner, times)| vec![(one, other, winner); times])
        })
        .collect();
    let counts = counts(5, &battles);
    let both = [0.456_221_215, 0.221_722_101, 0.044_386_683, -0.089_674_18, -0.632_655_818];
    let choix_with_a_prior = [0.440_389_077, 0.211_640_411, 0.037_015_241, -0.085_907_561, -0.603_137_167];
    for (prior, wanted) in [(0.0, both), (0.5, choix_with_a_prior)] {
        let found = fit(&counts, &Options { prior, ..plain() }).unwrap().strengths;
        let off = found.iter().zip(wanted).map(|(found, wanted)| (found - wanted).abs()).fold(0.0, f64::max);
        assert!(off < 1e-6, "{prior}: {found:?}");
    }
}

fn results() -> impl Strategy<Value = Vec<Battle>> {
    let winner = prop_oneof![Just(First), Just(Tie), Just(Second)];
    let sides = prop_oneof![Just(Proposition::Unknown), Just(Proposition::First), Just(Proposition::Second)];
    let battle = (0u32..5, 1u32..5, winner, sides).prop_map(|(first, step, winner, proposition)| Battle {
        proposition,
        ..Battle::new(first, (first + step) % 5, winner)
    });
    proptest::collection::vec(battle, 1..60)
}

fn held(ties: Ties) -> Options {
    Options { ties, prior: 0.5, ..plain() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_players_and_of_results_does_not_matter(mut battles in results(), turn in 0u32..5) {
        let before = fit(&Counts::of_battles(5, &battles), &held(Ties::HalfWins));
        battles.reverse();
        let moved = |player: u32| (player * 2 + turn) % 5;
        for battle in &mut battles {
            (battle.first, battle.second) = (moved(battle.first), moved(battle.second));
        }
        match (before, fit(&Counts::of_battles(5, &battles), &held(Ties::HalfWins))) {
            (Ok(before), Ok(after)) => for player in 0..5 {
                let (one, other) = (before.rating(player).unwrap(), after.rating(moved(player)).unwrap());
                prop_assert!((one - other).abs() < 1e-6, "{one} {other}");
            },
            (before, after) => prop_assert_eq!(before.err(), after.err()),
        }
    }

    #[test]
    fn winning_where_one_lost_mirrors_the_ladder(battles in results()) {
        let turned: Vec<Battle> =
            battles.iter().map(|battle| Battle { winner: battle.winner.mirrored(), ..*battle }).collect();
        for ties in [Ties::HalfWins, Ties::Davidson] {
            let fits = [&battles, &turned].map(|battles| fit(&Counts::of_battles(5, battles), &held(ties)));
            if let [Ok(one), Ok(other)] = fits {
                for player in 0..5 {
                    let (one, other) = (one.rating(player).unwrap(), other.rating(player).unwrap());
                    prop_assert!((one + other - 2000.0).abs() < 1e-6, "{one} {other}");
                }
                prop_assert!((one.side.unwrap_or(0.0) + other.side.unwrap_or(0.0)).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_weight_of_two_is_the_same_battle_twice(battles in results(), ties in prop_oneof![Just(Ties::HalfWins), Just(Ties::Davidson)]) {
        let heavy: Vec<Battle> = battles.iter().map(|battle| Battle { weight: 2.0, ..*battle }).collect();
        let doubled: Vec<Battle> = battles.iter().flat_map(|battle| [*battle; 2]).collect();
        let fits = [heavy, doubled].map(|battles| fit(&Counts::of_battles(5, &battles), &held(ties)));
        if let [Ok(one), Ok(other)] = fits {
            for player in 0..5 {
                prop_assert!((one.rating(player).unwrap() - other.rating(player).unwrap()).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn without_a_prior_every_rating_that_is_given_reproduces_its_score(battles in results()) {
        let counts = Counts::of_battles(5, &battles);
        if let Ok(fit) = fit(&counts, &Options { side: false, ..plain() }) {
            let found = &fit.connectivity;
            let mut missing = [0.0; 5];
            for cell in counts.cells() {
                if found.strong_of[cell.first as usize] == found.strong_of[cell.second as usize] {
                    let Some(expected) = fit.expected(cell.first, cell.second) else { continue };
                    missing[cell.first as usize] += cell.score() - cell.weight() * expected;
                    missing[cell.second as usize] -= cell.score() - cell.weight() * expected;
                }
            }
            prop_assert!(missing.iter().all(|missing| missing.abs() < 1e-6), "{missing:?}");
        }
    }
}
