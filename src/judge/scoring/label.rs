//! Label probabilities: which of two options the model would write next. Nothing is generated, so nothing fails to parse.
//!
//! All dimensions and both letter orders stand in one call behind the same transcript: one prefill serves them all. The
//! content-free prior is the same call on a debate in which nothing was said (after arXiv 2102.09690), taken off order by
//! order.

use std::collections::BTreeMap;

use crate::domain::ballot::{DimensionScore, Reason};
use crate::domain::recipe::{Criterion, Reading, Scoring};
use crate::domain::seat::Side;
use crate::judge::call::CallKind;
use crate::judge::combination;
use crate::judge::docket::{Docket, by_question};
use crate::judge::plan::Plan;
use crate::judge::reading;
use crate::judge::scoring::Opinion;
use crate::judge::scoring::choice::{Choice, choices};
use crate::judge::transcript::{Naming, Passage, SILENCE};
use crate::judge::voting::{self, Vote};

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
    choice: Choice,
}

pub(in crate::judge) fn opinion(plan: &Plan, docket: &mut Docket<'_>) -> Option<Opinion> {
    let recipe = &plan.judge.recipe;
    let mut votes: BTreeMap<&str, Vec<Vote>> = BTreeMap::new();
    let mut complete = true;
    for naming in voting::namings(recipe.voting.orders) {
        for group in groups(plan, docket, *naming) {
            let Some(group) = group else {
                complete = false;
                continue;
            };
            match ask(plan, docket, &group) {
                Some(each) => each.into_iter().for_each(|(name, vote)| votes.entry(name).or_default().push(vote)),
                None => complete = false,
            }
        }
    }
    if !complete {
        return None;
    }
    let votes: Vec<_> = votes.into_iter().map(|(name, votes)| (name.to_owned(), votes)).collect();
    let dimensions: Vec<_> = votes.iter().filter_map(|(name, votes)| dimension(plan, name, votes)).collect();
    let reasons = dimensions.iter().zip(&votes).map(|(dimension, (_, votes))| reason(plan, dimension, votes)).collect();
    let decision = combination::weighted(recipe, &votes, plan.findings.penalty);
    Some(Opinion { decision, dimensions, speeches: Vec::new(), votes, reasons })
}

/// The whole transcript serves every dimension; notes serve the one they were written for. `None` where notes are open.
fn groups<'a>(plan: &'a Plan, docket: &mut Docket<'_>, naming: Naming) -> Vec<Option<Group<'a>>> {
    let criteria = &plan.judge.recipe.criteria;
    let prefix = reading::prefix(naming);
    let questions = |dimension: &'a str, criterion: &'a Criterion| {
        choices(plan, naming).into_iter().map(move |choice| Question { dimension, asks: &criterion.asks, choice })
    };
    match plan.judge.recipe.reading {
        Reading::Whole => vec![Some(Group {
            name: prefix.to_owned(),
            passages: plan.transcript.passages(naming),
            questions: criteria.iter().flat_map(|(name, criterion)| questions(name, criterion)).collect(),
        })],
        Reading::Chronological => criteria
            .iter()
            .map(|(name, criterion)| {
                let passages = reading::notes(plan, docket, (name, criterion), naming);
                (passages.len() == plan.transcript.speeches.len()).then(|| Group {
                    name: format!("{prefix}{name}/"),
                    passages,
                    questions: questions(name, criterion).collect(),
                })
            })
            .collect(),
    }
}

/// The votes of a group, each with its dimension.
fn ask<'a>(plan: &Plan, docket: &mut Docket<'_>, group: &Group<'a>) -> Option<Vec<(&'a str, Vote)>> {
    let Scoring::LabelProbability { temperature } = plan.judge.recipe.scoring else { return None };
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
    let prior = if plan.judge.recipe.voting.content_free_prior {
        measure("prior", &silent(&group.passages))
    } else {
        Some(vec![vec![0.0; 2]; sizes.len()])
    };
    let (read, prior) = (read?, prior?);
    let votes = group.questions.iter().zip(read.iter().zip(&prior));
    let vote = |(question, (read, prior)): (&Question<'a>, (&Vec<f64>, &Vec<f64>))| {
        (question.dimension, question.choice.vote(plan, read, prior, temperature))
    };
    Some(votes.map(vote).collect())
}

/// The same headings over silence.
fn silent(passages: &[Passage]) -> Vec<Passage> {
    passages.iter().map(|passage| Passage { heading: passage.heading.clone(), text: SILENCE.to_owned() }).collect()
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
