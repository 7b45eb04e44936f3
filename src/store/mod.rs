//! The store: one SQLite file that holds every debate's log, the requests behind it, and what lists and ladders read.
//!
//! One owner thread writes and commits all that is queued as one group; readers have connections of their own. The
//! store knows events and keeps their order. It does not decide what may happen in a debate, reads no clock and
//! computes no hash: times and hashes come in as arguments.

mod answers;
mod append;
mod audience;
mod backup;
mod ballots;
mod batch;
mod census;
mod connect;
mod error;
mod evidence;
mod handle;
mod history;
mod judgements;
mod lease;
mod persuasions;
mod prune;
mod reader;
mod resolve;
mod schema;
mod search;
mod summary;
mod tournaments;
mod transaction;
mod web;
mod writer;

#[cfg(test)]
mod samples;

pub use batch::{Batch, StoredRequest};
pub use census::{Census, Step};
pub use error::StoreError;
pub use evidence::{KeptPassage, KeptSource, LibraryMark, StoredPassage, StoredSource};
pub use handle::Store;
pub use history::Filter;
pub use judgements::JudgementFilter;
pub use lease::{Holder, LEASE_STALE_MS, LeaseToken};
pub use persuasions::Forget;
pub use prune::Pruned;
pub use reader::{Reader, RecordedOutcome};
pub use search::{Fragment, Hit};
pub use summary::{DebateState, DebateSummary};
pub use tournaments::{Halt, StoredMatch, StoredTournament};
pub use web::StoredPage;
