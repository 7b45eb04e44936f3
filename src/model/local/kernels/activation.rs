//! Activations in eight bits, so that products of whole numbers can be summed: a scale for each 32 of a row.
//!
//! Rows are put together in tiles, in the order in which a kernel reads them. The sums that the kernels need beside the
//! products are made here once, instead of once for each row of the matrix.

use crate::model::local::kernels::lanes::{LANES, Lanes};
use crate::model::local::kernels::packed::BLOCK;
use crate::model::local::kernels::pool::Pool;
use crate::model::local::kernels::processor::{Kernel, Work};

/// Rows of a tile that a kernel can multiply at once, most first.
pub const TILES: [usize; 6] = [16, 8, 4, 3, 2, 1];
/// Numbers that are worth telling another thread.
const SHARE: usize = 16_384;

/// What belongs to 32 quantised numbers.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Scale {
    /// A number is `scale` times its eight bits.
    pub scale: f32,
    /// The sum of the numbers.
    pub sum: f32,
    /// -128 times the sum of the eight bits.
    pub offset: i32,
    /// -32 times the sum of the eight bits of the first 16, and of the others.
    pub halves: [i32; 2],
}

/// Quantised rows of one length.
#[derive(Default)]
pub struct Activations {
    rows: usize,
    columns: usize,
    bits: Vec<i8>,
    scales: Vec<Scale>,
}

/// Some rows, block by block: the 32 bytes and the scale of each row, before those of the next block.
#[derive(Clone, Copy)]
pub struct Tile<'a> {
    /// The first of its rows.
    pub first: usize,
    /// How many rows: one of [`TILES`].
    pub rows: usize,
    pub bits: &'a [i8],
    pub scales: &'a [Scale],
}

impl Activations {
    /// Quantises rows of `columns` numbers, which lie one after another. Reuses the memory of earlier rows.
    pub fn fill(&mut self, kernel: Kernel, numbers: &[f32], columns: usize, pool: &Pool) {
        (self.rows, self.columns) = (numbers.len() / columns, columns);
        self.bits.resize(numbers.len(), 0);
        self.scales.resize(numbers.len() / BLOCK, Scale::default());
        let mut pieces = Vec::new();
        let (mut bits, mut scales, mut left) = (&mut self.bits[..], &mut self.scales[..], numbers);
        while let Some(rows) = next_tile(left.len() / columns) {
            let (tile_bits, other_bits) = bits.split_at_mut(rows * columns);
            let (tile_scales, other_scales) = scales.split_at_mut(rows * columns / BLOCK);
            let (tile, other) = left.split_at(rows * columns);
            pieces.push(Quantise { numbers: tile, columns, bits: tile_bits, scales: tile_scales });
            (bits, scales, left) = (other_bits, other_scales, other);
        }
        if numbers.len() < SHARE {
            pieces.into_iter().for_each(|piece| kernel.run(piece));
        } else {
            pool.each(pieces, |piece| kernel.run(piece));
        }
    }

    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All rows, tile by tile.
    pub fn tiles(&self) -> impl Iterator<Item = Tile<'_>> {
        let mut first = 0;
        std::iter::from_fn(move || {
            let rows = next_tile(self.rows - first)?;
            let (start, len) = (first * self.columns, rows * self.columns);
            let (bits, scales) = (&self.bits[start..][..len], &self.scales[start / BLOCK..][..len / BLOCK]);
            let tile = Tile { first, rows, bits, scales };
            first += rows;
            Some(tile)
        })
    }
}

/// The rows of the next tile, when so many are left.
fn next_tile(left: usize) -> Option<usize> {
    TILES.into_iter().find(|&rows| rows <= left)
}

/// Quantises the rows of a tile.
struct Quantise<'a> {
    numbers: &'a [f32],
    columns: usize,
    bits: &'a mut [i8],
    scales: &'a mut [Scale],
}

impl Work for Quantise<'_> {
    type Made = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let rows = self.numbers.len() / self.columns;
        let (bits, _) = self.bits.as_chunks_mut::<BLOCK>();
        let (numbers, _) = self.numbers.as_chunks::<BLOCK>();
        let blocks = self.columns / BLOCK;
        for (i, numbers) in numbers.iter().enumerate() {
            let at = i % blocks * rows + i / blocks;
            self.scales[at] = quantise::<L>(numbers, &mut bits[at]);
        }
    }
}

#[inline(always)]
fn quantise<L: Lanes>(numbers: &[f32; BLOCK], bits: &mut [i8; BLOCK]) -> Scale {
    let parts = [L::load_at(numbers, 0), L::load_at(numbers, LANES)];
    let largest = parts[0].max_size(parts[1]).largest_size();
    let inverse = L::splat(if largest > 0.0 { 127.0 / largest } else { 0.0 });
    let mut sums = [0; 2];
    let (halves, _) = bits.as_chunks_mut::<LANES>();
    for ((part, bits), sum) in parts.iter().zip(halves).zip(&mut sums) {
        *sum = part.mul(inverse).store_bytes(bits);
    }
    // What is no number has made the scale one that is none, so that the sums do not matter; they may be anything.
    let all = sums[0].wrapping_add(sums[1]);
    let scale = largest / 127.0;
    Scale {
        scale,
        sum: scale * all as f32,
        offset: all.wrapping_mul(-128),
        halves: sums.map(|sum| sum.wrapping_mul(-32)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(numbers: &[f32], columns: usize) -> Vec<Activations> {
        let fill = |kernel| {
            let mut made = Activations::default();
            made.fill(kernel, numbers, columns, &Pool::new(1));
            made
        };
        Kernel::all().into_iter().map(fill).collect()
    }

    #[test]
    fn quantised_numbers_are_close_and_their_sums_fit() {
        let columns = 3 * BLOCK;
        let numbers: Vec<f32> = (0..27 * columns).map(|i| ((i * 37 % 101) as f32 - 50.0) / 7.0).collect();
        for made in filled(&numbers, columns) {
            let tiles: Vec<Tile> = made.tiles().collect();
            assert_eq!(
                tiles.iter().map(|tile| (tile.first, tile.rows)).collect::<Vec<_>>(),
                [(0, 16), (16, 8), (24, 3)]
            );
            for tile in tiles {
                for (i, (bits, scale)) in tile.bits.chunks(BLOCK).zip(tile.scales).enumerate() {
                    let (row, block) = (tile.first + i % tile.rows, i / tile.rows);
                    let numbers = &numbers[row * columns + block * BLOCK..][..BLOCK];
                    for (number, &bit) in numbers.iter().zip(bits) {
                        assert!((number - scale.scale * f32::from(bit)).abs() <= scale.scale * 0.5001);
                    }
                    let sum = |bits: &[i8]| bits.iter().map(|&bit| i32::from(bit)).sum::<i32>();
                    assert_eq!(scale.offset, -128 * sum(bits));
                    assert_eq!(scale.halves, [-32 * sum(&bits[..16]), -32 * sum(&bits[16..])]);
                    assert!((scale.sum - scale.scale * sum(bits) as f32).abs() < 1e-4);
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_is_not_lost() {
        for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut numbers = [1.0; 64];
            numbers[40] = broken;
            for made in filled(&numbers, 64) {
                let [sound, spoiled] = made.scales[..] else { panic!("two blocks") };
                assert!(sound.scale.is_finite() && !spoiled.scale.is_finite());
            }
        }
    }

    #[test]
    fn zeros_stay_zeros() {
        for made in filled(&[0.0; 64], 32) {
            assert_eq!(made.rows(), 2);
            assert!(made.bits.iter().all(|&bit| bit == 0));
        }
    }
}
