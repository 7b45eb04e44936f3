//! What the prompts of a bench have in common: every distinct token once.

use crate::engine::judging::Tokens;
use crate::engine::judging::trial::{Call, Heard};
use crate::model::local::common;

/// The tokens of all prompts, each distinct one once, in sequences that can be read one after another.
#[derive(Debug, Default)]
pub struct Readings {
    /// Of calls over the transcript.
    pub loud: Vec<Vec<u32>>,
    /// What calls over a silent debate add.
    pub silent: Vec<Vec<u32>>,
}

impl Readings {
    /// Takes the prompts of all calls, those over the transcript first.
    #[must_use]
    pub fn of(heard: &[Heard]) -> Readings {
        let mut readings = Readings::default();
        let mut earlier: Vec<&[u32]> = Vec::new();
        let calls = || heard.iter().flat_map(|heard| &heard.calls);
        for call in calls().filter(|call| !call.is_silent()).chain(calls().filter(|call| call.is_silent())) {
            let sequences = if call.is_silent() { &mut readings.silent } else { &mut readings.loud };
            sequences.push(new_tokens(call.prompts.iter().map(|made| made.prompt.as_slice()), &mut earlier));
        }
        readings
    }

    /// Counts them, and what the model read of them.
    #[must_use]
    pub fn tokens(&self, heard: &[Heard]) -> Tokens {
        let calls = || heard.iter().flat_map(|heard| &heard.calls);
        let count = |sequences: &[Vec<u32>]| sequences.iter().map(Vec::len).sum::<usize>();
        let shared = |call: &Call| {
            let first = call.prompts.first().map(|made| made.prompt.as_slice()).unwrap_or_default();
            call.prompts.iter().map(|made| common(&made.prompt, first)).min().unwrap_or(0)
        };
        let transcript = calls().map(shared).max().unwrap_or(0);
        let usage = calls().map(|call| call.scores.usage);
        Tokens {
            transcript,
            questions: count(&self.loud).saturating_sub(transcript),
            silent: count(&self.silent),
            read: usage.map(|usage| usage.prompt_tokens - usage.cached_tokens).sum(),
            reread: calls().map(|call| call.scores.reread).sum(),
        }
    }
}

/// What prompts add to those before them, put together. They are put to the earlier ones.
fn new_tokens<'a>(prompts: impl Iterator<Item = &'a [u32]>, earlier: &mut Vec<&'a [u32]>) -> Vec<u32> {
    let mut tokens = Vec::new();
    for prompt in prompts {
        let known = earlier.iter().map(|other| common(other, prompt)).max().unwrap_or(0);
        tokens.extend(prompt.get(known..).unwrap_or_default());
        earlier.push(prompt);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_prompts_share_is_counted_once() {
        let mut earlier = Vec::new();
        let transcript: [&[u32]; 3] = [&[1, 2, 3, 4], &[1, 2, 3, 5, 6], &[1, 2, 3, 5, 7]];
        assert_eq!(new_tokens(transcript.into_iter(), &mut earlier), [1, 2, 3, 4, 5, 6, 7]);
        let silent: [&[u32]; 2] = [&[1, 9], &[1, 2, 3, 4]];
        assert_eq!(new_tokens(silent.into_iter(), &mut earlier), [9]);
    }
}
