//! The program: parses arguments, says how many threads models may use, and opens the screen or runs a command.

use std::process::ExitCode;

use clap::Parser;
use rhetor::cli::arguments::{Arguments, ScreenOptions};
use rhetor::cli::{self, ExitStatus, Wanted};
use rhetor::model::local::threads;
use rhetor::tui::{self, First, Opening};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let screen = arguments.wants_screen();
    threads::start(screen);
    let status = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => {
            let status = match screen {
                true => runtime.block_on(open_screen(arguments)),
                false => runtime.block_on(cli::run(arguments)),
            };
            // A model that is still being loaded holds nobody up.
            runtime.shutdown_background();
            status
        }
        Err(error) => {
            cli::complain(&format!("the runtime cannot start: {error}"));
            ExitStatus::Failed
        }
    };
    ExitCode::from(status.code())
}

/// Opens the screen. What can be gone on with is said after the terminal is the user's again.
async fn open_screen(arguments: Arguments) -> ExitStatus {
    let engine = match cli::engine(arguments.home) {
        Ok(engine) => engine,
        Err(error) => {
            cli::complain(&error.to_string());
            return ExitStatus::of(&error);
        }
    };
    let ScreenOptions { theme, reduced_motion: still } = arguments.screen;
    let first = match arguments.command {
        None => None,
        Some(command) => match cli::watched(&engine, command).await {
            Ok(Wanted::Tournament(id, settings)) => Some(First::Tournament(id, settings)),
            Ok(Wanted::Blind(request)) => Some(First::Judging(request)),
            Err(status) => return status,
        },
    };
    match tui::run(&engine, Opening { theme, still, first }).await {
        Ok(None) => ExitStatus::Done,
        Ok(Some(unfinished)) => {
            cli::complain(&unfinished);
            ExitStatus::Done
        }
        Err(error) => {
            cli::complain(&error.to_string());
            ExitStatus::Failed
        }
    }
}
