//! The second program: serves models on a GPU to `rhetor`, over its standard streams.

use std::process::ExitCode;

use clap::Parser;
use rhetor::cli::serve::{EngineArguments, serve};

fn main() -> ExitCode {
    ExitCode::from(serve(EngineArguments::parse()).code())
}
