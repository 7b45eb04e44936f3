//! The arithmetic of the decoder in candle's tensors: on a GPU, where our own kernels have no version for the
//! processor, and as what the tests compare them with.
//!
//! On a GPU each step is launched by the processor and costs some microseconds, whatever its size, so steps are few:
//! matrices are multiplied together, queries and keys are turned together, and nothing is read back before the logits.

use std::cell::RefCell;
use std::sync::Arc;

use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{D, DType, Device, Module, Result, Tensor, bail};
use candle_nn::ops::{rms_norm, silu, softmax_last_dim};

use crate::model::error::ModelError;
use crate::model::local::arithmetic::{Arithmetic, Heads, Piece};
use crate::model::local::cache::Page;
use crate::model::local::rotary::Rotary;
use crate::model::local::shape::{Activation, Pairing, Shape};
use crate::model::local::weights::Weights;

/// Added to the score of a token that comes later: a softmax makes nothing of it. It is no infinity, since a mask is
/// made by multiplying, and zero times infinity is no number.
const HIDDEN: f64 = -1e30;

/// The arithmetic of one model on a device.
pub struct Tensors {
    device: Device,
    /// Cosines and sines, (position, pair), for each kind of layer.
    angles: Vec<[Tensor; 2]>,
    pairing: Pairing,
    /// The masks of the present pass, which all layers share.
    masks: RefCell<Vec<Mask>>,
}

struct Mask {
    before: usize,
    tokens: usize,
    window: Option<usize>,
    /// (token, position).
    added: Tensor,
}

/// Matrices of one format under each other, with their bias.
pub struct Linear {
    matrix: QMatMul,
    bias: Option<Tensor>,
}

/// Keys and values of 1024 tokens: for each layer (head, token, number).
pub struct TensorPage {
    keys: Vec<Tensor>,
    values: Vec<Tensor>,
}

impl Page for TensorPage {
    const TOKENS: usize = 1024;

    fn bytes(shape: &Shape) -> u64 {
        (2 * size_of::<f32>() * shape.layers * shape.kv_heads * Self::TOKENS * shape.head) as u64
    }
}

impl Tensors {
    /// # Errors
    /// The device is out of memory.
    pub fn new(device: Device, rotary: &Rotary) -> Result<Tensors> {
        let table = |numbers: &[f32]| Tensor::from_slice(numbers, (rotary.context, rotary.pairs), &device);
        let angles = rotary.angles.iter().map(|angles| Ok([table(&angles.cos)?, table(&angles.sin)?]));
        Ok(Tensors {
            angles: angles.collect::<Result<_>>()?,
            pairing: rotary.pairing,
            masks: RefCell::default(),
            device,
        })
    }

    /// Matrices of one format as one, so that they are multiplied in one step.
    fn linear(
        &self,
        weights: &mut Weights,
        parts: &[(&str, usize)],
        columns: usize,
    ) -> std::result::Result<Linear, ModelError> {
        let names = parts.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let failed = |weights: &Weights, error: candle_core::Error| weights.failed(&names, &error);
        let (mut format, mut bytes) = (GgmlDType::F32, Vec::new());
        let mut biases = Vec::new();
        for &(name, rows) in parts {
            let matrix = format!("{name}.weight");
            format = weights.format(&matrix, &[rows, columns])?;
            bytes.extend_from_slice(weights.rows(&matrix, 0, rows)?);
            let bias = format!("{name}.bias");
            if weights.has(&bias) {
                biases.push(self.vector(weights, &bias, rows)?);
            }
        }
        let rows = parts.iter().map(|(_, rows)| rows).sum();
        let stored = qtensor_from_ggml(format, &bytes, vec![rows, columns], &self.device);
        // candle has no vector kernels for these; Q8_0 has more bits than they.
        let slow = matches!(format, GgmlDType::Q4_1 | GgmlDType::Q5_0 | GgmlDType::Q5_1) && self.device.is_cpu();
        let held = stored.and_then(|stored| match slow {
            true => stored.dequantize(&self.device).and_then(|plain| QTensor::quantize(&plain, GgmlDType::Q8_0)),
            false => Ok(stored),
        });
        let matrix = held.and_then(|held| QMatMul::from_arc(Arc::new(held))).map_err(|error| failed(weights, error))?;
        let bias = if biases.is_empty() { None } else { Some(Tensor::cat(&biases, 0)) };
        let bias = bias.transpose().map_err(|error| failed(weights, error))?;
        Ok(Linear { matrix, bias })
    }

    /// Turns heads (head, token, number) whose first token stands at `position`.
    fn turn(&self, heads: &Tensor, angles: usize, position: usize) -> Result<Tensor> {
        let tokens = heads.dim(1)?;
        let Some([cos, sin]) = self.angles.get(angles) else { bail!("there are no angles {angles}") };
        let (cos, sin) = (cos.narrow(0, position, tokens)?, sin.narrow(0, position, tokens)?);
        let heads = heads.unsqueeze(0)?;
        let turned = match self.pairing {
            Pairing::Neighbours => candle_nn::rotary_emb::rope_i(&heads, &cos, &sin)?,
            Pairing::Halves => candle_nn::rotary_emb::rope(&heads, &cos, &sin)?,
        };
        turned.squeeze(0)
    }

    /// Attention of one sequence: queries, keys and values are (head, token, number), turned.
    fn attend_one(
        &self,
        [queries, keys, values]: [&Tensor; 3],
        layer: usize,
        window: Option<usize>,
        piece: &mut Piece<'_, TensorPage>,
    ) -> Result<Tensor> {
        let (heads, tokens, width) = queries.dims3()?;
        let kv_heads = keys.dim(0)?;
        let mut done = 0;
        for room in &piece.rooms {
            let Some(page) = piece.cache.page_mut(room.page) else { bail!("a page is shared that is written to") };
            let (Some(all_keys), Some(all_values)) = (page.keys.get(layer), page.values.get(layer)) else {
                bail!("the cache has no layer {layer}")
            };
            all_keys.slice_set(&keys.narrow(1, done, room.tokens)?.contiguous()?, 1, room.start)?;
            all_values.slice_set(&values.narrow(1, done, room.tokens)?.contiguous()?, 1, room.start)?;
            done += room.tokens;
        }
        // Query heads that share a key head are stacked as more rows, so keys and values are never repeated.
        let group = heads / kv_heads;
        let queries = (queries / (width as f64).sqrt())?.reshape((kv_heads, group * tokens, width))?;
        let pages = piece.cache.filled(&piece.rooms);
        let part = |all: &[Tensor], used: usize| match all.get(layer) {
            Some(tensor) => tensor.narrow(1, 0, used),
            None => bail!("the cache has no layer {layer}"),
        };
        let scores = pages.iter().map(|&(page, used)| queries.matmul(&part(&page.keys, used)?.t()?));
        let scores = Tensor::cat(&scores.collect::<Result<Vec<_>>>()?, D::Minus1)?;
        let scores = scores.reshape((heads, tokens, ()))?;
        let before = piece.cache.len();
        let hides = tokens > 1 || window.is_some_and(|window| before >= window);
        let scores = if hides { scores.broadcast_add(&self.mask(before, tokens, window)?)? } else { scores };
        let weights = softmax_last_dim(&scores)?.reshape((kv_heads, group * tokens, ()))?;
        let mut mixed: Option<Tensor> = None;
        let mut first = 0;
        for (page, used) in pages {
            let part = weights.narrow(D::Minus1, first, used)?.contiguous()?.matmul(&part(&page.values, used)?)?;
            mixed = Some(match mixed {
                Some(mixed) => (mixed + part)?,
                None => part,
            });
            first += used;
        }
        let Some(mixed) = mixed else { bail!("there is nothing to attend to") };
        mixed.reshape((heads, tokens, width))?.transpose(0, 1)?.reshape((tokens, heads * width))
    }

    /// What is added to the scores of `tokens` tokens behind `before` others, made on the device once for each pass.
    fn mask(&self, before: usize, tokens: usize, window: Option<usize>) -> Result<Tensor> {
        let mut masks = self.masks.borrow_mut();
        let same = |mask: &&Mask| mask.before == before && mask.tokens == tokens && mask.window == window;
        if let Some(mask) = masks.iter().find(same) {
            return Ok(mask.added.clone());
        }
        let positions = |first: usize, count: usize| {
            let number = |position| u32::try_from(position).unwrap_or(u32::MAX);
            Tensor::arange(number(first), number(first + count), &self.device)
        };
        let (all, own) = (positions(0, before + tokens)?, positions(before, tokens)?.unsqueeze(1)?);
        let mut hidden = all.broadcast_gt(&own)?.to_dtype(DType::F32)?;
        if let Some(window) = window {
            let end = (all + u32::try_from(window).unwrap_or(u32::MAX) as f64)?;
            hidden = (hidden + end.broadcast_le(&own)?.to_dtype(DType::F32)?)?;
        }
        let added = (hidden * HIDDEN)?;
        masks.push(Mask { before, tokens, window, added: added.clone() });
        Ok(added)
    }
}

impl Arithmetic for Tensors {
    type Matrix = Vec<Linear>;
    type Vector = Tensor;
    type Rows = Tensor;
    type Page = TensorPage;

    fn matrix(
        &self,
        weights: &mut Weights,
        parts: &[(&str, usize)],
        columns: usize,
    ) -> std::result::Result<Vec<Linear>, ModelError> {
        let mut formats = Vec::with_capacity(parts.len());
        for (name, rows) in parts {
            let matrix = format!("{name}.weight");
            // A bias belongs to the whole of a matrix.
            formats.push((weights.format(&matrix, &[*rows, columns])?, weights.has(&format!("{name}.bias"))));
        }
        let (mut linears, mut first) = (Vec::new(), 0);
        for alike in formats.chunk_by(|one, other| one == other) {
            let end = first + alike.len();
            linears.push(self.linear(weights, parts.get(first..end).unwrap_or_default(), columns)?);
            first = end;
        }
        Ok(linears)
    }

    fn vector(&self, weights: &mut Weights, name: &str, len: usize) -> std::result::Result<Tensor, ModelError> {
        let stored = weights.tensor(name, &[len], &self.device)?;
        stored.dequantize(&self.device).map_err(|error| weights.failed(name, &error))
    }

    fn page(&self, shape: &Shape) -> Result<TensorPage> {
        let empty = || {
            let tensor = |_| Tensor::zeros((shape.kv_heads, TensorPage::TOKENS, shape.head), DType::F32, &self.device);
            (0..shape.layers).map(tensor).collect::<Result<Vec<_>>>()
        };
        Ok(TensorPage { keys: empty()?, values: empty()? })
    }

    fn embed(&self, table: &Vec<Linear>, tokens: &[u32], scale: f32) -> Result<Tensor> {
        let [table] = &table[..] else { bail!("the table of embeddings has parts") };
        let rows = table.matrix.embedding(&Tensor::new(tokens, &self.device)?)?;
        if scale == 1.0 { Ok(rows) } else { rows * f64::from(scale) }
    }

    fn norm(&self, rows: &Tensor, weights: &Tensor, epsilon: f32) -> Result<Tensor> {
        rms_norm(rows, weights, epsilon)
    }

    fn product(&self, rows: Tensor, matrix: &Vec<Linear>) -> Result<Tensor> {
        let product = |linear: &Linear| {
            let product = linear.matrix.forward(&rows)?;
            match &linear.bias {
                Some(bias) => product.broadcast_add(bias),
                None => Ok(product),
            }
        };
        Tensor::cat(&matrix.iter().map(product).collect::<Result<Vec<_>>>()?, D::Minus1)
    }

    fn add_product(&self, sums: &mut Tensor, rows: Tensor, matrix: &Vec<Linear>) -> Result<()> {
        *sums = (&*sums + self.product(rows, matrix)?)?;
        Ok(())
    }

    fn add(&self, sums: &mut Tensor, rows: Tensor) -> Result<()> {
        *sums = (&*sums + rows)?;
        Ok(())
    }

    fn attend(
        &self,
        rows: Tensor,
        heads: &Heads<Tensor>,
        layer: usize,
        pieces: &mut [Piece<'_, TensorPage>],
    ) -> Result<Tensor> {
        if layer == 0 {
            self.masks.borrow_mut().clear();
        }
        let (queries, keys, width) = (heads.queries, heads.keys, heads.width);
        let mut row = 0;
        let mut mixed = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let position = piece.cache.len();
            let split = rows.narrow(0, row, piece.tokens)?.reshape((piece.tokens, queries + 2 * keys, width))?;
            let split = split.transpose(0, 1)?.contiguous()?;
            let (asking, asked) = match &heads.norms {
                Some([query_norm, key_norm]) => {
                    let asking = rms_norm(&split.narrow(0, 0, queries)?, query_norm, heads.norm_epsilon)?;
                    let asked = rms_norm(&split.narrow(0, queries, keys)?, key_norm, heads.norm_epsilon)?;
                    (self.turn(&asking, heads.angles, position)?, self.turn(&asked, heads.angles, position)?)
                }
                None => {
                    let turned = self.turn(&split.narrow(0, 0, queries + keys)?, heads.angles, position)?;
                    (turned.narrow(0, 0, queries)?, turned.narrow(0, queries, keys)?)
                }
            };
            let values = split.narrow(0, queries + keys, keys)?;
            mixed.push(self.attend_one([&asking, &asked, &values], layer, heads.window, piece)?);
            row += piece.tokens;
        }
        Tensor::cat(&mixed, 0)
    }

    fn gate(&self, rows: Tensor, activation: Activation) -> Result<Tensor> {
        let half = rows.dim(1)? / 2;
        let gates = rows.narrow(1, 0, half)?;
        let gates = match activation {
            Activation::Silu => silu(&gates)?,
            Activation::Gelu => gates.gelu()?,
        };
        gates * rows.narrow(1, half, half)?
    }

    fn pick(&self, rows: &Tensor, wanted: &[usize]) -> Result<Tensor> {
        let wanted = wanted.iter().map(|&row| u32::try_from(row).unwrap_or(u32::MAX)).collect::<Vec<_>>();
        rows.index_select(&Tensor::new(&wanted[..], &self.device)?, 0)
    }

    fn numbers(&self, rows: Tensor) -> Result<Vec<Vec<f32>>> {
        rows.to_vec2()
    }
}
