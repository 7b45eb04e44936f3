//! What a cheap judge finds of a transcript on the way: no ballot of the debate, and nothing of it is in the log but what its caller
//! records. The momentum and the choice among drafts are made of it.

use crate::domain::ballot::{Ballot, JudgeSaid};
use crate::domain::opening::JudgeSeat;
use crate::domain::transcript::Transcript;
use crate::domain::usage::Usage;
use crate::engine::consult::{Consulted, Members, consult};
use crate::engine::error::EngineError;
use crate::engine::publish::Caller;
use crate::engine::running::Running;
use crate::engine::seat::{master_keys, recipe_hash};
use crate::engine::seed::call_seed;
use crate::judge::{Next, Plan, Sitting};
use crate::model::registry::OpenModel;

/// A recipe at a model of a debate that shows probabilities.
pub struct CheapJudge {
    pub seat: JudgeSeat,
    members: Members,
}

impl CheapJudge {
    /// `None` where the recipe is not there or broken.
    pub fn new(debate: &Running, recipe: &str, model: &OpenModel) -> Option<CheapJudge> {
        let recipe = debate.library.recipe(recipe).ok()?.clone();
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
        Some(CheapJudge { seat, members })
    }

    /// Hears a transcript; `caller` names each call. `None` if it was stopped.
    ///
    /// # Errors
    /// The model failed or cannot decide, or a ceiling would be passed.
    pub async fn hear(
        &self,
        debate: &Running,
        transcript: &Transcript,
        caller: impl Fn(&str) -> Caller,
    ) -> Result<Option<(Ballot, Usage)>, EngineError> {
        let keys = master_keys(&debate.library)?;
        // The debate's own seed: every look begins with what the one before has read, and so may the judge at the end.
        let root_seed = debate.opening.root_seed;
        let plan = Plan::new(&Sitting {
            judge: &self.seat,
            participants: &[],
            transcript,
            master_keys: &keys,
            root_seed,
            probabilities: true,
            // Who has hardly begun is not yet off the motion.
            weighs_texts: false,
            // It is not worth notes.
            writes: false,
            count_tokens: &|text| self.members.count_tokens(text),
        });
        let mut said: Vec<JudgeSaid> = Vec::new();
        loop {
            match plan.next(&said) {
                Next::Ask(calls) => {
                    for call in calls {
                        let caller = caller(&call.call);
                        let site = debate.site(&caller);
                        let seed = call_seed(root_seed, &caller, call.ask);
                        let consulted = consult(&call, &self.members, debate.library.prompts(), seed, site).await?;
                        let Some(Consulted { answer, request, usage }) = consulted else { return Ok(None) };
                        let (call, ask) = (call.call, call.ask);
                        said.push(JudgeSaid { judge: 0, call, ask, answer, request: request.hash, usage });
                    }
                }
                Next::Ballot(ballot) => {
                    let mut usage = Usage::default();
                    said.iter().for_each(|said| usage += said.usage);
                    return Ok(Some((*ballot, usage)));
                }
                Next::Void { reason } => return Err(EngineError::Failed(reason)),
            }
        }
    }
}
