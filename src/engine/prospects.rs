//! Looks at a debate that is under way, off the hot path: after each speech a cheap judge says how probable a win looks.
//!
//! The newest speech comes first, earlier ones are filled in behind it, and what was measured is in the log and never
//! measured again (after ONI, arXiv 2410.23022). Nothing waits for it: it ends with the debate.

use tokio::sync::mpsc::UnboundedReceiver;

use crate::domain::debate::Debate;
use crate::domain::machine::Input;
use crate::domain::opening::JudgeSeat;
use crate::domain::prospect::Prospect;
use crate::domain::transcript::Transcript;
use crate::engine::error::EngineError;
use crate::engine::opinion::CheapJudge;
use crate::engine::publish::{Caller, Published};
use crate::engine::running::Running;
use crate::model::registry::OpenModel;
use crate::text::hash::named_hash;

/// Measures until the debate's driver hangs up. A fault is told once and ends it.
pub async fn watch(debate: &Running, mut delivered: UnboundedReceiver<()>) {
    let Some(judge) = judge(debate) else { return };
    loop {
        let open = debate.look(newest_open).await;
        let outcome = match open {
            Some(speeches) => measure(debate, &judge, speeches).await,
            None if delivered.recv().await.is_none() => return,
            None => Ok(true),
        };
        match outcome {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                debate.publisher.send(Published::Notice(format!("the momentum is not measured: {error}")));
                return;
            }
        }
    }
}

/// The recipe of the settings at a model of the debate that shows probabilities and runs here; `None` without either, and
/// where nobody watches.
fn judge(debate: &Running) -> Option<CheapJudge> {
    if !debate.watched {
        return None;
    }
    let suits = |model: &&OpenModel| model.scorer.is_some() && model.card.local;
    let of_judges = debate.opening.judges.iter().flat_map(JudgeSeat::models);
    let model =
        of_judges.filter_map(|model| debate.models.get(&model.name)).chain(debate.models.values()).find(suits)?;
    CheapJudge::new(debate, &debate.library.config().defaults.momentum, model)
}

/// The longest beginning of the debate that was spoken and not looked at yet.
fn newest_open(debate: &Debate) -> Option<usize> {
    let spoken = (0..).take_while(|index| debate.speeches.contains_key(index)).count();
    // One side alone is no debate yet.
    let sides = |count: usize| debate.speeches.values().take(count).any(|it| it.side != debate.speeches[&0].side);
    (2..=spoken).rev().find(|count| !debate.prospects.contains_key(count) && sides(*count))
}

/// Looks at the first speeches. `false` if it was stopped.
async fn measure(debate: &Running, judge: &CheapJudge, speeches: usize) -> Result<bool, EngineError> {
    let transcript = debate.look(Transcript::of).await.ok_or(EngineError::Gone)?;
    let transcript = Transcript { speeches: transcript.speeches.into_iter().take(speeches).collect(), ..transcript };
    let caller = |call: &str| Caller::Watcher { speeches, call: call.to_owned() };
    let Some((ballot, usage)) = judge.hear(debate, &transcript, caller).await? else { return Ok(false) };
    let texts = named_hash(transcript.speeches.iter().map(|spoken| (spoken.side.name(), spoken.text.as_str())));
    let judge = judge.seat.name.clone();
    let prospect = Prospect { speeches, probability: ballot.probability, judge, texts, usage };
    if debate.look(|state| state.closed).await {
        return Ok(false);
    }
    debate.record(Input::Prospect(prospect), Vec::new()).await?;
    Ok(true)
}
