//! Scores and winners, read off what the judge wrote: off label probabilities where the model shows them, else as JSON.
//!
//! Off probabilities a score is the expected digit (after G-Eval, arXiv 2303.16634): finer than a drawn one, and it never
//! fails to parse, so that small models can judge too.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::domain::ballot::Answer;
use crate::domain::seat::Side;
use crate::judge::answer;
use crate::judge::call::{CallKind, LabelAsk, Prompt, Writing};
use crate::judge::docket::{Ask, Docket, by_question};
use crate::judge::plan::Plan;
use crate::judge::scoring::choice::with_remark;
use crate::judge::scoring::choice::{Choice, choices};
use crate::judge::transcript::Passage;
use crate::judge::view::View;
use crate::judge::voting::Vote;

/// One token each wherever numbers are split into digits, which "10" is not.
const DIGITS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
/// Enough for the JSON of a score or a verdict and a few words of talk before it.
const FORM_TOKENS: u32 = 64;

/// What was read off one judgement.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Extract {
    /// 1 to 10.
    pub scores: BTreeMap<Side, f64>,
    pub votes: Vec<Vote>,
    /// The winner in words. Off probabilities nobody is named: the votes decide.
    pub named: Option<Named>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Winner(Side),
    Tie,
}

/// A passage to read from, and what to look at in it.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub asks: &'a str,
    pub passage: &'a Passage,
}

impl Subject<'_> {
    fn score_prompt(&self, plan: &Plan, ask: &Ask, of: &str, digits: bool) -> Prompt {
        let context = json!({
            "asks": self.asks,
            "passages": ask.fenced(std::slice::from_ref(self.passage)),
            "of": of,
            "digits": digits,
            "problem": ask.problem,
        });
        plan.prompt("judge/score.user", context)
    }

    fn digits(&self, plan: &Plan, ask: &Ask, of: &str) -> LabelAsk {
        LabelAsk {
            prompt: self.score_prompt(plan, ask, of, true),
            lead: String::new(),
            labels: DIGITS.map(str::to_owned).to_vec(),
        }
    }
}

/// The score of a speech or of a side, 1 to 10.
pub(super) fn score(plan: &Plan, docket: &mut Docket<'_>, call: &str, subject: Subject<'_>, of: &str) -> Option<f64> {
    let build = |ask: &Ask| {
        if plan.probabilities {
            CallKind::Labels(vec![subject.digits(plan, ask, of)])
        } else {
            form(subject.score_prompt(plan, ask, of, false), answer::score_schema())
        }
    };
    docket.settle(call, build, |answer| match answer {
        Answer::Text(text) => answer::score(text),
        Answer::Labels(_) => Ok(expected(&by_question(answer, &[DIGITS.len()])?[0])),
    })
}

/// Both sides' scores and the winner.
pub(super) fn verdict(
    plan: &Plan,
    docket: &mut Docket<'_>,
    call: &str,
    subject: Subject<'_>,
    (view, ties): (View, bool),
) -> Option<Extract> {
    let first = plan.transcript.first(view.naming);
    let build = |ask: &Ask| {
        if plan.probabilities {
            CallKind::Labels(verdict_questions(plan, ask, subject, view))
        } else {
            let context = json!({
                "asks": subject.asks,
                "passages": ask.fenced(std::slice::from_ref(subject.passage)),
                "names": plan.names(view.naming),
                "ties": ties,
                "problem": ask.problem,
            });
            form(plan.prompt("judge/verdict.user", context), answer::verdict_schema(ties))
        }
    };
    docket.settle(call, build, |answer| match answer {
        Answer::Text(text) => {
            let remark = view.remark(plan);
            answer::verdict(text, ties).map(|verdict| in_words(&verdict, first, view, &remark))
        }
        Answer::Labels(_) => {
            let mut sizes = vec![DIGITS.len(); 2];
            sizes.resize(2 + choices(plan, view).len(), 2);
            Ok(off_probabilities(plan, &by_question(answer, &sizes)?, view))
        }
    })
}

/// Two scores, then who was better.
fn verdict_questions(plan: &Plan, ask: &Ask, subject: Subject<'_>, view: View) -> Vec<LabelAsk> {
    let first = plan.transcript.first(view.naming);
    let sides = [first, first.opponent()];
    let scores =
        sides.map(|side| subject.digits(plan, ask, &format!("the {}", plan.transcript.name(side, view.naming))));
    let passages = ask.fenced(std::slice::from_ref(subject.passage));
    let winners = choices(plan, view).into_iter().map(|choice| choice.ask(plan, subject.asks, &passages));
    scores.into_iter().chain(winners).collect()
}

fn off_probabilities(plan: &Plan, read: &[Vec<f64>], view: View) -> Extract {
    let first = plan.transcript.first(view.naming);
    let (digits, labels) = read.split_at(2);
    let scores = [first, first.opponent()].into_iter().zip(digits).map(|(side, digits)| (side, expected(digits)));
    let vote = |(choice, labels): (Choice<'_>, &Vec<f64>)| choice.vote(plan, labels, &[0.0; 2], 1.0);
    let votes = choices(plan, view).into_iter().zip(labels).map(vote);
    Extract { scores: scores.collect(), votes: votes.collect(), named: None }
}

/// Scores taken as strengths give the odds, as in Bradley-Terry: 8 against 4 is two to one. A named tie is even.
fn in_words(verdict: &answer::Verdict, first: Side, view: View, remark: &str) -> Extract {
    let sides = [first, first.opponent()];
    let scores: BTreeMap<_, _> = sides.into_iter().zip(verdict.scores).collect();
    let named = verdict.winner.map_or(Named::Tie, |winner| Named::Winner(sides[winner.min(1)]));
    let log_odds = match named {
        Named::Tie => 0.0,
        Named::Winner(_) => (scores[&Side::Proposition] / scores[&Side::Opposition]).ln(),
    };
    let order = with_remark(format!("first = {first}"), remark);
    let vote = Vote { order, view, leading: Some(first), log_odds, prior: 0.0, counts: true };
    Extract { scores, votes: vec![vote], named: Some(named) }
}

/// The mean digit under the model's own probabilities, stretched from 1-9 to 1-10.
fn expected(log_probabilities: &[f64]) -> f64 {
    let highest = log_probabilities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights = log_probabilities.iter().map(|value| (value - highest).exp());
    let (mut sum, mut mass) = (0.0, 0.0);
    for (index, weight) in weights.enumerate() {
        sum += weight * index as f64;
        mass += weight;
    }
    1.0 + sum / mass * 9.0 / (DIGITS.len() - 1) as f64
}

fn form(prompt: Prompt, schema: Value) -> CallKind {
    CallKind::Write(Writing {
        prompt,
        schema: Some(schema),
        max_tokens: FORM_TOKENS,
        temperature: 0.0,
        repetition_penalty: 1.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expected_score_reaches_from_one_to_ten() {
        let certain = |digit: usize| -> Vec<f64> { (1..=9).map(|d| if d == digit { 0.0 } else { -50.0 }).collect() };
        assert!((expected(&certain(1)) - 1.0).abs() < 1e-9);
        assert!((expected(&certain(9)) - 10.0).abs() < 1e-9);
        assert!((expected(&[-2.0; 9]) - 5.5).abs() < 1e-9);
    }

    #[test]
    fn scores_are_strengths_and_a_named_tie_is_even() {
        let eight_four = answer::Verdict { scores: [8.0, 4.0], winner: Some(0) };
        let extract = in_words(&eight_four, Side::Opposition, View::PLAIN, "");
        assert_eq!(extract.named, Some(Named::Winner(Side::Opposition)));
        assert!((extract.votes[0].log_odds + 2_f64.ln()).abs() < 1e-9);
        let tie = in_words(&answer::Verdict { scores: [8.0, 4.0], winner: None }, Side::Proposition, View::PLAIN, "");
        assert!(tie.votes[0].log_odds.abs() < 1e-9);
    }
}
