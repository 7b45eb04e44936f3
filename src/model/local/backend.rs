//! What does a model's arithmetic, and the memory that is free there.

use std::fmt;

use candle_core::Device;

use crate::model::local::fault;
use crate::model::local::memory;

/// What does the arithmetic of a model.
#[derive(Clone, Debug)]
pub enum Backend {
    /// This machine's processor, as fast as it goes: our own kernels, or candle where they have no version for it.
    Processor,
    /// candle's tensors on a device.
    Tensors(Device),
}

/// Why there is no GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoGpu {
    /// The program was built without one.
    NotBuilt,
    /// The driver's reason, without a full stop.
    NotUsable(String),
}

impl fmt::Display for NoGpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoGpu::NotBuilt => {
                f.write_str("this program was built without a GPU, which takes the feature cuda or metal")
            }
            NoGpu::NotUsable(reason) => write!(f, "there is no GPU that can be used: {reason}"),
        }
    }
}

impl Backend {
    /// This machine's processor through candle: what a GPU does, without one.
    #[must_use]
    pub fn reference() -> Backend {
        Backend::Tensors(Device::Cpu)
    }

    /// The first GPU.
    ///
    /// # Errors
    /// There is none.
    pub fn gpu() -> Result<Backend, NoGpu> {
        let device = if cfg!(feature = "cuda") {
            Device::new_cuda(0)
        } else if cfg!(feature = "metal") {
            Device::new_metal(0)
        } else {
            return Err(NoGpu::NotBuilt);
        };
        device.map(Backend::Tensors).map_err(|error| NoGpu::NotUsable(fault::reason(&error)))
    }

    /// Whether this is a GPU.
    #[must_use]
    pub fn is_gpu(&self) -> bool {
        matches!(self, Backend::Tensors(device) if !device.is_cpu())
    }

    /// What it is called: the name of the GPU, or `cpu`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            #[cfg(feature = "cuda")]
            Backend::Tensors(Device::Cuda(device)) => {
                device.cuda_stream().context().name().unwrap_or_else(|_| "CUDA".to_owned())
            }
            Backend::Tensors(Device::Metal(_)) => "Metal".to_owned(),
            _ => "cpu".to_owned(),
        }
    }

    /// Bytes that are free for models and their caches.
    #[must_use]
    pub fn free(&self) -> u64 {
        match self {
            #[cfg(feature = "cuda")]
            Backend::Tensors(Device::Cuda(device)) => {
                device.cuda_stream().context().mem_get_info().map_or(0, |(free, _)| free as u64)
            }
            _ => memory::free(),
        }
    }
}
