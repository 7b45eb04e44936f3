//! What can go wrong in the engine, each as a sentence for the user.

use thiserror::Error;

use crate::assets::AssetError;
use crate::domain::machine::Refusal;
use crate::evidence::EvidenceError;
use crate::model::ModelError;
use crate::store::StoreError;

/// An error of the engine or of a layer below it.
#[derive(Debug, Error)]
pub enum EngineError {
    #[error(transparent)]
    Asset(#[from] AssetError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    #[error("the debate did not take a step: {0}")]
    Refused(#[from] Refusal),
    #[error(
        "no model is configured; `rhetor models pull smollm2-135m` fetches the default one, or name one with --pro and --con"
    )]
    NoModel,
    #[error("\"{given}\" names neither a team nor a model; write TEAM, TEAM@MODEL or MODEL{nearest}")]
    UnknownPlayer { given: String, nearest: String },
    #[error("{0}")]
    Request(String),
    #[error("debate {0} is already running")]
    AlreadyRunning(String),
    #[error("debate {0} is not running here")]
    NotRunning(String),
    #[error("debate {0} is already closed; `rhetor show {0}` prints it")]
    AlreadyClosed(String),
    #[error("{0}")]
    Budget(String),
    #[error("{0}")]
    Failed(String),
    #[error("the engine has stopped")]
    Gone,
}
