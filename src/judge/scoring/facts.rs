//! Whether cited sentences are correct (TRM): a machine has looked up whether the quoted words stand in the source; the
//! judge's model is asked whether the sentence is true, given that source.

use serde_json::json;

use crate::domain::ballot::{Answer, Check};
use crate::judge::answer;
use crate::judge::call::{CallKind, LabelAsk, Writing};
use crate::judge::checks::facts;
use crate::judge::docket::{Ask, Docket, by_question};
use crate::judge::plan::Plan;
use crate::judge::transcript::Passage;

/// Tokens of `true` or `false` in a list, with room for talk before it.
const TRUTH_TOKENS: u32 = 8;

/// The checks, with what the model thinks of the cited sentences. `None` while it is asked.
pub(in crate::judge) fn settled(plan: &Plan, docket: &mut Docket<'_>) -> Option<Vec<Check>> {
    let mut checks = plan.findings.checks.clone();
    let asked: Vec<(usize, Vec<Passage>)> =
        facts(&checks).map(|(index, check)| (index, passages(plan, check))).collect();
    if asked.is_empty() {
        return Some(checks);
    }
    let build = |ask: &Ask| {
        if plan.probabilities {
            CallKind::Labels(asked.iter().map(|(_, passages)| question(plan, ask, passages)).collect())
        } else {
            in_words(plan, ask, &asked)
        }
    };
    let correct = docket.settle("facts", build, |answer| match answer {
        Answer::Text(text) => {
            let truths = answer::truths(text, asked.len())?;
            Ok(truths.into_iter().map(|truth| if truth { 1.0 } else { 0.0 }).collect::<Vec<f64>>())
        }
        Answer::Labels(_) => {
            let read = by_question(answer, &vec![2; asked.len()])?;
            Ok(read.iter().map(|labels| 1.0 / (1.0 + (labels[1] - labels[0]).exp())).collect())
        }
    })?;
    for ((index, _), correct) in asked.iter().zip(correct) {
        checks[*index].correct = Some(correct);
    }
    Some(checks)
}

/// The source and the sentence that cites it.
fn passages(plan: &Plan, check: &Check) -> Vec<Passage> {
    let side = plan.transcript.speeches.get(check.speech).map(|spoken| spoken.side);
    let bag = side.and_then(|side| plan.transcript.sources.get(&side)).into_iter().flatten();
    let source = bag.filter(|item| check.source.as_deref() == Some(item.label.as_str())).map(|item| Passage {
        heading: format!("Source, {}", item.title),
        text: item.text.clone(),
        own: false,
    });
    let sentence = Passage { heading: "Sentence".to_owned(), text: check.claim.clone(), own: false };
    source.chain([sentence]).collect()
}

fn question(plan: &Plan, ask: &Ask, passages: &[Passage]) -> LabelAsk {
    let context = json!({ "facts": [ask.fenced(passages)], "words": false, "problem": ask.problem });
    LabelAsk {
        prompt: plan.prompt("judge/facts.user", context),
        lead: String::new(),
        labels: ["Yes", "No"].map(str::to_owned).to_vec(),
    }
}

fn in_words(plan: &Plan, ask: &Ask, asked: &[(usize, Vec<Passage>)]) -> CallKind {
    let all: Vec<Vec<String>> = asked.iter().map(|(_, passages)| ask.fenced(passages)).collect();
    let context = json!({ "facts": all, "words": true, "problem": ask.problem });
    CallKind::Write(Writing {
        prompt: plan.prompt("judge/facts.user", context),
        schema: Some(answer::truths_schema(asked.len())),
        max_tokens: TRUTH_TOKENS * (u32::try_from(asked.len()).unwrap_or(u32::MAX / TRUTH_TOKENS) + 4),
        temperature: 0.0,
        repetition_penalty: 1.0,
    })
}
