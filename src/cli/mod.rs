//! The command line: everything that the screen does, for scripts. One file for each command.
//!
//! Results go to standard output, progress and errors to standard error. `--json` prints one document, or JSON Lines
//! where a command streams.

mod amounts;
pub mod arguments;
mod audit;
mod brief;
mod clinic;
mod coach;
mod config;
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
mod pages;
mod people;
mod plain;
mod replay;
mod run;
pub mod serve;
mod setup;
mod spoken;
mod study;
mod tournament;
mod turns;

pub use exit::ExitStatus;
pub use output::complain;
pub use run::{Wanted, run, watched};
pub use setup::engine;
