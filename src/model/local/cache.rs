//! Keys and values of the tokens read so far, for each layer.
//!
//! Room is taken in blocks and written in place, so a new token copies nothing. A cache can be cut back to any length
//! (rollback) and copied up to any length (fork). Which prompts are worth keeping is decided in `slots`.

use candle_core::{DType, Device, Result, Tensor};

use crate::model::local::shape::Shape;

/// Tokens of room that a cache grows by.
const BLOCK: usize = 512;

/// The cache of one sequence.
pub struct Cache {
    layers: Vec<Layer>,
    len: usize,
}

/// Keys and values of one layer: (head, position, number), with room beyond the length in use.
struct Layer {
    keys: Tensor,
    values: Tensor,
}

impl Cache {
    /// An empty cache without room.
    ///
    /// # Errors
    /// None in practice; the tensors are empty.
    pub fn new(shape: &Shape) -> Result<Cache> {
        let empty = || Tensor::zeros((shape.kv_heads, 0, shape.head), DType::F32, &Device::Cpu);
        let layer = |_| Ok(Layer { keys: empty()?, values: empty()? });
        Ok(Cache { layers: (0..shape.layers).map(layer).collect::<Result<_>>()?, len: 0 })
    }

    /// Tokens held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Bytes taken, room included.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let bytes = |tensor: &Tensor| tensor.elem_count() * size_of::<f32>();
        self.layers.iter().map(|layer| (bytes(&layer.keys) + bytes(&layer.values)) as u64).sum()
    }

    /// Forgets all tokens from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// A copy of the first `len` tokens.
    ///
    /// # Errors
    /// Out of memory.
    pub fn fork(&self, len: usize) -> Result<Cache> {
        let len = len.min(self.len);
        let layer = |layer: &Layer| {
            Ok(Layer { keys: widen(&layer.keys, len, room(len))?, values: widen(&layer.values, len, room(len))? })
        };
        Ok(Cache { layers: self.layers.iter().map(layer).collect::<Result<_>>()?, len })
    }

    /// Writes keys and values of new tokens behind those of a layer; gives all of the layer, the new ones included.
    /// The length changes only with [`Cache::advance`], when every layer has been written.
    ///
    /// # Errors
    /// The shapes do not fit, or there is no such layer.
    pub fn write(&mut self, layer: usize, keys: &Tensor, values: &Tensor) -> Result<(Tensor, Tensor)> {
        let end = self.len + keys.dim(1)?;
        let Some(layer) = self.layers.get_mut(layer) else { candle_core::bail!("the cache has no layer {layer}") };
        if end > layer.keys.dim(1)? {
            layer.keys = widen(&layer.keys, self.len, room(end))?;
            layer.values = widen(&layer.values, self.len, room(end))?;
        }
        layer.keys.slice_set(&keys.contiguous()?, 1, self.len)?;
        layer.values.slice_set(&values.contiguous()?, 1, self.len)?;
        Ok((layer.keys.narrow(1, 0, end)?, layer.values.narrow(1, 0, end)?))
    }

    /// Counts tokens that every layer has written.
    pub fn advance(&mut self, tokens: usize) {
        self.len += tokens;
    }
}

fn room(tokens: usize) -> usize {
    tokens.next_multiple_of(BLOCK)
}

/// A tensor with room for `room` positions that begins with the first `len` of another.
fn widen(old: &Tensor, len: usize, room: usize) -> Result<Tensor> {
    let (heads, _, head) = old.dims3()?;
    let new = Tensor::zeros((heads, room, head), DType::F32, &Device::Cpu)?;
    if len > 0 {
        new.slice_set(&old.narrow(1, 0, len)?.contiguous()?, 1, 0)?;
    }
    Ok(new)
}
