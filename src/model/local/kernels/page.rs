//! Keys and values of 128 tokens, as half floats, in the order in which attention reads them.

use half::f16;
use half::slice::HalfFloatSliceExt;

use crate::model::local::cache::Page;
use crate::model::local::kernels::lanes::LANES;
use crate::model::local::shape::Shape;

/// A page. For each layer and head: keys by tiles of sixteen tokens, in which a number of all sixteen stands together;
/// values token by token.
pub struct KeyValues {
    keys: Vec<f16>,
    values: Vec<f16>,
    kv_heads: usize,
    width: usize,
}

/// The numbers of a head with its padding, so that attention always takes two registers of them.
#[must_use]
pub const fn padded(head: usize) -> usize {
    head.next_multiple_of(2 * LANES)
}

impl Page for KeyValues {
    const TOKENS: usize = 128;

    fn bytes(shape: &Shape) -> u64 {
        (2 * size_of::<f16>() * shape.layers * shape.kv_heads * Self::TOKENS * padded(shape.head)) as u64
    }
}

impl KeyValues {
    /// An empty page. The system gives the memory when it is written to.
    #[must_use]
    pub fn new(shape: &Shape) -> KeyValues {
        let width = padded(shape.head);
        let numbers = || vec![f16::ZERO; shape.layers * shape.kv_heads * Self::TOKENS * width];
        KeyValues { keys: numbers(), values: numbers(), kv_heads: shape.kv_heads, width }
    }

    /// Writes a token at a place of the page, for one head.
    pub fn write(&mut self, layer: usize, head: usize, place: usize, key: &[f32], value: &[f32]) {
        let start = self.start(layer, head);
        let tile = &mut self.keys[start + place / LANES * LANES * self.width..];
        for (lanes, number) in tile.chunks_exact_mut(LANES).zip(key) {
            lanes[place % LANES] = f16::from_f32(clamp(*number));
        }
        let values = &mut self.values[start + place * self.width..][..value.len()];
        values.convert_from_f32_slice(value);
        // A value beyond the half floats is rare and must not become infinite, which would spoil all that follows.
        for value in values.iter_mut().filter(|value| value.is_infinite()) {
            *value = if value.is_sign_negative() { f16::MIN } else { f16::MAX };
        }
    }

    /// The keys of sixteen tokens, number by number.
    #[inline(always)]
    #[must_use]
    pub fn key_tile(&self, layer: usize, head: usize, tile: usize) -> &[f16] {
        let size = LANES * self.width;
        &self.keys[self.start(layer, head) + tile * size..][..size]
    }

    /// The values of a head, token by token, each as long as a padded head.
    #[inline(always)]
    #[must_use]
    pub fn values(&self, layer: usize, head: usize) -> &[f16] {
        let size = Self::TOKENS * self.width;
        &self.values[self.start(layer, head)..][..size]
    }

    #[inline(always)]
    fn start(&self, layer: usize, head: usize) -> usize {
        (layer * self.kv_heads + head) * Self::TOKENS * self.width
    }
}

fn clamp(number: f32) -> f32 {
    number.clamp(f16::MIN.to_f32(), f16::MAX.to_f32())
}
