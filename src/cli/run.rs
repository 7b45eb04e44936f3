//! Sends each command to its file, and turns errors into one sentence and an exit code.

use clap::CommandFactory;

use crate::cli::arguments::{Arguments, AuditCommand, Subcommands};
use crate::cli::narrate::Detail;
use crate::cli::output::{Output, complain};
use crate::cli::setup::engine;
use crate::cli::tournament::Begun;
use crate::cli::{
    ExitStatus, audit, debate, doctor, evidence, history, judge, ladder, models, motions, replay, tournament,
};
use crate::domain::tournament::TournamentId;
use crate::engine::command::Command;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::tournament::RunSettings;

/// What `rhetor` prints where it has no terminal to open its screen in.
const WITHOUT_TERMINAL: &str = "rhetor opens its screen in a terminal, and this is none. To run a debate here:\n\n    \
    rhetor debate --motion single-use-plastics\n\n\
    `rhetor motions list` shows the motions, `rhetor models list` the models, `rhetor --help` everything else.";

/// Runs a command, and prints its error as one sentence.
pub async fn run(arguments: Arguments) -> ExitStatus {
    let mut output = Output::new(arguments.json);
    let Some(command) = arguments.command else {
        output.line(WITHOUT_TERMINAL);
        return ExitStatus::WrongUse;
    };
    if let Subcommands::Completions { shell } = command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "rhetor", &mut script);
        output.text(&String::from_utf8_lossy(&script));
        return ExitStatus::Done;
    }
    let result = match engine(arguments.home) {
        Ok(engine) => {
            let result = perform(&engine, command, &mut output).await;
            // What is queued gets written, whatever the command came to.
            let closed = engine.submit(Command::Shutdown).await;
            result.and_then(|status| closed.map(|_| status))
        }
        Err(error) => Err(error),
    };
    result.unwrap_or_else(|error| {
        complain(&error.to_string());
        ExitStatus::of(&error)
    })
}

/// Does what comes before a screen that opens on a tournament.
///
/// # Errors
/// The exit code of a command that failed, which was said, or that needs no screen.
pub async fn watched(engine: &EngineHandle, command: Subcommands) -> Result<(TournamentId, RunSettings), ExitStatus> {
    let mut output = Output::new(false);
    let begun = match command {
        Subcommands::Tournament(command) => tournament::watched(engine, command, &mut output).await,
        command => perform(engine, command, &mut output).await.map(Begun::Not),
    };
    let status = match begun {
        Ok(Begun::As(id, settings)) => return Ok((id, settings)),
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
        Subcommands::Motions(command) => motions::motions(engine, command, output),
        Subcommands::Models(command) => models::models(engine, command, output).await,
        Subcommands::Evidence(command) => evidence::evidence(engine, command, output).await,
        Subcommands::Ladder(arguments) => ladder::ladder(engine, arguments, output),
        Subcommands::Audit(AuditCommand::Judge(arguments)) => audit::judge(engine, arguments, output).await,
        Subcommands::Judge(command) => judge::judge(engine, command, output).await,
        Subcommands::Tournament(command) => tournament::tournament(engine, command, output).await,
        Subcommands::Doctor => Ok(doctor::doctor(engine, output).await),
        // Answered before an engine was needed.
        Subcommands::Completions { .. } => Ok(ExitStatus::Done),
    }
}
