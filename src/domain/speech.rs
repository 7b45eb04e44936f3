//! Speeches, and the work of a team that leads to one.

use serde::{Deserialize, Serialize};

use crate::domain::evidence::{Citation, EvidenceItem};
use crate::domain::hash::ContentHash;
use crate::domain::seat::{Seat, Side, Visibility};
use crate::domain::team::Role;
use crate::domain::usage::Usage;

/// A delivered speech. Delivered means committed to the log: it is never taken back and never given twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speech {
    /// Which speech of the debate, from 0.
    pub speech: usize,
    pub stage: usize,
    pub seat: Seat,
    pub side: Side,
    /// Raw text. Only a sanitised form reaches a terminal.
    pub text: String,
    pub words: usize,
    /// Whether the text overran its limit and was cut at a sentence.
    pub cut: bool,
    pub citations: Vec<Citation>,
    pub visible_to: Visibility,
}

/// One finished call of a role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleSaid {
    pub speech: usize,
    pub seat: Seat,
    pub side: Side,
    pub role: Role,
    /// How many drafts the Reviewer had sent back when this was said.
    pub revision: u32,
    /// Counts the calls of this role in this speech and revision, from 0. Asking again counts, a restart does not.
    pub ask: u32,
    pub text: String,
    /// The model's private reasoning, if it gave any. Never part of a speech or a prompt.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reasoning: String,
    pub model: String,
    /// The stored request that was sent.
    pub request: ContentHash,
    pub usage: Usage,
    pub visible_to: Visibility,
}

/// One query that the Searcher ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueryRun {
    pub speech: usize,
    pub seat: Seat,
    pub side: Side,
    pub query: String,
    pub hits: usize,
    /// Whether it has the form of a query, 0 or 1, and the share of its content words that the best passage holds, 0 to 1 (two rewards
    /// of a tool's call, ToolRL, arXiv 2504.13958). `None` in logs from before it was scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct: Option<f64>,
}

/// The router's choice of a model for one call of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRouted {
    pub speech: usize,
    pub seat: Seat,
    pub side: Side,
    pub role: Role,
    pub revision: u32,
    pub ask: u32,
    pub model: String,
    /// A sentence.
    pub why: String,
}

/// Passages that were added to a side's evidence bag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvidenceFound {
    pub speech: usize,
    pub seat: Seat,
    pub side: Side,
    pub items: Vec<EvidenceItem>,
}

/// The Reviewer's decision on a draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReviewReturned {
    pub speech: usize,
    pub seat: Seat,
    pub side: Side,
    pub revision: u32,
    pub approved: bool,
    /// What the Writer should mend; empty when approved.
    pub notes: String,
    /// What a machine saw in the draft: places left open, citations of nothing, repetitions, contradictions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// Drafts of the Writer that a model of this machine weighed against each other (after MedS3, arXiv 2501.12051).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DraftsWeighed {
    pub speech: usize,
    pub seat: Seat,
    pub side: Side,
    pub revision: u32,
    /// The mean probability of each draft against the others, in the order in which they were written; none where no model
    /// could weigh them.
    pub scores: Vec<f64>,
    /// The draft that goes on, from 0.
    pub chosen: usize,
    /// `RECIPE@MODEL`; empty where nobody weighed.
    pub judge: String,
    pub usage: Usage,
}

/// How inappropriate a draft is, as a model of this machine finds it; and, of a rewrite, what became of the draft's content (after
/// arXiv 2406.03363).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CivilityMeasured {
    pub speech: usize,
    pub seat: Seat,
    pub side: Side,
    /// Probability that the text is out of place in a public debate, 0 to 1; `None` where no model here could tell.
    pub inappropriate: Option<f64>,
    /// Of a rewrite: the share of the draft's content words that it kept, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub similarity: Option<f64>,
    /// `MODEL`; empty where nobody measured.
    pub model: String,
    pub usage: Usage,
}

/// A step of a team's work on one speech.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    Role(RoleSaid),
    Query(QueryRun),
    Evidence(EvidenceFound),
    Review(ReviewReturned),
    Drafts(DraftsWeighed),
    Civility(CivilityMeasured),
    Routed(CallRouted),
}

impl Work {
    /// The speech that the step belongs to.
    #[must_use]
    pub fn speech(&self) -> usize {
        match self {
            Work::Role(said) => said.speech,
            Work::Query(query) => query.speech,
            Work::Evidence(found) => found.speech,
            Work::Review(review) => review.speech,
            Work::Drafts(weighed) => weighed.speech,
            Work::Civility(measured) => measured.speech,
            Work::Routed(routed) => routed.speech,
        }
    }
}
