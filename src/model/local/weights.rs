//! Reads the weights of a model from its GGUF file.
//!
//! Formats that candle multiplies without SIMD are requantised to Q8_0 here: it costs a second at load and makes
//! reading a prompt more than twice as fast. Q8_0 has more bits than they, so what is lost is about 0.4 % of a block's
//! largest weight at most.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Result, Tensor};

use crate::model::error::ModelError;
use crate::model::local::fault;
use crate::model::local::gguf::Gguf;

/// The format in which a tensor is held, given the format it is stored in.
#[must_use]
pub fn held_as(stored: GgmlDType) -> GgmlDType {
    match stored {
        GgmlDType::Q4_1 | GgmlDType::Q5_0 | GgmlDType::Q5_1 => GgmlDType::Q8_0,
        other => other,
    }
}

/// A matrix, and perhaps a vector that is added to its product.
pub struct Linear {
    pub matrix: QMatMul,
    pub bias: Option<Tensor>,
}

impl Module for Linear {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let product = self.matrix.forward(x)?;
        match &self.bias {
            Some(bias) => product.broadcast_add(bias),
            None => Ok(product),
        }
    }
}

/// Reads tensors by name and checks their shapes.
pub struct Weights<'a> {
    gguf: &'a Gguf,
    reader: BufReader<File>,
}

impl<'a> Weights<'a> {
    /// # Errors
    /// The file is gone.
    pub fn open(gguf: &'a Gguf) -> std::result::Result<Weights<'a>, ModelError> {
        let file = File::open(&gguf.path).map_err(|error| gguf.unusable(error.to_string()))?;
        Ok(Weights { gguf, reader: BufReader::new(file) })
    }

    /// Whether the file has a tensor of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.gguf.content.tensor_infos.contains_key(name)
    }

    /// A matrix as it is multiplied: `rows` outputs, `columns` inputs.
    ///
    /// # Errors
    /// The file has no such tensor of that shape, or cannot be read.
    pub fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> std::result::Result<QMatMul, ModelError> {
        let stored = self.tensor(name, &[rows, columns])?;
        let held = held_as(stored.dtype());
        let requantised = if held == stored.dtype() {
            Ok(stored)
        } else {
            stored.dequantize(&Device::Cpu).and_then(|plain| QTensor::quantize(&plain, held))
        };
        requantised.and_then(|tensor| QMatMul::from_arc(Arc::new(tensor))).map_err(|error| self.failed(name, &error))
    }

    /// A matrix with its bias, if the file has one. `name` is without `.weight`.
    ///
    /// # Errors
    /// As [`Weights::matrix`].
    pub fn linear(&mut self, name: &str, rows: usize, columns: usize) -> std::result::Result<Linear, ModelError> {
        let matrix = self.matrix(&format!("{name}.weight"), rows, columns)?;
        let bias = format!("{name}.bias");
        let bias = if self.has(&bias) { Some(self.vector(&bias, rows)?) } else { None };
        Ok(Linear { matrix, bias })
    }

    /// A vector of plain numbers.
    ///
    /// # Errors
    /// As [`Weights::matrix`].
    pub fn vector(&mut self, name: &str, len: usize) -> std::result::Result<Tensor, ModelError> {
        self.tensor(name, &[len])?.dequantize(&Device::Cpu).map_err(|error| self.failed(name, &error))
    }

    fn tensor(&mut self, name: &str, dimensions: &[usize]) -> std::result::Result<QTensor, ModelError> {
        let content = &self.gguf.content;
        let info = content.tensor_infos.get(name).ok_or_else(|| self.gguf.unusable(format!("it has no {name}")))?;
        if info.shape.dims() != dimensions {
            let reason = format!("its {name} has the shape {:?} instead of {dimensions:?}", info.shape.dims());
            return Err(self.gguf.unusable(reason));
        }
        content.tensor(&mut self.reader, name, &Device::Cpu).map_err(|error| self.failed(name, &error))
    }

    fn failed(&self, name: &str, error: &candle_core::Error) -> ModelError {
        self.gguf.unusable(format!("its {name} cannot be loaded: {}", fault::reason(error)))
    }
}
