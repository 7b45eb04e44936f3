//! `rhetor judge`: judging sessions over files and stored debates, and what is in the store of them.

mod blind;
mod explain;
mod list;
mod people;
mod session;
mod table;
mod vote;

pub use blind::blind;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::arguments::CeilingArguments;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::domain::seat::Side;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;

#[derive(Debug, Subcommand)]
pub enum JudgeCommand {
    /// Judge debates and pairs of texts. What was judged before is not asked again.
    ///
    /// Reads rhetor's own exports (JSON, Markdown), Markdown with a heading for each speech, YAML as Debatrix has it, and
    /// JSON Lines: {"motion", "speeches": [{"side", "text", "stage"?}]} or {"topic", "a", "b", "contest"?}.
    Run(SessionArguments),
    /// List judgements, the newest first.
    List {
        /// Only of this judge.
        #[arg(long = "with", value_name = "JUDGE")]
        judge: Option<String>,
        /// The most judgements to list.
        #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// How a verdict came about, down to the quotes.
    Explain {
        /// A judgement's id, a unique beginning of one, `last`, or DEBATE#N for the N-th judge of a debate.
        #[arg(default_value = "last", value_name = "ID")]
        id: String,
    },
    /// Keep a ballot of your own beside those of the models.
    Vote(VoteArguments),
    /// Judge debates on the screen without seeing who spoke or what others decided. Leave when you like; the rest waits.
    Blind(BlindArguments),
    /// Who has judged, and how far they agree with the benches, each other and models.
    People,
}

/// A judging session.
#[derive(Debug, Args)]
pub struct SessionArguments {
    /// Files, folders, FILE:LINE, and stored debates by their ids or as `last`.
    #[arg(required = true, value_name = "PATH|ID")]
    pub what: Vec<String>,
    /// A judge; may be given more than once. Without it the configured one judges.
    #[arg(long = "with", value_name = "RECIPE@MODEL")]
    pub judges: Vec<String>,
    /// The seed of every draw; the same seed asks nothing twice.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    #[command(flatten)]
    pub ceilings: CeilingArguments,
    /// Write the session to a file that ends in .csv, .json or .md.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// A blind session.
#[derive(Debug, Args)]
pub struct BlindArguments {
    /// Files, folders, FILE:LINE, and stored debates by their ids; without any, all debates that only models spoke in.
    #[arg(value_name = "PATH|ID", conflicts_with = "tournament")]
    pub what: Vec<String>,
    /// The matches of this tournament.
    #[arg(long, value_name = "ID")]
    pub tournament: Option<String>,
    /// Who judges; asked for on the screen where it is not given.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

/// A person's ballot.
#[derive(Debug, Args)]
pub struct VoteArguments {
    /// A file with one debate, FILE:LINE, or a stored debate by its id or as `last`.
    #[arg(value_name = "PATH|ID")]
    pub what: String,
    #[arg(long, value_enum)]
    pub winner: WinnerName,
    /// How sure you are of the winner, in per cent.
    #[arg(long, default_value_t = 75, value_name = "50..100", value_parser = clap::value_parser!(u8).range(50..=100))]
    pub confidence: u8,
    /// Scores from 1 to 10 on a dimension, for instance argument=7:5; may be given more than once.
    #[arg(long = "score", value_name = "DIMENSION=PROPOSITION:OPPOSITION", value_parser = vote::score)]
    pub scores: Vec<(String, [f64; 2])>,
    /// Why; what you quote in it is looked up in the speeches.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub note: String,
    /// Who votes.
    #[arg(long, env = "USER", value_name = "NAME")]
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WinnerName {
    Proposition,
    Opposition,
    Tie,
}

impl From<WinnerName> for Option<Side> {
    fn from(name: WinnerName) -> Option<Side> {
        match name {
            WinnerName::Proposition => Some(Side::Proposition),
            WinnerName::Opposition => Some(Side::Opposition),
            WinnerName::Tie => None,
        }
    }
}

/// Runs one of the judging commands.
///
/// # Errors
/// A name that means nothing, a file that cannot be read, a model that fails.
pub async fn judge(
    engine: &EngineHandle,
    command: JudgeCommand,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    match command {
        JudgeCommand::Run(arguments) => session::run(engine, arguments, output).await,
        JudgeCommand::List { judge, limit } => list::list(engine, judge, limit as usize, output),
        JudgeCommand::Explain { id } => explain::explain(engine, &id, output),
        JudgeCommand::Vote(arguments) => vote::vote(engine, arguments, output).await,
        JudgeCommand::Blind(_) => Err(EngineError::Request(blind::WITHOUT_TERMINAL.to_owned())),
        JudgeCommand::People => people::people(engine, output),
    }
}
