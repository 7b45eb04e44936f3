//! Scores and winners, read off what the judge wrote: off label probabilities where the model shows them, else as JSON.
//!
//! Off probabilities a score is the expected digit (after G-Eval, arXiv 2303.16634): finer than a drawn one, and it never
//! fails to parse, so that small models can judge too.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::domain::ballot::Answer;
use crate::domain::seat::Side;
use crate::judge::answer;
use crate::judge::docket::{Ask, Docket, by_question};
use crate::judge::plan::{CallKind, LabelAsk, Plan, Prompt, Writing};
use crate::judge::transcript::{Naming, Passage};
use crate::judge::voting::Vote;

/// One token each wherever numbers are split into digits, which "10" is not.
const DIGITS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
const LETTERS: [&str; 2] = ["A", "B"];
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
    fn score_prompt(&self, ask: &Ask, of: &str, digits: bool) -> Prompt {
        let context = json!({
            "asks": self.asks,
            "passages": ask.fenced(std::slice::from_ref(self.passage)),
            "of": of,
            "digits": digits,
            "problem": ask.problem,
        });
        Prompt::new("judge/score.user", context)
    }

    fn digits(&self, ask: &Ask, of: &str) -> LabelAsk {
        LabelAsk {
            prompt: self.score_prompt(ask, of, true),
            lead: String::new(),
            labels: DIGITS.map(str::to_owned).to_vec(),
        }
    }
}

/// The score of a speech, 1 to 10.
pub(super) fn score(plan: &Plan, docket: &mut Docket<'_>, call: &str, subject: Subject<'_>) -> Option<f64> {
    let of = "the speech";
    let build = |ask: &Ask| {
        if plan.probabilities {
            CallKind::Labels(vec![subject.digits(ask, of)])
        } else {
            form(subject.score_prompt(ask, of, false), answer::score_schema())
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
    (naming, ties): (Naming, bool),
) -> Option<Extract> {
    let first = plan.transcript.first(naming);
    let build = |ask: &Ask| {
        if plan.probabilities {
            CallKind::Labels(verdict_questions(plan, ask, subject, naming))
        } else {
            let context = json!({
                "asks": subject.asks,
                "passages": ask.fenced(std::slice::from_ref(subject.passage)),
                "ties": ties,
                "problem": ask.problem,
            });
            form(Prompt::new("judge/verdict.user", context), answer::verdict_schema(ties))
        }
    };
    let called = format!("first speaker = {first}");
    docket.settle(call, build, |answer| match answer {
        Answer::Text(text) => Ok(in_words(&answer::verdict(text, ties)?, first, &called)),
        Answer::Labels(_) => {
            let read = by_question(answer, &[DIGITS.len(), DIGITS.len(), LETTERS.len(), LETTERS.len()])?;
            Ok(off_probabilities(&read, first, &called))
        }
    })
}

/// Two scores, then who was better with the letters both ways.
fn verdict_questions(plan: &Plan, ask: &Ask, subject: Subject<'_>, naming: Naming) -> Vec<LabelAsk> {
    let first = plan.transcript.first(naming);
    let sides = [first, first.opponent()];
    let scores = sides.map(|side| subject.digits(ask, &format!("the {}", plan.transcript.name(side, naming))));
    let winners = sides.map(|side| {
        let name = |side: Side| plan.transcript.name(side, naming);
        let context = json!({
            "motion": plan.transcript.motion,
            "stands": plan.stands(naming),
            "passages": ask.fenced(std::slice::from_ref(subject.passage)),
            "asks": subject.asks,
            "a": { "letter": LETTERS[0], "name": name(side) },
            "b": { "letter": LETTERS[1], "name": name(side.opponent()) },
        });
        let prompt = Prompt::new("judge/labels.user", context);
        LabelAsk { prompt, lead: String::new(), labels: LETTERS.map(str::to_owned).to_vec() }
    });
    scores.into_iter().chain(winners).collect()
}

fn off_probabilities(read: &[Vec<f64>], first: Side, called: &str) -> Extract {
    let sides = [first, first.opponent()];
    let scores = sides.into_iter().zip(read).map(|(side, digits)| (side, expected(digits))).collect();
    let votes = sides.into_iter().zip(&read[2..]).map(|(leading, letters)| {
        let odds = letters[0] - letters[1];
        let log_odds = if leading == Side::Proposition { odds } else { -odds };
        Vote { order: format!("A = {leading}, {called}"), leading, log_odds, prior: 0.0 }
    });
    Extract { scores, votes: votes.collect(), named: None }
}

/// Scores taken as strengths give the odds, as in Bradley-Terry: 8 against 4 is two to one. A named tie is even.
fn in_words(verdict: &answer::Verdict, first: Side, called: &str) -> Extract {
    let sides = [first, first.opponent()];
    let scores: BTreeMap<_, _> = sides.into_iter().zip(verdict.scores).collect();
    let named = verdict.winner.map_or(Named::Tie, |winner| Named::Winner(sides[winner.min(1)]));
    let log_odds = match named {
        Named::Tie => 0.0,
        Named::Winner(_) => (scores[&Side::Proposition] / scores[&Side::Opposition]).ln(),
    };
    let vote = Vote { order: called.to_owned(), leading: first, log_odds, prior: 0.0 };
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
        let extract = in_words(&eight_four, Side::Opposition, "");
        assert_eq!(extract.named, Some(Named::Winner(Side::Opposition)));
        assert!((extract.votes[0].log_odds + 2_f64.ln()).abs() < 1e-9);
        let tie = in_words(&answer::Verdict { scores: [8.0, 4.0], winner: None }, Side::Proposition, "");
        assert!(tie.votes[0].log_odds.abs() < 1e-9);
    }
}
