//! The covariance of a fit that holds where battles of one cluster depend on each other: `A⁻¹ B A⁻¹ · G / (G − 1)`, with `A` the
//! curvature and `B` the sum over the `G` clusters of the outer products of their gradients (Liang and Zeger, Biometrika 73,
//! 1986).

use crate::rating::bradley_terry::{Anchor, Fit, Likelihood, POINTS, Slope, Square};
use crate::rating::connectivity::Standing;
use crate::rating::counts::{Counts, as_counted, cell_of};
use crate::rating::results::Results;
use crate::rating::uncertainty::resample::by_cluster;
use crate::rating::uncertainty::{Interval, NORMAL};

/// The covariance of all parameters of a fit.
#[derive(Clone, Debug)]
pub struct Sandwich {
    covariance: Square,
    /// Few clusters make it too small: below some tens trust the bootstrap, and below ten neither.
    pub clusters: usize,
}

impl Sandwich {
    /// For results, their counts and the fit of these. `None` with fewer than two clusters.
    #[must_use]
    pub fn of(results: &Results, counts: &Counts, fit: &Fit) -> Option<Sandwich> {
        let likelihood = Likelihood::new(counts, &fit.connectivity, &fit.options);
        let parameters = fit.parameters(&likelihood);
        let size = likelihood.size();
        let mut slope = Slope::new(size);
        likelihood.measure(&parameters, &mut slope);
        let bread = slope.curvature.cholesky()?.inverse();
        let (order, starts) = by_cluster(results);
        let clusters = starts.len() - 1;
        if clusters < 2 {
            return None;
        }
        let mut meat = Square::zeros(size);
        let (mut sums, mut touched, mut scores) = (vec![0.0; size], Vec::new(), Vec::new());
        for cluster in starts.windows(2) {
            for place in &order[cluster[0]..cluster[1]] {
                let (counted, _) = as_counted(&results.battles()[*place as usize]);
                likelihood.scores(*place as usize, &cell_of(&counted), &parameters, &mut scores);
                for (at, score) in &scores {
                    if sums[*at] == 0.0 {
                        touched.push(*at);
                    }
                    sums[*at] += score;
                }
            }
            // A sum that came back to 0 on the way is listed twice.
            touched.sort_unstable();
            touched.dedup();
            for (place, at) in touched.iter().enumerate() {
                touched[..=place].iter().for_each(|other| meat.add(*at, *other, sums[*at] * sums[*other]));
            }
            touched.drain(..).for_each(|at| sums[at] = 0.0);
        }
        let correction = clusters as f64 / (clusters - 1) as f64;
        Some(Sandwich { covariance: around(&bread, &meat, correction), clusters })
    }

    /// The standard error of the difference of two players, in points.
    #[must_use]
    pub fn difference_error(&self, player: u32, other: u32) -> f64 {
        let at = |one: u32, other: u32| self.covariance.at(one.max(other) as usize, one.min(other) as usize);
        POINTS * (at(player, player) + at(other, other) - 2.0 * at(player, other)).max(0.0).sqrt()
    }

    /// The standard error of a player's rating, in points: 0 for the anchor.
    #[must_use]
    pub fn error(&self, fit: &Fit, player: u32) -> f64 {
        let group = |player: u32| fit.connectivity.group_of[player as usize];
        match fit.options.anchor {
            Anchor::Player { player: anchor, .. } if group(anchor) == group(player) => {
                self.difference_error(player, anchor)
            }
            Anchor::Player { .. } | Anchor::Mean(_) => {
                POINTS * self.covariance.at(player as usize, player as usize).max(0.0).sqrt()
            }
        }
    }

    /// The error of the proposition's advantage, in points.
    #[must_use]
    pub fn side_error(&self, fit: &Fit) -> Option<f64> {
        let at = fit.strengths.len();
        fit.side.map(|_| POINTS * self.covariance.at(at, at).max(0.0).sqrt())
    }

    /// Intervals of 95 % by player, as if errors were normal. Open on both ends for players that the results do not bound.
    #[must_use]
    pub fn intervals(&self, fit: &Fit) -> Vec<Interval> {
        let interval = |player: u32| match (fit.connectivity.standing[player as usize], fit.rating(player)) {
            (Standing::Within, Some(rating)) => {
                let half = NORMAL * self.error(fit, player);
                Interval { low: Some(rating - half), high: Some(rating + half) }
            }
            _ => Interval::OPEN,
        };
        (0..fit.strengths.len() as u32).map(interval).collect()
    }
}

/// `bread · meat · bread · factor`, where the meat has its lower half only.
fn around(bread: &Square, meat: &Square, factor: f64) -> Square {
    let size = bread.row(0).len();
    let full = |row: usize, column: usize| meat.at(row.max(column), row.min(column));
    let mut half = vec![0.0; size * size];
    for row in 0..size {
        for middle in 0..size {
            let weight = bread.at(row, middle);
            (0..size).for_each(|column| half[row * size + column] += weight * full(middle, column));
        }
    }
    let mut product = Square::zeros(size);
    for row in 0..size {
        for column in 0..=row {
            let own = half[row * size..(row + 1) * size].iter().zip(bread.row(column));
            product.add(row, column, factor * own.map(|(a, b)| a * b).sum::<f64>());
        }
    }
    product
}
