//! How fast ladders are: a million battles of 100 players counted and fitted, read from a file, resampled 100 times, and one
//! more debate taken in.
//!
//! `cargo bench --bench rating [-- BATTLES PLAYERS]`

#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used)]

use std::time::Instant;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rhetor::rating::battles::{json_lines, read_json_lines};
use rhetor::rating::bradley_terry::{Fit, Options, POINTS, Ties, fit, refit};
use rhetor::rating::counts::Counts;
use rhetor::rating::results::{Battle, Names, Results, Winner};
use rhetor::rating::uncertainty::{Bootstrap, Resampling, Uncertainty};

const ROUNDS: usize = 7;
const THREADS: usize = 2;
/// Davidson's ν of the results with ties: about a quarter of them.
const TIE: f64 = 0.84;

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let number = |at: usize, default: usize| numbers.get(at).copied().unwrap_or(default);
    let (battles, players) = (number(0, 1_000_000), number(1, 100));
    let (results, strengths) = planted(players, battles, 0.0);
    println!("{battles} battles of {players} players; the best of {ROUNDS} rounds");
    println!("{:<44} {:>9} {:>9}", "", "wall s", "CPU s");

    let options = Options::default();
    let counts = measure("count and fit", || {
        let counts = Counts::of(&results);
        let fitted = fit(&counts, &options).unwrap();
        (counts, fitted)
    });
    let (mut counts, fitted) = counts;
    measure("count", || Counts::of(&results));
    measure("fit", || fit(&counts, &options).unwrap());

    let path = std::env::temp_dir().join(format!("rhetor-battles-{}.jsonl", std::process::id()));
    std::fs::write(&path, json_lines(&results)).unwrap();
    let read = measure("read JSON Lines from disk, two threads", || {
        let import = read_json_lines(&std::fs::read(&path).unwrap(), THREADS);
        assert!(import.refused.is_empty());
        import.results
    });
    std::fs::remove_file(&path).unwrap();
    assert_eq!(read.battles().len(), results.battles().len());

    let resampling = Resampling { resamples: 100, seed: 1, threads: THREADS };
    let bootstrap =
        measure("100 resamples over counts, two threads", || Bootstrap::of(&results, &counts, &fitted, &resampling));
    measure("intervals and ranks from them", || Uncertainty::of(&counts, &fitted, &bootstrap));
    counts.add(&Battle::new(3, 7, Winner::Second));
    let again = measure("one more debate, from the last fit", || refit(&counts, &fitted).unwrap());
    println!("RMS error of the ratings against what was planted: {:.2} points", error(&fitted, &strengths));
    println!("steps: {} from nothing, {} for one more debate", fitted.iterations, again.iterations);

    let (tied, strengths) = planted(players, battles, TIE);
    let counts = Counts::of(&tied);
    let ties = tied.battles().iter().filter(|battle| battle.winner == Winner::Tie).count();
    println!("with {:.0} % ties, the same error against strengths:", ties as f64 / battles as f64 * 100.0);
    for (name, ties) in [("Davidson", Ties::Davidson), ("half wins", Ties::HalfWins)] {
        let fitted = fit(&counts, &Options { ties, ..options }).unwrap();
        println!("  {name:<10} {:.2} points", error(&fitted, &strengths));
    }
}

/// The root of the mean square by which ratings miss strengths, in points.
fn error(fitted: &Fit, strengths: &[f64]) -> f64 {
    let players = strengths.len() as f64;
    let middle = strengths.iter().sum::<f64>() / players;
    let off = |(player, strength): (usize, &f64)| {
        (fitted.rating(player as u32).unwrap() - 1000.0 - POINTS * (strength - middle)).powi(2)
    };
    (strengths.iter().enumerate().map(off).sum::<f64>() / players).sqrt()
}

/// Battles between players of strengths that are returned too, in natural units; `tie` is Davidson's ν.
fn planted(players: usize, battles: usize, tie: f64) -> (Results, Vec<f64>) {
    let mut random = ChaCha12Rng::seed_from_u64(1);
    let strengths: Vec<f64> = (0..players).map(|_| random.random_range(-1.5..1.5)).collect();
    let mut battle = || {
        let first = random.random_range(0..players);
        let second = (first + random.random_range(1..players)) % players;
        let (win, loss) = (strengths[first].exp(), strengths[second].exp());
        let draw = random.random_range(0.0..win + loss + tie * (win * loss).sqrt());
        let winner = if draw < win {
            Winner::First
        } else if draw < win + loss {
            Winner::Second
        } else {
            Winner::Tie
        };
        Battle::new(first as u32, second as u32, winner)
    };
    let battles = (0..battles).map(|_| battle()).collect();
    let names: Names = (0..players).map(|player| format!("model-{player:03}-instruct")).collect();
    (Results::of(names, Names::default(), battles).unwrap(), strengths)
}

/// Prints the least time of some rounds, and gives what the last one made.
fn measure<T>(name: &str, mut work: impl FnMut() -> T) -> T {
    let (mut wall, mut cpu) = (f64::INFINITY, f64::INFINITY);
    let mut made = None;
    for _ in 0..ROUNDS {
        let (clock, before) = (Instant::now(), cpu_seconds());
        made = Some(work());
        wall = wall.min(clock.elapsed().as_secs_f64());
        cpu = cpu.min(cpu_seconds() - before);
    }
    println!("{name:<44} {wall:>9.4} {cpu:>9.2}");
    made.unwrap()
}

/// Of all threads, those that ended too, in steps of a hundredth.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
