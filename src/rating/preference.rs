//! General preference embeddings: a model of who beats whom that can hold cycles (arXiv 2410.02197).
//!
//! A player is a vector of `m` blocks of two numbers, and `P(i beats j) = 1 / (1 + e^-s)` with `s = v_iᵀ R v_j`, where `R` turns each
//! block by a quarter: `s = Σ a₁b₂ − a₂b₁`. So `s` changes its sign with the players, and rock, paper and scissors are three
//! vectors a third of a turn apart. One block with `a₂ = 1` is Bradley-Terry. Ties are half wins; sides are left out.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};

use crate::rating::bradley_terry::{FitError, Options, Square, fit};
use crate::rating::calibration::logistic;
use crate::rating::counts::Counts;
use crate::rating::matrix::Matrix;
use crate::rating::results::{Battle, Results};
use crate::rating::uncertainty::by_cluster;

/// How embeddings are fitted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PreferenceOptions {
    /// Blocks of two numbers, at least 1.
    pub blocks: usize,
    /// The precision of a Gaussian prior on each number, above 0. In comparisons Bradley-Terry gets the same.
    pub penalty: f64,
    /// Of the start, and of the folds.
    pub seed: u64,
}

impl Default for PreferenceOptions {
    fn default() -> PreferenceOptions {
        PreferenceOptions { blocks: 2, penalty: 0.5, seed: 0 }
    }
}

/// A vector for each player.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    size: usize,
    vectors: Vec<f64>,
    pub sweeps: u32,
}

/// The gain of a sweep over all players, by result, that counts as none.
const TOLERANCE: f64 = 1e-10;
const MOST_SWEEPS: u32 = 2_000;
const HALVINGS: u32 = 30;
/// How far vectors begin from Bradley-Terry's, which is a saddle where there are cycles.
const NOISE: f64 = 0.3;

/// One opponent of a player as its regression sees it.
struct Row {
    /// The opponent's vector, turned.
    turned: Vec<f64>,
    weight: f64,
    score: f64,
}

impl Embedding {
    /// Fits results: player by player a logistic regression on the vectors of its opponents, by Newton's method, over and over
    /// until the likelihood with its prior no longer grows.
    ///
    /// # Errors
    /// The options are no numbers to work with, or the search did not converge.
    pub fn of(matrix: &Matrix, options: &PreferenceOptions) -> Result<Embedding, FitError> {
        let bad = FitError::BadPrior { prior: options.penalty, style_penalty: 0.0 };
        if !(options.penalty.is_finite() && options.penalty > 0.0) {
            return Err(bad);
        }
        let (players, size) = (matrix.players(), 2 * options.blocks.max(1));
        let mut random = ChaCha12Rng::seed_from_u64(options.seed);
        let mut start = |at: usize| f64::from(u8::from(at % size == 1)) + NOISE * (random.random::<f64>() - 0.5);
        let vectors: Vec<f64> = (0..players * size).map(&mut start).collect();
        let mut embedding = Embedding { size, vectors, sweeps: 0 };
        let battles: f64 = (0..players as u32).map(|player| f64::from(matrix.total(player).battles)).sum();
        while embedding.sweeps < MOST_SWEEPS {
            embedding.sweeps += 1;
            let gained: f64 =
                (0..players as u32).map(|player| embedding.improve(matrix, player, options.penalty)).sum();
            if gained <= TOLERANCE * battles.max(1.0) {
                return Ok(embedding);
            }
        }
        Err(FitError::NotConverged { iterations: MOST_SWEEPS, gradient: f64::NAN })
    }

    fn vector(&self, player: u32) -> &[f64] {
        &self.vectors[player as usize * self.size..(player as usize + 1) * self.size]
    }

    /// The log-odds that a player beats another.
    #[must_use]
    pub fn log_odds(&self, player: u32, other: u32) -> f64 {
        let blocks = self.vector(player).chunks_exact(2).zip(self.vector(other).chunks_exact(2));
        blocks.map(|(own, others)| own[0] * others[1] - own[1] * others[0]).sum()
    }

    /// Moves one player's vector to where its own results are likeliest, and gives what that gained.
    fn improve(&mut self, matrix: &Matrix, player: u32, penalty: f64) -> f64 {
        let row = |other: u32| {
            let meeting = matrix.meeting(player, other);
            let score = meeting.score()?;
            let turned = self.vector(other).chunks_exact(2).flat_map(|block| [block[1], -block[0]]).collect();
            Some(Row { turned, weight: meeting.wins + meeting.ties + meeting.losses, score })
        };
        let rows: Vec<Row> = (0..matrix.players() as u32).filter_map(row).collect();
        let value = |vector: &[f64]| {
            let held = penalty / 2.0 * vector.iter().map(|number| number * number).sum::<f64>();
            rows.iter().map(|row| row.weight * log_likelihood(row.score, dot(vector, &row.turned))).sum::<f64>() - held
        };
        let before = self.vector(player).to_vec();
        let Some(step) = newton_step(&rows, &before, penalty) else { return 0.0 };
        let old = value(&before);
        let mut length = 1.0;
        for _ in 0..HALVINGS {
            let moved: Vec<f64> = before.iter().zip(&step).map(|(own, step)| own + length * step).collect();
            let gained = value(&moved) - old;
            if gained > 0.0 {
                self.vectors[player as usize * self.size..(player as usize + 1) * self.size].copy_from_slice(&moved);
                return gained;
            }
            length /= 2.0;
        }
        0.0
    }
}

fn newton_step(rows: &[Row], vector: &[f64], penalty: f64) -> Option<Vec<f64>> {
    let size = vector.len();
    let mut curvature = Square::zeros(size);
    let mut step: Vec<f64> = vector.iter().map(|number| -penalty * number).collect();
    (0..size).for_each(|at| curvature.add(at, at, penalty));
    for row in rows {
        let p = logistic(dot(vector, &row.turned));
        for (at, slope) in step.iter_mut().enumerate() {
            *slope += row.weight * (row.score - p) * row.turned[at];
            for other in 0..=at {
                curvature.add(at, other, row.weight * p * (1.0 - p) * row.turned[at] * row.turned[other]);
            }
        }
    }
    curvature.cholesky()?.solve(&mut step);
    Some(step)
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// `score · ln p + (1 − score) · ln(1 − p)` for log-odds.
fn log_likelihood(score: f64, log_odds: f64) -> f64 {
    score * log_odds - log_odds.max(0.0) - (-log_odds.abs()).exp().ln_1p()
}

/// How much better embeddings foretell results that they did not see than Bradley-Terry does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intransitivity {
    /// Mean natural log-likelihood of a held-out result.
    pub bradley_terry: f64,
    pub embedding: f64,
    /// What embeddings gain; above 0 by more than two errors says that one number for each player is not enough.
    pub gain: f64,
    /// The standard error of the gain over clusters.
    pub error: f64,
    /// Shares of decided held-out results that each foretold, one half where it says one half.
    pub bradley_terry_right: f64,
    pub embedding_right: f64,
    pub folds: usize,
    pub clusters: usize,
}

/// Sums of what a model said about held-out results.
#[derive(Clone, Copy, Default)]
struct Said {
    value: f64,
    right: f64,
    decided: f64,
}

impl Said {
    fn take(&mut self, battle: &Battle, log_odds: f64) -> f64 {
        let score = battle.winner.score();
        let value = battle.weight * log_likelihood(score, log_odds);
        self.value += value;
        if score != 0.5 {
            self.decided += battle.weight;
            let agrees = (score - 0.5) * log_odds;
            self.right += battle.weight
                * if agrees > 0.0 {
                    1.0
                } else if agrees == 0.0 {
                    0.5
                } else {
                    0.0
                };
        }
        value
    }
}

impl Intransitivity {
    /// Fits both models on all clusters but those of a fold and lets them foretell these, for each fold. `None` with fewer than
    /// two clusters or folds.
    ///
    /// # Errors
    /// A fit did not converge.
    pub fn measure(
        results: &Results,
        options: &PreferenceOptions,
        folds: usize,
    ) -> Result<Option<Intransitivity>, FitError> {
        let (order, starts) = by_cluster(results);
        let clusters = starts.len() - 1;
        let folds = folds.min(clusters);
        if folds < 2 {
            return Ok(None);
        }
        let mut random = ChaCha12Rng::seed_from_u64(options.seed);
        let mut shuffled: Vec<usize> = (0..clusters).collect();
        (1..clusters).for_each(|at| shuffled.swap(at, random.random_range(0..=at)));
        let (mut plain, mut cyclic, mut weight) = (Said::default(), Said::default(), 0.0);
        let mut gains = vec![(0.0, 0.0); clusters];
        for fold in 0..folds {
            let is_held_out = |place: usize| place % folds == fold;
            let battles_of = |cluster: usize| order[starts[cluster]..starts[cluster + 1]].iter();
            let battle = |place: &u32| results.battles()[*place as usize];
            let seen: Vec<Battle> = (0..clusters)
                .filter(|place| !is_held_out(*place))
                .flat_map(|place| battles_of(shuffled[place]).map(battle))
                .collect();
            let counts = Counts::of_battles(results.players().len(), &seen);
            let ladder = fit(&counts, &Options { side: false, prior: options.penalty, ..Options::default() })?;
            let embedding = Embedding::of(&Matrix::of(&counts), options)?;
            for place in (0..clusters).filter(|place| is_held_out(*place)) {
                for battle in battles_of(shuffled[place]).map(battle) {
                    let (first, second) = (battle.first, battle.second);
                    let by_ladder = ladder.strengths[first as usize] - ladder.strengths[second as usize];
                    let gained =
                        cyclic.take(&battle, embedding.log_odds(first, second)) - plain.take(&battle, by_ladder);
                    weight += battle.weight;
                    gains[place].0 += gained;
                    gains[place].1 += battle.weight;
                }
            }
        }
        let gain = (cyclic.value - plain.value) / weight;
        let squares: f64 = gains.iter().map(|(gained, weight)| (gained - gain * weight).powi(2)).sum();
        let error = (squares * clusters as f64 / (clusters - 1) as f64).sqrt() / weight;
        let right = |said: &Said| if said.decided > 0.0 { said.right / said.decided } else { 0.5 };
        Ok(Some(Intransitivity {
            bradley_terry: plain.value / weight,
            embedding: cyclic.value / weight,
            gain,
            error,
            bradley_terry_right: right(&plain),
            embedding_right: right(&cyclic),
            folds,
            clusters,
        }))
    }

    /// Whether the gain is beyond two standard errors.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.gain > 2.0 * self.error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rating::results::Winner;
    use crate::rating::simulation::World;

    fn circle(times: usize) -> Results {
        let battles = [(0, 1), (1, 2), (2, 0)].repeat(times);
        let battles = battles.into_iter().map(|(one, other)| Battle::new(one, other, Winner::First)).collect();
        World::ladder(3, 0.0, 0).results(battles)
    }

    #[test]
    fn rock_paper_and_scissors_are_foretold_where_bradley_terry_tosses_a_coin() {
        let found = Intransitivity::measure(&circle(40), &PreferenceOptions::default(), 5).unwrap().unwrap();
        assert!(found.embedding_right > 0.95, "{found:?}");
        assert!((found.bradley_terry_right - 0.5).abs() < 0.25, "{found:?}");
        assert!(found.is_sure() && found.gain > 0.4, "{found:?}");
    }

    #[test]
    fn a_plain_ladder_gains_nothing() {
        let world = World::ladder(8, 80.0, 6);
        let results = world.results(world.battles(3_000));
        let found = Intransitivity::measure(&results, &PreferenceOptions::default(), 5).unwrap().unwrap();
        assert!(!found.is_sure() && found.gain.abs() < 0.01, "{found:?}");
        assert_eq!(found.clusters, 3_000);
    }

    #[test]
    fn swapping_two_players_turns_the_odds() {
        let embedding = Embedding::of(&Matrix::of(&Counts::of(&circle(10))), &PreferenceOptions::default()).unwrap();
        for (one, other) in [(0, 1), (1, 2), (2, 0)] {
            assert!((embedding.log_odds(one, other) + embedding.log_odds(other, one)).abs() < 1e-12);
            assert!(embedding.log_odds(one, other) > 1.0, "{embedding:?}");
        }
        assert!(embedding.log_odds(0, 0).abs() < 1e-12);
    }

    #[test]
    fn one_cluster_foretells_nothing_of_another() {
        let mut results = circle(3);
        let cluster = results.cluster("only");
        let battles = results.battles().iter().map(|battle| Battle { cluster, ..*battle }).collect();
        let results = Results::of(results.players().clone(), results.clusters().clone(), battles).unwrap();
        assert_eq!(Intransitivity::measure(&results, &PreferenceOptions::default(), 5), Ok(None));
        let options = PreferenceOptions { penalty: 0.0, ..PreferenceOptions::default() };
        assert!(Embedding::of(&Matrix::of(&Counts::of(&results)), &options).is_err());
    }
}
