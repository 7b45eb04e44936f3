//! `rhetor tournament`: plans, runs and reports.

mod plan;
mod report;
mod run;

pub use run::Begun;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::domain::tournament::{Concurrency, Kind, TournamentCeilings};
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;

#[derive(Debug, Subcommand)]
pub enum TournamentCommand {
    /// Say what a tournament would be: its matches, calls, tokens, cost and time. Nothing starts, nothing is kept.
    ///
    /// The file's keys: kind, players, motions; name, motions_per_meeting, sides ("balanced" or "both"), rounds, format, judges,
    /// evidence, seed, attempts, questions. Its tables: ceilings (tokens, dollars, minutes), match_ceilings (tokens, dollars),
    /// concurrency (matches, local, endpoint), newcomer (player, confidence, meetings, ratings).
    Plan(PlanArguments),
    /// Plan a tournament and run it.
    ///
    /// It is kept match by match: killed or stopped, `rhetor tournament resume` goes on in the middle of a debate. A second
    /// process may resume it at the same time; no match is played twice. Each process counts what the tournament has used
    /// when it begins and what it uses itself.
    Run(RunArguments),
    /// Go on with a tournament that was stopped or killed.
    Resume {
        /// A name, an id, a unique beginning of one, or `last`.
        #[arg(default_value = "last", value_name = "ID")]
        id: String,
        /// Try parked matches again.
        #[arg(long)]
        parked: bool,
        /// Open the screen on it.
        #[arg(long)]
        watch: bool,
        #[command(flatten)]
        limits: LimitArguments,
    },
    /// Ask whatever process runs a tournament to stop after its running matches.
    Stop {
        #[arg(default_value = "last", value_name = "ID")]
        id: String,
        /// Stop the running matches, too; they go on later where they were.
        #[arg(long)]
        now: bool,
    },
    /// How a tournament stands.
    Status {
        #[arg(default_value = "last", value_name = "ID")]
        id: String,
    },
    /// The table, the ladder with its intervals and cautions, and who took what from whom.
    Report {
        #[arg(default_value = "last", value_name = "ID")]
        id: String,
        #[arg(long, value_enum, default_value_t = ReportForm::Text)]
        to: ReportForm,
        /// The file to write; standard output without it.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// List tournaments, the newest first.
    List,
}

/// A tournament: a file, flags, or a file under flags.
#[derive(Debug, Args)]
pub struct PlanArguments {
    /// A tournament's file, TOML. What flags say goes before it.
    pub file: Option<PathBuf>,
    #[arg(long, value_enum)]
    pub kind: Option<KindName>,
    /// A player: TEAM, TEAM@MODEL or MODEL; given once for each.
    #[arg(long = "player", value_name = "TEAM")]
    pub players: Vec<String>,
    /// A motion's id, or a sentence of your own; may be given more than once.
    #[arg(long = "motion", value_name = "ID|TEXT")]
    pub motions: Vec<String>,
    /// Of the kind qa: a file with a {"question", "answer"} on each line.
    #[arg(long, value_name = "FILE")]
    pub questions: Option<String>,
    /// What the tournament is called.
    #[arg(long)]
    pub name: Option<String>,
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// A judge; may be given more than once.
    #[arg(long = "judge", value_name = "RECIPE@MODEL")]
    pub judges: Vec<String>,
    /// A folder of text and Markdown files that the Searchers may use.
    #[arg(long, value_name = "DIR")]
    pub evidence: Option<String>,
    /// The seed of every draw; the same seed gives the same pairs and debates.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Whoever meets debates each motion twice, the sides swapped.
    #[arg(long)]
    pub both_sides: bool,
    /// The motions of one meeting.
    #[arg(long, value_name = "N")]
    pub motions_per_meeting: Option<usize>,
    /// The rounds of a Swiss tournament.
    #[arg(long, value_name = "N")]
    pub rounds: Option<usize>,
    /// The player who is new, in a tournament of that kind.
    #[arg(long, value_name = "TEAM")]
    pub newcomer: Option<String>,
    #[command(flatten)]
    pub limits: LimitArguments,
}

/// A tournament to run.
#[derive(Debug, Args)]
pub struct RunArguments {
    #[command(flatten)]
    pub plan: PlanArguments,
    /// Start without asking, whatever it may cost.
    #[arg(long, short)]
    pub yes: bool,
    /// Open the screen on it: the matches, what is said in them, the ladder.
    #[arg(long)]
    pub watch: bool,
}

/// The most that a tournament may use.
#[derive(Clone, Copy, Debug, Args)]
pub struct LimitArguments {
    /// The most tokens that the whole tournament may use.
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<u64>,
    /// The most dollars that the whole tournament may cost.
    #[arg(long, value_name = "DOLLARS")]
    pub max_dollars: Option<f64>,
    /// The most minutes that this run may take.
    #[arg(long, value_name = "MINUTES")]
    pub max_minutes: Option<f64>,
    /// Matches at the same time.
    #[arg(long, value_name = "N")]
    pub matches: Option<usize>,
    /// Matches at the same time that use a model on this machine.
    #[arg(long, value_name = "N")]
    pub local: Option<usize>,
    /// Matches at the same time that use one endpoint.
    #[arg(long, value_name = "N")]
    pub endpoint: Option<usize>,
}

impl LimitArguments {
    /// How many matches run at the same time: as given here, else as planned.
    fn over(self, planned: Concurrency) -> Concurrency {
        Concurrency {
            matches: self.matches.unwrap_or(planned.matches),
            local: self.local.unwrap_or(planned.local),
            endpoint: self.endpoint.unwrap_or(planned.endpoint),
        }
    }

    /// What is wrong with what was given, as a sentence.
    fn problem(self) -> Option<String> {
        TournamentCeilings::from(self).problem().or_else(|| self.over(Concurrency::default()).problem())
    }
}

impl From<LimitArguments> for TournamentCeilings {
    fn from(given: LimitArguments) -> TournamentCeilings {
        TournamentCeilings { tokens: given.max_tokens, dollars: given.max_dollars, minutes: given.max_minutes }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum KindName {
    RoundRobin,
    DoubleRoundRobin,
    Swiss,
    KnockOut,
    Newcomer,
    Qa,
}

impl From<KindName> for Kind {
    fn from(name: KindName) -> Kind {
        match name {
            KindName::RoundRobin => Kind::RoundRobin,
            KindName::DoubleRoundRobin => Kind::DoubleRoundRobin,
            KindName::Swiss => Kind::Swiss,
            KindName::KnockOut => Kind::KnockOut,
            KindName::Newcomer => Kind::Newcomer,
            KindName::Qa => Kind::Qa,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportForm {
    Text,
    Md,
    Json,
    /// One page with the transcripts; it needs no network.
    Html,
}

impl TournamentCommand {
    /// Whether the screen is to open on it.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        match self {
            TournamentCommand::Run(arguments) => arguments.watch,
            TournamentCommand::Resume { watch, .. } => *watch,
            _ => false,
        }
    }
}

/// The tournament that a command wants to watch; nothing if the user did not agree to what it costs.
///
/// # Errors
/// As [`tournament`].
pub async fn watched(
    engine: &EngineHandle,
    command: TournamentCommand,
    output: &mut Output,
) -> Result<Begun, EngineError> {
    match command {
        TournamentCommand::Run(arguments) => run::begun(engine, arguments, output).await,
        TournamentCommand::Resume { id, parked, limits, .. } => {
            let (id, settings) = run::resumed(engine, &id, parked, limits, output).await?;
            Ok(Begun::As(id, settings))
        }
        command => tournament(engine, command, output).await.map(Begun::Not),
    }
}

/// Runs one of the tournament commands.
///
/// # Errors
/// A plan that contradicts itself, a name that means nothing, a store that cannot be used.
pub async fn tournament(
    engine: &EngineHandle,
    command: TournamentCommand,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    match command {
        TournamentCommand::Plan(arguments) => plan::plan(engine, arguments, output).await,
        TournamentCommand::Run(arguments) => run::run(engine, arguments, output).await,
        TournamentCommand::Resume { id, parked, limits, .. } => run::resume(engine, &id, parked, limits, output).await,
        TournamentCommand::Stop { id, now } => run::stop(engine, &id, now, output).await,
        TournamentCommand::Status { id } => report::status(engine, &id, output),
        TournamentCommand::Report { id, to, output: file } => report::report(engine, &id, to, file.as_deref(), output),
        TournamentCommand::List => report::list(engine, output),
    }
}
