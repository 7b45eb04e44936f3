//! Reading answers in words: a score, or a verdict. Small models wrap their JSON in talk, so the first object counts.
//!
//! An error is a sentence that goes back to the model when it is asked again.

use serde_json::{Value, json};

/// The lowest and the highest score.
const SCORES: std::ops::RangeInclusive<f64> = 1.0..=10.0;

/// What a judge says of the two speakers, in the order in which they are called.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    pub scores: [f64; 2],
    /// 0 the first speaker, 1 the second, `None` a tie.
    pub winner: Option<usize>,
}

/// The form of a score.
pub(super) fn score_schema() -> Value {
    json!({
        "type": "object",
        "properties": { "score": whole_number() },
        "required": ["score"],
        "additionalProperties": false,
    })
}

/// The form of a verdict.
pub(super) fn verdict_schema(ties: bool) -> Value {
    let winners = if ties { json!(["first", "second", "tie"]) } else { json!(["first", "second"]) };
    json!({
        "type": "object",
        "properties": {
            "first": whole_number(),
            "second": whole_number(),
            "winner": { "type": "string", "enum": winners },
        },
        "required": ["first", "second", "winner"],
        "additionalProperties": false,
    })
}

fn whole_number() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": 10 })
}

/// One item of a rubric.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RubricItem {
    pub name: String,
    /// Above 0; only the ratios count.
    pub weight: f64,
    pub asks: String,
}

/// The form of a rubric of so many items.
pub(super) fn rubric_schema(items: usize) -> Value {
    json!({
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "minItems": items,
                "maxItems": items,
                "items": {
                    "type": "object",
                    "properties": {
                        "name": { "type": "string", "minLength": 3, "maxLength": 30 },
                        "weight": { "type": "integer", "minimum": 1, "maximum": 100 },
                        "asks": { "type": "string", "minLength": 10, "maxLength": 140 },
                    },
                    "required": ["name", "weight", "asks"],
                    "additionalProperties": false,
                },
            },
        },
        "required": ["items"],
        "additionalProperties": false,
    })
}

/// The items of a rubric: at least one, at most as many as were asked for.
pub(super) fn rubric(text: &str, most: usize) -> Result<Vec<RubricItem>, String> {
    let object = object(text).ok_or_else(|| "the answer holds no JSON object".to_owned())?;
    let given = object.get("items").and_then(Value::as_array).ok_or_else(|| "\"items\" is not a list".to_owned())?;
    let words = |item: &Value, field: &str| {
        let text = item.get(field).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        if text.is_empty() { Err(format!("an item has no \"{field}\"")) } else { Ok(text) }
    };
    let read = |item: &Value| {
        let weight = item.get("weight").and_then(Value::as_f64).filter(|weight| *weight > 0.0);
        let weight = weight.ok_or_else(|| "an item's \"weight\" is not a number above 0".to_owned())?;
        Ok(RubricItem { name: words(item, "name")?, weight, asks: words(item, "asks")? })
    };
    let items = given.iter().take(most).map(read).collect::<Result<Vec<_>, String>>()?;
    if items.is_empty() { Err("\"items\" is empty".to_owned()) } else { Ok(items) }
}

/// The form of a list of so many yes and no.
pub(super) fn truths_schema(count: usize) -> Value {
    json!({
        "type": "object",
        "properties": {
            "correct": { "type": "array", "minItems": count, "maxItems": count, "items": { "type": "boolean" } },
        },
        "required": ["correct"],
        "additionalProperties": false,
    })
}

/// A list of so many yes and no.
pub(super) fn truths(text: &str, count: usize) -> Result<Vec<bool>, String> {
    let object = object(text).ok_or_else(|| "the answer holds no JSON object".to_owned())?;
    let given = object.get("correct").and_then(Value::as_array);
    let read: Vec<bool> = given.into_iter().flatten().filter_map(Value::as_bool).collect();
    if read.len() == count {
        Ok(read)
    } else {
        Err(format!("\"correct\" is not a list of {count} times true or false"))
    }
}

/// A text that must not be empty. Small models copy the fences of their prompt; those lines are not what they say.
pub(super) fn prose(text: &str) -> Result<String, String> {
    let marks = |line: &&str| !["<<<", ">>>", "‹‹‹", "›››"].iter().any(|mark| line.trim_start().starts_with(mark));
    let text = text.lines().filter(marks).collect::<Vec<_>>().join("\n").trim().to_owned();
    if text.chars().any(char::is_alphanumeric) { Ok(text) } else { Err("the answer is empty".to_owned()) }
}

/// A score from 1 to 10: the object's `score`, or else the first number of a plain answer.
pub(super) fn score(text: &str) -> Result<f64, String> {
    match object(text) {
        Some(object) => score_of(&object, "score"),
        None => first_number(text).ok_or_else(|| "the answer holds no number from 1 to 10".to_owned()),
    }
}

/// The object's `first`, `second` and `winner`.
pub(super) fn verdict(text: &str, ties: bool) -> Result<Verdict, String> {
    let object = object(text).ok_or_else(|| "the answer holds no JSON object".to_owned())?;
    let scores = [score_of(&object, "first")?, score_of(&object, "second")?];
    let named = object.get("winner").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let winner = match (named.contains("first"), named.contains("second")) {
        (true, false) => Some(0),
        (false, true) => Some(1),
        _ if ties && named.contains("tie") => None,
        _ if ties => return Err("\"winner\" is not \"first\", \"second\" or \"tie\"".to_owned()),
        _ => return Err("\"winner\" is not \"first\" or \"second\"".to_owned()),
    };
    Ok(Verdict { scores, winner })
}

fn score_of(object: &Value, field: &str) -> Result<f64, String> {
    let value = object.get(field).ok_or_else(|| format!("\"{field}\" is missing"))?;
    let number = value.as_f64().or_else(|| value.as_str().and_then(first_number));
    number.filter(|number| SCORES.contains(number)).ok_or_else(|| format!("\"{field}\" is not a number from 1 to 10"))
}

/// The first balanced `{...}` that is JSON.
fn object(text: &str) -> Option<Value> {
    text.match_indices('{').find_map(|(start, _)| {
        let end = end_of_object(&text[start..])?;
        serde_json::from_str(&text[start..start + end]).ok().filter(Value::is_object)
    })
}

/// Bytes up to the brace that closes the first one; braces inside strings do not count.
fn end_of_object(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(index + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The first number in range. "out of 10" and "1 to 10" repeat the question and are passed over.
fn first_number(text: &str) -> Option<f64> {
    let mut text = text.to_lowercase();
    for scale in ["from 1 to 10", "1 to 10", "1-10", "out of 10", "/10", "/ 10"] {
        text = text.replace(scale, " ");
    }
    text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
        .filter_map(|word| word.trim_end_matches(['.', '-']).parse::<f64>().ok())
        .find(|number| SCORES.contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_found_in_the_forms_that_models_give() {
        for (text, expected) in [
            ("{\"score\": 7}", 7.0),
            ("Sure! Here it is:\n```json\n{ \"score\": 7 }\n```", 7.0),
            ("{\"score\": \"7/10\"}", 7.0),
            ("{\"note\": \"a } in a string, and a \\\" too\", \"score\": 3}", 3.0),
            ("{broken} then {\"score\": 4}", 4.0),
            ("8", 8.0),
            ("**Score:** 8/10", 8.0),
            ("On a scale from 1 to 10, I give 6.", 6.0),
            ("7.5", 7.5),
            ("10", 10.0),
        ] {
            assert_eq!(score(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_score_outside_of_the_scale_is_no_score() {
        for text in ["", "eleven", "0", "11", "-3", "{\"score\": 0}", "{\"score\": 11}", "{\"points\": 5}", "2024"] {
            assert!(score(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_verdict_names_a_tie_only_where_ties_are_allowed() {
        let text = "{\"first\": 6, \"second\": 6, \"winner\": \"tie\"}";
        assert_eq!(verdict(text, true), Ok(Verdict { scores: [6.0, 6.0], winner: None }));
        assert_eq!(verdict(text, false), Err("\"winner\" is not \"first\" or \"second\"".to_owned()));
    }

    #[test]
    fn a_verdict_takes_the_speakers_by_their_full_names() {
        let text = "The result: {\"first\": 4, \"second\": 9, \"winner\": \"Second speaker\"}";
        assert_eq!(verdict(text, false), Ok(Verdict { scores: [4.0, 9.0], winner: Some(1) }));
    }

    #[test]
    fn a_rubric_is_read_item_by_item_and_an_error_names_the_field() {
        let item = r#"{"name": "Evidence", "weight": 40, "asks": "Are claims backed?"}"#;
        let items = rubric(&format!("{{\"items\": [{item}, {item}, {item}]}}"), 2).unwrap();
        assert_eq!((items.len(), items[0].name.as_str(), items[0].weight), (2, "Evidence", 40.0));
        let error = rubric(r#"{"items": [{"name": "Evidence", "weight": 0, "asks": "x"}]}"#, 2).unwrap_err();
        assert_eq!(error, "an item's \"weight\" is not a number above 0");
        assert!(rubric("{\"items\": []}", 2).is_err() && rubric("none", 2).is_err());
    }

    #[test]
    fn truths_come_in_the_number_that_was_asked_for() {
        assert_eq!(truths("{\"correct\": [true, false]}", 2), Ok(vec![true, false]));
        assert!(truths("{\"correct\": [true]}", 2).is_err());
    }

    #[test]
    fn copied_fences_are_no_part_of_a_text() {
        let text = "<<<Notes on speech 1 97ca00df\nThe case is thin.\n>>>97ca00df\n ›››97ca00df";
        assert_eq!(prose(text), Ok("The case is thin.".to_owned()));
        assert!(prose("<<<Notes 97ca00df\n>>>97ca00df").is_err());
    }

    #[test]
    fn an_error_says_what_is_missing() {
        assert_eq!(verdict("first won", false), Err("the answer holds no JSON object".to_owned()));
        assert_eq!(verdict("{\"first\": 4, \"winner\": \"first\"}", false), Err("\"second\" is missing".to_owned()));
        assert_eq!(prose(" \n. "), Err("the answer is empty".to_owned()));
    }

    #[test]
    fn a_model_on_this_machine_can_be_held_to_every_form() {
        use futures::StreamExt;

        use crate::model::local::LocalModel;
        use crate::model::local::tiny::Tiny;
        use crate::model::{ChatModel, ChatRequest, Delta, Message, Sampling};

        let model = LocalModel::open(&Tiny::new("llama", 11).write().path, "tiny", None).unwrap();
        let write = |schema: Value, seed| {
            let sampling = Sampling { temperature: 1.5, top_p: 1.0, repetition_penalty: 1.0, seed };
            let messages = vec![Message::user("Who won?")];
            let request = ChatRequest { messages, max_tokens: 64, sampling, stop: Vec::new(), schema: Some(schema) };
            tokio::runtime::Runtime::new().unwrap().block_on(async {
                let deltas = model.stream(request, tokio_util::sync::CancellationToken::new()).await.unwrap();
                let text = deltas.filter_map(async |delta| match delta.unwrap() {
                    Delta::Text(text) => Some(text),
                    _ => None,
                });
                text.collect::<String>().await
            })
        };
        for seed in 0..5 {
            assert!(score(&write(score_schema(), seed)).is_ok());
            for ties in [true, false] {
                let text = write(verdict_schema(ties), seed);
                assert!(verdict(&text, ties).is_ok(), "{text}");
            }
        }
    }
}
