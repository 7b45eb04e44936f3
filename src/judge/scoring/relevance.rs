//! Whether a side speaks to the motion. The judge's model reads what the side said and is asked what was debated: how much
//! likelier the motion became, compared with what the same words do for other motions, tells how much was said about it
//! (pointwise mutual information). A greeting, an announcement or praise of one's own case fits every motion alike, in any
//! language and at any length, so it says about nothing. Lists of phrases catch only what somebody has seen before.

use std::collections::BTreeMap;

use serde_json::json;

use crate::domain::ballot::Reason;
use crate::domain::recipe::Relevance;
use crate::domain::seat::Side;
use crate::judge::call::{CallKind, LabelAsk};
use crate::judge::docket::{Ask, Docket, by_question};
use crate::judge::plan::Plan;
use crate::judge::scoring::Opinion;
use crate::judge::transcript::{Naming, Passage, SILENCE};
use crate::text::fence::Fence;

/// Words of each speech that are read: enough to tell what it is about.
const WORDS: usize = 120;
const HEADING: &str = "Said";

/// What was measured, and what the rule makes of it.
pub(in crate::judge) struct Measured<'a> {
    /// Nats for each side; empty where the recipe does not look.
    pub nats: BTreeMap<Side, f64>,
    rule: Option<&'a Relevance>,
}

/// How much each side says about the motion. `None` while the model is asked.
pub(in crate::judge) fn measured<'a>(plan: &'a Plan, docket: &mut Docket<'_>) -> Option<Measured<'a>> {
    let Some(rule) = &plan.recipe.rules.relevance else {
        return Some(Measured { nats: BTreeMap::new(), rule: None });
    };
    docket.member = 0;
    let labels: Vec<String> = std::iter::once(&plan.transcript.topic).chain(&rule.motions).cloned().collect();
    let question = |passages: Vec<String>| {
        CallKind::Labels(vec![LabelAsk {
            prompt: plan.prompt("judge/relevance.user", json!({ "passages": passages })),
            lead: String::new(),
            labels: labels.clone(),
        }])
    };
    let mut read = |call: String, build: &dyn Fn(&Ask) -> CallKind| {
        docket.settle(&call, build, |answer| by_question(answer, &[labels.len()])).map(|read| read.concat())
    };
    // Silence can forge no fence, and with the same one it is read once for all debates on a motion.
    let silence = Fence::new(0).wrap(HEADING, SILENCE);
    let prior = read("relevance/prior".to_owned(), &|_| question(vec![silence.clone()]));
    let sides = Side::BOTH.map(|side| {
        let passage = Passage { heading: HEADING.to_owned(), text: beginnings(plan, side), own: false };
        read(format!("relevance/{side}"), &|ask| question(ask.fenced(std::slice::from_ref(&passage))))
    });
    let (prior, [Some(proposition), Some(opposition)]) = (prior?, sides) else { return None };
    let nats = Side::BOTH.into_iter().zip([nats(&proposition, &prior), nats(&opposition, &prior)]);
    Some(Measured { nats: nats.collect(), rule: Some(rule) })
}

/// The first words of every speech of a side.
fn beginnings(plan: &Plan, side: Side) -> String {
    let speeches = plan.transcript.passages(Naming::default(), false, Some(side)).into_iter();
    let begin = |text: &str| text.split_whitespace().take(WORDS).collect::<Vec<_>>().join(" ");
    speeches.map(|(_, passage)| begin(&passage.text)).collect::<Vec<_>>().join("\n\n")
}

/// What the words add to the log-probability of the first label, less what they add to that of the others on average.
fn nats(read: &[f64], prior: &[f64]) -> f64 {
    let mut added = read.iter().zip(prior).map(|(read, prior)| read - prior);
    let motion = added.next().unwrap_or(0.0);
    motion - added.sum::<f64>() / (read.len().saturating_sub(1)).max(1) as f64
}

impl Measured<'_> {
    fn of(&self, side: Side) -> f64 {
        self.nats.get(&side).copied().unwrap_or(0.0)
    }

    /// The side that does not speak to the motion, where the other does.
    fn beside_it(&self) -> Option<Side> {
        let rule = self.rule?;
        let beside =
            |side: &Side| self.of(*side) < rule.least && self.of(side.opponent()) - self.of(*side) >= rule.lead;
        Side::BOTH.into_iter().find(beside)
    }

    /// Lets no side win that does not speak to the motion against one that does: a preference for it counts for the other,
    /// as strong as it was, so that a judge stays as sure of itself as it was measured to be.
    pub fn settle(&self, opinion: &mut Opinion) {
        let Some(side) = self.beside_it() else { return };
        let decision = &mut opinion.decision;
        let (low, high) = (
            decision.probability.min(1.0 - decision.probability),
            decision.probability.max(1.0 - decision.probability),
        );
        decision.winner = Some(side.opponent());
        decision.probability = if side == Side::Proposition { low } else { high };
        let text = format!(
            "The {side} hardly speaks to the motion: its words say {:.1} nats about it, those of the {} {:.1}. It cannot \
             win here.",
            self.of(side),
            side.opponent(),
            self.of(side.opponent()),
        );
        opinion.reasons.insert(0, Reason { text, quotes: Vec::new() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ballot::Answer;
    use crate::judge::call::JudgeCall;
    use crate::judge::combination::Decision;
    use crate::judge::rehearsal::{ballot, labels, options, plan, render, shipped, transcript};

    fn rule() -> Relevance {
        Relevance { least: 4.0, lead: 2.0, motions: Vec::new() }
    }

    fn settled(nats: [f64; 2], probability: f64) -> (Option<Side>, f64, usize) {
        let rule = rule();
        let measured = Measured { nats: Side::BOTH.into_iter().zip(nats).collect(), rule: Some(&rule) };
        let decision = Decision { winner: Some(Side::Proposition), probability };
        let mut opinion =
            Opinion { decision, dimensions: Vec::new(), speeches: Vec::new(), votes: Vec::new(), reasons: Vec::new() };
        measured.settle(&mut opinion);
        (opinion.decision.winner, opinion.decision.probability, opinion.reasons.len())
    }

    #[test]
    fn words_that_fit_every_motion_alike_say_nothing_about_one() {
        assert!((nats(&[-10.0, -12.0, -14.0], &[-20.0, -22.0, -24.0])).abs() < 1e-9);
        assert!((nats(&[-10.0, -22.0, -24.0], &[-20.0, -22.0, -24.0]) - 10.0).abs() < 1e-9);
    }

    #[test]
    fn who_does_not_speak_to_the_motion_cannot_win_against_one_who_does() {
        assert_eq!(settled([1.0, 9.0], 0.75), (Some(Side::Opposition), 0.25, 1));
        assert_eq!(settled([1.0, 9.0], 0.125), (Some(Side::Opposition), 0.125, 1));
        assert_eq!(settled([9.0, 1.0], 0.25), (Some(Side::Proposition), 0.75, 1));
    }

    #[test]
    fn two_sides_off_the_motion_or_none_are_judged_as_before() {
        for nats in [[1.0, 2.0], [3.5, 5.0], [5.0, 20.0], [8.0, 9.0]] {
            assert_eq!(settled(nats, 0.9), (Some(Side::Proposition), 0.9, 0), "{nats:?}");
        }
    }

    #[test]
    fn a_side_that_fits_every_motion_alike_cannot_win_against_one_that_speaks_to_this_one() {
        let recipe = shipped().into_iter().find(|(recipe, _)| recipe.name == "label-probability").unwrap().0;
        let debate = transcript(&[
            "Jai préparé un discours magnifique et complet.",
            "Saplings are slow, and heat kills this summer.",
        ]);
        let of_silence = |ask: &LabelAsk| render(&ask.prompt).1.contains("(nothing was said)");
        let answer = |call: &JudgeCall| {
            let CallKind::Labels(asks) = &call.kind else { unreachable!() };
            if call.call.starts_with("relevance/") {
                let speaks = render(&asks[0].prompt).1.contains("Saplings");
                let motion = if speaks && !of_silence(&asks[0]) { -10.0 } else { -20.0 };
                return Answer::Labels(
                    asks[0].labels.iter().enumerate().map(|(at, _)| if at == 0 { motion } else { -20.0 }).collect(),
                );
            }
            // The model itself is charmed by the empty speech.
            labels(asks, |ask| {
                let proposition = if call.call.contains("swapped/") { "Second speaker" } else { "First speaker" };
                if of_silence(ask) {
                    0.0
                } else if options(ask)[proposition] == 0 {
                    1.0
                } else {
                    -1.0
                }
            })
        };
        let with_rule = ballot(&plan(recipe.clone(), &debate, true), answer);
        assert_eq!(with_rule.winner, Some(Side::Opposition));
        assert_eq!((with_rule.relevance[&Side::Proposition], with_rule.relevance[&Side::Opposition]), (0.0, 10.0));
        assert!(with_rule.reasons[0].text.starts_with("The proposition hardly speaks to the motion"));
        let mut without = recipe;
        without.rules.relevance = None;
        let charmed = ballot(&plan(without, &debate, true), answer);
        assert_eq!(charmed.winner, Some(Side::Proposition));
        assert!(
            (charmed.probability + with_rule.probability - 1.0).abs() < 1e-9,
            "as sure as before, of the other side"
        );
        assert!(charmed.relevance.is_empty() && charmed.usage.prompt_tokens < with_rule.usage.prompt_tokens);
    }
}
