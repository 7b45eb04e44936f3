//! Sends each command to its file, and turns errors into one sentence and an exit code.

use std::path::PathBuf;

use crate::cli::arguments::{Arguments, AuditCommand, Subcommands};
use crate::cli::judge::JudgeCommand;
use crate::cli::narrate::Detail;
use crate::cli::output::{Output, complain};
use crate::cli::setup::engine;
use crate::cli::tournament::Begun;
use crate::cli::{
    ExitStatus, audit, brief, coach, config, debate, doctor, evidence, history, judge, ladder, models, motions, pages,
    plain, replay, study, tournament,
};
use crate::domain::tournament::TournamentId;
use crate::engine::command::Command;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::session::blind::BlindRequest;
use crate::engine::tournament::RunSettings;

/// What `rhetor` prints where it has no terminal to open its screen in.
const WITHOUT_TERMINAL: &str = "rhetor opens its screen in a terminal, and this is none. To run a debate here:\n\n    \
    rhetor debate --motion single-use-plastics\n\n\
    `rhetor motions list` shows the motions, `rhetor models list` the models, `rhetor --help` everything else.";

/// Runs a command, and prints its error as one sentence.
pub async fn run(arguments: Arguments) -> ExitStatus {
    let mut output = Output::new(arguments.json).plainly(arguments.plain);
    if arguments.command.is_none() && !arguments.plain {
        output.line(WITHOUT_TERMINAL);
        return ExitStatus::WrongUse;
    }
    let result = match arguments.command.as_ref().and_then(|command| aside(&arguments.home, command, &mut output)) {
        Some(result) => result,
        None => with_engine(arguments.home, arguments.command, &mut output).await,
    };
    result.unwrap_or_else(|error| {
        complain(&error.to_string());
        ExitStatus::of(&error)
    })
}

/// Answers one command where an engine is there already.
///
/// # Errors
/// Those of the command.
pub async fn answer(
    engine: &EngineHandle,
    home: Option<PathBuf>,
    command: Subcommands,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    match aside(&home, &command, output) {
        Some(result) => result,
        None => perform(engine, command, output).await,
    }
}

/// Answers a command that needs no engine; `None` for the others.
fn aside(
    home: &Option<PathBuf>,
    command: &Subcommands,
    output: &mut Output,
) -> Option<Result<ExitStatus, EngineError>> {
    Some(match command {
        Subcommands::Config { command } => config::config(home.clone(), command.as_ref(), output),
        Subcommands::Completions { shell } => Ok(pages::completions(*shell, output)),
        Subcommands::Man { output: folder } => pages::man(folder.as_deref(), output),
        _ => return None,
    })
}

/// Runs a command with an engine of its own; without a command it listens for commands.
async fn with_engine(
    home: Option<PathBuf>,
    command: Option<Subcommands>,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let engine = engine(home)?;
    let result = match command {
        Some(command) => perform(&engine, command, output).await,
        None => Box::pin(plain::listen(&engine, output)).await,
    };
    // What is queued gets written, whatever the command came to.
    let closed = engine.submit(Command::Shutdown).await;
    result.and_then(|status| closed.map(|_| status))
}

/// What the screen opens on.
#[derive(Debug)]
pub enum Wanted {
    Tournament(TournamentId, RunSettings),
    Blind(BlindRequest),
}

/// Does what comes before a screen that opens on a tournament or a judging session.
///
/// # Errors
/// The exit code of a command that failed, which was said, or that needs no screen.
pub async fn watched(engine: &EngineHandle, command: Subcommands) -> Result<Wanted, ExitStatus> {
    let mut output = Output::new(false);
    let begun = match command {
        Subcommands::Tournament(command) => tournament::watched(engine, command, &mut output).await,
        Subcommands::Judge(JudgeCommand::Blind(arguments)) => match judge::blind(engine, arguments) {
            Ok(request) => return Ok(Wanted::Blind(request)),
            Err(error) => Err(error),
        },
        command => perform(engine, command, &mut output).await.map(Begun::Not),
    };
    let status = match begun {
        Ok(Begun::As(id, settings)) => return Ok(Wanted::Tournament(id, settings)),
        Ok(Begun::Not(status)) => status,
        Err(error) => {
            complain(&error.to_string());
            ExitStatus::of(&error)
        }
    };
    // Nothing runs yet that could be lost.
    drop(engine.submit(Command::Shutdown).await);
    Err(status)
}

async fn perform(engine: &EngineHandle, command: Subcommands, output: &mut Output) -> Result<ExitStatus, EngineError> {
    match command {
        Subcommands::Debate(arguments) => debate::debate(engine, arguments, output).await,
        Subcommands::Resume { id, ceilings } => debate::resume(engine, &id, ceilings.into(), output).await,
        Subcommands::History { search, limit } => history::list(engine, search, limit, output),
        Subcommands::Show { id } => replay::tell(engine, &id, Detail::Speeches, output),
        Subcommands::Replay { id } => replay::tell(engine, &id, Detail::Work, output),
        Subcommands::Export { id, to, output: file } => replay::export(engine, &id, to.into(), file.as_deref(), output),
        Subcommands::Prune { before, unfinished } => history::prune(engine, &before, unfinished, output).await,
        Subcommands::Backup { file } => history::backup(engine, &file, output),
        Subcommands::Motions(command) => motions::motions(engine, command, output).await,
        Subcommands::Models(command) => models::models(engine, command, output).await,
        Subcommands::Evidence(command) => evidence::evidence(engine, command, output).await,
        Subcommands::Brief(arguments) => brief::brief(engine, arguments, output).await,
        Subcommands::Ladder(arguments) => ladder::ladder(engine, arguments, output),
        Subcommands::Audit(AuditCommand::Judge(arguments)) => audit::judge(engine, arguments, output).await,
        Subcommands::Coach { id, side } => coach::coach(engine, &id, side, output),
        Subcommands::Judge(command) => judge::judge(engine, command, output).await,
        Subcommands::Tournament(command) => tournament::tournament(engine, command, output).await,
        Subcommands::Study { command } => study::study(engine, command, output).await,
        Subcommands::Doctor { bundle: Some(file) } => doctor::bundle(engine, &file, output).await,
        Subcommands::Doctor { bundle: None } => Ok(doctor::doctor(engine, output).await),
        // Answered before an engine was needed.
        Subcommands::Config { .. } | Subcommands::Completions { .. } | Subcommands::Man { .. } => Ok(ExitStatus::Done),
    }
}
