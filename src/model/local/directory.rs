//! Which tensors a model has and where their bytes lie: the same for a GGUF file and for a folder of safetensors.
//!
//! The decoder asks by the names of GGUF; a folder has names of its own, and errors say those that the user can find.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use candle_core::quantized::GgmlDType;

use crate::model::error::ModelError;

/// The tensors of a model.
#[derive(Clone, Debug)]
pub struct Directory {
    /// What the user named, a file or a folder.
    pub path: PathBuf,
    /// The files that hold the weights, in order.
    pub files: Vec<PathBuf>,
    pub naming: Naming,
    /// By their own names.
    pub tensors: BTreeMap<String, Stored>,
    /// Tensors that are there and cannot be read, with the name of their format.
    pub foreign: BTreeMap<String, String>,
}

/// A tensor in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Number of the file.
    pub file: usize,
    /// Where its bytes begin in the file.
    pub start: u64,
    pub dimensions: Vec<usize>,
    pub format: GgmlDType,
}

/// Whose names the tensors have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    Gguf,
    /// As the `transformers` library saves a causal language model.
    Transformers,
}

impl Directory {
    /// Whether there is a tensor of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(&*self.own_name(name))
    }

    /// Finds a tensor by its GGUF name.
    ///
    /// # Errors
    /// There is none, or it is in a format that cannot be read.
    pub fn find(&self, name: &str) -> Result<&Stored, ModelError> {
        let own = self.own_name(name);
        self.tensors.get(&*own).ok_or_else(|| match self.foreign.get(&*own) {
            Some(format) => self.unusable(format!("its {own} is stored as {format}; it may be F32, F16 or BF16")),
            None => self.unusable(format!("it has no {own}")),
        })
    }

    /// What the file calls the tensor of a GGUF name.
    #[must_use]
    pub fn own_name<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match self.naming {
            Naming::Gguf => Cow::Borrowed(name),
            Naming::Transformers => Cow::Owned(in_transformers(name)),
        }
    }

    /// The error for something that the model lacks or has wrong.
    #[must_use]
    pub fn unusable(&self, reason: impl Into<String>) -> ModelError {
        ModelError::Unreadable { path: self.path.display().to_string(), reason: reason.into() }
    }
}

/// `blk.3.attn_q.weight` is `model.layers.3.self_attn.q_proj.weight` there.
fn in_transformers(name: &str) -> String {
    let (stem, kind) = name.rsplit_once('.').unwrap_or((name, ""));
    let layer = stem.strip_prefix("blk.").and_then(|rest| rest.split_once('.'));
    let stem = match layer {
        Some((layer, part)) => {
            let part = match part {
                "attn_norm" => "input_layernorm",
                "attn_q" => "self_attn.q_proj",
                "attn_k" => "self_attn.k_proj",
                "attn_v" => "self_attn.v_proj",
                "attn_q_norm" => "self_attn.q_norm",
                "attn_k_norm" => "self_attn.k_norm",
                "attn_output" => "self_attn.o_proj",
                "ffn_norm" => "post_attention_layernorm",
                "ffn_gate" => "mlp.gate_proj",
                "ffn_up" => "mlp.up_proj",
                "ffn_down" => "mlp.down_proj",
                other => other,
            };
            format!("model.layers.{layer}.{part}")
        }
        None => match stem {
            "token_embd" => "model.embed_tokens".to_owned(),
            "output_norm" => "model.norm".to_owned(),
            "output" => "lm_head".to_owned(),
            other => other.to_owned(),
        },
    };
    format!("{stem}.{kind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tensor_of_a_decoder_has_its_name_in_a_checkpoint() {
        for (gguf, own) in [
            ("token_embd.weight", "model.embed_tokens.weight"),
            ("output_norm.weight", "model.norm.weight"),
            ("output.weight", "lm_head.weight"),
            ("blk.0.attn_norm.weight", "model.layers.0.input_layernorm.weight"),
            ("blk.12.attn_q.bias", "model.layers.12.self_attn.q_proj.bias"),
            ("blk.1.attn_k_norm.weight", "model.layers.1.self_attn.k_norm.weight"),
            ("blk.1.ffn_down.weight", "model.layers.1.mlp.down_proj.weight"),
        ] {
            assert_eq!(in_transformers(gguf), own);
        }
    }
}
