//! A choice between the two speakers, put to a model whose label probabilities are read.

use serde_json::json;

use crate::domain::recipe::{Options, Orders};
use crate::domain::seat::Side;
use crate::judge::call::{LabelAsk, Prompt};
use crate::judge::plan::Plan;
use crate::judge::transcript::Naming;
use crate::judge::voting::Vote;

/// One way to put the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    naming: Naming,
    /// The side behind the option that the question gives first: letter `A`, or the name that is asked for first.
    leading: Side,
}

/// All ways that one naming of the sides allows.
pub(super) fn choices(plan: &Plan, naming: Naming) -> Vec<Choice> {
    let first = plan.transcript.first(naming);
    let leading = [first, first.opponent()].map(|leading| Choice { naming, leading });
    match plan.judge.recipe.voting.orders {
        Orders::One => leading[..1].to_vec(),
        Orders::Labels | Orders::Names => leading.to_vec(),
    }
}

impl Choice {
    /// The question after some fenced passages. Labels: the leading option, then the other.
    pub fn ask(&self, plan: &Plan, asks: &str, passages: &[String]) -> LabelAsk {
        let choice = &plan.judge.recipe.choice;
        let sides = [self.leading, self.leading.opponent()];
        let names = sides.map(|side| plan.transcript.name(side, self.naming));
        let labels = match choice.options {
            Options::Letters => ["A", "B"].map(str::to_owned),
            Options::Names if choice.lead.is_empty() => names.map(|name| first_word(name).to_owned()),
            Options::Names => names.map(|name| first_word(name).to_lowercase()),
        };
        let context = json!({
            "motion": plan.transcript.motion,
            "stands": plan.stands(self.naming),
            "passages": passages,
            "asks": asks,
            "letters": choice.options == Options::Letters,
            "options": [{ "label": labels[0], "name": names[0] }, { "label": labels[1], "name": names[1] }],
        });
        // A lead ends at a word, and most tokenizers keep the blank with the word that follows.
        let labels = if choice.lead.is_empty() { labels } else { labels.map(|label| format!(" {label}")) };
        LabelAsk {
            prompt: Prompt::new("judge/choice.user", context),
            lead: choice.lead.clone(),
            labels: labels.to_vec(),
        }
    }

    /// The vote in two log-probabilities. `temperature` divides the log-odds.
    pub fn vote(&self, plan: &Plan, read: &[f64], prior: &[f64], temperature: f64) -> Vote {
        let log_odds = |labels: &[f64]| {
            let odds = (labels[0] - labels[1]) / temperature;
            if self.leading == Side::Proposition { odds } else { -odds }
        };
        Vote { order: self.order(plan), leading: self.leading, log_odds: log_odds(read), prior: log_odds(prior) }
    }

    fn order(&self, plan: &Plan) -> String {
        let first = plan.transcript.first(self.naming);
        match plan.judge.recipe.choice.options {
            Options::Letters => format!("A = {}, first speaker = {first}", self.leading),
            Options::Names => format!("{} asked for first, first speaker = {first}", self.leading),
        }
    }
}

fn first_word(name: &str) -> &str {
    name.split(' ').next().unwrap_or(name)
}
