//! What a front end may ask. Answers come from read-only connections and loaded assets, never from the writer.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::assets::{Library, Paths};
use crate::domain::ballot::Ballot;
use crate::domain::debate::Debate;
use crate::domain::event::{DebateId, Entry};
use crate::engine::bundle;
use crate::engine::doctor::{self, Finding};
use crate::engine::error::EngineError;
use crate::engine::evidence::EvidenceLibrary;
use crate::engine::export::{self, ExportFormat};
use crate::engine::surroundings::{self, Surroundings};
use crate::evidence::web::WebSearch;
use crate::model::details::{ModelDetails, details};
use crate::model::registry::Registry;
use crate::rating::elo::EloSettings;
use crate::rating::{Game, Ladder, RatingChange, Selection};
use crate::store::{DebateSummary, Filter, Reader, Store};

/// Read access to everything. Cheap to clone.
#[derive(Clone)]
pub struct Queries {
    pub(crate) library: Arc<Library>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) reader: Reader,
    pub(crate) store: Store,
    pub(crate) paths: Paths,
    /// Web search, once it was wanted.
    pub(crate) web: Arc<OnceLock<Arc<WebSearch>>>,
}

impl Queries {
    /// The loaded formats, teams, judges, motions, themes and keys.
    #[must_use]
    pub fn library(&self) -> &Arc<Library> {
        &self.library
    }

    /// The models that can be named.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Where this program keeps its files.
    #[must_use]
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    /// Finds a debate by a unique prefix of its id, or by `last`.
    ///
    /// # Errors
    /// No such debate, or more than one.
    pub fn resolve(&self, id: &str) -> Result<DebateId, EngineError> {
        Ok(self.reader.resolve(id)?)
    }

    /// As [`Queries::resolve`], where `last` is the newest debate that is not closed.
    ///
    /// # Errors
    /// No such debate, more than one, or nothing to resume.
    pub fn resolve_unfinished(&self, id: &str) -> Result<DebateId, EngineError> {
        if id != "last" {
            return self.resolve(id);
        }
        let newest = self.reader.unfinished()?.into_iter().next();
        newest
            .map(|debate| debate.id)
            .ok_or_else(|| EngineError::Request("there is no unfinished debate to resume".to_owned()))
    }

    /// A debate's log from `from_seq` on.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn entries(&self, debate: &DebateId, from_seq: u64) -> Result<Vec<Entry>, EngineError> {
        Ok(self.reader.entries(debate, from_seq)?)
    }

    /// A debate folded from its log.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn debate(&self, debate: &DebateId) -> Result<Debate, EngineError> {
        let entries = self.reader.entries(debate, 0)?;
        Ok(Debate::fold(entries.iter().map(|entry| &entry.event)))
    }

    /// Past and unfinished debates, newest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn history(&self, filter: &Filter) -> Result<Vec<DebateSummary>, EngineError> {
        Ok(self.reader.debates(filter)?)
    }

    /// The ladder over all rated results that are selected.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn ladder(&self, selection: &Selection) -> Result<Ladder, EngineError> {
        let games = self.games()?;
        Ok(Ladder::fold(EloSettings::default(), games.iter().filter(|game| selection.takes(game))))
    }

    /// Every rated result, in the order of time.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn games(&self) -> Result<Vec<Game>, EngineError> {
        let outcomes = self.reader.outcomes()?;
        Ok(outcomes.iter().flat_map(|row| Game::from_outcome(&row.debate, row.seq, &row.at, &row.outcome)).collect())
    }

    /// What a debate's result did to the ladder; nothing where it is unrated or not there yet.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn rating_changes(&self, debate: &DebateId) -> Result<Vec<RatingChange>, EngineError> {
        let mut ladder = Ladder::new(EloSettings::default());
        let mut changes = Vec::new();
        for game in self.games()? {
            let moved = ladder.take(&game);
            if game.debate == *debate {
                changes.extend(moved.into_iter().flatten());
            }
        }
        Ok(RatingChange::joined(changes))
    }

    /// Ballots that sessions and people gave on a stored debate: the newest of each judge, in the order of their names.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn ballots_after(&self, debate: &DebateId) -> Result<Vec<Ballot>, EngineError> {
        let given = self.reader.ballots_after(debate)?.into_iter().map(|ballot| (ballot.judge.clone(), ballot));
        Ok(given.collect::<BTreeMap<String, Ballot>>().into_values().collect())
    }

    /// The models of the catalogue and of the model folder, with what their headers tell and what was measured.
    #[must_use]
    pub fn models(&self) -> Vec<ModelDetails> {
        details(&self.registry)
    }

    /// A debate as a document.
    ///
    /// # Errors
    /// The store cannot be read, or the debate has no events.
    pub fn export(&self, debate: &DebateId, format: ExportFormat) -> Result<String, EngineError> {
        export::document(&self.reader.entries(debate, 0)?, self.reader.swing(debate)?, format)
    }

    /// Writes a document to a file, whole or not at all.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_document(&self, path: &Path, document: &str) -> Result<(), EngineError> {
        let part = path.with_extension("part");
        let written = std::fs::write(&part, document).and_then(|()| std::fs::rename(&part, path));
        written.map_err(|error| {
            // The part may not be there; the first error is the one to tell.
            drop(std::fs::remove_file(&part));
            EngineError::Failed(format!("{} cannot be written: {error}", path.display()))
        })
    }

    /// Copies the database to a new file.
    ///
    /// # Errors
    /// The file exists or cannot be written.
    pub fn backup(&self, to: &Path) -> Result<(), EngineError> {
        Ok(self.store.backup(to)?)
    }

    /// The evidence library.
    #[must_use]
    pub fn evidence(&self) -> EvidenceLibrary {
        EvidenceLibrary::new(&self.store, &self.paths.evidence)
    }

    /// What is on this machine already, and what the catalogue offers for it.
    pub async fn surroundings(&self) -> Surroundings {
        surroundings::look(&self.registry).await
    }

    /// What a report of a fault needs, as one text without keys, motions and speeches.
    pub async fn bundle(&self) -> String {
        bundle::write(self, &doctor::examine(self).await)
    }

    /// What is configured, what answers, and what to do next.
    pub async fn doctor(&self) -> Vec<Finding> {
        doctor::examine(self).await
    }
}
