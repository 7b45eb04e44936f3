//! The ballot: an opinion with its price, its provenance, and what a reader must know to weigh it.

use std::collections::BTreeMap;

use crate::domain::ballot::{Ballot, Check, JudgeSaid, Strength};
use crate::domain::evidence::Standing;
use crate::domain::seat::Side;
use crate::domain::usage::Usage;
use crate::domain::verdict::score;
use crate::judge::combination::leads;
use crate::judge::plan::Plan;
use crate::judge::scoring::Opinion;
use crate::judge::voting;

/// The ballot of a judge that has read the debate.
pub(super) fn returned(
    plan: &Plan,
    said: &[JudgeSaid],
    mut opinion: Opinion,
    mut checks: Vec<Check>,
    relevance: BTreeMap<Side, f64>,
) -> Ballot {
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
    let questions = || opinion.votes.iter().map(|(_, votes)| votes.as_slice());
    let leads = leads(&plan.recipe, &opinion.votes);
    let place = |speech: &mut usize| *speech = plan.transcript.place(*speech);
    opinion.speeches.iter_mut().for_each(|score| place(&mut score.speech));
    opinion
        .reasons
        .iter_mut()
        .flat_map(|reason| &mut reason.quotes)
        .filter_map(|quote| quote.speech.as_mut())
        .for_each(place);
    checks.iter_mut().for_each(|check| place(&mut check.speech));
    let last = plan.transcript.speeches.last().map_or(Side::Opposition, |spoken| spoken.side);
    Ballot {
        judge: plan.judge.name.clone(),
        recipe_hash: plan.judge.recipe_hash.clone(),
        model_hash: plan.judge.model.hash.clone(),
        between: plan.judge.between,
        winner: opinion.decision.winner,
        probability: opinion.decision.probability,
        dimensions: opinion.dimensions,
        speeches: opinion.speeches,
        orders: opinion.votes.iter().flat_map(|(dimension, votes)| voting::results(dimension, votes)).collect(),
        position_bias: voting::position_bias(questions()),
        recency_bias: voting::recency_bias(questions(), last),
        consistency: voting::consistency(questions()),
        strength: voting::strength(&leads).map(|(mean, spread)| Strength { mean, spread, votes: leads.len() }),
        reasons: opinion.reasons,
        checks,
        relevance,
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
    let probability = score(winner);
    let caution = "Decided by forfeit: no model read this debate.".to_owned();
    Ballot { forfeits, ..unread(plan, winner, probability, caution) }
}

/// The ballot of a debate in which both sides said the same words: no model was asked.
pub(super) fn even(plan: &Plan) -> Ballot {
    unread(plan, None, 0.5, "Both sides said the same words, so there was nothing between them to judge.".to_owned())
}

fn unread(plan: &Plan, winner: Option<Side>, probability: f64, caution: String) -> Ballot {
    Ballot {
        recipe_hash: plan.judge.recipe_hash.clone(),
        model_hash: plan.judge.model.hash.clone(),
        between: plan.judge.between,
        cautions: vec![caution],
        ..Ballot::bare(&plan.judge.name, winner, probability)
    }
}

/// How far this judge can be trusted before it said a word.
fn provenance(plan: &Plan) -> Vec<String> {
    let judges = || plan.judge.models();
    let mut cautions = vec![plan.judge.certificate.clone().unwrap_or_else(|| {
        "This judge was never audited: nobody measured how often it agrees with people.".to_owned()
    })];
    let (mut same, mut related) = (Vec::new(), Vec::new());
    for participant in &plan.participants {
        if participant.all_models().any(|model| judges().any(|judge| model.hash == judge.hash)) {
            same.push(participant.side.name());
        } else if participant
            .all_models()
            .any(|model| judges().any(|judge| !judge.family.is_empty() && model.family == judge.family))
        {
            related.push(participant.side.name());
        }
    }
    if let Some(sides) = both(same) {
        cautions.push(format!("The judge's model, {}, also debates for {sides}.", plan.judge.model.name));
    }
    if let Some(sides) = both(related) {
        cautions.push(format!(
            "The judge's model is of the same family ({}) as a model of {sides}.",
            plan.judge.model.family
        ));
    }
    cautions
}

/// One side by name, or both; `None` if there is none.
fn both(mut sides: Vec<&str>) -> Option<String> {
    sides.dedup();
    match sides[..] {
        [] => None,
        [side] => Some(format!("the {side}")),
        _ => Some("both sides".to_owned()),
    }
}

/// What was odd in this debate or this judging.
fn content(plan: &Plan, said: &[JudgeSaid], opinion: &Opinion) -> Vec<String> {
    let mut cautions: Vec<String> = plan
        .findings
        .silent
        .iter()
        .map(|speech| {
            format!("Speech {} has no content and was judged as silence.", plan.transcript.place(*speech) + 1)
        })
        .collect();
    let unsure = opinion.votes.iter().filter(|(_, votes)| voting::disagree(votes));
    let unsure: Vec<&str> = unsure
        .map(|(dimension, _)| if dimension == "panel" { "the whole debate" } else { dimension.as_str() })
        .collect();
    if let Some((last, others)) = unsure.split_last() {
        let others = if others.is_empty() { String::new() } else { format!("{} and ", others.join(", ")) };
        cautions.push(format!("Asked in another order, the judge changed its mind on {others}{last}."));
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
    for (penalty, what) in [
        (plan.findings.length_penalty, "A length penalty"),
        (plan.findings.check_penalty, "A penalty for false claims"),
    ] {
        if penalty != 0.0 {
            cautions.push(format!("{what} moved the probability by {:+.2}.", -penalty));
        }
    }
    if plan.fit.notes {
        cautions.push(
            "The debate is longer than the judge reads at once, so it was read speech by speech with notes.".to_owned(),
        );
    }
    for (speech, parts) in &plan.fit.parts {
        cautions.push(format!(
            "Speech {} was read in {} parts: it is longer than the judge reads at once.",
            speech + 1,
            parts.len()
        ));
    }
    cautions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hash::ContentHash;
    use crate::domain::opening::{JudgeSeat, Participant, ResolvedModel};
    use crate::domain::seat::Seat;
    use crate::domain::team::{Role, Team};
    use crate::judge::plan::{Next, Sitting};
    use crate::judge::rehearsal::{label_probability, master_keys, model, placid, rendered, run, seat, speeches};

    fn participant(side: Side, model: ResolvedModel) -> Participant {
        let team = Team {
            name: "Nightingales".to_owned(),
            about: String::new(),
            revisions: 0,
            civility: false,
            thrift: 0.3,
            budget: None,
            requests: 0,
            calls: 1,
            roles: BTreeMap::new(),
        };
        Participant {
            seat: Seat(side as usize),
            side,
            player: team.name.clone(),
            version: ContentHash::default(),
            team,
            models: BTreeMap::from([(Role::Writer, model)]),

            others: BTreeMap::new(),
        }
    }

    fn cautions(proposition: ResolvedModel, opposition: ResolvedModel, certificate: Option<&str>) -> Vec<String> {
        let judge = JudgeSeat { certificate: certificate.map(str::to_owned), ..seat(label_probability()) };
        let plan = Plan::new(&Sitting {
            judge: &judge,
            participants: &[participant(Side::Proposition, proposition), participant(Side::Opposition, opposition)],
            transcript: &speeches(),
            master_keys: &master_keys(),
            root_seed: 1,
            probabilities: true,
            weighs_texts: true,
            writes: true,
            count_tokens: &str::len,
        });
        let (end, _, rounds) = run(&plan, placid);
        for (system, user) in rounds.iter().flatten().flat_map(rendered) {
            assert!(!system.contains("Nightingales") && !user.contains("Nightingales"), "debaters are anonymous");
        }
        let Next::Ballot(ballot) = end else { panic!("{end:?}") };
        ballot.cautions
    }

    #[test]
    fn a_judge_of_its_own_model_or_family_says_so() {
        let said = cautions(model("owl", "bird"), model("finch", "bird"), None);
        assert_eq!(said[0], "This judge was never audited: nobody measured how often it agrees with people.");
        assert_eq!(said[1], "The judge's model, owl, also debates for the proposition.");
        assert_eq!(said[2], "The judge's model is of the same family (bird) as a model of the opposition.");
    }

    #[test]
    fn a_certificate_speaks_for_a_judge_and_a_stranger_needs_no_caution() {
        let said =
            cautions(model("carp", "fish"), model("perch", ""), Some("Agrees with people on 71 % of 400 pairs."));
        assert_eq!(said, ["Agrees with people on 71 % of 400 pairs."]);
    }
}
