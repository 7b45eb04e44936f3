//! A judge's plan: a pure fold over the answers so far that says which calls come next, or what the ballot is.
//!
//! Resuming a debate asks nothing twice: the plan is built again and handed the recorded answers. Calls that do not wait
//! for each other are returned together.

use serde_json::{Value, json};

use crate::domain::ballot::{Ballot, JudgeSaid};
use crate::domain::opening::{JudgeSeat, Participant};
use crate::domain::recipe::Scoring;
use crate::domain::seat::Side;
use crate::judge::ballot;
use crate::judge::call::JudgeCall;
use crate::judge::docket::Docket;
use crate::judge::estimate::{self, Lengths};
use crate::judge::rules::{Findings, MasterKeys};
use crate::judge::scoring::{critique, label};
use crate::judge::transcript::{Naming, Transcript};

/// What the engine does next for a judge.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Make these calls, in any order or all at once, and come back with what they said. Never empty.
    Ask(Vec<JudgeCall>),
    Ballot(Box<Ballot>),
    /// The judge cannot decide; the reason is a sentence for people.
    Void {
        reason: String,
    },
}

/// Everything that a judge sits with.
pub struct Sitting<'a> {
    pub judge: &'a JudgeSeat,
    /// Who debated: only to say whose model judges whom. No name reaches a prompt.
    pub participants: &'a [Participant],
    pub transcript: &'a Transcript,
    pub master_keys: &'a MasterKeys,
    /// The debate's root seed: fences are drawn from it.
    pub root_seed: u64,
    /// Whether the judge's model shows probabilities. If so, scores and winners are read off them, which never fails to
    /// parse; if not, they are asked for in words.
    pub probabilities: bool,
    /// Tokens of a text, as the judge's model counts them.
    pub count_tokens: &'a dyn Fn(&str) -> usize,
}

/// One judge's way through one debate.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) judge: JudgeSeat,
    pub(super) participants: Vec<Participant>,
    /// As it was spoken: quotes are checked against it.
    pub(super) spoken: Transcript,
    /// As it is judged: speeches without content are silent.
    pub(super) transcript: Transcript,
    pub(super) findings: Findings,
    pub(super) probabilities: bool,
    seed: u64,
    obstacle: Option<String>,
}

impl Plan {
    #[must_use]
    pub fn new(sitting: &Sitting<'_>) -> Plan {
        let recipe = &sitting.judge.recipe;
        let findings = Findings::of(sitting.transcript, &recipe.rules, sitting.master_keys);
        let transcript = sitting.transcript.silencing(|speech| findings.silent.contains(&speech));
        let lengths = Lengths::counted(&transcript, sitting.count_tokens);
        let obstacle = match recipe.scoring {
            Scoring::LabelProbability { .. } if !sitting.probabilities => Some(format!(
                "{} shows no probabilities, and this recipe reads nothing else; choose a recipe that scores in words",
                sitting.judge.model.name
            )),
            _ => estimate::obstacle(recipe, &lengths, &sitting.judge.model),
        };
        Plan {
            judge: sitting.judge.clone(),
            participants: sitting.participants.to_vec(),
            spoken: sitting.transcript.clone(),
            transcript,
            findings,
            probabilities: sitting.probabilities,
            seed: sitting.root_seed,
            obstacle,
        }
    }

    /// What comes next after these answers. Answers of calls that the plan does not know are passed over.
    #[must_use]
    pub fn next(&self, said: &[JudgeSaid]) -> Next {
        if !self.findings.forfeits.is_empty() {
            return Next::Ballot(Box::new(ballot::forfeited(self)));
        }
        if let Some(reason) = &self.obstacle {
            return Next::Void { reason: reason.clone() };
        }
        let mut docket = Docket::new(said, self.seed);
        let opinion = match &self.judge.recipe.scoring {
            Scoring::LabelProbability { .. } => label::opinion(self, &mut docket),
            Scoring::CritiqueThenScore {} => critique::opinion(self, &mut docket),
        };
        match (docket.void, opinion) {
            (Some(reason), _) => Next::Void { reason },
            (None, Some(opinion)) => Next::Ballot(Box::new(ballot::returned(self, said, opinion))),
            (None, None) => Next::Ask(docket.wanted),
        }
    }

    /// Who argues what, first speaker first: the only thing that a prompt says of the speakers.
    pub(super) fn stands(&self, naming: Naming) -> Value {
        let first = self.transcript.first(naming);
        let stands = [first, first.opponent()].map(|side| {
            let stand = if side == Side::Proposition { "for" } else { "against" };
            json!({ "name": self.transcript.name(side, naming), "stand": stand })
        });
        json!(stands)
    }
}

#[cfg(test)]
mod tests;
