//! Reads the weights of a model from its files: by name, with their shapes checked.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use candle_core::Device;
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::quantized::{GgmlDType, QTensor};

use crate::model::error::ModelError;
use crate::model::local::directory::{Directory, Stored};
use crate::model::local::fault;

/// The open files of a model's weights.
pub struct Weights<'a> {
    directory: &'a Directory,
    readers: Vec<BufReader<File>>,
    buffer: Vec<u8>,
}

impl<'a> Weights<'a> {
    /// # Errors
    /// A file is gone.
    pub fn open(directory: &'a Directory) -> Result<Weights<'a>, ModelError> {
        let open = |path| File::open(path).map(BufReader::new).map_err(|error| directory.unusable(error.to_string()));
        let readers = directory.files.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Weights { directory, readers, buffer: Vec::new() })
    }

    /// Whether there is a tensor of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.directory.has(name)
    }

    /// The format that a tensor is stored in.
    ///
    /// # Errors
    /// There is no such tensor of that shape.
    pub fn format(&self, name: &str, dimensions: &[usize]) -> Result<GgmlDType, ModelError> {
        let stored = self.stored(name, dimensions)?;
        match stored.format.block_size() {
            block if dimensions.last().is_some_and(|columns| columns.is_multiple_of(block)) => Ok(stored.format),
            block => Err(self.wrong(name, &format!("has rows that are no multiple of {block}"))),
        }
    }

    /// The stored bytes of some rows of a matrix.
    ///
    /// # Errors
    /// There are no such rows, or they cannot be read.
    pub fn rows(&mut self, name: &str, first: usize, count: usize) -> Result<&[u8], ModelError> {
        let stored = self.directory.find(name)?;
        let columns = stored.dimensions.last().copied().unwrap_or(0);
        let row = columns / stored.format.block_size() * stored.format.type_size();
        self.read(name, stored, (first * row) as u64, count * row)?;
        Ok(&self.buffer)
    }

    /// A whole tensor.
    ///
    /// # Errors
    /// There is no such tensor of that shape, or it cannot be read.
    pub fn tensor(&mut self, name: &str, dimensions: &[usize], device: &Device) -> Result<QTensor, ModelError> {
        let stored = self.stored(name, dimensions)?;
        let elements: usize = dimensions.iter().product();
        self.read(name, stored, 0, elements / stored.format.block_size() * stored.format.type_size())?;
        qtensor_from_ggml(stored.format, &self.buffer, dimensions.to_vec(), device)
            .map_err(|error| self.failed(name, &error))
    }

    /// The error for a tensor that candle refuses.
    #[must_use]
    pub fn failed(&self, name: &str, error: &candle_core::Error) -> ModelError {
        self.wrong(name, &format!("cannot be loaded: {}", fault::reason(error)))
    }

    /// The error for a tensor with numbers that are none.
    #[must_use]
    pub fn spoiled(&self, name: &str) -> ModelError {
        self.wrong(name, "cannot be loaded: it holds what is no number")
    }

    /// Reads bytes of a tensor into the buffer.
    fn read(&mut self, name: &str, stored: &Stored, offset: u64, bytes: usize) -> Result<(), ModelError> {
        self.buffer.resize(bytes, 0);
        let Some(reader) = self.readers.get_mut(stored.file) else { return Err(self.wrong(name, "is in no file")) };
        reader
            .seek(SeekFrom::Start(stored.start + offset))
            .and_then(|_| reader.read_exact(&mut self.buffer))
            .map_err(|error| self.wrong(name, &format!("cannot be read: {error}")))
    }

    fn wrong(&self, name: &str, what: &str) -> ModelError {
        self.directory.unusable(format!("its {} {what}", self.directory.own_name(name)))
    }

    fn stored(&self, name: &str, dimensions: &[usize]) -> Result<&'a Stored, ModelError> {
        let stored = self.directory.find(name)?;
        if stored.dimensions != dimensions {
            let what = format!("has the shape {:?} instead of {dimensions:?}", stored.dimensions);
            return Err(self.wrong(name, &what));
        }
        Ok(stored)
    }
}
