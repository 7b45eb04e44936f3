//! Is this answer right? A judge of pairs is asked to choose between the answer and a text that commits itself to nothing
//! (`assets/audit/neutral.toml`); the margin is its score of the answer (the setting of Libra, arXiv 2507.21645).

use serde::{Deserialize, Serialize};

use crate::audit::case::{Case, Claimed, Label};
use crate::audit::hearing::Judged;
use crate::domain::transcript::Contest;
use crate::rating::agreement::area_under_curve;
use crate::rating::interval::{Estimated, Scored, bootstrap, share};

/// Answers that are right or wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointwiseReport {
    pub n: usize,
    pub void: usize,
    /// Share of right answers in the file.
    pub right: f64,
    /// How often a right answer's margin is above a wrong one's; 0.5 is chance. `None` unless there are both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<Estimated>,
    /// An answer is accepted when it beats the neutral text: how often that is so exactly for the right ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Estimated>,
    /// Accepted among the right ones, and among the wrong ones.
    pub accepted_right: f64,
    pub accepted_wrong: f64,
}

/// The answer against the neutral text: a is the answer.
#[must_use]
pub fn case(claimed: &Claimed, neutral: &str) -> Case {
    let texts = [claimed.answer.clone(), neutral.to_owned()];
    let label = if claimed.correct { Label::A } else { Label::B };
    Case::pair(&claimed.id, Contest::Answers, &claimed.question, texts, label)
}

/// Folds answers with what the judge said of each.
#[must_use]
pub fn report(judged: &[Judged], seed: u64) -> PointwiseReport {
    let margins: Vec<(&str, f64, bool)> = judged
        .iter()
        .filter_map(|judged| {
            let margin = judged.opinion.as_ref()?.log_odds;
            Some((judged.case.cluster.as_str(), margin, judged.case.label == Label::A))
        })
        .collect();
    let rank = |cases: &[(&str, f64, bool)]| {
        area_under_curve(&cases.iter().map(|(_, margin, correct)| (*margin, *correct)).collect::<Vec<_>>())
    };
    let area = rank(&margins).map(|value| {
        let (low, high) = bootstrap(&margins, |case| case.0, rank, seed).unwrap_or((0.0, 1.0));
        Estimated { value, low: low.min(value), high: high.max(value), n: margins.len() }
    });
    let scored = margins.iter().map(|(cluster, margin, correct)| {
        let label = if *correct { Label::A } else { Label::B };
        Scored { cluster, score: label.score(Label::of(*margin)) }
    });
    let accepted = |among: bool| {
        let margins: Vec<f64> =
            margins.iter().filter(|(.., correct)| *correct == among).map(|(_, margin, _)| *margin).collect();
        margins.iter().filter(|margin| **margin > 0.0).count() as f64 / margins.len().max(1) as f64
    };
    let right = margins.iter().filter(|(.., correct)| *correct).count();
    PointwiseReport {
        n: judged.len(),
        void: judged.len() - margins.len(),
        right: right as f64 / margins.len().max(1) as f64,
        area,
        accuracy: share(&scored.collect::<Vec<_>>(), seed),
        accepted_right: accepted(true),
        accepted_wrong: accepted(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::hearing::rehearsed::hearing;

    fn judged(correct: bool, probability: f64) -> Judged {
        let claimed = Claimed {
            id: "1".to_owned(),
            question: "Which river?".to_owned(),
            answer: "The Elbe".to_owned(),
            correct,
            group: String::new(),
        };
        Judged::of(case(&claimed, "I cannot say."), &[hearing(probability, 0.0), hearing(1.0 - probability, 0.0)])
    }

    #[test]
    fn a_judge_that_accepts_everything_may_still_rank_well() {
        let report = report(&[judged(true, 0.9), judged(true, 0.8), judged(false, 0.7), judged(false, 0.6)], 1);
        let area = report.area.unwrap();
        assert_eq!(
            (area.value, area.low, area.high, area.n),
            (1.0, 0.0, 1.0, 4),
            "one question says nothing of others"
        );
        assert_eq!(report.accuracy.unwrap().value, 0.5);
        assert_eq!((report.accepted_right, report.accepted_wrong, report.right), (1.0, 1.0, 0.5));
    }

    #[test]
    fn only_right_answers_cannot_be_ranked() {
        assert_eq!(report(&[judged(true, 0.9)], 1).area, None);
    }
}
