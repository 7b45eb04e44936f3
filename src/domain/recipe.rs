//! A judge's recipe: how it reads, what it scores, how it votes. Recipes are TOML files; the engine has no judge of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How the judge reads the debate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// The whole transcript in one prompt.
    Whole,
    /// Speech by speech, with the judge's own analyses as memory.
    Chronological,
}

/// One dimension that is scored on its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Weight in the combination, at least 0.
    pub weight: f64,
    /// What the dimension asks, one or two sentences, put into the judge's prompt.
    pub asks: String,
    /// Whether the judge may call this dimension a tie.
    #[serde(default)]
    pub ties: bool,
}

/// How a preference is read off a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Scoring {
    /// Next-token probabilities over the option letters.
    LabelProbability {
        /// Divides the log-odds before the logistic function, above 0.
        #[serde(default = "one")]
        temperature: f64,
    },
    /// Free-text judgement first, then scores from 1 to 10 and a winner read off it (Debatrix, arXiv 2403.08010).
    CritiqueThenScore {},
}

/// What stands for a speaker when the model has to choose one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Options {
    /// `A` and `B`, each put to a speaker in the question.
    #[default]
    Letters,
    /// `First` and `Second`, as the speakers are called in the transcript.
    Names,
}

/// How a choice between the speakers is put to a model whose probabilities are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    #[serde(default)]
    pub options: Options,
    /// What the model is taken to have begun its answer with, for instance `The better speaker is the`; may be empty.
    #[serde(default)]
    pub lead: String,
}

/// How the judge writes its analyses and judgements.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Writing {
    /// The most tokens of one text, at least 1.
    #[serde(default = "writing_tokens")]
    pub tokens: u32,
    /// Sampling temperature, 0 to 2.
    #[serde(default)]
    pub temperature: f64,
    /// Divides the logits of tokens already written, at least 1. Small models need it to stop repeating themselves.
    #[serde(default = "repetition_penalty")]
    pub repetition_penalty: f64,
}

impl Default for Writing {
    fn default() -> Self {
        Writing { tokens: writing_tokens(), temperature: 0.0, repetition_penalty: repetition_penalty() }
    }
}

fn one() -> f64 {
    1.0
}

fn writing_tokens() -> u32 {
    256
}

fn repetition_penalty() -> f64 {
    1.1
}

/// What is swapped to cancel position bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Orders {
    /// One order only: nothing is swapped.
    One,
    /// The options are swapped in the question: the letters, or which name is asked for first. One prefill serves both.
    /// A model that shows no probabilities is asked in words, where there is nothing to swap.
    Labels,
    /// The options, and which side is called first; two prefills.
    Names,
}

/// How votes become a preference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voting {
    pub orders: Orders,
    /// A tie when the averaged probability is within this of one half; 0 to 0.5.
    #[serde(default)]
    pub tie_band: f64,
    /// Whether the judge's answer on a debate without content is measured and taken off.
    #[serde(default)]
    pub content_free_prior: bool,
}

/// Checks that need no model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Whether a side that says nothing, or a master key, forfeits (arXiv 2507.08794).
    #[serde(default)]
    pub master_keys: bool,
    /// A speech with fewer different words than this, boilerplate not counted, says nothing.
    #[serde(default = "content_words")]
    pub content_words: usize,
    /// Probability taken off a side for each 100 % that it overran its words; 0 turns it off.
    #[serde(default)]
    pub length_penalty: f64,
}

impl Default for Rules {
    fn default() -> Self {
        Rules { master_keys: false, content_words: content_words(), length_penalty: 0.0 }
    }
}

fn content_words() -> usize {
    3
}

/// How dimensions become one verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Combination {
    /// The weighted mean of the dimensions.
    Weights {},
    /// A panel reads the dimensions' judgements and names one winner (Debatrix).
    Panel {},
}

/// A judge without its model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    pub name: String,
    #[serde(default)]
    pub about: String,
    pub reading: Reading,
    pub criteria: BTreeMap<String, Criterion>,
    pub scoring: Scoring,
    #[serde(default)]
    pub choice: Choice,
    #[serde(default)]
    pub writing: Writing,
    pub voting: Voting,
    #[serde(default)]
    pub rules: Rules,
    pub combination: Combination,
}

impl Recipe {
    /// What is wrong with the recipe, as a sentence; `None` if nothing is.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        for (name, criterion) in &self.criteria {
            if name == "panel" || name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            {
                return Some(format!(
                    "criteria.{name}: a name has small letters and hyphens only, and is not \"panel\""
                ));
            }
            if !(criterion.weight.is_finite() && criterion.weight >= 0.0) {
                return Some(format!("criteria.{name}: weight must be 0 or more"));
            }
            if criterion.asks.trim().is_empty() {
                return Some(format!("criteria.{name}: asks must say what the judge looks at"));
            }
        }
        if !self.criteria.values().any(|criterion| criterion.weight > 0.0) {
            return Some("a recipe needs at least one criterion with a weight above 0".to_owned());
        }
        if !(0.0..=0.5).contains(&self.voting.tie_band) {
            return Some("voting.tie_band must be between 0 and 0.5".to_owned());
        }
        if !(0.0..=1.0).contains(&self.rules.length_penalty) {
            return Some("rules.length_penalty must be between 0 and 1".to_owned());
        }
        if self.writing.tokens == 0 {
            return Some("writing.tokens must be at least 1".to_owned());
        }
        if !(0.0..=2.0).contains(&self.writing.temperature) {
            return Some("writing.temperature must be between 0 and 2".to_owned());
        }
        if !(self.writing.repetition_penalty.is_finite() && self.writing.repetition_penalty >= 1.0) {
            return Some("writing.repetition_penalty must be at least 1".to_owned());
        }
        match &self.scoring {
            Scoring::LabelProbability { temperature } => {
                if !(temperature.is_finite() && *temperature > 0.0) {
                    return Some("scoring.temperature must be above 0".to_owned());
                }
                (self.combination == Combination::Panel {}).then(|| {
                    "a panel reads judgements, which label probabilities do not write; use combination \"weights\""
                        .to_owned()
                })
            }
            Scoring::CritiqueThenScore {} => self
                .voting
                .content_free_prior
                .then(|| "voting.content_free_prior needs scoring \"label-probability\"".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPE: &str = r#"
        name = "short"
        reading = "whole"
        [criteria.argument]
        weight = 1
        asks = "Who argues better?"
        [scoring]
        kind = "label-probability"
        [voting]
        orders = "labels"
        [combination]
        kind = "weights"
    "#;

    #[test]
    fn a_short_recipe_fills_in_the_rest() {
        let recipe: Recipe = toml::from_str(RECIPE).unwrap();
        assert_eq!(recipe.problem(), None);
        assert_eq!(recipe.scoring, Scoring::LabelProbability { temperature: 1.0 });
        assert_eq!(
            (recipe.rules, recipe.writing, recipe.choice),
            (Rules::default(), Writing::default(), Choice::default())
        );
    }

    #[test]
    fn axes_that_do_not_fit_together_are_named() {
        for (from, to, expected) in [
            ("kind = \"weights\"", "kind = \"panel\"", "a panel reads judgements"),
            (
                "label-probability\"\n        [voting]",
                "critique-then-score\"\n        [voting]\ncontent_free_prior = true",
                "content_free_prior needs scoring",
            ),
            ("weight = 1", "weight = 0", "at least one criterion with a weight above 0"),
            ("weight = 1", "weight = -1", "criteria.argument: weight must be 0 or more"),
            ("criteria.argument", "criteria.panel", "and is not \"panel\""),
            ("asks = \"Who argues better?\"", "asks = \" \"", "asks must say what the judge looks at"),
            ("orders = \"labels\"", "orders = \"one\"\ntie_band = 0.6", "voting.tie_band must be between 0 and 0.5"),
            ("kind = \"label-probability\"", "kind = \"label-probability\"\ntemperature = 0.0", "scoring.temperature"),
            ("[voting]", "[writing]\ntokens = 0\n[voting]", "writing.tokens must be at least 1"),
        ] {
            let recipe: Recipe = toml::from_str(&RECIPE.replace(from, to)).unwrap();
            let problem = recipe.problem().unwrap_or_default();
            assert!(problem.contains(expected), "{to}: {problem}");
        }
    }

    #[test]
    fn an_unknown_field_is_refused_in_every_table() {
        for table in ["[criteria.argument]", "[scoring]", "[voting]", "[combination]"] {
            let recipe = RECIPE.replace(table, &format!("{table}\nsurprise = 1"));
            assert!(toml::from_str::<Recipe>(&recipe).is_err(), "{table}");
        }
    }
}
