//! How far two backends are apart on the same text.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::model::error::ModelError;
use crate::model::local::backend::Backend;
use crate::model::local::direct::Direct;
use crate::model::local::score::{likeliest, log_softmax};

/// Tokens that are read at once: the logits of all of them are held twice.
const CHUNK: usize = 64;

/// What was compared. Log-probabilities are natural.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Positions of the text.
    pub positions: usize,
    /// Positions where both hold the same token for the most likely.
    pub same_best: usize,
    /// The largest difference of the log-probability of the token that follows in the text.
    pub largest_difference: f64,
    /// Its mean over the positions, without sign.
    pub mean_difference: f64,
    /// The mean of the Kullback-Leibler divergence of the second from the first, in nats.
    pub mean_divergence: f64,
    /// Where both differ on the best token, the largest lead that the first gave its own, in nats.
    pub largest_disputed_lead: f64,
}

/// Reads at most `positions` tokens of a text on two backends.
///
/// # Errors
/// The model cannot be opened on either, or fails, or the text has fewer than two tokens.
pub fn agreement(
    backends: [&Backend; 2],
    path: &Path,
    name: &str,
    text: &str,
    positions: usize,
) -> Result<Agreement, ModelError> {
    let [first, second] = backends;
    let mut first = Direct::open_on(first, path, name)?;
    let mut second = Direct::open_on(second, path, name)?;
    let mut tokens = first.tokenize(text)?;
    tokens.truncate((positions + 1).min(first.context).min(second.context));
    if tokens.len() < 2 {
        return Err(ModelError::Setup("the text to compare on has fewer than two tokens".to_owned()));
    }
    let mut agreement = Agreement::default();
    let (read, following) = (&tokens[..tokens.len() - 1], &tokens[1..]);
    for (read, following) in read.chunks(CHUNK).zip(following.chunks(CHUNK)) {
        let (ours, theirs) = (first.read(read, read.len())?, second.read(read, read.len())?);
        for ((ours, theirs), &next) in ours.iter().zip(&theirs).zip(following) {
            agreement.add(&log_softmax(ours), &log_softmax(theirs), next as usize);
        }
    }
    agreement.mean_difference /= agreement.positions as f64;
    agreement.mean_divergence /= agreement.positions as f64;
    Ok(agreement)
}

impl Agreement {
    /// Adds a position. Means are sums until the end.
    fn add(&mut self, ours: &[f64], theirs: &[f64], next: usize) {
        let (best, other) = (likeliest(ours).unwrap_or(0), likeliest(theirs).unwrap_or(0));
        let at = |list: &[f64], i: usize| list.get(i).copied().unwrap_or(f64::NEG_INFINITY);
        let difference = (at(ours, next) - at(theirs, next)).abs();
        self.positions += 1;
        self.same_best += usize::from(best == other);
        self.largest_difference = self.largest_difference.max(difference);
        self.mean_difference += difference;
        self.mean_divergence += ours.iter().zip(theirs).map(|(p, q)| p.exp() * (p - q)).sum::<f64>();
        self.largest_disputed_lead = self.largest_disputed_lead.max(at(ours, best) - at(ours, other));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::local::tiny::Tiny;

    #[test]
    fn a_backend_agrees_with_itself_and_nearly_with_another() {
        let written = Tiny::new("qwen2", 3).write();
        let text = "one and two and three; ".repeat(6);
        let (own, candle) = (Backend::Processor, Backend::reference());
        let same = agreement([&own, &own], &written.path, "tiny", &text, 100).unwrap();
        assert_eq!((same.positions, same.same_best, same.largest_difference), (100, 100, 0.0));
        let other = agreement([&own, &candle], &written.path, "tiny", &text, 100).unwrap();
        assert!(other.largest_difference > 0.0 && other.largest_difference < 1.0, "{other:?}");
        assert!(other.same_best > 70 && other.mean_divergence < 0.05, "{other:?}");
    }

    #[test]
    fn what_is_far_apart_is_told_so() {
        let mut agreement = Agreement::default();
        agreement.add(&log_softmax(&[0.0, 2.0]), &log_softmax(&[2.0, 0.0]), 1);
        assert_eq!((agreement.positions, agreement.same_best), (1, 0));
        assert!((agreement.largest_difference - 2.0).abs() < 1e-9);
        assert!((agreement.largest_disputed_lead - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_text_without_tokens_is_refused() {
        let written = Tiny::new("llama", 1).write();
        let own = Backend::Processor;
        let error = agreement([&own, &own], &written.path, "tiny", "", 100).unwrap_err();
        assert_eq!(error.to_string(), "the text to compare on has fewer than two tokens");
    }
}
