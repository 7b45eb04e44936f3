//! A rubric that the judge writes for the debate at hand before it judges: items with weights (RM-R1, arXiv 2505.02387;
//! as principles of a sample, DeepSeek-GRM, arXiv 2504.02495).

use serde_json::json;

use crate::domain::recipe::{Criterion, Rubric};
use crate::judge::answer::{self, RubricItem};
use crate::judge::call::{CallKind, Writing};
use crate::judge::docket::{Docket, words};
use crate::judge::plan::Plan;
use crate::judge::transcript::Passage;
use crate::judge::view::View;

/// Tokens of one item as JSON.
const ITEM_TOKENS: u32 = 64;

/// The most tokens that a rubric takes.
pub(in crate::judge) fn rubric_tokens(rubric: Rubric) -> u32 {
    u32::try_from(rubric.items).unwrap_or(u32::MAX).saturating_mul(ITEM_TOKENS) + ITEM_TOKENS / 2
}

/// The rubric for one criterion over the material; an empty one where the recipe wants none, `None` while it is open.
pub(super) fn rubric(
    plan: &Plan,
    docket: &mut Docket<'_>,
    (name, criterion): (&str, &Criterion),
    view: View,
    material: &[Passage],
) -> Option<Vec<RubricItem>> {
    let Some(rubric) = plan.recipe.rubric else { return Some(Vec::new()) };
    let build = |ask: &crate::judge::docket::Ask| {
        let context = json!({
            "topic": plan.topic(),
            "stands": plan.stands(view.naming),
            "passages": ask.fenced(material),
            "asks": criterion.asks,
            "items": rubric.items,
            "problem": ask.problem,
        });
        let writing = &plan.recipe.writing;
        CallKind::Write(Writing {
            prompt: plan.prompt("judge/rubric.user", context),
            schema: Some(answer::rubric_schema(rubric.items)),
            max_tokens: rubric_tokens(rubric),
            temperature: writing.temperature,
            repetition_penalty: 1.0,
        })
    };
    let call = format!("{}{name}/rubric", view.prefix());
    docket.settle(&call, build, words(|text| answer::rubric(text, rubric.items)))
}

/// The rubric as the judgement's prompt and the ballot show it; weights are shares of 100.
pub(super) fn lines(items: &[RubricItem]) -> Vec<String> {
    let total: f64 = items.iter().map(|item| item.weight).sum();
    let line = |item: &RubricItem| {
        let share = if total > 0.0 { item.weight / total * 100.0 } else { 100.0 / items.len() as f64 };
        format!("{} ({share:.0} of 100): {}", item.name, item.asks)
    };
    items.iter().map(line).collect()
}
