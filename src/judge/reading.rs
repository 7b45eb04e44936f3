//! How a judge comes to its material: the whole transcript at once, or speech by speech with its own notes as memory.

use serde_json::json;

use crate::domain::recipe::Criterion;
use crate::judge::answer::prose;
use crate::judge::call::{CallKind, Prompt, Writing};
use crate::judge::docket::{Docket, words};
use crate::judge::plan::Plan;
use crate::judge::transcript::{Naming, Passage};

/// A call for prose.
pub(super) fn prose_call(plan: &Plan, user: &'static str, context: serde_json::Value) -> CallKind {
    let writing = &plan.judge.recipe.writing;
    CallKind::Write(Writing {
        prompt: Prompt::new(user, context),
        schema: None,
        max_tokens: writing.tokens,
        temperature: writing.temperature,
        repetition_penalty: writing.repetition_penalty,
    })
}

/// The judge's notes on one dimension so far, in the order of the speeches. Each waits for the one before it:
/// it is read with those notes in place of the earlier speeches (Debatrix, arXiv 2403.08010, iterative).
pub(super) fn notes(
    plan: &Plan,
    docket: &mut Docket<'_>,
    dimension: (&str, &Criterion),
    naming: Naming,
) -> Vec<Passage> {
    let (name, criterion) = dimension;
    let mut notes: Vec<Passage> = Vec::new();
    for (index, speech) in plan.transcript.passages(naming).into_iter().enumerate() {
        let call = format!("{}{name}/speech/{}/analysis", prefix(naming), index + 1);
        let heading = format!("Notes on {}", speech.heading);
        let analysis = docket.settle(
            &call,
            |ask| {
                let context = json!({
                    "motion": plan.transcript.motion,
                    "stands": plan.stands(naming),
                    "asks": criterion.asks,
                    "notes": ask.fenced(&notes),
                    "speech": ask.fenced(std::slice::from_ref(&speech)),
                    "problem": ask.problem,
                });
                prose_call(plan, "judge/analysis.user", context)
            },
            words(prose),
        );
        match analysis {
            Some(text) => notes.push(Passage { heading, text }),
            None => break,
        }
    }
    notes
}

/// What a call's name begins with when the names are swapped.
pub(super) fn prefix(naming: Naming) -> &'static str {
    match naming {
        Naming::AsSpoken => "",
        Naming::Swapped => "swapped/",
    }
}
