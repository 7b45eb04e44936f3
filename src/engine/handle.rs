//! The front ends' handle: commands go in, queries are answered, subscribers hear what happens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::assets::{Library, Paths, save_setting};
use crate::clock;
use crate::domain::debate::Debate;
use crate::domain::event::DebateId;
use crate::domain::machine::Input;
use crate::domain::motion::Motion;
use crate::domain::opening::Opening;
use crate::domain::team::Role;
use crate::domain::usage::Ceilings;
use crate::engine::command::{Accepted, Command, DebateRequest};
use crate::engine::drafts;
use crate::engine::drive;
use crate::engine::error::EngineError;
use crate::engine::evidence::{HOLDS, Tell};
use crate::engine::jobs::Jobs;
use crate::engine::lease::Lease;
use crate::engine::ledger::Ledger;
use crate::engine::log::DebateLog;
use crate::engine::open::{self, OpenModels};
use crate::engine::publish::{Published, Publisher, Subscription};
use crate::engine::queries::Queries;
use crate::engine::ratings::Ratings;
use crate::engine::running::Running;
use crate::evidence::EvidenceBase;
use crate::model::registry::Registry;
use crate::store::{Filter, Pruned, Store};

/// Messages that a subscriber may lag behind before it reads the store again.
const BACKLOG: usize = 8192;

struct Task {
    debate: Arc<Running>,
    driver: JoinHandle<Result<(), EngineError>>,
}

/// A debate that runs in this process.
pub(super) struct Playing {
    pub debate: Arc<Running>,
    /// Cancelled once it no longer runs here.
    pub over: CancellationToken,
}

/// A debate that is about to run.
struct Launch {
    id: DebateId,
    /// The fold of what the store holds of it.
    state: Debate,
    opening: Opening,
    models: OpenModels,
    evidence: Option<Arc<dyn EvidenceBase>>,
    first: Input,
    /// The tournament's account, if the debate is a match.
    purse: Option<Arc<Ledger>>,
}

struct Inner {
    paths: Paths,
    store: Store,
    queries: Queries,
    publisher: Publisher,
    ratings: Ratings,
    tasks: Mutex<BTreeMap<DebateId, Task>>,
    jobs: Jobs,
    cancel: CancellationToken,
}

/// The engine, as front ends see it. Cheap to clone.
#[derive(Clone)]
pub struct EngineHandle {
    inner: Arc<Inner>,
}

impl EngineHandle {
    /// An engine over a store and loaded assets. Nothing is written or opened yet.
    #[must_use]
    pub fn new(paths: Paths, store: Store, library: Library, registry: Registry) -> EngineHandle {
        let publisher = Publisher::new(BACKLOG);
        let told = publisher.clone();
        registry.tell_to(move |sentence| told.send(Published::Notice(sentence)));
        let registry = Arc::new(registry);
        let queries = Queries {
            library: Arc::new(library),
            registry: Arc::clone(&registry),
            reader: store.reader(),
            store: store.clone(),
            paths: paths.clone(),
            web: Arc::default(),
        };
        let jobs = Jobs::new(registry, publisher.clone());
        let cancel = CancellationToken::new();
        let tasks = Mutex::default();
        let ratings = Ratings::new(store.reader());
        EngineHandle { inner: Arc::new(Inner { paths, store, queries, publisher, ratings, tasks, jobs, cancel }) }
    }

    /// Read access to everything.
    #[must_use]
    pub fn queries(&self) -> &Queries {
        &self.inner.queries
    }

    pub(super) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(super) fn publisher(&self) -> &Publisher {
        &self.inner.publisher
    }

    /// Messages from now on.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        self.inner.publisher.subscribe(self.inner.store.reader())
    }

    /// Messages from now on, without text and prompts as they come.
    #[must_use]
    pub fn subscribe_to_steps(&self) -> Subscription {
        self.inner.publisher.subscribe_to_steps(self.inner.store.reader())
    }

    /// Does what a command says, or starts it.
    ///
    /// # Errors
    /// The command names something that is not there, or cannot be carried out now.
    pub async fn submit(&self, command: Command) -> Result<Accepted, EngineError> {
        match command {
            Command::Start(request) => self.start(&request).await.map(Accepted::Debate),
            Command::Resume { debate, ceilings } => self.resume(debate, ceilings).await.map(Accepted::Debate),
            Command::Pause(debate) => self.pause(debate).await.map(Accepted::Debate),
            Command::Stop(debate) => self.stop(debate).await.map(Accepted::Debate),
            Command::Say { debate, speech, role, text } => self.say(debate, (speech, role), text).map(Accepted::Debate),
            Command::Pull { model } => self.inner.jobs.pull(&model).map(Accepted::Job),
            Command::CancelPull { model } => self.inner.jobs.cancel(&model).map(Accepted::Job),
            Command::SetDefaultModel { model } => {
                save_setting(&self.inner.paths, "defaults.debater", model)?;
                Ok(Accepted::Done)
            }
            Command::Shutdown => self.shutdown().await.map(|()| Accepted::Done),
        }
    }

    /// Deletes debates that a filter lets through, and what web search found before the filter's day or too long ago.
    /// Unfinished debates stay unless `unfinished_too`.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn prune(&self, filter: Filter, unfinished_too: bool) -> Result<Pruned, EngineError> {
        let store = &self.inner.store;
        let old = clock::before(HOLDS);
        let old = filter.before.clone().map_or(old.clone(), |before| before.max(old));
        let web = store.forget_web(&old).await?;
        Ok(Pruned { web, ..store.prune(filter, unfinished_too).await? })
    }

    /// Opens the debate of a match on a motion under its id, or goes on with it.
    pub(super) async fn play(
        &self,
        id: DebateId,
        motion: Option<Motion>,
        request: &DebateRequest,
        purse: Arc<Ledger>,
    ) -> Result<Playing, EngineError> {
        let state = self.inner.queries.debate(&id)?;
        let launch = match state.opening {
            None => self.opened(id, motion, request).await?,
            Some(_) => self.reopened(id, state, Some(request.ceilings)).await?,
        };
        self.launch(Launch { purse: Some(purse), ..launch }).await
    }

    async fn start(&self, request: &DebateRequest) -> Result<DebateId, EngineError> {
        let id = DebateId(clock::fresh_id());
        self.start_as(id.clone(), request).await.map(|()| id)
    }

    /// Starts a new debate under an id.
    pub(super) async fn start_as(&self, id: DebateId, request: &DebateRequest) -> Result<(), EngineError> {
        let evidence = self.inner.queries.chosen_evidence(request.evidence.as_deref())?;
        let request = DebateRequest { evidence, ..request.clone() };
        let launch = self.opened(id, None, &request).await?;
        self.launch(launch).await.map(|_| ())
    }

    /// A new debate; without a motion on the one that the request names.
    async fn opened(
        &self,
        id: DebateId,
        motion: Option<Motion>,
        request: &DebateRequest,
    ) -> Result<Launch, EngineError> {
        let Queries { library, registry, .. } = &self.inner.queries;
        // A missing folder is said before a model takes seconds to load.
        let evidence = self.evidence(request.evidence.as_deref()).await?;
        let (opening, models) = match motion {
            Some(motion) => open::resolve_on(motion, request, library, registry).await?,
            None => open::resolve(request, library, registry).await?,
        };
        let first = Input::Open(Box::new(opening.clone()));
        Ok(Launch { id, state: Debate::default(), opening, models, evidence, first, purse: None })
    }

    async fn resume(&self, id: DebateId, ceilings: Option<Ceilings>) -> Result<DebateId, EngineError> {
        if let Some(debate) = self.running(&id) {
            debate.record(Input::Resume, Vec::new()).await?;
            debate.changed.notify_one();
            return Ok(id);
        }
        let state = self.inner.queries.debate(&id)?;
        let launch = self.reopened(id.clone(), state, ceilings).await?;
        self.launch(launch).await.map(|_| id)
    }

    async fn reopened(&self, id: DebateId, state: Debate, ceilings: Option<Ceilings>) -> Result<Launch, EngineError> {
        if state.closed {
            return Err(EngineError::AlreadyClosed(id.0));
        }
        let Some(mut opening) = state.opening.clone() else {
            return Err(EngineError::Request(format!("debate {id} has no opening and cannot be resumed")));
        };
        let evidence = self.evidence(opening.evidence.as_deref()).await?;
        opening.ceilings = ceilings.unwrap_or(opening.ceilings);
        let models = open::reopen(&opening, &self.inner.queries.registry).await?;
        Ok(Launch { id, state, opening, models, evidence, first: Input::Resume, purse: None })
    }

    async fn evidence(&self, chosen: Option<&str>) -> Result<Option<Arc<dyn EvidenceBase>>, EngineError> {
        let publisher = self.inner.publisher.clone();
        let tell: Tell = Arc::new(move |sentence| publisher.send(Published::Notice(sentence)));
        self.inner.queries.open_evidence(chosen, tell).await
    }

    /// Runs a debate.
    async fn launch(&self, launch: Launch) -> Result<Playing, EngineError> {
        let Launch { id, state, opening, models, evidence, first, purse } = launch;
        let Inner { store, publisher, cancel, queries, .. } = &*self.inner;
        let lease = Lease::acquire(store, &id).await?;
        let ratings = self.inner.ratings.clone();
        let log = DebateLog::new(id.clone(), state, store.clone(), lease.token.clone(), ratings, publisher.clone());
        let library = Arc::clone(&queries.library);
        let known = queries.sessions_of(&id)?.into_iter().filter_map(|session| Some((session.side, session.details?)));
        let running = Running::new(log, opening, models, evidence, library, publisher.clone(), cancel.child_token())
            .knowing(known.collect());
        let debate = Arc::new(match purse {
            Some(purse) => running.in_tournament(purse),
            None => running,
        });
        if let Err(error) = debate.record(first, Vec::new()).await {
            lease.release().await?;
            return Err(error);
        }
        let over = CancellationToken::new();
        // Under the lock, so that a debate that ends at once does not tidy up before it is listed.
        self.tasks(|tasks| {
            let driver = tokio::spawn(self.clone().attend(Arc::clone(&debate), lease, over.clone()));
            tasks.insert(id, Task { debate: Arc::clone(&debate), driver });
        });
        Ok(Playing { debate, over })
    }

    /// Runs a debate to its end or stop, and tidies up behind it.
    async fn attend(self, debate: Arc<Running>, lease: Lease, over: CancellationToken) -> Result<(), EngineError> {
        let result = drive::drive(&debate).await;
        let settled = self.inner.store.settle().await;
        let released = lease.release().await;
        let id = debate.id.clone();
        if debate.look(|state| state.closed).await {
            drafts::forget(&self.inner.paths, &id);
        }
        self.tasks(|tasks| tasks.remove(&id));
        let failed = result.as_ref().err().map(ToString::to_string);
        self.inner.publisher.send(Published::Idle { debate: id, failed });
        over.cancel();
        result.and(settled.map_err(EngineError::from)).and(released)
    }

    fn say(&self, id: DebateId, place: (usize, Role), text: String) -> Result<DebateId, EngineError> {
        if text.trim().is_empty() {
            return Err(EngineError::Request("there is nothing in it yet; write it first".to_owned()));
        }
        let debate = self.running(&id).ok_or_else(|| EngineError::NotRunning(id.0.clone()))?;
        if debate.desk.hand_in(place, text) {
            return Ok(id);
        }
        let (speech, role) = (place.0 + 1, place.1);
        Err(EngineError::Request(format!("nobody waits for a {role} of speech {speech} now; wait for your turn")))
    }

    async fn pause(&self, id: DebateId) -> Result<DebateId, EngineError> {
        let debate = self.running(&id).ok_or_else(|| EngineError::NotRunning(id.0.clone()))?;
        debate.record(Input::Pause, Vec::new()).await?;
        debate.changed.notify_one();
        Ok(id)
    }

    /// Stops a debate and waits until its partial text is written.
    async fn stop(&self, id: DebateId) -> Result<DebateId, EngineError> {
        let task = self.tasks(|tasks| tasks.remove(&id)).ok_or_else(|| EngineError::NotRunning(id.0.clone()))?;
        task.debate.cancel.cancel();
        join(task).await?;
        Ok(id)
    }

    async fn shutdown(&self) -> Result<(), EngineError> {
        self.inner.cancel.cancel();
        self.inner.jobs.stop();
        let tasks = self.tasks(std::mem::take);
        for task in tasks.into_values() {
            join(task).await?;
        }
        Ok(self.inner.store.settle().await?)
    }

    fn running(&self, id: &DebateId) -> Option<Arc<Running>> {
        self.tasks(|tasks| tasks.get(id).map(|task| Arc::clone(&task.debate)))
    }

    fn tasks<T>(&self, change: impl FnOnce(&mut BTreeMap<DebateId, Task>) -> T) -> T {
        change(&mut self.inner.tasks.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn join(task: Task) -> Result<(), EngineError> {
    task.driver.await.map_err(|error| EngineError::Failed(format!("the debate's driver broke: {error}")))?
}
