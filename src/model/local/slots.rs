//! Caches of recent prompts, so that a prompt which begins like one of them is not read twice.
//!
//! Two teams and a judge take turns at one model; each finds its own beginning again. Only tokens that were read as part
//! of a prompt count, and only whole chunks: then a prompt gives the same numbers, bit for bit, cached or not.

use candle_core::Result;

use crate::model::local::cache::Cache;
use crate::model::local::shape::Shape;

/// Tokens read in one piece. Chunks begin at multiples of it, wherever the reading starts.
pub const CHUNK: usize = 128;

const MAX_SLOTS: usize = 4;

/// A cache and the prompt tokens it was made from. It may hold written tokens behind them.
pub struct Slot {
    pub cache: Cache,
    pub read: Vec<u32>,
}

/// The caches at rest, least recently used first.
pub struct Slots {
    resting: Vec<Slot>,
    budget: u64,
}

impl Slots {
    /// Keeps as many caches as fit into `budget` bytes, at least one and at most four.
    #[must_use]
    pub fn new(budget: u64) -> Slots {
        Slots { resting: Vec::new(), budget }
    }

    /// A cache that holds as much of the beginning of `prompt` as any does, and nothing else. At least one token of
    /// the prompt is left to read. If the caller never gives the slot back, it is merely gone.
    ///
    /// # Errors
    /// Out of memory.
    pub fn take(&mut self, prompt: &[u32], shape: &Shape) -> Result<Slot> {
        let shared = |slot: &Slot| usable(&slot.read, prompt);
        // The most recent of equals: `max_by_key` gives the last.
        let best = (0..self.resting.len()).max_by_key(|&i| self.resting.get(i).map_or(0, shared));
        let Some((i, slot)) = best.and_then(|i| Some((i, self.resting.get(i)?))) else {
            return Ok(Slot { cache: Cache::new(shape)?, read: Vec::new() });
        };
        let shared = shared(slot);
        let lost = whole_chunks(slot.read.len()) > shared;
        let affordable = self.bytes() + shared as u64 * shape.cache_bytes() <= self.budget;
        if lost && affordable {
            return Ok(Slot { cache: slot.cache.fork(shared)?, read: slot.read[..shared].to_vec() });
        }
        let mut slot = self.resting.remove(i);
        slot.cache.truncate(shared);
        slot.read.truncate(shared);
        Ok(slot)
    }

    /// Lays a slot to rest and lets go of the oldest that no longer fit.
    pub fn put_back(&mut self, slot: Slot) {
        self.resting.push(slot);
        while self.resting.len() > 1 && (self.resting.len() > MAX_SLOTS || self.bytes() > self.budget) {
            self.resting.remove(0);
        }
    }

    fn bytes(&self) -> u64 {
        self.resting.iter().map(|slot| slot.cache.bytes()).sum()
    }
}

/// The tokens of `prompt` that need not be read again.
fn usable(read: &[u32], prompt: &[u32]) -> usize {
    let common = read.iter().zip(prompt).take_while(|(a, b)| a == b).count();
    whole_chunks(common.min(prompt.len().saturating_sub(1)))
}

fn whole_chunks(tokens: usize) -> usize {
    tokens - tokens % CHUNK
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device, Tensor};

    use super::*;
    use crate::model::local::shape::Pairing;

    fn shape() -> Shape {
        Shape {
            layers: 1,
            width: 4,
            inner: 4,
            heads: 2,
            kv_heads: 1,
            head: 2,
            vocabulary: 9,
            context: 4096,
            norm_epsilon: 1e-5,
            rotary_base: 1e4,
            pairing: Pairing::Halves,
        }
    }

    /// Takes a slot, reads the rest of the prompt into it and puts it back; gives how much was there already.
    fn read(slots: &mut Slots, prompt: &[u32]) -> usize {
        let mut slot = slots.take(prompt, &shape()).unwrap();
        let there = slot.cache.len();
        assert_eq!((slot.read.len(), &slot.read[..]), (there, &prompt[..there]));
        let new = Tensor::ones((1, prompt.len() - there, 2), DType::F32, &Device::Cpu).unwrap();
        slot.cache.write(0, &new, &new).unwrap();
        slot.cache.advance(prompt.len() - there);
        slot.read = prompt.to_vec();
        slots.put_back(slot);
        there
    }

    fn prompt(who: u32, len: u32) -> Vec<u32> {
        (0..len).map(|i| if i < 140 { i } else { who * 10_000 + i }).collect()
    }

    #[test]
    fn a_longer_prompt_goes_on_from_the_whole_chunks_of_the_shorter() {
        let mut slots = Slots::new(u64::MAX);
        assert_eq!(read(&mut slots, &prompt(1, 300)), 0);
        assert_eq!(read(&mut slots, &prompt(1, 500)), 256);
        assert_eq!(read(&mut slots, &prompt(1, 500)), 384);
    }

    #[test]
    fn at_least_one_token_is_left_to_read() {
        let mut slots = Slots::new(u64::MAX);
        assert_eq!(read(&mut slots, &prompt(1, 256)), 0);
        assert_eq!(read(&mut slots, &prompt(1, 256)), 128);
    }

    #[test]
    fn speakers_who_take_turns_each_find_their_own_beginning() {
        let mut slots = Slots::new(u64::MAX);
        assert_eq!(read(&mut slots, &prompt(1, 600)), 0);
        assert_eq!(read(&mut slots, &prompt(2, 600)), 128);
        assert_eq!(read(&mut slots, &prompt(1, 700)), 512);
        assert_eq!(read(&mut slots, &prompt(2, 700)), 512);
    }

    #[test]
    fn without_memory_one_cache_is_kept() {
        let mut slots = Slots::new(0);
        read(&mut slots, &prompt(1, 600));
        assert_eq!(read(&mut slots, &prompt(2, 600)), 128);
        assert_eq!(slots.resting.len(), 1);
        assert_eq!(read(&mut slots, &prompt(1, 600)), 128);
    }

    #[test]
    fn no_more_than_four_are_kept_and_the_oldest_goes_first() {
        let mut slots = Slots::new(u64::MAX);
        for who in 1..=5 {
            read(&mut slots, &prompt(who, 600));
        }
        assert_eq!(slots.resting.len(), MAX_SLOTS);
        assert_eq!(read(&mut slots, &prompt(5, 600)), 512);
        assert_eq!(read(&mut slots, &prompt(1, 600)), 128);
    }
}
