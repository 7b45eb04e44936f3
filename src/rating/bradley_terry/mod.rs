//! Bradley-Terry: strengths for which the results are most likely, with ties, sides, weights, a prior and style.
//!
//! How sure they are is in `uncertainty/`. A fit that did not converge is no fit.

mod cholesky;
mod likelihood;
mod newton;

use serde::{Deserialize, Serialize};

use crate::rating::bradley_terry::newton::maximise;
use crate::rating::connectivity::{Connectivity, Standing};
use crate::rating::counts::Counts;

pub(in crate::rating) use cholesky::Square;
pub(in crate::rating) use likelihood::{Likelihood, Slope};
pub(in crate::rating) use newton::Patience;

/// Points of the Elo scale for one natural unit: `400 / ln 10`.
pub const POINTS: f64 = 400.0 / std::f64::consts::LN_10;

/// What a tie means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// Half a win: strengths tell the expected score. With many ties differences come out smaller than those of Davidson.
    #[default]
    HalfWins,
    /// A third result, likelier between equals (Davidson, 1970): strengths tell who wins where somebody does.
    Davidson,
}

/// Where the scale is fixed. Ratings of groups that no game links are fixed each by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// The mean of the bounded players.
    Mean(f64),
    /// The rating of one player.
    Player { player: u32, rating: f64 },
}

/// How results are fitted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    pub ties: Ties,
    /// Whether the proposition may have an advantage, where sides are known.
    pub side: bool,
    /// The precision of a Gaussian prior on each strength and on the advantage of a side, in natural units, at least 0. 0 is no
    /// prior.
    pub prior: f64,
    /// The precision of a Gaussian prior on each coefficient of style, at least 0.
    pub style_penalty: f64,
    pub anchor: Anchor,
}

/// The precision, in natural units, of the prior on ladders of few games: few games bound few ratings.
pub const USUAL_PRIOR: f64 = 0.5;

impl Default for Options {
    fn default() -> Options {
        Options { ties: Ties::HalfWins, side: true, prior: 0.0, style_penalty: 0.5, anchor: Anchor::Mean(1000.0) }
    }
}

/// Why there is no fit.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    #[error("there is no result to rate; hold some debates first")]
    NoResults,
    #[error(
        "no two players have scored against each other, not even through others, so that no rating is bounded; hold more debates, or set a prior"
    )]
    NothingBounded,
    #[error(
        "every result that bounds a rating is a tie, so that Davidson's tie parameter has no bound; count ties as half wins"
    )]
    OnlyTies,
    #[error(
        "one side won almost everything, so that its advantage has no bound; leave the side out, or hold more debates"
    )]
    SideUnbounded,
    #[error("the anchor has no bounded rating; take a player that has won and lost, or the mean")]
    AnchorUnbounded,
    #[error("the prior is {prior} and the penalty on style {style_penalty}; give finite numbers of at least 0")]
    BadPrior { prior: f64, style_penalty: f64 },
    #[error(
        "the fit did not converge after {iterations} steps (gradient {gradient:.1e}), so there is no rating; set a prior, or hold more debates"
    )]
    NotConverged { iterations: u32, gradient: f64 },
}

/// Strengths of all players.
#[derive(Clone, Debug)]
pub struct Fit {
    pub options: Options,
    /// What the raw results can tell at all.
    pub connectivity: Connectivity,
    /// Natural log-odds by player. Without a prior those of a strong set have the mean 0 and compare with nobody else; with one
    /// all have.
    pub strengths: Vec<f64>,
    /// Natural log-odds that being the proposition adds. `None` if it was not asked for, no sides are known, or without a prior
    /// if players changed sides too little to tell it from their strengths.
    pub side: Option<f64>,
    /// Davidson's ν: ties between equals over half their decided games. 0 without ties, `None` where ties are half wins.
    pub tie: Option<f64>,
    /// Natural log-odds for a column of style at its usual size.
    pub style: Vec<f64>,
    pub log_likelihood: f64,
    pub iterations: u32,
    /// The largest derivative by a parameter, as a share of the weight of its results.
    pub gradient: f64,
    /// What is added to points, by group.
    offsets: Vec<f64>,
}

/// What a fit must reach.
const EXACT: Patience = Patience { tolerance: 1e-10, iterations: 100 };
/// An advantage of a side beyond this, in natural units, is separation and no advantage.
const MOST_SIDE: f64 = 12.0;

/// Fits counts.
///
/// # Errors
/// The results bound nothing, or the search did not converge.
pub fn fit(counts: &Counts, options: &Options) -> Result<Fit, FitError> {
    fit_from(counts, options, &[], None, None, &[], EXACT)
}

/// Fits counts that are much like those of an earlier fit, from where it ended: the same result, sooner.
///
/// # Errors
/// As [`fit`].
pub fn refit(counts: &Counts, earlier: &Fit) -> Result<Fit, FitError> {
    refit_with(counts, earlier, EXACT)
}

pub(in crate::rating) fn refit_with(counts: &Counts, earlier: &Fit, patience: Patience) -> Result<Fit, FitError> {
    fit_from(counts, &earlier.options, &earlier.strengths, earlier.side, earlier.tie, &earlier.style, patience)
}

fn fit_from(
    counts: &Counts,
    options: &Options,
    strengths: &[f64],
    side: Option<f64>,
    tie: Option<f64>,
    style: &[f64],
    patience: Patience,
) -> Result<Fit, FitError> {
    let usable = |penalty: f64| penalty.is_finite() && penalty >= 0.0;
    if !usable(options.prior) || !usable(options.style_penalty) {
        return Err(FitError::BadPrior { prior: options.prior, style_penalty: options.style_penalty });
    }
    if counts.weight() <= 0.0 {
        return Err(FitError::NoResults);
    }
    let connectivity = Connectivity::of(counts);
    if options.prior == 0.0 && connectivity.cores.iter().all(Option::is_none) {
        return Err(FitError::NothingBounded);
    }
    let likelihood = Likelihood::new(counts, &connectivity, options);
    let davidson = options.ties == Ties::Davidson;
    if davidson && likelihood.has_only_ties() {
        return Err(FitError::OnlyTies);
    }
    let found = maximise(&likelihood, likelihood.start(strengths, side, tie, style), patience);
    let side = likelihood.side(&found.parameters);
    if side.is_some_and(|side| side.abs() > MOST_SIDE) {
        return Err(FitError::SideUnbounded);
    }
    if !found.converged {
        return Err(FitError::NotConverged { iterations: found.iterations, gradient: found.norm });
    }
    let tie = likelihood.tie(&found.parameters).or_else(|| davidson.then_some(0.0));
    let style = likelihood.style(&found.parameters).to_vec();
    let mut strengths = found.parameters;
    strengths.truncate(likelihood.players());
    let (log_likelihood, iterations, gradient) = (found.slope.value, found.iterations, found.norm);
    let offsets = Vec::new();
    let options = *options;
    let fit = Fit { options, connectivity, strengths, side, tie, style, log_likelihood, iterations, gradient, offsets };
    fit.anchored()
}

impl Fit {
    fn anchored(mut self) -> Result<Fit, FitError> {
        let points = |player: u32| POINTS * self.strengths[player as usize];
        let mean = |group: &Vec<u32>| {
            let bounded: Vec<u32> = group.iter().copied().filter(|player| self.is_bounded(*player)).collect();
            bounded.iter().map(|player| points(*player)).sum::<f64>() / bounded.len().max(1) as f64
        };
        let (Anchor::Mean(rating) | Anchor::Player { rating, .. }) = self.options.anchor;
        let mut offsets: Vec<f64> = self.connectivity.groups.iter().map(|group| rating - mean(group)).collect();
        if let Anchor::Player { player, rating } = self.options.anchor {
            if player as usize >= self.strengths.len() || !self.is_bounded(player) {
                return Err(FitError::AnchorUnbounded);
            }
            offsets[self.connectivity.group_of[player as usize] as usize] = rating - points(player);
        }
        self.offsets = offsets;
        Ok(self)
    }

    /// Whether a player has a finite rating: every one with a prior, else those of a core.
    #[must_use]
    pub fn is_bounded(&self, player: u32) -> bool {
        self.options.prior > 0.0 || self.connectivity.standing[player as usize] == Standing::Within
    }

    /// A player's rating on the Elo scale; `None` if the results do not bound it.
    #[must_use]
    pub fn rating(&self, player: u32) -> Option<f64> {
        let group = *self.connectivity.group_of.get(player as usize)? as usize;
        self.is_bounded(player).then(|| POINTS * self.strengths[player as usize] + self.offsets[group])
    }

    /// The ratings by player.
    #[must_use]
    pub fn ratings(&self) -> Vec<Option<f64>> {
        (0..self.strengths.len() as u32).map(|player| self.rating(player)).collect()
    }

    /// The score that one player is expected to take from another without sides, 0 to 1; `None` if the results do not tell.
    #[must_use]
    pub fn expected(&self, player: u32, other: u32) -> Option<f64> {
        let group_of = &self.connectivity.group_of;
        let linked = group_of.get(player as usize)? == group_of.get(other as usize)?;
        if !(linked && self.is_bounded(player) && self.is_bounded(other)) {
            return None;
        }
        let half = (self.strengths[player as usize] - self.strengths[other as usize]) / 2.0;
        let (win, loss, tie) = (half.exp(), (-half).exp(), self.tie.unwrap_or(0.0));
        Some((win + tie / 2.0) / (win + loss + tie))
    }

    /// Points that being the proposition is worth on the Elo scale.
    #[must_use]
    pub fn side_points(&self) -> Option<f64> {
        self.side.map(|side| side * POINTS)
    }

    pub(in crate::rating) fn offset(&self, player: u32) -> f64 {
        self.offsets[self.connectivity.group_of[player as usize] as usize]
    }

    /// All parameters where the fit ended.
    pub(in crate::rating) fn parameters(&self, likelihood: &Likelihood<'_>) -> Vec<f64> {
        likelihood.start(&self.strengths, self.side, self.tie, &self.style)
    }
}

#[cfg(test)]
mod tests;
