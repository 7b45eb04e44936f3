//! Opening connections, each with the settings of its purpose.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::store::error::{OnConnection, StoreError};
use crate::store::schema;

/// How long a connection waits for another process before the database counts as locked.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens the connection that writes. Makes the folder and the tables, and migrates an older database.
///
/// # Errors
/// The file cannot be opened, written or migrated, is newer than this program, or not a database of rhetor's.
pub fn writer(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| StoreError::Unopenable {
            path: path.display().to_string(),
            reason: format!("the folder {} cannot be made: {error}", folder.display()),
        })?;
    }
    let mut connection = open(path, flags)?;
    schema::bring_up_to_date(&mut connection)?;
    connection.pragma_update(None, "foreign_keys", true).on(&connection)?;
    connection.pragma_update(None, "synchronous", "full").on(&connection)?;
    Ok(connection)
}

/// Opens a connection that refuses to change anything. The file must exist.
pub fn reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = plain(path)?;
    connection.pragma_update(None, "query_only", true).on(&connection)?;
    Ok(connection)
}

/// Opens an existing file without further settings. It is opened for writing even to read, since only then does
/// SQLite take its side files away again.
pub fn plain(path: &Path) -> Result<Connection, StoreError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags);
    let connection = opened.map_err(|error| StoreError::from_sqlite(path, &error))?;
    connection.busy_timeout(PATIENCE).on(&connection)?;
    Ok(connection)
}
