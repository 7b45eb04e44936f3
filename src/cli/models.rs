//! `rhetor models`: list what can be run, fetch a model. Measuring one is in `measure`, embedding in `embed`.

use crate::cli::arguments::ModelsCommand;
use crate::cli::embed::embed;
use crate::cli::exit::ExitStatus;
use crate::cli::measure::{bench, compare, judging};
use crate::cli::output::Output;
use crate::engine::command::Command;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::interrupt::told_to_end;
use crate::engine::publish::{JobProgress, JobState, Published};
use crate::model::details::ModelDetails;
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
        ModelsCommand::Embed(arguments) => embed(engine, arguments, output).await,
        ModelsCommand::Bench { name, rounds, judging: false, .. } => bench(engine, &name, rounds, output).await,
        ModelsCommand::Bench { name, rounds, panel, server, .. } => {
            judging(engine, &name, rounds, panel, server.as_deref(), output).await
        }
        ModelsCommand::Compare { name, server, positions } => compare(engine, &name, &server, positions, output).await,
    }
}

fn list(engine: &EngineHandle, output: &mut Output) {
    let models = engine.queries().models();
    if output.json {
        return output.document(&models);
    }
    let settings = &engine.queries().library().config().endpoints;
    let endpoints = engine.queries().registry().endpoints().values();
    let endpoints = endpoints.filter(|endpoint| settings.contains_key(endpoint.name()));
    let mut rows = vec![HEADING.map(str::to_owned)];
    rows.extend(models.iter().map(row));
    rows.extend(endpoints.map(|endpoint| {
        let mut row = [""; COLUMNS].map(str::to_owned);
        row[0] = format!("{}/MODEL", endpoint.name());
        row[1] = "remote".to_owned();
        row[COLUMNS - 1] = endpoint.base_url().to_string();
        row
    }));
    for line in table(&rows) {
        output.line(&line);
    }
}

const COLUMNS: usize = 7;
const HEADING: [&str; COLUMNS] = ["NAME", "PLACE", "SIZE", "CONTEXT", "MEMORY", "READS/WRITES", "ABOUT"];
/// Columns of figures stand at the right.
const FIGURES: [bool; COLUMNS] = [false, false, true, true, true, true, false];

/// Speeds are tokens a second.
fn row(model: &ModelDetails) -> [String; COLUMNS] {
    let listing = &model.listing;
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let speed = match (&model.speed, listing.place) {
        (Some(measured), _) => {
            let speed = &measured.speed;
            format!("{:.0}/{:.1} /s", speed.prefill_tokens_per_s, speed.decode_tokens_per_s)
        }
        (None, ModelPlace::Here) if model.problem.is_none() => "not measured".to_owned(),
        _ => "-".to_owned(),
    };
    let place = match listing.place {
        ModelPlace::Here => "here",
        ModelPlace::Catalogue => "to pull",
    };
    [
        listing.name.clone(),
        place.to_owned(),
        format!("{} MB", listing.size / 1_000_000),
        or_dash(model.context.map(|tokens| tokens.to_string())),
        or_dash(model.memory.map(|bytes| format!("{:.1} GB", bytes as f64 / 1e9))),
        speed,
        model.problem.clone().unwrap_or_else(|| listing.about.clone()),
    ]
}

/// Rows with their columns under each other. The last column is as long as it is.
fn table(rows: &[[String; COLUMNS]]) -> Vec<String> {
    let widest = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; COLUMNS] = std::array::from_fn(widest);
    let cell = |row: &[String; COLUMNS], column: usize| match (column, FIGURES[column]) {
        (column, _) if column == COLUMNS - 1 => row[column].clone(),
        (_, true) => format!("{:>width$}  ", row[column], width = widths[column]),
        (_, false) => format!("{:<width$}  ", row[column], width = widths[column]),
    };
    let line = |row| (0..COLUMNS).map(|column| cell(row, column)).collect::<String>().trim_end().to_owned();
    rows.iter().map(line).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::registry::ModelListing;

    #[test]
    fn columns_stand_under_each_other_and_a_broken_file_says_what_is_wrong() {
        let listing = |name: &str, place| ModelListing {
            name: name.to_owned(),
            place,
            about: "An owl, MIT".to_owned(),
            size: 98_362_432,
            path: None,
        };
        let good = ModelDetails {
            listing: listing("owl", ModelPlace::Here),
            context: Some(8192),
            memory: Some(612_345_678),
            speed: None,
            problem: None,
        };
        let broken = ModelDetails {
            listing: listing("barn-owl-broken", ModelPlace::Here),
            context: None,
            memory: None,
            problem: Some("owl.gguf is not a GGUF file".to_owned()),
            ..good.clone()
        };
        let rows = table(&[HEADING.map(str::to_owned), row(&good), row(&broken)]);
        assert_eq!(
            rows,
            [
                "NAME             PLACE   SIZE  CONTEXT  MEMORY  READS/WRITES  ABOUT",
                "owl              here   98 MB     8192  0.6 GB  not measured  An owl, MIT",
                "barn-owl-broken  here   98 MB        -       -             -  owl.gguf is not a GGUF file",
            ]
        );
    }
}
