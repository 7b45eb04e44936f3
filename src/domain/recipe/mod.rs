//! A judge's recipe, axis by axis: how it reads, what it looks at, how it scores, votes, which rules it keeps, how it
//! combines. Recipes are TOML files; the engine has no judge of its own. A learned head or a scalar reward model will be
//! one more kind of scoring.

mod check;
mod combination;
mod criteria;
mod reading;
mod rules;
mod scoring;
mod voting;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::combination::Combination;
pub use self::criteria::{Criterion, Rubric};
pub use self::reading::{Direction, Reading};
pub use self::rules::{FalseQuotes, Relevance, Rules, Tool};
pub use self::scoring::{Called, Choice, Options, Scoring, Writing};
pub use self::voting::{Orders, Voting};

use crate::domain::transcript::Contest;

/// A judge without its model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    pub name: String,
    #[serde(default)]
    pub about: String,
    pub reading: Reading,
    #[serde(default)]
    pub direction: Direction,
    pub criteria: BTreeMap<String, Criterion>,
    /// Written by the judge, for each criterion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rubric: Option<Rubric>,
    pub scoring: Scoring,
    /// How a choice is put, at least one way.
    #[serde(default = "one_choice")]
    pub choice: Vec<Choice>,
    #[serde(default)]
    pub writing: Writing,
    pub voting: Voting,
    #[serde(default)]
    pub rules: Rules,
    pub combination: Combination,
}

fn one_choice() -> Vec<Choice> {
    vec![Choice::default()]
}

impl Recipe {
    /// The recipe as one contest needs it: its criteria only, and they speak of its sides.
    #[must_use]
    pub fn for_contest(&self, contest: Contest) -> Recipe {
        let mut recipe = self.clone();
        recipe.criteria.retain(|_, criterion| criterion.contests.is_empty() || criterion.contests.contains(&contest));
        recipe.criteria.values_mut().for_each(|it| it.asks = it.asks.replace("{side}", contest.noun()));
        recipe
    }

    /// Whether the judge's models have to show probabilities.
    #[must_use]
    pub fn needs_probabilities(&self) -> bool {
        match self.scoring {
            Scoring::LabelProbability { .. } | Scoring::FollowUpLikelihood { .. } => true,
            Scoring::CritiqueThenScore {} => false,
        }
    }

    /// Whether two samples of it can differ: what is written is drawn, what is read is not.
    #[must_use]
    pub fn samples_differ(&self) -> bool {
        matches!(self.scoring, Scoring::CritiqueThenScore {}) && self.writing.temperature > 0.0
    }

    /// Whether it makes no difference which of two texts without an order of their own is put before it first: either
    /// both orders are read, or each text alone.
    #[must_use]
    pub fn is_order_free(&self, contest: Contest) -> bool {
        let alone = self.criteria.values().all(|criterion| self.reading_of(criterion) == Reading::Alone);
        let both = matches!(self.voting.orders, Orders::Names | Orders::Both);
        contest != Contest::Debate && !self.voting.shuffle && (both || alone)
    }

    /// How a criterion is read.
    #[must_use]
    pub fn reading_of(&self, criterion: &Criterion) -> Reading {
        criterion.reading.unwrap_or(self.reading)
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

    const RELEVANCE_LEAD: &str = "[rules.relevance]\nleast = 2.0\nlead = 0.0\nmotions = ['a', 'b']\n[voting]";
    const RELEVANCE_MOTIONS: &str = "[rules.relevance]\nleast = 2.0\nlead = 1.0\nmotions = ['a']\n[voting]";

    #[test]
    fn a_short_recipe_fills_in_the_rest() {
        let recipe: Recipe = toml::from_str(RECIPE).unwrap();
        assert_eq!(recipe.problem(), None);
        assert_eq!(recipe.scoring, Scoring::LabelProbability { temperature: 1.0 });
        assert_eq!(
            (recipe.rules, recipe.writing, recipe.choice),
            (Rules::default(), Writing::default(), vec![Choice::default()])
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
            ("[voting]", RELEVANCE_LEAD, "rules.relevance.lead must be above 0"),
            ("[voting]", RELEVANCE_MOTIONS, "at least two motions"),
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
