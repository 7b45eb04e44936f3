//! Rows that hold a debate and who won it.

use serde_json::Value;

use crate::audit::case::{Case, Item, Label, Line, Matter};
use crate::audit::forms::row::Row;
use crate::domain::format::StageKind;
use crate::domain::seat::Side;
use crate::domain::transcript::Contest;

/// `{motion, speeches: [{side, text, stage}], winner}`; `stage` may be left out.
pub(super) fn debate(row: &Row<'_>) -> Item {
    let motion = row.text("motion");
    let winner = [("proposition", Label::A), ("opposition", Label::B), ("tie", Label::Tie)];
    let label = row.word("winner", winner);
    let lines = row.need("speeches").map(|speeches| lines(row, speeches)).unwrap_or_default();
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let id = row.id(&[&[motion.as_str()], texts.as_slice()].concat());
    let mut case = Case::pair(&id, Contest::Debate, &motion, [String::new(), String::new()], label);
    case.group = row.optional("category").unwrap_or_else(|| row.group());
    case.votes = row.votes();
    case.authors = row.authors();
    case.matter = Matter::Debate(lines);
    Item::Case(case)
}

fn lines(row: &Row<'_>, speeches: &Value) -> Vec<Line> {
    let Some(speeches) = speeches.as_array().filter(|speeches| !speeches.is_empty()) else {
        row.wrong("speeches is empty, or no list".to_owned());
        return Vec::new();
    };
    let line = |speech: &Value| {
        let side = match speech.get("side").and_then(Value::as_str) {
            Some("proposition") => Side::Proposition,
            Some("opposition") => Side::Opposition,
            _ => {
                row.wrong("the side of a speech must be proposition or opposition".to_owned());
                Side::Proposition
            }
        };
        let stage = match speech.get("stage").map(Value::as_str) {
            None | Some(Some("constructive")) => StageKind::Constructive,
            Some(Some("rebuttal")) => StageKind::Rebuttal,
            Some(Some("summary")) => StageKind::Summary,
            Some(_) => {
                row.wrong("the stage of a speech must be constructive, rebuttal or summary".to_owned());
                StageKind::Constructive
            }
        };
        let text = row.as_text("the text of a speech", speech.get("text").unwrap_or(&Value::Null));
        Line { side, stage, text }
    };
    let lines: Vec<Line> = speeches.iter().map(line).collect();
    if !Side::BOTH.into_iter().all(|side| lines.iter().any(|line| line.side == side)) {
        row.wrong("speeches must hold both sides".to_owned());
    }
    lines
}
