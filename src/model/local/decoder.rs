//! The decoder: tokens in, hidden states out, for the families that differ only in names, biases and rotary pairing.
//!
//! One sequence at a time. It gives the hidden states of all positions; logits are computed for the rows asked for.

use candle_core::quantized::QMatMul;
use candle_core::{Device, Module, Result, Tensor};
use candle_nn::ops::{rms_norm, silu};

use crate::model::error::ModelError;
use crate::model::local::attention::Attention;
use crate::model::local::cache::Cache;
use crate::model::local::gguf::Gguf;
use crate::model::local::rotary::Rotary;
use crate::model::local::shape::Shape;
use crate::model::local::weights::{Linear, Weights};

/// A loaded model.
pub struct Decoder {
    shape: Shape,
    embedding: QMatMul,
    layers: Vec<Layer>,
    norm: Tensor,
    output: QMatMul,
    rotary: Rotary,
}

struct Layer {
    attention_norm: Tensor,
    attention: Attention,
    forward_norm: Tensor,
    gate: Linear,
    up: Linear,
    down: Linear,
}

impl Decoder {
    /// Loads the weights. `context` is the longest sequence that will be read.
    ///
    /// # Errors
    /// A tensor is missing or has another shape than the metadata says.
    pub fn load(gguf: &Gguf, shape: Shape, context: usize) -> std::result::Result<Decoder, ModelError> {
        let mut weights = Weights::open(gguf)?;
        let embedding = weights.matrix("token_embd.weight", shape.vocabulary, shape.width)?;
        // Small models use the embedding table for the output, too.
        let output = if weights.has("output.weight") {
            weights.matrix("output.weight", shape.vocabulary, shape.width)?
        } else {
            embedding.clone()
        };
        let norm = weights.vector("output_norm.weight", shape.width)?;
        let factors = "rope_freqs.weight";
        let factors = if weights.has(factors) { Some(weights.vector(factors, shape.head / 2)?) } else { None };
        let rotary =
            Rotary::new(&shape, context, factors.as_ref()).map_err(|error| gguf.unusable(error.to_string()))?;
        let layers =
            (0..shape.layers).map(|i| Layer::load(&mut weights, &shape, i)).collect::<std::result::Result<_, _>>()?;
        Ok(Decoder { shape, embedding, layers, norm, output, rotary })
    }

    /// The dimensions.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Reads tokens behind those of the cache. Gives their hidden states after the last norm: (token, number).
    ///
    /// # Errors
    /// A token is out of range, or the context is full; the cache keeps its length then.
    pub fn hidden(&self, tokens: &[u32], cache: &mut Cache) -> Result<Tensor> {
        let ids = Tensor::new(tokens, &Device::Cpu)?;
        let mut x = self.embedding.embedding(&ids)?;
        for (i, layer) in self.layers.iter().enumerate() {
            let normed = rms_norm(&x, &layer.attention_norm, self.shape.norm_epsilon)?;
            x = (x + layer.attention.forward(&normed, &self.shape, &self.rotary, i, cache)?)?;
            let normed = rms_norm(&x, &layer.forward_norm, self.shape.norm_epsilon)?;
            x = (x + layer.feed_forward(&normed)?)?;
        }
        cache.advance(tokens.len());
        rms_norm(&x, &self.norm, self.shape.norm_epsilon)
    }

    /// The logits of the token that follows each given hidden state: (state, token).
    ///
    /// # Errors
    /// The shapes do not fit.
    pub fn logits(&self, hidden: &Tensor) -> Result<Tensor> {
        self.output.forward(hidden)
    }
}

impl Layer {
    fn load(weights: &mut Weights, shape: &Shape, i: usize) -> std::result::Result<Layer, ModelError> {
        let name = |part: &str| format!("blk.{i}.{part}");
        let (width, query, kv) = (shape.width, shape.heads * shape.head, shape.kv_heads * shape.head);
        Ok(Layer {
            attention_norm: weights.vector(&name("attn_norm.weight"), width)?,
            attention: Attention {
                query: weights.linear(&name("attn_q"), query, width)?,
                key: weights.linear(&name("attn_k"), kv, width)?,
                value: weights.linear(&name("attn_v"), kv, width)?,
                output: weights.linear(&name("attn_output"), width, query)?,
            },
            forward_norm: weights.vector(&name("ffn_norm.weight"), width)?,
            gate: weights.linear(&name("ffn_gate"), shape.inner, width)?,
            up: weights.linear(&name("ffn_up"), shape.inner, width)?,
            down: weights.linear(&name("ffn_down"), width, shape.inner)?,
        })
    }

    /// The gated feed-forward block. (Shazeer 2020: SwiGLU.)
    fn feed_forward(&self, x: &Tensor) -> Result<Tensor> {
        self.down.forward(&(silu(&self.gate.forward(x)?)? * self.up.forward(x)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::local::tiny::Tiny;

    fn load(tiny: &Tiny) -> std::result::Result<Decoder, ModelError> {
        let written = tiny.write();
        let gguf = Gguf::open(&written.path).unwrap();
        Decoder::load(&gguf, Shape::read(&gguf).unwrap(), 1024)
    }

    fn rows(tensor: &Tensor) -> Vec<Vec<f32>> {
        tensor.to_vec2().unwrap()
    }

    fn read(decoder: &Decoder, cache: &mut Cache, pieces: &[&[u32]]) -> Vec<Vec<f32>> {
        pieces.iter().flat_map(|piece| rows(&decoder.hidden(piece, cache).unwrap())).collect()
    }

    fn close(a: &[Vec<f32>], b: &[Vec<f32>]) -> bool {
        a.len() == b.len() && a.iter().flatten().zip(b.iter().flatten()).all(|(a, b)| (a - b).abs() < 0.05)
    }

    #[test]
    fn reading_in_pieces_gives_what_reading_at_once_gives() {
        for architecture in ["llama", "qwen2"] {
            let decoder = load(&Tiny::new(architecture, 3)).unwrap();
            let tokens: Vec<u32> = (0..40).map(|i| (i * 7) % 200 + 3).collect();
            let fresh = || Cache::new(decoder.shape()).unwrap();
            let whole = read(&decoder, &mut fresh(), &[&tokens]);
            let pieces = read(&decoder, &mut fresh(), &[&tokens[..17], &tokens[17..18], &tokens[18..]]);
            assert!(close(&whole, &pieces), "{architecture}");
            assert!(whole.iter().flatten().any(|number| number.abs() > 0.1));
        }
    }

    #[test]
    fn later_tokens_do_not_change_earlier_states() {
        let decoder = load(&Tiny::new("qwen2", 3)).unwrap();
        let fresh = || Cache::new(decoder.shape()).unwrap();
        let one = read(&decoder, &mut fresh(), &[&[5, 6, 7, 8]]);
        let other = read(&decoder, &mut fresh(), &[&[5, 6, 9, 9]]);
        assert_eq!(one[..2], other[..2]);
        assert_ne!(one[2..], other[2..]);
    }

    #[test]
    fn the_order_of_tokens_matters() {
        for architecture in ["llama", "qwen2"] {
            let decoder = load(&Tiny::new(architecture, 3)).unwrap();
            let last = |tokens: &[u32]| read(&decoder, &mut Cache::new(decoder.shape()).unwrap(), &[tokens]).pop();
            assert_ne!(last(&[5, 6, 7]), last(&[6, 5, 7]), "{architecture}");
        }
    }

    #[test]
    fn a_cache_that_was_cut_back_or_forked_goes_on_as_if_nothing_had_followed() {
        let decoder = load(&Tiny::new("llama", 3)).unwrap();
        let tokens: Vec<u32> = (3..200).collect();
        let mut cache = Cache::new(decoder.shape()).unwrap();
        read(&decoder, &mut cache, &[&tokens[..100]]);
        let mut fork = cache.fork(60).unwrap();
        let expected = read(&decoder, &mut cache, &[&tokens[100..150]]);
        cache.truncate(100);
        assert_eq!(read(&decoder, &mut cache, &[&tokens[100..150]]), expected);
        cache.truncate(60);
        let cut = read(&decoder, &mut cache, &[&[9, 8, 7]]);
        assert_eq!(read(&decoder, &mut fork, &[&[9, 8, 7]]), cut);
    }

    #[test]
    fn a_cache_grows_past_its_first_block() {
        let decoder = load(&Tiny::new("qwen2", 3)).unwrap();
        let tokens: Vec<u32> = (0..600).map(|i| i % 250 + 3).collect();
        let whole = read(&decoder, &mut Cache::new(decoder.shape()).unwrap(), &[&tokens]);
        let pieces = read(&decoder, &mut Cache::new(decoder.shape()).unwrap(), &[&tokens[..500], &tokens[500..]]);
        assert!(close(&whole, &pieces));
    }

    #[test]
    fn a_token_out_of_range_is_an_error_and_leaves_the_cache_as_it_was() {
        let decoder = load(&Tiny::new("llama", 3)).unwrap();
        let mut cache = Cache::new(decoder.shape()).unwrap();
        read(&decoder, &mut cache, &[&[5, 6]]);
        assert!(decoder.hidden(&[100_000], &mut cache).is_err());
        assert_eq!(cache.len(), 2);
    }

    #[test]
    fn a_missing_or_misshapen_tensor_is_named() {
        let error = load(&Tiny::new("llama", 3).without("blk.1.ffn_up.weight")).err().unwrap().to_string();
        assert!(error.contains("it has no blk.1.ffn_up.weight"), "{error}");
        let mut tiny = Tiny::new("llama", 3);
        let wrong = tiny.tensors.remove("blk.0.attn_k.weight").unwrap();
        tiny.tensors.insert("blk.0.attn_q.weight".to_owned(), wrong);
        let error = load(&tiny).err().unwrap().to_string();
        assert!(error.contains("blk.0.attn_q.weight has the shape [32, 64] instead of [64, 64]"), "{error}");
    }
}
