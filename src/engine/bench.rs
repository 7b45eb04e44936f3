//! The bench: runs a judge's plan until it returns a ballot or is void.

use futures::stream::{self, StreamExt, TryStreamExt};

use crate::domain::ballot::JudgeSaid;
use crate::domain::debate::Debate;
use crate::domain::machine::Input;
use crate::domain::opening::Participant;
use crate::domain::seat::{Seat, Side};
use crate::domain::transcript::Transcript;
use crate::engine::consult::{CALLS_AT_ONCE, Consulted, Members, consult};
use crate::engine::error::EngineError;
use crate::engine::publish::Caller;
use crate::engine::running::Running;
use crate::engine::seat::master_keys;
use crate::engine::seed::call_seed;
use crate::judge::plan::Sitting;
use crate::judge::{JudgeCall, Next, Plan};

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
    let members = Members::of(seat, &debate.models)?;
    let between = seat.between;
    let read = move |state: &Debate| match between {
        Some(seats) => Transcript::between(state, seats),
        None => Transcript::of(state),
    };
    let transcript = debate.look(read).await.ok_or(EngineError::Gone)?;
    // Where two teams of more are compared, these are the two sides.
    let participants: Vec<Participant> = match between {
        Some(seats) => {
            let team =
                |(seat, side): (Seat, Side)| Some(Participant { side, ..debate.opening.participant(seat)?.clone() });
            seats.into_iter().zip(Side::BOTH).filter_map(team).collect()
        }
        None => debate.opening.participants.clone(),
    };
    let master_keys = master_keys(&debate.library)?;
    let plan = Plan::new(&Sitting {
        judge: seat,
        participants: &participants,
        transcript: &transcript,
        master_keys: &master_keys,
        root_seed: debate.opening.root_seed,
        probabilities: members.show_probabilities(),
        weighs_texts: members.weigh_texts(),
        writes: members.write(),
        count_tokens: &|text| members.count_tokens(text),
    });
    loop {
        if debate.is_held().await {
            return Ok(());
        }
        let said =
            debate.look(|state| state.judging.get(judge).map(|judging| judging.said.clone())).await.unwrap_or_default();
        match plan.next(&said) {
            Next::Ask(calls) => {
                let answers = stream::iter(calls).map(|call| ask(debate, judge, &members, call));
                answers.buffer_unordered(CALLS_AT_ONCE).try_collect::<Vec<()>>().await?;
            }
            Next::Ballot(ballot) => return debate.record(Input::Ballot { judge, ballot }, Vec::new()).await,
            Next::Void { reason } => return debate.record(Input::Void { judge, reason }, Vec::new()).await,
        }
    }
}

/// Makes one call and records what it said.
async fn ask(debate: &Running, judge: usize, members: &Members, call: JudgeCall) -> Result<(), EngineError> {
    let caller = Caller::Judge { judge, call: call.call.clone() };
    let site = debate.site(&caller);
    let seed = call_seed(debate.opening.root_seed, &caller, call.ask);
    let Some(consulted) = consult(&call, members, debate.library.prompts(), seed, site).await? else { return Ok(()) };
    let Consulted { answer, request, usage } = consulted;
    let JudgeCall { call, ask, .. } = call;
    let said = JudgeSaid { judge, call, ask, answer, request: request.hash.clone(), usage };
    debate.record(Input::JudgeSaid(said), vec![request]).await
}
