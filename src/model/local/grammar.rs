//! JSON Schemas as grammars over the tokens of one model, compiled by llguidance.
//!
//! Its picture of the vocabulary is made from the bytes of our own tokenizer when the first schema comes; each schema is
//! compiled once. How an answer is held to a grammar is told in `constraint`.

use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{TokEnv, TokRxInfo, TokTrie, TokenId, TokenizerEnv};
use llguidance::{JsonCompileOptions, Matcher, ParserFactory};
use serde_json::Value;

use crate::model::error::ModelError;
use crate::model::local::constraint::{Alphabet, Constraint};
use crate::model::local::tokenizer::Tokenizer;

/// Schemas that are kept compiled. A recipe has a few.
const KEPT: usize = 16;
/// How far an answer is looked for that follows a schema, in tokens.
const FARTHEST: usize = 1024;

/// The grammars of one model.
pub struct Grammars {
    model: String,
    tokenizer: Arc<Tokenizer>,
    compiler: OnceLock<Result<Compiler, String>>,
    /// Compiled schemas by their text, least recently made first.
    compiled: Mutex<VecDeque<(String, Matcher)>>,
}

struct Compiler {
    factory: ParserFactory,
    alphabet: Arc<Alphabet>,
}

impl Grammars {
    /// No grammars yet.
    #[must_use]
    pub fn new(model: &str, tokenizer: Arc<Tokenizer>) -> Grammars {
        let compiled = Mutex::default();
        Grammars { model: model.to_owned(), tokenizer, compiler: OnceLock::new(), compiled }
    }

    /// What holds one answer of at most `max_tokens` to a schema.
    ///
    /// # Errors
    /// The schema says what we cannot hold an answer to, or no answer of so few tokens follows it.
    pub fn constraint(&self, schema: &Value, max_tokens: usize) -> Result<Constraint, ModelError> {
        let refused = |reason: String| ModelError::Schema { model: self.model.clone(), reason };
        let compiler = self.compiler.get_or_init(|| Compiler::new(&self.tokenizer));
        let compiler = compiler.as_ref().map_err(|reason| refused(reason.clone()))?;
        let matcher = self.matcher(compiler, schema).map_err(refused)?;
        let constraint = Constraint::new(matcher, Arc::clone(&compiler.alphabet), FARTHEST.max(max_tokens));
        let constraint = constraint
            .ok_or_else(|| refused(format!("no answer of at most {FARTHEST} tokens that follows it is found")))?;
        match constraint.shortest() {
            tokens if tokens > max_tokens => {
                Err(ModelError::NoRoom { model: self.model.clone(), tokens, limit: max_tokens })
            }
            _ => Ok(constraint),
        }
    }

    /// The grammar of a schema at its beginning.
    fn matcher(&self, compiler: &Compiler, schema: &Value) -> Result<Matcher, String> {
        let text = schema.to_string();
        // Nothing is changed half way while the lock is held.
        let lock = || self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, matcher)) = lock().iter().find(|(known, _)| *known == text) {
            return Ok(matcher.clone());
        }
        let matcher = compiler.compile(schema.clone())?;
        let mut compiled = lock();
        if compiled.len() == KEPT {
            compiled.pop_front();
        }
        compiled.push_back((text, matcher.clone()));
        Ok(matcher)
    }
}

impl Compiler {
    fn new(tokenizer: &Arc<Tokenizer>) -> Result<Compiler, String> {
        let vocabulary = Vocabulary::new(Arc::clone(tokenizer))?;
        let alphabet = Arc::new(Alphabet::new(&vocabulary.trie, Arc::clone(tokenizer)));
        let environment: TokEnv = Arc::new(vocabulary);
        let mut factory = ParserFactory::new_simple(&environment).map_err(first_line)?;
        // It would write to the terminal, which is not its own.
        factory.quiet();
        factory.limits_mut().verbose_errors = false;
        Ok(Compiler { factory, alphabet })
    }

    fn compile(&self, mut schema: Value) -> Result<Matcher, String> {
        if schema == Value::Bool(true) {
            schema = Value::Object(serde_json::Map::new());
        }
        if !schema.is_object() {
            return Err("it is no JSON object".to_owned());
        }
        // Without white space a small model cannot lose itself in blanks; nobody wants other control characters.
        let options = JsonCompileOptions {
            whitespace_flexible: false,
            json_allowed_escapes: Some("nrt\\\"".to_owned()),
            ..JsonCompileOptions::default()
        };
        options.apply_to(&mut schema);
        let matcher = Matcher::new(self.factory.create_parser(TopLevelGrammar::from_json_schema(schema)));
        match matcher.get_error() {
            Some(error) => Err(first_line(error)),
            None => Ok(matcher),
        }
    }
}

/// The beginning of an error of llguidance, which goes on with details of its work.
pub fn first_line(error: impl Display) -> String {
    error.to_string().lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}

/// The vocabulary as llguidance wants to see it.
struct Vocabulary {
    trie: TokTrie,
    tokenizer: Arc<Tokenizer>,
}

impl Vocabulary {
    fn new(tokenizer: Arc<Tokenizer>) -> Result<Vocabulary, String> {
        let mut tokens = tokenizer.plain_tokens();
        let end = u32::try_from(tokens.len()).map_err(|_| "its model has too many tokens".to_owned())?;
        // A model has several tokens that end an answer, or none. One that no model has stands for them.
        tokens.push(Vec::new());
        Ok(Vocabulary { trie: TokTrie::from(&TokRxInfo::new(end + 1, end), &tokens), tokenizer })
    }
}

impl TokenizerEnv for Vocabulary {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    /// As the model's own tokenizer does it, so that what the grammar forces is written as the model would write it.
    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<TokenId> {
        let text = std::str::from_utf8(bytes).ok();
        let tokens = text.and_then(|text| self.tokenizer.encode(text).ok());
        // Text may spell a token that has no place in an answer, and half a character is no text.
        tokens
            .filter(|tokens| self.trie.decode_raw(tokens) == bytes)
            .unwrap_or_else(|| self.trie.greedy_tokenize(bytes))
    }
}
