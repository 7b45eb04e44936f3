//! The event log's vocabulary. Append-only: a variant may be added, none is ever changed or removed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::ballot::{Ballot, JudgeSaid};
use crate::domain::opening::Opening;
use crate::domain::prospect::Prospect;
use crate::domain::speech::{
    CallRouted, CivilityMeasured, DraftsWeighed, EvidenceFound, QueryRun, ReviewReturned, RoleSaid, Speech, Work,
};
use crate::domain::team::Role;
use crate::domain::verdict::Outcome;

/// Version of this vocabulary, written into every log.
pub const LOG_VERSION: u32 = 1;

/// A debate's id: a UUID version 7 in its usual spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DebateId(pub String);

impl fmt::Display for DebateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Something that happened in a debate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    DebateOpened(Box<Opening>),
    StageBegan {
        stage: usize,
    },
    RoleSaid(RoleSaid),
    QueryRun(QueryRun),
    EvidenceFound(EvidenceFound),
    ReviewReturned(ReviewReturned),
    DraftsWeighed(DraftsWeighed),
    CivilityMeasured(CivilityMeasured),
    CallRouted(CallRouted),
    SpeechDelivered(Speech),
    JudgeSaid(JudgeSaid),
    BallotReturned {
        judge: usize,
        ballot: Box<Ballot>,
    },
    /// A judge could not decide. Its debate stays unrated.
    BallotVoided {
        judge: usize,
        reason: String,
    },
    /// How probable a win of the proposition looked on the way.
    ProspectMeasured(Prospect),
    ResultRecorded(Outcome),
    Paused,
    Resumed,
    /// A call was stopped. Its partial text is kept for people and never put into a prompt.
    Interrupted {
        speech: usize,
        role: Role,
        partial: String,
    },
    BudgetReached {
        reason: String,
    },
    /// The debate stopped on an error and can be resumed.
    Failed {
        reason: String,
    },
    DebateClosed,
}

impl From<Work> for Event {
    fn from(work: Work) -> Event {
        match work {
            Work::Role(said) => Event::RoleSaid(said),
            Work::Query(query) => Event::QueryRun(query),
            Work::Evidence(found) => Event::EvidenceFound(found),
            Work::Review(review) => Event::ReviewReturned(review),
            Work::Drafts(weighed) => Event::DraftsWeighed(weighed),
            Work::Civility(measured) => Event::CivilityMeasured(measured),
            Work::Routed(routed) => Event::CallRouted(routed),
        }
    }
}

impl Event {
    /// Whether the event is shown as done only after it is committed: speeches, ballots and results.
    #[must_use]
    pub fn needs_commit(&self) -> bool {
        matches!(
            self,
            Event::DebateOpened(_)
                | Event::SpeechDelivered(_)
                | Event::BallotReturned { .. }
                | Event::BallotVoided { .. }
                | Event::ResultRecorded(_)
                | Event::DebateClosed
        )
    }
}

/// An event with its place in the log. `(debate, seq)` is unique; `seq` counts from 0 without gaps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub debate: DebateId,
    pub seq: u64,
    /// RFC 3339, for display only.
    pub at: String,
    #[serde(flatten)]
    pub event: Event,
}
