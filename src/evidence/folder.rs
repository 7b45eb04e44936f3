//! An evidence base over a plain folder of `.txt` and `.md` files, read once and kept in memory.
//!
//! The bounded reading is in `walk`, the splitting in `passages`, the ranking in `bm25`.

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::evidence::base::{EvidenceBase, Passage};
use crate::evidence::bm25::Index;
use crate::evidence::error::EvidenceError;
use crate::evidence::passages::{passages, title};
pub use crate::evidence::walk::Skipped;
use crate::evidence::walk::{Bounds, TextFile, read_folder};
use crate::evidence::works::{CANDIDATES, lifted};

/// A folder that was read.
#[derive(Debug)]
pub struct FolderBase {
    name: String,
    passages: Vec<Passage>,
    index: Index,
    files: usize,
    skipped: Skipped,
}

impl FolderBase {
    /// Reads a folder: at most 20,000 entries, 8 folders deep, 2 MiB each and 128 MiB together. Links are not followed.
    ///
    /// # Errors
    /// When the folder is missing, is no folder, cannot be read, or holds no text.
    pub async fn open(folder: impl Into<PathBuf>) -> Result<FolderBase, EvidenceError> {
        let folder = folder.into();
        let path = folder.display().to_string();
        let reading = tokio::task::spawn_blocking(move || FolderBase::read(&folder));
        reading.await.map_err(|_| EvidenceError::Stopped { path })?
    }

    fn read(folder: &Path) -> Result<FolderBase, EvidenceError> {
        let name = folder.display().to_string();
        let (files, skipped) = read_folder(folder, Bounds::default())?;
        let passages: Vec<Passage> = files.iter().flat_map(passages_of).collect();
        if passages.is_empty() {
            return Err(EvidenceError::Nothing { path: name, skipped: skipped.to_string() });
        }
        let mut index = Index::default();
        for passage in &passages {
            index.add(&format!("{} {}", passage.title, passage.text));
        }
        Ok(FolderBase { name, passages, index, files: files.len(), skipped })
    }

    /// The number of files that were read.
    #[must_use]
    pub fn files(&self) -> usize {
        self.files
    }

    /// The number of passages that can be found.
    #[must_use]
    pub fn passages(&self) -> usize {
        self.passages.len()
    }

    /// What was left out, and why.
    #[must_use]
    pub fn skipped(&self) -> Skipped {
        self.skipped
    }
}

fn passages_of(file: &TextFile) -> Vec<Passage> {
    let title = title(&file.name, &file.text);
    let address = file.path.display().to_string();
    let number = |(index, text)| Passage {
        source: format!("{}#{}", file.name, index + 1),
        title: title.clone(),
        address: address.clone(),
        text,
        score: 0.0,
    };
    passages(&file.text).into_iter().enumerate().map(number).collect()
}

#[async_trait]
impl EvidenceBase for FolderBase {
    fn name(&self) -> &str {
        &self.name
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Passage>, EvidenceError> {
        let found = self.index.search(query, limit.max(CANDIDATES));
        let found = lifted(found, |passage| self.passages[*passage].address.as_str());
        Ok(found
            .into_iter()
            .take(limit)
            .map(|(passage, score)| Passage { score, ..self.passages[passage].clone() })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ports.md"), "# The ports\n\nHarbour fees fell by a third.").unwrap();
        fs::write(folder.path().join("tax.txt"), "A tax on plastic bags was paid at the till.").unwrap();
        folder
    }

    #[tokio::test]
    async fn a_passage_is_found_by_its_words_and_by_its_title() {
        let folder = folder();
        let base = FolderBase::open(folder.path()).await.unwrap();
        assert_eq!((base.files(), base.passages(), base.skipped()), (2, 2, Skipped::default()));
        let found = base.search("taxing plastics", 5).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].source, "tax.txt#1");
        assert_eq!(found[0].address, folder.path().join("tax.txt").display().to_string());
        let item = base.search("port", 5).await.unwrap().remove(0).labelled("E1");
        assert_eq!((item.label.as_str(), item.title.as_str()), ("E1", "The ports"));
        assert_eq!(item.text, "The ports\nHarbour fees fell by a third.");
        assert!(item.score > 0.0);
    }

    #[tokio::test]
    async fn a_folder_without_text_is_refused_with_what_was_skipped() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.pdf"), "%PDF").unwrap();
        let error = FolderBase::open(folder.path()).await.unwrap_err();
        let said = error.to_string();
        assert!(
            said.ends_with("holds no text to read (skipped: 1 of another kind); put .txt or .md files into it"),
            "{said}"
        );
    }
}
