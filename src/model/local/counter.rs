//! Counts tokens as a model does, without its weights: for a model that runs in another process.

use std::path::Path;

use crate::model::error::ModelError;
use crate::model::local::opening;
use crate::model::local::tokenizer::Tokenizer;

/// The tokenizer of a model file.
pub struct TokenCounter {
    tokenizer: Tokenizer,
}

impl TokenCounter {
    /// Reads what describes a GGUF file, or a folder with a checkpoint.
    ///
    /// # Errors
    /// It is neither, or none that we can run, or its tokenizer is of a kind that we do not know.
    pub fn open(path: &Path) -> Result<TokenCounter, ModelError> {
        Ok(TokenCounter { tokenizer: opening::describe(path)?.tokenizer? })
    }

    /// The number of tokens of a text. One that the tokenizer refuses has at most as many tokens as bytes.
    #[must_use]
    pub fn count(&self, text: &str) -> usize {
        self.tokenizer.encode(text).map_or(text.len(), |tokens| tokens.len())
    }
}

#[cfg(test)]
mod tests {
    use candle_core::DType;

    use super::*;
    use crate::model::local::tiny_folder::checkpoint;

    #[test]
    fn the_tokens_of_a_folder_are_counted_too() {
        let folder = checkpoint(DType::F32);
        let counter = TokenCounter::open(folder.path()).unwrap();
        assert!(counter.count("one and the other") > 1 && counter.count("") == 0);
    }
}
