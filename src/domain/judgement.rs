//! A judgement: one judge over one transcript outside of a debate, whether the judge is a model or a person.

use serde::{Deserialize, Serialize};

use crate::domain::ballot::{Ballot, JudgeSaid};
use crate::domain::event::DebateId;
use crate::domain::hash::ContentHash;
use crate::domain::transcript::Transcript;

/// What the name of a person begins with who judges.
pub const PERSON: &str = "human@";

/// What the source of a judgement begins with that was made of a stored debate; the debate's id follows.
pub const DEBATE: &str = "debate ";

/// How a stored debate is named as the source of a judgement.
#[must_use]
pub fn debate_source(id: &DebateId) -> String {
    format!("{DEBATE}{id}")
}

/// How a judge came out of a sitting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decided {
    Ballot(Box<Ballot>),
    /// The judge could not decide; the reason is a sentence for people.
    Void {
        reason: String,
    },
}

impl Decided {
    #[must_use]
    pub fn ballot(&self) -> Option<&Ballot> {
        match self {
            Decided::Ballot(ballot) => Some(ballot),
            Decided::Void { .. } => None,
        }
    }
}

/// One judge over one transcript, with every answer on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The hash of all that it depends on: transcript, recipe, prompts, models, seed. The same key, the same judgement.
    pub key: ContentHash,
    /// RFC 3339, for display only.
    pub at: String,
    /// Where the transcript came from, for instance a file.
    pub source: String,
    /// `RECIPE@MODEL`, or `human@NAME`.
    pub judge: String,
    pub transcript: Transcript,
    /// Finished calls: never asked again.
    pub said: Vec<JudgeSaid>,
    /// `None` while it is unfinished.
    pub decided: Option<Decided>,
}
