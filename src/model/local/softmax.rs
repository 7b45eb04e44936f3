//! The softmax of attention scores: scaled, causal, and in place, so that no mask and no copy is built.

use candle_core::{CpuStorage, InplaceOp1, Layout, Result};

/// Each row of scores belongs to a query token; it may look at the tokens before it and at itself.
pub struct CausalSoftmax {
    /// Multiplies the scores first.
    pub scale: f32,
    /// Query tokens; rows come in runs of this many, one run for each head.
    pub tokens: usize,
}

impl InplaceOp1 for CausalSoftmax {
    fn name(&self) -> &'static str {
        "causal-softmax"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let Some((start, end)) = layout.contiguous_offsets() else { candle_core::bail!("the scores have gaps") };
        let CpuStorage::F32(scores) = storage else { candle_core::bail!("the scores are not of type f32") };
        let (Some(scores), Some(&seen)) = (scores.get_mut(start..end), layout.dims().last()) else {
            candle_core::bail!("there are no scores")
        };
        if self.tokens == 1 {
            self.rows(scores, seen, 0);
            return Ok(());
        }
        let threads = candle_core::utils::get_num_threads();
        let share = (scores.len() / seen).div_ceil(threads);
        std::thread::scope(|scope| {
            for (i, part) in scores.chunks_mut(share * seen).enumerate() {
                scope.spawn(move || self.rows(part, seen, i * share));
            }
        });
        Ok(())
    }
}

impl CausalSoftmax {
    /// Normalises rows of `seen` scores each; `first` is the number of the first row.
    fn rows(&self, scores: &mut [f32], seen: usize, first: usize) {
        for (row, scores) in (first..).zip(scores.chunks_exact_mut(seen)) {
            let visible = seen - (self.tokens - 1 - row % self.tokens);
            let (visible, hidden) = scores.split_at_mut(visible);
            normalise(visible, self.scale);
            hidden.fill(0.0);
        }
    }
}

fn normalise(scores: &mut [f32], scale: f32) {
    let highest = scores.iter().fold(f32::NEG_INFINITY, |highest, &score| highest.max(score));
    let mut sum = 0.0;
    for score in &mut *scores {
        *score = ((*score - highest) * scale).exp();
        sum += *score;
    }
    let inverse = 1.0 / sum;
    for score in scores {
        *score *= inverse;
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;

    #[test]
    fn each_token_sees_itself_and_what_came_before() {
        // Two heads of two tokens each, after one token that was read before: rows see 2, 3, 2, 3 scores.
        let scores: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let scores = Tensor::from_vec(scores, (2, 2, 3), &Device::Cpu).unwrap();
        scores.inplace_op1(&CausalSoftmax { scale: 0.5, tokens: 2 }).unwrap();
        let rows = scores.reshape((4, 3)).unwrap().to_vec2::<f32>().unwrap();
        let e = |x: f32| x.exp();
        let two = [1.0 / (1.0 + e(0.5)), e(0.5) / (1.0 + e(0.5)), 0.0];
        let sum = 1.0 + e(0.5) + e(1.0);
        let three = [1.0 / sum, e(0.5) / sum, e(1.0) / sum];
        for (row, expected) in rows.iter().zip([two, three, two, three]) {
            for (got, expected) in row.iter().zip(expected) {
                assert!((got - expected).abs() < 1e-6, "{row:?} is not {expected:?}");
            }
        }
    }
}
