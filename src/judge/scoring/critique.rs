//! Critique, then score (Debatrix, arXiv 2403.08010): notes, a judgement of each dimension, scores and a winner read off
//! the judgement, and a panel that names one winner.
//!
//! The paper extracts judgement, scores and winner in separate calls. Here one call reads all of them off a judgement.

use std::collections::BTreeMap;

use serde_json::json;

use crate::domain::ballot::{DimensionScore, SpeechScore};
use crate::domain::recipe::{Combination, Criterion, Reading};
use crate::judge::answer::prose;
use crate::judge::combination;
use crate::judge::docket::{Docket, words};
use crate::judge::plan::Plan;
use crate::judge::reading;
use crate::judge::scoring::Opinion;
use crate::judge::scoring::extract::{self, Extract, Subject};
use crate::judge::scoring::finding::Finding;
use crate::judge::transcript::{Naming, Passage};
use crate::judge::voting;

/// What a panel is asked after it has read the judgements.
const WHOLE_DEBATE: &str = "Who won the debate as a whole, the dimensions taken by their weights?";

/// Everything found, naming by naming.
#[derive(Default)]
struct Findings<'a> {
    dimensions: BTreeMap<&'a str, Finding>,
    speeches: BTreeMap<(&'a str, usize), Vec<f64>>,
    panel: Finding,
}

pub(in crate::judge) fn opinion(plan: &Plan, docket: &mut Docket<'_>) -> Option<Opinion> {
    let mut findings = Findings::default();
    let mut complete = true;
    for naming in voting::namings(plan.judge.recipe.voting.orders) {
        complete &= sit(plan, docket, *naming, &mut findings).is_some();
    }
    complete.then(|| conclude(plan, findings))
}

/// One reading of the whole debate. `None` while a call is open; calls that do not wait for it are asked all the same.
fn sit<'a>(plan: &'a Plan, docket: &mut Docket<'_>, naming: Naming, findings: &mut Findings<'a>) -> Option<()> {
    let recipe = &plan.judge.recipe;
    let mut judgements = Vec::new();
    let mut open = false;
    for (name, criterion) in &recipe.criteria {
        let (passages, whole) = match recipe.reading {
            Reading::Whole => (plan.transcript.passages(naming), true),
            Reading::Chronological => {
                let notes = reading::notes(plan, docket, (name, criterion), naming);
                open |= !speech_scores(plan, docket, (name, criterion), naming, (&notes, findings));
                let whole = notes.len() == plan.transcript.speeches.len();
                (notes, whole)
            }
        };
        let judged = if whole { judge(plan, docket, (name, criterion), naming, &passages) } else { None };
        let Some((judgement, extract)) = judged else {
            open = true;
            continue;
        };
        findings.dimensions.entry(name).or_default().add(plan, naming, &judgement, extract);
        if criterion.weight > 0.0 {
            judgements.push(Passage { heading: format!("{name}, weight {}", criterion.weight), text: judgement });
        }
    }
    if open {
        return None;
    }
    if matches!(recipe.combination, Combination::Panel {}) {
        let (judgement, extract) = summarise(plan, docket, naming, &judgements)?;
        findings.panel.add(plan, naming, &judgement, extract);
    }
    Some(())
}

/// Scores the speeches that have notes. Returns whether all of these scores are in.
fn speech_scores<'a>(
    plan: &'a Plan,
    docket: &mut Docket<'_>,
    (name, criterion): (&'a str, &'a Criterion),
    naming: Naming,
    (notes, findings): (&[Passage], &mut Findings<'a>),
) -> bool {
    let mut complete = true;
    for (speech, passage) in notes.iter().enumerate() {
        let call = format!("{}{name}/speech/{}/score", reading::prefix(naming), speech + 1);
        match extract::score(plan, docket, &call, Subject { asks: &criterion.asks, passage }) {
            Some(score) => findings.speeches.entry((name, speech)).or_default().push(score),
            None => complete = false,
        }
    }
    complete
}

/// The judgement of one dimension and what it says in figures.
fn judge(
    plan: &Plan,
    docket: &mut Docket<'_>,
    (name, criterion): (&str, &Criterion),
    naming: Naming,
    passages: &[Passage],
) -> Option<(String, Extract)> {
    let prefix = reading::prefix(naming);
    let judgement = docket.settle(
        &format!("{prefix}{name}/judgement"),
        |ask| {
            let context = json!({
                "motion": plan.transcript.motion,
                "stands": plan.stands(naming),
                "asks": criterion.asks,
                "passages": ask.fenced(passages),
                "notes": plan.judge.recipe.reading == Reading::Chronological,
                "problem": ask.problem,
            });
            reading::prose_call(plan, "judge/judgement.user", context)
        },
        words(prose),
    )?;
    let passage = Passage { heading: format!("Judgement, {name}"), text: judgement.clone() };
    let subject = Subject { asks: &criterion.asks, passage: &passage };
    let extract =
        extract::verdict(plan, docket, &format!("{prefix}{name}/verdict"), subject, (naming, criterion.ties))?;
    Some((judgement, extract))
}

/// The panel weighs the judgements and names one winner.
fn summarise(
    plan: &Plan,
    docket: &mut Docket<'_>,
    naming: Naming,
    judgements: &[Passage],
) -> Option<(String, Extract)> {
    let prefix = reading::prefix(naming);
    let judgement = docket.settle(
        &format!("{prefix}panel/judgement"),
        |ask| {
            let context = json!({
                "motion": plan.transcript.motion,
                "stands": plan.stands(naming),
                "passages": ask.fenced(judgements),
                "problem": ask.problem,
            });
            reading::prose_call(plan, "judge/panel.user", context)
        },
        words(prose),
    )?;
    let passage = Passage { heading: "Judgement of the debate".to_owned(), text: judgement.clone() };
    let subject = Subject { asks: WHOLE_DEBATE, passage: &passage };
    let extract = extract::verdict(plan, docket, &format!("{prefix}panel/verdict"), subject, (naming, false))?;
    Some((judgement, extract))
}

fn conclude(plan: &Plan, findings: Findings<'_>) -> Opinion {
    let recipe = &plan.judge.recipe;
    let mut dimensions = Vec::new();
    let mut votes = Vec::new();
    let mut reasons = Vec::new();
    for (name, finding) in findings.dimensions {
        let Some(criterion) = recipe.criteria.get(name) else { continue };
        dimensions.push(DimensionScore {
            dimension: name.to_owned(),
            weight: criterion.weight,
            probability: voting::averaged(&finding.votes),
            scores: finding.mean_scores(),
            winner: finding.winner(criterion.ties, recipe.voting.tie_band),
            judgement: finding.reason.as_ref().map(|reason| reason.text.clone()).unwrap_or_default(),
        });
        votes.push((name.to_owned(), finding.votes));
        reasons.extend(finding.reason);
    }
    let decision = match recipe.combination {
        Combination::Weights {} => combination::weighted(recipe, &votes, plan.findings.penalty),
        Combination::Panel {} => {
            let winner = findings.panel.winner(false, 0.0);
            let decision = combination::named(winner, voting::averaged(&findings.panel.votes), plan.findings.penalty);
            votes.push(("panel".to_owned(), findings.panel.votes));
            reasons = findings.panel.reason.into_iter().chain(reasons).collect();
            decision
        }
    };
    let speeches = findings.speeches.into_iter().map(|((dimension, speech), scores)| SpeechScore {
        speech,
        dimension: dimension.to_owned(),
        score: scores.iter().sum::<f64>() / scores.len().max(1) as f64,
    });
    Opinion { decision, dimensions, speeches: speeches.collect(), votes, reasons }
}
