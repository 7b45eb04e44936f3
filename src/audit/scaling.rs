//! Agreement with people by the number of samples that a judge takes (inference-time scaling, DeepSeek-GRM,
//! arXiv 2504.02495). Samples are nested: the first four of sixteen are the four.

use serde::{Deserialize, Serialize};

use crate::audit::agreement;
use crate::audit::hearing::Judged;
use crate::rating::interval::Estimated;

/// One number of samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalingRow {
    pub samples: u32,
    /// Agreement with all decided labels.
    pub accuracy: Estimated,
    /// Cases that could not be decided.
    pub void: usize,
}

/// The row of a number of samples; `None` if no label is decided.
#[must_use]
pub fn row(samples: u32, judged: Vec<Judged>, seed: u64) -> Option<ScalingRow> {
    let void = judged.iter().filter(|judged| judged.opinion.is_none()).count();
    Some(ScalingRow { samples, accuracy: agreement::pooled(&[&judged], seed)?, void })
}
