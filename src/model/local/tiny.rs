//! A model of a few thousand random weights, made in the test that needs it, and the folder it lies in.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

pub const CHATML: &str = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}\
                          {% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

const WIDTH: usize = 64;
const INNER: usize = 96;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const LAYERS: usize = 2;

/// A tiny model, before it is written to a file.
pub struct Tiny {
    pub metadata: BTreeMap<String, Value>,
    pub tensors: BTreeMap<String, QTensor>,
}

impl Tiny {
    /// A model of the architecture `llama`, `qwen2`, `qwen3` or `gemma3`. Everything about it follows from the seed.
    pub fn new(architecture: &str, seed: u64) -> Tiny {
        Tiny::with_head(architecture, seed, WIDTH / HEADS)
    }

    /// As [`Tiny::new`], with `head` numbers in each head.
    pub fn with_head(architecture: &str, seed: u64, head: usize) -> Tiny {
        let mut tiny = Tiny { metadata: metadata(architecture), tensors: BTreeMap::new() };
        if head != WIDTH / HEADS {
            for key in ["key_length", "value_length"] {
                let value = Value::U32(u32::try_from(head).unwrap());
                tiny.metadata.insert(format!("{architecture}.attention.{key}"), value);
            }
        }
        let vocabulary = vocabulary().len();
        let mut random = ChaCha12Rng::seed_from_u64(seed);
        let mut add = |name: &str, dimensions: &[usize], format: GgmlDType| {
            let centre = if name.contains("norm") { 1.0 } else { 0.0 };
            let numbers = dimensions.iter().product();
            let numbers: Vec<f32> = (0..numbers).map(|_| centre + random.random_range(-0.3..0.3)).collect();
            let tensor = Tensor::from_vec(numbers, dimensions, &Device::Cpu).unwrap();
            tiny.tensors.insert(name.to_owned(), QTensor::quantize(&tensor, format).unwrap());
        };
        let (query, kv) = (HEADS * head, KV_HEADS * head);
        add("token_embd.weight", &[vocabulary, WIDTH], GgmlDType::Q8_0);
        add("output_norm.weight", &[WIDTH], GgmlDType::F32);
        for i in 0..layers(architecture) {
            let name = |part: &str| format!("blk.{i}.{part}");
            add(&name("attn_norm.weight"), &[WIDTH], GgmlDType::F32);
            add(&name("attn_q.weight"), &[query, WIDTH], GgmlDType::Q8_0);
            add(&name("attn_k.weight"), &[kv, WIDTH], GgmlDType::F16);
            add(&name("attn_v.weight"), &[kv, WIDTH], GgmlDType::Q5_0);
            add(&name("attn_output.weight"), &[WIDTH, query], GgmlDType::Q4_1);
            add(&name("ffn_norm.weight"), &[WIDTH], GgmlDType::F32);
            add(&name("ffn_gate.weight"), &[INNER, WIDTH], GgmlDType::Q4_0);
            add(&name("ffn_up.weight"), &[INNER, WIDTH], GgmlDType::Q5_1);
            add(&name("ffn_down.weight"), &[WIDTH, INNER], GgmlDType::Q8_0);
            if architecture == "qwen2" {
                add(&name("attn_q.bias"), &[query], GgmlDType::F32);
                add(&name("attn_k.bias"), &[kv], GgmlDType::F32);
                add(&name("attn_v.bias"), &[kv], GgmlDType::F32);
            }
            if architecture == "gemma3" {
                add(&name("post_attention_norm.weight"), &[WIDTH], GgmlDType::F32);
                add(&name("post_ffw_norm.weight"), &[WIDTH], GgmlDType::F32);
            }
            if architecture == "qwen3" || architecture == "gemma3" {
                add(&name("attn_q_norm.weight"), &[head], GgmlDType::F32);
                add(&name("attn_k_norm.weight"), &[head], GgmlDType::F32);
            }
        }
        tiny
    }

    pub fn set(mut self, key: &str, value: Value) -> Tiny {
        self.metadata.insert(key.to_owned(), value);
        self
    }

    pub fn text(self, key: &str, value: &str) -> Tiny {
        self.set(key, Value::String(value.to_owned()))
    }

    pub fn without(mut self, key: &str) -> Tiny {
        assert!(self.metadata.remove(key).is_some() || self.tensors.remove(key).is_some(), "there is no {key}");
        self
    }

    /// Without control tokens: nothing ends its answers but the limit.
    pub fn endless(self) -> Tiny {
        self.without("tokenizer.ggml.token_type").without("tokenizer.ggml.eos_token_id")
    }

    /// Writes the model into a new folder, which is deleted with the value.
    pub fn write(&self) -> Written {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.gguf");
        self.write_to(&path);
        Written { path, _folder: folder }
    }

    fn write_to(&self, path: &Path) {
        let metadata: Vec<(&str, &Value)> = self.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let tensors: Vec<(&str, &QTensor)> =
            self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        gguf_file::write(&mut File::create(path).unwrap(), &metadata, &tensors).unwrap();
    }
}

/// A model file that lives as long as the value.
pub struct Written {
    pub path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Written {
    pub fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap()
    }

    pub fn overwrite(&self, bytes: &[u8]) {
        std::fs::write(&self.path, bytes).unwrap();
    }
}

/// Of gemma3 only the sixth layer sees everything.
fn layers(architecture: &str) -> usize {
    if architecture == "gemma3" { 3 * LAYERS } else { LAYERS }
}

fn metadata(architecture: &str) -> BTreeMap<String, Value> {
    let texts = |list: Vec<String>| Value::Array(list.into_iter().map(Value::String).collect());
    let tokens = vocabulary();
    let kind = |token: &String| Value::I32(if token.starts_with("<|") { 3 } else { 1 });
    let key = |name: &str| format!("{architecture}.{name}");
    let number = |n: usize| Value::U32(u32::try_from(n).unwrap());
    [
        ("general.architecture".to_owned(), Value::String(architecture.to_owned())),
        (key("block_count"), number(layers(architecture))),
        (key("attention.sliding_window"), number(if architecture == "gemma3" { 200 } else { 0 })),
        (key("context_length"), number(1024)),
        (key("embedding_length"), number(WIDTH)),
        (key("feed_forward_length"), number(INNER)),
        (key("attention.head_count"), number(HEADS)),
        (key("attention.head_count_kv"), number(KV_HEADS)),
        (key("attention.layer_norm_rms_epsilon"), Value::F32(1e-5)),
        (key("rope.freq_base"), Value::F32(10_000.0)),
        ("tokenizer.ggml.model".to_owned(), Value::String("gpt2".to_owned())),
        ("tokenizer.ggml.pre".to_owned(), Value::String("smollm".to_owned())),
        ("tokenizer.ggml.token_type".to_owned(), Value::Array(tokens.iter().map(kind).collect())),
        ("tokenizer.ggml.tokens".to_owned(), texts(tokens)),
        ("tokenizer.ggml.merges".to_owned(), texts(merges().iter().map(|(a, b)| format!("{a} {b}")).collect())),
        ("tokenizer.ggml.bos_token_id".to_owned(), number(1)),
        ("tokenizer.ggml.eos_token_id".to_owned(), number(2)),
        ("tokenizer.chat_template".to_owned(), Value::String(CHATML.to_owned())),
    ]
    .into_iter()
    .collect()
}

fn merges() -> [(&'static str, &'static str); 4] {
    [("Ġ", "t"), ("h", "e"), ("Ġt", "he"), ("Ġ", "A")]
}

/// Three control tokens, the bytes, the merges.
fn vocabulary() -> Vec<String> {
    let control = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"].map(str::to_owned);
    let bytes = (0x21..0x144_u32).filter(|code| !matches!(code, 0x7F..=0xA0 | 0xAD)).filter_map(char::from_u32);
    let merged = merges().map(|(a, b)| format!("{a}{b}"));
    control.into_iter().chain(bytes.map(String::from)).chain(merged).collect()
}
