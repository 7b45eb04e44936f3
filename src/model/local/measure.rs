//! How fast a model reads and writes on this machine, and what memory it takes.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

use crate::clock::Stopwatch;
use crate::model::error::ModelError;
use crate::model::local::backend::Backend;
use crate::model::local::direct::Direct;
use crate::model::local::schedule::CHUNK;

/// Tokens of a prompt that are read and not counted, so that memory and threads are warm.
const WARM_UP: usize = 32;
/// Tokens that are written to measure writing.
const WRITTEN: usize = 128;
/// The long prompt, and how deep the sequence is when writing behind one is measured.
const DEEP: usize = 2048;
const SHORT: usize = 512;

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Tokens a second: a prompt of 512.
    pub prefill_tokens_per_s: f64,
    /// Tokens a second: a prompt of 2048; 0 if the context is shorter.
    pub prefill_2048_tokens_per_s: f64,
    /// Tokens a second: 128 tokens one after another, from an empty sequence on.
    pub decode_tokens_per_s: f64,
    /// Tokens a second: 128 tokens behind 2048; 0 if the context is shorter.
    pub decode_at_2048_tokens_per_s: f64,
    /// Bytes that the process holds, model and program together, after all this.
    pub memory_bytes: u64,
    /// Milliseconds from the file to a model that is ready.
    pub load_milliseconds: u64,
}

/// Measures a model on a backend: each figure the median of `rounds` rounds. `tell` hears what is being measured.
///
/// # Errors
/// The model cannot be opened, or fails.
pub fn measure(
    backend: &Backend,
    path: &Path,
    name: &str,
    rounds: usize,
    tell: &mut dyn FnMut(&str),
) -> Result<Speed, ModelError> {
    tell("loading");
    let loading = Stopwatch::start();
    let mut model = Direct::open_on(backend, path, name)?;
    let load_milliseconds = loading.elapsed_milliseconds();
    let has_deep = model.context >= DEEP + WRITTEN;
    let mut prompt = prompt(&model)?;
    prompt.truncate(model.context);
    let first = |count: usize| &prompt[..count.min(prompt.len())];
    read(&mut model, first(WARM_UP))?;
    let mut figures = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for round in 1..=rounds.max(1) {
        tell(&format!("round {round} of {}", rounds.max(1)));
        let [short, deep, decode, decode_deep] = &mut figures;
        model.truncate(0);
        decode.push(write(&mut model, &prompt)?);
        model.truncate(0);
        short.push(read(&mut model, first(SHORT))?);
        if has_deep {
            model.truncate(0);
            deep.push(read(&mut model, &prompt)?);
            decode_deep.push(write(&mut model, &prompt)?);
        }
    }
    let [short, deep, decode, decode_deep] = figures.map(median);
    Ok(Speed {
        prefill_tokens_per_s: short,
        prefill_2048_tokens_per_s: deep,
        decode_tokens_per_s: decode,
        decode_at_2048_tokens_per_s: decode_deep,
        memory_bytes: memory(),
        load_milliseconds,
    })
}

/// 2048 tokens of prose, the same for every model that tokenises alike.
fn prompt(model: &Direct) -> Result<Vec<u32>, ModelError> {
    let sentence =
        "The first speaker says that a rule which nobody can check is no rule, and the second asks who pays. ";
    if !model.tokenizes() {
        // Any ids are as much work.
        let known = u32::try_from(model.vocabulary).unwrap_or(u32::MAX).max(1);
        return Ok((0..DEEP as u32).map(|i| i.wrapping_mul(2_654_435_761) % known).collect());
    }
    let tokens = model.tokenize(sentence)?;
    Ok(tokens.into_iter().cycle().take(DEEP).collect())
}

/// Reads tokens behind those already read, in the chunks in which a prompt is read; gives how long it took.
///
/// # Errors
/// A token is out of range, or the context is full.
pub fn prefill(model: &mut Direct, tokens: &[u32]) -> Result<Duration, ModelError> {
    let watch = Stopwatch::start();
    let chunks = tokens.len().div_ceil(CHUNK);
    for (i, chunk) in tokens.chunks(CHUNK).enumerate() {
        // A GPU works behind our back: only the logits at the end tell that it has read.
        model.read(chunk, usize::from(i + 1 == chunks))?;
    }
    Ok(watch.elapsed())
}

/// Tokens a second.
fn read(model: &mut Direct, prompt: &[u32]) -> Result<f64, ModelError> {
    Ok(prompt.len() as f64 / prefill(model, prompt)?.as_secs_f64())
}

/// Reads given tokens one by one, the logits behind each among the work; tokens a second. Nothing is chosen from the
/// logits, so that the figure is the model's alone, as that of `llama-bench` is.
fn write(model: &mut Direct, tokens: &[u32]) -> Result<f64, ModelError> {
    let watch = Stopwatch::start();
    for &token in tokens.iter().cycle().take(WRITTEN) {
        model.read(&[token], 1)?;
    }
    Ok(WRITTEN as f64 / watch.elapsed().as_secs_f64())
}

/// The middle one of some figures; 0 if there are none.
#[must_use]
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}

/// Bytes of this process in memory.
fn memory() -> u64 {
    let Ok(own) = sysinfo::get_current_pid() else { return 0 };
    let mut system = System::new();
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[own]),
        true,
        ProcessRefreshKind::nothing().with_memory(),
    );
    system.process(own).map_or(0, sysinfo::Process::memory)
}
