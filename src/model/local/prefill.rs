//! Reads a prompt into a cache, chunk by chunk.

use candle_core::{Result, Tensor};

use crate::model::local::decoder::Decoder;
use crate::model::local::slots::{CHUNK, Slot};

/// Reads what the slot does not hold yet of `prompt`, which is never empty. `step` is told how many tokens have been
/// read after each chunk, and before the first; it answers whether to go on.
/// Gives the last hidden state, as one row, or `None` if told to stop.
///
/// # Errors
/// The decoder failed. The slot is sound then, and holds what was read before.
pub fn prefill(
    decoder: &Decoder,
    slot: &mut Slot,
    prompt: &[u32],
    mut step: impl FnMut(usize) -> bool,
) -> Result<Option<Tensor>> {
    let mut last = None;
    while step(slot.read.len()) {
        let start = slot.read.len();
        let end = prompt.len().min((start + 1).next_multiple_of(CHUNK));
        let Some(chunk) = prompt.get(start..end).filter(|chunk| !chunk.is_empty()) else { return Ok(last) };
        let hidden = decoder.hidden(chunk, &mut slot.cache)?;
        slot.read.extend_from_slice(chunk);
        last = Some(hidden.narrow(0, chunk.len() - 1, 1)?);
    }
    Ok(None)
}
