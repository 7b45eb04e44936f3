//! The search index of the library: a folder beside the database that can be made again from it at any time.
//!
//! It holds terms and numbers, no text. Passages are ranked with Okapi BM25 as in `bm25`, by tantivy, which leaves out what
//! cannot be among the best. Writing is in `write`.

mod tokens;
mod write;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tantivy::collector::TopDocs;
use tantivy::directory::error::OpenDirectoryError;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery};
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{Index, IndexReader, ReloadPolicy, SegmentReader, TantivyError, Term};
use thiserror::Error;

use crate::evidence::index::tokens::{TOKENIZER, TermTokenizer};
use crate::evidence::quiet::quietly;
use crate::evidence::terms::terms;

pub use write::IndexWriting;

/// Changes when the same passages give another index than before, so that it is made again.
const FORM: u32 = 2;

/// Terms of a query that are looked up. A sentence has fewer; a page that was pasted has too many.
const MOST_TERMS: usize = 24;

/// A term in more than this share of the passages says little and costs much. It is left out while others are there.
const COMMON_SHARE: f64 = 0.2;

/// Terms that are kept however common they are.
const LEAST_TERMS: usize = 3;

/// Scores that differ by less than one part of so many count as equal.
const GRAIN: f64 = 1e4;

/// How far the index has followed the database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The number of the last passage that it holds.
    pub passage: i64,
    /// The last removal that it has heard of.
    pub removed: i64,
    /// The source of the last passage, and when that was added: they tell another database from this one.
    pub source: i64,
    pub added_at: String,
    /// The form of the index.
    #[serde(default)]
    form: u32,
}

/// Why an index cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IndexFault {
    /// Another process writes to it.
    #[error("another process writes to it")]
    Busy,
    /// It has to be made again.
    #[error("{0}")]
    Damaged(String),
    /// The disk is full, or the folder cannot be written.
    #[error("{0}")]
    Unwritable(String),
}

impl From<TantivyError> for IndexFault {
    fn from(error: TantivyError) -> IndexFault {
        match error {
            TantivyError::LockFailure(..) => IndexFault::Busy,
            TantivyError::OpenWriteError(_)
            | TantivyError::OpenDirectoryError(
                OpenDirectoryError::FailedToCreateTempDir(_) | OpenDirectoryError::IoError { .. },
            ) => IndexFault::Unwritable(error.to_string()),
            TantivyError::IoError(ref reason)
                if matches!(
                    reason.kind(),
                    std::io::ErrorKind::StorageFull
                        | std::io::ErrorKind::PermissionDenied
                        | std::io::ErrorKind::ReadOnlyFilesystem
                ) =>
            {
                IndexFault::Unwritable(reason.to_string())
            }
            error => IndexFault::Damaged(error.to_string()),
        }
    }
}

/// Reads the index. Bytes that are not as they were written may make tantivy panic.
fn reading<T>(read: impl FnOnce() -> Result<T, IndexFault>) -> Result<T, IndexFault> {
    quietly(read).unwrap_or_else(|| Err(IndexFault::Damaged("its files do not fit together".to_owned())))
}

/// A passage that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its number in the database.
    pub number: i64,
    /// Tells the works of the library apart: the same title in the same source.
    pub work: u64,
}

/// The fields of a passage in the index.
#[derive(Clone, Copy)]
struct Form {
    words: Field,
    number: Field,
    work: Field,
    source: Field,
}

const NUMBER: &str = "number";
const WORK: &str = "work";

fn form() -> (Schema, Form) {
    let mut schema = Schema::builder();
    // Where a word stands in a passage is never asked.
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(TOKENIZER)
        .set_index_option(IndexRecordOption::WithFreqs)
        .set_fieldnorms(true);
    let words = schema.add_text_field("words", TextOptions::default().set_indexing_options(indexing));
    let number = schema.add_i64_field(NUMBER, FAST);
    let work = schema.add_u64_field(WORK, FAST);
    let source = schema.add_i64_field("source", INDEXED);
    (schema.build(), Form { words, number, work, source })
}

/// An open index.
pub struct PassageIndex {
    index: Index,
    reader: IndexReader,
    form: Form,
}

impl PassageIndex {
    /// Opens the index in a folder; `None` if there is none.
    ///
    /// # Errors
    /// It is damaged, or of another form.
    pub fn open(folder: &Path) -> Result<Option<PassageIndex>, IndexFault> {
        if !folder.join("meta.json").exists() {
            return Ok(None);
        }
        let other = || IndexFault::Damaged("it was made by another version".to_owned());
        reading(|| {
            let (schema, form) = form();
            let index = Index::open_in_dir(folder)?;
            if index.schema() != schema {
                return Err(other());
            }
            let opened = PassageIndex::with(index, form)?;
            if opened.position()?.form == FORM { Ok(Some(opened)) } else { Err(other()) }
        })
    }

    /// Makes an empty index in a folder, over whatever is there.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn create(folder: &Path) -> Result<PassageIndex, IndexFault> {
        let unwritable = |error: std::io::Error| IndexFault::Unwritable(error.to_string());
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(unwritable)?;
        }
        fs::create_dir_all(folder).map_err(unwritable)?;
        let (schema, form) = form();
        PassageIndex::with(Index::create_in_dir(folder, schema)?, form)
    }

    fn with(index: Index, form: Form) -> Result<PassageIndex, IndexFault> {
        index.tokenizers().register(TOKENIZER, TermTokenizer);
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(PassageIndex { index, reader, form })
    }

    /// How far it has followed the database.
    ///
    /// # Errors
    /// What it says about itself cannot be read.
    pub fn position(&self) -> Result<Position, IndexFault> {
        match self.index.load_metas()?.payload {
            None => Ok(Position { form: FORM, ..Position::default() }),
            Some(payload) => serde_json::from_str(&payload).map_err(|error| IndexFault::Damaged(error.to_string())),
        }
    }

    /// Whether every byte is as it was written. Reads the whole index.
    ///
    /// # Errors
    /// Some are not.
    pub fn check(&self) -> Result<(), IndexFault> {
        reading(|| match self.index.validate_checksum()?.iter().next() {
            None => Ok(()),
            Some(path) => Err(IndexFault::Damaged(format!("{} is not as it was written", path.display()))),
        })
    }

    /// The best passages for a query with their scores, best first, the lower number first where scores are equal. Passages that share
    /// no term with it are left out.
    ///
    /// # Errors
    /// The index is damaged.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<(Found, f64)>, IndexFault> {
        reading(|| self.ranked(query, limit))
    }

    fn ranked(&self, query: &str, limit: usize) -> Result<Vec<(Found, f64)>, IndexFault> {
        let searcher = self.reader.searcher();
        let mut asked: BTreeMap<String, f32> = BTreeMap::new();
        for term in terms(query) {
            *asked.entry(term).or_default() += 1.0;
        }
        let mut found = Vec::with_capacity(asked.len());
        for (text, times) in asked {
            let term = Term::from_field_text(self.form.words, &text);
            let holding = searcher.doc_freq(&term)?;
            found.extend((holding > 0).then_some((holding, term, times)));
        }
        found.sort_by_key(|(holding, ..)| *holding);
        let many = (COMMON_SHARE * searcher.num_docs() as f64) as u64;
        let telling = found.iter().take_while(|(holding, ..)| *holding <= many).count();
        found.truncate(telling.clamp(LEAST_TERMS, MOST_TERMS));
        if found.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let clause = |(_, term, times): (u64, Term, f32)| {
            let query: Box<dyn Query> = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
            let query = if times > 1.0 { Box::new(BoostQuery::new(query, times)) } else { query };
            (Occur::Should, query)
        };
        let query = BooleanQuery::new(found.into_iter().map(clause).collect());
        let best = searcher.search(&query, &TopDocs::with_limit(limit).order_by_score())?;
        let columns =
            |segment: &SegmentReader| Ok((segment.fast_fields().i64(NUMBER)?, segment.fast_fields().u64(WORK)?));
        let columns = searcher.segment_readers().iter().map(columns).collect::<Result<Vec<_>, TantivyError>>()?;
        let mut ranked = Vec::with_capacity(best.len());
        for (score, place) in best {
            let (numbers, works) = &columns[place.segment_ord as usize];
            let (number, work) = (numbers.first(place.doc_id), works.first(place.doc_id));
            let Some((number, work)) = number.zip(work) else {
                return Err(IndexFault::Damaged("a passage has no number".to_owned()));
            };
            // Which terms are added first depends on how the files were merged, and the last bits of a sum with it.
            let score = (f64::from(score) * GRAIN).round() / GRAIN;
            ranked.push((Found { number, work }, score));
        }
        ranked.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.number.cmp(&other.0.number)));
        Ok(ranked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::bm25;

    fn index(passages: &[&str]) -> (tempfile::TempDir, PassageIndex) {
        let folder = tempfile::tempdir().unwrap();
        let index = PassageIndex::create(&folder.path().join("index")).unwrap();
        let mut writing = index.write().unwrap();
        for (at, passage) in passages.iter().enumerate() {
            writing.add(at as i64, 1, "", passage).unwrap();
        }
        writing.commit(Position { passage: passages.len() as i64, ..Position::default() }).unwrap();
        writing.finish().unwrap();
        index.reload().unwrap();
        (folder, index)
    }

    #[test]
    fn passages_come_in_the_order_of_the_published_formula() {
        let passages =
            ["tax sea ports fees", "plastic bags taxed at the till", "the taxes on plastic, plastic and more", "moon"];
        let (_folder, index) = index(&passages);
        let mut other = bm25::Index::default();
        passages.iter().for_each(|passage| other.add(passage));
        for query in ["taxing plastics", "sea", "moon ports plastic"] {
            let ours: Vec<(usize, f64)> = index
                .search(query, 9)
                .unwrap()
                .into_iter()
                .map(|(found, score)| (found.number as usize, score))
                .collect();
            let theirs = other.search(query, 9);
            assert_eq!(ours.len(), theirs.len(), "{query}");
            for (one, other) in ours.iter().zip(&theirs) {
                assert!(one.0 == other.0 && (one.1 - other.1).abs() < 1e-3, "{query}: {ours:?} {theirs:?}");
            }
        }
    }

    #[test]
    fn nothing_shared_finds_nothing_and_a_page_as_a_query_is_cut_to_its_rarest_terms() {
        let (_folder, index) = index(&["a tax on bags", "a tax on boats"]);
        assert!(index.search("moon ?", 5).unwrap().is_empty());
        assert!(index.search("the of", 5).unwrap().is_empty());
        let page: String = (0..5000).map(|number| format!("word{number} ")).collect();
        assert_eq!(index.search(&format!("{page} boats"), 5).unwrap()[0].0.number, 1);
    }

    #[test]
    fn a_source_is_forgotten_and_the_position_is_kept() {
        let (folder, index) = index(&["a tax on bags"]);
        let mut writing = index.write().unwrap();
        writing.remove(1);
        writing.add(7, 2, "Boats", "A levy.").unwrap();
        let position = Position { passage: 7, removed: 3, source: 2, added_at: "now".to_owned(), form: 0 };
        writing.commit(position.clone()).unwrap();
        writing.finish().unwrap();
        drop(index);
        let index = PassageIndex::open(&folder.path().join("index")).unwrap().unwrap();
        assert_eq!(index.position().unwrap(), Position { form: FORM, ..position });
        assert!(index.search("tax", 5).unwrap().is_empty());
        assert_eq!(index.search("boat", 5).unwrap()[0].0.number, 7, "a title counts");
        index.check().unwrap();
    }

    #[test]
    fn an_index_that_is_not_there_is_none_and_a_damaged_one_is_said_so() {
        let (folder, index) = index(&["a tax on bags"]);
        drop(index);
        let path = folder.path().join("index");
        assert!(PassageIndex::open(&folder.path().join("none")).unwrap().is_none());
        for entry in fs::read_dir(&path).unwrap() {
            let file = entry.unwrap().path();
            if file.extension().is_some_and(|ending| ending == "idx" || ending == "term") {
                let length = fs::metadata(&file).unwrap().len() as usize;
                fs::write(&file, vec![0xff; length]).unwrap();
            }
        }
        let opened = PassageIndex::open(&path);
        assert!(matches!(opened, Err(IndexFault::Damaged(_))));
        fs::write(path.join("meta.json"), "{").unwrap();
        assert!(matches!(PassageIndex::open(&path), Err(IndexFault::Damaged(_))));
    }
}
