//! Full-text search over motions and speeches.

use rusqlite::params;
use serde::{Deserialize, Serialize};

use crate::domain::event::DebateId;
use crate::domain::seat::Side;
use crate::store::error::{OnConnection, StoreError};
use crate::store::reader::Reader;
use crate::store::summary;

/// Tokens of one snippet.
const SNIPPET: u32 = 24;
/// What SQLite puts around a match. Control characters, since speeches seldom hold them.
const BEGIN: char = '\u{2}';
const END: char = '\u{3}';

/// A motion or a speech that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    pub debate: DebateId,
    /// The event that holds the text: the opening or a speech.
    pub seq: u64,
    /// When the debate opened, RFC 3339.
    pub opened_at: String,
    pub motion: String,
    /// Which speech, from 0, and whose; `None` for the motion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    pub snippet: Vec<Fragment>,
}

/// A part of a snippet. Raw text: only a sanitised form reaches a terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    pub text: String,
    /// Whether this is what was searched for.
    pub matched: bool,
}

impl Reader {
    /// Finds motions and speeches that hold all words of `text`, the best first. A word also finds longer ones that
    /// begin with it; words in double quotes must follow each other as they are.
    ///
    /// # Errors
    /// The database cannot be read. No text is a wrong query; one without a word finds nothing.
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<Hit>, StoreError> {
        let Some(words) = expression(text) else { return Ok(Vec::new()) };
        // The inner query is one that the index ranks by itself, so that snippets are made for the best only.
        let select = "SELECT debate, seq, opened_at, motion, body ->> '$.speech', body ->> '$.side', snippet \
                      FROM (SELECT rowid AS found, rank AS score, \
                            snippet(speech_text, 0, char(?2), char(?3), '…', ?4) AS snippet \
                            FROM speech_text WHERE speech_text MATCH ?1 ORDER BY rank LIMIT ?5) \
                      JOIN events ON events.number = found JOIN debates ON debates.id = events.debate \
                      ORDER BY score";
        self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let values = params![words, u32::from(BEGIN), u32::from(END), SNIPPET, limit];
            let rows = select.query_map(values, |row| {
                Ok(Hit {
                    debate: DebateId(row.get(0)?),
                    seq: row.get(1)?,
                    opened_at: row.get(2)?,
                    motion: row.get(3)?,
                    speech: row.get(4)?,
                    side: row.get::<_, Option<String>>(5)?.map(|side| summary::word(5, side)).transpose()?,
                    snippet: fragments(&row.get::<_, String>(6)?),
                })
            });
            rows.and_then(Iterator::collect).on(connection)
        })
    }
}

/// The text as an FTS5 expression in which every word is quoted, so that no text is a wrong query. `None` without words.
pub fn expression(text: &str) -> Option<String> {
    let mut terms = Vec::new();
    for (part, text) in text.split('"').enumerate() {
        let in_quotes = part % 2 == 1;
        let phrases: Vec<_> = if in_quotes { vec![text] } else { text.split_whitespace().collect() };
        for phrase in phrases {
            let phrase = phrase.replace(char::is_control, " ");
            if phrase.contains(char::is_alphanumeric) {
                terms.push(format!("\"{phrase}\"{}", if in_quotes { "" } else { "*" }));
            }
        }
    }
    (!terms.is_empty()).then(|| terms.join(" "))
}

fn fragments(snippet: &str) -> Vec<Fragment> {
    let mut fragments = Vec::new();
    for piece in snippet.split_inclusive([BEGIN, END]) {
        let text = piece.trim_end_matches([BEGIN, END]);
        if !text.is_empty() {
            fragments.push(Fragment { text: text.to_owned(), matched: piece.ends_with(END) });
        }
    }
    fragments
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::Store;
    use crate::store::samples::{log, opened, speech, store};

    fn found(store: &Store, text: &str) -> Vec<(String, u64)> {
        store.reader().search(text, 10).unwrap().into_iter().map(|hit| (hit.debate.0, hit.seq)).collect()
    }

    #[tokio::test]
    async fn motions_and_speeches_are_found_by_words_and_phrases() {
        let (_folder, store) = store();
        let plastics =
            vec![opened("This House would ban single-use plastics"), speech(0, "x"), speech(1, "Prices rise")];
        store.append(log("a", plastics)).await.unwrap();
        store
            .append(log("b", vec![opened("Prices"), speech(0, "A carbon tax; the tax on carbon. Économie!")]))
            .await
            .unwrap();

        assert_eq!(found(&store, "plastic BAN"), [("a".to_owned(), 0)]);
        assert_eq!(found(&store, "single-use"), [("a".to_owned(), 0)]);
        assert_eq!(found(&store, "economie"), [("b".to_owned(), 1)]);
        assert_eq!(found(&store, "tax carbon").len(), 1);
        assert_eq!(found(&store, "\"tax carbon\""), []);
        assert_eq!(found(&store, "\"carbon tax"), [("b".to_owned(), 1)]);
        assert_eq!(found(&store, "price").len(), 2);
        assert_eq!(found(&store, "zebra"), []);

        let hit = store.reader().search("rise", 1).unwrap().remove(0);
        assert_eq!((hit.speech, hit.side), (Some(1), Some(Side::Opposition)));
        let matched = |text: &str, matched| Fragment { text: text.to_owned(), matched };
        assert_eq!(hit.snippet, [matched("Prices ", false), matched("rise", true)]);
    }

    #[test]
    fn no_text_is_a_wrong_query() {
        let (_folder, store) = store();
        futures::executor::block_on(store.append(log("a", vec![opened("m")]))).unwrap();
        let reader = store.reader();
        for text in [
            "", " ", "\"", "\"\"", "*", "a*", "-a", "NOT", "a AND", "(", "a:b", "^a", "{a}", "a\0b", "+", "NEAR(a b",
            "🙂", "²", "\u{345}", "ǅ",
        ] {
            assert!(reader.search(text, 3).is_ok(), "{text:?}");
        }
        proptest!(|(text in any::<String>())| {
            prop_assert!(reader.search(&text, 3).is_ok(), "{:?}", text);
        });
    }
}
