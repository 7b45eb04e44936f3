//! Looks at a debate that is under way, off the hot path: after each speech a cheap judge says how probable a win looks.
//!
//! The newest speech comes first, earlier ones are filled in behind it, and what was measured is in the log and never
//! measured again (after ONI, arXiv 2410.23022). Nothing waits for it: it ends with the debate.

use tokio::sync::mpsc::UnboundedReceiver;

use crate::domain::ballot::JudgeSaid;
use crate::domain::debate::Debate;
use crate::domain::machine::Input;
use crate::domain::opening::JudgeSeat;
use crate::domain::prospect::Prospect;
use crate::domain::transcript::Transcript;
use crate::domain::usage::Usage;
use crate::engine::consult::{Consulted, Members, consult};
use crate::engine::error::EngineError;
use crate::engine::publish::{Caller, Published};
use crate::engine::running::Running;
use crate::engine::seat::{master_keys, recipe_hash};
use crate::engine::seed::call_seed;
use crate::judge::{Next, Plan, Sitting};
use crate::model::registry::OpenModel;
use crate::text::hash::named_hash;

/// Measures until the debate's driver hangs up. A fault is told once and ends it.
pub async fn watch(debate: &Running, mut delivered: UnboundedReceiver<()>) {
    let Some((judge, members)) = judge(debate) else { return };
    loop {
        let open = debate.look(newest_open).await;
        let outcome = match open {
            Some(speeches) => measure(debate, &judge, &members, speeches).await,
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
fn judge(debate: &Running) -> Option<(JudgeSeat, Members)> {
    if !debate.watched {
        return None;
    }
    let name = &debate.library.config().defaults.momentum;
    let recipe = debate.library.recipe(name).ok()?.clone();
    let suits = |model: &&OpenModel| model.scorer.is_some() && model.card.local;
    let of_judges = debate.opening.judges.iter().flat_map(JudgeSeat::models);
    let model =
        of_judges.filter_map(|model| debate.models.get(&model.name)).chain(debate.models.values()).find(suits)?;
    let seat = JudgeSeat {
        name: format!("{}@{}", recipe.name, model.card.name),
        recipe_hash: recipe_hash(&recipe, &debate.library).ok()?,
        recipe,
        model: model.resolved(),
        others: Vec::new(),
        temperature: 1.0,
        coin_toss: false,
        certificate: None,
        between: None,
    };
    let members = Members::of(&seat, &debate.models).ok()?;
    Some((seat, members))
}

/// The longest beginning of the debate that was spoken and not looked at yet.
fn newest_open(debate: &Debate) -> Option<usize> {
    let spoken = (0..).take_while(|index| debate.speeches.contains_key(index)).count();
    // One side alone is no debate yet.
    let sides = |count: usize| debate.speeches.values().take(count).any(|it| it.side != debate.speeches[&0].side);
    (2..=spoken).rev().find(|count| !debate.prospects.contains_key(count) && sides(*count))
}

/// Looks at the first speeches. `false` if it was stopped.
async fn measure(debate: &Running, judge: &JudgeSeat, members: &Members, speeches: usize) -> Result<bool, EngineError> {
    let transcript = debate.look(Transcript::of).await.ok_or(EngineError::Gone)?;
    let transcript = Transcript { speeches: transcript.speeches.into_iter().take(speeches).collect(), ..transcript };
    let keys = master_keys(&debate.library)?;
    // The debate's own seed: every look begins with what the one before has read, and so may the judge at the end.
    let root_seed = debate.opening.root_seed;
    let plan = Plan::new(&Sitting {
        judge,
        participants: &[],
        transcript: &transcript,
        master_keys: &keys,
        root_seed,
        probabilities: true,
        // Who has hardly begun is not yet off the motion.
        weighs_texts: false,
        // It is not worth notes.
        writes: false,
        count_tokens: &|text| members.count_tokens(text),
    });
    let mut said: Vec<JudgeSaid> = Vec::new();
    let probability = loop {
        match plan.next(&said) {
            Next::Ask(calls) => {
                for call in calls {
                    let caller = Caller::Watcher { speeches, call: call.call.clone() };
                    let site = debate.site(&caller);
                    let seed = call_seed(root_seed, &caller, call.ask);
                    let Some(Consulted { answer, request, usage }) =
                        consult(&call, members, debate.library.prompts(), seed, site).await?
                    else {
                        return Ok(false);
                    };
                    let (call, ask) = (call.call, call.ask);
                    said.push(JudgeSaid { judge: 0, call, ask, answer, request: request.hash, usage });
                }
            }
            Next::Ballot(ballot) => break ballot.probability,
            Next::Void { reason } => return Err(EngineError::Failed(reason)),
        }
    };
    let mut usage = Usage::default();
    said.iter().for_each(|said| usage += said.usage);
    let texts = named_hash(transcript.speeches.iter().map(|spoken| (spoken.side.name(), spoken.text.as_str())));
    let prospect = Prospect { speeches, probability, judge: judge.name.clone(), texts, usage };
    if debate.look(|state| state.closed).await {
        return Ok(false);
    }
    debate.record(Input::Prospect(prospect), Vec::new()).await?;
    Ok(true)
}
