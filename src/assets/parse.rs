//! TOML into values, with every error as one sentence: the file, the line, what was found and what was expected.

use std::ops::Range;

use serde::de::DeserializeOwned;

use crate::assets::error::AssetError;
use crate::assets::source::AssetText;
use crate::text::nearest::suggestion;

/// Reads a file as a `T`.
///
/// # Errors
/// [`AssetError::Broken`] at the place where the text stops to be TOML, or to be a `T`.
pub fn parse<T: DeserializeOwned>(asset: &AssetText) -> Result<T, AssetError> {
    let read = toml::Deserializer::parse(&asset.text);
    let shaped = read
        .map_err(|error| (not_toml(error.message()), error.span()))
        .and_then(|table| T::deserialize(table).map_err(|error| (explain(error.message()), error.span())));
    shaped.map_err(|(reason, span)| match span {
        Some(span) => broken(asset, span, reason),
        None => AssetError::Invalid { file: asset.origin.to_string(), reason },
    })
}

/// An error at a place of a file. Only the start of the span counts.
#[must_use]
pub fn broken(asset: &AssetText, span: Range<usize>, reason: String) -> AssetError {
    let (line, column) = place(&asset.text, span.start);
    AssetError::Broken { file: asset.origin.to_string(), line, column, reason }
}

/// Line and column of a byte offset, both from 1. Columns count characters.
#[must_use]
pub fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// What the TOML parser says, with its code in quotation marks, and without expectations that tell nothing.
fn not_toml(message: &str) -> String {
    let message = [", expected nothing", ", expected literal string"]
        .iter()
        .fold(message, |message, vain| message.trim_end_matches(vain));
    let quoted = |(index, piece): (usize, &str)| match (index % 2, piece.contains('"')) {
        (0, _) => piece.replace('\n', " "),
        (_, true) => format!("'{piece}'"),
        (_, false) => format!("\"{piece}\""),
    };
    format!("this is not TOML: {}", message.split('`').enumerate().map(quoted).collect::<String>())
}

/// Says in plain words what serde says in its own.
fn explain(message: &str) -> String {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let name = names.first().copied().unwrap_or_default();
    let known = || names.iter().skip(1).copied();
    if message.starts_with("unknown field") {
        format!("the key \"{name}\" is unknown{}", suggestion(name, known()))
    } else if message.starts_with("unknown variant") {
        format!("\"{name}\" is no value for this key{}", suggestion(name, known()))
    } else if message.starts_with("missing field") {
        format!("the key \"{name}\" is missing")
    } else if let Some((found, expected)) = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
        .and_then(|rest| rest.rsplit_once(", expected "))
    {
        format!("expected {}, found {}", in_words(expected), found_in_words(found))
    } else {
        message.replace('\n', " ")
    }
}

fn in_words(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a string" => "a text in quotes",
        "a boolean" => "true or false",
        "a sequence" => "a list in brackets",
        "a map" => "a table",
        other if other.starts_with("struct ") => "a table",
        other => other,
    }
}

fn found_in_words(found: &str) -> String {
    for (kind, words) in
        [("string ", "the text "), ("integer ", "the number "), ("floating point ", "the number "), ("boolean ", "")]
    {
        if let Some(value) = found.strip_prefix(kind) {
            return format!("{words}{}", value.trim_matches('`'));
        }
    }
    match found {
        "sequence" => "a list".to_owned(),
        "map" => "a table".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::source::Origin;
    use crate::domain::format::Format;
    use crate::domain::team::Team;
    use std::borrow::Cow;

    fn asset(text: &str) -> AssetText {
        AssetText { text: Cow::Owned(text.to_owned()), origin: Origin::File("f.toml".into()) }
    }

    fn complaint<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
        parse::<T>(&asset(text)).unwrap_err().to_string()
    }

    const STAGE: &str = "name = \"x\"\n\n[[stages]]\nkind = \"rebuttal\"\norder = []\nsees = \"all\"\n";

    #[test]
    fn an_unknown_key_is_named_with_the_one_that_was_meant() {
        let text = format!("{STAGE}wrods = 3\n");
        assert_eq!(
            complaint::<Format>(&text),
            "f.toml, line 7, column 1: the key \"wrods\" is unknown; did you mean \"words\"?"
        );
    }

    #[test]
    fn a_missing_key_is_named_at_its_table() {
        assert_eq!(complaint::<Format>(STAGE), "f.toml, line 3, column 1: the key \"words\" is missing");
    }

    #[test]
    fn a_wrong_type_says_what_was_expected_and_found() {
        let text = format!("{STAGE}words = \"many\"\n");
        assert_eq!(
            complaint::<Format>(&text),
            "f.toml, line 7, column 9: expected a whole number, 0 or more, found the text \"many\""
        );
        let text = format!("{STAGE}words = -3\n");
        assert_eq!(
            complaint::<Format>(&text),
            "f.toml, line 7, column 9: expected a whole number, 0 or more, found the number -3"
        );
    }

    #[test]
    fn an_unknown_value_is_named_with_the_one_that_was_meant() {
        let text = STAGE.replace("rebuttal", "rebutal");
        assert_eq!(
            complaint::<Format>(&text),
            "f.toml, line 4, column 8: \"rebutal\" is no value for this key; did you mean \"rebuttal\"?"
        );
        let text = "name = \"x\"\n[roles.riter]\n";
        assert_eq!(
            complaint::<Team>(text),
            "f.toml, line 2, column 8: \"riter\" is no value for this key; did you mean \"writer\"?"
        );
    }

    #[test]
    fn text_that_is_not_toml_says_where() {
        for (text, told) in [
            ("name = \"x\nstages = 1\n", "line 1, column 10: this is not TOML: invalid basic string, expected '\"'"),
            ("name = \"x\"\nname = \"y\"\n", "line 2, column 1: this is not TOML: duplicate key"),
            ("name \"x\"\n", "line 1, column 6: this is not TOML: key with no value, expected \"=\""),
            ("[[stages]\n", "line 1, column 10: this is not TOML: unclosed array table, expected \"]\""),
            ("name = duel\n", "line 1, column 8: this is not TOML: string values must be quoted"),
            ("name = 1.2.3\n", "line 1, column 11: this is not TOML: invalid float"),
        ] {
            assert_eq!(complaint::<Format>(text), format!("f.toml, {told}"));
        }
    }

    #[test]
    fn a_column_counts_characters() {
        assert_eq!(place("a\n\u{e4}\u{f6}x", 6), (2, 3));
        assert_eq!(place("", 0), (1, 1));
        assert_eq!(place("a", 99), (1, 2));
    }
}
