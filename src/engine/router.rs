//! Who takes a call of a role that names several models. The choice is in the log before the call is made, so a debate that is resumed
//! asks the same model.

use crate::agent::Ask;
use crate::agent::route::{Candidate, record, route};
use crate::domain::debate::Debate;
use crate::domain::format::Slot;
use crate::domain::machine::Input;
use crate::domain::opening::{Participant, ResolvedModel};
use crate::domain::speech::{CallRouted, Work};
use crate::domain::usage::Usage;
use crate::engine::call::dollars;
use crate::engine::error::EngineError;
use crate::engine::running::Running;

/// Tokens of a prompt, before one was made: what a role reads in the middle of a short debate.
const PROMPT: u64 = 1_000;

/// The model of a call.
///
/// # Errors
/// The role has no model, a model is not open, or the store cannot keep the choice.
pub async fn model_for<'a>(
    debate: &Running,
    participant: &'a Participant,
    slot: Slot,
    ask: &Ask,
) -> Result<&'a ResolvedModel, EngineError> {
    let usual = participant.models.get(&ask.role).ok_or(EngineError::Gone)?;
    let Some(others) = participant.others.get(&ask.role) else { return Ok(usual) };
    let named = || std::iter::once(usual).chain(others);
    let chosen = match debate.look(|state| routed(state, slot, ask)).await {
        Some(model) => model,
        None => {
            let mut candidates = Vec::new();
            for model in named() {
                candidates.push(candidate(debate, slot, ask, model).await?);
            }
            let spent = debate.look(|state| spent(state, slot)).await;
            let left = participant.team.budget.map(|budget| (budget - spent).max(0.0));
            let Some(choice) = route(&candidates, participant.team.thrift, left) else { return Ok(usual) };
            let routed = CallRouted {
                speech: slot.index,
                seat: slot.seat,
                side: slot.side,
                role: ask.role,
                revision: ask.revision,
                ask: ask.ask,
                model: choice.model.clone(),
                why: choice.why,
            };
            debate.record(Input::Work(Work::Routed(routed)), Vec::new()).await?;
            choice.model
        }
    };
    Ok(named().find(|model| model.name == chosen).unwrap_or(usual))
}

/// The choice that was made for this very call before.
fn routed(state: &Debate, slot: Slot, ask: &Ask) -> Option<String> {
    state.work_on(slot.index).iter().rev().find_map(|work| match work {
        Work::Routed(it) if (it.role, it.revision, it.ask) == (ask.role, ask.revision, ask.ask) => {
            Some(it.model.clone())
        }
        _ => None,
    })
}

/// What the calls of a seat have cost so far, US dollars.
fn spent(state: &Debate, slot: Slot) -> f64 {
    let work = state.work.values().flatten();
    work.map(|work| match work {
        Work::Role(said) if said.seat == slot.seat => said.usage.dollars,
        _ => 0.0,
    })
    .sum()
}

/// A model with what is known of it: its price for this call, and what its calls in this role took and brought to the seat.
async fn candidate(debate: &Running, slot: Slot, ask: &Ask, model: &ResolvedModel) -> Result<Candidate, EngineError> {
    let card = &debate.model(&model.name)?.card;
    let call = Usage { prompt_tokens: PROMPT, completion_tokens: u64::from(ask.max_tokens), ..Usage::default() };
    let known = |state: &Debate| {
        let own = |speech: &usize| state.slots.get(*speech).is_some_and(|other| other.seat == slot.seat);
        let work = || state.work.iter().filter(|(speech, _)| own(speech)).map(|(_, work)| work.as_slice());
        let times = work().flatten().filter_map(|step| match step {
            Work::Role(said) if said.role == ask.role && said.model == model.name => Some(said.usage.milliseconds),
            _ => None,
        });
        let times: Vec<u64> = times.collect();
        let mean = (!times.is_empty()).then(|| times.iter().sum::<u64>() as f64 / 1000.0 / times.len() as f64);
        (record(work(), ask.role, &model.name), mean)
    };
    let ((tried, succeeded), seconds) = debate.look(known).await;
    Ok(Candidate { model: model.name.clone(), dollars: dollars(card, &call), seconds, tried, succeeded })
}
