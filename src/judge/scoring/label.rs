//! Label probabilities: which of two letters the model would write next. Nothing is generated, so nothing fails to parse.
//!
//! All dimensions and both letter orders stand in one call behind the same transcript: one prefill serves them all. The
//! content-free prior is the same call on a debate in which nothing was said (after arXiv 2102.09690), taken off order by order.

use std::collections::BTreeMap;

use serde_json::json;

use crate::domain::ballot::{DimensionScore, Reason};
use crate::domain::recipe::{Criterion, Reading, Scoring};
use crate::domain::seat::Side;
use crate::judge::combination;
use crate::judge::docket::{Ask, Docket, by_question};
use crate::judge::plan::{CallKind, LabelAsk, Plan, Prompt};
use crate::judge::reading;
use crate::judge::scoring::Opinion;
use crate::judge::transcript::{Naming, Passage, SILENCE};
use crate::judge::voting::{self, Vote};

/// Questions that stand behind the same text.
struct Group<'a> {
    name: String,
    naming: Naming,
    dimensions: Vec<(&'a str, &'a Criterion)>,
    passages: Vec<Passage>,
}

/// How the letters are asked for.
struct Letters<'a> {
    temperature: f64,
    lead: &'a str,
    letters: &'a [String; 2],
}

pub(in crate::judge) fn opinion(plan: &Plan, docket: &mut Docket<'_>) -> Option<Opinion> {
    let recipe = &plan.judge.recipe;
    let Scoring::LabelProbability { temperature, lead, letters } = &recipe.scoring else { return None };
    let asked = Letters { temperature: *temperature, lead, letters };
    let mut questions: BTreeMap<String, Vec<Vote>> = BTreeMap::new();
    let mut complete = true;
    for naming in voting::namings(recipe.voting.orders) {
        for group in groups(plan, docket, *naming, &mut complete) {
            match votes(plan, docket, &group, &asked) {
                Some(votes) => votes.into_iter().for_each(|(name, vote)| questions.entry(name).or_default().push(vote)),
                None => complete = false,
            }
        }
    }
    if !complete {
        return None;
    }
    let votes: Vec<_> = questions.into_iter().collect();
    let dimensions: Vec<_> = votes.iter().filter_map(|(name, votes)| dimension(plan, name, votes)).collect();
    let reasons = dimensions.iter().zip(&votes).map(|(dimension, (_, votes))| reason(plan, dimension, votes)).collect();
    let decision = combination::weighted(recipe, &votes, plan.findings.penalty);
    Some(Opinion { decision, dimensions, speeches: Vec::new(), votes, reasons })
}

/// The whole transcript serves every dimension; notes serve the dimension that they were written for.
fn groups<'a>(plan: &'a Plan, docket: &mut Docket<'_>, naming: Naming, complete: &mut bool) -> Vec<Group<'a>> {
    let criteria = plan.judge.recipe.criteria.iter().map(|(name, criterion)| (name.as_str(), criterion));
    let prefix = reading::prefix(naming);
    match plan.judge.recipe.reading {
        Reading::Whole => vec![Group {
            name: prefix.to_owned(),
            naming,
            dimensions: criteria.collect(),
            passages: plan.transcript.passages(naming),
        }],
        Reading::Chronological => criteria
            .filter_map(|dimension| {
                let passages = reading::notes(plan, docket, dimension, naming);
                let whole = passages.len() == plan.transcript.speeches.len();
                *complete &= whole;
                let name = format!("{prefix}{}/", dimension.0);
                whole.then(|| Group { name, naming, dimensions: vec![dimension], passages })
            })
            .collect(),
    }
}

/// The votes of a group, each with its dimension.
fn votes(plan: &Plan, docket: &mut Docket<'_>, group: &Group<'_>, asked: &Letters<'_>) -> Option<Vec<(String, Vote)>> {
    let orders = voting::letters(plan.judge.recipe.voting.orders);
    let sizes = vec![2; group.dimensions.len() * orders.len()];
    let mut measure = |name: &str, passages: &[Passage]| {
        let build = |ask: &Ask| {
            let passages = ask.fenced(passages);
            let each = group.dimensions.iter().flat_map(|dimension| orders.iter().map(move |first| (dimension, first)));
            let question = |((_, criterion), first): (&(&str, &Criterion), &Side)| {
                let name = |side: Side| plan.transcript.name(side, group.naming);
                let context = json!({
                    "motion": plan.transcript.motion,
                    "stands": plan.stands(group.naming),
                    "passages": passages,
                    "asks": criterion.asks,
                    "a": { "letter": asked.letters[0].trim(), "name": name(*first) },
                    "b": { "letter": asked.letters[1].trim(), "name": name(first.opponent()) },
                });
                LabelAsk {
                    prompt: Prompt::new("judge/labels.user", context),
                    lead: asked.lead.to_owned(),
                    labels: asked.letters.to_vec(),
                }
            };
            CallKind::Labels(each.map(question).collect())
        };
        docket.settle(&format!("{}{name}", group.name), build, |answer| by_question(answer, &sizes))
    };
    let read = measure("labels", &group.passages);
    let prior = if plan.judge.recipe.voting.content_free_prior {
        measure("prior", &silent(&group.passages))
    } else {
        Some(vec![vec![0.0; 2]; sizes.len()])
    };
    let (read, prior) = (read?, prior?);
    let each = group.dimensions.iter().flat_map(|(name, _)| orders.iter().map(move |first| (*name, *first)));
    let vote = |((name, first), (read, prior)): ((&str, Side), (&Vec<f64>, &Vec<f64>))| {
        let log_odds = |labels: &[f64]| {
            let odds = (labels[0] - labels[1]) / asked.temperature;
            if first == Side::Proposition { odds } else { -odds }
        };
        let order = order(plan, first, group.naming);
        (name.to_owned(), Vote { order, leading: first, log_odds: log_odds(read), prior: log_odds(prior) })
    };
    Some(each.zip(read.iter().zip(&prior)).map(vote).collect())
}

/// The same headings over silence.
fn silent(passages: &[Passage]) -> Vec<Passage> {
    passages.iter().map(|passage| Passage { heading: passage.heading.clone(), text: SILENCE.to_owned() }).collect()
}

fn order(plan: &Plan, first: Side, naming: Naming) -> String {
    let called = plan.transcript.name(Side::Proposition, naming).to_lowercase();
    format!("A = {first}, proposition = {called}")
}

fn dimension(plan: &Plan, name: &str, votes: &[Vote]) -> Option<DimensionScore> {
    let criterion = plan.judge.recipe.criteria.get(name)?;
    Some(DimensionScore {
        dimension: name.to_owned(),
        weight: criterion.weight,
        probability: voting::averaged(votes),
        scores: BTreeMap::new(),
        winner: voting::preferred(votes, criterion.ties, plan.judge.recipe.voting.tie_band),
        judgement: String::new(),
    })
}

/// Figures in words: this scoring writes nothing that could be quoted.
fn reason(plan: &Plan, dimension: &DimensionScore, votes: &[Vote]) -> Reason {
    let lead = if dimension.probability < 0.5 { Side::Opposition } else { Side::Proposition };
    let share = dimension.probability.max(1.0 - dimension.probability) * 100.0;
    let orders = match votes.len() {
        1 => "asked in one order".to_owned(),
        count if voting::disagree(votes) => format!("the {count} orders disagree"),
        count => format!("all {count} orders agree"),
    };
    let prior = if plan.judge.recipe.voting.content_free_prior { ", prior taken off" } else { "" };
    let name = &dimension.dimension;
    let text = match dimension.winner {
        Some(_) => format!("On {name} the {lead} is better with {share:.0} % ({orders}{prior})."),
        None => format!("On {name} neither side is better: {share:.0} % for the {lead} ({orders}{prior})."),
    };
    Reason { text, quotes: Vec::new() }
}
