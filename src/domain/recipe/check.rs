//! What is wrong with a recipe: fields out of range, and axes that do not fit together.

use crate::domain::recipe::{Called, Combination, Criterion, Options, Reading, Recipe, Scoring};

impl Recipe {
    /// What is wrong with the recipe, as a sentence; `None` if nothing is.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.criteria_problem().or_else(|| self.range_problem()).or_else(|| self.scoring_problem())
    }

    fn criteria_problem(&self) -> Option<String> {
        for (name, criterion) in &self.criteria {
            if let Some(problem) = criterion_problem(name, criterion) {
                return Some(format!("criteria.{name}: {problem}"));
            }
        }
        let weighs = self.criteria.values().any(|criterion| criterion.weight > 0.0);
        (!weighs).then(|| "a recipe needs at least one criterion with a weight above 0".to_owned())
    }

    fn range_problem(&self) -> Option<String> {
        let (voting, rules, writing) = (&self.voting, &self.rules, &self.writing);
        let problem = match self {
            _ if !(0.0..=0.5).contains(&voting.tie_band) => "voting.tie_band must be between 0 and 0.5",
            _ if !(1..=64).contains(&voting.samples) => "voting.samples must be between 1 and 64",
            _ if !(voting.keep > 0.0 && voting.keep <= 1.0) => "voting.keep must be above 0 and at most 1",
            _ if !(0.0..=1.0).contains(&rules.length_penalty) => "rules.length_penalty must be between 0 and 1",
            _ if !(0.0..=1.0).contains(&rules.check_penalty) => "rules.check_penalty must be between 0 and 1",
            _ if rules.relevance.as_ref().is_some_and(|it| !it.least.is_finite()) => {
                "rules.relevance.least must be a number"
            }
            _ if rules.relevance.as_ref().is_some_and(|it| !(it.lead.is_finite() && it.lead > 0.0)) => {
                "rules.relevance.lead must be above 0"
            }
            _ if rules.relevance.as_ref().is_some_and(|it| it.motions.len() < 2) => {
                "rules.relevance needs at least two motions"
            }
            _ if writing.tokens == 0 => "writing.tokens must be at least 1",
            _ if !(0.0..=2.0).contains(&writing.temperature) => "writing.temperature must be between 0 and 2",
            _ if !(writing.repetition_penalty.is_finite() && writing.repetition_penalty >= 1.0) => {
                "writing.repetition_penalty must be at least 1"
            }
            _ if self.rubric.is_some_and(|rubric| !(1..=8).contains(&rubric.items)) => {
                "rubric.items must be between 1 and 8"
            }
            _ => return None,
        };
        Some(problem.to_owned())
    }

    fn scoring_problem(&self) -> Option<String> {
        let temperature = match self.scoring {
            Scoring::LabelProbability { temperature } | Scoring::FollowUpLikelihood { temperature, .. } => temperature,
            Scoring::CritiqueThenScore {} => 1.0,
        };
        if !(temperature.is_finite() && temperature > 0.0) {
            return Some("scoring.temperature must be above 0".to_owned());
        }
        let writes = matches!(self.scoring, Scoring::CritiqueThenScore {});
        let overrides = self.criteria.values().any(|criterion| criterion.reading.is_some());
        let problem = match &self.scoring {
            _ if !writes && self.combination == (Combination::Panel {}) => {
                "a panel reads judgements, which only scoring \"critique-then-score\" writes; use combination \"weights\""
            }
            _ if !writes && self.combination == (Combination::Scores {}) => {
                "combination \"scores\" needs scoring \"critique-then-score\""
            }
            _ if !writes && self.rubric.is_some() => "a rubric needs scoring \"critique-then-score\"",
            _ if !writes && (self.voting.samples > 1 || self.voting.shuffle || self.voting.keep < 1.0) => {
                "voting.samples, shuffle and keep need scoring \"critique-then-score\""
            }
            _ if self.voting.samples > 1 && self.writing.temperature == 0.0 => {
                "voting.samples above 1 need a writing.temperature above 0, or all samples are the same"
            }
            _ if self.reading == Reading::Alone && self.combination == (Combination::Panel {}) => {
                "a panel compares the sides; it cannot be combined with reading \"alone\""
            }
            _ if self.choice.is_empty() => "a recipe needs at least one choice",
            _ if self.choice.iter().any(|choice| !(choice.temperature.is_finite() && choice.temperature > 0.0)) => {
                "choice.temperature must be above 0"
            }
            _ if self.choice.iter().any(|it| it.called == Called::Letters && it.options == Options::Names) => {
                "a choice that calls the sides by letters has letters for options, too"
            }
            _ if writes && self.choice.iter().any(|choice| choice.called == Called::Letters) => {
                "choice.called \"letters\" needs scoring \"label-probability\""
            }
            Scoring::CritiqueThenScore {} if self.voting.content_free_prior => {
                "voting.content_free_prior needs scoring \"label-probability\""
            }
            Scoring::CritiqueThenScore {} if overrides => "criteria.*.reading needs scoring \"label-probability\"",
            Scoring::FollowUpLikelihood { positive, negative, .. } => {
                let empty = |list: &[String]| list.is_empty() || list.iter().any(|text| text.trim().is_empty());
                if empty(positive) || empty(negative) {
                    "scoring.positive and scoring.negative need at least one reply each, and no empty one"
                } else if self.reading != Reading::Alone || overrides {
                    "follow-ups answer one side: use reading \"alone\""
                } else if self.voting.content_free_prior {
                    "voting.content_free_prior needs scoring \"label-probability\""
                } else {
                    return None;
                }
            }
            _ => return None,
        };
        Some(problem.to_owned())
    }
}

fn criterion_problem(name: &str, criterion: &Criterion) -> Option<&'static str> {
    if name == "panel" || name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
        return Some("a name has small letters and hyphens only, and is not \"panel\"");
    }
    if !(criterion.weight.is_finite() && criterion.weight >= 0.0) {
        return Some("weight must be 0 or more");
    }
    if criterion.asks.trim().is_empty() {
        return Some("asks must say what the judge looks at");
    }
    if criterion.enough.is_some_and(|enough| !(enough > 0.0 && enough <= 0.5)) {
        return Some("enough must be above 0 and at most 0.5");
    }
    None
}
