//! A model that is read directly, one sequence at a time and without a queue: to measure it, and to compare its
//! probabilities with those of another program.

use std::path::Path;

use crate::model::error::ModelError;
use crate::model::local::arithmetic::Arithmetic;
use crate::model::local::backend::Backend;
use crate::model::local::cache::Cache;
use crate::model::local::decoder::Decoder;
use crate::model::local::fault;
use crate::model::local::opening::{self, Described, Loaded};
use crate::model::local::tokenizer::Tokenizer;

/// A model and the one sequence that it has read.
pub struct Direct {
    name: String,
    reader: Box<dyn Read + Send>,
    tokenizer: Result<Tokenizer, ModelError>,
    /// The longest sequence that it reads.
    pub context: usize,
    /// Length of a hidden state.
    pub width: usize,
    /// Length of a list of logits.
    pub vocabulary: usize,
}

impl Direct {
    /// Loads a GGUF file, or a folder with a checkpoint, for the processor.
    ///
    /// # Errors
    /// As [`super::LocalModel::open`].
    pub fn open(path: &Path, name: &str) -> Result<Direct, ModelError> {
        Direct::open_on(&Backend::Processor, path, name)
    }

    /// Loads a GGUF file.
    ///
    /// # Errors
    /// As [`super::LocalModel::open`].
    pub fn open_on(backend: &Backend, path: &Path, name: &str) -> Result<Direct, ModelError> {
        let Described { directory, shape, tokenizer, .. } = opening::describe(path)?;
        let (width, vocabulary) = (shape.width, shape.vocabulary);
        let (decoder, plan) = opening::load(&directory, shape, name, backend)?;
        let reader: Box<dyn Read + Send> = match decoder {
            Loaded::Kernels(decoder) => Box::new(Sequence { decoder, cache: Cache::default() }),
            Loaded::Tensors(decoder) => Box::new(Sequence { decoder, cache: Cache::default() }),
        };
        Ok(Direct { name: name.to_owned(), reader, tokenizer, context: plan.context, width, vocabulary })
    }

    /// Reads tokens behind those already read, and gives the logits that follow each of the last `wanted` of them.
    ///
    /// # Errors
    /// A token is out of range, or the context is full.
    pub fn read(&mut self, tokens: &[u32], wanted: usize) -> Result<Vec<Vec<f32>>, ModelError> {
        let read = self.reader.read(tokens, wanted);
        read.map_err(|error| ModelError::Inference { model: self.name.clone(), reason: fault::reason(&error) })
    }

    /// Forgets all tokens from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.reader.truncate(len);
    }

    /// Whether it turns text into tokens. Without, it is read by the ids of another program.
    #[must_use]
    pub fn tokenizes(&self) -> bool {
        self.tokenizer.is_ok()
    }

    /// The tokens of plain text.
    ///
    /// # Errors
    /// The tokenizer failed, or is of a kind that we do not know.
    pub fn tokenize(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let tokens = self.tokenizer.as_ref().map_err(ModelError::clone)?.encode(text);
        tokens.map_err(|reason| ModelError::Inference { model: self.name.clone(), reason })
    }
}

/// Reads, whatever does the arithmetic.
trait Read {
    fn read(&mut self, tokens: &[u32], wanted: usize) -> candle_core::Result<Vec<Vec<f32>>>;
    fn truncate(&mut self, len: usize);
}

struct Sequence<A: Arithmetic> {
    decoder: Decoder<A>,
    cache: Cache<A::Page>,
}

impl<A: Arithmetic> Read for Sequence<A> {
    fn read(&mut self, tokens: &[u32], wanted: usize) -> candle_core::Result<Vec<Vec<f32>>> {
        let rows = self.decoder.read(&mut [(tokens, &mut self.cache)])?;
        let wanted: Vec<usize> = (tokens.len() - wanted.min(tokens.len())..tokens.len()).collect();
        if wanted.is_empty() { Ok(Vec::new()) } else { self.decoder.logits(&rows, &wanted) }
    }

    fn truncate(&mut self, len: usize) {
        self.cache.truncate(len);
    }
}
