//! Prepares one speech: runs the team's pipeline step by step and records each step before the next.

use serde_json::{Value, json};

use crate::agent::{Ask, Draft, Pipeline, Setup, Step};
use crate::domain::debate::Debate;
use crate::domain::evidence::EvidenceItem;
use crate::domain::format::Slot;
use crate::domain::machine::Input;
use crate::domain::seat::{Seat, Visibility};
use crate::domain::speech::{EvidenceFound, QueryRun, RoleSaid, Speech, Work};
use crate::domain::team::Role;
use crate::engine::call::Said;
use crate::engine::civility::appraise;
use crate::engine::error::EngineError;
use crate::engine::publish::Caller;
use crate::engine::router::model_for;
use crate::engine::running::Running;
use crate::engine::seed::{call_seed, speech_nonce};
use crate::engine::stored::stored;
use crate::engine::weigh::weigh;
use crate::evidence::query_score::QueryScore;
use crate::evidence::verify;
use crate::text::fence::Fence;
use crate::text::language::Language;

/// Passages that one query may add to a bag.
const PASSAGES_PER_QUERY: usize = 3;

/// Runs a team until its speech is delivered. Returns early, with the finished steps recorded, when the debate is held.
///
/// # Errors
/// A model failed, a ceiling would be passed, or the store cannot keep a step.
pub async fn speak(debate: &Running, speech: usize) -> Result<(), EngineError> {
    let slot = debate.look(|state| state.slots.get(speech).copied()).await;
    let slot = slot.ok_or_else(|| EngineError::Failed(format!("the format has no speech {}", speech + 1)))?;
    let setup = debate.look(|state| Setup::of(state, slot)).await.ok_or(EngineError::Gone)?;
    loop {
        if debate.is_held().await {
            return Ok(());
        }
        let step = debate.look(|state| Pipeline::new(&setup, state.work_on(speech)).next()).await;
        match step {
            Step::Ask(ask) => role(debate, slot, &ask).await?,
            Step::Search { queries } => search(debate, slot, queries).await?,
            Step::Appraise { text, draft } => appraise(debate, slot, &text, draft.as_deref()).await?,
            Step::Weigh { revision, drafts } => weigh(debate, slot, revision, &drafts).await?,
            Step::Review(review) => debate.record(Input::Work(Work::Review(review)), Vec::new()).await?,
            Step::Deliver(draft) => return deliver(debate, slot, draft).await,
            Step::Fail { reason } => return Err(EngineError::Failed(reason)),
        }
    }
}

/// Asks one role and records its answer, or its partial text if it was stopped.
async fn role(debate: &Running, slot: Slot, ask: &Ask) -> Result<(), EngineError> {
    let participant = debate.opening.participant(slot.seat).ok_or(EngineError::Gone)?;
    let resolved = model_for(debate, participant, slot, ask).await?;
    let caller = Caller::Role {
        speech: slot.index,
        seat: slot.seat,
        side: slot.side,
        role: ask.role,
        revision: ask.revision,
        ask: ask.ask,
    };
    let seed = call_seed(debate.opening.root_seed, &caller, ask.ask);
    let nonce = speech_nonce(debate.opening.root_seed, slot.index);
    let prompts = debate.library.prompts();
    let render = |name: &str, context: &Value| prompts.render(name, context);
    let site = debate.site(&caller);
    let (request, said) = if resolved.is_person() {
        // What the person knew is kept as a model's request is.
        let request = ask.request(seed, nonce, resolved.context, &str::len, &render)?;
        let place = (slot.index, ask.role);
        let answer = debate.desk.wait(place, debate.desk.expect(place), &debate.cancel);
        let Some(text) = site.person(answer).await else { return Ok(()) };
        (request, Said { text, ..Said::default() })
    } else {
        let model = debate.model(&resolved.name)?.chat()?;
        let count = |text: &str| model.count_tokens(text);
        let known = known(debate, slot, ask.role, nonce)?;
        let window = model.card().context.saturating_sub(count(&known));
        let mut request = ask.request(seed, nonce, window, &count, &render)?;
        if let Some(task) = request.messages.last_mut().filter(|_| !known.is_empty()) {
            task.content.push_str(&format!("\n\n{known}"));
        }
        let said = site.chat(model, &request).await?;
        (request, said)
    };
    if said.cancelled {
        let input = Input::Interrupt { speech: slot.index, role: ask.role, partial: said.text };
        return debate.record(input, Vec::new()).await;
    }
    let request = stored(&request)?;
    let said = RoleSaid {
        speech: slot.index,
        seat: slot.seat,
        side: slot.side,
        role: ask.role,
        revision: ask.revision,
        ask: ask.ask,
        text: said.text,
        reasoning: said.reasoning,
        model: resolved.name.clone(),
        request: request.hash.clone(),
        usage: said.usage,
        visible_to: Visibility::Seats(vec![slot.seat]),
    };
    debate.record(Input::Work(Work::Role(said)), vec![request]).await
}

/// What who plans and writes is told of a person on the other side; empty where nobody wanted that.
fn known(debate: &Running, slot: Slot, role: Role, nonce: u64) -> Result<String, EngineError> {
    let Some(details) = debate.known.get(&slot.side.opponent()) else { return Ok(String::new()) };
    if details.is_empty() || !matches!(role, Role::Analyzer | Role::Writer) {
        return Ok(String::new());
    }
    let told: Vec<String> = details.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let template = format!("{}/opponent", Language::of(&debate.opening.motion.text).prompts("agent"));
    let details = Fence::new(nonce).wrap("about the other side", &told.join("\n"));
    Ok(debate.library.prompts().render(&template, json!({ "details": details }))?.trim().to_owned())
}

/// Runs queries one by one. What a side has already is not put into its bag again.
async fn search(debate: &Running, slot: Slot, queries: Vec<String>) -> Result<(), EngineError> {
    let Slot { index: speech, seat, side, .. } = slot;
    for query in queries {
        let found = match &debate.evidence {
            Some(base) => tokio::select! {
                found = base.search(&query, PASSAGES_PER_QUERY) => found?,
                // A search of the web may take its time.
                () = debate.cancel.cancelled() => return Ok(()),
            },
            None => Vec::new(),
        };
        let hits = found.len();
        let before: Vec<String> = debate.look(|state| asked(state, seat)).await;
        let best = found.first().map(|passage| passage.text.as_str());
        let QueryScore { form, correct } = QueryScore::of(&query, &debate.opening.motion.text, &before, best);
        let bag: Vec<EvidenceItem> = debate.look(|state| state.bags.get(&seat).cloned()).await.unwrap_or_default();
        let fresh = found.into_iter().filter(|passage| bag.iter().all(|item| item.source != passage.source));
        let items: Vec<EvidenceItem> =
            fresh.zip(bag.len() + 1..).map(|(passage, number)| passage.labelled(format!("E{number}"))).collect();
        if !items.is_empty() {
            let found = EvidenceFound { speech, seat, side, items };
            debate.record(Input::Work(Work::Evidence(found)), Vec::new()).await?;
        }
        let run = QueryRun { speech, seat, side, query, hits, form: Some(form), correct: Some(correct) };
        debate.record(Input::Work(Work::Query(run)), Vec::new()).await?;
    }
    Ok(())
}

/// The queries of a seat so far.
fn asked(state: &Debate, seat: Seat) -> Vec<String> {
    let runs = state.work.values().flatten().filter_map(|work| match work {
        Work::Query(run) if run.seat == seat => Some(run.query.clone()),
        _ => None,
    });
    runs.collect()
}

async fn deliver(debate: &Running, slot: Slot, draft: Draft) -> Result<(), EngineError> {
    let bag: Vec<EvidenceItem> = debate.look(|state| state.bags.get(&slot.seat).cloned()).await.unwrap_or_default();
    let citations = verify(&draft.text, &bag);
    let speech = Speech {
        speech: slot.index,
        stage: slot.stage,
        seat: slot.seat,
        side: slot.side,
        text: draft.text,
        words: draft.words,
        cut: draft.cut,
        citations,
        visible_to: Visibility::Everyone,
    };
    debate.record(Input::Deliver(speech), Vec::new()).await
}
