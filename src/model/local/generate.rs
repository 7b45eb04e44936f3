//! Writes an answer: one token after another, until the model, a stop string, the limit or the caller ends it.

use crate::domain::usage::Usage;
use crate::model::chat::{Delta, Sampling, StopReason};
use crate::model::local::constraint::Constraint;
use crate::model::local::detokenizer::Detokenizer;
use crate::model::local::sampler::Sampler;
use crate::model::local::slots::{Reading, Slots};
use crate::model::local::tokenizer::Tokenizer;
use crate::model::stop::StopStrings;
use crate::model::thinking::Thinking;

/// What to write.
pub struct Writing {
    /// Never empty, and shorter than the context.
    pub prompt: Vec<u32>,
    /// The prompt has opened the reasoning.
    pub thinking: bool,
    /// The most tokens to write; prompt and answer together fit the context.
    pub max_tokens: usize,
    pub sampling: Sampling,
    /// Of no account if there is a constraint.
    pub stop: Vec<String>,
    /// What holds the answer to a schema. `max_tokens` was enough for it when it was made.
    pub constraint: Option<Box<Constraint>>,
}

/// An answer that is being written.
pub struct Answering<P> {
    pub reading: Reading<P>,
    prompt: usize,
    max_tokens: usize,
    text: Text,
    sampler: Sampler,
    constraint: Option<Box<Constraint>>,
    usage: Usage,
}

impl<P> Answering<P> {
    /// Begins an answer, whose prompt may be read in part already.
    #[must_use]
    pub fn new(writing: &Writing, slots: &mut Slots<P>) -> Answering<P> {
        let reading = slots.take(&writing.prompt);
        let (prompt, cached) = (writing.prompt.len(), reading.cache.len());
        Answering {
            reading,
            prompt,
            max_tokens: writing.max_tokens,
            text: Text::new(writing),
            sampler: Sampler::new(writing.sampling),
            constraint: writing.constraint.clone(),
            usage: Usage { prompt_tokens: prompt as u64, cached_tokens: cached as u64, ..Usage::default() },
        }
    }

    /// How much of the prompt has been read; `None` once it was told that all is.
    #[must_use]
    pub fn progress(&self) -> Option<Delta> {
        let done = self.reading.cache.len();
        (self.usage.completion_tokens == 0).then_some(Delta::Prefill { done, total: self.prompt })
    }

    /// Takes the logits behind all that was read, and draws the next token from them. Gives why the answer ends, if it
    /// does.
    ///
    /// # Errors
    /// The grammar of a schema became too large; the reason as text.
    pub fn write(
        &mut self,
        logits: Vec<f32>,
        tokenizer: &Tokenizer,
        tell: &mut impl FnMut(Delta),
    ) -> Result<Option<StopReason>, String> {
        self.usage.completion_tokens += 1;
        let left = (self.max_tokens as u64).saturating_sub(self.usage.completion_tokens);
        let token = match &mut self.constraint {
            Some(constraint) => constraint.draw(logits, &mut self.sampler, left)?,
            None => Some(self.sampler.draw(logits)).filter(|&token| !tokenizer.ends(token)),
        };
        let Some(token) = token else { return Ok(Some(StopReason::End)) };
        let stopped = self.text.push(tokenizer.bytes(token), tell);
        if stopped || self.constraint.as_ref().is_some_and(|constraint| constraint.is_complete()) {
            return Ok(Some(StopReason::End));
        }
        if left == 0 {
            return Ok(Some(StopReason::Length));
        }
        self.reading.tokens.push(token);
        Ok(None)
    }

    /// Tells what was held back, and the usage; gives the sequence to rest.
    pub fn finish(mut self, tell: &mut impl FnMut(Delta)) -> Reading<P> {
        self.text.finish(tell);
        tell(Delta::Usage(self.usage));
        self.reading
    }
}

/// The text side of an answer.
struct Text {
    detokenizer: Detokenizer,
    thinking: Thinking,
    stop: StopStrings,
    stopped: bool,
    /// Whether all is answer, tags and stop strings too: they may stand in a string of a JSON text.
    verbatim: bool,
}

impl Text {
    fn new(writing: &Writing) -> Text {
        Text {
            detokenizer: Detokenizer::default(),
            thinking: Thinking::new(writing.thinking),
            stop: StopStrings::new(&writing.stop),
            stopped: false,
            verbatim: writing.constraint.is_some(),
        }
    }

    /// Takes the bytes of a token; whether a stop string was met.
    fn push(&mut self, bytes: &[u8], tell: &mut impl FnMut(Delta)) -> bool {
        let text = self.detokenizer.push(bytes);
        if self.verbatim {
            if !text.is_empty() {
                tell(Delta::Text(text));
            }
            return false;
        }
        for delta in self.thinking.push(&text) {
            self.give(delta, tell);
        }
        self.stopped
    }

    /// Tells what was held back, unless a stop string was met.
    fn finish(&mut self, tell: &mut impl FnMut(Delta)) {
        for delta in self.thinking.finish() {
            self.give(delta, tell);
        }
        let held = self.stop.finish();
        if !self.stopped && !held.is_empty() {
            tell(Delta::Text(held));
        }
    }

    /// Stop strings end the answer only; reasoning passes.
    fn give(&mut self, delta: Delta, tell: &mut impl FnMut(Delta)) {
        match delta {
            Delta::Text(_) if self.stopped => {}
            Delta::Text(text) => {
                let (text, met) = self.stop.push(&text);
                self.stopped |= met;
                if !text.is_empty() {
                    tell(Delta::Text(text));
                }
            }
            other => tell(other),
        }
    }
}
