//! Rows of one question with right and wrong answers.

use serde_json::Value;

use crate::audit::case::{Claimed, Item, List};
use crate::audit::forms::row::Row;

/// RewardBench 2 (arXiv 2506.01937): `{prompt, chosen: [..], rejected: [..], subset}`.
pub(super) fn best_of(row: &Row<'_>) -> Item {
    list(row, row.text("prompt"), row.texts("chosen"), row.texts("rejected"))
}

/// `{question, choices: [..], answer: index}`.
pub(super) fn choice(row: &Row<'_>) -> Item {
    let (question, mut choices) = (row.text("question"), row.texts("choices"));
    let place = row.need("answer").map(|answer| answer.as_u64().and_then(|index| usize::try_from(index).ok()));
    let right = match place {
        Some(Some(place)) if place < choices.len() && choices.len() > 1 => vec![choices.remove(place)],
        Some(_) => {
            row.wrong("answer must be the index of one of two or more choices, from 0".to_owned());
            Vec::new()
        }
        None => Vec::new(),
    };
    list(row, question, right, choices)
}

/// `{question, best, incorrect: [..]}`.
pub(super) fn one_of_many(row: &Row<'_>) -> Item {
    list(row, row.text("question"), vec![row.text("best")], row.texts("incorrect"))
}

fn list(row: &Row<'_>, prompt: String, right: Vec<String>, wrong: Vec<String>) -> Item {
    let count = right.len();
    let completions: Vec<String> = right.into_iter().chain(wrong).collect();
    let texts: Vec<&str> = completions.iter().map(String::as_str).collect();
    let id = row.id(&[&[prompt.as_str()], texts.as_slice()].concat());
    Item::List(List { id, prompt, completions, right: count, group: row.group() })
}

/// `{question, answer, correct}`.
pub(super) fn answer(row: &Row<'_>) -> Item {
    let (question, answer) = (row.text("question"), row.text("answer"));
    let correct = match row.need("correct").map(Value::as_bool) {
        Some(Some(correct)) => correct,
        Some(None) => {
            row.wrong("correct must be true or false".to_owned());
            false
        }
        None => false,
    };
    let id = row.id(&[&question, &answer]);
    Item::Claimed(Claimed { id, question, answer, correct, group: row.group() })
}
