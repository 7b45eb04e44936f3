//! A folder as the `transformers` library saves a model: `config.json`, weights in safetensors, tokenizer and chat
//! template beside them. The weights are found by `safetensors` and read by `weights`.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::model::error::ModelError;
use crate::model::local::directory::Directory;
use crate::model::local::safetensors;
use crate::model::local::shape::{self, Activation, Pairing, Shape};

const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";

/// The architectures that are read from folders.
const KNOWN: &str = "llama, qwen2, qwen3";

/// What the JSON files of a folder say.
#[derive(Debug)]
pub struct Checkpoint {
    pub folder: PathBuf,
    config: Map<String, Value>,
    tokenizer: Map<String, Value>,
    generation: Map<String, Value>,
}

impl Checkpoint {
    /// Reads the JSON files. Those besides `config.json` may be missing.
    ///
    /// # Errors
    /// `config.json` is missing, or one of them is damaged.
    pub fn open(folder: &Path) -> Result<Checkpoint, ModelError> {
        let config = json(&folder.join(CONFIG))?.ok_or_else(|| {
            let reason = if folder.is_dir() { "the folder has no config.json" } else { "there is no such folder" };
            ModelError::Unreadable { path: folder.display().to_string(), reason: reason.to_owned() }
        })?;
        let optional = |name: &str| json(&folder.join(name)).map(Option::unwrap_or_default);
        let (tokenizer, generation) = (optional("tokenizer_config.json")?, optional("generation_config.json")?);
        Ok(Checkpoint { folder: folder.to_owned(), config, tokenizer, generation })
    }

    /// The architecture as the folder names it, for instance `llama`; empty if it does not.
    #[must_use]
    pub fn architecture(&self) -> &str {
        self.config.get("model_type").and_then(Value::as_str).unwrap_or("")
    }

    /// `config.json` as it is.
    #[must_use]
    pub fn config(&self) -> &Map<String, Value> {
        &self.config
    }

    /// The file with the tokenizer.
    ///
    /// # Errors
    /// There is none.
    pub fn tokenizer(&self) -> Result<PathBuf, ModelError> {
        let path = self.folder.join(TOKENIZER);
        if path.is_file() { Ok(path) } else { Err(self.unusable("the folder has no tokenizer.json")) }
    }

    /// Another JSON file of the folder, if it is there.
    ///
    /// # Errors
    /// It is damaged.
    pub fn beside(&self, name: &str) -> Result<Option<Map<String, Value>>, ModelError> {
        json(&self.folder.join(name))
    }

    /// Where the weights lie, without those that the configuration says are not used.
    ///
    /// # Errors
    /// A file is missing or damaged.
    pub fn directory(&self) -> Result<Directory, ModelError> {
        let mut directory = safetensors::read(&self.folder)?;
        // Some keep a copy of the embeddings under the name of the output.
        if self.flag("tie_word_embeddings") == Some(true) {
            directory.tensors.remove("lm_head.weight");
        } else if self.flag("tie_word_embeddings") == Some(false) {
            directory.find("output.weight")?;
        }
        Ok(directory)
    }

    /// The dimensions of a decoder.
    ///
    /// # Errors
    /// The architecture is not one we run, or the configuration is incomplete or contradicts itself.
    pub fn shape(&self, directory: &Directory) -> Result<Shape, ModelError> {
        let architecture = self.architecture();
        let head_norms = match architecture {
            "llama" | "qwen2" => false,
            "qwen3" => true,
            "bert" => return Err(ModelError::OnlyEmbeds { model: self.folder.display().to_string() }),
            _ => return Err(self.unknown(architecture)),
        };
        if let Some(quantised) = self.config.get("quantization_config").filter(|value| !value.is_null()) {
            let method = quantised.get("quant_method").and_then(Value::as_str).unwrap_or("unknown");
            return Err(self.unknown(&format!("{architecture} quantised by {method}")));
        }
        let activation = self.text("hidden_act").unwrap_or("silu");
        if activation != "silu" {
            return Err(self.unknown(&format!("{architecture} with {activation}")));
        }
        let (width, heads) = (self.dimension("hidden_size")?, self.dimension("num_attention_heads")?);
        let optional = |key: &str, usual: usize| {
            if self.config.get(key).is_some_and(|value| !value.is_null()) { self.dimension(key) } else { Ok(usual) }
        };
        let window = self.number("sliding_window").filter(|_| self.flag("use_sliding_window") == Some(true));
        let table = &directory.find("token_embd.weight")?.dimensions;
        let head = optional("head_dim", width / heads)?;
        let shape = Shape {
            layers: self.dimension("num_hidden_layers")?,
            width,
            inner: self.dimension("intermediate_size")?,
            heads,
            kv_heads: optional("num_key_value_heads", heads)?,
            head,
            vocabulary: table.first().copied().unwrap_or(0),
            // Within its window a model with sliding attention is an ordinary one.
            context: self.dimension("max_position_embeddings")?.min(window.unwrap_or(usize::MAX)),
            norm_epsilon: self.real("rms_norm_eps").unwrap_or(1e-6) as f32,
            rotary_base: self.real("rope_theta").or_else(|| self.rotary("rope_theta")).unwrap_or(10_000.0),
            rotary_factors: None,
            // Only GGUF files of the llama family are permuted for neighbours.
            pairing: Pairing::Halves,
            head_norms,
            output_norms: false,
            activation: Activation::Silu,
            sliding: None,
            embedding_scale: 1.0,
        };
        if !shape.fits() || !(1..=shape::MAX_DIMENSION).contains(&shape.vocabulary) {
            return Err(self.unusable("the dimensions in its config.json do not fit together"));
        }
        Ok(Shape { rotary_factors: self.rotary_factors(&shape)?, ..shape })
    }

    /// What divides the speed of each pair of a head, if the model's positions are scaled.
    fn rotary_factors(&self, shape: &Shape) -> Result<Option<Vec<f32>>, ModelError> {
        let Some(scaling) = self.scaling() else { return Ok(None) };
        let kind = ["rope_type", "type"].iter().find_map(|key| scaling.get(*key)?.as_str()).unwrap_or("default");
        match kind {
            "default" => Ok(None),
            "llama3" => {
                let number = |key: &str| {
                    let value = scaling.get(key).and_then(Value::as_f64).filter(|value| *value > 0.0);
                    value.ok_or_else(|| {
                        self.unusable(format!("its config.json does not say the {key} of its positions"))
                    })
                };
                let (factor, original) = (number("factor")?, number("original_max_position_embeddings")?);
                let (low, high) = (number("low_freq_factor")?, number("high_freq_factor")?);
                if high <= low {
                    return Err(self.unusable("its config.json scales positions from a higher to a lower frequency"));
                }
                Ok(Some(llama3_factors(shape, factor, original, [low, high])))
            }
            other => Err(self.unknown(&format!("{} with {other} positions", self.architecture()))),
        }
    }

    fn scaling(&self) -> Option<&Map<String, Value>> {
        ["rope_scaling", "rope_parameters"].iter().find_map(|key| self.config.get(*key)?.as_object())
    }

    fn rotary(&self, key: &str) -> Option<f64> {
        self.scaling()?.get(key)?.as_f64()
    }

    /// The source of the chat template, if there is one.
    #[must_use]
    pub fn template(&self) -> Option<String> {
        if let Ok(own) = std::fs::read_to_string(self.folder.join("chat_template.jinja")) {
            return Some(own);
        }
        match self.tokenizer.get("chat_template")? {
            Value::String(source) => Some(source.clone()),
            Value::Array(several) => {
                let named = several.iter().find(|one| one.get("name").and_then(Value::as_str) == Some("default"));
                named?.get("template")?.as_str().map(str::to_owned)
            }
            _ => None,
        }
    }

    /// The spelling of the token that begins or ends a text: `bos_token`, `eos_token`.
    #[must_use]
    pub fn special(&self, key: &str) -> Option<&str> {
        let value = self.tokenizer.get(key)?;
        value.as_str().or_else(|| value.get("content")?.as_str())
    }

    /// Whether prompts begin with a token of their own, if the folder says so.
    #[must_use]
    pub fn begins(&self) -> Option<bool> {
        self.tokenizer.get("add_bos_token")?.as_bool()
    }

    /// Tokens that end an answer.
    #[must_use]
    pub fn ending(&self) -> Vec<u32> {
        let of = |map: &Map<String, Value>| match map.get("eos_token_id") {
            Some(Value::Array(several)) => several.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        };
        let all = of(&self.config).into_iter().chain(of(&self.generation));
        all.filter_map(|id| u32::try_from(id.as_u64()?).ok()).collect()
    }

    /// The error for something that the folder lacks or has wrong.
    #[must_use]
    pub fn unusable(&self, reason: impl Into<String>) -> ModelError {
        ModelError::Unreadable { path: self.folder.display().to_string(), reason: reason.into() }
    }

    fn unknown(&self, architecture: &str) -> ModelError {
        ModelError::Architecture {
            path: self.folder.display().to_string(),
            architecture: architecture.to_owned(),
            known: format!("{KNOWN}, and bert to embed"),
        }
    }

    fn dimension(&self, key: &str) -> Result<usize, ModelError> {
        match self.config.get(key).and_then(Value::as_u64) {
            Some(n) if (1..=shape::MAX_DIMENSION as u64).contains(&n) => Ok(n as usize),
            Some(n) => Err(self.unusable(format!("the {key} in its config.json is {n}"))),
            None => Err(self.unusable(format!("its config.json does not say its {key}"))),
        }
    }

    fn number(&self, key: &str) -> Option<usize> {
        usize::try_from(self.config.get(key)?.as_u64()?).ok().filter(|&number| number > 0)
    }

    fn real(&self, key: &str) -> Option<f64> {
        self.config.get(key)?.as_f64()
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.config.get(key)?.as_str()
    }

    fn flag(&self, key: &str) -> Option<bool> {
        self.config.get(key)?.as_bool()
    }
}

/// Waves that are short beside the original context stay, long ones are stretched by the factor, and those between are
/// mixed. (Grattafiori et al. 2024: Llama 3.1, as its reference code computes it.)
fn llama3_factors(shape: &Shape, factor: f64, original: f64, [low, high]: [f64; 2]) -> Vec<f32> {
    let stretch = |pair: usize| {
        let wave = std::f64::consts::TAU * shape.rotary_base.powf(2.0 * pair as f64 / shape.head as f64);
        let kept = ((original / wave - low) / (high - low)).clamp(0.0, 1.0);
        (1.0 / ((1.0 - kept) / factor + kept)) as f32
    };
    (0..shape.head / 2).map(stretch).collect()
}

/// The fields of a JSON file; `None` if it is not there.
fn json(path: &Path) -> Result<Option<Map<String, Value>>, ModelError> {
    let Ok(text) = std::fs::read(path) else { return Ok(None) };
    serde_json::from_slice(&text)
        .map(Some)
        .map_err(|error| ModelError::Unreadable { path: path.display().to_string(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use candle_core::quantized::gguf_file::Value as Metadatum;
    use candle_core::{DType, Device, Tensor};
    use futures::StreamExt;
    use serde_json::json;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::domain::hash::ContentHash;
    use crate::model::chat::{ChatModel, ChatRequest, Delta, Message, Sampling};
    use crate::model::local::LocalModel;
    use crate::model::local::cache::Cache;
    use crate::model::local::decoder::{self, Decoder};
    use crate::model::local::gguf::Gguf;
    use crate::model::local::kernels::{Kernel, Kernels, Pool};
    use crate::model::local::tiny::Tiny;
    use crate::model::local::tiny_folder::Folder;

    fn logits(directory: &Directory, shape: Shape) -> Vec<Vec<f32>> {
        let rotary = decoder::rotary(directory, &shape, 1024).unwrap();
        let kernels = Kernels::new(Kernel::Plain, Pool::new(1).into(), rotary);
        let decoder = Decoder::load(directory, shape, kernels).unwrap();
        let tokens: Vec<u32> = (0..50).map(|i| i * 7 % 250 + 3).collect();
        let rows = decoder.read(&mut [(&tokens, &mut Cache::default())]).unwrap();
        decoder.logits(&rows, &[10, 30, 49]).unwrap()
    }

    fn of_folder(folder: &Folder) -> Vec<Vec<f32>> {
        let checkpoint = Checkpoint::open(folder.path()).unwrap();
        let directory = checkpoint.directory().unwrap();
        let shape = checkpoint.shape(&directory).unwrap();
        logits(&directory, shape)
    }

    fn open(path: &Path) -> Result<Arc<LocalModel>, ModelError> {
        LocalModel::open(path, "tiny", Some(ContentHash::default()))
    }

    fn refused(folder: &Folder) -> String {
        open(folder.path()).err().unwrap().to_string()
    }

    async fn answer(model: &LocalModel) -> String {
        let sampling = Sampling { temperature: 1.0, top_p: 1.0, repetition_penalty: 1.0, seed: 4 };
        let messages = vec![Message::system("Be brief."), Message::user("the <|im_end|> and A")];
        let request = ChatRequest { messages, max_tokens: 30, sampling, stop: Vec::new(), schema: None };
        let stream = model.stream(request, CancellationToken::new()).await.unwrap();
        let text = |delta| async move { if let Ok(Delta::Text(text)) = delta { Some(text) } else { None } };
        stream.filter_map(text).collect().await
    }

    #[test]
    fn a_folder_and_a_gguf_file_with_the_same_weights_give_the_same_logits() {
        for family in ["llama", "qwen2", "qwen3"] {
            let tiny = Tiny::new(family, 3).in_bytes();
            let written = tiny.write();
            let gguf = Gguf::open(&written.path).unwrap();
            let shape = Shape::read(&gguf).unwrap();
            let one = logits(&gguf.directory(), shape);
            let other = of_folder(&tiny.write_folder(DType::F32));
            let off = one.iter().flatten().zip(other.iter().flatten()).map(|(a, b)| (a - b).abs());
            // The numbers of a head stand in another order, and sums round differently.
            let most = off.fold(0.0, f32::max);
            assert!(most < 0.02, "{family}: off by {most}");
        }
    }

    #[test]
    fn weights_in_several_files_are_those_of_one() {
        let folder = Tiny::new("qwen3", 3).write_folder(DType::F32);
        let whole = of_folder(&folder);
        folder.cut();
        assert!(of_folder(&folder) == whole);
    }

    #[test]
    fn half_precision_is_read_as_the_numbers_it_stands_for() {
        for format in [DType::BF16, DType::F16] {
            let folder = Tiny::new("qwen2", 3).write_folder(format);
            let short = of_folder(&folder);
            let plain = folder.tensors().into_iter().map(|(name, tensor)| (name, tensor.to_dtype(DType::F32).unwrap()));
            folder.save(&plain.collect());
            assert!(of_folder(&folder) == short, "{format:?}");
        }
    }

    #[test]
    fn an_output_of_its_own_is_used_unless_the_configuration_says_otherwise() {
        let folder = Tiny::new("qwen2", 3).write_folder(DType::F32);
        let tied = of_folder(&folder);
        folder.set("config.json", &json!({ "tie_word_embeddings": false }));
        assert!(refused(&folder).contains("it has no lm_head.weight"));
        let mut tensors = folder.tensors();
        tensors.insert("lm_head.weight".to_owned(), (&tensors["model.embed_tokens.weight"] * 2.0).unwrap());
        folder.save(&tensors);
        let own = of_folder(&folder);
        assert!((own[0][0] - 2.0 * tied[0][0]).abs() < 1e-3 && own != tied);
        folder.set("config.json", &json!({ "tie_word_embeddings": true }));
        assert!(of_folder(&folder) == tied);
    }

    #[tokio::test]
    async fn a_folder_debates_as_its_gguf_file_does() {
        let tiny = Tiny::new("qwen2", 11).in_bytes();
        let written = tiny.set("qwen2.attention.layer_norm_rms_epsilon", Metadatum::F32(1e-5)).write();
        let folder = Tiny::new("qwen2", 11).in_bytes().write_folder(DType::F32);
        let (one, other) = (open(&written.path).unwrap(), open(folder.path()).unwrap());
        let messages = [Message::user("the <|im_end|> and A")];
        assert_eq!(one.prompt(&messages, "x").unwrap(), other.prompt(&messages, "x").unwrap());
        let text = answer(&one).await;
        assert!(text.len() > 10 && text == answer(&other).await, "{text:?}");
        assert_eq!((other.card().family.as_str(), other.card().context), ("qwen2", 1024));
        let hash = LocalModel::open(folder.path(), "tiny", None).unwrap().card().hash.clone();
        let weights = std::fs::read(folder.path().join("model.safetensors")).unwrap();
        let weights_alone = folder.write("copy", "");
        std::fs::write(&weights_alone, weights).unwrap();
        assert_eq!(hash, crate::model::local::checksum::sha256(&[weights_alone]).unwrap());
    }

    #[test]
    fn the_template_and_the_first_token_are_found_where_folders_keep_them() {
        let folder = Tiny::new("llama", 1).write_folder(DType::F32);
        let prompt = || open(folder.path()).unwrap().prompt(&[Message::user("a")], "").unwrap();
        let usual = prompt();
        folder.set("tokenizer_config.json", &json!({ "add_bos_token": true, "bos_token": "<|endoftext|>" }));
        assert_eq!(prompt()[0], 0);
        assert_eq!(prompt()[1..], usual);
        folder.set(
            "tokenizer_config.json",
            &json!({ "add_bos_token": null, "chat_template": [
                { "name": "tools", "template": "x" }, { "name": "default", "template": "{{ messages[0].content }}" },
            ]}),
        );
        assert_eq!(prompt().len(), 1);
        folder.write("chat_template.jinja", "{{ messages[0].content }}!");
        assert_eq!(prompt().len(), 2);
        std::fs::remove_file(folder.path().join("chat_template.jinja")).unwrap();
        folder.set("tokenizer_config.json", &json!({ "chat_template": null }));
        assert!(!open(folder.path()).unwrap().can_chat());
    }

    #[test]
    fn what_we_cannot_run_is_named() {
        let folder = Tiny::new("llama", 1).write_folder(DType::F32);
        for (changes, expected) in [
            (json!({ "model_type": "mixtral" }), "the architecture \"mixtral\", which rhetor does not run"),
            (json!({ "model_type": "bert" }), "is an encoder"),
            (json!({ "quantization_config": { "quant_method": "gptq" } }), "llama quantised by gptq"),
            (json!({ "hidden_act": "gelu" }), "llama with gelu"),
            (json!({ "rope_scaling": { "type": "yarn", "factor": 4.0 } }), "llama with yarn positions"),
            (json!({ "rope_scaling": { "rope_type": "llama3" } }), "does not say the factor of its positions"),
            (json!({ "hidden_size": null }), "its config.json does not say its hidden_size"),
            (json!({ "num_attention_heads": 0 }), "the num_attention_heads in its config.json is 0"),
            (json!({ "num_key_value_heads": 3 }), "do not fit together"),
            (json!({ "head_dim": 32 }), "self_attn.q_proj.weight has the shape [64, 64] instead of [128, 64]"),
            (json!({ "num_hidden_layers": 3 }), "it has no model.layers.2.input_layernorm.weight"),
        ] {
            let folder = Tiny::new("llama", 1).write_folder(DType::F32);
            folder.set("config.json", &changes);
            assert!(refused(&folder).contains(expected), "{changes}: {}", refused(&folder));
        }
        folder.write("config.json", "{");
        assert!(refused(&folder).contains("config.json cannot be read: EOF"), "{}", refused(&folder));
        std::fs::remove_file(folder.path().join("config.json")).unwrap();
        assert!(refused(&folder).contains("the folder has no config.json"));
    }

    #[test]
    fn tokenizers_that_are_missing_or_of_another_kind_are_refused() {
        let folder = Tiny::new("llama", 1).write_folder(DType::F32);
        folder.set("tokenizer.json", &json!({ "decoder": { "type": "Metaspace", "replacement": "▁" } }));
        assert!(refused(&folder).contains("it knows byte-level BPE"), "{}", refused(&folder));
        folder.write("tokenizer.json", "{}");
        assert!(refused(&folder).contains("tokenizer.json cannot be read"), "{}", refused(&folder));
        std::fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
        assert!(refused(&folder).contains("the folder has no tokenizer.json"));
    }

    #[test]
    fn weights_in_a_format_we_do_not_read_are_named() {
        let folder = Tiny::new("llama", 1).write_folder(DType::F32);
        let mut tensors = folder.tensors();
        let whole = Tensor::zeros((96, 64), DType::I64, &Device::Cpu).unwrap();
        tensors.insert("model.layers.1.mlp.up_proj.weight".to_owned(), whole);
        folder.save(&tensors);
        assert!(refused(&folder).contains("its model.layers.1.mlp.up_proj.weight is stored as I64"));
    }
}
