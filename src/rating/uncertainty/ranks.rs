//! Ranks that hold for all players at once with 95 %.
//!
//! A player is surely above another where the lower end of their difference is above 0, with ends so wide that all of them
//! hold together (Mogstad, Romano, Shaikh and Wilhelm, Review of Economic Studies 91, 2024). Its best rank is one more than the
//! number of players surely above it, its worst leaves room for those surely below.

use crate::rating::bradley_terry::Fit;
use crate::rating::connectivity::Standing;
use crate::rating::counts::Counts;
use crate::rating::uncertainty::bootstrap::Bootstrap;
use crate::rating::uncertainty::{Interval, Ranks, open};

const LEVEL: f64 = 0.05;

/// Rank ranges by player. A separated player is surely above or below another only where its bounded end is beyond the
/// other's interval even at the level of a single one of all pairs.
pub(in crate::rating) fn ranks(
    counts: &Counts,
    fit: &Fit,
    bootstrap: &Bootstrap,
    intervals: &[Interval],
) -> Vec<Ranks> {
    let players = fit.strengths.len();
    let standing = |player: usize| fit.connectivity.standing[player];
    let linked = |one: usize, other: usize| fit.connectivity.group_of[one] == fit.connectivity.group_of[other];
    let mut above = vec![false; players * players];
    let errors = errors(fit, bootstrap);
    let width = width(fit, bootstrap, &errors);
    let pairs = (players * players.saturating_sub(1)).max(1) as f64;
    let ends = open::ends(counts, fit, LEVEL / pairs);
    for one in 0..players {
        for other in (0..players).filter(|other| *other != one && linked(one, *other)) {
            above[one * players + other] = match (standing(one), standing(other)) {
                (Standing::Within, Standing::Within) => match (fit.rating(one as u32), fit.rating(other as u32)) {
                    (Some(own), Some(others)) => {
                        errors[one * players + other].is_some_and(|error| own - others > width * error)
                    }
                    _ => false,
                },
                (Standing::Above, Standing::Within) => beyond(ends[one], intervals[other].high),
                (Standing::Within, Standing::Below) => beyond(intervals[one].low, ends[other]),
                (Standing::Above, Standing::Below) => beyond(ends[one], ends[other]),
                _ => false,
            };
        }
    }
    let sure = |one: usize, other: usize| u32::from(above[one * players + other]);
    let rank = |player: usize| Ranks {
        best: 1 + (0..players).map(|other| sure(other, player)).sum::<u32>(),
        worst: players as u32 - (0..players).map(|other| sure(player, other)).sum::<u32>(),
    };
    (0..players).map(rank).collect()
}

fn beyond(high: Option<f64>, low: Option<f64>) -> bool {
    high.zip(low).is_some_and(|(high, low)| high > low)
}

fn within(fit: &Fit) -> Vec<usize> {
    (0..fit.strengths.len()).filter(|player| fit.connectivity.standing[*player] == Standing::Within).collect()
}

/// The error of each difference in the core of each group; `None` where resamples do not tell it.
fn errors(fit: &Fit, bootstrap: &Bootstrap) -> Vec<Option<f64>> {
    let players = fit.strengths.len();
    let mut errors = vec![None; players * players];
    let bounded = within(fit);
    for (place, one) in bounded.iter().enumerate() {
        for other in &bounded[..place] {
            let error = bootstrap.difference_error(*one as u32, *other as u32).filter(|error| *error > 0.0);
            errors[one * players + other] = error;
            errors[other * players + one] = error;
        }
    }
    errors
}

/// How many errors a difference may be off in 95 % of resamples, for all pairs together. Infinite where too many
/// resamples leave a difference open on the wrong side.
fn width(fit: &Fit, bootstrap: &Bootstrap, errors: &[Option<f64>]) -> f64 {
    let players = fit.strengths.len();
    let bounded: Vec<(usize, f64)> =
        within(fit).into_iter().filter_map(|player| Some((player, fit.rating(player as u32)?))).collect();
    let worst = |row: &Vec<f64>| {
        let mut worst = 0.0f64;
        for (one, own) in &bounded {
            for (other, others) in &bounded {
                if let Some(error) = errors[one * players + other] {
                    let off = ((own - others) - (row[*one] - row[*other])) / error;
                    // What a resample does not tell may be off by anything.
                    worst = worst.max(if off.is_nan() { f64::INFINITY } else { off });
                }
            }
        }
        worst
    };
    let mut off: Vec<f64> = bootstrap.ratings.iter().map(worst).collect();
    off.sort_by(f64::total_cmp);
    let place = ((1.0 - LEVEL) * off.len().saturating_sub(1) as f64).ceil();
    off.get(place as usize).copied().unwrap_or(f64::INFINITY)
}
