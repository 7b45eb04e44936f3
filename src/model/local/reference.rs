//! The decoder compared with decoders that somebody else wrote: candle-transformers' models, whose weights are not
//! quantised, on a tiny random checkpoint.

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::{llama, qwen2, qwen3};
use serde_json::json;

use crate::model::local::arithmetic::Arithmetic;
use crate::model::local::cache::Cache;
use crate::model::local::checkpoint::Checkpoint;
use crate::model::local::decoder::{self, Decoder};
use crate::model::local::kernels::{Kernel, Kernels, Pool};
use crate::model::local::rotary::Rotary;
use crate::model::local::tensors::Tensors;
use crate::model::local::tiny::Tiny;
use crate::model::local::tiny_folder::Folder;

const TOKENS: u32 = 40;

fn tokens() -> Vec<u32> {
    (0..TOKENS).map(|i| i * 7 % 250 + 3).collect()
}

fn folder(architecture: &str) -> Folder {
    // Heads that are wider than their share of a state, as those of qwen3 are.
    let head = if architecture == "qwen3" { 32 } else { 16 };
    Tiny::with_head(architecture, 5, head).write_folder(DType::F32)
}

/// The logits behind every token, by our decoder.
fn ours<A: Arithmetic>(folder: &Folder, arithmetic: impl Fn(Rotary) -> A) -> Vec<Vec<f32>> {
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    let directory = checkpoint.directory().unwrap();
    let shape = checkpoint.shape(&directory).unwrap();
    let rotary = decoder::rotary(&directory, &shape, 1024).unwrap();
    let decoder = Decoder::load(&directory, shape, arithmetic(rotary)).unwrap();
    let rows = decoder.read(&mut [(&tokens(), &mut Cache::default())]).unwrap();
    decoder.logits(&rows, &(0..TOKENS as usize).collect::<Vec<_>>()).unwrap()
}

/// The same by candle-transformers, which gives those of the last token: so each beginning is read by itself.
fn theirs(folder: &Folder, architecture: &str) -> Vec<Vec<f32>> {
    let config = folder.json("config.json");
    let weights = VarBuilder::from_tensors(folder.tensors(), DType::F32, &Device::Cpu);
    let mut read: Box<dyn FnMut(&Tensor) -> Tensor> = match architecture {
        "llama" => {
            let config = serde_json::from_value::<llama::LlamaConfig>(config).unwrap().into_config(false);
            let model = llama::Llama::load(weights, &config).unwrap();
            Box::new(move |tokens| {
                let mut cache = llama::Cache::new(false, DType::F32, &config, &Device::Cpu).unwrap();
                model.forward(tokens, 0, &mut cache).unwrap()
            })
        }
        "qwen2" => {
            let mut model = qwen2::ModelForCausalLM::new(&serde_json::from_value(config).unwrap(), weights).unwrap();
            Box::new(move |tokens| {
                model.clear_kv_cache();
                model.forward(tokens, 0).unwrap()
            })
        }
        _ => {
            let mut model = qwen3::ModelForCausalLM::new(&serde_json::from_value(config).unwrap(), weights).unwrap();
            Box::new(move |tokens| {
                model.clear_kv_cache();
                model.forward(tokens, 0).unwrap()
            })
        }
    };
    let tokens = tokens();
    let logits = |end: usize| {
        let beginning = Tensor::new(&tokens[..end], &Device::Cpu).unwrap().unsqueeze(0).unwrap();
        read(&beginning).flatten_all().unwrap().to_vec1().unwrap()
    };
    (1..=tokens.len()).map(logits).collect()
}

fn tensors(rotary: Rotary) -> Tensors {
    Tensors::new(Device::Cpu, &rotary).unwrap()
}

fn kernels(rotary: Rotary) -> Kernels {
    Kernels::new(Kernel::fastest().unwrap_or(Kernel::Plain), Pool::new(1).into(), rotary)
}

/// The root mean square of the differences, beside that of the reference.
fn error(ours: &[Vec<f32>], theirs: &[Vec<f32>]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.iter().zip(theirs).all(|(a, b)| a.len() == b.len()));
    let square = |numbers: &mut dyn Iterator<Item = f32>| -> f64 { numbers.map(|n| f64::from(n).powi(2)).sum() };
    let (a, b) = (ours.iter().flatten(), theirs.iter().flatten());
    let off = square(&mut a.zip(b).map(|(a, b)| a - b));
    (off / square(&mut theirs.iter().flatten().copied())).sqrt()
}

#[test]
fn the_logits_behind_every_token_are_those_of_an_independent_decoder() {
    for architecture in ["llama", "qwen2", "qwen3"] {
        let folder = folder(architecture);
        let theirs = theirs(&folder, architecture);
        // With weights as they are, only the order of additions differs.
        let plain = error(&ours(&folder, tensors), &theirs);
        assert!(plain < 1e-5, "{architecture}: off by {plain}");
        // In eight bits a number is off by up to 1/254 of the largest of its block: about 0.6 % for a product of random
        // numbers. Nine follow on each other, and attention sharpens what it is given.
        let quantised = error(&ours(&folder, kernels), &theirs);
        assert!(quantised < 0.06, "{architecture}: off by {quantised} when quantised");
    }
}

#[test]
fn scaled_positions_are_those_of_the_reference() {
    let folder = folder("llama");
    let plain = theirs(&folder, "llama");
    folder.set(
        "config.json",
        &json!({ "rope_scaling": {
            "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 32,
        }}),
    );
    let scaled = theirs(&folder, "llama");
    assert!(error(&plain, &scaled) > 0.01, "the scaling changes nothing");
    let off = error(&ours(&folder, tensors), &scaled);
    assert!(off < 1e-5, "off by {off}");
}
