//! Conversations to tokens: template and tokenizer of one model together.

use std::sync::Arc;

use crate::model::chat::{Message, MessageRole};
use crate::model::error::ModelError;
use crate::model::local::embed::Passage;
use crate::model::local::score::Continuations;
use crate::model::local::template::Template;
use crate::model::local::tokenizer::{Piece, Tokenizer};
use crate::model::scorer::LabelQuestion;

/// Makes the prompts of one model.
pub struct Prompter {
    model: String,
    tokenizer: Arc<Tokenizer>,
    /// Nothing if the file has none; the reason if it does not compile.
    template: Option<Result<Template, String>>,
}

impl Prompter {
    /// `template` is nothing if the model has none, or the reason why it does not compile.
    #[must_use]
    pub fn new(model: &str, tokenizer: Arc<Tokenizer>, template: Option<Result<Template, String>>) -> Prompter {
        Prompter { model: model.to_owned(), tokenizer, template }
    }

    /// Whether there is a template that compiles.
    #[must_use]
    pub fn can_chat(&self) -> bool {
        matches!(self.template, Some(Ok(_)))
    }

    /// The tokens of a conversation, and whether its end already opens the reasoning of the answer.
    ///
    /// # Errors
    /// There is no template, or it refuses the messages.
    pub fn chat(&self, messages: &[Message]) -> Result<(Vec<u32>, bool), ModelError> {
        let (pieces, thinking) = self.conversation(messages)?;
        Ok((self.encode(&pieces)?, thinking))
    }

    /// The tokens of a conversation whose answer has no reasoning: what its end opens is closed, with nothing inside.
    ///
    /// # Errors
    /// As [`Prompter::chat`].
    pub fn form(&self, messages: &[Message]) -> Result<Vec<u32>, ModelError> {
        let (mut pieces, thinking) = self.conversation(messages)?;
        if let Some(Piece::Template(end)) = pieces.last_mut().filter(|_| thinking) {
            *end = format!("{}\n\n</think>\n\n", end.trim_end());
        }
        self.encode(&pieces)
    }

    /// The parts of a conversation, and whether its end opens the reasoning of the answer.
    fn conversation(&self, messages: &[Message]) -> Result<(Vec<Piece>, bool), ModelError> {
        let Some(template) = &self.template else { return Err(ModelError::NoTemplate { model: self.model.clone() }) };
        let pieces = self.render(template, messages)?;
        let thinking = matches!(pieces.last(), Some(Piece::Template(end)) if end.trim_end().ends_with("<think>"));
        Ok((pieces, thinking))
    }

    /// The tokens of a conversation whose answer begins with `lead`. Without a template the messages stand one after
    /// the other, an empty line between them.
    ///
    /// # Errors
    /// The template refuses the messages.
    pub fn scoring(&self, messages: &[Message], lead: &str) -> Result<Vec<u32>, ModelError> {
        let mut pieces = match &self.template {
            Some(template) => self.render(template, messages)?,
            None => messages.iter().map(|message| Piece::Content(format!("{}\n\n", message.content))).collect(),
        };
        pieces.push(Piece::Content(lead.to_owned()));
        self.encode(&pieces)
    }

    /// The tokens of a question and of each of its labels.
    ///
    /// # Errors
    /// As [`Prompter::scoring`]; or a label has no tokens of its own.
    pub fn continuations(&self, question: &LabelQuestion) -> Result<Continuations, ModelError> {
        let prompt = self.so_far(question, &question.lead)?;
        let with = |label: &String| self.so_far(question, &format!("{}{label}", question.lead));
        let with_labels = question.labels.iter().map(with).collect::<Result<Vec<_>, _>>()?;
        let made = Continuations::new(&prompt, &with_labels);
        if made.prompt.is_empty() || made.labels.iter().any(Vec::is_empty) {
            let labels = question.labels.join(", ");
            return Err(ModelError::NoProbabilities { model: self.model.clone(), labels });
        }
        Ok(made)
    }

    /// The tokens of a conversation whose last turn has begun with `text`.
    fn so_far(&self, question: &LabelQuestion, text: &str) -> Result<Vec<u32>, ModelError> {
        let Some(template) = self.template.as_ref().filter(|_| question.turn != MessageRole::Assistant) else {
            return self.scoring(&question.messages, text);
        };
        // Templates trim what somebody says. White space at its beginning could make one token with the end of the
        // header, which would count.
        let text = text.trim_start();
        let mut messages = question.messages.clone();
        messages.push(Message { role: question.turn, content: text.to_owned() });
        let mut pieces = self.render(template, &messages)?;
        // What ends the turn is not said yet.
        let said = |piece: &Piece| matches!(piece, Piece::Content(content) if content == text);
        let kept = pieces.iter().rposition(said).map_or(pieces.len(), |last| last + 1);
        pieces.truncate(kept);
        self.encode(&pieces)
    }

    /// The tokens of plain text.
    ///
    /// # Errors
    /// The tokenizer failed.
    pub fn plain(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        self.tokenizer.encode(text).map_err(|reason| self.failed(reason))
    }

    /// The tokens of a text behind those of `before`, with the token that prompts begin with if the model wants one.
    /// Only the first `limit` are kept.
    ///
    /// The first token of a sequence has states that are hundreds of times as long as others and say nothing of the text
    /// (Sun et al. 2024), so it never belongs to the text: where nothing else stands before it, a line break does.
    ///
    /// # Errors
    /// The tokenizer failed.
    pub fn passage(&self, before: &str, text: &str, limit: usize) -> Result<Passage, ModelError> {
        let pieces = [before, text].map(|text| Piece::Content(text.to_owned()));
        let mut tokens = self.encode(&pieces)?;
        // The end of `before` and the beginning of the text may make one token, which belongs to the text.
        let alone = self.encode(&pieces[..1])?;
        let mut before = tokens.iter().zip(&alone).take_while(|(a, b)| a == b).count();
        if before == 0 {
            let line_break = self.plain("\n")?;
            before = line_break.len();
            tokens.splice(0..0, line_break);
        }
        let left_out = tokens.len().saturating_sub(limit);
        tokens.truncate(limit);
        Ok(Passage { tokens, before, left_out })
    }

    fn render(&self, template: &Result<Template, String>, messages: &[Message]) -> Result<Vec<Piece>, ModelError> {
        let refused = |reason: &String| ModelError::Template { model: self.model.clone(), reason: reason.clone() };
        template.as_ref().map_err(refused)?.render(messages).map_err(|reason| refused(&reason))
    }

    fn encode(&self, pieces: &[Piece]) -> Result<Vec<u32>, ModelError> {
        self.tokenizer.encode_prompt(pieces).map_err(|reason| self.failed(reason))
    }

    fn failed(&self, reason: String) -> ModelError {
        ModelError::Inference { model: self.model.clone(), reason }
    }
}
