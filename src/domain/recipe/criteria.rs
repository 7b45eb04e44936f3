//! What a judge looks at.

use serde::{Deserialize, Serialize};

use crate::domain::recipe::reading::Reading;
use crate::domain::transcript::Contest;

/// One dimension that is scored on its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Weight in the combination, at least 0.
    pub weight: f64,
    /// What the dimension asks, one or two sentences, put into the judge's prompt; `{side}` stands for what a side is
    /// called: speaker, argument, evidence or answer. A criterion that is read `alone` by
    /// label probabilities asks a question that is answered with Yes or No.
    pub asks: String,
    /// Whether the judge may call this dimension a tie.
    #[serde(default)]
    pub ties: bool,
    /// Read in another way than the rest of the recipe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// Which contests it is for; all of them where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contests: Vec<Contest>,
    /// A lead beyond this counts no more, 0 to 0.5 of probability: past its threshold of usefulness a component stops
    /// counting (after arXiv 2310.04373).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enough: Option<f64>,
}

/// A rubric that the judge writes for the debate at hand before it judges (after RM-R1, arXiv 2505.02387, and the
/// principles of DeepSeek-GRM, arXiv 2504.02495).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rubric {
    /// How many items it has, 1 to 8.
    pub items: usize,
}
