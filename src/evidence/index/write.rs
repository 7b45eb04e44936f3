//! Writing to the index. What was committed is there as a whole; a process that is killed loses what came after.

use tantivy::{IndexWriter, TantivyDocument, Term};

use crate::evidence::index::{FORM, Form, IndexFault, PassageIndex, Position};
use crate::text::hash::number_of;

/// Bytes of memory that collect passages before they become a file.
const MEMORY: usize = 256 << 20;

/// Threads that cut texts into terms.
const THREADS: usize = 2;

/// The one writer of an index.
pub struct IndexWriting {
    writer: IndexWriter,
    form: Form,
}

impl PassageIndex {
    /// Begins to write.
    ///
    /// # Errors
    /// Another process writes, or the folder cannot be written.
    pub fn write(&self) -> Result<IndexWriting, IndexFault> {
        Ok(IndexWriting { writer: self.index.writer_with_num_threads(THREADS, MEMORY)?, form: self.form })
    }

    /// Makes searches see what was committed since.
    ///
    /// # Errors
    /// The index is damaged.
    pub fn reload(&self) -> Result<(), IndexFault> {
        Ok(self.reader.reload()?)
    }
}

impl IndexWriting {
    /// Adds a passage.
    ///
    /// # Errors
    /// The index cannot be written.
    pub fn add(&mut self, number: i64, source: i64, title: &str, text: &str) -> Result<(), IndexFault> {
        let mut document = TantivyDocument::default();
        document.add_text(self.form.words, format!("{title} {text}"));
        document.add_i64(self.form.number, number);
        document.add_u64(self.form.work, number_of(&[&source.to_le_bytes(), title.as_bytes()]));
        document.add_i64(self.form.source, source);
        self.writer.add_document(document)?;
        Ok(())
    }

    /// Takes all passages of a source out that were added before.
    pub fn remove(&mut self, source: i64) {
        self.writer.delete_term(Term::from_field_i64(self.form.source, source));
    }

    /// Makes what was written last, and notes how far it goes.
    ///
    /// # Errors
    /// The index cannot be written.
    pub fn commit(&mut self, position: Position) -> Result<(), IndexFault> {
        let payload = serde_json::to_string(&Position { form: FORM, ..position })
            .map_err(|error| IndexFault::Unwritable(error.to_string()))?;
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(&payload);
        commit.commit()?;
        Ok(())
    }

    /// Ends writing, once small files have been merged into larger ones.
    ///
    /// # Errors
    /// The index cannot be written.
    pub fn finish(self) -> Result<(), IndexFault> {
        Ok(self.writer.wait_merging_threads()?)
    }
}
