//! A choice between the two speakers, put to a model whose label probabilities are read.

use serde_json::json;

use crate::domain::recipe::{self, Called, Options, Orders};
use crate::domain::seat::Side;
use crate::judge::call::LabelAsk;
use crate::judge::plan::Plan;
use crate::judge::transcript::capitalised;
use crate::judge::view::View;
use crate::judge::voting::Vote;

/// One way to put the question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choice<'a> {
    way: &'a recipe::Choice,
    view: View,
    /// The side behind the option that the question gives first: letter `A`, or the name that is asked for first.
    leading: Side,
}

/// All ways that one view allows.
pub(super) fn choices(plan: &Plan, view: View) -> Vec<Choice<'_>> {
    let first = plan.transcript.first(view.naming);
    let mut choices = Vec::new();
    for way in plan.recipe.choice.iter().filter(|way| way.called == view.naming.called) {
        // A side that is called by a letter cannot have another one in the question.
        let swaps = matches!(plan.recipe.voting.orders, Orders::Labels | Orders::Both) && way.called != Called::Letters;
        let leading = [first, first.opponent()].into_iter().take(if swaps { 2 } else { 1 });
        choices.extend(leading.map(|leading| Choice { way, view, leading }));
    }
    choices
}

impl Choice<'_> {
    /// The question after some fenced passages. Labels: the leading option, then the other.
    pub fn ask(&self, plan: &Plan, asks: &str, passages: &[String]) -> LabelAsk {
        let way = self.way;
        let sides = [self.leading, self.leading.opponent()];
        let names = sides.map(|side| plan.transcript.name(side, self.view.naming));
        let labels = match way.options {
            Options::Letters => ["A", "B"].map(str::to_owned),
            Options::Names if way.lead.is_empty() => names.map(|name| first_word(name).to_owned()),
            Options::Names => names.map(|name| first_word(name).to_lowercase()),
        };
        let context = json!({
            "topic": plan.topic(),
            "stands": plan.stands(self.view.naming),
            "passages": passages,
            "asks": asks,
            "letters": way.options == Options::Letters,
            "called": way.called == Called::Letters,
            "led": !way.lead.is_empty(),
            "options": [{ "label": labels[0], "name": names[0] }, { "label": labels[1], "name": names[1] }],
        });
        // A lead ends at a word, and most tokenizers keep the blank with the word that follows.
        let labels = if way.lead.is_empty() { labels } else { labels.map(|label| format!(" {label}")) };
        let noun = capitalised(plan.transcript.contest.noun());
        LabelAsk {
            prompt: plan.prompt("judge/choice.user", context),
            lead: way.lead.replace("{Side}", &noun),
            labels: labels.to_vec(),
        }
    }

    /// The vote in two log-probabilities. `temperature` divides the log-odds.
    pub fn vote(&self, plan: &Plan, read: &[f64], prior: &[f64], temperature: f64) -> Vote {
        let log_odds = |labels: &[f64]| {
            let odds = (labels[0] - labels[1]) / (temperature * self.way.temperature);
            if self.leading == Side::Proposition { odds } else { -odds }
        };
        Vote {
            order: self.order(plan),
            view: self.view,
            leading: Some(self.leading),
            log_odds: log_odds(read),
            prior: log_odds(prior),
            counts: true,
        }
    }

    fn order(&self, plan: &Plan) -> String {
        let first = plan.transcript.first(self.view.naming);
        let mut order = match (self.way.called, self.way.options) {
            (Called::Letters, _) => format!("called A = {}", self.leading),
            (Called::Ordinals, Options::Letters) => format!("A = {}, first = {first}", self.leading),
            (Called::Ordinals, Options::Names) => format!("{} asked for first, first = {first}", self.leading),
        };
        if !self.way.lead.is_empty() {
            order.push_str(", led");
        }
        with_remark(order, &self.view.remark(plan))
    }
}

/// An order with what sets its view apart.
pub(super) fn with_remark(order: String, remark: &str) -> String {
    if remark.is_empty() { order } else { format!("{order}, {remark}") }
}

fn first_word(name: &str) -> &str {
    name.split(' ').next().unwrap_or(name)
}
