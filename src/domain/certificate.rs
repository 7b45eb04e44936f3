//! Certificates: how often a recipe at a model agreed with people, measured once and shown beside every verdict.

use serde::{Deserialize, Serialize};

use crate::domain::hash::ContentHash;

/// Agreement with the labels of one file of data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The name of the data, without its folder.
    pub data: String,
    /// What the labels compare: debates, arguments, evidence or answers.
    pub contest: String,
    pub data_hash: String,
    /// Decided labels that were compared.
    pub n: usize,
    /// The share that the judge agreed with, 0 to 1, both orders averaged.
    pub accuracy: f64,
    /// The interval of 95 %, clustered by topic.
    pub low: f64,
    pub high: f64,
    /// The same on pairs of matched length, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched_length: Option<f64>,
    /// What the longer text would get.
    pub longer_wins: f64,
    /// Expected calibration error with each topic's temperature fitted on the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration_error: Option<f64>,
}

/// A recipe at a model, audited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The name of its file.
    pub name: String,
    pub recipe: String,
    /// Of the recipe, its prompts and its master keys: a changed judge has no certificate.
    pub recipe_hash: ContentHash,
    pub model: String,
    pub model_hash: ContentHash,
    /// The day on which it was made.
    pub made: String,
    /// On what the model ran.
    pub device: String,
    /// Divides the verdict's log-odds, above 0: fitted on the first data.
    pub temperature: f64,
    /// The first one is what the judge is known by.
    pub measured: Vec<Measured>,
    /// How often a speech without content won or tied, published and unseen master keys together, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_keys: Option<f64>,
    /// How often an order inside a speech turned the verdict, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub injection: Option<f64>,
}

impl Certificate {
    /// What is wrong with it, as a sentence; `None` if nothing is.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        if self.measured.is_empty() {
            return Some("a certificate needs something measured".to_owned());
        }
        if !(self.temperature.is_finite() && self.temperature > 0.0) {
            return Some("temperature must be above 0".to_owned());
        }
        let ordered =
            |it: &Measured| 0.0 <= it.low && it.low <= it.accuracy && it.accuracy <= it.high && it.high <= 1.0;
        let bad = self.measured.iter().find(|measured| !ordered(measured))?;
        Some(format!("{}: low, accuracy and high must rise and lie between 0 and 1", bad.data))
    }

    /// Whether it speaks for this recipe at this model.
    #[must_use]
    pub fn speaks_for(&self, recipe: &ContentHash, model: &ContentHash) -> bool {
        self.recipe_hash == *recipe && self.model_hash == *model
    }

    /// Whether the judge cannot be told from a coin on what it is known by.
    #[must_use]
    pub fn is_coin_toss(&self) -> bool {
        self.measured.first().is_none_or(|measured| measured.low <= 0.5)
    }

    /// How far to trust the judge, a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Some(first) = self.measured.first() else { return String::new() };
        let percent = |share: f64| (share * 100.0).round();
        let interval = format!("{:.0} to {:.0}", percent(first.low), percent(first.high));
        if self.is_coin_toss() {
            return format!(
                "A coin toss: it agreed with people on {:.0} % of {} pairs of {} ({interval}).",
                percent(first.accuracy),
                first.n,
                first.contest
            );
        }
        format!(
            "Agreed with people on {:.0} % of {} pairs of {} ({interval}; the longer one wins {:.0} %).",
            percent(first.accuracy),
            first.n,
            first.contest,
            percent(first.longer_wins)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(low: f64) -> Certificate {
        Certificate {
            name: "label-probability-owl".to_owned(),
            recipe: "label-probability".to_owned(),
            recipe_hash: ContentHash("11".to_owned()),
            model: "owl".to_owned(),
            model_hash: ContentHash("22".to_owned()),
            made: "2026-01-31".to_owned(),
            device: "processor".to_owned(),
            temperature: 0.5,
            measured: vec![Measured {
                data: "pairs.jsonl".to_owned(),
                contest: "arguments".to_owned(),
                data_hash: "33".to_owned(),
                n: 800,
                accuracy: 0.77,
                low,
                high: 0.8,
                matched_length: None,
                longer_wins: 0.774,
                calibration_error: None,
            }],
            master_keys: None,
            injection: None,
        }
    }

    #[test]
    fn a_certificate_says_how_often_the_judge_agreed_and_what_length_alone_gets() {
        let sentence = certificate(0.74).sentence();
        assert_eq!(
            sentence,
            "Agreed with people on 77 % of 800 pairs of arguments (74 to 80; the longer one wins 77 %)."
        );
    }

    #[test]
    fn an_interval_with_one_half_in_it_is_a_coin_toss() {
        let coin = certificate(0.5);
        assert!(coin.is_coin_toss() && coin.sentence().starts_with("A coin toss"));
        assert!(!certificate(0.51).is_coin_toss());
    }

    #[test]
    fn it_speaks_for_one_recipe_at_one_model() {
        let hash = |text: &str| ContentHash(text.to_owned());
        assert!(certificate(0.7).speaks_for(&hash("11"), &hash("22")));
        assert!(!certificate(0.7).speaks_for(&hash("11"), &hash("23")));
        assert!(!certificate(0.7).speaks_for(&hash("12"), &hash("22")));
    }

    #[test]
    fn a_broken_certificate_is_refused() {
        assert_eq!(certificate(0.7).problem(), None);
        assert!(certificate(0.79).problem().unwrap().contains("must rise"));
        assert!(Certificate { temperature: 0.0, ..certificate(0.7) }.problem().is_some());
        assert!(Certificate { measured: Vec::new(), ..certificate(0.7) }.problem().is_some());
    }
}
