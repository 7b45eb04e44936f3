//! Ballots: what one judge decided, and everything needed to take the decision apart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::evidence::Standing;
use crate::domain::hash::ContentHash;
use crate::domain::recipe::Tool;
use crate::domain::seat::{Seat, Side};
use crate::domain::usage::Usage;

/// One finished call of a judge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeSaid {
    /// Index of the judge in the debate's list.
    pub judge: usize,
    /// Which call of the judge's plan this answers, for instance `argument/speech/3`.
    pub call: String,
    /// Counts the asks of this call, from 0.
    pub ask: u32,
    pub answer: Answer,
    pub request: ContentHash,
    pub usage: Usage,
}

/// What came back from a judge's call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Text(String),
    /// Log-probabilities of the labels in the order they were asked for; natural logarithm, at most 0.
    Labels(Vec<f64>),
}

/// One reading order or label order of a question, and what it gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderResult {
    /// The dimension that was asked about.
    pub dimension: String,
    /// For instance `A = proposition`.
    pub order: String,
    /// Probability that the proposition is better in this order, 0 to 1, as it came.
    pub probability: f64,
    /// Whether it counted: a meta filter may have left its sample out.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub counted: bool,
}

fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
fn is_true(value: &bool) -> bool {
    *value
}

/// The score of a dimension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DimensionScore {
    pub dimension: String,
    pub weight: f64,
    /// Probability that the proposition is better, 0 to 1, after the orders were averaged.
    pub probability: f64,
    /// From 1 to 10 for each side, where the recipe gives scores.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scores: BTreeMap<Side, f64>,
    pub winner: Option<Side>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub judgement: String,
}

/// The score of one speech on one dimension, 1 to 10.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpeechScore {
    pub speech: usize,
    pub dimension: String,
    pub score: f64,
    /// The part of it that was scored with the debate read from its end, where both directions were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backward: Option<f64>,
}

/// Something that a machine checked in a speech, logged whether it held or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    pub tool: Tool,
    pub speech: usize,
    /// What the speech says, raw.
    pub claim: String,
    /// What was found, a sentence.
    pub finding: String,
    pub holds: bool,
    /// The label of the cited source, if it is in the side's bag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// How probable the judge's model finds it that a cited sentence is correct, 0 to 1: a faithful sentence can be wrong,
    /// and a wrong citation can stand under a right one (TRM).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct: Option<f64>,
}

impl Check {
    /// The finding as a line for people.
    #[must_use]
    pub fn line(&self) -> String {
        let correct =
            self.correct.map(|share| format!(" Correct with {:.0} %, the judge's model finds.", share * 100.0));
        let correct = correct.unwrap_or_default();
        format!("{}, speech {}: \"{}\". {}{correct}", self.tool.name(), self.speech + 1, self.claim, self.finding)
    }

    /// The finding with its claim, for a judge.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("says \"{}\". {}", self.claim, self.finding)
    }
}

/// Cited sentences: how many are faithful to their source, and how many are correct, which is not the same (TRM).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourceRates {
    pub cited: usize,
    /// Those whose source is there and says what is quoted of it.
    pub faithful: usize,
    /// Mean probability that they are correct, as the judge's model finds, of those that were put to it.
    pub correct: Option<f64>,
}

impl SourceRates {
    /// For instance `3 of 4 citations faithful, 62 % correct`.
    #[must_use]
    pub fn phrase(&self) -> String {
        let correct = self.correct.map_or(String::new(), |share| format!(", {:.0} % correct", share * 100.0));
        format!("{} of {} citations faithful{correct}", self.faithful, self.cited)
    }
}

/// How strong a preference is: mean and standard deviation of the log-odds of whole votes (arXiv 2401.06080).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Strength {
    /// Natural log-odds that the proposition is better.
    pub mean: f64,
    pub spread: f64,
    pub votes: usize,
}

/// Words that the judge says a speech contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgeQuote {
    pub text: String,
    /// The speech in which they stand, if they do.
    pub speech: Option<usize>,
    pub standing: Standing,
}

/// Why the judge decided so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub text: String,
    pub quotes: Vec<JudgeQuote>,
}

/// A judge's decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ballot {
    /// `RECIPE@MODEL`.
    pub judge: String,
    pub recipe_hash: ContentHash,
    pub model_hash: ContentHash,
    /// The two seats that were compared, where there are more: then proposition means the first of them, and opposition the
    /// second, whichever side they are on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<[Seat; 2]>,
    /// `None` is a tie.
    pub winner: Option<Side>,
    /// Probability that the proposition won, 0 to 1.
    pub probability: f64,
    pub dimensions: Vec<DimensionScore>,
    #[serde(default)]
    pub speeches: Vec<SpeechScore>,
    pub orders: Vec<OrderResult>,
    /// Mean over dimensions of half the gap between the orders, -1 to 1: how much the first letter was favoured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position_bias: Option<f64>,
    /// How much reading the debate from its end moves the probability of the side that spoke last, -1 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recency_bias: Option<f64>,
    /// How far the judge agreed with itself over orders, samples and models, 0 to 1 (CREAM, arXiv 2410.12735).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consistency: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<Strength>,
    pub reasons: Vec<Reason>,
    /// What a machine checked in the speeches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// How much each side's words say about the motion, in nats, where that was looked at; boilerplate says about 0.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub relevance: BTreeMap<Side, f64>,
    /// Sides that forfeited before judging, with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub forfeits: BTreeMap<Side, String>,
    /// What a reader must know to weigh this ballot: never audited, same model as a debater, and so on.
    pub cautions: Vec<String>,
    /// The stored requests behind the ballot.
    pub requests: Vec<ContentHash>,
    pub usage: Usage,
}

impl Ballot {
    /// A decision with nothing beside it: whoever judged fills in what else there is.
    #[must_use]
    pub fn bare(judge: &str, winner: Option<Side>, probability: f64) -> Ballot {
        Ballot {
            judge: judge.to_owned(),
            recipe_hash: ContentHash::default(),
            model_hash: ContentHash::default(),
            between: None,
            winner,
            probability,
            dimensions: Vec::new(),
            speeches: Vec::new(),
            orders: Vec::new(),
            position_bias: None,
            recency_bias: None,
            consistency: None,
            strength: None,
            reasons: Vec::new(),
            checks: Vec::new(),
            relevance: BTreeMap::new(),
            forfeits: BTreeMap::new(),
            cautions: Vec::new(),
            requests: Vec::new(),
            usage: Usage::default(),
        }
    }

    /// How the cited sentences of some speeches stand; `None` where none was looked at.
    #[must_use]
    pub fn source_rates(&self, counts: impl Fn(usize) -> bool) -> Option<SourceRates> {
        let checks = self.checks.iter().filter(|check| check.tool == Tool::Sources && counts(check.speech));
        let checks: Vec<&Check> = checks.collect();
        let judged: Vec<f64> = checks.iter().filter_map(|check| check.correct).collect();
        (!checks.is_empty()).then(|| SourceRates {
            cited: checks.len(),
            faithful: checks.iter().filter(|check| check.holds).count(),
            correct: (!judged.is_empty()).then(|| judged.iter().sum::<f64>() / judged.len() as f64),
        })
    }

    /// How steady the judge was, each figure as a phrase for people: what its orders, directions, samples and models did.
    #[must_use]
    pub fn steadiness(&self) -> Vec<String> {
        let mut phrases = Vec::new();
        phrases.extend(self.position_bias.map(|bias| format!("position bias {:+.1} %", bias * 100.0)));
        phrases.extend(self.recency_bias.map(|bias| format!("recency bias {:+.1} %", bias * 100.0)));
        phrases.extend(self.consistency.map(|share| format!("agrees with itself {:.0} %", share * 100.0)));
        phrases.extend(self.strength.map(|strength| {
            format!("strength {:+.2} ± {:.2} over {} votes", strength.mean, strength.spread, strength.votes)
        }));
        phrases
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample;

    #[test]
    fn a_faithful_citation_and_a_correct_one_are_counted_apart() {
        let check = |tool, speech, holds, correct| Check {
            tool,
            speech,
            claim: String::new(),
            finding: String::new(),
            holds,
            source: None,
            correct,
        };
        let mut ballot = sample::ballot(None, 0.5);
        assert_eq!(ballot.source_rates(|_| true), None);
        ballot.checks = vec![
            check(Tool::Sources, 0, true, Some(0.2)),
            check(Tool::Sources, 0, false, Some(0.8)),
            check(Tool::Sources, 1, true, None),
            check(Tool::Calculator, 0, false, None),
        ];
        let first = ballot.source_rates(|speech| speech == 0).unwrap();
        assert_eq!(first.phrase(), "1 of 2 citations faithful, 50 % correct");
        assert_eq!(ballot.source_rates(|speech| speech == 1).unwrap().phrase(), "1 of 1 citations faithful");
    }
}
