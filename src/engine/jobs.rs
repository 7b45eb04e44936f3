//! Long jobs beside debates: pulls of models, each under its own name, with progress to the subscribers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::engine::error::EngineError;
use crate::engine::publish::{JobProgress, JobState, Published, Publisher};
use crate::model::ModelError;
use crate::model::catalogue::CatalogueModel;
use crate::model::pull::{Phase, Progress, Pull};
use crate::model::registry::Registry;

/// The program that unpacks Python packages.
const PYTHON: &str = "python3";

/// The running jobs.
#[derive(Clone)]
pub struct Jobs {
    registry: Arc<Registry>,
    publisher: Publisher,
    running: Arc<Mutex<BTreeMap<String, CancellationToken>>>,
}

impl Jobs {
    #[must_use]
    pub fn new(registry: Arc<Registry>, publisher: Publisher) -> Jobs {
        Jobs { registry, publisher, running: Arc::default() }
    }

    /// Starts to fetch a model of the catalogue; returns the job's name.
    ///
    /// # Errors
    /// The catalogue does not name the model, or it is being fetched already.
    pub fn pull(&self, name: &str) -> Result<String, EngineError> {
        let model = self.registry.in_catalogue(name)?.clone();
        let job = job_name(name);
        let cancel = CancellationToken::new();
        let taken =
            self.running(|running| running.contains_key(&job) || running.insert(job.clone(), cancel.clone()).is_some());
        if taken {
            return Err(EngineError::Request(format!("{name} is being fetched already")));
        }
        tokio::spawn(self.clone().fetch(model, job.clone(), cancel));
        Ok(job)
    }

    /// Stops a pull. What was fetched stays for the next one.
    ///
    /// # Errors
    /// No such pull runs.
    pub fn cancel(&self, name: &str) -> Result<String, EngineError> {
        let job = job_name(name);
        let cancel = self.running(|running| running.get(&job).cloned());
        cancel.ok_or_else(|| EngineError::NotRunning(job.clone()))?.cancel();
        Ok(job)
    }

    /// Stops all jobs.
    pub fn stop(&self) {
        self.running(|running| running.values().for_each(CancellationToken::cancel));
    }

    async fn fetch(self, model: CatalogueModel, job: String, cancel: CancellationToken) {
        let tell = |progress: Progress| {
            let note = match progress.phase {
                Phase::Download => format!("fetching {}", model.name),
                Phase::Check => format!("checking {}", model.name),
            };
            let (done, total) = (progress.done, Some(progress.total));
            let progress = JobProgress { job: job.clone(), done, total, note, state: JobState::Running };
            self.publisher.send(Published::Job(progress));
        };
        let pull = Pull {
            model: &model,
            folder: self.registry.folder(),
            hub: &self.registry.catalogue().hub,
            python: PYTHON,
            watch: &tell,
            cancel,
        };
        let state = match pull.run().await {
            Ok(_) => JobState::Finished,
            Err(ModelError::Cancelled) => JobState::Cancelled,
            Err(error) => JobState::Failed(error.to_string()),
        };
        self.running(|running| running.remove(&job));
        let done = if state == JobState::Finished { model.size } else { 0 };
        let note = model.name.clone();
        self.publisher.send(Published::Job(JobProgress { job, done, total: Some(model.size), note, state }));
    }

    fn running<T>(&self, change: impl FnOnce(&mut BTreeMap<String, CancellationToken>) -> T) -> T {
        change(&mut self.running.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn job_name(model: &str) -> String {
    format!("pull {model}")
}
