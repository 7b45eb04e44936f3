//! One question with several completions: best of n, one right against many wrong, and ties among the right ones.
//!
//! RewardBench 2 (arXiv 2506.01937) takes a score for each completion: the right one must have the single highest, and with
//! several right ones `min(right) > max(wrong)`. A judge of pairs gives margins `m(i, j)` in the place of differences of
//! scores, so every right completion must beat every wrong one; `c = min m(right, wrong)` and `d = max |m(right, right)|`.
//! RewardMATH (arXiv 2410.01729) is the same with one right and nine wrong.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::audit::case::{Case, Label, List};
use crate::audit::hearing::Judged;
use crate::domain::transcript::Contest;
use crate::rating::interval::{Estimated, Scored, share};

/// Lists of one size with one right completion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BestOf {
    /// Completions of each list.
    pub completions: usize,
    /// The right one beats all others.
    pub accuracy: Estimated,
    /// What choosing blindly would get.
    pub chance: f64,
    /// Of the single comparisons, right against wrong.
    pub pairwise: f64,
}

/// Lists of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListGroup {
    pub group: String,
    pub accuracy: Estimated,
}

/// The rule for several right completions. `ref:N` names the list of prompt N with one right completion, `tied:N` that with all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ties {
    pub accuracy_tied: Estimated,
    /// `None` without lists named `ref:N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_reference: Option<f64>,
    /// `0.30 acc_tied + 0.30 acc_ref + 0.20 P(c_tied > d) + 0.20 P(min(c_ref, c_tied) > d) + 0.01 mean tanh(min(c_ref, c_tied)/d − 1)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Prompts of which both lists were decided.
    pub prompts: usize,
}

/// All lists of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListsReport {
    pub n: usize,
    /// Lists with a comparison that the judge could not decide.
    pub void: usize,
    pub best_of: Vec<BestOf>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<ListGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ties: Option<Ties>,
}

/// What is heard of a list: every right completion against every wrong one, then the right ones among themselves.
#[must_use]
pub fn comparisons(list: &List) -> Vec<Case> {
    let (right, wrong) = list.completions.split_at(list.right);
    let case = |one: &String, other: &String, label| {
        Case::pair(&list.id, Contest::Answers, &list.prompt, [one.clone(), other.clone()], label)
    };
    let against = right.iter().flat_map(|one| wrong.iter().map(move |other| case(one, other, Label::A)));
    let among = right
        .iter()
        .enumerate()
        .flat_map(|(place, one)| right[place + 1..].iter().map(move |other| case(one, other, Label::Tie)));
    against.chain(among).collect()
}

/// What the comparisons of one list come to.
struct Outcome<'a> {
    list: &'a List,
    accurate: bool,
    /// The narrowest lead of a right completion.
    lead: f64,
    /// The widest gap among right ones; 0 if there is one only.
    spread: f64,
    beaten: usize,
    compared: usize,
}

impl<'a> Outcome<'a> {
    fn of(list: &'a List, judged: &[Judged]) -> Option<Outcome<'a>> {
        let (mut lead, mut spread, mut beaten, mut compared) = (f64::INFINITY, 0f64, 0, 0);
        for judged in judged {
            let margin = judged.opinion.as_ref()?.log_odds;
            if judged.case.label == Label::Tie {
                spread = spread.max(margin.abs());
            } else {
                lead = lead.min(margin);
                compared += 1;
                beaten += usize::from(margin > 0.0);
            }
        }
        Some(Outcome { list, accurate: lead > 0.0, lead, spread, beaten, compared })
    }

    fn scored(&self) -> Scored<'_> {
        Scored { cluster: &self.list.prompt, score: f64::from(u8::from(self.accurate)) }
    }

    /// The prompt's number, if the list is one of two of the same prompt.
    fn number(&self, kind: &str) -> Option<&str> {
        self.list.id.split_once(':').filter(|(name, _)| *name == kind).map(|(_, number)| number)
    }
}

/// Folds lists with their comparisons.
#[must_use]
pub fn report(lists: &[(List, Vec<Judged>)], seed: u64) -> ListsReport {
    let outcomes: Vec<Outcome<'_>> = lists.iter().filter_map(|(list, judged)| Outcome::of(list, judged)).collect();
    let is_tie = |outcome: &Outcome<'_>| {
        outcome.list.right > 1 || outcome.number("ref").is_some() || outcome.number("tied").is_some()
    };
    let (ties, single): (Vec<&Outcome<'_>>, Vec<&Outcome<'_>>) = outcomes.iter().partition(|outcome| is_tie(outcome));
    let mut sizes: BTreeMap<usize, Vec<&Outcome<'_>>> = BTreeMap::new();
    let mut groups: BTreeMap<&str, Vec<&Outcome<'_>>> = BTreeMap::new();
    for outcome in single {
        sizes.entry(outcome.list.completions.len()).or_default().push(outcome);
        groups.entry(&outcome.list.group).or_default().push(outcome);
    }
    let accuracy =
        |outcomes: &[&Outcome<'_>]| share(&outcomes.iter().map(|outcome| outcome.scored()).collect::<Vec<_>>(), seed);
    let size = |(completions, outcomes): (usize, Vec<&Outcome<'_>>)| {
        let compared: usize = outcomes.iter().map(|outcome| outcome.compared).sum();
        let beaten: usize = outcomes.iter().map(|outcome| outcome.beaten).sum();
        Some(BestOf {
            completions,
            accuracy: accuracy(&outcomes)?,
            chance: 1.0 / completions as f64,
            pairwise: beaten as f64 / compared.max(1) as f64,
        })
    };
    let several = groups.len() > 1;
    let group = |(group, outcomes): (&str, Vec<&Outcome<'_>>)| {
        Some(ListGroup { group: group.to_owned(), accuracy: accuracy(&outcomes)? })
    };
    ListsReport {
        n: lists.len(),
        void: lists.len() - outcomes.len(),
        best_of: sizes.into_iter().filter_map(size).collect(),
        groups: if several { groups.into_iter().filter_map(group).collect() } else { Vec::new() },
        ties: tie_rule(&ties, seed),
    }
}

fn tie_rule(outcomes: &[&Outcome<'_>], seed: u64) -> Option<Ties> {
    let tied: Vec<&Outcome<'_>> = outcomes.iter().copied().filter(|outcome| outcome.number("ref").is_none()).collect();
    let accuracy_tied = share(&tied.iter().map(|outcome| outcome.scored()).collect::<Vec<_>>(), seed)?;
    let references: BTreeMap<&str, &Outcome<'_>> =
        outcomes.iter().filter_map(|outcome| Some((outcome.number("ref")?, *outcome))).collect();
    let both: Vec<(&Outcome<'_>, &Outcome<'_>)> =
        tied.iter().filter_map(|tied| Some((*tied, *references.get(tied.number("tied")?)?))).collect();
    let mean = |figure: &dyn Fn(&Outcome<'_>, &Outcome<'_>) -> f64| {
        both.iter().map(|(tied, reference)| figure(tied, reference)).sum::<f64>() / both.len() as f64
    };
    let sure = |yes: bool| f64::from(u8::from(yes));
    let score = (!both.is_empty()).then(|| {
        0.30 * mean(&|tied, _| sure(tied.accurate))
            + 0.30 * mean(&|_, reference| sure(reference.accurate))
            + 0.20 * mean(&|tied, _| sure(tied.lead > tied.spread))
            + 0.20 * mean(&|tied, reference| sure(tied.lead.min(reference.lead) > tied.spread))
            + 0.01 * mean(&|tied, reference| bonus(tied.lead.min(reference.lead), tied.spread))
    });
    let accuracy_reference = (!references.is_empty())
        .then(|| references.values().map(|outcome| sure(outcome.accurate)).sum::<f64>() / references.len() as f64);
    Some(Ties { accuracy_tied, accuracy_reference, score, prompts: both.len() })
}

/// `tanh(lead / spread − 1)`; without a spread and without a lead there is nothing to reward.
fn bonus(lead: f64, spread: f64) -> f64 {
    let ratio = lead / spread;
    if ratio.is_nan() { 0.0 } else { (ratio - 1.0).tanh() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::hearing::Hearing;
    use crate::audit::hearing::rehearsed::hearing;
    use crate::rating::calibration::logistic;

    fn list(id: &str, completions: &[&str], right: usize) -> List {
        List {
            id: id.to_owned(),
            prompt: format!("prompt {id}"),
            completions: completions.iter().map(|text| (*text).to_owned()).collect(),
            right,
            group: String::new(),
        }
    }

    /// A judge that scores completions and decides by the difference.
    fn judged(list: List, scores: &[(&str, f64)]) -> (List, Vec<Judged>) {
        let score = |text: &str| scores.iter().find(|(name, _)| *name == text).unwrap().1;
        let judged = comparisons(&list)
            .into_iter()
            .map(|case| {
                let texts: Vec<f64> = case.transcripts()[0].speeches.iter().map(|s| score(&s.text)).collect();
                let p = logistic(texts[0] - texts[1]);
                Judged::of(case, &[hearing(p, 0.0), hearing(1.0 - p, 0.0)])
            })
            .collect();
        (list, judged)
    }

    #[test]
    fn the_right_one_has_to_beat_all_others() {
        let scores = [("r", 1.0), ("w", 0.5), ("v", 2.0), ("u", 0.0)];
        let report = report(
            &[
                judged(list("1", &["r", "w", "v", "u"], 1), &scores),
                judged(list("2", &["v", "w", "r", "u"], 1), &scores),
            ],
            1,
        );
        let best = &report.best_of[0];
        assert_eq!((best.completions, best.accuracy.value, best.chance), (4, 0.5, 0.25));
        assert!((best.pairwise - 5.0 / 6.0).abs() < 1e-12);
        assert_eq!(report.ties, None);
    }

    #[test]
    fn ties_follow_the_published_rule_when_margins_are_differences_of_scores() {
        let scores = [("r", 2.0), ("s", 1.8), ("w", 0.0), ("v", 1.0)];
        let report = report(
            &[
                judged(list("tied:1", &["r", "s", "w", "v"], 2), &scores),
                judged(list("ref:1", &["r", "w", "v"], 1), &scores),
            ],
            1,
        );
        let ties = report.ties.unwrap();
        // d = 0.2, c_tied = 0.8, c_ref = 1.0.
        let expected = 1.0 + 0.01 * (0.8f64 / 0.2 - 1.0).tanh();
        assert!((ties.score.unwrap() - expected).abs() < 1e-9, "{ties:?}");
        assert_eq!((ties.accuracy_tied.value, ties.accuracy_reference, ties.prompts), (1.0, Some(1.0), 1));
        assert!(report.best_of.is_empty());
    }

    #[test]
    fn without_references_there_is_no_published_score() {
        let scores = [("r", 2.0), ("s", 1.0), ("w", 1.5)];
        let ties = report(&[judged(list("x", &["r", "s", "w"], 2), &scores)], 1).ties.unwrap();
        assert_eq!((ties.score, ties.accuracy_tied.value), (None, 0.0));
        assert_eq!((bonus(0.0, 0.0), bonus(1.0, 0.0)), (0.0, 1.0));
    }

    #[test]
    fn a_list_with_a_void_comparison_is_void() {
        let list = list("1", &["r", "w"], 1);
        let void = Judged::of(comparisons(&list).remove(0), &[Hearing::Void("no".to_owned())]);
        let report = report(&[(list, vec![void])], 1);
        assert_eq!((report.n, report.void, report.best_of.len()), (1, 1, 0));
    }
}
