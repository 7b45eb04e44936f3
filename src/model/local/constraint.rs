//! Holds one answer to the grammar of a schema: which tokens may come next, and how it ends in time.
//!
//! An answer that is cut off is no JSON. So a way to complete it is known at every moment, the closing, and a token is
//! taken only if the answer can still be completed in the tokens that are left behind it. Far from the limit that
//! refuses nothing; near it strings and lists come to their end, and what there is to choose is still the model's choice.

use std::sync::Arc;

use llguidance::Matcher;
use llguidance::toktrie::{TokTrie, TokenId};

use crate::model::local::grammar::first_line;
use crate::model::local::sampler::Sampler;
use crate::model::local::tokenizer::Tokenizer;

/// How many tokens are drawn that would not leave enough room, before the closing is taken.
const DRAWS: usize = 4;
/// What completes a JSON text outside of its strings, most welcome first.
const CLOSING: &[u8] = b"}]\",:0123456789.-ntf[{e+";
/// Digits that a number has at most, before and behind its point, and in its exponent. JSON sets no bounds, but whoever
/// reads more of them than a number of 64 bits holds takes them for an error.
const DIGITS: u16 = 40;
const EXPONENT: u16 = 2;
/// The characters that strings are filled with.
const PRINTABLE: std::ops::Range<u8> = 0x20..0x7F;

/// The tokens of a model, as far as an answer needs to know them.
pub struct Alphabet {
    tokenizer: Arc<Tokenizer>,
    /// Stands for every token that ends an answer.
    end: TokenId,
    /// The tokens of single bytes.
    bytes: Vec<Option<TokenId>>,
}

impl Alphabet {
    /// Of a vocabulary whose last token stands for the end.
    #[must_use]
    pub fn new(trie: &TokTrie, tokenizer: Arc<Tokenizer>) -> Alphabet {
        let bytes = (0..=u8::MAX).map(|byte| trie.token_id_at_bytes(&[byte])).collect();
        Alphabet { tokenizer, end: trie.eos_token(), bytes }
    }

    /// The place behind some more tokens.
    fn place(&self, place: Place, tokens: &[TokenId]) -> Place {
        tokens.iter().fold(place, |place, &token| place.behind(self.tokenizer.bytes(token)))
    }
}

/// The state of one answer.
#[derive(Clone)]
pub struct Constraint {
    matcher: Matcher,
    alphabet: Arc<Alphabet>,
    place: Place,
    /// Tokens that complete the answer from here.
    closing: Vec<TokenId>,
}

impl Constraint {
    /// Of an answer that has not begun; `None` if none of at most `limit` tokens is found.
    #[must_use]
    pub fn new(matcher: Matcher, alphabet: Arc<Alphabet>, limit: usize) -> Option<Constraint> {
        let place = Place::default();
        let closing = closing(&alphabet, matcher.clone(), place, limit)?;
        Some(Constraint { matcher, alphabet, place, closing })
    }

    /// Tokens of the shortest answer that is known.
    #[must_use]
    pub fn shortest(&self) -> usize {
        self.closing.len()
    }

    /// Whether nothing can follow.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.matcher.is_stopped()
    }

    /// Draws a token that may follow and behind which `left` tokens are enough to complete the answer; `None` if the answer
    /// ends here.
    ///
    /// # Errors
    /// The grammar became too large; the reason as text.
    pub fn draw(&mut self, mut logits: Vec<f32>, sampler: &mut Sampler, left: u64) -> Result<Option<TokenId>, String> {
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let mask = self.matcher.compute_mask().map_err(first_line)?;
        let ends = mask.is_allowed(self.alphabet.end);
        for (token, logit) in (0..).zip(&mut logits) {
            let plain = token < self.alphabet.end && mask.is_allowed(token);
            if !(plain || ends && self.alphabet.tokenizer.ends(token)) {
                *logit = f32::NEG_INFINITY;
            }
        }
        sampler.penalise(&mut logits);
        for _ in 0..DRAWS {
            let token = sampler.choose(&logits);
            let Some(logit) = logits.get_mut(token as usize).filter(|logit| logit.is_finite()) else { break };
            if self.alphabet.tokenizer.ends(token) {
                return Ok(None);
            }
            if self.take(token, left)? {
                sampler.remember(token);
                return Ok(Some(token));
            }
            *logit = f32::NEG_INFINITY;
        }
        let Some(&token) = self.closing.first() else { return Ok(None) };
        self.take(token, left)?;
        sampler.remember(token);
        Ok(Some(token))
    }

    /// Takes a token, unless `left` tokens are too few to complete the answer behind it, or it makes a number too long. The
    /// first of the closing is always taken.
    fn take(&mut self, token: TokenId, left: usize) -> Result<bool, String> {
        let place = self.alphabet.place(self.place, &[token]);
        if self.closing.first() == Some(&token) {
            self.matcher.consume_token(token).map_err(first_line)?;
            self.closing.remove(0);
        } else if self.closing.len() <= left && self.still_closes(token, place)? {
            self.matcher.consume_token(token).map_err(first_line)?;
        } else {
            let mut next = self.matcher.clone();
            next.consume_token(token).map_err(first_line)?;
            let Some(closing) = closing(&self.alphabet, next.clone(), place, left) else { return Ok(false) };
            (self.matcher, self.closing) = (next, closing);
        }
        self.place = place;
        Ok(true)
    }

    /// Whether the present closing completes the answer behind one more token, too, as it does within a string.
    fn still_closes(&mut self, token: TokenId, place: Place) -> Result<bool, String> {
        if self.alphabet.place(place, &self.closing).beyond {
            return Ok(false);
        }
        let mut tokens = vec![token];
        tokens.extend(&self.closing);
        tokens.push(self.alphabet.end);
        Ok(self.matcher.validate_tokens(&tokens).map_err(first_line)? == tokens.len())
    }
}

/// Tokens that complete an answer, at most `limit`; `None` if no such way is found. It takes what is forced, else what
/// closes, else what is short, and never turns back.
fn closing(alphabet: &Alphabet, mut matcher: Matcher, mut place: Place, limit: usize) -> Option<Vec<TokenId>> {
    let environment = matcher.tok_env().ok()?;
    let mut closing = Vec::new();
    while !matcher.is_stopped() && !matcher.is_accepting().ok()? {
        let mut next = environment.tok_trie().greedy_tokenize(&matcher.compute_ff_bytes());
        if next.is_empty() {
            let mask = matcher.compute_mask().ok()?;
            let may_follow = |byte: u8| {
                let token = alphabet.bytes.get(usize::from(byte)).copied().flatten();
                token.filter(|&token| mask.is_allowed(token))
            };
            next.push(place.welcome(closing.len()).find_map(may_follow)?);
        }
        if closing.len() + next.len() > limit {
            return None;
        }
        matcher.consume_tokens(&next).ok()?;
        place = alphabet.place(place, &next);
        closing.extend(next);
    }
    (!matcher.is_error() && !place.beyond).then_some(closing)
}

/// A place in a JSON text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    /// Inside of a string.
    inside: bool,
    escaped: bool,
    /// Digits of the number before it, and those of its exponent.
    digits: u16,
    exponent: Option<u16>,
    /// A number before it is one that no `f64` holds.
    beyond: bool,
}

impl Place {
    /// The place behind some more bytes.
    fn behind(mut self, bytes: &[u8]) -> Place {
        for byte in bytes {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.inside => self.escaped = true,
                b'"' => self.inside = !self.inside,
                _ if self.inside => {}
                b'0'..=b'9' => match &mut self.exponent {
                    Some(digits) => *digits = digits.saturating_add(1),
                    None => self.digits = self.digits.saturating_add(1),
                },
                b'e' | b'E' if self.digits > 0 => self.exponent = Some(0),
                b'.' | b'-' | b'+' => {}
                _ => (self.digits, self.exponent) = (0, None),
            }
            self.beyond |= self.digits > DIGITS || self.exponent.is_some_and(|digits| digits > EXPONENT);
        }
        self
    }

    /// The bytes that bring a text to its end from here, most welcome first. `turn` makes the character that fills a
    /// string another each time, so that one which a pattern wants will come.
    fn welcome(self, turn: usize) -> Box<dyn Iterator<Item = u8>> {
        if !self.inside {
            return Box::new(CLOSING.iter().copied());
        }
        let letters = PRINTABLE.clone().cycle().skip((usize::from(b'a' - PRINTABLE.start) + turn) % PRINTABLE.len());
        Box::new([b'"'].into_iter().chain(letters.take(PRINTABLE.len())).chain(0x80..=u8::MAX))
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha12Rng;
    use serde_json::{Value, json};

    use super::*;
    use crate::model::chat::Sampling;
    use crate::model::error::ModelError;
    use crate::model::local::gguf::Gguf;
    use crate::model::local::grammar::Grammars;
    use crate::model::local::tiny::Tiny;

    /// Rows of the model: more than it has tokens.
    const ROWS: usize = 300;

    fn grammars(tiny: &Tiny) -> (Grammars, Arc<Tokenizer>) {
        let written = tiny.write();
        let tokenizer = Tokenizer::read(&mut Gguf::open(&written.path).unwrap(), ROWS).unwrap();
        let tokenizer = Arc::new(tokenizer);
        (Grammars::new("tiny", Arc::clone(&tokenizer)), tokenizer)
    }

    /// The text that is written from logits that some seed makes, and the tokens that it took.
    fn write(
        (grammars, tokenizer): &(Grammars, Arc<Tokenizer>),
        schema: &Value,
        most: usize,
        seed: u64,
        logit: impl Fn(u32, f32) -> f32,
    ) -> (String, usize) {
        let mut constraint = grammars.constraint(schema, most).unwrap();
        let mut sampler = Sampler::new(Sampling { temperature: 1.5, top_p: 0.95, repetition_penalty: 1.1, seed });
        let mut random = ChaCha12Rng::seed_from_u64(seed);
        let (mut text, mut tokens) = (Vec::new(), 0);
        while !constraint.is_complete() && tokens < most {
            let logits = (0..ROWS as u32).map(|token| logit(token, random.random_range(-4.0..4.0))).collect();
            tokens += 1;
            let Some(token) = constraint.draw(logits, &mut sampler, (most - tokens) as u64).unwrap() else { break };
            assert!(!tokenizer.ends(token));
            text.extend(tokenizer.bytes(token));
        }
        (String::from_utf8(text).unwrap(), tokens)
    }

    fn essay() -> Value {
        json!({
            "type": "object",
            "properties": { "why": { "type": "string" }, "points": { "type": "array", "items": { "type": "string" } } },
            "required": ["why", "points"],
            "additionalProperties": false,
        })
    }

    #[test]
    fn an_answer_comes_to_its_end_before_the_last_token() {
        let of = grammars(&Tiny::new("llama", 1));
        let shortest = of.0.constraint(&essay(), 100).unwrap().shortest();
        for most in shortest..shortest + 30 {
            for seed in 0..8 {
                let (text, tokens) = write(&of, &essay(), most, seed, |_, logit| logit);
                let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                assert!(value["why"].is_string() && value["points"].is_array() && tokens <= most, "{text}");
            }
        }
    }

    #[test]
    fn a_limit_that_is_too_low_is_refused_with_what_would_do() {
        let (grammars, _) = grammars(&Tiny::new("llama", 1));
        let error = grammars.constraint(&essay(), 9).err().unwrap();
        let ModelError::NoRoom { tokens, limit: 9, .. } = error else { panic!("{error}") };
        assert!(grammars.constraint(&essay(), tokens).is_ok());
    }

    #[test]
    fn control_tokens_are_never_drawn_inside_however_likely_they_are() {
        let of = grammars(&Tiny::new("llama", 1));
        for seed in 0..20 {
            let likes_control = |token: u32, logit: f32| if token < 3 { 90.0 } else { logit };
            let (text, _) = write(&of, &essay(), 120, seed, likes_control);
            assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_model_that_wants_to_end_does_so_as_soon_as_the_answer_is_whole() {
        let of = grammars(&Tiny::new("llama", 1));
        let likes_to_end = |token: u32, logit: f32| if token == 2 { 90.0 } else { logit };
        let integer = json!({ "type": "integer" });
        for seed in 0..10 {
            let (text, tokens) = write(&of, &integer, 40, seed, likes_to_end);
            assert!(text.trim_start_matches('-').len() == 1 && tokens == text.len() + 1, "{text}");
        }
    }

    #[test]
    fn without_a_token_that_ends_an_answer_it_ends_all_the_same() {
        let of = grammars(&Tiny::new("llama", 1).endless());
        for schema in [json!({ "type": "integer" }), essay()] {
            let (text, tokens) = write(&of, &schema, 60, 3, |_, logit| logit);
            assert!(serde_json::from_str::<Value>(&text).is_ok() && tokens <= 60, "{text}");
        }
    }

    #[test]
    fn logits_that_are_no_numbers_still_give_an_answer() {
        let of = grammars(&Tiny::new("llama", 1));
        let (text, _) = write(&of, &essay(), 60, 3, |_, _| f32::NAN);
        assert_eq!(text, "{\"why\":\"\",\"points\":[]}");
    }

    #[test]
    fn recursion_patterns_and_least_lengths_can_be_closed() {
        let of = grammars(&Tiny::new("llama", 1));
        let tree = json!({
            "$ref": "#/$defs/node",
            "$defs": { "node": {
                "type": "object",
                "properties": { "parts": { "type": "array", "items": { "$ref": "#/$defs/node" } } },
                "required": ["parts"],
            } },
        });
        let named = |schema: Value| json!({ "type": "object", "properties": { "a": schema }, "required": ["a"] });
        let schemas = [
            tree,
            named(json!({ "type": "string", "pattern": "^[a-z]+@[a-z]+$" })),
            named(json!({ "type": "string", "minLength": 9, "maxLength": 12 })),
            named(
                json!({ "type": "array", "items": { "type": "number", "minimum": 0.5, "maximum": 2.5 }, "minItems": 3 }),
            ),
            named(json!({ "type": "number" })),
            named(json!({ "anyOf": [{ "type": "null" }, { "type": "boolean" }] })),
            json!({}),
        ];
        for schema in schemas {
            for seed in 0..10 {
                let (text, tokens) = write(&of, &schema, 50, seed, |_, logit| logit);
                assert!(serde_json::from_str::<Value>(&text).is_ok() && tokens <= 50, "{schema}: {text}");
            }
        }
    }

    #[test]
    fn what_we_cannot_hold_to_is_refused_in_a_sentence() {
        let (grammars, _) = grammars(&Tiny::new("llama", 1));
        for schema in [
            json!({ "type": "string", "pattern": "(?=a)b" }),
            json!({ "type": "integer", "minimum": 3, "maximum": 2 }),
            json!({ "type": "text" }),
            json!("integer"),
            json!(false),
        ] {
            let error = grammars.constraint(&schema, 50).err().unwrap().to_string();
            assert!(error.starts_with("tiny cannot be held to the JSON Schema of this call: "), "{error}");
            assert!(error.len() < 300 && error.lines().count() == 1 && !error.contains(": ;"), "{error}");
        }
    }
}
