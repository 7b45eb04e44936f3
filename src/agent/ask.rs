//! One call of a role, ready to be rendered and sent.
//!
//! A conversation has four messages, so that a small model hears itself take the side before it is given its task:
//! profile and rules, knowledge, the side's own stand, and last the workflow and the form of the answer. The first
//! three are the same for all roles of a speech; a model that keeps its prefix reads them once.

use serde_json::Value;

use crate::agent::brief::Brief;
use crate::agent::fit::fit;
use crate::domain::team::{Role, RoleSpec};
use crate::model::chat::{ChatRequest, Message, MessageRole, Sampling};
use crate::text::language::Language;

/// Tokens for a word of English, rounded up.
const TOKENS_PER_WORD: f64 = 1.5;

/// Room for a form that is not quite the one asked for.
const SLACK_TOKENS: usize = 40;

/// Tokens that a chat template spends on one message.
const MESSAGE_TOKENS: usize = 8;

/// One call of a role.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    pub role: Role,
    /// How many drafts the Reviewer had sent back.
    pub revision: u32,
    /// How many calls this role had in this speech and revision before.
    pub ask: u32,
    pub spec: RoleSpec,
    /// The most tokens of the answer, if the model's window has room for twice as many.
    pub max_tokens: u32,
    pub brief: Brief,
}

impl Ask {
    /// The request for a model whose `window` holds so many tokens of prompt and answer together. `count` counts the
    /// tokens of a text, `render` renders a template by name. `nonce` is that of the fences, the same for all calls of a
    /// speech: whatever they hold was written before the speech began. Material that does not fit is shortened, oldest first, and marked; what cannot be shortened is left to the model to refuse.
    ///
    /// # Errors
    /// Those of `render`.
    pub fn request<E>(
        &self,
        seed: u64,
        nonce: u64,
        window: usize,
        count: &dyn Fn(&str) -> usize,
        render: &dyn Fn(&str, &Value) -> Result<String, E>,
    ) -> Result<ChatRequest, E> {
        let max_tokens = (self.max_tokens as usize).min((window / 2).max(1));
        let budget = window.saturating_sub(max_tokens);
        let measure = |brief: &Brief| {
            let messages = self.messages(brief, nonce, render)?;
            Ok(messages.iter().map(|message| count(&message.content) + MESSAGE_TOKENS).sum())
        };
        let brief = fit(&self.brief, budget, measure)?;
        Ok(ChatRequest {
            messages: self.messages(&brief, nonce, render)?,
            max_tokens: u32::try_from(max_tokens).unwrap_or(u32::MAX),
            sampling: Sampling {
                temperature: self.spec.temperature,
                top_p: self.spec.top_p,
                repetition_penalty: self.spec.repetition_penalty,
                seed,
            },
            stop: Vec::new(),
            schema: None,
        })
    }

    fn messages<E>(
        &self,
        brief: &Brief,
        nonce: u64,
        render: &dyn Fn(&str, &Value) -> Result<String, E>,
    ) -> Result<Vec<Message>, E> {
        let context = brief.context(nonce);
        let folder = Language::of(&brief.motion.text).prompts("agent");
        let turns = [
            (MessageRole::System, "system"),
            (MessageRole::User, "knowledge"),
            (MessageRole::Assistant, "stand"),
            (MessageRole::User, self.role.name()),
        ];
        let message = |(role, template): (MessageRole, &str)| {
            let content = render(&format!("{folder}/{template}"), &context)?;
            Ok(Message { role, content: content.trim().to_owned() })
        };
        turns.into_iter().map(message).collect()
    }
}

/// The most tokens of an answer that is to have at most `words` words.
#[must_use]
pub fn tokens_for(words: usize) -> u32 {
    let tokens = (words as f64 * TOKENS_PER_WORD).ceil() as usize + SLACK_TOKENS;
    u32::try_from(tokens).unwrap_or(u32::MAX)
}
