//! Which instructions this processor has, and how a function is compiled for them.
#![allow(unsafe_code)] // The call of a function for a processor that was asked what it has.

use crate::model::local::kernels::lanes::{Lanes, Plain};
#[cfg(target_arch = "x86_64")]
use crate::model::local::kernels::lanes::{avx2::Avx2, avx512::Avx512};

/// A set of kernels, chosen by what the processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Plain Rust: the reference of the tests.
    Plain,
    /// AVX2 with fused products and half floats.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 with its byte dot products (VNNI).
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// Work on many numbers that is compiled once for each set of kernels.
pub trait Work {
    type Made;

    /// Does it, sixteen numbers at once. To be inlined always, with all that it calls.
    fn run<L: Lanes>(self) -> Self::Made;
}

impl Kernel {
    /// Every set that this processor runs, the fastest last.
    #[must_use]
    pub fn all() -> Vec<Kernel> {
        let mut kernels = vec![Kernel::Plain];
        #[cfg(target_arch = "x86_64")]
        {
            let has_avx2 =
                is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c");
            let has_avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vnni");
            kernels.extend(has_avx2.then_some(Kernel::Avx2));
            kernels.extend((has_avx2 && has_avx512).then_some(Kernel::Avx512));
        }
        kernels
    }

    /// The fastest set that this processor runs; `None` if only the plain one does.
    #[must_use]
    pub fn fastest() -> Option<Kernel> {
        Kernel::all().pop().filter(|&kernel| kernel != Kernel::Plain)
    }

    /// Does the work with the instructions of this set.
    pub fn run<W: Work>(self, work: W) -> W::Made {
        match self {
            Kernel::Plain => work.run::<Plain>(),
            // SAFETY: the set is only chosen where the processor has it.
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2 => unsafe { run_avx2(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512 => unsafe { run_avx512(work) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn run_avx2<W: Work>(work: W) -> W::Made {
    work.run::<Avx2>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vnni")]
fn run_avx512<W: Work>(work: W) -> W::Made {
    work.run::<Avx512>()
}
