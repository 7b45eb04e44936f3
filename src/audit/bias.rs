//! The suite `bias`: what should not matter. Which argument comes first, how long it goes on, who speaks last.

use serde::{Deserialize, Serialize};

use crate::audit::agreement::{self, Order};
use crate::audit::case::{Case, Label, Line, Matter};
use crate::audit::hearing::Judged;
use crate::audit::material::{Argument, Neutral};
use crate::domain::format::StageKind;
use crate::domain::seat::Side;
use crate::domain::transcript::Contest;
use crate::rating::calibration::logistic;
use crate::rating::interval::{Estimated, Scored, share};

/// What sentences that say nothing add.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Padding {
    /// How often the padded copy of an argument beats the argument itself; 0.5 is no bias.
    pub padded_chosen: Estimated,
    /// How often the judge calls the two a tie, as it should.
    pub own_ties: f64,
    /// Mean log-odds for the padded copy.
    pub shift: f64,
}

/// What speaking last brings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recency {
    /// How often the last speaker is chosen; 0.5 is no bias, since each side speaks last once.
    pub last_chosen: Estimated,
    /// The mean probability of the last speaker, less one half.
    pub pull_to_last: f64,
    /// How often the winner changes with the order of speaking.
    pub flip_rate: f64,
}

/// The suite's result. A part is missing if nothing of it could be decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BiasReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Order>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub padding: Option<Padding>,
    /// It takes a motion of which both sides are among the arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recency: Option<Recency>,
    pub void: usize,
}

/// Each argument, padded, against itself: a is the padded one.
#[must_use]
pub fn padded(arguments: &[Argument], neutral: &Neutral) -> Vec<Case> {
    let padding = neutral.padding.join(" ");
    let pair = |argument: &Argument| {
        let texts = [format!("{} {padding}", argument.strong), argument.strong.clone()];
        Case::pair(&argument.claim, Contest::Arguments, &argument.claim, texts, Label::Tie)
    };
    arguments.iter().map(pair).collect()
}

/// Each motion's two sides, in both orders of speaking, one behind the other.
#[must_use]
pub fn debates(arguments: &[Argument]) -> Vec<Case> {
    let mut cases = Vec::new();
    for argument in arguments.iter().filter(|argument| argument.side == Side::Proposition) {
        let answer = |other: &&Argument| other.motion == argument.motion && other.side == Side::Opposition;
        let Some(answer) = arguments.iter().find(answer) else { continue };
        let line = |argument: &Argument| Line {
            side: argument.side,
            stage: StageKind::Constructive,
            text: argument.strong.clone(),
        };
        for order in [[argument, answer], [answer, argument]] {
            let texts = [String::new(), String::new()];
            let mut case = Case::pair(&argument.motion, Contest::Debate, &argument.motion, texts, Label::Tie);
            case.matter = Matter::Debate(order.map(line).to_vec());
            cases.push(case);
        }
    }
    cases
}

/// Folds the clear pairs, the padded pairs and the debates.
#[must_use]
pub fn report(pairs: &[Judged], padded: &[Judged], debates: &[Judged], seed: u64) -> BiasReport {
    let void = [pairs, padded, debates].concat().iter().filter(|judged| judged.opinion.is_none()).count();
    let position = agreement::report(pairs, std::collections::BTreeMap::new(), &[], seed).order;
    BiasReport { position, padding: padding(padded, seed), recency: recency(debates, seed), void }
}

fn padding(padded: &[Judged], seed: u64) -> Option<Padding> {
    let opinions: Vec<_> =
        padded.iter().filter_map(|judged| Some((judged.case.cluster.as_str(), judged.opinion.as_ref()?))).collect();
    let scored = opinions.iter().map(|(cluster, opinion)| Scored { cluster, score: Label::A.score(opinion.own) });
    let padded_chosen = share(&scored.collect::<Vec<_>>(), seed)?;
    let n = opinions.len() as f64;
    Some(Padding {
        padded_chosen,
        own_ties: opinions.iter().filter(|(_, opinion)| opinion.own == Label::Tie).count() as f64 / n,
        shift: opinions.iter().map(|(_, opinion)| opinion.log_odds).sum::<f64>() / n,
    })
}

fn recency(debates: &[Judged], seed: u64) -> Option<Recency> {
    let heard: Vec<(&str, Label, f64)> = debates
        .iter()
        .filter_map(|judged| {
            Some((judged.case.cluster.as_str(), judged.case.last_speaker()?, judged.opinion.as_ref()?.log_odds))
        })
        .collect();
    let scored = heard.iter().map(|(cluster, last, odds)| Scored { cluster, score: last.score(Label::of(*odds)) });
    let last_chosen = share(&scored.collect::<Vec<_>>(), seed)?;
    let of_last = |last: Label, odds: f64| logistic(if last == Label::A { odds } else { -odds }) - 0.5;
    let pull = heard.iter().map(|(_, last, odds)| of_last(*last, *odds)).sum::<f64>() / heard.len() as f64;
    let both: Vec<bool> = debates
        .chunks_exact(2)
        .filter_map(|orders| Some(orders[0].opinion.as_ref()?.log_odds * orders[1].opinion.as_ref()?.log_odds < 0.0))
        .collect();
    let flips = both.iter().filter(|flipped| **flipped).count();
    Some(Recency { last_chosen, pull_to_last: pull, flip_rate: flips as f64 / both.len().max(1) as f64 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::hearing::Hearing;
    use crate::audit::hearing::rehearsed::hearing;
    use crate::audit::injection::clear_pairs;
    use crate::audit::material::shipped;

    fn judged(cases: Vec<Case>, say: impl Fn(&Case) -> Vec<f64>) -> Vec<Judged> {
        cases
            .into_iter()
            .map(|case| {
                let heard: Vec<Hearing> = say(&case).into_iter().map(|p| hearing(p, 0.05)).collect();
                Judged::of(case, &heard)
            })
            .collect()
    }

    #[test]
    fn a_judge_that_always_takes_the_last_is_found_out() {
        let arguments = shipped::arguments();
        let debates =
            judged(debates(&arguments), |case| vec![if case.last_speaker() == Some(Label::A) { 0.8 } else { 0.2 }]);
        let report = report(&[], &[], &debates, 1);
        let recency = report.recency.unwrap();
        assert_eq!((recency.last_chosen.value, recency.flip_rate, recency.last_chosen.n), (1.0, 1.0, arguments.len()));
        assert!((recency.pull_to_last - 0.3).abs() < 1e-9);
        assert_eq!((report.position, report.padding), (None, None));
    }

    #[test]
    fn a_judge_that_likes_length_is_found_out_and_a_tie_is_no_bias() {
        let cases = || padded(&shipped::arguments(), &shipped::neutral());
        let pairs = judged(clear_pairs(&shipped::arguments()), |_| vec![0.7, 0.7]);
        let of = |orders: [f64; 2]| report(&pairs, &judged(cases(), |_| orders.to_vec()), &[], 1);
        let longer = of([0.9, 0.1]);
        assert_eq!(longer.padding.unwrap().padded_chosen.value, 1.0);
        let order = longer.position.unwrap();
        assert!(order.flip_rate.value == 1.0 && (order.position_bias - 0.2).abs() < 1e-9);
        let fair = of([0.5, 0.5]).padding.unwrap();
        assert_eq!((fair.padded_chosen.value, fair.own_ties, fair.shift), (0.5, 1.0, 0.0));
    }

    #[test]
    fn what_could_not_be_decided_is_counted() {
        let void: Vec<Judged> = debates(&shipped::arguments())
            .into_iter()
            .map(|case| Judged::of(case, &[Hearing::Void("no".to_owned())]))
            .collect();
        let report = report(&[], &[], &void, 1);
        assert_eq!((report.void, report.recency), (void.len(), None));
    }
}
