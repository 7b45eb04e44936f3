//! Rows of two texts: arguments, answers, warrants.

use serde_json::Value;

use crate::audit::case::{Case, Item, Label, Matter};
use crate::audit::forms::row::Row;
use crate::domain::transcript::Contest;

/// Fields that hold an instruction, in the order in which they are looked for.
const INSTRUCTIONS: [&str; 4] = ["context", "instruction", "question", "prompt"];

/// A row with a topic holds two arguments; one with an instruction only holds two answers.
pub(super) fn pair(row: &Row<'_>) -> Item {
    let texts = [row.text("a"), row.text("b")];
    let label = row.label();
    let topic = row.optional("topic").filter(|topic| !topic.is_empty());
    let instruction =
        INSTRUCTIONS.iter().find_map(|field| row.optional(field)).filter(|instruction| !instruction.is_empty());
    let (contest, judged, cluster) = match (topic, instruction) {
        (Some(topic), None) => (Contest::Arguments, topic.clone(), topic),
        (Some(topic), Some(context)) => (of_context(&context), format!("{topic}. {context}"), topic),
        (None, Some(instruction)) => (Contest::Answers, instruction.clone(), instruction),
        (None, None) => {
            row.missing("topic or context");
            (Contest::Arguments, String::new(), String::new())
        }
    };
    let id = row.id(&[&judged, &texts[0], &texts[1]]);
    Item::Case(Case {
        group: row.group(),
        votes: row.votes(),
        authors: row.authors(),
        cluster,
        ..Case::pair(&id, contest, &judged, texts, label)
    })
}

/// Texts that are put forward as evidence say so in what they are put forward for.
fn of_context(context: &str) -> Contest {
    let says = context.split(|letter: char| !letter.is_alphabetic()).any(|word| word.eq_ignore_ascii_case("evidence"));
    if says { Contest::Evidence } else { Contest::Arguments }
}

/// People argued for the two answers to a question, from a passage that the judge does not see.
pub(super) fn answers_with_arguments(row: &Row<'_>) -> Item {
    let question = row.text("question");
    let answers = [row.text("answer_a"), row.text("answer_b")];
    let texts = ["args_a", "args_b"].map(|field| arguments(row, field));
    let label = row.label();
    let id = row.id(&[&question, &texts[0], &texts[1]]);
    let mut case = Case::pair(&id, Contest::Debate, &question, [String::new(), String::new()], label);
    case.cluster = row.optional("passage_id").unwrap_or(question);
    case.group = row.group();
    let positions = answers.map(|answer| format!("argues that the answer is \"{answer}\""));
    case.matter = Matter::Pair { texts, positions: Some(positions) };
    Item::Case(case)
}

/// Each argument with the passages that it quotes under their numbers.
fn arguments(row: &Row<'_>, field: &'static str) -> String {
    let Some(value) = row.need(field) else { return String::new() };
    let Some(arguments) = value.as_array().filter(|arguments| !arguments.is_empty()) else {
        row.wrong(format!("{field} must be a list of arguments"));
        return String::new();
    };
    let one = |argument: &Value| {
        let text = row.as_text(field, argument.get("argument").unwrap_or(argument));
        let quotes = argument.get("snippets").and_then(Value::as_array).into_iter().flatten();
        let quotes = quotes.filter_map(Value::as_str).enumerate().map(|(index, quote)| {
            let quote = quote.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("#{}: \"{quote}\"", index + 1)
        });
        let quotes = quotes.collect::<Vec<_>>().join("\n");
        if quotes.is_empty() { text } else { format!("{text}\n\n{quotes}") }
    };
    arguments.iter().map(one).collect::<Vec<_>>().join("\n\n")
}

/// One reason and two warrants, of which one makes the claim follow and the other its contrary.
pub(super) fn warrants(row: &Row<'_>) -> Item {
    let (claim, reason) = (row.text("claim"), row.text("reason"));
    let texts = ["warrant0", "warrant1"].map(|field| {
        let warrant = row.text(field);
        format!("{reason} And {}.", warrant.trim_end_matches('.'))
    });
    let label = match row.need("label").map(Value::as_u64) {
        Some(Some(0)) => Label::A,
        Some(Some(1)) => Label::B,
        Some(_) => {
            row.wrong("label must be 0 or 1".to_owned());
            Label::Tie
        }
        None => Label::Tie,
    };
    let id = row.id(&[&claim, &texts[0], &texts[1]]);
    let cluster = row.optional("topic").unwrap_or_else(|| claim.clone());
    Item::Case(Case { cluster, group: row.group(), ..Case::pair(&id, Contest::Arguments, &claim, texts, label) })
}
