//! Matrices as the kernels multiply them: sixteen rows side by side, so that one vector register holds a number of each.
//!
//! A panel is sixteen rows, a block 32 of its columns. Inside a block a register of 64 bytes holds four columns of all
//! sixteen rows, which is what a four-byte dot product wants. The bits of a weight are those of the file; only formats
//! without a layout of their own are requantised to eight bits when they are loaded. Nothing is stored twice.

use candle_core::quantized::GgmlDType;
use half::f16;

/// Rows of a panel.
pub const PANEL: usize = 16;
/// Columns of a block.
pub const BLOCK: usize = 32;
/// Bytes of an unpacked block: a byte for each weight.
pub const UNPACKED: usize = PANEL * BLOCK;

/// How the weights of a block lie in memory. Half floats are written `f16`; each list has an entry for each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Q4_0 and Q4_1. Scales f16, minima f16, 256 bytes of nibbles.
    Nibbles,
    /// Q4_K. For 256 columns: scales f16, minima f16; for each block six-bit factors of the scales and of the minima;
    /// for each block 256 bytes of nibbles.
    ScaledNibbles,
    /// Q6_K. For 256 columns: scales f16; for each 16 columns a signed factor; for each block 256 bytes of low nibbles
    /// and 128 bytes of the two bits above them.
    SixBits,
    /// Q8_0 and Q5_0. Scales f16, 512 bytes, each 128 more than the weight.
    Bytes,
}

/// How an unpacked block becomes numbers, given its two lists of sixteen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// `first * weight + second`
    Minimum,
    /// `first * (weight - 32)` in the first 16 columns, `second * (weight - 32)` in the others
    Halves,
    /// `first * (weight - 128)`
    Offset,
}

impl Layout {
    /// The layout of a stored format, and the format that has to be packed: another one if it is requantised first.
    #[must_use]
    pub fn of(stored: GgmlDType) -> (Layout, GgmlDType) {
        match stored {
            GgmlDType::Q4_0 | GgmlDType::Q4_1 => (Layout::Nibbles, stored),
            GgmlDType::Q4K => (Layout::ScaledNibbles, stored),
            GgmlDType::Q6K => (Layout::SixBits, stored),
            GgmlDType::Q8_0 | GgmlDType::Q5_0 => (Layout::Bytes, stored),
            _ => (Layout::Bytes, GgmlDType::Q8_0),
        }
    }

    /// Columns of the smallest piece that stands for itself.
    #[must_use]
    pub const fn columns(self) -> usize {
        match self {
            Layout::Nibbles | Layout::Bytes => BLOCK,
            Layout::ScaledNibbles | Layout::SixBits => 8 * BLOCK,
        }
    }

    /// Bytes of that piece, in a panel.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Layout::Nibbles => 64 + 256,
            Layout::ScaledNibbles => 64 + 256 + 8 * 256,
            Layout::SixBits => 32 + 256 + 8 * 384,
            Layout::Bytes => 32 + UNPACKED,
        }
    }

    #[must_use]
    pub const fn meaning(self) -> Meaning {
        match self {
            Layout::Nibbles | Layout::ScaledNibbles => Meaning::Minimum,
            Layout::SixBits => Meaning::Halves,
            Layout::Bytes => Meaning::Offset,
        }
    }
}

/// A packed matrix.
pub struct Packed {
    pub layout: Layout,
    /// Outputs.
    pub rows: usize,
    /// Inputs.
    pub columns: usize,
    memory: Vec<u8>,
    /// Where the first panel begins in `memory`: at an address that a cache line begins at.
    start: usize,
}

impl Packed {
    /// A matrix of zeros.
    #[must_use]
    pub fn new(layout: Layout, rows: usize, columns: usize) -> Packed {
        let memory = vec![0; rows.div_ceil(PANEL) * panel_bytes(layout, columns) + 63];
        let start = memory.as_ptr().align_offset(64).min(63);
        Packed { layout, rows, columns, memory, start }
    }

    #[must_use]
    pub fn panels(&self) -> usize {
        self.rows.div_ceil(PANEL)
    }

    /// The bytes of a panel.
    #[must_use]
    pub fn panel(&self, panel: usize) -> &[u8] {
        let bytes = panel_bytes(self.layout, self.columns);
        &self.memory[self.start + panel * bytes..][..bytes]
    }

    /// The bytes of all panels from `first` on, one slice for each.
    pub fn panels_mut(&mut self, first: usize) -> impl Iterator<Item = &mut [u8]> {
        let bytes = panel_bytes(self.layout, self.columns);
        self.memory[self.start + first * bytes..].chunks_exact_mut(bytes)
    }

    /// Whether the scales of all panels are numbers.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        let halves = match self.layout {
            Layout::Nibbles | Layout::ScaledNibbles => 2 * PANEL,
            Layout::SixBits | Layout::Bytes => PANEL,
        };
        let pieces = self.memory[self.start..].chunks_exact(self.layout.bytes());
        // Exponent bits that are all set: infinite or no number.
        pieces.flat_map(|piece| piece[..2 * halves].chunks_exact(2)).all(|half| half[1] & 0x7C != 0x7C)
    }

    /// The numbers of one row.
    #[must_use]
    pub fn row(&self, row: usize) -> Vec<f32> {
        let (panel, row) = (self.panel(row / PANEL), row % PANEL);
        let mut block = Block::default();
        let mut numbers = Vec::with_capacity(self.columns);
        for i in 0..self.columns / BLOCK {
            block.unpack(self.layout, panel, i);
            numbers.extend((0..BLOCK).map(|column| block.number(self.layout.meaning(), row, column)));
        }
        numbers
    }
}

fn panel_bytes(layout: Layout, columns: usize) -> usize {
    columns / layout.columns() * layout.bytes()
}

/// Where a weight of an unpacked block is.
const fn place(row: usize, column: usize) -> usize {
    column / 4 * 64 + row * 4 + column % 4
}

/// An unpacked block.
pub struct Block {
    pub weights: [u8; UNPACKED],
    pub first: [f32; PANEL],
    pub second: [f32; PANEL],
}

impl Default for Block {
    fn default() -> Block {
        Block { weights: [0; UNPACKED], first: [0.0; PANEL], second: [0.0; PANEL] }
    }
}

impl Block {
    /// Unpacks block `i` of a panel.
    pub fn unpack(&mut self, layout: Layout, panel: &[u8], i: usize) {
        let blocks = layout.columns() / BLOCK;
        let (whole, i) = (&panel[i / blocks * layout.bytes()..][..layout.bytes()], i % blocks);
        let half = |list: usize, row: usize| half_at(whole, list * PANEL + row);
        for row in 0..PANEL {
            (self.first[row], self.second[row]) = match layout {
                Layout::Nibbles => (half(0, row), half(1, row)),
                Layout::ScaledNibbles => {
                    let factor = |list: usize| f32::from(whole[64 + list * 128 + i * PANEL + row]);
                    (half(0, row) * factor(0), half(1, row) * factor(1))
                }
                Layout::SixBits => {
                    let factor = |part: usize| f32::from(whole[32 + (2 * i + part) * PANEL + row] as i8);
                    (half(0, row) * factor(0), half(0, row) * factor(1))
                }
                Layout::Bytes => (half(0, row), 0.0),
            };
        }
        self.unpack_weights(layout, whole, i);
    }

    /// Unpacks the weights of block `i` of a piece of the layout.
    fn unpack_weights(&mut self, layout: Layout, whole: &[u8], i: usize) {
        match layout {
            Layout::Nibbles => self.nibbles(&whole[64..]),
            Layout::ScaledNibbles => self.nibbles(&whole[320 + i * 256..]),
            Layout::SixBits => {
                let bits = &whole[288 + i * 384..][..384];
                self.nibbles(bits);
                for (group, weights) in self.weights.chunks_exact_mut(64).enumerate() {
                    let high = &bits[256 + group / 4 * 64..][..64];
                    for (weight, high) in weights.iter_mut().zip(high) {
                        *weight |= (high >> (group % 4 * 2) & 3) << 4;
                    }
                }
            }
            Layout::Bytes => self.weights.copy_from_slice(&whole[32..]),
        }
    }

    fn nibbles(&mut self, nibbles: &[u8]) {
        let (low, high) = self.weights.split_at_mut(256);
        for ((low, high), both) in low.iter_mut().zip(high).zip(nibbles) {
            (*low, *high) = (both & 15, both >> 4);
        }
    }

    /// The number that a weight stands for.
    #[must_use]
    pub fn number(&self, meaning: Meaning, row: usize, column: usize) -> f32 {
        let weight = f32::from(self.weights[place(row, column)]);
        match meaning {
            Meaning::Minimum => self.first[row] * weight + self.second[row],
            Meaning::Halves if column < 16 => self.first[row] * (weight - 32.0),
            Meaning::Halves => self.second[row] * (weight - 32.0),
            Meaning::Offset => self.first[row] * (weight - 128.0),
        }
    }
}

fn half_at(bytes: &[u8], i: usize) -> f32 {
    f16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]]).to_f32()
}

/// Packs sixteen stored rows, or fewer, into a panel. `format` is the one that [`Layout::of`] gives; each row holds
/// its blocks one after another, as GGUF files do.
pub fn pack(format: GgmlDType, rows: &[&[u8]], panel: &mut [u8]) {
    let (layout, _) = Layout::of(format);
    for (i, piece) in panel.chunks_exact_mut(layout.bytes()).enumerate() {
        for (row, stored) in rows.iter().enumerate() {
            let stored = &stored[i * format.type_size() * (layout.columns() / format.block_size())..];
            match format {
                GgmlDType::Q4_0 => {
                    let scale = half_at(stored, 0);
                    put_half(piece, row, scale);
                    put_half(piece, PANEL + row, -8.0 * scale);
                    put_nibbles(&mut piece[64..], row, |column| nibble(&stored[2..18], column));
                }
                GgmlDType::Q4_1 => {
                    piece[2 * row..][..2].copy_from_slice(&stored[..2]);
                    piece[32 + 2 * row..][..2].copy_from_slice(&stored[2..4]);
                    put_nibbles(&mut piece[64..], row, |column| nibble(&stored[4..20], column));
                }
                GgmlDType::Q4K => pack_q4k(stored, row, piece),
                GgmlDType::Q6K => pack_q6k(stored, row, piece),
                GgmlDType::Q5_0 => {
                    piece[2 * row..][..2].copy_from_slice(&stored[..2]);
                    for column in 0..BLOCK {
                        let high = stored[2 + column / 8] >> (column % 8) & 1;
                        let weight = nibble(&stored[6..22], column) | high << 4;
                        piece[32 + place(row, column)] = 128 - 16 + weight;
                    }
                }
                _ => {
                    piece[2 * row..][..2].copy_from_slice(&stored[..2]);
                    for column in 0..BLOCK {
                        piece[32 + place(row, column)] = stored[2 + column] ^ 0x80;
                    }
                }
            }
        }
    }
}

/// The stored order of Q4_K: scale, minimum, twelve bytes of factors, then for each 64 columns 32 bytes, whose low
/// nibbles are the first 32 columns.
fn pack_q4k(stored: &[u8], row: usize, piece: &mut [u8]) {
    piece[2 * row..][..2].copy_from_slice(&stored[..2]);
    // A minimum is subtracted in the file and added here.
    put_half(piece, PANEL + row, -half_at(stored, 1));
    let factors = &stored[4..16];
    for block in 0..8 {
        let (scale, minimum) = if block < 4 {
            (factors[block] & 63, factors[block + 4] & 63)
        } else {
            let low = factors[block + 4];
            (low & 15 | factors[block - 4] >> 6 << 4, low >> 4 | factors[block] >> 6 << 4)
        };
        piece[64 + block * PANEL + row] = scale;
        piece[64 + 128 + block * PANEL + row] = minimum;
        let quarter = &stored[16 + block / 2 * 32..][..32];
        put_nibbles(&mut piece[320 + block * 256..], row, |column| quarter[column] >> (block % 2 * 4) & 15);
    }
}

/// The stored order of Q6_K: 128 bytes of low nibbles, 64 bytes of high bits, 16 factors, scale. Each half of the
/// columns has 64 bytes of low nibbles for its four blocks (two in the low, two in the high ones) and 32 of high bits.
fn pack_q6k(stored: &[u8], row: usize, piece: &mut [u8]) {
    piece[2 * row..][..2].copy_from_slice(&stored[208..210]);
    for factor in 0..16 {
        piece[32 + factor * PANEL + row] = stored[192 + factor];
    }
    for block in 0..8 {
        let low = &stored[block / 4 * 64 + block % 2 * 32..][..32];
        let high = &stored[128 + block / 4 * 32..][..32];
        let bits = &mut piece[288 + block * 384..];
        put_nibbles(bits, row, |column| low[column] >> (block / 2 % 2 * 4) & 15);
        for (column, high) in high.iter().enumerate() {
            let at = place(row, column);
            bits[256 + at / 256 * 64 + at % 64] |= (high >> (block % 4 * 2) & 3) << (at / 64 % 4 * 2);
        }
    }
}

/// The nibble of a column as the simple formats store it: the first 16 columns low, the others high.
fn nibble(bytes: &[u8], column: usize) -> u8 {
    if column < 16 { bytes[column] & 15 } else { bytes[column - 16] >> 4 }
}

fn put_nibbles(block: &mut [u8], row: usize, weight: impl Fn(usize) -> u8) {
    for column in 0..BLOCK / 2 {
        block[place(row, column)] = weight(column) | weight(column + BLOCK / 2) << 4;
    }
}

fn put_half(piece: &mut [u8], i: usize, number: f32) {
    piece[2 * i..][..2].copy_from_slice(&f16::from_f32(number).to_le_bytes());
}

#[cfg(test)]
pub mod tests {
    use candle_core::quantized::QTensor;
    use candle_core::{Device, Tensor};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha12Rng;

    use super::*;

    /// Every format that has a layout of its own.
    pub const FORMATS: [GgmlDType; 6] =
        [GgmlDType::Q4_0, GgmlDType::Q4_1, GgmlDType::Q5_0, GgmlDType::Q8_0, GgmlDType::Q4K, GgmlDType::Q6K];

    /// Random numbers, stored in a format: as candle reads them back, and packed.
    pub fn random(format: GgmlDType, rows: usize, columns: usize, seed: u64) -> (Vec<Vec<f32>>, Packed) {
        let mut random = ChaCha12Rng::seed_from_u64(seed);
        let numbers: Vec<f32> = (0..rows * columns).map(|_| random.random_range(-1.0..1.5)).collect();
        let stored =
            QTensor::quantize(&Tensor::from_vec(numbers, (rows, columns), &Device::Cpu).unwrap(), format).unwrap();
        let data = stored.data().unwrap();
        let stored_rows: Vec<&[u8]> = data.chunks_exact(data.len() / rows).collect();
        let mut packed = Packed::new(Layout::of(format).0, rows, columns);
        for (rows, panel) in stored_rows.chunks(PANEL).zip(packed.panels_mut(0)) {
            pack(format, rows, panel);
        }
        (stored.dequantize(&Device::Cpu).unwrap().to_vec2().unwrap(), packed)
    }

    #[test]
    fn a_packed_row_has_the_numbers_that_candle_reads() {
        for format in FORMATS {
            // 37 rows: the last panel is not full.
            let (expected, packed) = random(format, 37, 512, 1);
            for (i, expected) in expected.iter().enumerate() {
                for (column, (got, expected)) in packed.row(i).iter().zip(expected).enumerate() {
                    let close = (got - expected).abs() <= 1e-5;
                    assert!(close, "{format:?} row {i}, column {column}: {got} is not {expected}");
                }
            }
        }
    }

    #[test]
    fn packing_takes_little_more_room_than_the_file() {
        for (format, most) in
            [(GgmlDType::Q4_1, 1.0), (GgmlDType::Q8_0, 1.0), (GgmlDType::Q4K, 1.03), (GgmlDType::Q6K, 1.0)]
        {
            let (_, packed) = random(format, 64, 1024, 2);
            let stored = 64 * 1024 / format.block_size() * format.type_size();
            let bytes = packed.memory.len();
            assert!(bytes as f64 <= stored as f64 * most + 64.0, "{format:?}: {bytes} of {stored}");
        }
    }

    #[test]
    fn panels_begin_at_cache_lines() {
        let packed = Packed::new(Layout::Nibbles, 32, 64);
        assert!(packed.panel(1).as_ptr().addr().is_multiple_of(64));
    }
}
