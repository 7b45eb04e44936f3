//! The product kernel for processors with AVX2: a panel is multiplied in two halves of eight rows.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use crate::model::local::kernels::activation::Scale;
use crate::model::local::kernels::packed::{BLOCK, Layout, Meaning, PANEL};
use crate::model::local::kernels::product::{LAYOUTS, each_row};

/// The weights of eight rows of a block, and its two lists.
struct Loaded {
    weights: [__m256i; 8],
    first: __m256,
    second: __m256,
}

/// See [`super::Kernel::multiply`].
///
/// # Safety
/// The processor has AVX2, FMA and F16C. The panel has whole pieces of the layout, and the tile `ROWS` rows of as many
/// columns.
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn multiply<const ROWS: usize, const LAYOUT: usize>(
    panel: &[u8],
    bits: &[i8],
    scales: &[Scale],
    sums: &mut [[f32; PANEL]; ROWS],
) {
    let layout = const { LAYOUTS[LAYOUT] };
    let blocks = layout.columns() / BLOCK;
    for half in 0..2 {
        // SAFETY: pointers stay inside the panel and the tile, whose lengths the caller vouches for.
        unsafe {
            let mut totals = [_mm256_setzero_ps(); ROWS];
            each_row!(row of ROWS { totals[row] = _mm256_loadu_ps(sums[row].as_ptr().add(half * 8)) });
            let (mut bits, mut scales) = (bits.as_ptr(), scales.as_ptr());
            for whole in panel.chunks_exact(layout.bytes()) {
                for block in 0..blocks {
                    let loaded = load::<LAYOUT>(whole.as_ptr(), block, half);
                    each_row!(row of ROWS {
                        totals[row] = add::<LAYOUT>(totals[row], &loaded, bits.add(row * BLOCK), &*scales.add(row))
                    });
                    bits = bits.add(ROWS * BLOCK);
                    scales = scales.add(ROWS);
                }
            }
            each_row!(row of ROWS { _mm256_storeu_ps(sums[row].as_mut_ptr().add(half * 8), totals[row]) });
        }
    }
}

/// Loads a half of block `block` of a piece of the layout.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn load<const LAYOUT: usize>(whole: *const u8, block: usize, half: usize) -> Loaded {
    // SAFETY: the caller gives a whole piece of the layout, and a block inside it.
    unsafe {
        let scales = |list: usize| _mm256_cvtph_ps(_mm_loadu_si128(whole.add(list * 32 + half * 16).cast()));
        let eight = |at: usize| _mm_loadl_epi64(whole.add(at + half * 8).cast());
        match const { LAYOUTS[LAYOUT] } {
            Layout::Nibbles => {
                Loaded { weights: nibbles(whole.add(64 + half * 32)), first: scales(0), second: scales(1) }
            }
            Layout::ScaledNibbles => {
                let [first, second] = [64 + block * PANEL, 192 + block * PANEL]
                    .map(|at| _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(eight(at))));
                Loaded {
                    weights: nibbles(whole.add(320 + block * 256 + half * 32)),
                    first: _mm256_mul_ps(scales(0), first),
                    second: _mm256_mul_ps(scales(1), second),
                }
            }
            Layout::SixBits => {
                let [first, second] = [32 + 2 * block * PANEL, 32 + (2 * block + 1) * PANEL]
                    .map(|at| _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(eight(at))));
                Loaded {
                    weights: six_bits(whole.add(288 + block * 384 + half * 32)),
                    first: _mm256_mul_ps(scales(0), first),
                    second: _mm256_mul_ps(scales(0), second),
                }
            }
            Layout::Bytes => {
                let at = whole.add(32 + half * 32);
                let weights = [0, 64, 128, 192, 256, 320, 384, 448].map(|i| _mm256_loadu_si256(at.add(i).cast()));
                Loaded { weights, first: scales(0), second: _mm256_setzero_ps() }
            }
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn nibbles(at: *const u8) -> [__m256i; 8] {
    let low = _mm256_set1_epi8(15);
    // SAFETY: the caller gives a half of 256 bytes.
    let [a, b, c, d] = [0, 64, 128, 192].map(|i| unsafe { _mm256_loadu_si256(at.add(i).cast()) });
    [
        _mm256_and_si256(a, low),
        _mm256_and_si256(b, low),
        _mm256_and_si256(c, low),
        _mm256_and_si256(d, low),
        _mm256_and_si256(_mm256_srli_epi16::<4>(a), low),
        _mm256_and_si256(_mm256_srli_epi16::<4>(b), low),
        _mm256_and_si256(_mm256_srli_epi16::<4>(c), low),
        _mm256_and_si256(_mm256_srli_epi16::<4>(d), low),
    ]
}

#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn six_bits(at: *const u8) -> [__m256i; 8] {
    // SAFETY: the caller gives a half of 384 bytes.
    unsafe {
        let low = nibbles(at);
        let (first, second) = (_mm256_loadu_si256(at.add(256).cast()), _mm256_loadu_si256(at.add(320).cast()));
        [
            with_high(low[0], _mm256_slli_epi16::<4>(first)),
            with_high(low[1], _mm256_slli_epi16::<2>(first)),
            with_high(low[2], first),
            with_high(low[3], _mm256_srli_epi16::<2>(first)),
            with_high(low[4], _mm256_slli_epi16::<4>(second)),
            with_high(low[5], _mm256_slli_epi16::<2>(second)),
            with_high(low[6], second),
            with_high(low[7], _mm256_srli_epi16::<2>(second)),
        ]
    }
}

/// `low | (high & 0x30)`
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn with_high(low: __m256i, high: __m256i) -> __m256i {
    _mm256_or_si256(low, _mm256_and_si256(high, _mm256_set1_epi8(0x30)))
}

/// Adds the products of eight rows of a block with 32 activations.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn add<const LAYOUT: usize>(total: __m256, loaded: &Loaded, bits: *const i8, scale: &Scale) -> __m256 {
    let Loaded { weights, first, second } = loaded;
    let each = _mm256_set1_ps(scale.scale);
    // SAFETY: the caller gives 32 bytes.
    unsafe {
        match const { LAYOUTS[LAYOUT].meaning() } {
            Meaning::Minimum => {
                let products = small::<4>(small::<0>(_mm256_setzero_si256(), weights, bits), weights, bits);
                let total = _mm256_fmadd_ps(*second, _mm256_set1_ps(scale.sum), total);
                _mm256_fmadd_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(products), each), *first, total)
            }
            Meaning::Halves => {
                let low = _mm256_cvtepi32_ps(small::<0>(_mm256_set1_epi32(scale.halves[0]), weights, bits));
                let high = _mm256_cvtepi32_ps(small::<4>(_mm256_set1_epi32(scale.halves[1]), weights, bits));
                let both = _mm256_fmadd_ps(high, *second, _mm256_mul_ps(low, *first));
                _mm256_fmadd_ps(both, each, total)
            }
            Meaning::Offset => {
                let products = _mm256_cvtepi32_ps(whole(weights, bits));
                _mm256_fmadd_ps(_mm256_mul_ps(products, each), *first, total)
            }
        }
    }
}

/// Four activations, in every place.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn four(bits: *const i8, i: usize) -> __m256i {
    // SAFETY: the caller gives 32 bytes.
    _mm256_set1_epi32(unsafe { bits.cast::<i32>().add(i).read_unaligned() })
}

/// Adds the products of 16 columns from register `FROM` on. Weights of at most 63: the sums of two products fit 16 bits.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn small<const FROM: usize>(mut sum: __m256i, weights: &[__m256i; 8], bits: *const i8) -> __m256i {
    for (i, weights) in weights[FROM..FROM + 4].iter().enumerate() {
        // SAFETY: the caller gives 32 bytes.
        let pairs = _mm256_maddubs_epi16(*weights, unsafe { four(bits, FROM + i) });
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
    sum
}

/// The products of weights of eight bits. They become signed bytes, since 255 times 127 twice does not fit; their sign
/// moves to the activation.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn whole(weights: &[__m256i; 8], bits: *const i8) -> __m256i {
    let mut sum = _mm256_setzero_si256();
    for (i, weights) in weights.iter().enumerate() {
        let signed = _mm256_xor_si256(*weights, _mm256_set1_epi8(-128));
        // SAFETY: the caller gives 32 bytes.
        let activations = _mm256_sign_epi8(unsafe { four(bits, i) }, signed);
        let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(signed), activations);
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
    sum
}
