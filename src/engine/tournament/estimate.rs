//! What a tournament will cost, before it starts: calls and tokens from above, dollars, and time where speeds are known.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::opening::{JudgeSeat, Opening};
use crate::domain::seat::Side;
use crate::domain::team::{Role, Team};
use crate::domain::tournament::{Tournament, most_matches};
use crate::domain::usage::Usage;
use crate::engine::call::dollars;
use crate::engine::tournament::field::Field;
use crate::judge::estimate::{Estimate, estimate as judging};
use crate::model::registry::Registry;
use crate::model::speeds::{Machine, Speeds};

/// Tokens of one English word, from above: small vocabularies split more.
const TOKENS_PER_WORD: f64 = 1.5;
/// Profile, rules, workflow, form and chat marks of one call of a role.
const FRAME_TOKENS: u64 = 1400;
/// Heading and fence around a speech or a passage.
const FENCE_TOKENS: u64 = 60;
/// A plan of the Analyzer, notes of the Reviewer, queries of the Searcher: the most words, with room for their form.
const WORK_WORDS: usize = 180;
/// Passages that one speech adds to a side's evidence, and the tokens of one.
const PASSAGES: u64 = 9;
const PASSAGE_TOKENS: u64 = 260;

/// The cost of a whole tournament, nothing asked again, from above.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TournamentEstimate {
    pub matches: usize,
    pub calls: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// US dollars; 0 for models on this machine and for endpoints without a price.
    pub dollars: f64,
    /// Models of endpoints whose price is not known, so that they are not in `dollars`.
    pub without_price: Vec<String>,
    pub time: TimeNeeded,
}

/// How long the models on this machine will be at work, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TimeNeeded {
    /// Of the models whose speed was measured here, one after another; `None` if none was.
    pub seconds: Option<f64>,
    /// Models on this machine that were never measured.
    pub not_measured: Vec<String>,
    /// Whether models of endpoints are at work as well; how long those take is not known.
    pub endpoints: bool,
}

/// Calls and tokens at one model.
#[derive(Clone, Copy, Debug, Default)]
struct Work {
    calls: f64,
    prompt: f64,
    completion: f64,
}

impl Work {
    fn add(&mut self, calls: u64, prompt: u64, completion: u64, times: f64) {
        self.calls += calls as f64 * times;
        self.prompt += prompt as f64 * times;
        self.completion += completion as f64 * times;
    }
}

/// What a tournament costs if it goes on as long as it can.
pub fn estimate(tournament: &Tournament, field: &Field, registry: &Registry) -> TournamentEstimate {
    let matches = most_matches(tournament);
    let mut work: BTreeMap<&str, Work> = BTreeMap::new();
    // Over a tournament everybody is about as often on one side as on the other.
    let share = matches as f64 / field.openings.len().max(1) as f64;
    for opening in &field.openings {
        for side in Side::BOTH {
            debating(opening, side, share, &mut work);
        }
    }
    if let Some(opening) = field.openings.first() {
        for judge in &opening.judges {
            judged(judge, opening, field, matches as f64, &mut work);
        }
    }
    let mut total = TournamentEstimate { matches, time: time(&work, field, registry), ..TournamentEstimate::default() };
    let whole = |number: f64| number.ceil() as u64;
    for (name, work) in &work {
        total.calls += whole(work.calls);
        total.prompt_tokens += whole(work.prompt);
        total.completion_tokens += whole(work.completion);
        let Some(card) = field.models.get(*name).map(|model| &model.card) else { continue };
        let (prompt_tokens, completion_tokens) = (whole(work.prompt), whole(work.completion));
        total.dollars += dollars(card, &Usage { prompt_tokens, completion_tokens, ..Usage::default() });
        if !card.local && card.price.is_none() {
            total.without_price.push((*name).to_owned());
        }
    }
    total
}

/// The speeches of one side in so many debates.
fn debating<'a>(opening: &'a Opening, side: Side, times: f64, work: &mut BTreeMap<&'a str, Work>) {
    let Some(participant) = opening.of_side(side) else { return };
    let mut heard = 0;
    let mut own = 0;
    for slot in opening.format.slots() {
        let Some(stage) = opening.format.stages.get(slot.stage) else { continue };
        let speech = tokens(stage.words) + FENCE_TOKENS;
        if slot.side == side {
            let sources = opening.evidence.is_some() && participant.team.has(Role::Searcher);
            let evidence = if sources { (own + 1) * PASSAGES * PASSAGE_TOKENS } else { 0 };
            for (role, calls) in calls(&participant.team, sources, own == 0) {
                let Some(model) = participant.models.get(&role) else { continue };
                let wanted = if role == Role::Writer { tokens(stage.words) } else { tokens(WORK_WORDS) };
                let most = participant.team.roles.get(&role).and_then(|spec| spec.tokens);
                let written = most.map_or(wanted, |most| wanted.min(u64::from(most)));
                // A plan, a draft and notes may stand in the prompt, too.
                let read = FRAME_TOKENS + heard + evidence + 2 * tokens(WORK_WORDS) + tokens(stage.words);
                let entry = work.entry(model.name.as_str()).or_default();
                entry.add(calls, calls * read, calls * written, times);
            }
            own += 1;
        }
        heard += speech;
    }
}

/// The most calls of each role for one speech.
fn calls(team: &Team, sources: bool, first: bool) -> Vec<(Role, u64)> {
    let requests = if sources { u64::from(team.requests) } else { 0 };
    let revisions = if team.has(Role::Reviewer) { u64::from(team.revisions) } else { 0 };
    let writer = team.roles.get(&Role::Writer);
    let rounds = 1 + writer.and_then(|writer| writer.deepen).map_or(0, u64::from);
    let drafts = writer.and_then(|writer| writer.drafts).map_or(1, |drafts| drafts as u64) * rounds;
    let mut left = u64::from(team.calls);
    let mut most = vec![
        // The Writer comes first: where the cap is low, it is who still writes.
        (Role::Writer, (1 + revisions) * drafts + requests),
        (Role::Analyzer, 1 + requests),
        (Role::Reviewer, 1 + revisions),
        (Role::Searcher, u64::from(first) + requests),
    ];
    most.retain(|(role, _)| team.has(*role));
    for (_, calls) in &mut most {
        *calls = (*calls).min(left);
        left -= *calls;
    }
    most
}

/// A judge's calls in so many debates, shared by its models.
fn judged<'a>(judge: &'a JudgeSeat, opening: &Opening, field: &Field, times: f64, work: &mut BTreeMap<&'a str, Work>) {
    let names: Vec<&str> = judge.models().map(|model| model.name.as_str()).collect();
    let shows = |name: &&str| field.models.get(*name).is_some_and(|model| model.scorer.is_some());
    let Estimate { calls, prompt_tokens, completion_tokens, .. } = judging(judge, opening, names.iter().all(shows));
    let share = times / names.len().max(1) as f64;
    for name in names {
        work.entry(name).or_default().add(calls, prompt_tokens, completion_tokens, share);
    }
}

fn time(work: &BTreeMap<&str, Work>, field: &Field, registry: &Registry) -> TimeNeeded {
    let speeds = Speeds::read(registry.folder(), Machine::here());
    let mut time = TimeNeeded::default();
    let mut not_measured = BTreeSet::new();
    for (name, work) in work {
        if field.models.get(*name).is_some_and(|model| !model.card.local) {
            time.endpoints = true;
            continue;
        }
        let path = registry.path_of(name).ok();
        match path.and_then(|path| speeds.of(&path).map(|measured| measured.speed.clone())) {
            Some(speed) if speed.prefill_tokens_per_s > 0.0 && speed.decode_tokens_per_s > 0.0 => {
                let seconds = work.prompt / speed.prefill_tokens_per_s + work.completion / speed.decode_tokens_per_s;
                *time.seconds.get_or_insert(0.0) += seconds;
            }
            _ => drop(not_measured.insert((*name).to_owned())),
        }
    }
    time.not_measured = not_measured.into_iter().collect();
    time
}

fn tokens(words: usize) -> u64 {
    (words as f64 * TOKENS_PER_WORD).ceil() as u64
}
