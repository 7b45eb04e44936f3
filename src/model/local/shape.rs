//! The dimensions of a model, read from its metadata and checked against each other.

use crate::model::error::ModelError;
use crate::model::local::gguf::Gguf;

/// The architectures that the decoder runs.
pub const KNOWN: &str = "llama, qwen2, qwen3, gemma3";

/// No model that fits a machine has more; a damaged file may claim it.
pub const MAX_DIMENSION: usize = 1 << 20;

/// How rotary positions pair the numbers of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// Neighbours: (0, 1), (2, 3), ... GGUF files of the llama family are permuted for it.
    Neighbours,
    /// Halves: (0, n/2), (1, n/2 + 1), ...
    Halves,
}

/// What a feed-forward block does with its gates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x / (1 + e^-x)
    Silu,
    /// x times the normal distribution's share below x, by the approximation with a hyperbolic tangent.
    /// (Hendrycks and Gimpel 2016, section 2.)
    Gelu,
}

/// Layers that see only the last tokens, between some that see everything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sliding {
    /// Tokens that such a layer sees, the present one included.
    pub window: usize,
    /// One of so many layers, the last of them, sees everything.
    pub every: usize,
    pub rotary_base: f64,
}

impl Sliding {
    /// Whether a layer, counted from 0, has the window.
    #[must_use]
    pub fn is_at(&self, layer: usize) -> bool {
        !(layer + 1).is_multiple_of(self.every)
    }
}

/// The dimensions of a decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    pub layers: usize,
    /// Length of a hidden state.
    pub width: usize,
    /// Length of the hidden layer of a feed-forward block.
    pub inner: usize,
    pub heads: usize,
    /// Heads of keys and values; each serves `heads / kv_heads` query heads.
    pub kv_heads: usize,
    pub head: usize,
    pub vocabulary: usize,
    /// The longest sequence the model was trained for, in tokens.
    pub context: usize,
    pub norm_epsilon: f32,
    pub rotary_base: f64,
    /// What divides the speed of each pair of a head, where the metadata say so; a GGUF file has a tensor for it.
    pub rotary_factors: Option<Vec<f32>>,
    pub pairing: Pairing,
    /// Whether each query and key has a norm before it is turned.
    pub head_norms: bool,
    /// Whether what attention and the feed-forward block give has a norm before it is added.
    pub output_norms: bool,
    pub activation: Activation,
    pub sliding: Option<Sliding>,
    /// What embeddings are multiplied by.
    pub embedding_scale: f32,
}

impl Shape {
    /// # Errors
    /// The architecture is not one we run, or the metadata is missing or contradicts itself.
    pub fn read(gguf: &Gguf) -> Result<Shape, ModelError> {
        let architecture = gguf.architecture();
        let (pairing, head_norms) = match architecture {
            "llama" => (Pairing::Neighbours, false),
            "qwen2" => (Pairing::Halves, false),
            "qwen3" | "gemma3" => (Pairing::Halves, true),
            _ => return Err(unknown(gguf, architecture)),
        };
        let key = |name: &str| format!("{architecture}.{name}");
        if gguf.number(&key("expert_count")).is_some_and(|experts| experts > 0) {
            return Err(unknown(gguf, &format!("{architecture} with experts")));
        }
        if let Some(scaling) = gguf.text(&key("rope.scaling.type")).filter(|&scaling| scaling != "none") {
            return Err(unknown(gguf, &format!("{architecture} with {scaling} positions")));
        }
        let number = |name: &str| {
            let key = key(name);
            match gguf.number(&key) {
                Some(n) if (1..=MAX_DIMENSION).contains(&n) => Ok(n),
                Some(n) => Err(gguf.unusable(format!("its {key} is {n}"))),
                None => Err(gguf.unusable(format!("it does not say its {key}"))),
            }
        };
        let width = number("embedding_length")?;
        let heads = number("attention.head_count")?;
        let kv_heads = if gguf.number(&key("attention.head_count_kv")).is_some() {
            number("attention.head_count_kv")?
        } else {
            heads
        };
        let head = gguf.number(&key("attention.key_length")).unwrap_or(width / heads);
        let rotated = gguf.number(&key("rope.dimension_count")).unwrap_or(head);
        let window = gguf.number(&key("attention.sliding_window")).filter(|&window| window > 0);
        // Gemma Team 2025, section 2: five layers with a window of their own positions, then one without.
        let is_gemma = architecture == "gemma3";
        let sliding = window.filter(|_| is_gemma).map(|window| Sliding { window, every: 6, rotary_base: 10_000.0 });
        let shape = Shape {
            layers: number("block_count")?,
            width,
            inner: number("feed_forward_length")?,
            heads,
            kv_heads,
            head,
            vocabulary: vocabulary(gguf)?,
            // Within its window a model with sliding attention is an ordinary one.
            context: number("context_length")?.min(window.filter(|_| !is_gemma).unwrap_or(usize::MAX)),
            norm_epsilon: gguf.real(&key("attention.layer_norm_rms_epsilon")).unwrap_or(1e-5) as f32,
            rotary_base: gguf.real(&key("rope.freq_base")).unwrap_or(10_000.0),
            rotary_factors: None,
            pairing,
            head_norms,
            output_norms: is_gemma,
            activation: if is_gemma { Activation::Gelu } else { Activation::Silu },
            sliding,
            embedding_scale: if is_gemma { (width as f32).sqrt() } else { 1.0 },
        };
        let whole = rotated == head && gguf.number(&key("attention.value_length")).unwrap_or(head) == head;
        if whole && shape.fits() { Ok(shape) } else { Err(gguf.unusable("its attention heads do not fit together")) }
    }

    /// Whether heads can be made of these dimensions.
    #[must_use]
    pub fn fits(&self) -> bool {
        (1..=MAX_DIMENSION).contains(&self.head)
            && self.head.is_multiple_of(2)
            && self.heads.is_multiple_of(self.kv_heads)
            && self.rotary_base > 0.0
    }
}

fn unknown(gguf: &Gguf, architecture: &str) -> ModelError {
    ModelError::Architecture {
        path: gguf.path.display().to_string(),
        architecture: architecture.to_owned(),
        known: KNOWN.to_owned(),
    }
}

/// The rows of the embedding table.
fn vocabulary(gguf: &Gguf) -> Result<usize, ModelError> {
    let rows = gguf.content.tensor_infos.get("token_embd.weight").and_then(|info| info.shape.dims().first());
    match rows {
        Some(&rows) if (1..=MAX_DIMENSION).contains(&rows) => Ok(rows),
        Some(rows) => Err(gguf.unusable(format!("its vocabulary has {rows} entries"))),
        None => Err(gguf.unusable("it has no token_embd.weight")),
    }
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::gguf_file::Value;

    use super::*;
    use crate::model::local::tiny::Tiny;

    fn read(tiny: &Tiny) -> Result<Shape, ModelError> {
        Shape::read(&Gguf::open(&tiny.write().path).unwrap())
    }

    #[test]
    fn the_family_decides_the_pairing() {
        assert_eq!(read(&Tiny::new("llama", 1)).unwrap().pairing, Pairing::Neighbours);
        assert_eq!(read(&Tiny::new("qwen2", 1)).unwrap().pairing, Pairing::Halves);
        assert!(read(&Tiny::new("qwen3", 1)).unwrap().head_norms);
    }

    #[test]
    fn a_model_we_cannot_run_is_named() {
        let refused = |tiny: Tiny| match read(&tiny) {
            Err(ModelError::Architecture { architecture, .. }) => architecture,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(Tiny::new("llama", 1).text("general.architecture", "gemma2")), "gemma2");
        assert_eq!(refused(Tiny::new("llama", 1).without("general.architecture")), "");
        assert_eq!(refused(Tiny::new("llama", 1).set("llama.expert_count", Value::U32(8))), "llama with experts");
        assert_eq!(refused(Tiny::new("qwen2", 1).text("qwen2.rope.scaling.type", "yarn")), "qwen2 with yarn positions");
    }

    #[test]
    fn missing_and_contradictory_dimensions_are_told() {
        let reason = |tiny: Tiny| read(&tiny).unwrap_err().to_string();
        assert!(
            reason(Tiny::new("llama", 1).without("llama.block_count")).contains("does not say its llama.block_count")
        );
        for (key, value) in [
            ("llama.attention.head_count", 0),
            ("llama.attention.head_count", u32::MAX),
            ("llama.attention.head_count", 1000),
            ("llama.attention.head_count_kv", 3),
            ("llama.rope.dimension_count", 8),
            ("llama.block_count", u32::MAX),
        ] {
            let error = read(&Tiny::new("llama", 1).set(key, Value::U32(value)));
            assert!(matches!(error, Err(ModelError::Unreadable { .. })), "{key} = {value}: {error:?}");
        }
        assert!(reason(Tiny::new("llama", 1).without("token_embd.weight")).contains("token_embd.weight"));
    }
}
