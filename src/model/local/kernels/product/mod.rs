//! Products of quantised rows with packed matrices.
//!
//! A panel of the matrix is multiplied with a tile of rows, straight from the packed bits: sums stay in registers, and
//! sixteen rows share the unpacking of a block. How many rows are multiplied together changes no sum.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

use crate::model::local::kernels::activation::{Activations, Scale, Tile};
use crate::model::local::kernels::outputs::Outputs;
use crate::model::local::kernels::packed::{BLOCK, Block, Layout, PANEL, Packed};
use crate::model::local::kernels::pool::Pool;
use crate::model::local::kernels::processor::Kernel;

/// Bytes of weights that one thread takes at once: they stay in its second cache while it goes through the rows.
const SHARE: usize = 192 << 10;
/// Tasks for each thread, so that nobody waits long for the last.
const TASKS: usize = 6;

/// Layouts by number, as const generics want them.
const LAYOUTS: [Layout; 4] = [Layout::Nibbles, Layout::ScaledNibbles, Layout::SixBits, Layout::Bytes];

/// Repeats a statement for each row, with its number as a constant, so that sums stay in registers.
macro_rules! each_row {
    ($row:ident of $rows:ident { $($body:tt)* }) => {
        each_row!(@ $row $rows { $($body)* } 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
    };
    (@ $row:ident $rows:ident $body:tt $($number:literal)*) => {
        $(if $number < $rows {
            let $row = $number;
            $body;
        })*
    };
}
use each_row;

/// The sums of a row with the rows of a panel.
type Sums = [f32; PANEL];

impl Kernel {
    /// Adds the products of a panel with a tile of `ROWS` rows.
    fn multiply<const ROWS: usize, const LAYOUT: usize>(self, panel: &[u8], tile: Tile, sums: &mut [Sums; ROWS]) {
        let blocks = panel.len() / LAYOUTS[LAYOUT].bytes() * (LAYOUTS[LAYOUT].columns() / BLOCK);
        assert!(
            tile.bits.len() == ROWS * blocks * BLOCK && tile.scales.len() == ROWS * blocks,
            "the tile does not fit"
        );
        match self {
            Kernel::Plain => add_plain(LAYOUTS[LAYOUT], panel, tile.bits, tile.scales, sums),
            // SAFETY: the kernel is only chosen where the processor has it; the lengths were just compared.
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2 => unsafe { avx2::multiply::<ROWS, LAYOUT>(panel, tile.bits, tile.scales, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512 => unsafe { avx512::multiply::<ROWS, LAYOUT>(panel, tile.bits, tile.scales, sums) },
        }
    }
}

fn add_plain<const ROWS: usize>(layout: Layout, panel: &[u8], bits: &[i8], scales: &[Scale], sums: &mut [Sums; ROWS]) {
    let mut block = Block::default();
    let tiles = bits.chunks_exact(ROWS * BLOCK).zip(scales.chunks_exact(ROWS));
    for (i, (bits, scales)) in tiles.enumerate() {
        block.unpack(layout, panel, i);
        for ((bits, scale), sums) in bits.chunks_exact(BLOCK).zip(scales).zip(&mut *sums) {
            for (row, sum) in sums.iter_mut().enumerate() {
                let number = |column| block.number(layout.meaning(), row, column);
                let products = bits.iter().enumerate().map(|(column, &bit)| number(column) * f32::from(bit));
                *sum += scale.scale * products.sum::<f32>();
            }
        }
    }
}

/// A matrix of those that are multiplied together, and what is added to its product.
pub struct Part {
    pub matrix: Packed,
    pub bias: Option<Vec<f32>>,
}

/// Multiplies rows with matrices, and puts the products side by side: row by row, as long as all matrices have rows.
/// With `add` they are added to what `outputs` holds.
pub fn product(kernel: Kernel, pool: &Pool, rows: &Activations, parts: &[Part], outputs: &mut [f32], add: bool) {
    let width = parts.iter().map(|part| part.matrix.rows).sum();
    assert!(outputs.len() == rows.rows() * width, "the outputs have another size than the product");
    assert!(parts.iter().all(|part| part.matrix.columns == rows.columns()), "the rows do not fit the matrix");
    let outputs = Outputs::new(outputs, width);
    let panels: usize = parts.iter().map(|part| part.matrix.panels()).sum();
    let fair = panels.div_ceil(pool.threads() * TASKS);
    let mut tasks = Vec::new();
    let mut offset = 0;
    for part in parts {
        let share = (SHARE / part.matrix.panel(0).len().max(1)).clamp(1, fair.max(1));
        tasks.extend((0..part.matrix.panels()).step_by(share).map(|first| (part, offset, first, share)));
        offset += part.matrix.rows;
    }
    pool.run(tasks.len(), |task| {
        let (part, offset, first, share) = tasks[task];
        for tile in rows.tiles() {
            for panel in first..(first + share).min(part.matrix.panels()) {
                let target = Target { outputs: &outputs, column: offset + panel * PANEL, add };
                // SAFETY: each panel is in one task, and has columns of the outputs to itself.
                unsafe { multiply(kernel, tile, part, panel, &target) };
            }
        }
    });
}

/// Where the products with a panel go.
struct Target<'a> {
    outputs: &'a Outputs<'a>,
    column: usize,
    add: bool,
}

/// Multiplies the rows of a tile with a panel of a part.
///
/// # Safety
/// Nobody else uses the target's columns, as many as the panel has rows.
unsafe fn multiply(kernel: Kernel, tile: Tile, part: &Part, panel: usize, target: &Target) {
    let layout = part.matrix.layout;
    // SAFETY: what the caller promises.
    unsafe {
        match layout {
            Layout::Nibbles => multiply_in::<0>(kernel, tile, part, panel, target),
            Layout::ScaledNibbles => multiply_in::<1>(kernel, tile, part, panel, target),
            Layout::SixBits => multiply_in::<2>(kernel, tile, part, panel, target),
            Layout::Bytes => multiply_in::<3>(kernel, tile, part, panel, target),
        }
    }
}

unsafe fn multiply_in<const LAYOUT: usize>(kernel: Kernel, tile: Tile, part: &Part, panel: usize, target: &Target) {
    // SAFETY: what the caller promises.
    unsafe {
        match tile.rows {
            1 => multiply_rows::<1, LAYOUT>(kernel, tile, part, panel, target),
            2 => multiply_rows::<2, LAYOUT>(kernel, tile, part, panel, target),
            3 => multiply_rows::<3, LAYOUT>(kernel, tile, part, panel, target),
            4 => multiply_rows::<4, LAYOUT>(kernel, tile, part, panel, target),
            8 => multiply_rows::<8, LAYOUT>(kernel, tile, part, panel, target),
            _ => multiply_rows::<16, LAYOUT>(kernel, tile, part, panel, target),
        }
    }
}

unsafe fn multiply_rows<const ROWS: usize, const LAYOUT: usize>(
    kernel: Kernel,
    tile: Tile,
    part: &Part,
    panel: usize,
    target: &Target,
) {
    let used = PANEL.min(part.matrix.rows - panel * PANEL);
    // SAFETY: what the caller promises; no two of these slices live at once.
    let output = |row: usize| unsafe { target.outputs.get(tile.first + row, target.column, used) };
    let mut sums = [[0.0; PANEL]; ROWS];
    for (row, sums) in sums.iter_mut().enumerate() {
        if target.add {
            sums[..used].copy_from_slice(output(row));
        }
        if let Some(bias) = &part.bias {
            for (sum, bias) in sums.iter_mut().zip(&bias[panel * PANEL..][..used]) {
                *sum += bias;
            }
        }
    }
    kernel.multiply::<ROWS, LAYOUT>(part.matrix.panel(panel), tile, &mut sums);
    for (row, sums) in sums.iter().enumerate() {
        output(row).copy_from_slice(&sums[..used]);
    }
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::GgmlDType;

    use super::*;
    use crate::model::local::kernels::packed::tests::{FORMATS, random};

    fn rows(kernel: Kernel, count: usize, columns: usize) -> (Vec<f32>, Activations) {
        let numbers: Vec<f32> = (0..count * columns).map(|i| ((i * 7919 % 1009) as f32 - 504.0) / 300.0).collect();
        let mut quantised = Activations::default();
        quantised.fill(kernel, &numbers, columns, &Pool::new(1));
        (numbers, quantised)
    }

    #[test]
    fn every_kernel_multiplies_every_format_for_any_number_of_rows() {
        let columns = 2048 + 256;
        for format in FORMATS {
            let (numbers, matrix) = random(format, 37, columns, 3);
            let parts = [Part { matrix, bias: Some((0..37).map(|i| i as f32).collect()) }];
            for count in [1, 2, 3, 4, 5, 8, 19] {
                for kernel in Kernel::all() {
                    let (inputs, quantised) = rows(kernel, count, columns);
                    let mut outputs = vec![0.0; count * 37];
                    product(kernel, &Pool::new(3), &quantised, &parts, &mut outputs, false);
                    for (i, got) in outputs.iter().enumerate() {
                        let (row, output) = (i / 37, i % 37);
                        let input = &inputs[row * columns..][..columns];
                        let dot: f32 = numbers[output].iter().zip(input).map(|(a, b)| a * b).sum();
                        // Eight bits leave an error of each product; they add up as a random walk.
                        let expected = dot + output as f32;
                        let close = (got - expected).abs() < 1.5;
                        assert!(close, "{kernel:?} {format:?} {count} rows, [{row}, {output}]: {got}, not {expected}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_kernels_agree_with_the_plain_one_closely() {
        for format in FORMATS {
            let (_, matrix) = random(format, 48, 1536, 4);
            let parts = [Part { matrix, bias: None }];
            for count in [1, 3, 9] {
                let made = |kernel| {
                    let (_, quantised) = rows(kernel, count, 1536);
                    let mut outputs = vec![0.0; count * 48];
                    product(kernel, &Pool::new(1), &quantised, &parts, &mut outputs, false);
                    outputs
                };
                let plain = made(Kernel::Plain);
                let size = plain.iter().fold(0.0_f32, |size, output| size.max(output.abs()));
                for kernel in Kernel::all() {
                    for (got, expected) in made(kernel).iter().zip(&plain) {
                        let close = (got - expected).abs() <= size * 2e-5;
                        assert!(close, "{kernel:?} {format:?} {count}: {got}, not {expected}");
                    }
                }
            }
        }
    }

    #[test]
    fn matrices_stand_side_by_side_and_can_be_added() {
        let part = |rows, seed| Part { matrix: random(GgmlDType::Q8_0, rows, 64, seed).1, bias: None };
        let parts = [part(20, 1), part(16, 2)];
        let kernel = Kernel::fastest().unwrap_or(Kernel::Plain);
        let (_, quantised) = rows(kernel, 6, 64);
        let made = |parts: &[Part], width: usize, start: f32, add| {
            let mut outputs = vec![start; 6 * width];
            product(kernel, &Pool::new(2), &quantised, parts, &mut outputs, add);
            outputs
        };
        let (both, first) = (made(&parts, 36, 9.0, false), made(&parts[..1], 20, 9.0, false));
        let added = made(&parts, 36, 9.0, true);
        for row in 0..6 {
            assert_eq!(both[row * 36..][..20], first[row * 20..][..20]);
            for i in row * 36..(row + 1) * 36 {
                assert!((added[i] - both[i] - 9.0).abs() < 1e-3);
            }
        }
    }
}
