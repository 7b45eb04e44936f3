//! Counts tokens as a model does, without its weights: for a model that runs in another process.

use std::path::Path;

use crate::model::error::ModelError;
use crate::model::local::gguf::Gguf;
use crate::model::local::shape::Shape;
use crate::model::local::tokenizer::Tokenizer;

/// The tokenizer of a model file.
pub struct TokenCounter {
    tokenizer: Tokenizer,
}

impl TokenCounter {
    /// Reads the head of a GGUF file.
    ///
    /// # Errors
    /// The file is not a GGUF file that we can run.
    pub fn open(path: &Path) -> Result<TokenCounter, ModelError> {
        let mut gguf = Gguf::open(path)?;
        let shape = Shape::read(&gguf)?;
        Ok(TokenCounter { tokenizer: Tokenizer::read(&mut gguf, shape.vocabulary)? })
    }

    /// The number of tokens of a text. One that the tokenizer refuses has at most as many tokens as bytes.
    #[must_use]
    pub fn count(&self, text: &str) -> usize {
        self.tokenizer.encode(text).map_or(text.len(), |tokens| tokens.len())
    }
}
