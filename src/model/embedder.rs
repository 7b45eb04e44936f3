//! Embeddings: texts go in, a vector for each comes out.
//!
//! An encoder can do nothing else, so this is not part of [`crate::model::Scorer`], whose probabilities it lacks.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::domain::usage::Usage;
use crate::model::chat::Delta;
use crate::model::error::ModelError;

/// Texts to embed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbedRequest {
    pub texts: Vec<String>,
    /// Read before each text, so that it is understood from there; no part of the mean. If empty, decoders read the token
    /// that prompts begin with or a line break. Decoders only.
    #[serde(default)]
    pub before: String,
    /// The layer behind which states are taken: 0 is the embedding table, the number of layers the last; `None` is
    /// behind the norm that follows the last. Decoders only.
    #[serde(default)]
    pub layer: Option<usize>,
}

/// The vector of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Embedding {
    /// Of a decoder the mean of its hidden states over the tokens of the text, as it is. Of an encoder what the model
    /// was trained for, of length 1.
    pub vector: Vec<f32>,
    /// Tokens that the vector stands for.
    pub tokens: usize,
    /// Tokens at the end of the text that were left out, because the model reads no longer one.
    pub left_out: usize,
}

/// For each text its vector, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Embeddings {
    pub embeddings: Vec<Embedding>,
    pub usage: Usage,
}

/// A model that turns text into vectors.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Embeds texts. Progress is told as [`Delta::Prefill`].
    ///
    /// # Errors
    /// Cancelled, a text is empty, or the model has no such layer or no layers to choose from.
    async fn embed(
        &self,
        request: EmbedRequest,
        progress: UnboundedSender<Delta>,
        cancel: CancellationToken,
    ) -> Result<Embeddings, ModelError>;
}

/// The cosine of the angle between two vectors of the same length, in [-1, 1]; 0 if one of them is zero.
#[must_use]
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum() };
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 { (dot(a, b) / lengths).clamp(-1.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cosine_is_that_of_the_angle() {
        assert_eq!(cosine(&[2.0, 0.0], &[0.0, 3.0]), 0.0);
        assert_eq!(cosine(&[2.0, 1.0], &[4.0, 2.0]), 1.0);
        assert!((cosine(&[1.0, 0.0], &[-1.0, 1.0]) + 0.5_f64.sqrt()).abs() < 1e-12);
        assert_eq!(cosine(&[0.0, 0.0], &[1.0, 1.0]), 0.0);
    }
}
