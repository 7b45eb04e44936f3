//! What a front end may ask the engine to do, and what it gets back at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::event::DebateId;
use crate::domain::team::Role;
use crate::domain::usage::Ceilings;

/// A debate as a user names it: everything is resolved when it opens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DebateRequest {
    /// A motion's id, or the text of a new motion.
    pub motion: String,
    /// `TEAM`, `TEAM@MODEL` or `MODEL` (the team `solo`). `None` takes the configured exhibition.
    pub proposition: Option<String>,
    pub opposition: Option<String>,
    /// Who sits where a format has more than two teams, by the name of the seat. A seat that is not named takes its side's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub seats: BTreeMap<String, String>,
    /// A format's name; `None` takes the configured one.
    pub format: Option<String>,
    /// `RECIPE` or `RECIPE@MODEL`, any number. `None` takes the configured judge; an empty list means nobody judges.
    pub judges: Option<Vec<String>>,
    /// What the Searchers may use: a folder of text and Markdown files, `@library`, `@web`, `@all`, or `@none`. `None` takes the library if it
    /// holds anything.
    pub evidence: Option<String>,
    /// The root seed; `None` draws one.
    pub seed: Option<u64>,
    /// What is not given here is as configured.
    pub ceilings: Ceilings,
}

/// Something to do. Commands that run long return at once and report through the subscription.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Start(Box<DebateRequest>),
    /// Goes on with an unfinished debate from its log, or after a pause. `ceilings` replaces the debate's own.
    Resume {
        debate: DebateId,
        ceilings: Option<Ceilings>,
    },
    /// Lets running calls end and starts no new ones.
    Pause(DebateId),
    /// Stops at once; the partial text of running calls is kept and the debate can be resumed.
    Stop(DebateId),
    /// Hands in what a person was asked for: a speech of a Writer, a verdict of a Reviewer.
    Say {
        debate: DebateId,
        speech: usize,
        role: Role,
        text: String,
    },
    /// Fetches a model of the catalogue.
    Pull {
        model: String,
    },
    /// Stops a running pull; what was fetched is kept and the next pull goes on from there.
    CancelPull {
        model: String,
    },
    /// Remembers the model that `default` stands for, as debater and as judge.
    SetDefaultModel {
        model: String,
    },
    /// Stops every debate and job and waits until all is written.
    Shutdown,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// The debate that was opened, resumed, paused or stopped.
    Debate(DebateId),
    /// A job that reports under this name.
    Job(String),
    Done,
}
