//! One call of a judge, made: rendered, sent to its model, and read.

use std::collections::BTreeMap;

use crate::assets::Prompts;
use crate::domain::ballot::Answer;
use crate::domain::opening::JudgeSeat;
use crate::domain::usage::Usage;
use crate::engine::call::{CallSite, dollars};
use crate::engine::error::EngineError;
use crate::engine::stored::stored;
use crate::judge::{CallKind, JudgeCall, LabelAsk, Prompt, ReplyAsk, Writing};
use crate::model::registry::OpenModel;
use crate::model::{ChatRequest, LabelQuestion, LabelRequest, LabelScores, Message, MessageRole, ModelError, Sampling};
use crate::store::StoredRequest;

/// Calls of one judge at the same time. A local model takes them in turn.
pub const CALLS_AT_ONCE: usize = 4;

/// The open models of a judge, in the order of its seat. Never empty.
pub struct Members(Vec<OpenModel>);

impl Members {
    /// The models of a seat, out of those that are open.
    ///
    /// # Errors
    /// One of them is not open, which a log written elsewhere may cause.
    pub fn of(seat: &JudgeSeat, open: &BTreeMap<String, OpenModel>) -> Result<Members, EngineError> {
        let found = seat.models().map(|model| {
            let missing = || EngineError::Failed(format!("model {} is not open for this judge", model.name));
            open.get(&model.name).cloned().ok_or_else(missing)
        });
        Ok(Members(found.collect::<Result<_, _>>()?))
    }

    /// Whether all of them show probabilities.
    pub fn show_probabilities(&self) -> bool {
        self.0.iter().all(|model| model.scorer.is_some())
    }

    /// Whether all of them tell how likely whole texts are: endpoints show the likeliest words only.
    pub fn weigh_texts(&self) -> bool {
        self.0.iter().all(|model| model.scorer.as_ref().is_some_and(|scorer| scorer.weighs_texts()))
    }

    /// Whether all of them write.
    pub fn write(&self) -> bool {
        self.0.iter().all(|model| model.chat.is_some())
    }

    /// Tokens of a text, as the model counts them that needs the most.
    pub fn count_tokens(&self, text: &str) -> usize {
        let count = |model: &OpenModel| model.chat.as_ref().map_or(text.len() / 3, |chat| chat.count_tokens(text));
        self.0.iter().map(count).max().unwrap_or(0)
    }

    /// What so many tokens may cost: at the dearest model, since any may be asked.
    pub fn dollars(&self, prompt: u64, completion: u64) -> f64 {
        let usage = Usage { prompt_tokens: prompt, completion_tokens: completion, ..Usage::default() };
        self.0.iter().map(|model| dollars(&model.card, &usage)).fold(0.0, f64::max)
    }

    /// The model that a call is for.
    ///
    /// # Errors
    /// The plan of another panel asked for it.
    pub fn get(&self, member: usize) -> Result<&OpenModel, EngineError> {
        self.0.get(member).ok_or_else(|| EngineError::Failed(format!("the judge has no model {}", member + 1)))
    }
}

/// What a call brought, and the request behind it.
pub struct Consulted {
    pub answer: Answer,
    pub request: StoredRequest,
    pub usage: Usage,
}

/// A call as its model gets it.
pub enum Request {
    Chat(ChatRequest),
    /// The answer holds the log-probability of every label.
    Labels(LabelRequest),
    /// The answer holds the mean log-probability of a token of every label: a user's turn, never an assistant's.
    Replies(LabelRequest),
}

impl Request {
    /// Renders a call.
    ///
    /// # Errors
    /// A template of the judge's is broken.
    pub fn of(call: &JudgeCall, prompts: &Prompts, seed: u64) -> Result<Request, EngineError> {
        Ok(match &call.kind {
            CallKind::Write(writing) => Request::Chat(writing_request(prompts, writing, seed)?),
            CallKind::Labels(asks) => Request::Labels(label_request(prompts, asks)?),
            CallKind::Replies(ask) => Request::Replies(reply_request(prompts, ask)?),
        })
    }

    /// As the store keeps it.
    ///
    /// # Errors
    /// A number in it is not finite.
    pub fn stored(&self) -> Result<StoredRequest, EngineError> {
        match self {
            Request::Chat(request) => stored(request),
            Request::Labels(request) | Request::Replies(request) => stored(request),
        }
    }

    /// Sends it. `None` means that it was stopped; a call that is stopped leaves nothing.
    ///
    /// # Errors
    /// The model failed or shows no probabilities, or a ceiling would be passed.
    pub async fn send(self, model: &OpenModel, site: CallSite<'_>) -> Result<Option<(Answer, Usage)>, EngineError> {
        if site.cancel.is_cancelled() {
            return Ok(None);
        }
        match self {
            Request::Chat(request) => {
                let said = site.chat(model.chat()?, &request).await?;
                Ok((!said.cancelled).then_some((Answer::Text(said.text), said.usage)))
            }
            Request::Labels(request) => {
                let read = read(request, model, site).await?;
                Ok(read.map(|scores| (Answer::Labels(scores.log_probabilities.concat()), scores.usage)))
            }
            Request::Replies(request) => Ok(read(request, model, site).await?.map(|scores| {
                let (sums, counts) = (scores.log_probabilities.concat(), scores.tokens.concat());
                let means = sums.iter().zip(counts).map(|(sum, tokens)| sum / f64::from(tokens.max(1)));
                (Answer::Labels(means.collect()), scores.usage)
            })),
        }
    }
}

/// Makes one call of a judge. `None` means that it was stopped.
///
/// # Errors
/// A template is broken, the model failed or shows no probabilities, or a ceiling would be passed.
pub async fn consult(
    call: &JudgeCall,
    members: &Members,
    prompts: &Prompts,
    seed: u64,
    site: CallSite<'_>,
) -> Result<Option<Consulted>, EngineError> {
    let sent = Request::of(call, prompts, seed)?;
    let request = sent.stored()?;
    let said = sent.send(members.get(call.member)?, site).await?;
    Ok(said.map(|(answer, usage)| Consulted { answer, request, usage }))
}

/// Reads probabilities. `None` means that it was stopped.
async fn read(
    request: LabelRequest,
    model: &OpenModel,
    site: CallSite<'_>,
) -> Result<Option<LabelScores>, EngineError> {
    let scorer = model.scorer.as_ref().ok_or_else(|| ModelError::NoProbabilities {
        model: model.card.name.clone(),
        labels: request.questions.iter().flat_map(|question| &question.labels).cloned().collect::<Vec<_>>().join(", "),
    })?;
    site.labels(&model.card, scorer, request).await
}

fn writing_request(prompts: &Prompts, writing: &Writing, seed: u64) -> Result<ChatRequest, EngineError> {
    Ok(ChatRequest {
        messages: messages(prompts, &writing.prompt)?,
        max_tokens: writing.max_tokens,
        sampling: Sampling {
            temperature: writing.temperature,
            top_p: 1.0,
            repetition_penalty: writing.repetition_penalty,
            seed,
        },
        stop: Vec::new(),
        schema: writing.schema.clone(),
    })
}

/// The request for the probabilities that a judge wants.
///
/// # Errors
/// A template of the judge's is broken.
pub fn label_request(prompts: &Prompts, asks: &[LabelAsk]) -> Result<LabelRequest, EngineError> {
    let question = |ask: &LabelAsk| {
        let messages = messages(prompts, &ask.prompt)?;
        let turn = MessageRole::Assistant;
        Ok(LabelQuestion { messages, lead: ask.lead.clone(), labels: ask.labels.clone(), turn })
    };
    Ok(LabelRequest { questions: asks.iter().map(question).collect::<Result<_, EngineError>>()? })
}

/// What an audience says next: nobody told the model to judge.
fn reply_request(prompts: &Prompts, ask: &ReplyAsk) -> Result<LabelRequest, EngineError> {
    let asked = prompts.render(ask.prompt.user, &ask.prompt.context)?;
    let messages = vec![Message::user(asked.trim()), Message::assistant(ask.said.trim())];
    let turn = MessageRole::User;
    let question = LabelQuestion { messages, lead: String::new(), labels: ask.replies.clone(), turn };
    Ok(LabelRequest { questions: vec![question] })
}

fn messages(prompts: &Prompts, prompt: &Prompt) -> Result<Vec<Message>, EngineError> {
    let system = prompts.render(prompt.system, &prompt.context)?;
    Ok(vec![Message::system(system.trim()), Message::user(prompts.render(prompt.user, &prompt.context)?.trim())])
}
