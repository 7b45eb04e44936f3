//! Draws the next token from logits. Same seed, same logits: same tokens.

use std::collections::VecDeque;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use crate::model::chat::Sampling;

/// How many of the last written tokens the repetition penalty sees.
const WINDOW: usize = 128;
/// Tokens whose weight is below e^-30 of the likeliest one's are never drawn. All of a vocabulary together would be drawn
/// once in ten million times, and their exponentials are most of the work.
const DEEPEST: f64 = -30.0;

/// The state of drawing for one answer.
pub struct Sampler {
    sampling: Sampling,
    random: ChaCha12Rng,
    written: VecDeque<u32>,
}

impl Sampler {
    #[must_use]
    pub fn new(sampling: Sampling) -> Sampler {
        Sampler { sampling, random: ChaCha12Rng::seed_from_u64(sampling.seed), written: VecDeque::new() }
    }

    /// Draws a token and remembers that it was written. Logits that are not numbers are never drawn.
    pub fn draw(&mut self, mut logits: Vec<f32>) -> u32 {
        self.penalise(&mut logits);
        let token = self.choose(&logits);
        self.remember(token);
        token
    }

    /// Draws a token from logits that were penalised. Without a number among them it is the first.
    pub fn choose(&mut self, logits: &[f32]) -> u32 {
        let token = if self.sampling.temperature > 0.0 { self.nucleus(logits) } else { most_likely(logits) };
        u32::try_from(token).unwrap_or(u32::MAX)
    }

    /// Remembers that a token was written.
    pub fn remember(&mut self, token: u32) {
        if self.written.len() == WINDOW {
            self.written.pop_front();
        }
        self.written.push_back(token);
    }

    /// Divides the logits of written tokens, or multiplies negative ones, once each. (Keskar et al. 2019, section 4.1.)
    pub fn penalise(&self, logits: &mut [f32]) {
        let penalty = self.sampling.repetition_penalty as f32;
        if penalty == 1.0 || penalty <= 0.0 {
            return;
        }
        let mut written: Vec<u32> = self.written.iter().copied().collect();
        written.sort_unstable();
        written.dedup();
        for token in written {
            if let Some(logit) = logits.get_mut(token as usize) {
                *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
            }
        }
    }

    /// Draws from the smallest set of likeliest tokens that holds `top_p`. (Holtzman et al. 2020.)
    fn nucleus(&mut self, logits: &[f32]) -> usize {
        let best = most_likely(logits);
        let Some(&highest) = logits.get(best) else { return best };
        let weight = |(token, &logit): (usize, &f32)| {
            let power = f64::from(logit - highest) / self.sampling.temperature;
            (power >= DEEPEST).then(|| (token, power.exp()))
        };
        let mut weights: Vec<(usize, f64)> = logits.iter().enumerate().filter_map(weight).collect();
        let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
        let mut mass = total;
        if self.sampling.top_p < 1.0 {
            // The tail below this weight holds less than what may be cut, so it need not be sorted.
            let negligible = total * (1.0 - self.sampling.top_p) / weights.len() as f64;
            weights.retain(|(_, weight)| *weight >= negligible);
            weights.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            mass = 0.0;
            let wanted = total * self.sampling.top_p;
            let kept = weights.iter().take_while(|(_, weight)| {
                let more = mass < wanted;
                mass += if more { *weight } else { 0.0 };
                more
            });
            let kept = kept.count().max(1);
            weights.truncate(kept);
        }
        let mut left = self.random.random::<f64>() * mass;
        for &(token, weight) in &weights {
            left -= weight;
            if left < 0.0 {
                return token;
            }
        }
        best
    }
}

/// The index of the highest logit, the first of several.
fn most_likely(logits: &[f32]) -> usize {
    let mut best = 0;
    let mut highest = f32::NEG_INFINITY;
    for (token, &logit) in logits.iter().enumerate() {
        if logit > highest {
            (best, highest) = (token, logit);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampling(temperature: f64, top_p: f64, repetition_penalty: f64, seed: u64) -> Sampling {
        Sampling { temperature, top_p, repetition_penalty, seed }
    }

    fn draw(sampling: Sampling, logits: &[f32], times: usize) -> Vec<u32> {
        let mut sampler = Sampler::new(sampling);
        (0..times).map(|_| sampler.draw(logits.to_vec())).collect()
    }

    #[test]
    fn temperature_zero_takes_the_likeliest() {
        assert_eq!(draw(sampling(0.0, 1.0, 1.0, 1), &[0.0, f32::NAN, 3.0, 2.0], 3), [2, 2, 2]);
    }

    #[test]
    fn the_seed_decides() {
        let logits: Vec<f32> = (0..50).map(|i| (i % 7) as f32 * 0.3).collect();
        let one = draw(sampling(1.0, 0.9, 1.0, 7), &logits, 40);
        assert_eq!(one, draw(sampling(1.0, 0.9, 1.0, 7), &logits, 40));
        assert_ne!(one, draw(sampling(1.0, 0.9, 1.0, 8), &logits, 40));
    }

    #[test]
    fn tokens_are_drawn_as_often_as_they_are_likely() {
        let drawn = draw(sampling(1.0, 1.0, 1.0, 3), &[0.0, 3.0_f32.ln()], 4000);
        let ones = drawn.iter().filter(|&&token| token == 1).count();
        assert!((2850..3150).contains(&ones), "{ones} of 4000");
    }

    #[test]
    fn the_nucleus_leaves_out_the_tail() {
        let logits = [4.0_f32.ln(), 3.0_f32.ln(), 2.0_f32.ln(), 0.0];
        let drawn = draw(sampling(1.0, 0.65, 1.0, 5), &logits, 500);
        assert!(drawn.iter().all(|&token| token < 2) && drawn.contains(&0) && drawn.contains(&1));
        assert!(draw(sampling(1.0, 0.01, 1.0, 5), &logits, 50).iter().all(|&token| token == 0));
    }

    #[test]
    fn a_high_temperature_flattens_and_a_low_one_sharpens() {
        let logits = [1.0, 0.0];
        let ones = |temperature| draw(sampling(temperature, 1.0, 1.0, 9), &logits, 1000).iter().sum::<u32>();
        assert!(ones(10.0) > 400 && ones(0.1) < 10);
    }

    #[test]
    fn the_penalty_turns_away_from_what_was_written() {
        assert_eq!(draw(sampling(0.0, 1.0, 2.0, 1), &[1.0, 0.9, -5.0], 3), [0, 1, 0]);
        assert_eq!(draw(sampling(0.0, 1.0, 2.0, 1), &[-1.0, -1.5, -9.0], 2), [0, 1]);
    }
}
