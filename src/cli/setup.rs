//! Puts the engine together: paths, assets, the database, models and endpoints.

use std::path::PathBuf;

use crate::assets::{Library, Paths};
use crate::engine::assemble::assemble;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;

/// An engine over the user's own files.
///
/// # Errors
/// A broken configuration file, a database that cannot be used.
pub fn engine(home: Option<PathBuf>) -> Result<EngineHandle, EngineError> {
    let paths = Paths::discover(home)?;
    let library = Library::load(&paths)?;
    assemble(paths, library)
}
