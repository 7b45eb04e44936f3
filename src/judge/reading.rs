//! How a judge comes to its material: the whole transcript, one side of it, or speech by speech with its own notes as memory.

use serde_json::json;

use crate::domain::recipe::Criterion;
use crate::domain::seat::Side;
use crate::judge::answer::prose;
use crate::judge::call::{CallKind, Writing};
use crate::judge::docket::{Docket, words};
use crate::judge::plan::Plan;
use crate::judge::transcript::Passage;
use crate::judge::view::View;

/// A call for prose.
pub(super) fn prose_call(plan: &Plan, user: &'static str, context: serde_json::Value) -> CallKind {
    let writing = &plan.recipe.writing;
    CallKind::Write(Writing {
        prompt: plan.prompt(user, context),
        schema: None,
        max_tokens: writing.tokens,
        temperature: writing.temperature,
        repetition_penalty: writing.repetition_penalty,
    })
}

/// What a judge that reads it in one go has before it: the speeches, of one side or of both, and what was checked in them.
pub(super) fn material(plan: &Plan, view: View, of: Option<Side>) -> Vec<Passage> {
    let speeches = plan.transcript.passages(view.naming, view.backward, of);
    let mut passages: Vec<Passage> = speeches.into_iter().map(|(_, passage)| passage).collect();
    passages.extend(plan.checked(view.naming, |spoken| of.is_none_or(|side| side == spoken)));
    passages
}

/// The judge's notes on one dimension so far, each with the speech that it is on. Each waits for the one before it: it is
/// read with those notes in place of the earlier speeches (Debatrix, arXiv 2403.08010, iterative).
pub(super) fn notes(
    plan: &Plan,
    docket: &mut Docket<'_>,
    dimension: (&str, &Criterion),
    view: View,
) -> Vec<(usize, Passage)> {
    let (name, criterion) = dimension;
    let mut notes: Vec<(usize, Passage)> = Vec::new();
    for (speech, part, passage) in plan.pieces(view) {
        let part = if part == 0 { String::new() } else { format!("/part/{}", part + 1) };
        let call = format!("{}{name}/speech/{}{part}/analysis", view.prefix(), speech + 1);
        let heading = format!("Notes on {}", passage.heading);
        let analysis = docket.settle(
            &call,
            |ask| {
                let before: Vec<Passage> = notes.iter().map(|(_, note)| note.clone()).collect();
                let context = json!({
                    "topic": plan.topic(),
                    "stands": plan.stands(view.naming),
                    "asks": criterion.asks,
                    "notes": ask.fenced(&before),
                    "speech": ask.fenced(std::slice::from_ref(&passage)),
                    "problem": ask.problem,
                });
                prose_call(plan, "judge/analysis.user", context)
            },
            words(prose),
        );
        match analysis {
            Some(text) => notes.push((speech, Passage::own(heading, text))),
            None => break,
        }
    }
    notes
}
