//! A debate that runs in this process: its log, its models and everything a step needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;

use crate::assets::Library;
use crate::domain::debate::Debate;
use crate::domain::event::DebateId;
use crate::domain::machine::Input;
use crate::domain::opening::Opening;
use crate::domain::persuasion::Details;
use crate::domain::seat::{Seat, Side};
use crate::domain::team::Role;
use crate::engine::call::CallSite;
use crate::engine::desk::Desk;
use crate::engine::error::EngineError;
use crate::engine::ledger::Ledger;
use crate::engine::log::DebateLog;
use crate::engine::publish::{Caller, Publisher};
use crate::evidence::EvidenceBase;
use crate::model::registry::OpenModel;
use crate::store::StoredRequest;

/// One debate at work. Shared by the calls that run for it.
pub struct Running {
    pub id: DebateId,
    pub opening: Opening,
    /// Every model that a role or a judge uses, by its resolved name.
    pub models: BTreeMap<String, OpenModel>,
    pub evidence: Option<Arc<dyn EvidenceBase>>,
    pub library: Arc<Library>,
    pub ledger: Ledger,
    pub publisher: Publisher,
    /// Cancelled when the debate has to stop at once.
    pub cancel: CancellationToken,
    /// Whether a cheap judge measures the momentum while it runs.
    pub watched: bool,
    /// Told when a pause or a resume was recorded.
    pub changed: Notify,
    /// What the persons of each side let the other side know of them.
    pub known: BTreeMap<Side, Details>,
    /// Where a person hands in what it was asked for.
    pub desk: Desk,
    log: Mutex<DebateLog>,
}

impl Running {
    #[must_use]
    pub fn new(
        log: DebateLog,
        opening: Opening,
        models: BTreeMap<String, OpenModel>,
        evidence: Option<Arc<dyn EvidenceBase>>,
        library: Arc<Library>,
        publisher: Publisher,
        cancel: CancellationToken,
    ) -> Running {
        let ledger = Ledger::new(opening.ceilings, log.state.usage);
        Running {
            id: log.id.clone(),
            opening,
            models,
            evidence,
            library,
            ledger,
            publisher,
            cancel,
            watched: true,
            changed: Notify::new(),
            known: BTreeMap::new(),
            desk: Desk::default(),
            log: Mutex::new(log),
        }
    }

    /// The same debate as a match: what it uses comes out of the tournament's purse, too, and nobody watches its momentum.
    #[must_use]
    pub fn in_tournament(mut self, purse: Arc<Ledger>) -> Running {
        self.ledger = self.ledger.out_of(purse);
        self.watched = false;
        self
    }

    /// The same debate with persons who let the other side know something of them.
    #[must_use]
    pub fn knowing(self, known: BTreeMap<Side, Details>) -> Running {
        Running { known, ..self }
    }

    /// What a call of this debate needs besides its request.
    pub fn site<'a>(&'a self, caller: &'a Caller) -> CallSite<'a> {
        CallSite { debate: &self.id, caller, publisher: &self.publisher, ledger: &self.ledger, cancel: &self.cancel }
    }

    /// Records an input and the request behind it.
    ///
    /// # Errors
    /// The input does not fit, or the store cannot keep it.
    pub async fn record(&self, input: Input, requests: Vec<StoredRequest>) -> Result<(), EngineError> {
        self.log.lock().await.record(input, requests).await
    }

    /// Looks at the state as it is now.
    pub async fn look<T>(&self, see: impl FnOnce(&Debate) -> T) -> T {
        see(&self.log.lock().await.state)
    }

    /// Whether no new call may start: paused, stopped or cancelled.
    pub async fn is_held(&self) -> bool {
        self.cancel.is_cancelled() || self.look(|debate| debate.paused || debate.stopped.is_some()).await
    }

    /// A model of a seat's own team that runs here and shows probabilities, that of a role before others.
    #[must_use]
    pub fn own_scorer(&self, seat: Seat, first: Role) -> Option<&OpenModel> {
        let models = &self.opening.participant(seat)?.models;
        let named = models.get(&first).into_iter().chain(models.values());
        named.filter_map(|model| self.models.get(&model.name)).find(|model| model.scorer.is_some() && model.card.local)
    }

    /// An open model by its resolved name.
    ///
    /// # Errors
    /// The debate opened without it, which a log written elsewhere may cause.
    pub fn model(&self, name: &str) -> Result<&OpenModel, EngineError> {
        self.models.get(name).ok_or_else(|| EngineError::Failed(format!("model {name} is not open for this debate")))
    }
}
