//! How much memory a model needs, and what context fits into what is free.

use candle_core::quantized::GgmlDType;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::model::error::ModelError;
use crate::model::local::gguf::Gguf;
use crate::model::local::shape::Shape;
use crate::model::local::weights::held_as;

/// The longest context that is served; debates need less, and its cache costs half a gigabyte on a 1.5B model.
const MAX_CONTEXT: usize = 8192;
/// The shortest context worth serving.
const MIN_CONTEXT: usize = 2048;
/// The most that caches at rest may take.
const MAX_RESTING: u64 = 1 << 30;
/// What a chunk of a prompt needs while it is read.
const SCRATCH: u64 = 128 << 20;

/// What a loaded model may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Tokens of prompt and answer together.
    pub context: usize,
    /// Bytes for caches at rest.
    pub resting: u64,
}

/// Plans for the memory that is free now.
///
/// # Errors
/// Not even a short context fits.
pub fn plan(gguf: &Gguf, shape: &Shape, model: &str) -> Result<Plan, ModelError> {
    divide(weights(gguf), shape, free(), model)
}

fn divide(weights: u64, shape: &Shape, free: u64, model: &str) -> Result<Plan, ModelError> {
    let per_token = shape.cache_bytes();
    let wanted = shape.context.min(MAX_CONTEXT);
    let least = wanted.min(MIN_CONTEXT);
    let fixed = weights + SCRATCH;
    let left = free.saturating_sub(fixed);
    let context = wanted.min(usize::try_from(left / per_token).unwrap_or(usize::MAX));
    if context < least {
        let needed = fixed + least as u64 * per_token;
        return Err(ModelError::Memory { model: model.to_owned(), needed: shown(needed), free: shown(free) });
    }
    let resting = (left - context as u64 * per_token).min(MAX_RESTING);
    Ok(Plan { context, resting })
}

/// Bytes of the weights as they are held.
fn weights(gguf: &Gguf) -> u64 {
    let held = gguf.content.tensor_infos.iter().map(|(name, info)| {
        let elements = info.shape.elem_count() as u64;
        let format = held_as(info.ggml_dtype);
        let bytes = elements / format.block_size() as u64 * format.type_size() as u64;
        // The table of embeddings is looked up, or multiplied one row at a time; neither makes a second copy.
        if name == "token_embd.weight" || name == "output.weight" {
            bytes
        } else {
            bytes + second_copy(format, elements)
        }
    });
    held.sum()
}

/// Bytes of the copy that candle rearranges for its fastest kernels the first time a matrix is multiplied (on x86-64;
/// less elsewhere): its sizes of a block of 256 weights.
fn second_copy(format: GgmlDType, elements: u64) -> u64 {
    let block = match format {
        GgmlDType::Q4K => 192,
        GgmlDType::Q6K => 320,
        GgmlDType::Q8_0 => 272,
        // Kept as plain numbers.
        GgmlDType::F16 | GgmlDType::BF16 => 1024,
        _ => 0,
    };
    elements / 256 * block
}

/// Bytes that are free now, or within the limit of the container.
fn free() -> u64 {
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
    use crate::model::local::shape::Pairing;

    const GB: u64 = 1_000_000_000;

    fn shape(context: usize) -> Shape {
        Shape {
            layers: 28,
            width: 1536,
            inner: 8960,
            heads: 12,
            kv_heads: 2,
            head: 128,
            vocabulary: 151_936,
            context,
            norm_epsilon: 1e-6,
            rotary_base: 1e6,
            pairing: Pairing::Halves,
        }
    }

    #[test]
    fn with_room_the_context_is_as_long_as_is_served() {
        let plan = divide(2 * GB, &shape(32_768), 16 * GB, "m").unwrap();
        assert_eq!(plan, Plan { context: MAX_CONTEXT, resting: MAX_RESTING });
        assert_eq!(divide(2 * GB, &shape(512), 16 * GB, "m").unwrap().context, 512);
    }

    #[test]
    fn with_little_room_the_context_is_cut_to_what_fits() {
        let shape = shape(32_768);
        let free = 2 * GB + SCRATCH + 3000 * shape.cache_bytes();
        assert_eq!(divide(2 * GB, &shape, free, "m").unwrap(), Plan { context: 3000, resting: 0 });
    }

    #[test]
    fn without_room_the_error_says_how_much_is_needed_and_free() {
        let error = divide(2 * GB, &shape(32_768), GB, "m").unwrap_err();
        let expected =
            ModelError::Memory { model: "m".to_owned(), needed: "2.3 GB".to_owned(), free: "1.0 GB".to_owned() };
        assert_eq!(error, expected);
    }
}
