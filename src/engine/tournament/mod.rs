//! Tournaments: drawn up from a plan, run match by match, told and reported.
//!
//! A match is a debate. Its id is fixed when the match is paired; the debate's own lease keeps two processes from running it,
//! its own log lets whoever comes next go on with it, and the match is done exactly when the log holds a result. So a
//! tournament keeps nothing of its own but its plan, its pairs, and what failed.

mod draw_up;
mod estimate;
mod field;
mod findings;
mod page;
mod report;
mod run;
mod told;

pub use crate::domain::usage::{Cost, Part};
pub use draw_up::DrawnUp;
pub use estimate::{TimeNeeded, TournamentEstimate};
pub use findings::Findings;
pub use report::{MatchReport, MatchState, PlayerReport, TournamentReport, TournamentState};
pub use run::{Ending, RunSettings};
pub use told::{Meeting, Told};
