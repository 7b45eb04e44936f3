//! `rhetor models`: list what can be run, and fetch a model.

use crate::cli::arguments::ModelsCommand;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::engine::command::Command;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::interrupt::told_to_end;
use crate::engine::publish::{JobProgress, JobState, Published};
use crate::model::registry::ModelPlace;

/// Runs one of the model commands.
///
/// # Errors
/// An unknown model, or a pull that failed.
pub async fn models(
    engine: &EngineHandle,
    command: ModelsCommand,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    match command {
        ModelsCommand::List => {
            list(engine, output);
            Ok(ExitStatus::Done)
        }
        ModelsCommand::Pull { name } => pull(engine, &name, output).await,
    }
}

fn list(engine: &EngineHandle, output: &mut Output) {
    let models = engine.queries().models();
    if output.json {
        return output.document(&models);
    }
    for model in models {
        let place = match model.place {
            ModelPlace::Here => "here",
            ModelPlace::Catalogue => "to pull",
        };
        output.line(&format!("{:<40} {place:<8} {:>6} MB  {}", model.name, model.size / 1_000_000, model.about));
    }
    let settings = &engine.queries().library().config().endpoints;
    let endpoints = engine.queries().registry().endpoints();
    for endpoint in endpoints.values().filter(|endpoint| settings.contains_key(endpoint.name())) {
        output.line(&format!("{:<40} {:<8} {}", format!("{}/MODEL", endpoint.name()), "remote", endpoint.base_url()));
    }
}

async fn pull(engine: &EngineHandle, name: &str, output: &mut Output) -> Result<ExitStatus, EngineError> {
    let mut subscription = engine.subscribe();
    engine.submit(Command::Pull { model: name.to_owned() }).await?;
    let mut interrupted = false;
    loop {
        tokio::select! {
            message = subscription.next() => match message? {
                Some(Published::Job(progress)) => {
                    if output.json {
                        output.document(&progress);
                    }
                    match &progress.state {
                        JobState::Running => output.progress(&line(&progress)),
                        JobState::Finished => {
                            if !output.json {
                                output.line(&format!("{name} is here."));
                            }
                            return Ok(ExitStatus::Done);
                        }
                        JobState::Cancelled => {
                            output.note(&format!("stopped; `rhetor models pull {name}` goes on from here"));
                            return Ok(ExitStatus::Interrupted);
                        }
                        JobState::Failed(reason) => return Err(EngineError::Failed(reason.clone())),
                    }
                }
                Some(_) => {}
                None => return Err(EngineError::Gone),
            },
            () = told_to_end(), if !interrupted => {
                interrupted = true;
                engine.submit(Command::CancelPull { model: name.to_owned() }).await?;
            }
        }
    }
}

fn line(progress: &JobProgress) -> String {
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    match progress.total.filter(|total| *total > 0) {
        Some(total) => format!(
            "{} · {:.1}/{:.1} MB · {:.0} %",
            progress.note,
            megabytes(progress.done),
            megabytes(total),
            progress.done as f64 / total as f64 * 100.0
        ),
        None => format!("{} · {:.1} MB", progress.note, megabytes(progress.done)),
    }
}
