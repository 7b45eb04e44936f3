//! JSON Lines: each line is a text of its own, with a title and an id where it has them.

use std::fmt;

use serde_json::{Map, Value};

use crate::evidence::passages::passages;
use crate::evidence::reading::{Document, Excerpt, Refusal};
use crate::text::words::count_words;

/// Words of a row that stays one passage: who writes rows has split his texts already.
const MOST_WORDS: usize = 250;

/// Which keys of a row are what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    pub title: String,
    pub text: String,
    /// Without one, ids are hashes of the words.
    pub id: Option<String>,
}

impl Default for Fields {
    fn default() -> Fields {
        Fields { title: "title".to_owned(), text: "text".to_owned(), id: None }
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fields { title, text, id } = self;
        write!(f, "{title:?} {text:?} {id:?}")
    }
}

/// The passages of all rows. A long text becomes several: they share its title, and count up behind its id.
///
/// # Errors
/// A line is no object, or has no such text. Nothing of the file is taken then.
pub(super) fn document(name: String, text: &str, fields: &Fields) -> Result<Document, Refusal> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let bad = |reason: String| Refusal::BadRow { line: index + 1, reason };
        let row: Map<String, Value> =
            serde_json::from_str(line).map_err(|_| bad("it is no JSON object; write one to a line".to_owned()))?;
        let words = match row.get(&fields.text) {
            Some(Value::String(words)) => words,
            Some(_) => return Err(bad(format!("its \"{}\" is no text", fields.text))),
            None => {
                let keys: Vec<&str> = row.keys().map(String::as_str).collect();
                let keys = keys.join(", ");
                return Err(bad(format!("it has no \"{}\", only {keys}; name the key with --text", fields.text)));
            }
        };
        let title = row.get(&fields.title).and_then(Value::as_str).unwrap_or(&name);
        let id = match &fields.id {
            None => None,
            Some(key) => {
                Some(id_of(row.get(key)).ok_or_else(|| bad(format!("it has no \"{key}\" that could be an id")))?)
            }
        };
        let whole = (1..=MOST_WORDS).contains(&count_words(words));
        let parts = if whole { vec![words.trim().to_owned()] } else { passages(words) };
        let alone = parts.len() == 1;
        found.extend(parts.into_iter().enumerate().map(|(part, text)| {
            let id = id.as_ref().map(|id| if alone { id.clone() } else { format!("{id}#{}", part + 1) });
            Excerpt::new(id, title, text)
        }));
    }
    Ok(Document { title: name, passages: found })
}

fn id_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(id) if !id.trim().is_empty() => Some(id.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, fields: &Fields) -> Result<Vec<(String, String, String)>, String> {
        let document = document("notes".to_owned(), text, fields).map_err(|refusal| refusal.to_string())?;
        Ok(document.passages.into_iter().map(|passage| (passage.id, passage.title, passage.text)).collect())
    }

    #[test]
    fn each_line_is_a_text_under_its_own_title() {
        let text = "{\"title\": \"Ports\", \"text\": \"Fees fell.\"}\n\n{\"text\": \"Taxes rose.\", \"more\": 1}\n";
        let found = rows(text, &Fields::default()).unwrap();
        assert_eq!((found[0].1.as_str(), found[0].2.as_str()), ("Ports", "Fees fell."));
        assert_eq!((found[1].1.as_str(), found[1].2.as_str()), ("notes", "Taxes rose."));
    }

    #[test]
    fn other_keys_are_named_and_ids_are_kept() {
        let fields = Fields { title: "head".to_owned(), text: "body".to_owned(), id: Some("key".to_owned()) };
        let long = "A sentence of five words. ".repeat(60);
        let text =
            format!("{{\"head\": \"H\", \"body\": \"Short.\", \"key\": 7}}\n{{\"body\": \"{long}\", \"key\": \"w\"}}");
        let ids: Vec<String> = rows(&text, &fields).unwrap().into_iter().map(|(id, ..)| id).collect();
        assert_eq!(ids, ["7", "w#1", "w#2", "w#3"]);
    }

    #[test]
    fn a_bad_line_is_named() {
        let said = |text: &str| rows(text, &Fields::default()).unwrap_err();
        assert_eq!(said("{\"text\": \"a b\"}\n[1]"), "line 2: it is no JSON object; write one to a line");
        assert_eq!(said("{\"body\": \"a b\"}"), "line 1: it has no \"text\", only body; name the key with --text");
        assert_eq!(said("{\"text\": 3}"), "line 1: its \"text\" is no text");
        let fields = Fields { id: Some("id".to_owned()), ..Fields::default() };
        assert_eq!(rows("{\"text\": \"a\"}", &fields).unwrap_err(), "line 1: it has no \"id\" that could be an id");
    }
}
