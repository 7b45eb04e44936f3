//! Files of labelled cases: one JSON object a line, recognised by its fields and never by the name of its file.
//!
//! | form | fields |
//! |---|---|
//! | two arguments or answers | `a`, `b`, `label` (a, b, tie), and `topic`, `context`, `instruction`, `question` or `prompt` |
//! | a debate | `motion`, `speeches` (`side`, `text`, `stage`), `winner` (proposition, opposition, tie) |
//! | arguments for two answers | `question`, `answer_a`, `answer_b`, `args_a`, `args_b`, `label` |
//! | two warrants | `claim`, `reason`, `warrant0`, `warrant1`, `label` (0, 1) |
//! | best of n | `prompt`, `chosen`, `rejected`, `subset` |
//! | one right of many | `question`, `choices`, `answer` (an index); or `question`, `best`, `incorrect` |
//! | right or wrong | `question`, `answer`, `correct` (true, false) |

mod debates;
mod lists;
mod pairs;
mod row;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::audit::case::Item;
use crate::audit::forms::row::Row;

/// The most items of one file.
pub const MOST_ITEMS: usize = 200_000;

/// Why a file of cases cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FormError {
    #[error("{file}, line {line}: {reason}")]
    Line { file: String, line: usize, reason: String },
    #[error("{file} holds no cases; write one JSON object a line")]
    Empty { file: String },
    #[error("{file} holds more than {MOST_ITEMS} cases; cut it into smaller files")]
    TooMany { file: String },
}

/// Reads all lines of a file. Blank lines are passed over.
///
/// # Errors
/// A line is no JSON object, of no known form, or lacks fields of its form; or there are no lines.
pub fn read(file: &str, text: &str) -> Result<Vec<Item>, FormError> {
    let mut items = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        if items.len() == MOST_ITEMS {
            return Err(FormError::TooMany { file: file.to_owned() });
        }
        let broken = |reason: String| FormError::Line { file: file.to_owned(), line: index + 1, reason };
        let fields: Map<String, Value> = serde_json::from_str(line)
            .map_err(|error| broken(format!("this is no JSON object, column {}: {}", error.column(), what(&error))))?;
        items.push(item(&fields).map_err(broken)?);
    }
    match items.is_empty() {
        true => Err(FormError::Empty { file: file.to_owned() }),
        false => Ok(items),
    }
}

/// What the parser says, without the place, which is told already.
fn what(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

type Reader = fn(&Row<'_>) -> Item;

/// The forms, each with the fields of which one is enough to tell it, in the order in which they are tried.
const FORMS: [(&str, &[&str], Reader); 8] = [
    ("a debate", &["speeches"], debates::debate),
    ("best of n", &["chosen", "rejected"], lists::best_of),
    ("arguments for two answers", &["args_a", "args_b"], pairs::answers_with_arguments),
    ("two warrants", &["warrant0", "warrant1"], pairs::warrants),
    ("a pair", &["a", "b"], pairs::pair),
    ("a choice", &["choices"], lists::choice),
    ("one right answer of many", &["incorrect"], lists::one_of_many),
    ("an answer", &["correct"], lists::answer),
];

fn item(fields: &Map<String, Value>) -> Result<Item, String> {
    let form = FORMS.iter().find(|(_, signs, _)| signs.iter().any(|sign| fields.contains_key(*sign)));
    let Some((form, _, read)) = form else {
        return Err(
            "this row is of no known form; it needs a, b and label, or motion, speeches and winner, or prompt, \
                    chosen and rejected, or question, answer and correct"
                .to_owned(),
        );
    };
    let row = Row::new(fields);
    let item = read(&row);
    row.finish(form).map(|()| item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::case::{Case, Label, Matter};
    use crate::domain::seat::Side;
    use crate::domain::transcript::Contest;

    fn one(line: &str) -> Item {
        read("f.jsonl", &line.replace('\n', " ")).unwrap().remove(0)
    }

    fn case(line: &str) -> Case {
        match one(line) {
            Item::Case(case) => case,
            other => panic!("no case: {other:?}"),
        }
    }

    fn complaint(text: &str) -> String {
        read("f.jsonl", text).unwrap_err().to_string()
    }

    #[test]
    fn two_arguments_for_a_stance_cluster_by_their_topic() {
        let case = case(
            r#"{"id": "x/1", "topic": "Ban cars", "context": "Both sides: yes", "a": "Noise kills sleep.", "b": "Why not",
            "label": "a", "votes": [4, 1, 0], "group": "ban-cars_yes"}"#,
        );
        assert_eq!((case.contest, case.label, case.cluster.as_str()), (Contest::Arguments, Label::A, "Ban cars"));
        assert_eq!((case.topic.as_str(), case.group.as_str()), ("Ban cars. Both sides: yes", "ban-cars_yes"));
        assert_eq!(case.votes.unwrap().for_label(Label::A), (4.0, 5.0));
    }

    #[test]
    fn two_answers_to_an_instruction_cluster_by_the_instruction() {
        let case = case(
            r#"{"context": "Name a river.", "a": "The Elbe", "b": "A river", "label": "tie",
            "votes": {"a": 1, "b": 1, "equal": 1}, "models": "owl-7b_lark-7b"}"#,
        );
        assert_eq!((case.contest, case.label, case.cluster.as_str()), (Contest::Answers, Label::Tie, "Name a river."));
        assert_eq!(case.authors.unwrap(), ["owl-7b", "lark-7b"]);
        assert_eq!(case.id.len(), 12, "an id is made of the texts");
    }

    #[test]
    fn a_debate_keeps_the_order_of_its_speeches() {
        let case = case(
            r#"{"motion": "Ban cars", "speeches": [{"side": "opposition", "text": "No."},
            {"side": "proposition", "text": "Yes.", "stage": "rebuttal"}], "winner": "opposition"}"#,
        );
        let Matter::Debate(lines) = &case.matter else { panic!("{case:?}") };
        assert_eq!((lines[0].side, case.label, case.topic.as_str()), (Side::Opposition, Label::B, "Ban cars"));
    }

    #[test]
    fn arguments_for_two_answers_are_a_debate_of_two_positions() {
        let case = case(
            r##"{"passage_id": "9", "question": "Who?", "answer_a": "Ann", "answer_b": "Bob", "label": "b",
            "args_a": [{"argument": "It was Ann (#1).", "snippets": ["Ann came"]}], "args_b": [{"argument": "Bob."}]}"##,
        );
        let Matter::Pair { texts, positions } = &case.matter else { panic!("{case:?}") };
        assert_eq!(texts[0], "It was Ann (#1).\n\n#1: \"Ann came\"");
        assert_eq!(positions.as_ref().unwrap()[1], "argues that the answer is \"Bob\"");
        assert_eq!((case.contest, case.cluster.as_str(), case.label), (Contest::Debate, "9", Label::B));
    }

    #[test]
    fn warrants_stand_behind_their_reason() {
        let case =
            case(r#"{"topic": "T?", "claim": "C", "reason": "R.", "warrant0": "w", "warrant1": "not w", "label": 1}"#);
        let Matter::Pair { texts, .. } = &case.matter else { panic!("{case:?}") };
        assert_eq!((texts[1].as_str(), case.label, case.topic.as_str()), ("R. And not w.", Label::B, "C"));
    }

    #[test]
    fn lists_have_the_right_completions_first() {
        for (line, right, all) in [
            (r#"{"id": 7, "prompt": "p", "chosen": ["r"], "rejected": ["w", "v", "u"], "subset": "Math"}"#, 1, 4),
            (r#"{"id": "tied:3", "prompt": "p", "chosen": ["r", "s"], "rejected": ["w"], "subset": "Ties"}"#, 2, 3),
            (r#"{"question": "q", "choices": ["w", "r", "v"], "answer": 1}"#, 1, 3),
            (r#"{"question": "q", "best": "r", "correct": ["r", "s"], "incorrect": ["w", "v"]}"#, 1, 3),
        ] {
            let Item::List(list) = one(line) else { panic!("{line}") };
            assert_eq!((list.right, list.completions.len(), list.completions[0].as_str()), (right, all, "r"), "{line}");
        }
        let Item::Claimed(claimed) = one(r#"{"question": "q", "answer": "x", "correct": false}"#) else { panic!() };
        assert!(!claimed.correct);
    }

    #[test]
    fn a_bad_row_is_named_with_its_line_and_what_it_lacks() {
        assert_eq!(
            complaint("\n{\"a\": \"x\", \"topic\": \"t\"}"),
            "f.jsonl, line 2: the fields b and label of a pair are missing"
        );
        assert_eq!(
            complaint("{\"a\": 1, \"b\": \"\", \"topic\": \"t\", \"label\": \"a\"}"),
            "f.jsonl, line 1: a must be a text"
        );
        let label = complaint("{\"a\": \"x\", \"b\": \"y\", \"topic\": \"t\", \"label\": \"c\"}");
        assert_eq!(label, "f.jsonl, line 1: label must be a, b or tie, and is \"c\"");
        assert!(complaint("{\"motion\": \"m\", \"speeches\": [], \"winner\": \"tie\"}").contains("speeches is empty"));
        assert!(complaint("{\"text\": \"x\"}").contains("no known form; it needs a, b and label"));
        assert!(complaint("{\"a\": ").contains("line 1: this is no JSON object"));
        assert!(complaint("[1]").contains("line 1: this is no JSON object"));
        assert_eq!(complaint(" \n"), "f.jsonl holds no cases; write one JSON object a line");
        assert!(complaint(r#"{"question": "q", "choices": ["x"], "answer": 3}"#).contains("answer must be the index"));
    }
}
