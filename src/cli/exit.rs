//! Exit codes: 0 done, 1 failed, 2 wrong use, 3 stopped by a budget, 130 interrupted.

use crate::assets::AssetError;
use crate::engine::error::EngineError;
use crate::model::ModelError;
use crate::store::StoreError;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    Done,
    Failed,
    WrongUse,
    Budget,
    Interrupted,
}

impl ExitStatus {
    /// The code that the shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            ExitStatus::Done => 0,
            ExitStatus::Failed => 1,
            ExitStatus::WrongUse => 2,
            ExitStatus::Budget => 3,
            ExitStatus::Interrupted => 130,
        }
    }

    /// What an error means: a name that does not exist is wrong use, everything else failed.
    #[must_use]
    pub fn of(error: &EngineError) -> ExitStatus {
        match error {
            EngineError::UnknownPlayer { .. }
            | EngineError::Request(_)
            | EngineError::AlreadyClosed(_)
            | EngineError::Model(
                ModelError::Unknown { .. }
                | ModelError::EmptyText { .. }
                | ModelError::NoLayer { .. }
                | ModelError::WholeTexts { .. },
            )
            | EngineError::Asset(AssetError::Unknown { .. })
            | EngineError::Store(
                StoreError::Unknown { .. }
                | StoreError::Ambiguous { .. }
                | StoreError::NoDebate
                | StoreError::NoTournament
                | StoreError::NoSuchTournament { .. }
                | StoreError::AmbiguousTournament { .. }
                | StoreError::NoJudgement { .. }
                | StoreError::AmbiguousJudgement { .. },
            ) => ExitStatus::WrongUse,
            EngineError::Budget(_) => ExitStatus::Budget,
            _ => ExitStatus::Failed,
        }
    }
}
