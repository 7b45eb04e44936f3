//! Sixteen numbers in two registers of AVX2.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use half::f16;

use crate::model::local::kernels::lanes::{LANES, Lanes};

/// Made and used only where the processor has AVX2, FMA and F16C.
#[derive(Clone, Copy)]
pub struct Avx2(__m256, __m256);

// SAFETY, of every block below: the type is only used where the processor has these instructions, and references to
// lists of sixteen are valid for sixteen.
impl Lanes for Avx2 {
    #[inline(always)]
    fn splat(number: f32) -> Avx2 {
        let both = unsafe { _mm256_set1_ps(number) };
        Avx2(both, both)
    }

    #[inline(always)]
    fn load(numbers: &[f32; LANES]) -> Avx2 {
        unsafe { Avx2(_mm256_loadu_ps(numbers.as_ptr()), _mm256_loadu_ps(numbers.as_ptr().add(8))) }
    }

    #[inline(always)]
    fn load_half(numbers: &[f16; LANES]) -> Avx2 {
        let eight = |at: usize| unsafe { _mm256_cvtph_ps(_mm_loadu_si128(numbers.as_ptr().add(at).cast())) };
        Avx2(eight(0), eight(8))
    }

    #[inline(always)]
    fn store(self, numbers: &mut [f32; LANES]) {
        unsafe {
            _mm256_storeu_ps(numbers.as_mut_ptr(), self.0);
            _mm256_storeu_ps(numbers.as_mut_ptr().add(8), self.1);
        }
    }

    #[inline(always)]
    fn add(self, other: Avx2) -> Avx2 {
        unsafe { Avx2(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
    }

    #[inline(always)]
    fn mul(self, other: Avx2) -> Avx2 {
        unsafe { Avx2(_mm256_mul_ps(self.0, other.0), _mm256_mul_ps(self.1, other.1)) }
    }

    #[inline(always)]
    fn div(self, other: Avx2) -> Avx2 {
        unsafe { Avx2(_mm256_div_ps(self.0, other.0), _mm256_div_ps(self.1, other.1)) }
    }

    #[inline(always)]
    fn mul_add(self, factor: Avx2, sum: Avx2) -> Avx2 {
        unsafe { Avx2(_mm256_fmadd_ps(self.0, factor.0, sum.0), _mm256_fmadd_ps(self.1, factor.1, sum.1)) }
    }

    #[inline(always)]
    fn max(self, other: Avx2) -> Avx2 {
        unsafe { Avx2(_mm256_max_ps(self.0, other.0), _mm256_max_ps(self.1, other.1)) }
    }

    #[inline(always)]
    fn min(self, other: Avx2) -> Avx2 {
        unsafe { Avx2(_mm256_min_ps(self.0, other.0), _mm256_min_ps(self.1, other.1)) }
    }

    #[inline(always)]
    fn round(self) -> Avx2 {
        let eight = |eight| unsafe { _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(eight) };
        Avx2(eight(self.0), eight(self.1))
    }

    #[inline(always)]
    fn times_power_of_two(self, power: Avx2) -> Avx2 {
        let eight = |numbers, power| unsafe {
            let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(power), _mm256_set1_epi32(127));
            _mm256_mul_ps(numbers, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent)))
        };
        Avx2(eight(self.0, power.0), eight(self.1, power.1))
    }

    #[inline(always)]
    fn zero_where_below(self, other: Avx2, limit: f32) -> Avx2 {
        let eight = |numbers, other| unsafe {
            _mm256_and_ps(numbers, _mm256_cmp_ps::<_CMP_NLT_UQ>(other, _mm256_set1_ps(limit)))
        };
        Avx2(eight(self.0, other.0), eight(self.1, other.1))
    }

    #[inline(always)]
    fn max_size(self, other: Avx2) -> Avx2 {
        let eight = |a, b| unsafe {
            let sizes = _mm256_set1_epi32(0x7FFF_FFFF);
            let size = |numbers| _mm256_and_si256(_mm256_castps_si256(numbers), sizes);
            _mm256_castsi256_ps(_mm256_max_epi32(size(a), size(b)))
        };
        Avx2(eight(self.0, other.0), eight(self.1, other.1))
    }

    #[inline(always)]
    fn store_bytes(self, bytes: &mut [i8; LANES]) -> i32 {
        unsafe {
            let (first, second) = (_mm256_cvtps_epi32(self.0), _mm256_cvtps_epi32(self.1));
            // Packing works on halves of registers; the permutation puts the quarters in order.
            let pairs = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(first, second));
            let packed = _mm_packs_epi16(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256::<1>(pairs));
            _mm_storeu_si128(bytes.as_mut_ptr().cast(), packed);
            let eight = _mm256_add_epi32(first, second);
            let four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256::<1>(eight));
            let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b01_00_11_10>(four));
            _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b00_00_00_01>(two)))
        }
    }
}
