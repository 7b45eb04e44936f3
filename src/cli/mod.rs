//! The command line: everything that the screen does, for scripts. One file for each command.
//!
//! Results go to standard output, progress and errors to standard error. `--json` prints one document, or JSON Lines
//! where a command streams.

mod amounts;
pub mod arguments;
mod audit;
mod debate;
mod dictate;
mod doctor;
mod embed;
mod evidence;
mod exit;
mod history;
mod judge;
mod ladder;
mod measure;
mod models;
mod motions;
mod narrate;
mod output;
mod replay;
mod run;
pub mod serve;
mod setup;
mod tournament;

pub use exit::ExitStatus;
pub use output::complain;
pub use run::{run, watched};
pub use setup::engine;
