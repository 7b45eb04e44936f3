//! The shapes of the protocol that are read. Every field may be absent, and what is not named here is skipped.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use crate::domain::usage::Usage;

/// One event of a stream. Borrowed from the bytes that were read, because there is one for each token.
#[derive(Debug, Default, Deserialize)]
pub struct Chunk<'a> {
    #[serde(borrow, default, rename = "choices", deserialize_with = "first")]
    pub choice: Option<ChunkChoice<'a>>,
    #[serde(default)]
    pub usage: Option<WireUsage>,
    #[serde(default)]
    pub error: Option<serde_json::Value>,
    #[serde(default)]
    pub prompt_progress: Option<PromptProgress>,
}

/// The first choice of an event; no more than one is ever asked for.
#[derive(Debug, Default, Deserialize)]
pub struct ChunkChoice<'a> {
    #[serde(borrow, default)]
    pub delta: Option<ChunkDelta<'a>>,
    #[serde(borrow, default)]
    pub finish_reason: Option<Text<'a>>,
}

/// New text. Reasoning has two names in the wild.
#[derive(Debug, Default, Deserialize)]
pub struct ChunkDelta<'a> {
    #[serde(borrow, default)]
    pub content: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub reasoning_content: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub reasoning: Option<Text<'a>>,
}

/// A string, borrowed where it holds no escapes. (`Option<Cow>` itself is never borrowed by serde.)
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// How far the prompt is read, as llama.cpp tells it.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct PromptProgress {
    pub total: usize,
    pub processed: usize,
}

/// An answer that came whole.
#[derive(Debug, Deserialize)]
pub struct Answer {
    #[serde(default)]
    pub choices: Vec<AnswerChoice>,
    #[serde(default)]
    pub usage: Option<WireUsage>,
}

#[derive(Debug, Deserialize)]
pub struct AnswerChoice {
    #[serde(default)]
    pub message: AnswerMessage,
    #[serde(default)]
    pub finish_reason: Option<String>,
    #[serde(default)]
    pub logprobs: Option<Logprobs>,
}

#[derive(Debug, Default, Deserialize)]
pub struct AnswerMessage {
    #[serde(default)]
    pub content: Option<String>,
    #[serde(default)]
    pub reasoning_content: Option<String>,
    #[serde(default)]
    pub reasoning: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Logprobs {
    #[serde(default)]
    pub content: Option<Vec<TokenLogprob>>,
}

/// A written token with its alternatives.
#[derive(Debug, Deserialize)]
pub struct TokenLogprob {
    #[serde(default)]
    pub top_logprobs: Vec<Alternative>,
}

/// A token that might have been written, and its natural log-probability.
#[derive(Debug, Deserialize)]
pub struct Alternative {
    pub token: String,
    /// Some servers write `null` for minus infinity.
    #[serde(default)]
    pub logprob: Option<f64>,
}

/// Token counts. `cost` is OpenRouter's, in dollars; `prompt_cache_hit_tokens` is DeepSeek's.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct WireUsage {
    #[serde(default)]
    pub prompt_tokens: Option<u64>,
    #[serde(default)]
    pub completion_tokens: Option<u64>,
    #[serde(default)]
    pub prompt_tokens_details: Option<PromptDetails>,
    #[serde(default)]
    pub prompt_cache_hit_tokens: Option<u64>,
    #[serde(default)]
    pub cost: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct PromptDetails {
    #[serde(default)]
    pub cached_tokens: Option<u64>,
}

impl WireUsage {
    /// The counts, where what is absent is taken from `estimate`. Dollars are the endpoint's own, if it gives them.
    #[must_use]
    pub fn usage(&self, estimate: Usage) -> Usage {
        let cached = self.prompt_tokens_details.and_then(|details| details.cached_tokens);
        Usage {
            prompt_tokens: self.prompt_tokens.unwrap_or(estimate.prompt_tokens),
            cached_tokens: cached.or(self.prompt_cache_hit_tokens).unwrap_or(0),
            completion_tokens: self.completion_tokens.unwrap_or(estimate.completion_tokens),
            dollars: self.cost.unwrap_or(0.0),
            milliseconds: 0,
        }
    }
}

/// The first element of a list, without a vector for the list.
fn first<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ChunkChoice<'a>>, D::Error> {
    struct First<'a>(std::marker::PhantomData<&'a ()>);

    impl<'de: 'a, 'a> Visitor<'de> for First<'a> {
        type Value = Option<ChunkChoice<'a>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of choices")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let first = list.next_element()?;
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(first)
        }
    }

    deserializer.deserialize_any(First(std::marker::PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_escapes_is_borrowed() {
        let chunk: Chunk<'_> = serde_json::from_slice(br#"{"choices":[{"delta":{"content":" motion"}}]}"#).unwrap();
        let text = chunk.choice.unwrap().delta.unwrap().content.unwrap().0;
        assert!(matches!(text, Cow::Borrowed(" motion")));
    }

    #[test]
    fn nulls_and_absences_are_the_same() {
        for json in [
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null,"logprobs":null}]}"#,
            r#"{"choices":[{"delta":null}],"usage":null,"error":null}"#,
            r#"{"choices":[]}"#,
            r#"{"choices":null}"#,
            r"{}",
        ] {
            let chunk: Chunk<'_> = serde_json::from_str(json).unwrap();
            let text = chunk.choice.and_then(|choice| choice.delta).and_then(|delta| delta.content);
            assert!(text.is_none() && chunk.usage.is_none() && chunk.error.is_none(), "{json}");
        }
    }

    #[test]
    fn cached_tokens_are_found_under_both_names() {
        let estimate = Usage { prompt_tokens: 5, completion_tokens: 6, ..Usage::default() };
        for json in [
            r#"{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":4}}"#,
            r#"{"prompt_tokens":9,"prompt_cache_hit_tokens":4}"#,
        ] {
            let usage = serde_json::from_str::<WireUsage>(json).unwrap().usage(estimate);
            assert_eq!((usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens), (9, 4, 6));
        }
    }
}
