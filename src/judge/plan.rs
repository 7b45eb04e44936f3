//! A judge's plan: a pure fold over the answers so far that says which calls come next, or what the ballot is.
//!
//! Resuming a debate asks nothing twice: the plan is built again and handed the recorded answers. Calls that do not wait
//! for each other are returned together.

use serde_json::Value;

use crate::domain::ballot::{Ballot, JudgeSaid};
use crate::domain::opening::{JudgeSeat, Participant};
use crate::domain::recipe::{Orders, Recipe, Scoring};
use crate::domain::seat::Side;
use crate::domain::transcript::{Contest, Transcript};
use crate::judge::ballot;
use crate::judge::call::{JudgeCall, Prompt};
use crate::judge::combination::Adjustment;
use crate::judge::docket::{Docket, drawn};
use crate::judge::estimate::{Estimate, Lengths};
use crate::judge::fit::{self, Fit};
use crate::judge::rules::{Findings, MasterKeys};
use crate::judge::scoring::{critique, facts, followup, label, relevance};
use crate::judge::transcript::{Naming, Passage};
use crate::judge::view::View;

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
    /// The debate's root seed: fences and shuffles are drawn from it.
    pub root_seed: u64,
    /// Whether the judge's models show probabilities. If so, scores and winners are read off them, which never fails to
    /// parse; if not, they are asked for in words.
    pub probabilities: bool,
    /// Whether the judge's models tell how likely whole texts are, not only words. Rules that need it are left out if not.
    pub weighs_texts: bool,
    /// Whether the judge's models write. One that does not cannot take notes on a debate that is too long for it.
    pub writes: bool,
    /// Tokens of a text, as the judge's models count them.
    pub count_tokens: &'a dyn Fn(&str) -> usize,
}

/// One judge's way through one debate.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) judge: JudgeSeat,
    /// The judge's recipe, as this debate needs it read.
    pub(super) recipe: Recipe,
    pub(super) participants: Vec<Participant>,
    /// As it was spoken: quotes are checked against it.
    pub(super) spoken: Transcript,
    /// As it is judged: speeches without content are silent.
    pub(super) transcript: Transcript,
    pub(super) findings: Findings,
    pub(super) probabilities: bool,
    pub(super) fit: Fit,
    estimate: Estimate,
    seed: u64,
    obstacle: Option<String>,
}

impl Plan {
    #[must_use]
    pub fn new(sitting: &Sitting<'_>) -> Plan {
        let judge = sitting.judge;
        let mut recipe = judge.recipe.for_contest(sitting.transcript.contest);
        // Where both orders of the texts are read, a leaning to a place cancels without being measured.
        if sitting.transcript.contest != Contest::Debate && matches!(recipe.voting.orders, Orders::Names | Orders::Both)
        {
            recipe.voting.content_free_prior = false;
        }
        if !sitting.weighs_texts || sitting.transcript.contest != Contest::Debate {
            recipe.rules.relevance = None;
        }
        let findings = Findings::of(sitting.transcript, &recipe.rules, sitting.master_keys);
        let transcript = sitting.transcript.silencing(|speech| findings.silent.contains(&speech));
        let lengths = Lengths::counted(&transcript, &findings.checks, sitting.count_tokens);
        let context = judge.models().map(|model| model.context).min().unwrap_or(0);
        let mut obstacle = None;
        let mut fit = Fit::default();
        if recipe.needs_probabilities() && !sitting.probabilities {
            obstacle = Some(format!(
                "{} shows no probabilities, and this recipe reads nothing else; choose a recipe that scores in words",
                judge.model.name
            ));
        } else if recipe.criteria.values().all(|criterion| criterion.weight == 0.0) {
            let contest = sitting.transcript.contest.name();
            obstacle = Some(format!("the recipe {} has no criterion for {contest}; choose another", recipe.name));
        } else {
            match fit::fit(&recipe, &transcript, &lengths, context, sitting) {
                Ok((fitted, how)) => (recipe, fit) = (fitted, how),
                Err(reason) => obstacle = Some(reason),
            }
        }
        let estimate = fit.estimate(&recipe, &lengths, judge.models().count() as u64, sitting.probabilities);
        Plan {
            judge: judge.clone(),
            recipe,
            participants: sitting.participants.to_vec(),
            spoken: sitting.transcript.clone(),
            transcript,
            findings,
            probabilities: sitting.probabilities,
            fit,
            estimate,
            seed: sitting.root_seed,
            obstacle,
        }
    }

    /// What it will cost from the beginning, nothing asked again.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        if self.findings.forfeits.is_empty() && !self.findings.same && self.obstacle.is_none() {
            self.estimate
        } else {
            Estimate::default()
        }
    }

    /// What comes next after these answers. Answers of calls that the plan does not know are passed over.
    #[must_use]
    pub fn next(&self, said: &[JudgeSaid]) -> Next {
        if !self.findings.forfeits.is_empty() {
            return Next::Ballot(Box::new(ballot::forfeited(self)));
        }
        if self.findings.same {
            return Next::Ballot(Box::new(ballot::even(self)));
        }
        if let Some(reason) = &self.obstacle {
            return Next::Void { reason: reason.clone() };
        }
        let mut docket = Docket::new(said, self.seed);
        let checks = facts::settled(self, &mut docket);
        let relevance = relevance::measured(self, &mut docket);
        let opinion = match &self.recipe.scoring {
            Scoring::LabelProbability { .. } => label::opinion(self, &mut docket),
            Scoring::CritiqueThenScore {} => critique::opinion(self, &mut docket),
            Scoring::FollowUpLikelihood { .. } => followup::opinion(self, &mut docket),
        };
        match (docket.void, checks, relevance, opinion) {
            (Some(reason), ..) => Next::Void { reason },
            (None, Some(checks), Some(relevance), Some(mut opinion)) => {
                relevance.settle(&mut opinion);
                Next::Ballot(Box::new(ballot::returned(self, said, opinion, checks, relevance.nats)))
            }
            (None, ..) => Next::Ask(docket.wanted),
        }
    }

    /// A prompt of this contest.
    pub(super) fn prompt(&self, user: &'static str, mut context: Value) -> Prompt {
        if let Value::Object(fields) = &mut context {
            fields.insert("contest".to_owned(), Value::from(self.transcript.contest.name()));
        }
        Prompt { system: "judge/judge.system", user, context }
    }

    /// What the contest is about, under its proper heading.
    pub(super) fn topic(&self) -> String {
        let heading = match self.transcript.contest {
            Contest::Debate => "Motion",
            Contest::Arguments | Contest::Evidence => "Claim",
            Contest::Answers => "Instruction",
        };
        format!("{heading}: {}", self.transcript.topic)
    }

    /// Who maintains what, the first first: the only thing that a prompt says of the sides.
    pub(super) fn stands(&self, naming: Naming) -> Value {
        let first = self.transcript.first(naming);
        [first, first.opponent()]
            .into_iter()
            .filter_map(|side| Some(format!("The {} {}.", self.transcript.name(side, naming), self.position(side)?)))
            .collect()
    }

    /// What a side maintains, as a clause after its name; `None` where both maintain the same.
    pub(super) fn position(&self, side: Side) -> Option<&str> {
        match (self.transcript.positions.get(&side), self.transcript.contest, side) {
            (Some(position), ..) => Some(position.as_str()),
            (None, Contest::Debate, Side::Proposition) => Some("argues for the motion"),
            (None, Contest::Debate, Side::Opposition) => Some("argues against the motion"),
            (None, Contest::Arguments | Contest::Evidence | Contest::Answers, _) => None,
        }
    }

    /// The speeches as a judge that takes notes reads them: index, part, text. One that is too long comes in parts.
    pub(super) fn pieces(&self, view: View) -> Vec<(usize, usize, Passage)> {
        let mut pieces = Vec::new();
        for (speech, mut passage) in self.transcript.passages(view.naming, view.backward, None) {
            let checked = self.findings.remarks(speech);
            match self.fit.parts.get(&speech) {
                Some(parts) => pieces.extend(parts.iter().enumerate().map(|(part, text)| {
                    let heading = format!("{}, part {} of {}", passage.heading, part + 1, parts.len());
                    (speech, part, Passage { heading, text: text.clone(), own: false })
                })),
                None => {
                    if let Some(checked) = checked {
                        passage.text = format!("{}\n\n{checked}", passage.text);
                    }
                    pieces.push((speech, 0, passage));
                }
            }
        }
        pieces
    }

    /// What a machine found in the speeches of some sides; `None` if it found nothing.
    pub(super) fn checked(&self, naming: Naming, of: impl Fn(Side) -> bool) -> Option<Passage> {
        let mut lines = Vec::new();
        for (speech, spoken) in self.transcript.speeches.iter().enumerate().filter(|(_, spoken)| of(spoken.side)) {
            if let Some(remarks) = self.findings.remarks(speech) {
                lines.push(format!("{} {remarks}", self.transcript.name(spoken.side, naming)));
            }
        }
        let heading = "Checked by a machine".to_owned();
        (!lines.is_empty()).then(|| Passage { heading, text: lines.join("\n"), own: false })
    }

    /// What the sides are called, the first first.
    pub(super) fn names(&self, naming: Naming) -> [&'static str; 2] {
        let first = self.transcript.first(naming);
        [first, first.opponent()].map(|side| self.transcript.name(side, naming))
    }

    /// What is done to a preference at the end.
    pub(super) fn adjustment(&self) -> Adjustment {
        Adjustment { temperature: self.judge.temperature, penalty: self.findings.penalty() }
    }

    /// A number drawn for a purpose, the same in the same debate.
    pub(super) fn draw(&self, purpose: &str) -> u64 {
        drawn(self.seed, purpose, 0)
    }
}

#[cfg(test)]
mod tests;
