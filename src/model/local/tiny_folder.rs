//! The tiny model as a folder of safetensors, with the weights that its GGUF file has; and a tiny encoder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::quantized::tokenizer::TokenizerFromGguf;
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;

use crate::model::local::gguf::Gguf;
use crate::model::local::tiny::{CHATML, Tiny};

/// A folder that lives as long as the value.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Changes fields of a JSON file; `null` takes one away.
    pub fn set(&self, file: &str, changes: &Value) {
        let path = self.path().join(file);
        let mut fields = self.json(file);
        for (key, value) in changes.as_object().unwrap() {
            fields.as_object_mut().unwrap().insert(key.clone(), value.clone());
        }
        fields.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        std::fs::write(path, fields.to_string()).unwrap();
    }

    pub fn json(&self, file: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.path().join(file)).unwrap()).unwrap()
    }

    pub fn write(&self, file: &str, text: &str) -> PathBuf {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The tensors of `model.safetensors`.
    pub fn tensors(&self) -> HashMap<String, Tensor> {
        candle_core::safetensors::load(self.path().join("model.safetensors"), &Device::Cpu).unwrap()
    }

    pub fn save(&self, tensors: &HashMap<String, Tensor>) {
        candle_core::safetensors::save(tensors, self.path().join("model.safetensors")).unwrap();
    }

    /// Cuts the weights into two files with an index.
    pub fn cut(&self) {
        let mut map = serde_json::Map::new();
        let mut parts = [HashMap::new(), HashMap::new()];
        for (i, (name, tensor)) in self.tensors().into_iter().enumerate() {
            map.insert(name.clone(), json!(format!("model-{:05}-of-00002.safetensors", i % 2 + 1)));
            parts[i % 2].insert(name, tensor);
        }
        for (i, part) in parts.iter().enumerate() {
            let file = format!("model-{:05}-of-00002.safetensors", i + 1);
            candle_core::safetensors::save(part, self.path().join(file)).unwrap();
        }
        std::fs::remove_file(self.path().join("model.safetensors")).unwrap();
        self.write("model.safetensors.index.json", &json!({ "metadata": {}, "weight_map": map }).to_string());
    }
}

impl Tiny {
    /// The model with all matrices in eight bits, which a folder's are held in, too.
    pub fn in_bytes(mut self) -> Tiny {
        for tensor in self.tensors.values_mut().filter(|tensor| tensor.shape().rank() == 2) {
            *tensor = QTensor::quantize(&tensor.dequantize(&Device::Cpu).unwrap(), GgmlDType::Q8_0).unwrap();
        }
        self
    }

    /// Writes the model as a folder, its weights as `format`.
    pub fn write_folder(&self, format: DType) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        let written = self.write();
        let gguf = Gguf::open(&written.path).unwrap();
        let architecture = gguf.architecture().to_owned();
        let number = |key: &str| gguf.number(&format!("{architecture}.{key}"));
        let heads = number("attention.head_count").unwrap();
        let kv_heads = number("attention.head_count_kv").unwrap();
        let width = number("embedding_length").unwrap();
        let tensors = self.tensors.iter().map(|(name, tensor)| {
            let mut plain = tensor.dequantize(&Device::Cpu).unwrap();
            if architecture == "llama" && (name.contains("attn_q.") || name.contains("attn_k.")) {
                plain = from_neighbours(&plain, if name.contains("attn_q.") { heads } else { kv_heads });
            }
            (own_name(name), plain.to_dtype(format).unwrap())
        });
        folder.save(&tensors.collect());
        let config = json!({
            "model_type": architecture, "vocab_size": self.tensors["token_embd.weight"].shape().dims()[0],
            "hidden_size": width, "intermediate_size": number("feed_forward_length"),
            "num_hidden_layers": number("block_count"), "num_attention_heads": heads,
            "num_key_value_heads": kv_heads, "head_dim": number("attention.key_length").unwrap_or(width / heads),
            "max_position_embeddings": number("context_length"), "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
            "hidden_act": "silu", "tie_word_embeddings": true, "attention_bias": false, "sliding_window": 1024,
            "max_window_layers": 2, "use_sliding_window": false, "eos_token_id": 2,
        });
        folder.write("config.json", &config.to_string());
        let mut tokenizer = tokenizers::Tokenizer::from_gguf(&gguf.content).unwrap();
        tokenizer.with_pre_tokenizer(Some(Sequence::new(vec![
            Digits::new(true).into(),
            ByteLevel::new(false, true, true).into(),
        ])));
        tokenizer.save(folder.path().join("tokenizer.json"), false).unwrap();
        let settings = json!({
            "chat_template": CHATML, "bos_token": "<|im_start|>", "eos_token": { "content": "<|im_end|>" },
            "add_bos_token": false,
        });
        folder.write("tokenizer_config.json", &settings.to_string());
        folder
    }
}

/// A file for neighbours holds the rows 0, n/2, 1, n/2 + 1, ... of each head.
fn from_neighbours(matrix: &Tensor, heads: usize) -> Tensor {
    let rows = u32::try_from(matrix.dim(0).unwrap()).unwrap();
    let head = rows / u32::try_from(heads).unwrap();
    let row = |row: u32| row / head * head + row % (head / 2) * 2 + row % head / (head / 2);
    let order: Vec<u32> = (0..rows).map(row).collect();
    matrix.index_select(&Tensor::new(order, &Device::Cpu).unwrap(), 0).unwrap()
}

fn own_name(gguf: &str) -> String {
    let renamed = [
        ("token_embd", "model.embed_tokens"),
        ("output_norm", "model.norm"),
        ("blk.", "model.layers."),
        ("attn_q_norm", "self_attn.q_norm"),
        ("attn_k_norm", "self_attn.k_norm"),
        ("attn_norm", "input_layernorm"),
        ("ffn_norm", "post_attention_layernorm"),
        ("attn_q", "self_attn.q_proj"),
        ("attn_k", "self_attn.k_proj"),
        ("attn_v", "self_attn.v_proj"),
        ("attn_output", "self_attn.o_proj"),
        ("ffn_gate", "mlp.gate_proj"),
        ("ffn_up", "mlp.up_proj"),
        ("ffn_down", "mlp.down_proj"),
    ];
    renamed.iter().fold(gguf.to_owned(), |name, (from, to)| name.replace(from, to))
}

/// The tiny llama as a folder.
pub fn checkpoint(format: DType) -> Folder {
    Tiny::new("llama", 1).write_folder(format)
}

/// A BERT of a few hundred random weights that knows the words of `WORDS`, as sentence-transformers saves one; it reads
/// twelve tokens.
pub fn encoder(seed: u64) -> Folder {
    let folder = Folder(tempfile::tempdir().unwrap());
    let (width, inner, layers) = (16, 24, 2);
    let mut random = ChaCha12Rng::seed_from_u64(seed);
    let mut tensors = HashMap::new();
    let mut add = |name: String, dimensions: &[usize]| {
        let centre = if name.ends_with("LayerNorm.weight") { 1.0 } else { 0.0 };
        let count = dimensions.iter().product();
        let numbers: Vec<f32> = (0..count).map(|_| centre + random.random_range(-0.5..0.5)).collect();
        tensors.insert(name, Tensor::from_vec(numbers, dimensions, &Device::Cpu).unwrap());
    };
    add("embeddings.word_embeddings.weight".to_owned(), &[WORDS.len(), width]);
    add("embeddings.position_embeddings.weight".to_owned(), &[20, width]);
    add("embeddings.token_type_embeddings.weight".to_owned(), &[2, width]);
    let mut linear = |name: String, to: usize, from: usize| {
        let dimensions = if from == 1 { vec![to] } else { vec![to, from] };
        add(format!("{name}.weight"), &dimensions);
        add(format!("{name}.bias"), &[to]);
    };
    linear("embeddings.LayerNorm".to_owned(), width, 1);
    for i in 0..layers {
        for (part, to, from) in [
            ("attention.self.query", width, width),
            ("attention.self.key", width, width),
            ("attention.self.value", width, width),
            ("attention.output.dense", width, width),
            ("attention.output.LayerNorm", width, 1),
            ("intermediate.dense", inner, width),
            ("output.dense", width, inner),
            ("output.LayerNorm", width, 1),
        ] {
            linear(format!("encoder.layer.{i}.{part}"), to, from);
        }
    }
    folder.save(&tensors);
    let config = json!({
        "model_type": "bert", "vocab_size": WORDS.len(), "hidden_size": width, "num_hidden_layers": layers,
        "num_attention_heads": 4, "intermediate_size": inner, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
        "max_position_embeddings": 20, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
    });
    folder.write("config.json", &config.to_string());
    folder.write("sentence_bert_config.json", r#"{"max_seq_length": 12}"#);
    let vocabulary: serde_json::Map<String, Value> =
        WORDS.iter().enumerate().map(|(id, &word)| (word.to_owned(), json!(id))).collect();
    let special = |id: usize| {
        json!({ "id": id, "content": WORDS[id], "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true })
    };
    let tokenizer = json!({
        "version": "1.0",
        "truncation": { "max_length": 4, "strategy": "LongestFirst", "stride": 0 },
        "padding": { "strategy": { "Fixed": 16 }, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
            "pad_type_id": 0, "pad_token": "[PAD]" },
        "added_tokens": [special(0), special(1), special(2), special(3)],
        "normalizer": { "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true },
        "pre_tokenizer": { "type": "BertPreTokenizer" },
        "post_processor": { "type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2] },
        "decoder": { "type": "WordPiece", "prefix": "##", "cleanup": true },
        "model": { "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary },
    });
    folder.write("tokenizer.json", &tokenizer.to_string());
    folder
}

/// The words that the tiny encoder knows.
const WORDS: [&str; 10] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "ban", "##s", "cups", "and", "rivers", "."];
