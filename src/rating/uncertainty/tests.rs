//! Whether intervals hold what they promise, and are open where nothing bounds.

use super::*;
use crate::rating::bradley_terry::{Options, fit};
use crate::rating::results::{Battle, Winner};
use crate::rating::simulation::World;

fn free() -> Options {
    Options { side: false, ..Options::default() }
}

fn resampling(resamples: usize, seed: u64) -> Resampling {
    Resampling { resamples, seed, threads: 2 }
}

fn measured(results: &Results, options: &Options, resamples: usize) -> (Fit, Uncertainty) {
    let counts = Counts::of(results);
    let fit = fit(&counts, options).unwrap();
    let uncertainty = Uncertainty::measure(results, &counts, &fit, &resampling(resamples, 11));
    (fit, uncertainty)
}

fn of(players: usize, battles: &[(u32, u32, Winner)]) -> Results {
    let battles = battles.iter().map(|(one, other, winner)| Battle::new(*one, *other, *winner)).collect();
    World::ladder(players, 0.0, 0).results(battles)
}

use Winner::{First, Second, Tie};

#[test]
fn a_player_that_only_won_is_open_above_and_bounded_below() {
    let mut battles = [(0, 1, First), (0, 1, Second), (1, 2, Tie), (0, 2, Tie)].repeat(10);
    battles.extend([(3, 0, First), (3, 1, First), (3, 2, First)].repeat(4));
    let results = of(4, &battles);
    for options in [free(), Options { prior: 0.3, ..free() }] {
        let (fit, found) = measured(&results, &options, 200);
        let open = found.intervals[3];
        assert_eq!(open.high, None);
        // Twelve wins of twelve: a chance of 2.5 % at odds of 2.8 to 1, which is 178 points.
        let core: f64 = (0..3).map(|player| fit.rating(player).unwrap() / 3.0).sum();
        assert!((open.low.unwrap() - core - 178.0).abs() < 3.0, "{open:?} {core}");
        assert_eq!(found.ranks[3], Ranks { best: 1, worst: 1 });
        assert!(found.intervals[0].low.is_some() && found.intervals[0].high.is_some());
        assert_eq!(fit.rating(3).is_some(), options.prior > 0.0);
    }
}

#[test]
fn one_win_puts_nobody_surely_first() {
    let mut battles = [(0, 1, First), (0, 1, Second), (1, 2, Tie), (0, 2, Tie)].repeat(10);
    battles.push((3, 0, First));
    let (_, found) = measured(&of(4, &battles), &free(), 200);
    assert_eq!((found.ranks[3], found.intervals[3].high), (Ranks { best: 1, worst: 4 }, None));
}

#[test]
fn rock_paper_and_scissors_may_each_be_first_or_last() {
    let battles = [(0, 1, First), (1, 2, First), (2, 0, First)].repeat(20);
    let (_, found) = measured(&of(3, &battles), &free(), 300);
    assert_eq!(found.ranks, [Ranks { best: 1, worst: 3 }; 3]);
}

#[test]
fn groups_that_nothing_links_have_no_rank_between_them() {
    let mut battles = [(0, 1, First), (0, 1, First), (0, 1, First), (0, 1, First), (0, 1, Second)].repeat(40);
    battles.extend([(2, 3, Tie)].repeat(40));
    let (_, found) = measured(&of(4, &battles), &free(), 200);
    assert_eq!(found.ranks[0], Ranks { best: 1, worst: 3 });
    assert_eq!(found.ranks[1], Ranks { best: 2, worst: 4 });
    assert_eq!(found.ranks[2], Ranks { best: 1, worst: 4 });
}

#[test]
fn clear_differences_make_clear_ranks() {
    let world = World::ladder(5, 120.0, 2);
    let (_, found) = measured(&world.results(world.battles(6_000)), &free(), 200);
    let ranks: Vec<u32> = found.ranks.iter().map(|ranks| ranks.best).collect();
    assert_eq!(ranks, [5, 4, 3, 2, 1]);
    assert!(found.ranks.iter().all(|ranks| ranks.best == ranks.worst));
    assert_eq!((found.source, found.clusters, found.failed), (Source::BootstrapOfResults, 6_000, 0));
}

#[test]
fn a_seed_gives_the_same_intervals_on_any_number_of_threads() {
    let results = World::ladder(6, 50.0, 4).clustered(30, 60.0);
    let counts = Counts::of(&results);
    let fit = fit(&counts, &free()).unwrap();
    let on = |threads: usize, seed: u64| {
        Uncertainty::measure(&results, &counts, &fit, &Resampling { resamples: 60, seed, threads })
    };
    assert_eq!(on(1, 5), on(3, 5));
    assert_ne!(on(1, 5), on(1, 6));
    assert_eq!((on(1, 5).source, on(1, 5).clusters), (Source::BootstrapOfClusters, 30));
}

#[test]
fn intervals_over_clusters_hold_the_truth_about_95_times_in_100_and_those_over_results_do_not() {
    let (worlds, players) = (60, 5);
    let (mut held, mut held_by_sandwich, mut held_alone) = (0, 0, 0);
    // With errors shared within a cluster, what a very long ladder would find is a little closer together than what was planted.
    let truth = {
        let counts = Counts::of(&World::ladder(players, 50.0, 999).clustered(3_000, 250.0));
        fit(&counts, &free()).unwrap().ratings()
    };
    for seed in 0..worlds {
        let results = World::ladder(players, 50.0, seed).clustered(50, 250.0);
        let counts = Counts::of(&results);
        let fit = fit(&counts, &free()).unwrap();
        let found = Uncertainty::measure(&results, &counts, &fit, &resampling(200, seed));
        let alone: Vec<Battle> = results
            .battles()
            .iter()
            .map(|battle| Battle { cluster: crate::rating::results::ALONE, ..*battle })
            .collect();
        let alone = Results::of(results.players().clone(), results.clusters().clone(), alone).unwrap();
        let alone = Uncertainty::measure(&alone, &counts, &fit, &resampling(200, seed));
        let sandwich = Sandwich::of(&results, &counts, &fit).unwrap().intervals(&fit);
        for (player, truth) in truth.iter().enumerate() {
            held += usize::from(found.intervals[player].holds(truth.unwrap()));
            held_by_sandwich += usize::from(sandwich[player].holds(truth.unwrap()));
            held_alone += usize::from(alone.intervals[player].holds(truth.unwrap()));
        }
    }
    let share = |held: usize| held as f64 / (worlds as usize * players) as f64;
    let (held, held_by_sandwich, held_alone) = (share(held), share(held_by_sandwich), share(held_alone));
    println!("coverage: clusters {held:.3}, sandwich {held_by_sandwich:.3}, single results {held_alone:.3}");
    assert!((0.915..0.985).contains(&held) && (0.915..0.985).contains(&held_by_sandwich));
    assert!(held_alone < held - 0.03);
}

#[test]
fn the_sandwich_and_the_bootstrap_find_the_same_errors() {
    let world = World { side: Some(30.0), ties: 0.5, ..World::ladder(6, 60.0, 8) };
    let results = world.clustered(120, 80.0);
    let counts = Counts::of(&results);
    for options in [Options::default(), Options { ties: crate::rating::bradley_terry::Ties::Davidson, ..free() }] {
        let fit = fit(&counts, &options).unwrap();
        let bootstrap = Bootstrap::of(&results, &counts, &fit, &resampling(600, 1));
        let sandwich = Sandwich::of(&results, &counts, &fit).unwrap();
        assert_eq!(sandwich.clusters, 120);
        for player in 0..6 {
            let (one, other) = (sandwich.error(&fit, player), bootstrap.error(player).unwrap());
            assert!((one / other - 1.0).abs() < 0.15, "{player}: {one} {other}");
        }
        let (one, other) = (sandwich.difference_error(0, 5), bootstrap.difference_error(0, 5).unwrap());
        assert!((one / other - 1.0).abs() < 0.15, "{one} {other}");
        assert_eq!(sandwich.side_error(&fit).is_some(), options.side);
    }
}

#[test]
fn an_anchored_player_has_no_error_of_its_own() {
    let results = World::ladder(4, 60.0, 8).clustered(40, 80.0);
    let counts = Counts::of(&results);
    let anchor = crate::rating::bradley_terry::Anchor::Player { player: 2, rating: 1200.0 };
    let fit = fit(&counts, &Options { anchor, ..free() }).unwrap();
    let sandwich = Sandwich::of(&results, &counts, &fit).unwrap();
    assert!(sandwich.error(&fit, 2) < 1e-6 && sandwich.error(&fit, 0) > 1.0);
    let found = Uncertainty::measure(&results, &counts, &fit, &resampling(100, 3));
    let Interval { low: Some(low), high: Some(high) } = found.intervals[2] else { panic!("{found:?}") };
    assert!((low - 1200.0).abs() < 1e-6 && (high - 1200.0).abs() < 1e-6);
}

#[test]
fn an_open_end_is_said_and_a_negative_zero_has_no_sign() {
    let interval = |low, high| Interval { low, high }.to_string();
    assert_eq!(interval(Some(-41.2), Some(-0.3)), "-41 to 0");
    assert_eq!(interval(Some(950.0), None), "950 or more");
    assert_eq!(interval(None, Some(1020.4)), "1020 or less");
    assert_eq!(interval(None, Some(f64::NAN)), "open");
}
