//! Rotary positions (Su et al. 2021): each pair of numbers in a head is turned by an angle that grows with the position.

use candle_core::{Device, Result, Tensor};

use crate::model::local::shape::{Pairing, Shape};

/// The angles of every position up to a context length.
pub struct Rotary {
    cos: Tensor,
    sin: Tensor,
    pairing: Pairing,
}

impl Rotary {
    /// `context` positions; `factors` stretch the wave of each pair, as models trained for long contexts want.
    ///
    /// # Errors
    /// `factors` has another length than the pairs of a head.
    pub fn new(shape: &Shape, context: usize, factors: Option<&Tensor>) -> Result<Rotary> {
        let pairs = shape.head / 2;
        let base = shape.rotary_base;
        let speed: Vec<f32> =
            (0..pairs).map(|pair| (1.0 / base.powf(2.0 * pair as f64 / shape.head as f64)) as f32).collect();
        let mut speed = Tensor::from_vec(speed, (1, pairs), &Device::Cpu)?;
        if let Some(factors) = factors {
            speed = speed.div(&factors.reshape((1, pairs))?)?;
        }
        let positions: Vec<f32> = (0..context).map(|position| position as f32).collect();
        let angles = Tensor::from_vec(positions, (context, 1), &Device::Cpu)?.broadcast_mul(&speed)?;
        Ok(Rotary { cos: angles.cos()?, sin: angles.sin()?, pairing: shape.pairing })
    }

    /// Turns `heads` (head, token, number), whose first token stands at `position`.
    ///
    /// # Errors
    /// The tokens pass the end of the context.
    pub fn turn(&self, heads: &Tensor, position: usize) -> Result<Tensor> {
        let tokens = heads.dim(1)?;
        let cos = self.cos.narrow(0, position, tokens)?;
        let sin = self.sin.narrow(0, position, tokens)?;
        let heads = heads.unsqueeze(0)?;
        let turned = match self.pairing {
            Pairing::Neighbours => candle_nn::rotary_emb::rope_i(&heads, &cos, &sin)?,
            Pairing::Halves => candle_nn::rotary_emb::rope(&heads, &cos, &sin)?,
        };
        turned.squeeze(0)
    }
}
