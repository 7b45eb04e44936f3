//! How sure a fit is: intervals and ranks of 95 %, from a bootstrap over clusters, and the sandwich covariance.

mod bootstrap;
mod open;
mod ranks;
mod resample;
mod sandwich;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::rating::bradley_terry::Fit;
use crate::rating::connectivity::Standing;
use crate::rating::counts::Counts;
use crate::rating::results::Results;

pub use bootstrap::{Bootstrap, Resampling};
pub(in crate::rating) use resample::by_cluster;
pub use sandwich::Sandwich;

/// The two-sided 95 % point of the normal distribution.
const NORMAL: f64 = 1.959_963_984_540_054;
/// One side of a two-sided 95 %.
const SIDE_LEVEL: f64 = 0.025;

/// An interval of 95 %; an end of `None` is open.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub low: Option<f64>,
    pub high: Option<f64>,
}

impl Interval {
    pub const OPEN: Interval = Interval { low: None, high: None };

    /// Whether a value lies in it.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        self.low.is_none_or(|low| low <= value) && self.high.is_none_or(|high| value <= high)
    }

    fn around(self, value: Option<f64>) -> Interval {
        let end =
            |end: Option<f64>, take: fn(f64, f64) -> f64| end.map(|end| value.map_or(end, |value| take(end, value)));
        Interval { low: end(self.low, f64::min), high: end(self.high, f64::max) }
    }
}

/// For people: the ends without decimals, an open one said.
impl fmt::Display for Interval {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Adding 0 makes of a negative zero one without a sign.
        let end = |end: Option<f64>| end.filter(|end| end.is_finite()).map(|end| format!("{:.0}", end.round() + 0.0));
        let phrase = match (end(self.low), end(self.high)) {
            (Some(low), Some(high)) => format!("{low} to {high}"),
            (Some(low), None) => format!("{low} or more"),
            (None, Some(high)) => format!("{high} or less"),
            (None, None) => "open".to_owned(),
        };
        formatter.pad(&phrase)
    }
}

/// The ranks that a player may have, 1 the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranks {
    pub best: u32,
    pub worst: u32,
}

/// What was drawn again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Single results, which depend on no other.
    BootstrapOfResults,
    /// Clusters of results.
    BootstrapOfClusters,
}

impl Source {
    /// The source as a phrase for people.
    #[must_use]
    pub fn phrase(self) -> &'static str {
        match self {
            Source::BootstrapOfResults => "a bootstrap of single results",
            Source::BootstrapOfClusters => "a bootstrap of clusters of results",
        }
    }
}

/// How sure each rating is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Uncertainty {
    pub source: Source,
    pub resamples: usize,
    /// Resamples that had no fit; they make intervals wider.
    pub failed: usize,
    pub clusters: usize,
    /// By player. A rating may be `None` and still have one end.
    pub intervals: Vec<Interval>,
    /// By player, for all at once.
    pub ranks: Vec<Ranks>,
    /// Of the proposition's advantage in points.
    pub side: Option<Interval>,
}

impl Uncertainty {
    /// From a bootstrap of the same counts and fit.
    #[must_use]
    pub fn of(counts: &Counts, fit: &Fit, bootstrap: &Bootstrap) -> Uncertainty {
        let ends = open::ends(counts, fit, SIDE_LEVEL);
        let interval = |player: u32| {
            let drawn = bootstrap.interval(player).around(fit.rating(player));
            let end = ends[player as usize];
            let both = |drawn: Option<f64>, take: fn(f64, f64) -> f64| {
                end.map(|end| drawn.map_or(end, |drawn| take(drawn, end)))
            };
            match fit.connectivity.standing[player as usize] {
                Standing::Within => drawn,
                Standing::Above => Interval { low: both(drawn.low, f64::min), high: None },
                Standing::Below => Interval { low: None, high: both(drawn.high, f64::max) },
                Standing::Apart => Interval::OPEN,
            }
        };
        let intervals: Vec<Interval> = (0..fit.strengths.len() as u32).map(interval).collect();
        Uncertainty {
            source: if bootstrap.clustered { Source::BootstrapOfClusters } else { Source::BootstrapOfResults },
            resamples: bootstrap.resamples(),
            failed: bootstrap.failed,
            clusters: bootstrap.clusters,
            ranks: ranks::ranks(counts, fit, bootstrap, &intervals),
            intervals,
            side: fit.side_points().map(|side| bootstrap.side().around(Some(side))),
        }
    }

    /// Draws results again and looks how ratings change.
    #[must_use]
    pub fn measure(results: &Results, counts: &Counts, fit: &Fit, resampling: &Resampling) -> Uncertainty {
        Uncertainty::of(counts, fit, &Bootstrap::of(results, counts, fit, resampling))
    }
}

#[cfg(test)]
mod tests;
