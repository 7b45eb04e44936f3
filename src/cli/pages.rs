//! `rhetor completions` and `rhetor man`: what a shell and a manual want to know, made from the arguments themselves.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::arguments::Arguments;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::engine::error::EngineError;

/// The program's name in its pages.
const NAME: &str = "rhetor";

/// Prints a completion script.
pub fn completions(shell: Shell, output: &mut Output) -> ExitStatus {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), NAME, &mut script);
    output.text(&String::from_utf8_lossy(&script));
    ExitStatus::Done
}

/// Prints the manual page of the whole program, or writes a page for each command into a folder.
///
/// # Errors
/// The folder cannot be made or written.
pub fn man(folder: Option<&Path>, output: &mut Output) -> Result<ExitStatus, EngineError> {
    let failed = |error: std::io::Error| EngineError::Failed(format!("the manual cannot be written: {error}"));
    match folder {
        None => {
            let mut page = Vec::new();
            Man::new(Arguments::command()).render(&mut page).map_err(failed)?;
            output.text(&String::from_utf8_lossy(&page));
        }
        Some(folder) => {
            fs::create_dir_all(folder).map_err(failed)?;
            clap_mangen::generate_to(Arguments::command(), folder).map_err(failed)?;
            output.note(&format!(
                "wrote the pages into {}; `man -l {}` shows the first",
                folder.display(),
                folder.join("rhetor.1").display()
            ));
        }
    }
    Ok(ExitStatus::Done)
}
