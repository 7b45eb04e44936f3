//! `rhetor show`, `rhetor replay` and `rhetor export`: a stored debate, told again.

use std::path::Path;

use crate::cli::exit::ExitStatus;
use crate::cli::narrate::{Detail, Narrator};
use crate::cli::output::Output;
use crate::cli::people::swing;
use crate::engine::error::EngineError;
use crate::engine::export::ExportFormat;
use crate::engine::handle::EngineHandle;
use crate::engine::record::Record;

/// Prints a debate: its speeches, or with `detail` everything.
///
/// # Errors
/// No such debate, or the store cannot be read.
pub fn tell(engine: &EngineHandle, id: &str, detail: Detail, output: &mut Output) -> Result<ExitStatus, EngineError> {
    let id = engine.queries().resolve(id)?;
    let mut narrator = Narrator::new(detail);
    for entry in engine.queries().entries(&id, 0)? {
        if output.json {
            Record::lines(&entry, &[]).iter().for_each(|record| output.document(record));
        } else {
            narrator.tell(output, &entry);
        }
    }
    swing(engine, &id, output)?;
    Ok(ExitStatus::Done)
}

/// Writes a debate as a document, to a file or to standard output.
///
/// # Errors
/// No such debate, or the file cannot be written; then no half of it stays.
pub fn export(
    engine: &EngineHandle,
    id: &str,
    format: ExportFormat,
    file: Option<&Path>,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let id = engine.queries().resolve(id)?;
    let document = engine.queries().export(&id, format)?;
    match file {
        None => output.text(&document),
        Some(path) => {
            engine.queries().write_document(path, &document)?;
            output.note(&format!("wrote {}", path.display()));
        }
    }
    Ok(ExitStatus::Done)
}
