//! A JSON document: the log that `rhetor export --to json` writes, one row, or a list of rows.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::assets::parse::place;
use crate::assets::transcripts::{Read, Sourced, fault, rows, shape, unusable};
use crate::domain::debate::Debate;
use crate::domain::event::Entry;
use crate::domain::transcript::Transcript;

/// The transcripts of a document.
pub fn read(file: &str, text: &str) -> Read {
    let begins = text.trim_start().chars().next();
    if begins != Some('[') {
        let value = serde_json::from_str::<Value>(text);
        let row = value.map_err(|error| no_json(file, &error)).and_then(|value| {
            let line = place(text, text.len() - text.trim_start().len()).0;
            rows::row(&value).map_err(|reason| fault(file, line, reason))
        });
        return vec![row.map(|transcript| Sourced { source: file.to_owned(), transcript })];
    }
    let items: Vec<&RawValue> = match serde_json::from_str(text) {
        Ok(items) => items,
        Err(error) => return vec![Err(no_json(file, &error))],
    };
    // The items are parts of the text, so where they begin tells their lines.
    let line = |item: &RawValue| place(text, (item.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize)).0;
    if items.first().is_some_and(|item| is_entry(item)) {
        return vec![log(file, &items, line)];
    }
    let row = |item: &RawValue| {
        let line = line(item);
        let value: Value = serde_json::from_str(item.get()).map_err(|error| no_json(file, &error))?;
        let transcript = rows::row(&value).map_err(|reason| fault(file, line, reason))?;
        Ok(Sourced { source: format!("{file}:{line}"), transcript })
    };
    if items.is_empty() {
        return vec![Err(unusable(file, format!("the list is empty; {}", rows::EXPECTED)))];
    }
    items.into_iter().map(row).collect()
}

fn no_json(file: &str, error: &serde_json::Error) -> crate::assets::AssetError {
    crate::assets::AssetError::Broken {
        file: file.to_owned(),
        line: error.line(),
        column: error.column(),
        reason: format!("this is no JSON: {}; write it with a program that writes JSON", plain(error)),
    }
}

/// What serde says, without the place, which is told on its own.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn is_entry(item: &RawValue) -> bool {
    let value: Option<Value> = serde_json::from_str(item.get()).ok();
    value.is_some_and(|value| value.get("seq").is_some() && value.get("type").is_some())
}

fn log(
    file: &str,
    items: &[&RawValue],
    line: impl Fn(&RawValue) -> usize,
) -> Result<Sourced, crate::assets::AssetError> {
    let mut debate = Debate::default();
    for item in items {
        let entry: Entry = serde_json::from_str(item.get()).map_err(|error| {
            fault(file, line(item), format!("this is no event of a debate: {}; export the debate again", plain(&error)))
        })?;
        debate.apply(&entry.event);
    }
    let Some(transcript) = Transcript::of(&debate) else {
        return Err(unusable(file, "the log has no opening, so nothing was debated; export the whole debate"));
    };
    if let Some(reason) = shape::problem(&transcript) {
        return Err(unusable(file, reason));
    }
    Ok(Sourced { source: file.to_owned(), transcript })
}
