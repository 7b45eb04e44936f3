//! The ballot: an opinion with its price, its provenance, and what a reader must know to weigh it.

use std::collections::BTreeMap;

use crate::domain::ballot::{Ballot, JudgeSaid};
use crate::domain::evidence::Standing;
use crate::domain::seat::Side;
use crate::domain::usage::Usage;
use crate::judge::plan::Plan;
use crate::judge::scoring::Opinion;
use crate::judge::voting;

/// The ballot of a judge that has read the debate.
pub(super) fn returned(plan: &Plan, said: &[JudgeSaid], opinion: Opinion) -> Ballot {
    let mut cautions = provenance(plan);
    cautions.extend(content(plan, said, &opinion));
    let mut usage = Usage::default();
    let mut requests = Vec::new();
    for said in said {
        usage += said.usage;
        if !requests.contains(&said.request) {
            requests.push(said.request.clone());
        }
    }
    Ballot {
        judge: plan.judge.name.clone(),
        recipe_hash: plan.judge.recipe_hash.clone(),
        model_hash: plan.judge.model.hash.clone(),
        winner: opinion.decision.winner,
        probability: opinion.decision.probability,
        dimensions: opinion.dimensions,
        speeches: opinion.speeches,
        orders: opinion.votes.iter().flat_map(|(dimension, votes)| voting::results(dimension, votes)).collect(),
        position_bias: voting::position_bias(opinion.votes.iter().map(|(_, votes)| votes.as_slice())),
        reasons: opinion.reasons,
        forfeits: BTreeMap::new(),
        cautions,
        requests,
        usage,
    }
}

/// The ballot of a debate in which a side forfeited: no model was asked. Both forfeiting is nobody's win.
pub(super) fn forfeited(plan: &Plan) -> Ballot {
    let forfeits = plan.findings.forfeits.clone();
    let winner = match forfeits.keys().copied().collect::<Vec<_>>()[..] {
        [side] => Some(side.opponent()),
        _ => None,
    };
    Ballot {
        judge: plan.judge.name.clone(),
        recipe_hash: plan.judge.recipe_hash.clone(),
        model_hash: plan.judge.model.hash.clone(),
        winner,
        probability: match winner {
            Some(Side::Proposition) => 1.0,
            Some(Side::Opposition) => 0.0,
            None => 0.5,
        },
        dimensions: Vec::new(),
        speeches: Vec::new(),
        orders: Vec::new(),
        position_bias: None,
        reasons: Vec::new(),
        forfeits,
        cautions: vec!["Decided by forfeit: no model read this debate.".to_owned()],
        requests: Vec::new(),
        usage: Usage::default(),
    }
}

/// How far this judge can be trusted before it said a word.
fn provenance(plan: &Plan) -> Vec<String> {
    let judge = &plan.judge.model;
    let mut cautions = vec![plan.judge.certificate.clone().unwrap_or_else(|| {
        "This judge was never audited: nobody measured how often it agrees with people.".to_owned()
    })];
    for participant in &plan.participants {
        let side = participant.side;
        let mut models = participant.models.values();
        if models.clone().any(|model| model.hash == judge.hash) {
            cautions.push(format!("The judge's model, {}, also debates for the {side}.", judge.name));
        } else if !judge.family.is_empty() && models.any(|model| model.family == judge.family) {
            cautions
                .push(format!("The judge's model is of the same family ({}) as a model of the {side}.", judge.family));
        }
    }
    cautions.dedup();
    cautions
}

/// What was odd in this debate or this judging.
fn content(plan: &Plan, said: &[JudgeSaid], opinion: &Opinion) -> Vec<String> {
    let mut cautions: Vec<String> = plan
        .findings
        .silent
        .iter()
        .map(|speech| format!("Speech {} has no content and was judged as silence.", speech + 1))
        .collect();
    for (dimension, votes) in &opinion.votes {
        if voting::disagree(votes) {
            let what = if dimension == "panel" { "the whole debate" } else { dimension };
            cautions.push(format!("Asked in another order, the judge changed its mind on {what}."));
        }
    }
    let quotes: Vec<_> = opinion.reasons.iter().flat_map(|reason| &reason.quotes).collect();
    let absent = quotes.iter().filter(|quote| quote.standing == Standing::Absent).count();
    if absent > 0 {
        cautions.push(format!("{absent} of {} quotes in the judge's reasons stand in no speech.", quotes.len()));
    }
    let again = said.iter().filter(|said| said.ask > 0).count();
    if again > 0 {
        cautions.push(format!("The judge had to be asked again {again} times before its answers could be read."));
    }
    let decision = opinion.decision;
    if decision
        .winner
        .is_some_and(|winner| voting::winner(decision.probability, 0.0).is_some_and(|by_score| by_score != winner))
    {
        cautions.push("The judge named one side and scored the other higher.".to_owned());
    }
    if plan.findings.penalty != 0.0 {
        cautions.push(format!("A length penalty moved the probability by {:+.2}.", -plan.findings.penalty));
    }
    cautions
}
