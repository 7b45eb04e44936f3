//! Sixteen numbers in one register of AVX-512.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use half::f16;

use crate::model::local::kernels::lanes::{LANES, Lanes};

/// Made and used only where the processor has AVX-512.
#[derive(Clone, Copy)]
pub struct Avx512(__m512);

// SAFETY, of every block below: the type is only used where the processor has these instructions, and references to
// lists of sixteen are valid for sixteen.
impl Lanes for Avx512 {
    #[inline(always)]
    fn splat(number: f32) -> Avx512 {
        Avx512(unsafe { _mm512_set1_ps(number) })
    }

    #[inline(always)]
    fn load(numbers: &[f32; LANES]) -> Avx512 {
        Avx512(unsafe { _mm512_loadu_ps(numbers.as_ptr()) })
    }

    #[inline(always)]
    fn load_half(numbers: &[f16; LANES]) -> Avx512 {
        Avx512(unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(numbers.as_ptr().cast())) })
    }

    #[inline(always)]
    fn store(self, numbers: &mut [f32; LANES]) {
        unsafe { _mm512_storeu_ps(numbers.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Avx512) -> Avx512 {
        Avx512(unsafe { _mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Avx512) -> Avx512 {
        Avx512(unsafe { _mm512_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn div(self, other: Avx512) -> Avx512 {
        Avx512(unsafe { _mm512_div_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn mul_add(self, factor: Avx512, sum: Avx512) -> Avx512 {
        Avx512(unsafe { _mm512_fmadd_ps(self.0, factor.0, sum.0) })
    }

    #[inline(always)]
    fn max(self, other: Avx512) -> Avx512 {
        Avx512(unsafe { _mm512_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn min(self, other: Avx512) -> Avx512 {
        Avx512(unsafe { _mm512_min_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn round(self) -> Avx512 {
        Avx512(unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0) })
    }

    #[inline(always)]
    fn times_power_of_two(self, power: Avx512) -> Avx512 {
        Avx512(unsafe { _mm512_scalef_ps(self.0, power.0) })
    }

    #[inline(always)]
    fn zero_where_below(self, other: Avx512, limit: f32) -> Avx512 {
        Avx512(unsafe {
            let kept = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(other.0, _mm512_set1_ps(limit));
            _mm512_maskz_mov_ps(kept, self.0)
        })
    }

    #[inline(always)]
    fn max_size(self, other: Avx512) -> Avx512 {
        Avx512(unsafe {
            let sizes = _mm512_set1_epi32(0x7FFF_FFFF);
            let size = |numbers| _mm512_and_si512(_mm512_castps_si512(numbers), sizes);
            _mm512_castsi512_ps(_mm512_max_epi32(size(self.0), size(other.0)))
        })
    }

    #[inline(always)]
    fn store_bytes(self, bytes: &mut [i8; LANES]) -> i32 {
        unsafe {
            let whole = _mm512_cvtps_epi32(self.0);
            _mm_storeu_si128(bytes.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(whole));
            _mm512_reduce_add_epi32(whole)
        }
    }
}
