//! How much memory a model needs, and what context fits into what is free.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::model::error::ModelError;
use crate::model::local::cache::Page;
use crate::model::local::directory::Directory;
use crate::model::local::kernels;
use crate::model::local::shape::Shape;

/// The longest context that is served; debates need less, and its cache costs half a gigabyte on a 1.5B model.
const MAX_CONTEXT: usize = 8192;
/// The shortest context worth serving.
const MIN_CONTEXT: usize = 2048;
/// The most that caches at rest may take.
const MAX_RESTING: u64 = 1 << 30;
/// What a chunk of a prompt needs while it is read.
const SCRATCH: u64 = 64 << 20;

/// What a loaded model may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Tokens of prompt and answer together.
    pub context: usize,
    /// Bytes for the caches of all sequences, at work and at rest.
    pub cache: u64,
}

/// What a model takes when its context is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Tokens of prompt and answer together.
    pub context: usize,
    /// Bytes of weights, cache and scratch.
    pub memory: u64,
}

/// What a model needs, however much is free; `P` is what the caches are made of.
#[must_use]
pub fn needs<P: Page>(directory: &Directory, shape: &Shape) -> Needs {
    let context = served(shape.context);
    let token = P::bytes(shape) / P::TOKENS as u64;
    Needs { context, memory: weights(directory) + SCRATCH + context as u64 * token }
}

/// The context that is served of one that a model was trained for, both in tokens.
#[must_use]
pub fn served(context: usize) -> usize {
    context.min(MAX_CONTEXT)
}

/// Plans for `free` bytes; `P` is what the caches are made of.
///
/// # Errors
/// Not even a short context fits.
pub fn plan<P: Page>(directory: &Directory, shape: &Shape, model: &str, free: u64) -> Result<Plan, ModelError> {
    divide(weights(directory), P::bytes(shape) / P::TOKENS as u64, shape.context, free, model)
}

fn divide(weights: u64, token: u64, context: usize, free: u64, model: &str) -> Result<Plan, ModelError> {
    let wanted = served(context);
    let least = wanted.min(MIN_CONTEXT);
    let fixed = weights + SCRATCH;
    let left = free.saturating_sub(fixed);
    let context = wanted.min(usize::try_from(left / token).unwrap_or(usize::MAX));
    if context < least {
        let needed = fixed + least as u64 * token;
        return Err(ModelError::Memory { model: model.to_owned(), needed: shown(needed), free: shown(free) });
    }
    Ok(Plan { context, cache: left.min(context as u64 * token + MAX_RESTING) })
}

/// Bytes of the weights as they are held.
#[must_use]
pub fn weights(directory: &Directory) -> u64 {
    let held = directory.tensors.values().map(|stored| match stored.dimensions[..] {
        [rows, columns] => kernels::held_bytes(stored.format, rows as u64, columns as u64),
        _ => (stored.dimensions.iter().product::<usize>() * size_of::<f32>()) as u64,
    });
    held.sum()
}

/// Bytes that are free on this machine now, or within the limit of the container.
#[must_use]
pub fn free() -> u64 {
    let system =
        System::new_with_specifics(RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram()));
    let limit = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
    system.available_memory().min(limit)
}

fn shown(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1_000_000_000;
    const TOKEN: u64 = 28_672;

    #[test]
    fn with_room_the_context_is_as_long_as_is_served() {
        let plan = divide(2 * GB, TOKEN, 32_768, 16 * GB, "m").unwrap();
        assert_eq!(plan, Plan { context: MAX_CONTEXT, cache: MAX_CONTEXT as u64 * TOKEN + MAX_RESTING });
        assert_eq!(divide(2 * GB, TOKEN, 512, 16 * GB, "m").unwrap().context, 512);
    }

    #[test]
    fn with_little_room_the_context_is_cut_to_what_fits() {
        let free = 2 * GB + SCRATCH + 3000 * TOKEN;
        let plan = divide(2 * GB, TOKEN, 32_768, free, "m").unwrap();
        assert_eq!(plan, Plan { context: 3000, cache: 3000 * TOKEN });
    }

    #[test]
    fn without_room_the_error_says_how_much_is_needed_and_free() {
        let error = divide(2 * GB, TOKEN, 32_768, GB, "m").unwrap_err();
        let expected =
            ModelError::Memory { model: "m".to_owned(), needed: "2.1 GB".to_owned(), free: "1.0 GB".to_owned() };
        assert_eq!(error, expected);
    }
}
