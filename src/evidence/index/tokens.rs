//! Our terms as tantivy takes them, so that every way to search cuts words alike.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::evidence::terms::terms;

/// The name under which an index knows the tokenizer.
pub(super) const TOKENIZER: &str = "terms";

#[derive(Clone, Copy)]
pub(super) struct TermTokenizer;

/// The terms of one text.
pub(super) struct Terms {
    left: std::vec::IntoIter<String>,
    token: Token,
}

impl Tokenizer for TermTokenizer {
    type TokenStream<'a> = Terms;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Terms {
        Terms { left: terms(text).into_iter(), token: Token::default() }
    }
}

impl TokenStream for Terms {
    fn advance(&mut self) -> bool {
        let Some(text) = self.left.next() else { return false };
        self.token.position = self.token.position.wrapping_add(1);
        self.token.text = text;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
