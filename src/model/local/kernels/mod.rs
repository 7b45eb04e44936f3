//! The arithmetic of the decoder on this machine's processor: quantised products, attention, and the threads for both.
//!
//! candle's own kernels are behind for what we run most (Q4_1 and Q5_0 have none; the cache is copied for each token), so
//! these are ours, chosen at run time. A number never depends on what else is computed beside it, on how a prompt is cut
//! or on the threads: the same tokens give the same bits.
//!
//! Files read in this order: `pool`, `processor`, `lanes`, `packed`, `activation`, `product`, `page`, `attention`,
//! `elementwise`.

mod activation;
mod attention;
mod elementwise;
mod lanes;
mod outputs;
mod packed;
mod page;
mod pool;
mod processor;
mod product;

use std::cell::RefCell;
use std::sync::Arc;

use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Result, bail};

use crate::model::error::ModelError;
use crate::model::local::arithmetic::{Arithmetic, Heads, Piece};
use crate::model::local::kernels::activation::Activations;
use crate::model::local::kernels::attention::{Geometry, Sequence};
use crate::model::local::kernels::elementwise::{Gate, Norm};
use crate::model::local::kernels::packed::{Layout, PANEL, Packed};
use crate::model::local::kernels::page::KeyValues;
pub use crate::model::local::kernels::pool::Pool;
pub use crate::model::local::kernels::processor::Kernel;
use crate::model::local::kernels::product::{Part, product};
use crate::model::local::rotary::Rotary;
use crate::model::local::shape::{Activation, Pairing, Shape};
use crate::model::local::weights::Weights;

/// Panels that are read from the file and packed together.
const READ: usize = 64;
/// Rows that are worth telling another thread.
const SHARE: usize = 16;

/// The arithmetic of one model on this processor.
pub struct Kernels {
    kernel: Kernel,
    pool: Arc<Pool>,
    rotary: Rotary,
    /// Memory of rows that are no longer needed: fresh memory costs a page fault for every 4 kB.
    spare: RefCell<Vec<Vec<f32>>>,
    activations: RefCell<Activations>,
}

/// Rows of numbers, one after another.
pub struct Rows {
    numbers: Vec<f32>,
    width: usize,
}

impl Rows {
    fn count(&self) -> usize {
        self.numbers.len() / self.width
    }
}

impl Kernels {
    #[must_use]
    pub fn new(kernel: Kernel, pool: Arc<Pool>, rotary: Rotary) -> Kernels {
        Kernels { kernel, pool, rotary, spare: RefCell::default(), activations: RefCell::default() }
    }

    /// Rows whose numbers are still to be written.
    fn rows(&self, count: usize, width: usize) -> Rows {
        let mut numbers = self.spare.borrow_mut().pop().unwrap_or_default();
        numbers.resize(count * width, 0.0);
        Rows { numbers, width }
    }

    fn recycle(&self, rows: Rows) {
        self.spare.borrow_mut().push(rows.numbers);
    }

    /// Calls `work` with some rows of the one and the same of the other, on all threads.
    fn by_rows(&self, from: &Rows, to: &mut Rows, work: impl Fn(&[f32], &mut [f32]) + Sync) {
        let pieces = from.numbers.chunks(SHARE * from.width).zip(to.numbers.chunks_mut(SHARE * to.width));
        self.pool.each(pieces.collect(), |(from, to)| work(from, to));
    }

    fn multiply(&self, rows: Rows, parts: &[Part], sums: &mut Rows, add: bool) -> Result<()> {
        let outputs: usize = parts.iter().map(|part| part.matrix.rows).sum();
        if parts.iter().any(|part| part.matrix.columns != rows.width) || sums.width != outputs {
            bail!("a product of rows of {} numbers does not fit", rows.width);
        }
        let mut activations = self.activations.borrow_mut();
        activations.fill(self.kernel, &rows.numbers, rows.width, &self.pool);
        self.recycle(rows);
        product(self.kernel, &self.pool, &activations, parts, &mut sums.numbers, add);
        Ok(())
    }

    /// Reads a matrix and packs it, a few panels at a time, so that no second copy of it is ever whole.
    fn pack(
        &self,
        weights: &mut Weights,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> std::result::Result<Packed, ModelError> {
        let stored = weights.format(name, &[rows, columns])?;
        let (layout, format) = Layout::of(stored);
        let pack = |packed: &mut Packed, first: usize, data: &[u8]| {
            let row_bytes = columns / format.block_size() * format.type_size();
            let panels = packed.panels_mut(first / PANEL).zip(data.chunks(PANEL * row_bytes));
            self.pool.each(panels.collect(), |(panel, data)| {
                let rows: Vec<&[u8]> = data.chunks_exact(row_bytes).collect();
                packed::pack(format, &rows, panel);
            });
        };
        let mut packed = Packed::new(layout, rows, columns);
        for first in (0..rows).step_by(READ * PANEL) {
            let count = (rows - first).min(READ * PANEL);
            let data = weights.rows(name, first, count)?;
            if stored == format {
                pack(&mut packed, first, data);
            } else {
                let requantised = requantise(stored, data, [count, columns], format);
                let requantised = requantised.map_err(|error| weights.failed(name, &error))?;
                pack(&mut packed, first, &requantised);
            }
        }
        if packed.is_finite() { Ok(packed) } else { Err(weights.spoiled(name)) }
    }
}

/// Stored rows in another format.
fn requantise(stored: GgmlDType, data: &[u8], [rows, columns]: [usize; 2], format: GgmlDType) -> Result<Vec<u8>> {
    let plain = qtensor_from_ggml(stored, data, vec![rows, columns], &Device::Cpu)?.dequantize(&Device::Cpu)?;
    // Whole numbers would hide what is no number.
    if !plain.abs()?.sum_all()?.to_scalar::<f32>()?.is_finite() {
        bail!("it holds what is no number");
    }
    Ok(QTensor::quantize(&plain, format)?.data()?.into_owned())
}

/// Turns a head by the angles of its position, after its norm.
fn turn(
    kernel: Kernel,
    head: &mut [f32],
    pairing: Pairing,
    (cos, sin): (&[f32], &[f32]),
    norm: Option<&Vec<f32>>,
    epsilon: f32,
) {
    if let Some(weights) = norm {
        let plain = head.to_vec();
        kernel.run(Norm { rows: &plain, weights, epsilon, normed: head });
    }
    match pairing {
        Pairing::Halves => elementwise::turn_halves(head, cos, sin),
        Pairing::Neighbours => elementwise::turn_neighbours(head, cos, sin),
    }
}

/// Bytes of a matrix as it is held, given the format it is stored in.
#[must_use]
pub fn held_bytes(stored: GgmlDType, rows: u64, columns: u64) -> u64 {
    let (layout, _) = Layout::of(stored);
    rows.div_ceil(PANEL as u64) * (columns / layout.columns() as u64) * layout.bytes() as u64
}

impl Arithmetic for Kernels {
    type Matrix = Vec<Part>;
    type Vector = Vec<f32>;
    type Rows = Rows;
    type Page = KeyValues;

    fn matrix(
        &self,
        weights: &mut Weights,
        parts: &[(&str, usize)],
        columns: usize,
    ) -> std::result::Result<Vec<Part>, ModelError> {
        let part = |&(name, rows): &(&str, usize)| {
            let matrix = self.pack(weights, &format!("{name}.weight"), rows, columns)?;
            let bias = format!("{name}.bias");
            let bias = if weights.has(&bias) { Some(self.vector(weights, &bias, rows)?) } else { None };
            Ok(Part { matrix, bias })
        };
        parts.iter().map(part).collect()
    }

    fn vector(&self, weights: &mut Weights, name: &str, len: usize) -> std::result::Result<Vec<f32>, ModelError> {
        weights
            .tensor(name, &[len], &Device::Cpu)?
            .dequantize(&Device::Cpu)
            .and_then(|vector| vector.to_vec1())
            .map_err(|error| weights.failed(name, &error))
    }

    fn page(&self, shape: &Shape) -> Result<KeyValues> {
        Ok(KeyValues::new(shape))
    }

    fn embed(&self, table: &Vec<Part>, tokens: &[u32], scale: f32) -> Result<Rows> {
        let [Part { matrix, .. }] = &table[..] else { bail!("the table of embeddings has parts") };
        let mut rows = self.rows(tokens.len(), matrix.columns);
        for (row, &token) in rows.numbers.chunks_exact_mut(matrix.columns).zip(tokens) {
            if token as usize >= matrix.rows {
                bail!("there is no token {token}");
            }
            row.copy_from_slice(&matrix.row(token as usize));
            if scale != 1.0 {
                elementwise::scale(row, scale);
            }
        }
        Ok(rows)
    }

    fn norm(&self, rows: &Rows, weights: &Vec<f32>, epsilon: f32) -> Result<Rows> {
        if rows.width != weights.len() {
            bail!("a norm of {} numbers does not fit rows of {}", weights.len(), rows.width);
        }
        let (kernel, mut normed) = (self.kernel, self.rows(rows.count(), rows.width));
        self.by_rows(rows, &mut normed, |rows, normed| kernel.run(Norm { rows, weights, epsilon, normed }));
        Ok(normed)
    }

    fn product(&self, rows: Rows, matrix: &Vec<Part>) -> Result<Rows> {
        let mut products = self.rows(rows.count(), matrix.iter().map(|part| part.matrix.rows).sum());
        self.multiply(rows, matrix, &mut products, false)?;
        Ok(products)
    }

    fn add_product(&self, sums: &mut Rows, rows: Rows, matrix: &Vec<Part>) -> Result<()> {
        self.multiply(rows, matrix, sums, true)
    }

    fn add(&self, sums: &mut Rows, rows: Rows) -> Result<()> {
        if sums.numbers.len() != rows.numbers.len() {
            bail!("rows of {} numbers cannot be added to rows of {}", rows.width, sums.width);
        }
        sums.numbers.iter_mut().zip(&rows.numbers).for_each(|(sum, number)| *sum += number);
        self.recycle(rows);
        Ok(())
    }

    fn attend(
        &self,
        mut rows: Rows,
        heads: &Heads<Vec<f32>>,
        layer: usize,
        pieces: &mut [Piece<'_, KeyValues>],
    ) -> Result<Rows> {
        let (stride, width) = (rows.width, heads.width);
        let geometry = Geometry { layer, queries: heads.queries, keys: heads.keys, width, window: heads.window };
        let norms = heads.norms.as_ref();
        let scale = 1.0 / (width as f32).sqrt();
        // Heads are turned on all threads; keys and values then go to their pages.
        let positions = pieces.iter().flat_map(|piece| piece.cache.len()..piece.cache.len() + piece.tokens);
        let positions: Vec<usize> = positions.collect();
        if positions.iter().any(|&position| position >= self.rotary.context) {
            bail!("the context of {} tokens is full", self.rotary.context);
        }
        let (kernel, rotary) = (self.kernel, &self.rotary);
        let numbered = rows.numbers.chunks_mut(SHARE * stride).zip(positions.chunks(SHARE));
        self.pool.each(numbered.collect(), |(rows, positions)| {
            for (row, &position) in rows.chunks_exact_mut(stride).zip(positions) {
                let Some(angles) = rotary.at(heads.angles, position) else { continue };
                let (queries, others) = row.split_at_mut(heads.queries * width);
                for head in queries.chunks_exact_mut(width) {
                    turn(kernel, head, rotary.pairing, angles, norms.map(|norms| &norms[0]), heads.norm_epsilon);
                    elementwise::scale(head, scale);
                }
                for head in others[..heads.keys * width].chunks_exact_mut(width) {
                    turn(kernel, head, rotary.pairing, angles, norms.map(|norms| &norms[1]), heads.norm_epsilon);
                }
            }
        });
        let mut all = rows.numbers.chunks_exact(stride);
        for piece in &mut *pieces {
            for room in &piece.rooms {
                let Some(page) = piece.cache.page_mut(room.page) else { bail!("a page is shared that is written to") };
                for (place, row) in (room.start..room.start + room.tokens).zip(&mut all) {
                    let (keys, values) = row[heads.queries * width..].split_at(heads.keys * width);
                    for (head, (key, value)) in keys.chunks_exact(width).zip(values.chunks_exact(width)).enumerate() {
                        page.write(layer, head, place, key, value);
                    }
                }
            }
        }
        let mut row = 0;
        let mut sequences = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let pages = piece.cache.filled(&piece.rooms);
            let len = piece.cache.len() + piece.tokens;
            sequences.push(Sequence { pages, len, tokens: piece.tokens, row });
            row += piece.tokens;
        }
        let mut mixed = self.rows(rows.count(), heads.queries * width);
        attention::attend(self.kernel, &self.pool, geometry, &sequences, &rows.numbers, stride, &mut mixed.numbers);
        self.recycle(rows);
        Ok(mixed)
    }

    fn gate(&self, rows: Rows, activation: Activation) -> Result<Rows> {
        let (kernel, width) = (self.kernel, rows.width);
        let mut gated = self.rows(rows.count(), width / 2);
        self.by_rows(&rows, &mut gated, |rows, gated| kernel.run(Gate { rows, width, activation, gated }));
        self.recycle(rows);
        Ok(gated)
    }

    fn pick(&self, rows: &Rows, wanted: &[usize]) -> Result<Rows> {
        let mut picked = self.rows(wanted.len(), rows.width);
        for (picked, &row) in picked.numbers.chunks_exact_mut(rows.width).zip(wanted) {
            let Some(row) = rows.numbers.get(row * rows.width..(row + 1) * rows.width) else {
                bail!("there is no row {row}")
            };
            picked.copy_from_slice(row);
        }
        Ok(picked)
    }

    fn numbers(&self, rows: Rows) -> Result<Vec<Vec<f32>>> {
        let numbers = rows.numbers.chunks_exact(rows.width).map(<[f32]>::to_vec).collect();
        self.recycle(rows);
        Ok(numbers)
    }
}
