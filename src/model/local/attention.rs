//! Grouped-query attention over the cache.

use candle_core::{Module, Result, Tensor};

use crate::model::local::cache::Cache;
use crate::model::local::rotary::Rotary;
use crate::model::local::shape::Shape;
use crate::model::local::softmax::CausalSoftmax;
use crate::model::local::weights::Linear;

/// The attention block of one layer.
pub struct Attention {
    pub query: Linear,
    pub key: Linear,
    pub value: Linear,
    pub output: Linear,
}

impl Attention {
    /// Attends from each row of `x` (token, number) to itself and all tokens before it, and adds the tokens to layer
    /// `layer` of the cache.
    ///
    /// # Errors
    /// The shapes do not fit, or the context is full.
    pub fn forward(
        &self,
        x: &Tensor,
        shape: &Shape,
        rotary: &Rotary,
        layer: usize,
        cache: &mut Cache,
    ) -> Result<Tensor> {
        let tokens = x.dim(0)?;
        let split = |x: Tensor, heads: usize| x.reshape((tokens, heads, shape.head))?.transpose(0, 1)?.contiguous();
        let query = rotary.turn(&split(self.query.forward(x)?, shape.heads)?, cache.len())?;
        let key = rotary.turn(&split(self.key.forward(x)?, shape.kv_heads)?, cache.len())?;
        let value = split(self.value.forward(x)?, shape.kv_heads)?;
        let (keys, values) = cache.write(layer, &key, &value)?;
        // The query heads that share a key head are stacked as more rows, so keys and values are never repeated.
        let group = shape.heads / shape.kv_heads;
        let query = query.reshape((shape.kv_heads, group * tokens, shape.head))?;
        let scores = query.matmul(&keys.t()?)?;
        scores.inplace_op1(&CausalSoftmax { scale: 1.0 / (shape.head as f32).sqrt(), tokens })?;
        let mixed = scores.matmul(&values)?.reshape((shape.heads, tokens, shape.head))?;
        self.output.forward(&mixed.transpose(0, 1)?.reshape((tokens, shape.heads * shape.head))?)
    }
}
