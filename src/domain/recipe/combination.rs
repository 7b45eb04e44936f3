//! How dimensions become one verdict.

use serde::{Deserialize, Serialize};

/// The combination axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Combination {
    /// The weighted mean of the dimensions' probabilities.
    Weights {},
    /// The weighted mean of the dimensions' log-odds: one that is sure counts more than several that are not.
    LogOdds {},
    /// A panel reads the dimensions' judgements and names one winner (Debatrix).
    Panel {},
    /// The sum of the sides' scores over all samples that count (DeepSeek-GRM, arXiv 2504.02495).
    Scores {},
}
