//! Makes a brief's calls: renders a prompt, sends it to the model, and books it.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::agent::stance::sentence;
use crate::domain::event::DebateId;
use crate::domain::motion::Motion;
use crate::engine::call::CallSite;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::ledger::Ledger;
use crate::engine::publish::Caller;
use crate::model::registry::OpenModel;
use crate::model::{ChatRequest, LabelQuestion, LabelRequest, Message, MessageRole, ModelError, Sampling};
use crate::text::fence::Fence;
use crate::text::hash::number_of;
use crate::text::language::Language;

/// Divides the likelihood of words that were written already: small models go round in circles without it.
const REPETITION: f64 = 1.15;

/// Who writes a brief.
pub(super) struct Author<'a> {
    engine: &'a EngineHandle,
    pub motion: &'a Motion,
    /// Where the prompts in the motion's language stand.
    prompts: String,
    model: OpenModel,
    ledger: Arc<Ledger>,
    cancel: CancellationToken,
}

/// A text that is wanted.
pub(super) struct Wanted<'a> {
    /// Names the call among those of the brief.
    pub call: String,
    pub prompt: &'a str,
    pub context: Value,
    /// Whether texts of others stand in the prompt.
    pub material: bool,
    pub tokens: u32,
    /// 0 takes the likeliest words.
    pub temperature: f64,
}

impl<'a> Author<'a> {
    pub fn new(
        engine: &'a EngineHandle,
        motion: &'a Motion,
        model: OpenModel,
        ledger: Arc<Ledger>,
        cancel: CancellationToken,
    ) -> Author<'a> {
        let prompts = Language::of(&motion.text).prompts("brief");
        Author { engine, motion, prompts, model, ledger, cancel }
    }

    pub fn model_name(&self) -> &str {
        &self.model.card.name
    }

    /// Whether the model shows probabilities.
    pub fn shows_probabilities(&self) -> bool {
        self.model.scorer.is_some()
    }

    /// The fence around a text. It is drawn from the text itself: nobody can write one that holds a hash of itself.
    pub fn fence(&self, text: &str) -> Fence {
        Fence::new(number_of(&[self.motion.text.as_bytes(), text.as_bytes()]))
    }

    /// What the model writes. `None` if it was stopped.
    ///
    /// # Errors
    /// A template is broken, the model failed, or a ceiling would be passed.
    pub async fn write(&self, wanted: Wanted<'_>) -> Result<Option<String>, EngineError> {
        if self.cancel.is_cancelled() {
            return Ok(None);
        }
        let Wanted { call, prompt, context, material, tokens, temperature } = wanted;
        let seed = number_of(&[self.motion.text.as_bytes(), call.as_bytes()]);
        let request = ChatRequest {
            messages: self.messages(prompt, context, material)?,
            max_tokens: tokens,
            sampling: Sampling { temperature, top_p: 0.9, repetition_penalty: REPETITION, seed },
            stop: Vec::new(),
            schema: None,
        };
        let caller = Caller::Watcher { speeches: 0, call };
        let said = self.site(&caller).chat(self.model.chat()?, &request).await?;
        Ok((!said.cancelled).then_some(said.text))
    }

    /// The log-probabilities of the labels of each question, all behind prompts that begin alike. `None` if it was stopped.
    ///
    /// # Errors
    /// A template is broken, the model failed or shows no probabilities, or a ceiling would be passed.
    pub async fn labels(
        &self,
        call: String,
        prompt: &str,
        contexts: Vec<Value>,
        labels: &[&str],
    ) -> Result<Option<Vec<Vec<f64>>>, EngineError> {
        if self.cancel.is_cancelled() {
            return Ok(None);
        }
        let labels: Vec<String> = labels.iter().map(|&label| label.to_owned()).collect();
        let question = |context| {
            let messages = self.messages(prompt, context, true)?;
            let (lead, labels, turn) = (String::new(), labels.clone(), MessageRole::Assistant);
            Ok(LabelQuestion { messages, lead, labels, turn })
        };
        let questions = contexts.into_iter().map(question).collect::<Result<_, EngineError>>()?;
        let caller = Caller::Watcher { speeches: 0, call };
        let missing = || ModelError::NoProbabilities { model: self.model_name().to_owned(), labels: labels.join(", ") };
        let scorer = self.model.scorer.as_ref().ok_or_else(missing)?;
        let scores = self.site(&caller).labels(&self.model.card, scorer, LabelRequest { questions }).await?;
        Ok(scores.map(|scores| scores.log_probabilities))
    }

    /// A brief is no debate, so its calls belong to none.
    fn site<'b>(&'b self, caller: &'b Caller) -> CallSite<'b> {
        static NONE: DebateId = DebateId(String::new());
        CallSite {
            debate: &NONE,
            caller,
            publisher: self.engine.publisher(),
            ledger: &self.ledger,
            cancel: &self.cancel,
        }
    }

    /// The system's words and the user's. Every prompt may name the motion.
    fn messages(&self, prompt: &str, mut context: Value, material: bool) -> Result<Vec<Message>, EngineError> {
        if let Value::Object(fields) = &mut context {
            fields.insert("motion".to_owned(), Value::from(sentence(&self.motion.text)));
        }
        let system = self.words("system", json!({ "material": material }))?;
        Ok(vec![Message::system(system), Message::user(self.words(prompt, context)?)])
    }

    /// A prompt, or a part of one, in the motion's language.
    ///
    /// # Errors
    /// The template is broken.
    pub fn words(&self, prompt: &str, context: Value) -> Result<String, EngineError> {
        let rendered =
            self.engine.queries().library.prompts().render(&format!("{}/{prompt}", self.prompts), context)?;
        Ok(rendered.trim().to_owned())
    }
}
