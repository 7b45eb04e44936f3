//! Battles with planted strengths, for tests.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use crate::rating::bradley_terry::POINTS;
use crate::rating::results::{Battle, Names, Proposition, Results, Winner};

/// What is planted. Strengths are in points of the Elo scale.
pub struct World {
    pub strengths: Vec<f64>,
    /// Davidson's ν; 0 is a world without ties.
    pub ties: f64,
    /// What being the proposition is worth, in points; `None` names no sides.
    pub side: Option<f64>,
    pub seed: u64,
}

impl World {
    /// Players so many points apart, the strongest last, with mean 1000.
    pub fn ladder(players: usize, step: f64, seed: u64) -> World {
        let middle = (players - 1) as f64 / 2.0;
        let strengths = (0..players).map(|player| 1000.0 + step * (player as f64 - middle)).collect();
        World { strengths, ties: 0.0, side: None, seed }
    }

    fn fight(&self, first: u32, second: u32, random: &mut ChaCha12Rng) -> Battle {
        let mut ahead = self.strengths[first as usize] - self.strengths[second as usize];
        let mut battle = Battle::new(first, second, Winner::Tie);
        if let Some(side) = self.side {
            battle.proposition = Proposition::First;
            ahead += side;
        }
        let half = ahead / POINTS / 2.0;
        let (win, loss) = (half.exp(), (-half).exp());
        let drawn = random.random::<f64>() * (win + loss + self.ties);
        battle.winner = if drawn < win {
            Winner::First
        } else if drawn < win + loss {
            Winner::Second
        } else {
            Winner::Tie
        };
        battle
    }

    /// Battles of pairs at random, each independent of the others.
    pub fn battles(&self, n: usize) -> Vec<Battle> {
        let mut random = ChaCha12Rng::seed_from_u64(self.seed);
        let players = self.strengths.len() as u32;
        let mut battle = || {
            let first = random.random_range(0..players);
            let second = (first + random.random_range(1..players)) % players;
            self.fight(first, second, &mut random)
        };
        (0..n).map(|_| battle()).collect()
    }

    /// Clusters in which every pair meets once, and strengths are off by a normal error that the cluster's battles share.
    pub fn clustered(&self, clusters: u32, spread: f64) -> Results {
        let mut random = ChaCha12Rng::seed_from_u64(self.seed);
        let players = self.strengths.len() as u32;
        let mut battles = Vec::new();
        for cluster in 0..clusters {
            let off = self.strengths.iter().map(|strength| strength + spread * normal(&mut random)).collect();
            let here = World { strengths: off, ..*self };
            for first in 0..players {
                for second in 0..first {
                    battles.push(Battle { cluster, ..here.fight(first, second, &mut random) });
                }
            }
        }
        self.results(battles)
    }

    pub fn results(&self, battles: Vec<Battle>) -> Results {
        let names: Names = (0..self.strengths.len()).map(|player| format!("p{player}")).collect();
        let clusters = battles.iter().map(|battle| battle.cluster.wrapping_add(1)).max().unwrap_or(0);
        let clusters: Names = (0..clusters).map(|cluster| format!("c{cluster}")).collect();
        Results::of(names, clusters, battles).unwrap()
    }
}

/// A standard normal number as a sum of twelve uniform ones.
fn normal(random: &mut ChaCha12Rng) -> f64 {
    (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
}

/// The root of the mean squared difference.
pub fn rms(found: &[Option<f64>], wanted: &[f64]) -> f64 {
    let squares = found.iter().zip(wanted).map(|(found, wanted)| (found.unwrap() - wanted).powi(2));
    (squares.sum::<f64>() / wanted.len() as f64).sqrt()
}
