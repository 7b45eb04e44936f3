//! The bootstrap of a fit: results are drawn again many times, and each time fitted from where the fit ended.
//!
//! A resample can lose what bounds a player. Then its rating there is infinite or unknown, and is kept so: an end that lies
//! in such a place is open.

use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};

use crate::rating::bradley_terry::{Anchor, Fit, POINTS, Patience, refit_with};
use crate::rating::connectivity::Standing;
use crate::rating::counts::Counts;
use crate::rating::results::Results;
use crate::rating::uncertainty::Interval;
use crate::rating::uncertainty::resample::Resampler;

/// How often results are drawn again, and from which seed. The threads change the time and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resampling {
    pub resamples: usize,
    pub seed: u64,
    pub threads: usize,
}

impl Default for Resampling {
    fn default() -> Resampling {
        Resampling { resamples: 1000, seed: 0, threads: 1 }
    }
}

/// Ratings by resample.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// A row for each resample, a rating for each player: infinite where a resample leaves its end open, NaN where it tells
    /// nothing.
    pub(in crate::rating) ratings: Vec<Vec<f64>>,
    /// The proposition's advantage in points, by resample.
    sides: Vec<f64>,
    /// Whether whole clusters were drawn, not single battles.
    pub clustered: bool,
    pub clusters: usize,
    /// Resamples that had no fit.
    pub failed: usize,
}

/// A resample's fit errs by far less than resamples differ.
const CLOSE: Patience = Patience { tolerance: 1e-6, iterations: 50 };

impl Bootstrap {
    /// Draws results again and fits each resample. `counts` are those of `results`, and `fit` is theirs.
    #[must_use]
    pub fn of(results: &Results, counts: &Counts, fit: &Fit, resampling: &Resampling) -> Bootstrap {
        let resampler = Resampler::new(results, counts);
        let one = |number: usize| {
            let mut random = ChaCha12Rng::seed_from_u64(resampling.seed);
            random.set_stream(number as u64);
            let drawn = resampler.draw(&mut random);
            refit_with(&drawn, fit, CLOSE).ok().map(|other| (row(fit, &other), other.side_points().unwrap_or(f64::NAN)))
        };
        let threads = resampling.threads.clamp(1, resampling.resamples.max(1));
        let fits: Vec<Option<(Vec<f64>, f64)>> = if threads == 1 {
            (0..resampling.resamples).map(one).collect()
        } else {
            let share = resampling.resamples.div_ceil(threads);
            let range = |thread: usize| thread * share..((thread + 1) * share).min(resampling.resamples);
            let one = &one;
            std::thread::scope(|scope| {
                let workers: Vec<_> = (0..threads)
                    .map(|thread| scope.spawn(move || range(thread).map(one).collect::<Vec<_>>()))
                    .collect();
                // A thread that panicked has no fits; its resamples count as failed.
                let found = workers.into_iter().enumerate();
                found.flat_map(|(thread, own)| own.join().unwrap_or_else(|_| vec![None; range(thread).len()])).collect()
            })
        };
        let failed = fits.iter().filter(|fit| fit.is_none()).count();
        let nothing = || (vec![f64::NAN; fit.strengths.len()], f64::NAN);
        let (ratings, sides) = fits.into_iter().map(|fit| fit.unwrap_or_else(nothing)).unzip();
        Bootstrap { ratings, sides, clustered: resampler.is_clustered(), clusters: resampler.clusters(), failed }
    }

    #[must_use]
    pub fn resamples(&self) -> usize {
        self.ratings.len()
    }

    /// The 95 % interval of a player's rating by percentiles, where the results bound it.
    #[must_use]
    pub fn interval(&self, player: u32) -> Interval {
        interval(self.ratings.iter().map(|row| row[player as usize]))
    }

    /// The 95 % interval of the proposition's advantage, in points.
    #[must_use]
    pub fn side(&self) -> Interval {
        interval(self.sides.iter().copied())
    }

    /// The standard deviation over resamples of the difference of two players; `None` where less than half of them tell it.
    #[must_use]
    pub fn difference_error(&self, player: u32, other: u32) -> Option<f64> {
        let differences = self.ratings.iter().map(|row| row[player as usize] - row[other as usize]);
        deviation(differences, self.ratings.len())
    }

    /// The standard deviation over resamples of a rating; `None` where less than half of them tell it.
    #[must_use]
    pub fn error(&self, player: u32) -> Option<f64> {
        deviation(self.ratings.iter().map(|row| row[player as usize]), self.ratings.len())
    }
}

fn deviation(values: impl Iterator<Item = f64> + Clone, of: usize) -> Option<f64> {
    let finite = values.filter(|value| value.is_finite());
    let n = finite.clone().count();
    if n < 2 || 2 * n < of {
        return None;
    }
    let mean = finite.clone().sum::<f64>() / n as f64;
    Some((finite.map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1) as f64).sqrt())
}

/// The 2.5 % and 97.5 % points. What is unknown could lie beyond either end.
fn interval(values: impl Iterator<Item = f64> + Clone) -> Interval {
    let end = |share: f64, unknown: f64| {
        let mut sorted: Vec<f64> = values.clone().map(|value| if value.is_nan() { unknown } else { value }).collect();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1) as f64;
        let place = if share < 0.5 { (share * last).floor() } else { (share * last).ceil() };
        sorted.get(place as usize).copied().filter(|value| value.is_finite())
    };
    Interval { low: end(0.025, f64::NEG_INFINITY), high: end(0.975, f64::INFINITY) }
}

/// The ratings of a resample on the scale of the fit.
fn row(fit: &Fit, other: &Fit) -> Vec<f64> {
    let mut row = vec![f64::NAN; fit.strengths.len()];
    for group in &fit.connectivity.groups {
        // A resample may fall into parts that nothing links. The largest goes on; of the others it tells nothing.
        let Some(part) = main_part(group, other) else { continue };
        let is_of_part = |player: u32| other.connectivity.group_of[player as usize] == part || fit.options.prior > 0.0;
        let both = group.iter().filter(|player| is_of_part(**player) && other.is_bounded(**player));
        let moved: Vec<(u32, f64)> = both
            .filter_map(|player| Some((*player, fit.rating(*player)? - POINTS * other.strengths[*player as usize])))
            .collect();
        let anchored = match fit.options.anchor {
            Anchor::Player { player: anchor, .. } => {
                moved.iter().find(|(player, _)| *player == anchor).map(|(_, by)| *by)
            }
            Anchor::Mean(_) => None,
        };
        // Players that both bound have the same mean in both, whoever else came or went.
        let mean = || moved.iter().map(|(_, by)| by).sum::<f64>() / moved.len() as f64;
        let shift = anchored.unwrap_or_else(mean);
        for player in group.iter().filter(|player| is_of_part(**player)) {
            let standing = other.connectivity.standing[*player as usize];
            row[*player as usize] = match standing {
                _ if moved.is_empty() => f64::NAN,
                _ if other.is_bounded(*player) => POINTS * other.strengths[*player as usize] + shift,
                Standing::Above => f64::INFINITY,
                Standing::Below => f64::NEG_INFINITY,
                Standing::Within | Standing::Apart => f64::NAN,
            };
        }
    }
    row
}

/// The part of a resample, by its number, that bounds most of a group's players.
fn main_part(group: &[u32], other: &Fit) -> Option<u32> {
    let mut sizes = std::collections::BTreeMap::new();
    for player in group.iter().filter(|player| other.is_bounded(**player)) {
        *sizes.entry(other.connectivity.group_of[*player as usize]).or_insert(0u32) += 1;
    }
    sizes.into_iter().max_by_key(|(part, size)| (*size, std::cmp::Reverse(*part))).map(|(part, _)| part)
}
