//! `rhetor-engine`: serves models to `rhetor` over its standard streams, or measures one, or compares a GPU's answers
//! with the processor's.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};

use crate::cli::ExitStatus;
use crate::cli::output::{Output, complain};
use crate::model::error::ModelError;
use crate::model::local::agreement::agreement;
use crate::model::local::backend::{Backend, NoGpu};
use crate::model::local::measure::measure;
use crate::model::process::server;

/// Serves local models on a GPU. `rhetor` starts it by itself where it lies in the same folder.
#[derive(Debug, Parser)]
#[command(name = "rhetor-engine", version, max_term_width = 100)]
pub struct EngineArguments {
    /// What does the arithmetic.
    #[arg(long, value_enum, default_value_t = DeviceName::Gpu)]
    device: DeviceName,
    /// Measure how fast a model reads and writes, and print it as JSON.
    #[arg(long, value_name = "MODEL.gguf", conflicts_with = "compare")]
    measure: Option<PathBuf>,
    /// Each figure is the median of so many rounds.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100), requires = "measure")]
    rounds: u16,
    /// Compare the probabilities of a text with those of the processor's own kernels, and print it as JSON.
    #[arg(long, value_name = "MODEL.gguf", requires = "text")]
    compare: Option<PathBuf>,
    /// The text to compare on.
    #[arg(long, value_name = "FILE", requires = "compare")]
    text: Option<PathBuf>,
    /// The most tokens of the text to compare.
    #[arg(long, default_value_t = 256, requires = "compare")]
    positions: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DeviceName {
    /// The first GPU.
    Gpu,
    /// The processor, in the same way as a GPU: slower than rhetor itself, to try this program without a GPU.
    Cpu,
}

/// Does what the arguments say.
#[must_use]
pub fn serve(arguments: EngineArguments) -> ExitStatus {
    let backend = match arguments.device {
        DeviceName::Gpu => Backend::gpu(),
        DeviceName::Cpu => Ok(Backend::reference()),
    };
    let result = match (&arguments.measure, &arguments.compare) {
        (None, None) => answer_requests(backend),
        (Some(model), _) => backend.map_err(setup).and_then(|backend| print_speed(&backend, model, arguments.rounds)),
        (None, Some(model)) => backend.map_err(setup).and_then(|backend| {
            let text = arguments.text.as_deref().unwrap_or(Path::new(""));
            print_agreement(&backend, model, text, arguments.positions)
        }),
    };
    match result {
        Ok(status) => status,
        Err(error) => {
            complain(&error.to_string());
            ExitStatus::Failed
        }
    }
}

fn setup(reason: impl ToString) -> ModelError {
    ModelError::Setup(reason.to_string())
}

fn answer_requests(backend: Result<Backend, NoGpu>) -> Result<ExitStatus, ModelError> {
    let backend = match backend {
        Ok(backend) => backend,
        Err(reason) => {
            // Whoever started the program and went away needs no reason.
            let _ = server::refuse(&mut io::stdout(), reason);
            return Ok(ExitStatus::Failed);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    let runtime = runtime.map_err(|error| setup(format!("the runtime cannot start: {error}")))?;
    server::serve(&mut io::stdin().lock(), io::stdout(), backend, runtime.handle());
    // A model that is still being loaded, or at work, holds nobody up.
    runtime.shutdown_background();
    Ok(ExitStatus::Done)
}

fn print_speed(backend: &Backend, model: &Path, rounds: u16) -> Result<ExitStatus, ModelError> {
    let (name, mut output) = (model.display().to_string(), Output::new(true));
    let speed =
        measure(backend, model, &name, rounds.into(), &mut |what| output.progress(&format!("{name} · {what}")))?;
    output.document(&speed);
    Ok(ExitStatus::Done)
}

fn print_agreement(backend: &Backend, model: &Path, text: &Path, positions: usize) -> Result<ExitStatus, ModelError> {
    let read = std::fs::read_to_string(text);
    let read = read.map_err(|error| setup(format!("{} cannot be read: {error}", text.display())))?;
    let name = model.display().to_string();
    let agreement = agreement([&Backend::Processor, backend], model, &name, &read, positions)?;
    Output::new(true).document(&agreement);
    Ok(ExitStatus::Done)
}
