//! One line of `--json`: a recorded event, or a rating change that follows from one.

use serde::Serialize;

use crate::domain::event::Entry;
use crate::rating::RatingChange;

/// A line of the event stream.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Record<'a> {
    Event(&'a Entry),
    Rating(RatingRecord<'a>),
}

/// A rating change, with the place of the result that it follows from.
#[derive(Debug, Serialize)]
pub struct RatingRecord<'a> {
    debate: &'a str,
    seq: u64,
    at: &'a str,
    /// Always `rating_changed`.
    r#type: &'static str,
    #[serde(flatten)]
    change: &'a RatingChange,
}

impl<'a> Record<'a> {
    /// The lines of one event.
    #[must_use]
    pub fn lines(entry: &'a Entry, changes: &'a [RatingChange]) -> Vec<Record<'a>> {
        let rating = |change| {
            Record::Rating(RatingRecord {
                debate: &entry.debate.0,
                seq: entry.seq,
                at: &entry.at,
                r#type: "rating_changed",
                change,
            })
        };
        std::iter::once(Record::Event(entry)).chain(changes.iter().map(rating)).collect()
    }
}
