//! The bench: runs a judge's plan until it returns a ballot or is void.

use futures::stream::{self, StreamExt, TryStreamExt};

use crate::assets::Prompts;
use crate::domain::ballot::{Answer, JudgeSaid};
use crate::domain::machine::Input;
use crate::engine::call::CallSite;
use crate::engine::error::EngineError;
use crate::engine::publish::Caller;
use crate::engine::running::Running;
use crate::engine::seed::call_seed;
use crate::engine::stored::stored;
use crate::judge::plan::Sitting;
use crate::judge::{CallKind, JudgeCall, LabelAsk, MasterKeys, Next, Plan, Prompt, Transcript, Writing};
use crate::model::registry::OpenModel;
use crate::model::{ChatRequest, LabelQuestion, LabelRequest, Message, ModelError, Sampling};

/// Calls of one judge at the same time. A local model takes them in turn.
pub const CALLS_AT_ONCE: usize = 4;

/// Runs one judge. Returns early, with what was said so far recorded, when the debate is held.
///
/// # Errors
/// A model failed, a ceiling would be passed, or the store cannot keep an answer.
pub async fn judge(debate: &Running, judge: usize) -> Result<(), EngineError> {
    let seat = debate
        .opening
        .judges
        .get(judge)
        .ok_or_else(|| EngineError::Failed(format!("there is no judge {}", judge + 1)))?;
    let model = debate.model(&seat.model.name)?;
    let transcript = debate.look(Transcript::of).await.ok_or(EngineError::Gone)?;
    let master_keys = MasterKeys::parse(&debate.library.text("judges/master-keys.txt")?.text);
    let count = |text: &str| model.chat.as_ref().map_or(text.len() / 3, |chat| chat.count_tokens(text));
    let plan = Plan::new(&Sitting {
        judge: seat,
        participants: &debate.opening.participants,
        transcript: &transcript,
        master_keys: &master_keys,
        root_seed: debate.opening.root_seed,
        probabilities: model.scorer.is_some(),
        count_tokens: &count,
    });
    loop {
        if debate.is_held().await {
            return Ok(());
        }
        let said =
            debate.look(|state| state.judging.get(judge).map(|judging| judging.said.clone())).await.unwrap_or_default();
        match plan.next(&said) {
            Next::Ask(calls) => {
                let answers = stream::iter(calls).map(|call| ask(debate, judge, model, call));
                answers.buffer_unordered(CALLS_AT_ONCE).try_collect::<Vec<()>>().await?;
            }
            Next::Ballot(ballot) => return debate.record(Input::Ballot { judge, ballot }, Vec::new()).await,
            Next::Void { reason } => return debate.record(Input::Void { judge, reason }, Vec::new()).await,
        }
    }
}

/// Makes one call and records what it said. A call that is stopped leaves nothing.
async fn ask(debate: &Running, judge: usize, model: &OpenModel, call: JudgeCall) -> Result<(), EngineError> {
    if debate.cancel.is_cancelled() {
        return Ok(());
    }
    let caller = Caller::Judge { judge, call: call.call.clone() };
    let site = CallSite {
        debate: &debate.id,
        caller: &caller,
        publisher: &debate.publisher,
        ledger: &debate.ledger,
        cancel: &debate.cancel,
    };
    let (answer, request, usage) = match &call.kind {
        CallKind::Write(writing) => {
            let request = writing_request(debate, writing, call_seed(debate.opening.root_seed, &caller, call.ask))?;
            let said = site.chat(model.chat()?, &request).await?;
            if said.cancelled {
                return Ok(());
            }
            (Answer::Text(said.text), stored(&request)?, said.usage)
        }
        CallKind::Labels(asks) => {
            let request = label_request(debate.library.prompts(), asks)?;
            let stored = stored(&request)?;
            let scorer = model.scorer.as_ref().ok_or_else(|| ModelError::NoProbabilities {
                model: model.card.name.clone(),
                labels: asks.iter().flat_map(|ask| &ask.labels).cloned().collect::<Vec<_>>().join(", "),
            })?;
            let Some(scores) = site.labels(&model.card, scorer, request).await? else { return Ok(()) };
            (Answer::Labels(scores.log_probabilities.concat()), stored, scores.usage)
        }
    };
    let JudgeCall { call, ask, .. } = call;
    let said = JudgeSaid { judge, call, ask, answer, request: request.hash.clone(), usage };
    debate.record(Input::JudgeSaid(said), vec![request]).await
}

fn writing_request(debate: &Running, writing: &Writing, seed: u64) -> Result<ChatRequest, EngineError> {
    Ok(ChatRequest {
        messages: messages(debate.library.prompts(), &writing.prompt)?,
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
        Ok(LabelQuestion { messages, lead: ask.lead.clone(), labels: ask.labels.clone() })
    };
    Ok(LabelRequest { questions: asks.iter().map(question).collect::<Result<_, EngineError>>()? })
}

fn messages(prompts: &Prompts, prompt: &Prompt) -> Result<Vec<Message>, EngineError> {
    let system = prompts.render(prompt.system, &prompt.context)?;
    Ok(vec![Message::system(system.trim()), Message::user(prompts.render(prompt.user, &prompt.context)?.trim())])
}
