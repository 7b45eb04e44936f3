//! The door to the second program: started when the first model is opened, and again when it has ended.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::model::error::ModelError;
use crate::model::local::counter::TokenCounter;
use crate::model::process::child::{Failure, Program};
use crate::model::process::connection::{Connection, ended};
use crate::model::process::model::EngineModel;
use crate::model::process::protocol::{Ask, Said};

/// A program that serves models, running or not.
pub struct Engine {
    program: Program,
    state: Mutex<State>,
}

enum State {
    /// Never started, or ended after it had served.
    Idle,
    Running(Arc<Connection>),
    /// It could not start. It is not tried again.
    Failed(Failure),
}

impl Engine {
    #[must_use]
    pub fn new(program: Program) -> Engine {
        Engine { program, state: Mutex::new(State::Idle) }
    }

    /// The device that the program runs models on. Starts it if it does not run.
    ///
    /// # Errors
    /// It cannot start.
    pub async fn device(&self) -> Result<String, Failure> {
        Ok(self.connection().await?.device.clone())
    }

    /// Opens a model there. Takes seconds.
    ///
    /// # Errors
    /// The outer one: the program cannot start. The inner one: it refuses the model.
    pub async fn open(&self, path: &Path, name: &str) -> Result<Result<Arc<EngineModel>, ModelError>, Failure> {
        Ok(open(self.connection().await?, path, name).await)
    }

    async fn connection(&self) -> Result<Arc<Connection>, Failure> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Running(connection) if connection.end().is_none() => return Ok(Arc::clone(connection)),
            State::Failed(failure) => return Err(failure.clone()),
            State::Running(_) | State::Idle => {}
        }
        let program = self.program.clone();
        let started = tokio::task::spawn_blocking(move || program.start()).await;
        match started.unwrap_or_else(|error| Err(Failure::Broken(error.to_string()))) {
            Ok(connection) => {
                *state = State::Running(Arc::clone(&connection));
                Ok(connection)
            }
            Err(failure) => {
                *state = State::Failed(failure.clone());
                Err(failure)
            }
        }
    }
}

/// Opens a model over a connection.
///
/// # Errors
/// The file cannot be run, or the program ended.
pub async fn open(connection: Arc<Connection>, path: &Path, name: &str) -> Result<Arc<EngineModel>, ModelError> {
    let unreadable =
        |reason: &str| ModelError::Unreadable { path: path.display().to_string(), reason: reason.to_owned() };
    // The child may have been started in another folder, had the user changed it since.
    let full = std::path::absolute(path).map_err(|error| unreadable(&error.to_string()))?;
    let text = full.to_str().ok_or_else(|| unreadable("its name is not UTF-8"))?.to_owned();
    let counting = tokio::task::spawn_blocking(move || TokenCounter::open(&full));
    let ask = Ask::Open { path: text, name: name.to_owned(), hash: None };
    let mut call = connection.call(ask).map_err(|reason| ended(name, &reason))?;
    let counter = counting.await.map_err(|error| unreadable(&error.to_string()))??;
    match call.next(name).await? {
        Said::Opened { card, can_chat } => {
            call.close();
            Ok(Arc::new(EngineModel { card, can_chat, number: call.number, connection, counter }))
        }
        other => Err(ModelError::Setup(format!("the GPU engine answered out of turn: {other:?}"))),
    }
}
