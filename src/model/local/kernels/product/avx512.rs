//! The product kernel for processors with AVX-512 and its byte dot products (VNNI).
//!
//! A register holds four columns of sixteen rows as unsigned bytes; one instruction multiplies them by the four signed
//! bytes of an activation and adds up, row by row. So there is nothing to add across a register at the end.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use crate::model::local::kernels::activation::Scale;
use crate::model::local::kernels::packed::{BLOCK, Layout, Meaning, PANEL};
use crate::model::local::kernels::product::{LAYOUTS, each_row};

/// The weights of a block, and its two lists of sixteen.
struct Loaded {
    weights: [__m512i; 8],
    first: __m512,
    second: __m512,
}

/// See [`super::Kernel::multiply`].
///
/// # Safety
/// The processor has AVX-512 with VNNI. The panel has whole pieces of the layout, and the tile `ROWS` rows of as many
/// columns.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub unsafe fn multiply<const ROWS: usize, const LAYOUT: usize>(
    panel: &[u8],
    bits: &[i8],
    scales: &[Scale],
    sums: &mut [[f32; PANEL]; ROWS],
) {
    let layout = const { LAYOUTS[LAYOUT] };
    let blocks = layout.columns() / BLOCK;
    // SAFETY: pointers stay inside the panel and the tile, whose lengths the caller vouches for.
    unsafe {
        let mut totals = [_mm512_setzero_ps(); ROWS];
        each_row!(row of ROWS { totals[row] = _mm512_loadu_ps(sums[row].as_ptr()) });
        let (mut bits, mut scales) = (bits.as_ptr(), scales.as_ptr());
        for whole in panel.chunks_exact(layout.bytes()) {
            for block in 0..blocks {
                let loaded = load::<LAYOUT>(whole.as_ptr(), block);
                each_row!(row of ROWS {
                    totals[row] = add::<LAYOUT>(totals[row], &loaded, bits.add(row * BLOCK), &*scales.add(row))
                });
                bits = bits.add(ROWS * BLOCK);
                scales = scales.add(ROWS);
            }
        }
        each_row!(row of ROWS { _mm512_storeu_ps(sums[row].as_mut_ptr(), totals[row]) });
    }
}

/// Loads block `block` of a piece of the layout.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
unsafe fn load<const LAYOUT: usize>(whole: *const u8, block: usize) -> Loaded {
    // SAFETY: the caller gives a whole piece of the layout, and a block inside it.
    unsafe {
        match const { LAYOUTS[LAYOUT] } {
            Layout::Nibbles => {
                Loaded { weights: nibbles(whole.add(64)), first: halves(whole), second: halves(whole.add(32)) }
            }
            Layout::ScaledNibbles => {
                let factors = [whole.add(64 + block * PANEL), whole.add(192 + block * PANEL)]
                    .map(|at| _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(at.cast()))));
                Loaded {
                    weights: nibbles(whole.add(320 + block * 256)),
                    first: _mm512_mul_ps(halves(whole), factors[0]),
                    second: _mm512_mul_ps(halves(whole.add(32)), factors[1]),
                }
            }
            Layout::SixBits => {
                let factors = [whole.add(32 + 2 * block * PANEL), whole.add(32 + (2 * block + 1) * PANEL)]
                    .map(|at| _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(at.cast()))));
                let scale = halves(whole);
                Loaded {
                    weights: six_bits(whole.add(288 + block * 384)),
                    first: _mm512_mul_ps(scale, factors[0]),
                    second: _mm512_mul_ps(scale, factors[1]),
                }
            }
            Layout::Bytes => {
                let at = whole.add(32);
                let weights = [0, 64, 128, 192, 256, 320, 384, 448].map(|i| _mm512_loadu_si512(at.add(i).cast()));
                Loaded { weights, first: halves(whole), second: _mm512_setzero_ps() }
            }
        }
    }
}

/// Sixteen half floats.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn halves(at: *const u8) -> __m512 {
    // SAFETY: the caller gives 32 bytes.
    _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(at.cast()) })
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
unsafe fn nibbles(at: *const u8) -> [__m512i; 8] {
    let low = _mm512_set1_epi8(15);
    // SAFETY: the caller gives 256 bytes.
    let [a, b, c, d] = [0, 64, 128, 192].map(|i| unsafe { _mm512_loadu_si512(at.add(i).cast()) });
    [
        _mm512_and_si512(a, low),
        _mm512_and_si512(b, low),
        _mm512_and_si512(c, low),
        _mm512_and_si512(d, low),
        _mm512_and_si512(_mm512_srli_epi16::<4>(a), low),
        _mm512_and_si512(_mm512_srli_epi16::<4>(b), low),
        _mm512_and_si512(_mm512_srli_epi16::<4>(c), low),
        _mm512_and_si512(_mm512_srli_epi16::<4>(d), low),
    ]
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
unsafe fn six_bits(at: *const u8) -> [__m512i; 8] {
    // SAFETY: the caller gives 384 bytes.
    unsafe {
        let low = nibbles(at);
        let (first, second) = (_mm512_loadu_si512(at.add(256).cast()), _mm512_loadu_si512(at.add(320).cast()));
        [
            with_high(low[0], _mm512_slli_epi16::<4>(first)),
            with_high(low[1], _mm512_slli_epi16::<2>(first)),
            with_high(low[2], first),
            with_high(low[3], _mm512_srli_epi16::<2>(first)),
            with_high(low[4], _mm512_slli_epi16::<4>(second)),
            with_high(low[5], _mm512_slli_epi16::<2>(second)),
            with_high(low[6], second),
            with_high(low[7], _mm512_srli_epi16::<2>(second)),
        ]
    }
}

/// `low | (high & 0x30)`
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn with_high(low: __m512i, high: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0xF8>(low, high, _mm512_set1_epi8(0x30))
}

/// Adds the products of a block with 32 activations.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
unsafe fn add<const LAYOUT: usize>(total: __m512, loaded: &Loaded, bits: *const i8, scale: &Scale) -> __m512 {
    let Loaded { weights, first, second } = loaded;
    let each = _mm512_set1_ps(scale.scale);
    // SAFETY: the caller gives 32 bytes.
    unsafe {
        match const { LAYOUTS[LAYOUT].meaning() } {
            Meaning::Minimum => {
                let products = dot::<4>(dot::<0>(_mm512_setzero_si512(), weights, bits), weights, bits);
                let total = _mm512_fmadd_ps(*second, _mm512_set1_ps(scale.sum), total);
                _mm512_fmadd_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(products), each), *first, total)
            }
            Meaning::Halves => {
                let low = _mm512_cvtepi32_ps(dot::<0>(_mm512_set1_epi32(scale.halves[0]), weights, bits));
                let high = _mm512_cvtepi32_ps(dot::<4>(_mm512_set1_epi32(scale.halves[1]), weights, bits));
                let both = _mm512_fmadd_ps(high, *second, _mm512_mul_ps(low, *first));
                _mm512_fmadd_ps(both, each, total)
            }
            Meaning::Offset => {
                let products = dot::<4>(dot::<0>(_mm512_set1_epi32(scale.offset), weights, bits), weights, bits);
                _mm512_fmadd_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(products), each), *first, total)
            }
        }
    }
}

/// Adds the products of 16 columns from register `FROM` on.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
unsafe fn dot<const FROM: usize>(mut sum: __m512i, weights: &[__m512i; 8], bits: *const i8) -> __m512i {
    for (i, weights) in weights[FROM..FROM + 4].iter().enumerate() {
        // SAFETY: the caller gives 32 bytes.
        let four = unsafe { bits.cast::<i32>().add(FROM + i).read_unaligned() };
        sum = _mm512_dpbusd_epi32(sum, *weights, _mm512_set1_epi32(four));
    }
    sum
}
