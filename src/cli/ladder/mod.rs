//! `rhetor ladder`: who debates better, how sure that is, and what the ladder does not know.

mod arguments;
mod explain;
mod split;
mod table;

use std::path::Path;

use crate::cli::exit::ExitStatus;
use crate::cli::output::{Output, prose_width};
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::ladders::{LadderRequest, Ranking, ResultsKind};
use crate::rating::Selection;

pub use arguments::{LadderArguments, LadderCommand};

/// What stands where there is no game yet.
const EMPTY: &str = "No rated debates yet. A debate is rated when two different players meet and a judge decides.";
const NONE_SELECTED: &str = "No rated debate is among those; `rhetor ladder` shows them all.";

/// Prints a ladder, takes one apart, or writes its results.
///
/// # Errors
/// The store or a file cannot be read, or a name stands for nothing.
pub fn ladder(
    engine: &EngineHandle,
    arguments: LadderArguments,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    match arguments.command {
        Some(LadderCommand::Explain { player, rated }) => explain::explain(engine, player, rated.into(), output),
        Some(LadderCommand::Export { to, output: file, selection }) => {
            export(engine, &selection.into(), to.into(), file.as_deref(), output)
        }
        None => match arguments.by {
            Some(by) => split::split(engine, &arguments.rated.into(), by.into(), arguments.csv, output),
            None => whole(engine, &arguments.rated.into(), arguments.csv, output),
        },
    }
}

fn whole(
    engine: &EngineHandle,
    request: &LadderRequest,
    csv: bool,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let Ranking { table, .. } = engine.queries().ranking(request)?;
    if output.json {
        output.document(&table.rows);
    } else if csv {
        output.line(&table::csv_head(None));
        table::csv(&table, None).iter().for_each(|line| output.line(line));
    } else if table.rows.is_empty() {
        output.line(nothing(request));
    } else {
        let width = prose_width();
        table::table(&table, width).iter().for_each(|line| output.line(line));
        table::notes(&table, width).iter().for_each(|line| output.line(line));
    }
    Ok(ExitStatus::Done)
}

/// What to say where a ladder is empty.
fn nothing(request: &LadderRequest) -> &'static str {
    if request.selection == Selection::default() { EMPTY } else { NONE_SELECTED }
}

fn export(
    engine: &EngineHandle,
    selection: &Selection,
    kind: ResultsKind,
    file: Option<&Path>,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let document = engine.queries().results_document(selection, kind)?;
    match file {
        Some(file) => {
            engine.queries().write_document(file, &document)?;
            output.note(&format!("Wrote {}.", file.display()));
        }
        None => output.text(&document),
    }
    Ok(ExitStatus::Done)
}
