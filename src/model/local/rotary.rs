//! Rotary positions (Su et al. 2021): each pair of numbers in a head is turned by an angle that grows with the position.

use crate::model::local::shape::{Pairing, Shape};

/// The angles of every position up to a context length.
pub struct Rotary {
    /// Those of the layers that see everything, then those of the layers with a window, if the model has such.
    pub angles: Vec<Angles>,
    /// Pairs of a head.
    pub pairs: usize,
    pub pairing: Pairing,
    /// Positions.
    pub context: usize,
}

/// Cosines and sines: position by position, one number for each pair.
pub struct Angles {
    pub cos: Vec<f32>,
    pub sin: Vec<f32>,
}

impl Rotary {
    /// `context` positions; `factors` stretch the wave of each pair, as models trained for long contexts want.
    #[must_use]
    pub fn new(shape: &Shape, context: usize, factors: Option<&[f32]>) -> Rotary {
        let mut angles = vec![Angles::new(shape, shape.rotary_base, context, factors)];
        angles.extend(shape.sliding.map(|sliding| Angles::new(shape, sliding.rotary_base, context, None)));
        Rotary { angles, pairs: shape.head / 2, pairing: shape.pairing, context }
    }

    /// Cosines and sines of a position, one of each for each pair; `None` beyond the context.
    #[must_use]
    pub fn at(&self, angles: usize, position: usize) -> Option<(&[f32], &[f32])> {
        let angles = self.angles.get(angles)?;
        let range = position * self.pairs..(position + 1) * self.pairs;
        Some((angles.cos.get(range.clone())?, angles.sin.get(range)?))
    }
}

impl Angles {
    fn new(shape: &Shape, base: f64, context: usize, factors: Option<&[f32]>) -> Angles {
        let speed = |pair: usize| {
            let speed = (1.0 / base.powf(2.0 * pair as f64 / shape.head as f64)) as f32;
            speed / factors.and_then(|factors| factors.get(pair)).unwrap_or(&1.0)
        };
        let speeds: Vec<f32> = (0..shape.head / 2).map(speed).collect();
        let angles = || (0..context).flat_map(|position| speeds.iter().map(move |speed| position as f32 * speed));
        Angles { cos: angles().map(f32::cos).collect(), sin: angles().map(f32::sin).collect() }
    }
}
