//! What a team needs next.

use crate::agent::ask::Ask;
use crate::domain::speech::ReviewReturned;

/// The next thing to do for a speech. Equal work gives an equal step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Ask a role. Its finished answer is recorded as `RoleSaid` with the ask's role, revision and number.
    Ask(Box<Ask>),
    /// Run these queries. Of each, the evidence is recorded before its `QueryRun`, which marks the query as done; a
    /// query that failed or found nothing is recorded with 0 hits.
    Search { queries: Vec<String> },
    /// Weigh these drafts against each other and record which goes on.
    Weigh { revision: u32, drafts: Vec<String> },
    /// Measure how inappropriate a text is, and of a rewrite how much of the draft it kept.
    Appraise { text: String, draft: Option<String> },
    /// Record the Reviewer's decision, read from what the Reviewer said.
    Review(ReviewReturned),
    /// Deliver the speech.
    Deliver(Draft),
    /// Stop: the Writer wrote nothing. A failure of the model, never a forfeit.
    Fail { reason: String },
}

/// A speech that is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub text: String,
    pub words: usize,
    /// Whether the text overran its words or its tokens and was cut at a sentence.
    pub cut: bool,
}
