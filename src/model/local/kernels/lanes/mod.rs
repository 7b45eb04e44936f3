//! Sixteen numbers at once: what each kind of processor does with one or two instructions.
//!
//! A [`Work`](super::processor::Work) is written once against [`Lanes`] and compiled for each. Sums over lanes run in the
//! same order everywhere.

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;

use half::f16;

/// How many numbers.
pub const LANES: usize = 16;

/// Sixteen numbers. Every method is inlined, and used only where the processor has what it needs.
pub trait Lanes: Copy {
    fn splat(number: f32) -> Self;
    fn load(numbers: &[f32; LANES]) -> Self;
    fn load_half(numbers: &[f16; LANES]) -> Self;
    fn store(self, numbers: &mut [f32; LANES]);
    fn add(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    /// `self * factor + sum`, rounded once.
    fn mul_add(self, factor: Self, sum: Self) -> Self;
    /// The larger of both; `other` if either is no number.
    fn max(self, other: Self) -> Self;
    /// The smaller of both; `other` if either is no number.
    fn min(self, other: Self) -> Self;
    /// The nearest whole number, the even one of two.
    fn round(self) -> Self;
    /// `self * 2^power`. The powers are whole, and between -126 and 127 unless they are no numbers.
    fn times_power_of_two(self, power: Self) -> Self;
    /// 0 where `other` is below the limit.
    fn zero_where_below(self, other: Self, limit: f32) -> Self;
    /// The larger of both sizes. They are compared as bits, so that what is no number is the largest of all, and stays.
    fn max_size(self, other: Self) -> Self;
    /// Rounds to whole numbers between -127 and 127, which they must be, and gives their sum. Others give anything.
    fn store_bytes(self, bytes: &mut [i8; LANES]) -> i32;

    /// Sixteen numbers from `at` on.
    #[inline(always)]
    fn load_at(numbers: &[f32], at: usize) -> Self {
        match numbers[at..].first_chunk() {
            Some(numbers) => Self::load(numbers),
            None => beyond(),
        }
    }

    /// Sixteen half floats from `at` on.
    #[inline(always)]
    fn load_half_at(numbers: &[f16], at: usize) -> Self {
        match numbers[at..].first_chunk() {
            Some(numbers) => Self::load_half(numbers),
            None => beyond(),
        }
    }

    #[inline(always)]
    fn store_at(self, numbers: &mut [f32], at: usize) {
        match numbers[at..].first_chunk_mut() {
            Some(numbers) => self.store(numbers),
            None => beyond(),
        }
    }

    #[inline(always)]
    fn numbers(self) -> [f32; LANES] {
        let mut numbers = [0.0; LANES];
        self.store(&mut numbers);
        numbers
    }

    /// The largest of the sixteen.
    #[inline(always)]
    fn largest(self) -> f32 {
        fold(self.numbers(), |a, b| if a > b { a } else { b })
    }

    /// The largest size of the sixteen, as [`Lanes::max_size`] compares them.
    #[inline(always)]
    fn largest_size(self) -> f32 {
        f32::from_bits(self.numbers().into_iter().fold(0, |most, number| most.max(number.to_bits() & 0x7FFF_FFFF)))
    }

    /// The sum of the sixteen.
    #[inline(always)]
    fn sum(self) -> f32 {
        fold(self.numbers(), |a, b| a + b)
    }

    /// The exponential, right to about two units in the last place; 0 below -87, and no number of what is none.
    #[inline(always)]
    fn exp(self) -> Self {
        // e^x = 2^n e^r with r of at most ln(2) / 2, where Taylor's polynomial of degree six is enough.
        let capped = Self::splat(-87.0).max(Self::splat(88.0).min(self));
        let n = capped.mul(Self::splat(std::f32::consts::LOG2_E)).round();
        // ln(2) in two parts, of which n times the first is exact.
        let r = n.mul_add(Self::splat(-0.693_359_4), capped);
        let r = n.mul_add(Self::splat(2.121_944_4e-4), r);
        let mut sum = Self::splat(1.0 / 720.0);
        for factor in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
            sum = r.mul_add(sum, Self::splat(factor));
        }
        sum.times_power_of_two(n).zero_where_below(self, -87.0)
    }
}

#[cold]
#[inline(never)]
#[allow(clippy::panic, reason = "as an index out of bounds does")]
fn beyond() -> ! {
    panic!("sixteen numbers pass the end of a list")
}

/// Halves the lanes until one is left.
#[inline(always)]
fn fold(mut lanes: [f32; LANES], with: impl Fn(f32, f32) -> f32) -> f32 {
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            lanes[i] = with(lanes[i], lanes[i + half]);
        }
    }
    lanes[0]
}

/// The exponential of one number, as [`Lanes::exp`].
#[must_use]
pub fn exp(x: f32) -> f32 {
    Plain::splat(x).exp().0[0]
}

/// Plain Rust: the reference.
#[derive(Clone, Copy)]
pub struct Plain([f32; LANES]);

impl Plain {
    #[inline(always)]
    fn zip(self, other: Plain, with: impl Fn(f32, f32) -> f32) -> Plain {
        let mut lanes = self.0;
        for (lane, other) in lanes.iter_mut().zip(other.0) {
            *lane = with(*lane, other);
        }
        Plain(lanes)
    }
}

impl Lanes for Plain {
    #[inline(always)]
    fn splat(number: f32) -> Plain {
        Plain([number; LANES])
    }

    #[inline(always)]
    fn load(numbers: &[f32; LANES]) -> Plain {
        Plain(*numbers)
    }

    #[inline(always)]
    fn load_half(numbers: &[f16; LANES]) -> Plain {
        Plain(numbers.map(f16::to_f32))
    }

    #[inline(always)]
    fn store(self, numbers: &mut [f32; LANES]) {
        *numbers = self.0;
    }

    #[inline(always)]
    fn add(self, other: Plain) -> Plain {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    fn mul(self, other: Plain) -> Plain {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    fn div(self, other: Plain) -> Plain {
        self.zip(other, |a, b| a / b)
    }

    #[inline(always)]
    fn mul_add(self, factor: Plain, sum: Plain) -> Plain {
        Plain(std::array::from_fn(|i| self.0[i].mul_add(factor.0[i], sum.0[i])))
    }

    #[inline(always)]
    fn max(self, other: Plain) -> Plain {
        self.zip(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn min(self, other: Plain) -> Plain {
        self.zip(other, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    fn round(self) -> Plain {
        Plain(self.0.map(f32::round_ties_even))
    }

    #[inline(always)]
    fn times_power_of_two(self, power: Plain) -> Plain {
        self.zip(power, |number, power| number * f32::from_bits(((power as i32 + 127) as u32) << 23))
    }

    #[inline(always)]
    fn zero_where_below(self, other: Plain, limit: f32) -> Plain {
        self.zip(other, |number, other| if other < limit { 0.0 } else { number })
    }

    #[inline(always)]
    fn max_size(self, other: Plain) -> Plain {
        let bits = |number: f32| number.to_bits() & 0x7FFF_FFFF;
        self.zip(other, |a, b| f32::from_bits(bits(a).max(bits(b))))
    }

    #[inline(always)]
    fn store_bytes(self, bytes: &mut [i8; LANES]) -> i32 {
        *bytes = self.0.map(|number| number.round_ties_even() as i8);
        bytes.iter().map(|&byte| i32::from(byte)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::local::kernels::processor::{Kernel, Work};

    /// All results of one step, for two lists of numbers.
    #[derive(Clone, Copy)]
    struct Steps<'a>(&'a [f32; LANES], &'a [f32; LANES]);

    impl Work for Steps<'_> {
        type Made = Vec<[f32; LANES]>;

        #[inline(always)]
        fn run<L: Lanes>(self) -> Vec<[f32; LANES]> {
            let (a, b) = (L::load(self.0), L::load(self.1));
            let power = b.max(L::splat(-20.0)).min(L::splat(20.0)).round();
            let mut bytes = [0; LANES];
            let sum = a.max(L::splat(-127.0)).min(L::splat(127.0)).store_bytes(&mut bytes);
            let lists = [
                a.add(b),
                a.mul(b),
                a.div(b),
                a.mul_add(b, L::splat(0.3)),
                a.max(b),
                a.min(b),
                a.round(),
                a.times_power_of_two(power),
                a.zero_where_below(b, 0.5),
                a.max_size(b),
                a.exp(),
                L::splat(a.largest()),
                L::splat(a.sum()),
            ];
            let bytes = [bytes.map(f32::from), [sum as f32; LANES]];
            lists.map(L::numbers).into_iter().chain(bytes).collect()
        }
    }

    #[test]
    fn every_processor_gets_what_plain_rust_gets() {
        let a = std::array::from_fn(|i| (i as f32 - 7.3) * 9.7);
        let b = std::array::from_fn(|i| (i as f32 * 0.7 - 3.1).powi(3));
        let plain = Kernel::Plain.run(Steps(&a, &b));
        for kernel in Kernel::all() {
            for (step, (got, expected)) in kernel.run(Steps(&a, &b)).iter().zip(&plain).enumerate() {
                assert_eq!(got, expected, "{kernel:?}, step {step}");
            }
        }
    }

    struct Halves(f16);

    impl Work for Halves {
        type Made = [f32; LANES];

        #[inline(always)]
        fn run<L: Lanes>(self) -> [f32; LANES] {
            L::load_half_at(&[self.0; 20], 3).numbers()
        }
    }

    #[test]
    fn half_floats_are_read_exactly() {
        for kernel in Kernel::all() {
            for bits in (0..0x7C00_u16).chain(0x8000..0xFC00).step_by(7) {
                let number = f16::from_bits(bits);
                assert_eq!(kernel.run(Halves(number)), [number.to_f32(); LANES], "{kernel:?} {bits:x}");
            }
        }
    }

    struct Exp(f32);

    impl Work for Exp {
        type Made = f32;

        #[inline(always)]
        fn run<L: Lanes>(self) -> f32 {
            L::splat(self.0).exp().largest()
        }
    }

    #[test]
    fn the_exponential_is_right_to_a_few_units_in_the_last_place() {
        for kernel in Kernel::all() {
            for i in -8600..8700 {
                let x = i as f32 / 100.0 + 0.003;
                let expected = f64::from(x).exp();
                let error = (f64::from(kernel.run(Exp(x))) - expected).abs() / expected;
                assert!(error < 3e-7, "{kernel:?}: exp({x}) is off by {error}");
            }
            assert_eq!([0.0, -200.0, f32::NEG_INFINITY].map(|x| kernel.run(Exp(x))), [1.0, 0.0, 0.0]);
            assert!(kernel.run(Exp(f32::NAN)).is_nan(), "{kernel:?}");
        }
    }

    #[test]
    #[should_panic(expected = "pass the end of a list")]
    fn nothing_is_read_behind_the_end() {
        let _ = Plain::load_at(&[0.0; 20], 5);
    }
}
