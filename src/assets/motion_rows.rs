//! How others write motions: JSON Lines, our own TOML packs, or plain text with a motion on each line.
//!
//! Texts are kept as they are, but a short opening is spelled out and blanks around them fall away. Rows are not checked here.

use std::borrow::Cow;
use std::path::Path;

use serde_json::{Map, Value};

use crate::assets::error::AssetError;
use crate::assets::motions::read_pack;
use crate::assets::parse::place;
use crate::assets::source::{AssetText, Origin};
use crate::assets::wording::{guessed_category, spelled_out};
use crate::domain::motion::{Category, Motion};

/// A line number from 1, and the motion there or why it is none.
pub type Row = (usize, Result<Motion, String>);

/// The motions of a file, by its ending: `.toml` is a pack, `.jsonl` and `.ndjson` are JSON Lines, anything else is text.
/// `category` stands for the guess where a row has none.
///
/// # Errors
/// The file is a broken pack, or a JSON document.
pub fn rows(file: &Path, bytes: &[u8], category: Option<Category>) -> Result<Vec<Row>, AssetError> {
    let stem = stem(file);
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => toml_rows(file, bytes, category),
        Some("jsonl" | "ndjson") => Ok(lines(bytes, |line| json_row(line, &stem, category))),
        Some("json") => {
            let reason =
                "a JSON document is not read; write one motion on each line, as JSON Lines (.jsonl) or text (.txt)";
            Err(AssetError::Invalid { file: file.display().to_string(), reason: reason.to_owned() })
        }
        _ => Ok(lines(bytes, |line| Ok(text_row(line, &stem, category)))),
    }
}

/// The file's name without its ending.
pub fn stem(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn lines(bytes: &[u8], row: impl Fn(&str) -> Result<Motion, String>) -> Vec<Row> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut rows = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        match std::str::from_utf8(line).map(str::trim) {
            Ok("") => {}
            Ok(line) => rows.push((index + 1, row(line))),
            Err(_) => rows.push((index + 1, Err("it is not UTF-8 text".to_owned()))),
        }
    }
    rows
}

fn toml_rows(file: &Path, bytes: &[u8], category: Option<Category>) -> Result<Vec<Row>, AssetError> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let asset = AssetText { text: Cow::Owned(text), origin: Origin::File(file.to_owned()) };
    let motions = read_pack(&asset, category)?;
    Ok(motions.into_iter().map(|(span, motion)| (place(&asset.text, span.start).0, Ok(motion))).collect())
}

fn text_row(line: &str, stem: &str, category: Option<Category>) -> Motion {
    Motion {
        id: String::new(),
        text: spelled_out(line),
        category: category.unwrap_or_else(|| guessed_category(line)),
        context: String::new(),
        proposition: String::new(),
        opposition: String::new(),
        tags: Vec::new(),
        origin: Some(stem.to_owned()),
    }
}

fn json_row(line: &str, stem: &str, category: Option<Category>) -> Result<Motion, String> {
    let row: Map<String, Value> =
        serde_json::from_str(line).map_err(|_| "it is not a JSON object on one line".to_owned())?;
    let field = |names: &[&str]| names.iter().find_map(|name| row.get(*name).and_then(Value::as_str)).map(str::trim);
    let Some(text) = field(&["motion", "text"]) else {
        return Err("it has no \"motion\" or \"text\" that is a text".to_owned());
    };
    let own =
        match field(&["category"]) {
            Some(name) => Some(serde_json::from_value(Value::from(name)).map_err(|_| {
                format!("\"{name}\" is no category; the categories are fact, value, policy and creative")
            })?),
            None => None,
        };
    let mut motion = text_row(text, stem, own.or(category));
    motion.id = field(&["id"]).unwrap_or_default().to_owned();
    motion.context = field(&["context", "infoslide"]).map(whole_sentences).unwrap_or_default();
    motion.proposition = field(&["proposition"]).unwrap_or_default().to_owned();
    motion.opposition = field(&["opposition"]).unwrap_or_default().to_owned();
    motion.tags = match row.get("tags").and_then(Value::as_array) {
        Some(tags) => tags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        None => field(&["topic", "topic_auto"])
            .filter(|topic| !topic.is_empty())
            .map(str::to_lowercase)
            .into_iter()
            .collect(),
    };
    let round = field(&["round"]).filter(|round| !round.is_empty()).map(|round| format!("round {round}"));
    let parts = [field(&["tournament"]).map(str::to_owned), round, field(&["date"]).map(str::to_owned)];
    let named: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    motion.origin = field(&["origin"]).map(str::to_owned).or_else(|| (!named.is_empty()).then(|| named.join(", ")));
    motion.origin = motion.origin.or_else(|| Some(stem.to_owned()));
    Ok(motion)
}

/// A context on one line, up to the end of its last whole sentence: collections cut long ones anywhere.
fn whole_sentences(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let ends = |at: usize| line[at..].chars().next().is_none_or(|next| !next.is_alphanumeric());
    let stop = line.char_indices().rfind(|(at, c)| matches!(c, '.' | '!' | '?') && ends(at + 1));
    let last = stop.map_or(0, |(at, _)| at + 1);
    let closing = line[last..].chars().take_while(|c| matches!(c, '"' | ')' | '\u{201d}' | '\'')).map(char::len_utf8);
    line[..last + closing.sum::<usize>()].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_that_was_cut_ends_with_its_last_whole_sentence() {
        for (cut, whole) in [
            ("One is a\nshow. Two is cut of", "One is a show."),
            ("It is 3.5 m long. It is", "It is 3.5 m long."),
            ("He said \u{201c}no.\u{201d} Then", "He said \u{201c}no.\u{201d}"),
            ("Never ended", ""),
            ("Whole.", "Whole."),
            ("", ""),
        ] {
            assert_eq!(whole_sentences(cut), whole);
        }
    }

    #[test]
    fn lines_are_counted_with_the_empty_ones() {
        let found = rows(Path::new("m.txt"), "\u{feff}One thing\r\n\r\nTwo things".as_bytes(), None).unwrap();
        let told: Vec<_> = found.into_iter().map(|(line, row)| (line, row.unwrap().text)).collect();
        assert_eq!(told, [(1, "One thing".to_owned()), (3, "Two things".to_owned())]);
    }
}
