//! Label probabilities: which of two options the model would write next. Nothing is generated, so nothing fails to parse.
//!
//! All dimensions and both letter orders stand in one call behind the same transcript: one prefill serves them all. The
//! content-free prior is the same call on a debate in which nothing was said (after arXiv 2102.09690), taken off order by
//! order. A criterion that is read alone asks Yes or No about either side: no side stands first, so nothing is swapped.

use std::collections::BTreeMap;

use serde_json::json;

use crate::domain::ballot::{DimensionScore, Reason};
use crate::domain::recipe::{Criterion, Reading, Scoring};
use crate::domain::seat::Side;
use crate::judge::call::{CallKind, LabelAsk};
use crate::judge::combination;
use crate::judge::docket::{Ask, Docket, by_question};
use crate::judge::plan::Plan;
use crate::judge::reading;
use crate::judge::scoring::Opinion;
use crate::judge::scoring::choice::{Choice, choices, with_remark};
use crate::judge::transcript::{Passage, SILENCE};
use crate::judge::view::{View, views};
use crate::judge::voting::{self, Vote};

/// What the model answers about one side.
const YES_OR_NO: [&str; 2] = ["Yes", "No"];

/// Questions that stand behind the same text: one call.
struct Group<'a> {
    /// What the call's name begins with.
    name: String,
    passages: Vec<Passage>,
    questions: Vec<Question<'a>>,
}

struct Question<'a> {
    dimension: &'a str,
    asks: &'a str,
    choice: Choice<'a>,
}

pub(in crate::judge) fn opinion(plan: &Plan, docket: &mut Docket<'_>) -> Option<Opinion> {
    let mut votes: BTreeMap<&str, Vec<Vote>> = BTreeMap::new();
    let mut complete = true;
    for view in views(plan) {
        docket.member = view.member;
        for group in groups(plan, docket, view) {
            let Some(group) = group else {
                complete = false;
                continue;
            };
            match ask(plan, docket, &group) {
                Some(each) => each.into_iter().for_each(|(name, vote)| votes.entry(name).or_default().push(vote)),
                None => complete = false,
            }
        }
        if is_first(plan, view) {
            match alone(plan, docket, view) {
                Some(each) => each.into_iter().for_each(|(name, vote)| votes.entry(name).or_default().push(vote)),
                None => complete = false,
            }
        }
    }
    if !complete {
        return None;
    }
    let votes: Vec<_> = votes.into_iter().map(|(name, votes)| (name.to_owned(), votes)).collect();
    Some(conclude(plan, votes))
}

/// Whether no other view shows a side alone in the same way: what the sides are called makes no difference there.
pub(super) fn is_first(plan: &Plan, view: View) -> bool {
    !view.naming.swapped && plan.recipe.choice.iter().map(|choice| choice.called).min() == Some(view.naming.called)
}

/// An opinion in figures: what every scoring has that writes nothing.
pub(super) fn conclude(plan: &Plan, votes: Vec<(String, Vec<Vote>)>) -> Opinion {
    let dimensions: Vec<_> = votes.iter().filter_map(|(name, votes)| dimension(plan, name, votes)).collect();
    let reasons = dimensions.iter().zip(&votes).map(|(dimension, (_, votes))| reason(plan, dimension, votes)).collect();
    let decision = combination::weighted(&plan.recipe, &votes, plan.adjustment());
    Opinion { decision, dimensions, speeches: Vec::new(), votes, reasons }
}

/// The whole transcript serves every dimension; notes serve the one they were written for. `None` where notes are open.
fn groups<'a>(plan: &'a Plan, docket: &mut Docket<'_>, view: View) -> Vec<Option<Group<'a>>> {
    let prefix = view.prefix();
    let questions = |dimension: &'a str, criterion: &'a Criterion| {
        choices(plan, view).into_iter().map(move |choice| Question { dimension, asks: &criterion.asks, choice })
    };
    let of = |reading| {
        plan.recipe.criteria.iter().filter(move |(_, criterion)| plan.recipe.reading_of(criterion) == reading)
    };
    let mut groups = Vec::new();
    let whole: Vec<_> = of(Reading::Whole).flat_map(|(name, criterion)| questions(name, criterion)).collect();
    if !whole.is_empty() {
        let passages = reading::material(plan, view, None);
        groups.push(Some(Group { name: prefix.clone(), passages, questions: whole }));
    }
    for (name, criterion) in of(Reading::Chronological) {
        let notes = reading::notes(plan, docket, (name, criterion), view);
        groups.push((notes.len() == plan.pieces(view).len()).then(|| Group {
            name: format!("{prefix}{name}/"),
            passages: notes.into_iter().map(|(_, note)| note).collect(),
            questions: questions(name, criterion).collect(),
        }));
    }
    groups
}

/// The votes of a group, each with its dimension.
fn ask<'a>(plan: &Plan, docket: &mut Docket<'_>, group: &Group<'a>) -> Option<Vec<(&'a str, Vote)>> {
    let sizes = vec![2; group.questions.len()];
    let mut measure = |name: &str, passages: &[Passage]| {
        docket.settle(
            &format!("{}{name}", group.name),
            |ask| {
                let passages = ask.fenced(passages);
                let each = group.questions.iter().map(|question| question.choice.ask(plan, question.asks, &passages));
                CallKind::Labels(each.collect())
            },
            |answer| by_question(answer, &sizes),
        )
    };
    let read = measure("labels", &group.passages);
    let prior = if plan.recipe.voting.content_free_prior {
        measure("prior", &silent(&group.passages))
    } else {
        Some(vec![vec![0.0; 2]; sizes.len()])
    };
    let (read, prior) = (read?, prior?);
    let votes = group.questions.iter().zip(read.iter().zip(&prior));
    let vote = |(question, (read, prior)): (&Question<'a>, (&Vec<f64>, &Vec<f64>))| {
        (question.dimension, question.choice.vote(plan, read, prior, temperature(plan)))
    };
    Some(votes.map(vote).collect())
}

/// The votes of the criteria that are read alone: the log-odds of Yes for one side less those for the other. What the
/// model says to silence would be the same for both, so no prior is taken off.
fn alone<'a>(plan: &'a Plan, docket: &mut Docket<'_>, view: View) -> Option<Vec<(&'a str, Vote)>> {
    let criteria = plan.recipe.criteria.iter();
    let criteria: Vec<_> =
        criteria.filter(|(_, criterion)| plan.recipe.reading_of(criterion) == Reading::Alone).collect();
    if criteria.is_empty() {
        return Some(Vec::new());
    }
    let sizes = vec![YES_OR_NO.len(); criteria.len()];
    let mut measure = |side: Side| {
        let passages = reading::material(plan, view, Some(side));
        docket.settle(
            &format!("{}{side}/labels", view.prefix()),
            |ask| {
                CallKind::Labels(
                    criteria.iter().map(|(_, it)| yes_or_no(plan, ask, side, &passages, &it.asks)).collect(),
                )
            },
            |answer| by_question(answer, &sizes),
        )
    };
    let (proposition, opposition) = (measure(Side::Proposition), measure(Side::Opposition));
    let (proposition, opposition) = (proposition?, opposition?);
    let mut votes = Vec::new();
    for ((name, _), (one, other)) in criteria.iter().zip(proposition.iter().zip(&opposition)) {
        let log_odds = ((one[0] - one[1]) - (other[0] - other[1])) / temperature(plan);
        let order = with_remark("each side alone".to_owned(), &view.remark(plan));
        votes.push((name.as_str(), Vote { order, view, leading: None, log_odds, prior: 0.0, counts: true }));
    }
    Some(votes)
}

/// A question about one side.
pub(super) fn yes_or_no(plan: &Plan, ask: &Ask, side: Side, passages: &[Passage], asks: &str) -> LabelAsk {
    let context = json!({
        "topic": plan.topic(),
        "position": plan.position(side),
        "passages": ask.fenced(passages),
        "asks": asks,
    });
    LabelAsk {
        prompt: plan.prompt("judge/alone.user", context),
        lead: String::new(),
        labels: YES_OR_NO.map(str::to_owned).to_vec(),
    }
}

fn temperature(plan: &Plan) -> f64 {
    match plan.recipe.scoring {
        Scoring::LabelProbability { temperature } => temperature,
        _ => 1.0,
    }
}

/// The same headings over silence.
fn silent(passages: &[Passage]) -> Vec<Passage> {
    passages.iter().map(|passage| Passage { text: SILENCE.to_owned(), ..passage.clone() }).collect()
}

fn dimension(plan: &Plan, name: &str, votes: &[Vote]) -> Option<DimensionScore> {
    let criterion = plan.recipe.criteria.get(name)?;
    Some(DimensionScore {
        dimension: name.to_owned(),
        weight: criterion.weight,
        probability: voting::averaged(votes),
        scores: BTreeMap::new(),
        winner: voting::winner(voting::averaged(votes), if criterion.ties { plan.recipe.voting.tie_band } else { 0.0 }),
        judgement: String::new(),
    })
}

/// Figures in words: this scoring writes nothing that could be quoted.
fn reason(plan: &Plan, dimension: &DimensionScore, votes: &[Vote]) -> Reason {
    let lead = if dimension.probability < 0.5 { Side::Opposition } else { Side::Proposition };
    let share = dimension.probability.max(1.0 - dimension.probability) * 100.0;
    let orders = match votes {
        [one] if one.leading.is_none() => "each side alone".to_owned(),
        [_] => "asked in one order".to_owned(),
        votes if voting::disagree(votes) => format!("the {} orders disagree", votes.len()),
        votes => format!("all {} orders agree", votes.len()),
    };
    let prior = if plan.recipe.voting.content_free_prior { ", prior taken off" } else { "" };
    let name = &dimension.dimension;
    let text = match dimension.winner {
        Some(_) => format!("On {name} the {lead} is better with {share:.0} % ({orders}{prior})."),
        None => format!("On {name} neither side is better: {share:.0} % for the {lead} ({orders}{prior})."),
    };
    Reason { text, quotes: Vec::new() }
}
