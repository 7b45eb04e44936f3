//! Transactions that write. They take the lock at once, so that none fails half-way because another process wrote.

use std::path::PathBuf;

use rusqlite::{Connection, Savepoint, Transaction, TransactionBehavior};

use crate::store::error::StoreError;
use crate::store::schema;

/// Begins to write. A newer program may have migrated the file since it was opened, so its version is looked at again.
pub fn begin(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    schema::age(connection)?;
    let path = path(connection);
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    begun.map_err(|error| StoreError::from_sqlite(&path, &error))
}

/// Makes what was written last.
pub fn commit(transaction: Transaction<'_>) -> Result<(), StoreError> {
    let path = path(&transaction);
    transaction.commit().map_err(|error| StoreError::from_sqlite(&path, &error))
}

/// Does `work` as a whole or not at all, whatever becomes of the rest of the transaction.
pub fn within_savepoint(
    transaction: &mut Transaction<'_>,
    work: impl FnOnce(&Savepoint<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let path = path(transaction);
    let savepoint = transaction.savepoint().map_err(|error| StoreError::from_sqlite(&path, &error))?;
    work(&savepoint)?;
    savepoint.commit().map_err(|error| StoreError::from_sqlite(&path, &error))
}

fn path(connection: &Connection) -> PathBuf {
    PathBuf::from(connection.path().unwrap_or_default())
}
