//! Rows of JSON: a debate `{motion, speeches: [{side, text, stage?}]}`, or a pair `{topic, a, b, contest?}` in which `a`
//! is the proposition. Two texts on one topic are arguments unless the row says otherwise.

use serde_json::{Map, Value};

use crate::assets::transcripts::shape::{Given, shaped};
use crate::assets::transcripts::sides::{side_of, stage_of};
use crate::assets::transcripts::{Read, Sourced, fault};
use crate::domain::seat::Side;
use crate::domain::transcript::{Contest, Transcript};

/// The rows of JSON Lines, each on its own: a broken one takes no other with it.
pub fn lines(file: &str, text: &str) -> Read {
    let rows = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let mut read: Read = rows.map(|(index, line)| of_line(file, index + 1, line)).collect();
    if read.is_empty() {
        read.push(Err(fault(file, 1, format!("the file is empty; {EXPECTED}"))));
    }
    read
}

/// What a row has to be, for an error.
pub const EXPECTED: &str = "write {\"motion\": ..., \"speeches\": [{\"side\": ..., \"text\": ...}]} or {\"topic\": ..., \
                            \"a\": ..., \"b\": ...}";

fn of_line(file: &str, line: usize, text: &str) -> Result<Sourced, crate::assets::AssetError> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| fault(file, line, format!("this is no JSON: {error}; put one object on each line")))?;
    let transcript = row(&value).map_err(|reason| fault(file, line, reason))?;
    Ok(Sourced { source: format!("{file}:{line}"), transcript })
}

/// The transcript of one row. The error is a sentence without a place.
///
/// # Errors
/// A field is missing or means nothing.
pub fn row(value: &Value) -> Result<Transcript, String> {
    let Value::Object(row) = value else { return Err(format!("this is no object; {EXPECTED}")) };
    let Some(topic) = ["motion", "topic"].iter().find_map(|field| row.get(*field)) else {
        return Err(format!("neither \"motion\" nor \"topic\" is there; {EXPECTED}"));
    };
    let topic = topic.as_str().ok_or("the motion must be a text in quotes")?;
    match row.get("speeches") {
        Some(Value::Array(speeches)) => {
            let given = speeches.iter().enumerate().map(|(index, speech)| given(speech, index + 1));
            shaped(contest(row, Contest::Debate)?, topic, given.collect::<Result<_, _>>()?)
        }
        Some(_) => Err("\"speeches\" must be a list".to_owned()),
        None => {
            let text = |field: &str| {
                let text = row.get(field).and_then(Value::as_str);
                text.ok_or_else(|| format!("neither \"speeches\" nor a text \"{field}\" is there; {EXPECTED}"))
            };
            let given = [("a", Side::Proposition), ("b", Side::Opposition)]
                .map(|(field, side)| Ok(Given { side, stage: None, text: text(field)?.to_owned() }));
            shaped(contest(row, Contest::Arguments)?, topic, given.into_iter().collect::<Result<_, String>>()?)
        }
    }
}

fn contest(row: &Map<String, Value>, usual: Contest) -> Result<Contest, String> {
    let Some(given) = row.get("contest") else { return Ok(usual) };
    serde_json::from_value(given.clone())
        .map_err(|_| format!("\"contest\" is {given}, and must be debate, arguments, evidence or answers"))
}

fn given(speech: &Value, number: usize) -> Result<Given, String> {
    let field = |name: &str| speech.get(name).and_then(Value::as_str);
    let text = field("text").ok_or_else(|| format!("speech {number} has no \"text\"; write what was said"))?;
    let named =
        field("side").ok_or_else(|| format!("speech {number} has no \"side\"; write proposition or opposition"))?;
    let side = side_of(named).ok_or_else(|| {
        format!("speech {number} is by \"{named}\", which is no side; write proposition or opposition")
    })?;
    let stage = match field("stage") {
        None => None,
        Some(named) => Some(stage_of(named).ok_or_else(|| {
            format!("speech {number} is of the stage \"{named}\"; write constructive, rebuttal or summary")
        })?),
    };
    Ok(Given { side, stage, text: text.to_owned() })
}
