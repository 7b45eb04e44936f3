//! One row while it is read: its fields, and everything that is wrong with them.

use std::cell::RefCell;

use serde_json::{Map, Value};

use crate::audit::case::{Label, Votes};
use crate::text::hash::named_hash;

/// Letters of an id that is made of a row's texts.
const ID_LETTERS: usize = 12;

/// A row's fields. Reading notes what is missing or wrong, so that one sentence can name all of it.
pub(super) struct Row<'a> {
    fields: &'a Map<String, Value>,
    missing: RefCell<Vec<&'static str>>,
    wrong: RefCell<Option<String>>,
}

impl<'a> Row<'a> {
    pub fn new(fields: &'a Map<String, Value>) -> Row<'a> {
        Row { fields, missing: RefCell::default(), wrong: RefCell::default() }
    }

    /// What is wrong with the row, as a clause.
    pub fn finish(self, form: &str) -> Result<(), String> {
        let missing = self.missing.into_inner();
        match (missing.split_last(), self.wrong.into_inner()) {
            (None, None) => Ok(()),
            (None, Some(wrong)) => Err(wrong),
            (Some((field, [])), _) => Err(format!("the field {field} of {form} is missing")),
            (Some((last, others)), _) => {
                Err(format!("the fields {} and {last} of {form} are missing", others.join(", ")))
            }
        }
    }

    pub fn wrong(&self, what: String) {
        self.wrong.borrow_mut().get_or_insert(what);
    }

    pub fn missing(&self, field: &'static str) {
        self.missing.borrow_mut().push(field);
    }

    pub fn get(&self, field: &str) -> Option<&'a Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    pub fn need(&self, field: &'static str) -> Option<&'a Value> {
        let value = self.get(field);
        if value.is_none() {
            self.missing(field);
        }
        value
    }

    pub fn text(&self, field: &'static str) -> String {
        self.need(field).map(|value| self.as_text(field, value)).unwrap_or_default()
    }

    /// A text that need not be there. Numbers count as their digits, since ids often are numbers.
    pub fn optional(&self, field: &str) -> Option<String> {
        match self.get(field)? {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub fn texts(&self, field: &'static str) -> Vec<String> {
        match self.need(field) {
            None => Vec::new(),
            Some(Value::Array(values)) if !values.is_empty() => {
                values.iter().map(|value| self.as_text(field, value)).collect()
            }
            Some(Value::Array(_)) => {
                self.wrong(format!("{field} is empty"));
                Vec::new()
            }
            Some(value) => vec![self.as_text(field, value)],
        }
    }

    pub fn as_text(&self, field: &str, value: &Value) -> String {
        let Value::String(text) = value else {
            self.wrong(format!("{field} must be a text"));
            return String::new();
        };
        text.trim().to_owned()
    }

    /// One of the given words, and what it stands for.
    pub fn word(&self, field: &'static str, words: [(&str, Label); 3]) -> Label {
        let Some(value) = self.need(field) else { return Label::Tie };
        let found = words.iter().find(|(word, _)| value.as_str() == Some(word));
        if found.is_none() {
            let [one, two, three] = words.map(|(word, _)| word);
            self.wrong(format!("{field} must be {one}, {two} or {three}, and is {value}"));
        }
        found.map_or(Label::Tie, |(_, label)| *label)
    }

    pub fn label(&self) -> Label {
        self.word("label", [("a", Label::A), ("b", Label::B), ("tie", Label::Tie)])
    }

    pub fn id(&self, texts: &[&str]) -> String {
        self.optional("id").unwrap_or_else(|| {
            let mut hash = named_hash(texts.iter().map(|text| ("text", *text))).0;
            hash.truncate(ID_LETTERS);
            hash
        })
    }

    pub fn group(&self) -> String {
        ["group", "subset", "subject"].iter().find_map(|field| self.optional(field)).unwrap_or_default()
    }

    /// `[a, b, equal]` or `{a, b, equal}`.
    pub fn votes(&self) -> Option<Votes> {
        let at = |place: usize, name: &str| {
            let votes = self.get("votes")?;
            votes.get(place).or_else(|| votes.get(name)).and_then(Value::as_f64)
        };
        let votes = Votes { a: at(0, "a")?, b: at(1, "b")?, equal: at(2, "equal").unwrap_or(0.0) };
        (votes.a + votes.b + votes.equal > 0.0).then_some(votes)
    }

    /// Who wrote the two texts.
    pub fn authors(&self) -> Option<[String; 2]> {
        let two = |a: &str, b: &str| Some([self.optional(a)?, self.optional(b)?]);
        let joined = || {
            let models = self.optional("models")?;
            let (a, b) = models.split_once('_')?;
            Some([a.to_owned(), b.to_owned()])
        };
        two("author_a", "author_b").or_else(|| two("model_a", "model_b")).or_else(joined)
    }
}
