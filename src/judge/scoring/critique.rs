//! Critique, then score (Debatrix, arXiv 2403.08010): notes or the whole debate, a rubric where the recipe has one, a
//! judgement of each dimension, scores and a winner read off it, and a panel that names one winner.
//!
//! The paper extracts judgement, scores and winner in separate calls. Here one call reads all of them off a judgement.
//! Read alone, each side gets a critique and then a score of its own (critique first, as in MM-RLHF, arXiv 2502.10391).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::domain::ballot::{DimensionScore, SpeechScore};
use crate::domain::recipe::{Combination, Criterion, FalseQuotes, Reading};
use crate::domain::seat::Side;
use crate::judge::answer::{RubricItem, prose};
use crate::judge::combination;
use crate::judge::docket::{Docket, words};
use crate::judge::plan::Plan;
use crate::judge::quotes::struck;
use crate::judge::reading;
use crate::judge::scoring::Opinion;
use crate::judge::scoring::choice::with_remark;
use crate::judge::scoring::extract::{self, Extract, Subject};
use crate::judge::scoring::filter::{self, Sample};
use crate::judge::scoring::finding::Finding;
use crate::judge::scoring::rubric::{lines, rubric};
use crate::judge::transcript::Passage;
use crate::judge::view::{View, views};
use crate::judge::voting::{self, Vote};

/// What a panel is asked after it has read the judgements.
const WHOLE_DEBATE: &str = "Who won the debate as a whole, the dimensions taken by their weights?";

/// The score of a speech, and whether it was read backward.
type Scored = (f64, bool);

/// Everything found, view by view.
#[derive(Default)]
struct Findings<'a> {
    dimensions: BTreeMap<&'a str, Finding>,
    speeches: BTreeMap<(&'a str, usize), Vec<Scored>>,
    panel: Finding,
}

pub(in crate::judge) fn opinion(plan: &Plan, docket: &mut Docket<'_>) -> Option<Opinion> {
    let mut findings = Findings::default();
    let mut complete = true;
    for view in views(plan) {
        docket.member = view.member;
        complete &= sit(plan, docket, view, &mut findings).is_some();
    }
    complete.then(|| {
        filter_samples(plan, docket, &mut findings);
        conclude(plan, findings)
    })
}

/// One way through the debate. `None` while a call is open; calls that do not wait for it are asked all the same.
fn sit<'a>(plan: &'a Plan, docket: &mut Docket<'_>, view: View, findings: &mut Findings<'a>) -> Option<()> {
    let recipe = &plan.recipe;
    let mut judgements = Vec::new();
    let mut open = false;
    for (name, criterion) in &recipe.criteria {
        let judged = match recipe.reading {
            Reading::Whole => judge(plan, docket, (name, criterion), view, &reading::material(plan, view, None)),
            Reading::Chronological => {
                let notes = reading::notes(plan, docket, (name, criterion), view);
                open |= !speech_scores(plan, docket, (name, criterion), view, (&notes, findings));
                let whole = notes.len() == plan.pieces(view).len();
                let notes: Vec<Passage> = notes.into_iter().map(|(_, note)| note).collect();
                if whole { judge(plan, docket, (name, criterion), view, &notes) } else { None }
            }
            Reading::Alone => judge_alone(plan, docket, (name, criterion), view),
        };
        let Some((judgement, extract)) = judged else {
            open = true;
            continue;
        };
        findings.dimensions.entry(name).or_default().add(plan, view, &judgement, extract);
        if criterion.weight > 0.0 {
            judgements.push(Passage::own(format!("{name}, weight {}", criterion.weight), judgement));
        }
    }
    if open {
        return None;
    }
    if matches!(recipe.combination, Combination::Panel {}) {
        let (judgement, extract) = summarise(plan, docket, view, &judgements)?;
        findings.panel.add(plan, view, &judgement, extract);
    }
    Some(())
}

/// Scores the speeches that have notes. Returns whether all of these scores are in.
fn speech_scores<'a>(
    plan: &'a Plan,
    docket: &mut Docket<'_>,
    (name, criterion): (&'a str, &'a Criterion),
    view: View,
    (notes, findings): (&[(usize, Passage)], &mut Findings<'a>),
) -> bool {
    let mut complete = true;
    let mut part = 0;
    for (index, (speech, passage)) in notes.iter().enumerate() {
        part = if index > 0 && notes[index - 1].0 == *speech { part + 1 } else { 0 };
        let suffix = if part == 0 { String::new() } else { format!("/part/{}", part + 1) };
        let call = format!("{}{name}/speech/{}{suffix}/score", view.prefix(), speech + 1);
        match extract::score(plan, docket, &call, Subject { asks: &criterion.asks, passage }, "the speech") {
            Some(score) => findings.speeches.entry((name, *speech)).or_default().push((score, view.backward)),
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
    view: View,
    passages: &[Passage],
) -> Option<(String, Extract)> {
    let prefix = view.prefix();
    let rubric = rubric(plan, docket, (name, criterion), view, passages)?;
    let judgement = docket.settle(
        &format!("{prefix}{name}/judgement"),
        |ask| {
            let context = json!({
                "topic": plan.topic(),
                "stands": plan.stands(view.naming),
                "asks": criterion.asks,
                "rubric": if rubric.is_empty() { Vec::new() } else { ask.fenced(&[of_rubric(&rubric)]) },
                "passages": ask.fenced(passages),
                "notes": plan.recipe.reading == Reading::Chronological,
                "names": plan.names(view.naming),
                "problem": ask.problem,
            });
            reading::prose_call(plan, "judge/judgement.user", context)
        },
        words(prose),
    )?;
    let passage = Passage::own(format!("Judgement, {name}"), readable(plan, &judgement));
    let subject = Subject { asks: &criterion.asks, passage: &passage };
    let extract = extract::verdict(plan, docket, &format!("{prefix}{name}/verdict"), subject, (view, criterion.ties))?;
    Some((with_rubric(&rubric, judgement), extract))
}

/// A critique of each side on its own, then a score for it. Scores taken as strengths give the odds.
fn judge_alone(
    plan: &Plan,
    docket: &mut Docket<'_>,
    (name, criterion): (&str, &Criterion),
    view: View,
) -> Option<(String, Extract)> {
    let mut sides = Vec::new();
    let first = plan.transcript.first(view.naming);
    for side in [first, first.opponent()] {
        let critique = docket.settle(
            &format!("{}{name}/{side}/critique", view.prefix()),
            |ask| {
                let context = json!({
                    "topic": plan.topic(),
                    "position": plan.position(side),
                    "asks": criterion.asks,
                    "passages": ask.fenced(&reading::material(plan, view, Some(side))),
                    "problem": ask.problem,
                });
                reading::prose_call(plan, "judge/critique.user", context)
            },
            words(prose),
        );
        let Some(critique) = critique else { continue };
        let called = plan.transcript.name(side, view.naming);
        let passage = Passage::own(format!("Critique, {called}"), readable(plan, &critique));
        let subject = Subject { asks: &criterion.asks, passage: &passage };
        let call = format!("{}{name}/{side}/score", view.prefix());
        let score = extract::score(plan, docket, &call, subject, &format!("the {called}"));
        sides.extend(score.map(|score| (side, score, format!("{called}: {critique}"))));
    }
    if sides.len() < Side::BOTH.len() {
        return None;
    }
    let scores: BTreeMap<Side, f64> = sides.iter().map(|(side, score, _)| (*side, *score)).collect();
    let log_odds = (scores[&Side::Proposition] / scores[&Side::Opposition]).ln();
    let order = with_remark("each side alone".to_owned(), &view.remark(plan));
    let vote = Vote { order, view, leading: None, log_odds, prior: 0.0, counts: true };
    let critiques: Vec<String> = sides.into_iter().map(|(.., critique)| critique).collect();
    Some((critiques.join("\n\n"), Extract { scores, votes: vec![vote], named: None }))
}

/// The panel weighs the judgements and names one winner.
fn summarise(plan: &Plan, docket: &mut Docket<'_>, view: View, judgements: &[Passage]) -> Option<(String, Extract)> {
    let prefix = view.prefix();
    let judgement = docket.settle(
        &format!("{prefix}panel/judgement"),
        |ask| {
            let context = json!({
                "topic": plan.topic(),
                "stands": plan.stands(view.naming),
                "passages": ask.fenced(judgements),
                "names": plan.names(view.naming),
                "problem": ask.problem,
            });
            reading::prose_call(plan, "judge/panel.user", context)
        },
        words(prose),
    )?;
    let passage = Passage::own("Judgement of the debate", judgement.clone());
    let subject = Subject { asks: WHOLE_DEBATE, passage: &passage };
    let extract = extract::verdict(plan, docket, &format!("{prefix}panel/verdict"), subject, (view, false))?;
    Some((judgement, extract))
}

/// A judgement as scores are read off it.
fn readable(plan: &Plan, judgement: &str) -> String {
    match plan.recipe.rules.false_quotes {
        FalseQuotes::Mark => judgement.to_owned(),
        FalseQuotes::Strike => struck(judgement, &plan.spoken),
    }
}

fn of_rubric(items: &[RubricItem]) -> Passage {
    Passage::own("Rubric", lines(items).join("\n"))
}

fn with_rubric(items: &[RubricItem], judgement: String) -> String {
    if items.is_empty() { judgement } else { format!("Rubric: {}\n\n{judgement}", lines(items).join("; ")) }
}

/// Leaves the worse samples out, for each model on its own.
fn filter_samples(plan: &Plan, docket: &Docket<'_>, findings: &mut Findings<'_>) {
    let voting = &plan.recipe.voting;
    if voting.keep >= 1.0 || voting.samples < 2 {
        return;
    }
    let mut kept = BTreeSet::new();
    for member in 0..plan.judge.models().count() {
        let samples: Vec<Sample> =
            (0..voting.samples).map(|sample| observed(docket, findings, member, sample)).collect();
        kept.extend(filter::kept(&samples, voting.keep).into_iter().map(|sample| (member, sample)));
    }
    let counts = |view: View| kept.contains(&(view.member, view.sample as usize));
    findings.dimensions.values_mut().chain([&mut findings.panel]).for_each(|finding| finding.keep(counts));
}

fn observed(docket: &Docket<'_>, findings: &Findings<'_>, member: usize, sample: u32) -> Sample {
    let of = |view: View| view.member == member && view.sample == sample;
    let mut quotes = (0, 0);
    let mut votes = Vec::new();
    let mut prefixes = BTreeSet::new();
    for finding in findings.dimensions.values() {
        let (stand, all) = finding.quotes(of);
        quotes = (quotes.0 + stand, quotes.1 + all);
        let of_sample = finding.votes.iter().filter(|vote| of(vote.view));
        of_sample.for_each(|vote| {
            votes.push(vote.fair());
            prefixes.insert(vote.view.prefix());
        });
    }
    let mean = votes.iter().sum::<f64>() / votes.len().max(1) as f64;
    // The plain view's calls have no prefix of their own, and every name begins with nothing.
    let asked_again =
        prefixes.iter().filter(|prefix| !prefix.is_empty()).map(|prefix| docket.asked_again(prefix)).sum();
    Sample { quotes, asked_again, probability: voting::probability(mean) }
}

fn conclude(plan: &Plan, findings: Findings<'_>) -> Opinion {
    let recipe = &plan.recipe;
    let mut dimensions = Vec::new();
    let mut votes = Vec::new();
    let mut reasons = Vec::new();
    let mut sums = [0.0; 2];
    for (name, finding) in findings.dimensions {
        let Some(criterion) = recipe.criteria.get(name) else { continue };
        let reason = finding.reason();
        dimensions.push(DimensionScore {
            dimension: name.to_owned(),
            weight: criterion.weight,
            probability: voting::averaged(&finding.votes),
            scores: finding.mean_scores(),
            winner: finding.winner(criterion.ties, recipe.voting.tie_band),
            judgement: reason.as_ref().map(|reason| reason.text.clone()).unwrap_or_default(),
        });
        for (sum, side) in sums.iter_mut().zip([Side::Proposition, Side::Opposition]) {
            *sum += criterion.weight * finding.sum_of(side);
        }
        votes.push((name.to_owned(), finding.votes));
        reasons.extend(reason);
    }
    let decision = match recipe.combination {
        Combination::Weights {} | Combination::LogOdds {} => combination::weighted(recipe, &votes, plan.adjustment()),
        Combination::Scores {} => combination::summed(recipe, sums, plan.adjustment()),
        Combination::Panel {} => {
            let winner = findings.panel.winner(false, 0.0);
            let decision = combination::named(winner, voting::averaged(&findings.panel.votes), plan.adjustment());
            reasons = findings.panel.reason().into_iter().chain(reasons).collect();
            votes.push(("panel".to_owned(), findings.panel.votes));
            decision
        }
    };
    let speeches = findings.speeches.into_iter().map(|((dimension, speech), scored)| {
        let mean = |of: &dyn Fn(bool) -> bool| {
            let scores: Vec<f64> =
                scored.iter().filter(|(_, backward)| of(*backward)).map(|(score, _)| *score).collect();
            (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
        };
        let backward = mean(&|backward| !backward).and_then(|_| mean(&|backward| backward));
        SpeechScore { speech, dimension: dimension.to_owned(), score: mean(&|_| true).unwrap_or(0.0), backward }
    });
    Opinion { decision, dimensions, speeches: speeches.collect(), votes, reasons }
}
