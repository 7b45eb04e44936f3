//! A brief for a person who prepares: for one motion the claims of both sides, the evidence for each ranked by how convincing it is, and a
//! short essay with citations that were checked (after "Which side are you on", the summary and evaluation of arguments).
//!
//! `author` makes the calls; `queries` plans what is looked up, `stance` says which side a passage helps, `ranking` lets a judge compare
//! every two, `claims` and `essay` write. What comes out is a [`Brief`]. Nothing is kept but the judge's judgements.

mod author;
mod claims;
mod essay;
mod found;
mod paper;
mod queries;
mod ranking;
mod stance;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::domain::evidence::EvidenceItem;
use crate::domain::seat::Side;
use crate::domain::usage::Usage;
use crate::engine::brief::author::Author;
use crate::engine::brief::found::{Passed, search};
use crate::engine::brief::ranking::{Bench, Ranking};
use crate::engine::error::EngineError;
use crate::engine::evidence::Tell;
use crate::engine::handle::EngineHandle;
use crate::engine::ledger::Ledger;
use crate::engine::open::default_model;
use crate::engine::seat::recipe_and_models;
use crate::text::words::cut_at_sentence;

pub use paper::{Asked, Brief, Claim, Ranked, Section, SectionKind, Weighed};

/// Words of a passage that a model reads: pages of the web may be long.
const PASSAGE_WORDS: usize = 160;

/// What to write a brief on, and with what.
#[derive(Clone, Debug, Default)]
pub struct BriefRequest {
    /// A motion's id, or the text of a new motion.
    pub motion: String,
    /// The side that the person prepares for; both where it is `None`.
    pub side: Option<Side>,
    /// `None` takes the configured model.
    pub model: Option<String>,
    /// As a debate names its sources.
    pub evidence: Option<String>,
    /// `RECIPE` or `RECIPE@MODEL`; `None` takes the quickest one that the model can do.
    pub judge: Option<String>,
    /// The most passages of a side that are compared and kept, at least 1.
    pub limit: usize,
}

/// How far a brief is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BriefProgress {
    Step {
        name: &'static str,
        done: usize,
        total: usize,
    },
    /// A sentence that is no error.
    Notice(String),
}

/// Hears how far a brief is.
pub type Watch = Arc<dyn Fn(BriefProgress) + Send + Sync>;

impl EngineHandle {
    /// Writes a brief. `None` if it was stopped.
    ///
    /// # Errors
    /// No such motion, recipe, model or folder; a model that cannot write; a model, the web or the store failed; a ceiling would be passed.
    pub async fn brief(
        &self,
        request: BriefRequest,
        cancel: CancellationToken,
        watch: Watch,
    ) -> Result<Option<Brief>, EngineError> {
        let BriefRequest { motion, side, model, evidence, judge, limit } = request;
        if motion.trim().is_empty() {
            let reason = "the motion has no words; give an id of `rhetor motions list` or a sentence of your own";
            return Err(EngineError::Request(reason.to_owned()));
        }
        let queries = self.queries();
        let library = &queries.library;
        let motion = library.motion_or_text(&motion)?;
        if let Some(judge) = &judge {
            library.recipe(recipe_and_models(judge).0)?;
        }
        let chosen = queries.chosen_evidence(evidence.as_deref())?;
        let notices = Arc::clone(&watch);
        let tell: Tell = Arc::new(move |sentence| notices(BriefProgress::Notice(sentence)));
        let base = queries.open_evidence(chosen.as_deref(), tell).await?;
        step(&watch, "opening the model", 0, 1);
        let model = default_model(model.as_deref(), library, &queries.registry).await.map_err(no_model)?;
        let open = queries.registry.open(&model).await?;
        open.chat()?;
        let ledger = Arc::new(Ledger::new(library.config().ceilings, Usage::default()));
        let author = Author::new(self, &motion, open, Arc::clone(&ledger), cancel.clone());
        let sides = side.map_or_else(|| Side::BOTH.to_vec(), |side| vec![side]);

        let mut notes = Vec::new();
        let (mut asked, mut passed, mut ranking) = (Vec::new(), Passed::default(), Ranking::default());
        match &base {
            None => notes.push("There are no sources, so nothing is cited.".to_owned()),
            Some(base) => {
                step(&watch, "planning what to look up", 0, 1);
                let Some(planned) = queries::planned(&author).await? else { return Ok(None) };
                let search = search(base.as_ref(), &motion.text, planned, limit, &watch);
                let Some(found) = unless_stopped(&cancel, search).await else { return Ok(None) };
                let (queries, passages) = found?;
                asked = queries;
                if passages.is_empty() {
                    notes.push(format!("No passage of {} shares a word with what was looked up.", base.name()));
                }
                let Some(read) = stance::read(&author, passages, &watch).await? else { return Ok(None) };
                passed = read;
                let bench = Bench::of(judge.as_deref(), &author);
                let account = (&cancel, &ledger, &watch);
                let ranked = ranking::rank(self, &author, &passed, &sides, (limit, bench), account).await?;
                let Some(ranked) = ranked else { return Ok(None) };
                ranking = ranked;
            }
        }
        let Ranking { evidence, judge, notes: of_ranking } = ranking;
        notes.extend(of_ranking);
        let Some(claims) = claims::write(&author, &evidence, &sides, &watch).await? else { return Ok(None) };
        let Some(essay) = essay::write(&author, &evidence, &claims, side, &watch).await? else { return Ok(None) };
        notes.extend(essay::missing(&essay, side));
        Ok(Some(Brief {
            motion_id: motion.id.clone(),
            motion: motion.text.clone(),
            category: motion.category,
            side,
            model: author.model_name().to_owned(),
            judge,
            sources: base.as_ref().map(|base| base.name().to_owned()),
            queries: asked,
            passages_read: passed.read.len(),
            passages_for_neither: passed.for_neither(),
            evidence,
            claims,
            words: essay.iter().map(|section| section.words).sum(),
            essay,
            notes,
            usage: ledger.used(),
        }))
    }
}

fn step(watch: &Watch, name: &'static str, done: usize, total: usize) {
    watch(BriefProgress::Step { name, done, total });
}

/// What a search came to; `None` if it was stopped on the way.
async fn unless_stopped<T>(cancel: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => None,
        done = work => Some(done),
    }
}

/// The same advice in the words of this command.
fn no_model(error: EngineError) -> EngineError {
    match error {
        EngineError::NoModel => EngineError::Request(
            "no model is configured; `rhetor models pull smollm2-135m` fetches the default one, or name one with --model"
                .to_owned(),
        ),
        error => error,
    }
}

/// A passage as models read it.
fn shown(item: &EvidenceItem) -> String {
    cut_at_sentence(&item.text, PASSAGE_WORDS).0
}
