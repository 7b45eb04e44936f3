//! Follow-up likelihood (FLR): a side's speeches are put into the model's own mouth, and what it then expects its
//! audience to say tells how good it finds them. Each side is read alone, forward passes only.
//!
//! The score of a side is the mean log-likelihood of a token of the positive replies less that of the negative ones, each
//! reply counted once whatever its length. The authors' code averages raw logits at one position; this is the formula
//! that their paper gives.

use serde_json::json;

use crate::domain::recipe::Scoring;
use crate::domain::seat::Side;
use crate::judge::call::{CallKind, ReplyAsk};
use crate::judge::docket::{Docket, by_question};
use crate::judge::plan::Plan;
use crate::judge::scoring::Opinion;
use crate::judge::scoring::choice::with_remark;
use crate::judge::scoring::label::{conclude, is_first};
use crate::judge::view::{View, views};
use crate::judge::voting::Vote;

pub(in crate::judge) fn opinion(plan: &Plan, docket: &mut Docket<'_>) -> Option<Opinion> {
    let mut votes = Vec::new();
    let mut complete = true;
    for view in views(plan).into_iter().filter(|view| is_first(plan, *view)) {
        docket.member = view.member;
        let scores = [Side::Proposition, Side::Opposition].map(|side| score(plan, docket, view, side));
        match scores {
            [Some(proposition), Some(opposition)] => votes.push(vote(plan, view, proposition - opposition)),
            _ => complete = false,
        }
    }
    // One measure serves every criterion: a reply praises or blames the whole.
    complete.then(|| conclude(plan, plan.recipe.criteria.keys().map(|name| (name.clone(), votes.clone())).collect()))
}

fn vote(plan: &Plan, view: View, difference: f64) -> Vote {
    let Scoring::FollowUpLikelihood { temperature, .. } = plan.recipe.scoring else {
        return Vote { order: String::new(), view, leading: None, log_odds: 0.0, prior: 0.0, counts: false };
    };
    let order = with_remark("each side alone".to_owned(), &view.remark(plan));
    Vote { order, view, leading: None, log_odds: difference / temperature, prior: 0.0, counts: true }
}

/// What an audience would say to a side: positive less negative, in nats a token.
fn score(plan: &Plan, docket: &mut Docket<'_>, view: View, side: Side) -> Option<f64> {
    let Scoring::FollowUpLikelihood { positive, negative, .. } = &plan.recipe.scoring else { return None };
    let texts = plan.transcript.passages(view.naming, view.backward, Some(side));
    let texts: Vec<String> = texts.into_iter().map(|(_, passage)| passage.text).collect();
    let build = |_: &crate::judge::docket::Ask| {
        let context = json!({ "topic": plan.topic(), "position": plan.position(side) });
        CallKind::Replies(ReplyAsk {
            prompt: plan.prompt("judge/speak.user", context),
            said: texts.join("\n\n"),
            replies: positive.iter().chain(negative).cloned().collect(),
        })
    };
    let call = format!("{}{side}/replies", view.prefix());
    let read = docket.settle(&call, build, |answer| by_question(answer, &[positive.len(), negative.len()]))?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    Some(mean(&read[0]) - mean(&read[1]))
}
