//! What can be typed after `rhetor`.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::builder::TypedValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::audit::docket::Suite;
use crate::cli::brief::BriefArguments;
use crate::cli::clinic::ClinicArguments;
use crate::cli::coach::SideName;
use crate::cli::config::ConfigCommand;
use crate::cli::evidence::EvidenceCommand;
use crate::cli::judge::JudgeCommand;
use crate::cli::ladder::LadderArguments;
use crate::cli::people::PeopleArguments;
use crate::cli::study::StudyCommand;
use crate::cli::tournament::TournamentCommand;
use crate::domain::motion::Category;
use crate::domain::usage::Ceilings;
use crate::engine::export::ExportFormat;

/// A debate arena in the terminal.
///
/// Without a command it opens the screen.
#[derive(Debug, Parser)]
#[command(name = "rhetor", version, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 wrong use, 3 stopped by a budget, 130 interrupted.")]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Subcommands>,
    /// Print JSON: one document, or JSON Lines where a command streams.
    #[arg(long, global = true)]
    pub json: bool,
    /// Keep everything in this folder instead of the usual places.
    #[arg(long, global = true, env = "RHETOR_HOME", value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Print for screen readers and pipes: words instead of signs, no colour, nothing that is written over. Without a command it
    /// reads commands line by line.
    #[arg(long, global = true)]
    pub plain: bool,
    #[command(flatten)]
    pub screen: ScreenOptions,
}

impl Arguments {
    /// Whether the screen is wanted and there is a terminal for it.
    #[must_use]
    pub fn wants_screen(&self) -> bool {
        let wanted = match &self.command {
            None => true,
            Some(Subcommands::Tournament(command)) => command.is_watched(),
            Some(Subcommands::Judge(command)) => matches!(command, JudgeCommand::Blind(_)),
            Some(_) => false,
        };
        wanted && !self.plain && io::stdout().is_terminal() && io::stdin().is_terminal()
    }
}

/// How the screen looks.
#[derive(Clone, Debug, Default, Args)]
pub struct ScreenOptions {
    /// The screen's theme.
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// Keep the screen still: no spinners.
    #[arg(long)]
    pub reduced_motion: bool,
}

#[derive(Debug, Subcommand)]
pub enum Subcommands {
    /// Run a debate and print it as it happens.
    Debate(DebateArguments),
    /// Go on with an unfinished debate.
    Resume {
        /// An id, a unique beginning of one, or `last`.
        #[arg(default_value = "last")]
        id: String,
        #[command(flatten)]
        ceilings: CeilingArguments,
    },
    /// List debates, the newest first.
    History {
        /// Only debates in which these words occur.
        #[arg(long, value_name = "WORDS")]
        search: Option<String>,
        /// The most debates to list.
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
    },
    /// Print a debate.
    Show {
        #[arg(default_value = "last")]
        id: String,
    },
    /// Print a debate again, event by event.
    Replay {
        #[arg(default_value = "last")]
        id: String,
    },
    /// Write a debate as a document.
    Export {
        #[arg(default_value = "last")]
        id: String,
        #[arg(long, value_enum, default_value_t = DocumentKind::Md)]
        to: DocumentKind,
        /// The file to write; standard output without it.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Delete old closed debates. Ladders keep their results.
    Prune {
        /// Only debates opened before this day, for instance 2026-01-31.
        #[arg(long, value_name = "DAY")]
        before: String,
        /// Unfinished debates too.
        #[arg(long)]
        unfinished: bool,
    },
    /// Copy the database to a file.
    Backup { file: PathBuf },
    /// The motions.
    #[command(subcommand)]
    Motions(MotionsCommand),
    /// The models.
    #[command(subcommand)]
    Models(ModelsCommand),
    /// The evidence library: sources that debates search.
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Prepare for a motion: a short essay with the claims of both sides and the evidence for each, the most convincing first.
    ///
    /// The same sources, the same ranking: what the judge has compared is kept and never compared again.
    Brief(BriefArguments),
    /// Who debates better, how sure that is, and what is not known.
    Ladder(LadderArguments),
    /// How far to trust a judge.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Hold judging sessions, and take verdicts apart.
    #[command(subcommand)]
    Judge(JudgeCommand),
    /// What a side can learn from a debate: where it lost, what it left unanswered, what it said twice.
    Coach {
        /// A debate's id, a unique beginning of one, or `last`.
        #[arg(default_value = "last", value_name = "ID")]
        id: String,
        /// Whose side; without it the side of a person, else the one that lost.
        #[arg(long, value_enum)]
        side: Option<SideName>,
    },
    /// Tournaments of teams, from a plan to a table.
    #[command(subcommand)]
    Tournament(TournamentCommand),
    /// How far debates moved the people who held them.
    Study {
        #[command(subcommand)]
        command: Option<StudyCommand>,
    },
    /// What is configured, what answers, and what to do next.
    Doctor {
        /// Write what a report of a fault needs into one text file: no keys, no speeches, no motions.
        #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "rhetor-report.txt")]
        bundle: Option<PathBuf>,
    },
    /// Print every setting in force and where it comes from, or change one.
    Config {
        #[command(subcommand)]
        command: Option<ConfigCommand>,
    },
    /// Print a completion script for a shell.
    Completions { shell: clap_complete::Shell },
    /// Print the manual page.
    Man {
        /// Write a page for each command into this folder instead.
        #[arg(long, short, value_name = "FOLDER")]
        output: Option<PathBuf>,
    },
}

/// The most that a debate may use.
#[derive(Clone, Copy, Debug, Args)]
pub struct CeilingArguments {
    /// The most tokens the debate may use.
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<u64>,
    /// The most dollars the debate may cost.
    #[arg(long, value_name = "DOLLARS")]
    pub max_dollars: Option<f64>,
}

impl From<CeilingArguments> for Ceilings {
    fn from(given: CeilingArguments) -> Ceilings {
        Ceilings { tokens: given.max_tokens, dollars: given.max_dollars }
    }
}

/// A debate to run.
#[derive(Debug, Args)]
pub struct DebateArguments {
    /// A motion's id, or a sentence of your own.
    #[arg(long, value_name = "ID|TEXT")]
    pub motion: String,
    /// The proposition: TEAM, TEAM@MODEL or MODEL.
    #[arg(long, value_name = "TEAM")]
    pub pro: Option<String>,
    /// The opposition: TEAM, TEAM@MODEL or MODEL.
    #[arg(long, value_name = "TEAM")]
    pub con: Option<String>,
    /// Who sits where a format has more than two teams, for instance closing-government=solo@MODEL. May be given more than once; a
    /// seat that is not named takes its side's team.
    #[arg(long = "seat", value_name = "SEAT=TEAM", value_parser = seat)]
    pub seats: Vec<(String, String)>,
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// A judge; may be given more than once.
    #[arg(long = "judge", value_name = "RECIPE@MODEL")]
    pub judges: Vec<String>,
    /// Nobody judges.
    #[arg(long, conflicts_with = "judges")]
    pub no_judge: bool,
    /// What the Searchers may use: a folder of text and Markdown files, @library, @web, @all for both, or @none.
    ///
    /// Without it they use the evidence library, if it holds anything.
    #[arg(long, value_name = "DIR")]
    pub evidence: Option<String>,
    /// The seed of every draw; the same seed gives the same debate on the same build and machine.
    #[arg(long)]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub ceilings: CeilingArguments,
    #[command(flatten)]
    pub people: PeopleArguments,
}

fn seat(given: &str) -> Result<(String, String), String> {
    match given.split_once('=') {
        Some((seat, team)) if !seat.trim().is_empty() && !team.trim().is_empty() => {
            Ok((seat.trim().to_owned(), team.trim().to_owned()))
        }
        _ => Err("write SEAT=TEAM, for instance closing-government=solo".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
pub enum MotionsCommand {
    /// List motions.
    List {
        #[arg(long, value_enum)]
        category: Option<CategoryName>,
        /// Only motions with this tag.
        #[arg(long)]
        tag: Option<String>,
    },
    /// Print one motion with its context and burdens.
    Show { id: String },
    /// Add a motion of your own.
    Add {
        /// The motion, one sentence.
        text: String,
        #[arg(long, value_enum)]
        category: CategoryName,
        #[arg(long)]
        id: Option<String>,
        #[arg(long, default_value = "")]
        context: String,
        /// What the proposition has to show.
        #[arg(long, default_value = "")]
        proposition: String,
        /// What the opposition has to show.
        #[arg(long, default_value = "")]
        opposition: String,
        #[arg(long = "tag")]
        tags: Vec<String>,
    },
    /// Find or make the motion behind a vague wish, in at most five questions: each is the one that is expected to tell the most.
    Clinic(ClinicArguments),
    /// Add motions from a file: JSON Lines, TOML, or one motion a line.
    Import {
        file: PathBuf,
        /// Put all of them into this category instead of guessing from their wording.
        #[arg(long, value_enum)]
        category: Option<CategoryName>,
    },
}

#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the models of the catalogue and of the model folder.
    List,
    /// Fetch a model; goes on where an earlier pull stopped.
    Pull { name: String },
    /// Turn texts into vectors, one JSON line each: by an encoder, or by the hidden states of any model on this machine.
    Embed(EmbedArguments),
    /// Measure how fast a model reads and writes here, and what memory it takes; `list` shows it from then on.
    Bench {
        /// A model of `rhetor models list`, or a GGUF file.
        name: String,
        /// Each figure is the median of so many rounds.
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
        rounds: u16,
        /// Measure judging instead: a debate of six speeches over three dimensions and both orders of the letters.
        #[arg(long)]
        judging: bool,
        /// Measure a panel of three recipes, too.
        #[arg(long, requires = "judging")]
        panel: bool,
        /// A llama.cpp server that has loaded the same file: the same questions are put to it.
        #[arg(long, requires = "judging", value_name = "URL")]
        server: Option<String>,
    },
    /// Compare a model's next-token probabilities with those of a llama.cpp server that has loaded the same file.
    ///
    /// Exits with 1 if the two split the text into other tokens, or if at more than 1 % of the positions our most likely
    /// token is more than 0.5 nats less likely at the server than its own.
    Compare {
        /// A model of `rhetor models list`, or a GGUF file.
        name: String,
        /// The server's address, for instance http://127.0.0.1:8080.
        #[arg(long, value_name = "URL")]
        server: String,
        /// How many positions of an English text are compared.
        #[arg(long, default_value_t = 256, value_name = "N", value_parser = clap::value_parser!(u16).range(200..=2000))]
        positions: u16,
    },
}

/// Texts to embed.
#[derive(Debug, Args)]
pub struct EmbedArguments {
    /// A model of `rhetor models list`, a GGUF file, or a folder with config.json.
    pub name: String,
    /// The texts; `-` reads them from standard input, one a line.
    #[arg(required = true, value_name = "TEXT")]
    pub texts: Vec<String>,
    /// Take the hidden states behind this layer, from 0 on; without it behind the last norm.
    #[arg(long, value_name = "N")]
    pub layer: Option<usize>,
    /// Have this read before each text; it is no part of the vector.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub before: String,
    /// Print how alike each two texts are, the most alike first: the cosine of their vectors.
    #[arg(long)]
    pub similar: bool,
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Compare a judge with people's labels, and try to fool it.
    ///
    /// Every judgement is kept, so an audit that was stopped goes on where it was. Without --data and --suite all suites run.
    Judge(AuditArguments),
}

/// A judge to audit.
#[derive(Debug, Args)]
pub struct AuditArguments {
    #[arg(value_name = "RECIPE@MODEL")]
    pub judge: String,
    /// A file of labelled cases, JSON Lines; may be given more than once.
    ///
    /// Pairs: {"topic" or "context", "a", "b", "label": a|b|tie}. Debates: {"motion", "speeches": [{"side", "text"}], "winner"}.
    /// Best of n: {"prompt", "chosen": [], "rejected": []}. Single answers: {"question", "answer", "correct": true|false}.
    #[arg(long, value_name = "FILE")]
    pub data: Vec<PathBuf>,
    /// Try to fool the judge: with strings that say nothing, with orders to it, with order and length; or see what more samples
    /// of a judge that writes are worth on --data. May be given more than once.
    #[arg(long = "suite", value_enum, value_name = "NAME")]
    pub suites: Vec<SuiteName>,
    /// The most cases of each file, drawn in proportion to its groups, and the most arguments that suites use.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..).map(|n| n as usize))]
    pub sample: Option<usize>,
    /// The seed of samples, intervals and the judge's draws.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Write a certificate here, TOML: put into certificates/ of the config folder, it stands beside every verdict.
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// The form of the report; --json prints JSON.
    #[arg(long, value_enum, default_value_t = ReportKind::Text)]
    pub to: ReportKind,
    /// The file to write; standard output without it.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SuiteName {
    MasterKeys,
    Injection,
    Bias,
    Scaling,
}

impl From<SuiteName> for Suite {
    fn from(name: SuiteName) -> Suite {
        match name {
            SuiteName::MasterKeys => Suite::MasterKeys,
            SuiteName::Injection => Suite::Injection,
            SuiteName::Bias => Suite::Bias,
            SuiteName::Scaling => Suite::Scaling,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ReportKind {
    Text,
    Html,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DocumentKind {
    Md,
    Html,
    Json,
}

impl From<DocumentKind> for ExportFormat {
    fn from(kind: DocumentKind) -> ExportFormat {
        match kind {
            DocumentKind::Md => ExportFormat::Markdown,
            DocumentKind::Html => ExportFormat::Html,
            DocumentKind::Json => ExportFormat::Json,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum CategoryName {
    Fact,
    Value,
    Policy,
    Creative,
}

impl From<CategoryName> for Category {
    fn from(name: CategoryName) -> Category {
        match name {
            CategoryName::Fact => Category::Fact,
            CategoryName::Value => Category::Value,
            CategoryName::Policy => Category::Policy,
            CategoryName::Creative => Category::Creative,
        }
    }
}
