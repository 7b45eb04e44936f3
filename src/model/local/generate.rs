//! Writes an answer: one token after another, until the model, a stop string, the limit or the caller ends it.

use candle_core::Result;

use crate::domain::usage::Usage;
use crate::model::chat::{Delta, Sampling, StopReason};
use crate::model::local::decoder::Decoder;
use crate::model::local::detokenizer::Detokenizer;
use crate::model::local::prefill::prefill;
use crate::model::local::sampler::Sampler;
use crate::model::local::slots::Slots;
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
    pub stop: Vec<String>,
}

/// Writes and tells the deltas, the last but for `Done`, which the caller adds. `go_on` is asked before every chunk and
/// every token.
///
/// # Errors
/// The decoder failed.
pub fn write(
    decoder: &Decoder,
    tokenizer: &Tokenizer,
    slots: &mut Slots,
    writing: &Writing,
    mut tell: impl FnMut(Delta),
    mut go_on: impl FnMut() -> bool,
) -> Result<StopReason> {
    let total = writing.prompt.len();
    let mut slot = slots.take(&writing.prompt, decoder.shape())?;
    let mut usage = Usage { prompt_tokens: total as u64, cached_tokens: slot.read.len() as u64, ..Usage::default() };
    let read = prefill(decoder, &mut slot, &writing.prompt, |done| {
        tell(Delta::Prefill { done, total });
        go_on()
    })?;
    let mut answer = Answer::new(writing);
    let mut reason = StopReason::Cancelled;
    let mut hidden = read;
    while let Some(row) = hidden.take() {
        let logits = decoder.logits(&row)?.squeeze(0)?.to_vec1::<f32>()?;
        let token = answer.sampler.draw(logits);
        usage.completion_tokens += 1;
        if tokenizer.ends(token) || answer.push(tokenizer.bytes(token), &mut tell) {
            reason = StopReason::End;
        } else if usage.completion_tokens >= writing.max_tokens as u64 {
            reason = StopReason::Length;
        } else if go_on() {
            hidden = Some(decoder.hidden(&[token], &mut slot.cache)?);
        }
    }
    answer.finish(&mut tell);
    tell(Delta::Usage(usage));
    slots.put_back(slot);
    Ok(reason)
}

/// The text side of an answer.
struct Answer {
    sampler: Sampler,
    detokenizer: Detokenizer,
    thinking: Thinking,
    stop: StopStrings,
    stopped: bool,
}

impl Answer {
    fn new(writing: &Writing) -> Answer {
        Answer {
            sampler: Sampler::new(writing.sampling),
            detokenizer: Detokenizer::default(),
            thinking: Thinking::new(writing.thinking),
            stop: StopStrings::new(&writing.stop),
            stopped: false,
        }
    }

    /// Takes the bytes of a token; whether a stop string was met.
    fn push(&mut self, bytes: &[u8], tell: &mut impl FnMut(Delta)) -> bool {
        let text = self.detokenizer.push(bytes);
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
