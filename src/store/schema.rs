//! The versions of the database and the way from one to the next. Migrations are append-only: a released one is never
//! changed.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};
use rusqlite_migration::{M, Migrations};

use crate::store::backup;
use crate::store::error::{OnConnection, StoreError};

/// Spells "rhtr"; the first migration writes it into the file's header.
const APPLICATION: i32 = 0x7268_7472;

/// Every migration, the oldest first. The version of a database is the number of those that were run on it.
const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("migrations/01-debates.sql")),
    M::up(include_str!("migrations/02-judgements.sql")),
    M::up(include_str!("migrations/03-answers.sql")),
    M::up(include_str!("migrations/04-tournaments.sql")),
    M::up(include_str!("migrations/05-usage.sql")),
    M::up(include_str!("migrations/06-persuasion.sql")),
    M::up(include_str!("migrations/07-evidence.sql")),
    M::up(include_str!("migrations/08-web.sql")),
];

/// How a database stands to this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Nothing was ever written.
    Empty,
    /// An earlier program of this version wrote it.
    Older(usize),
    Current,
}

/// How old the database is.
///
/// # Errors
/// It is newer than this program, of another program, or no database.
pub fn age(connection: &Connection) -> Result<Age, StoreError> {
    age_among(connection, MIGRATIONS)
}

/// Makes the tables, or backs an older database up beside itself and migrates it. A current one is left alone.
///
/// # Errors
/// Those of [`age`], and a migration or a backup that failed; then the database is as it was.
pub fn bring_up_to_date(connection: &mut Connection) -> Result<(), StoreError> {
    migrate(connection, MIGRATIONS)
}

fn age_among(connection: &Connection, migrations: &[M<'_>]) -> Result<Age, StoreError> {
    // One statement, so that another process which makes the tables right now is seen before or after, never half-way.
    let header = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) \
                  FROM pragma_application_id, pragma_user_version";
    let header =
        connection.query_row(header, [], |row| Ok((row.get::<_, i32>(0)?, row.get::<_, i32>(1)?, row.get(2)?)));
    let (application, version, tables): (i32, i32, i64) = header.on(connection)?;
    let path = || connection.path().unwrap_or_default().to_owned();
    let version = usize::try_from(version).unwrap_or(usize::MAX);
    if application != APPLICATION {
        return if tables == 0 && version == 0 { Ok(Age::Empty) } else { Err(StoreError::Foreign { path: path() }) };
    }
    if version > migrations.len() {
        return Err(StoreError::Newer { path: path(), found: version, known: migrations.len() });
    }
    Ok(if version == migrations.len() { Age::Current } else { Age::Older(version) })
}

fn migrate(connection: &mut Connection, migrations: &[M<'_>]) -> Result<(), StoreError> {
    match age_among(connection, migrations)? {
        Age::Current => return Ok(()),
        Age::Older(version) => back_up_beside(connection, version)?,
        Age::Empty => {}
    }
    connection.pragma_update(None, "journal_mode", "wal").on(connection)?;
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    let Err(error) = Migrations::from_slice(migrations).to_latest(connection) else { return Ok(()) };
    // Two processes may start on the same file: the second finds the work done.
    if age_among(connection, migrations)? == Age::Current {
        return Ok(());
    }
    let path = connection.path().unwrap_or_default();
    Err(match error {
        rusqlite_migration::Error::RusqliteError { err, .. } if err.sqlite_error_code().is_some_and(is_outside) => {
            StoreError::from_sqlite(Path::new(path), &err)
        }
        error => StoreError::Migration { path: path.to_owned(), reason: error.to_string() },
    })
}

/// Whether the fault lies with the disk or another program, not with the migration.
fn is_outside(code: rusqlite::ErrorCode) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull, ReadOnly};
    matches!(code, DatabaseBusy | DatabaseLocked | DiskFull | ReadOnly)
}

fn back_up_beside(connection: &Connection, version: usize) -> Result<(), StoreError> {
    let path = Path::new(connection.path().unwrap_or_default());
    let copy = path.with_extension(format!("version-{version}.db"));
    backup::snapshot(connection, &copy)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::store::connect;

    const ANOTHER: &str = "ALTER TABLE leases ADD COLUMN note TEXT NOT NULL DEFAULT 'none'";

    fn migrated() -> (TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Connection::open(folder.path().join("rhetor.db")).unwrap();
        bring_up_to_date(&mut connection).unwrap();
        let lease = "INSERT INTO leases (key, process, host, heartbeat_ms) VALUES ('k', 1, 'h', 0)";
        connection.execute(lease, []).unwrap();
        (folder, connection)
    }

    /// The migrations of a later program.
    fn with_another(sql: &str) -> Vec<M<'_>> {
        MIGRATIONS.iter().cloned().chain([M::up(sql)]).collect()
    }

    #[test]
    fn a_new_database_gets_every_table_and_the_log_ahead_of_writing() {
        let (_folder, connection) = migrated();
        assert_eq!(age(&connection).unwrap(), Age::Current);
        let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }

    #[test]
    fn an_older_database_is_backed_up_and_then_migrated() {
        let (folder, mut connection) = migrated();
        migrate(&mut connection, &with_another(ANOTHER)).unwrap();
        let note = "SELECT note FROM leases WHERE key = 'k'";
        assert_eq!(connection.query_row(note, [], |row| row.get::<_, String>(0)).unwrap(), "none");

        let copy = Connection::open(folder.path().join("rhetor.version-8.db")).unwrap();
        assert_eq!(age(&copy).unwrap(), Age::Current, "the copy has the version that it was made of");
        assert!(copy.query_row("SELECT 1 FROM leases WHERE key = 'k'", [], |_| Ok(())).is_ok());
        assert!(matches!(age(&connection), Err(StoreError::Newer { found: 9, known: 8, .. })));
    }

    #[test]
    fn what_was_used_before_it_was_counted_is_counted_from_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Connection::open(folder.path().join("rhetor.db")).unwrap();
        migrate(&mut connection, &MIGRATIONS[..4]).unwrap();
        let debate = "INSERT INTO debates (id, opened_at, changed_at, motion, category, format, proposition, opposition, judges, \
                      state, planned) VALUES ('d', '', '', 'm', 'fact', 'duel', 'quartet', 'solo', '[\"j@x\"]', 'closed', 4)";
        connection.execute(debate, []).unwrap();
        let usage = r#""usage":{"prompt_tokens":30,"completion_tokens":12,"dollars":0.5,"milliseconds":7}"#;
        let said = [
            r#"{"type":"role_said","side":"opposition",USAGE}"#,
            r#"{"type":"role_said","side":"opposition",USAGE}"#,
            r#"{"type":"judge_said","judge":0,USAGE}"#,
            r#"{"type":"prospect_measured","judge":"quick@x",USAGE}"#,
            r#"{"type":"paused"}"#,
        ];
        for (seq, body) in said.iter().enumerate() {
            let event = "INSERT INTO events (debate, seq, at, body) VALUES ('d', ?1, '', ?2)";
            connection.execute(event, rusqlite::params![seq, body.replace("USAGE", usage)]).unwrap();
        }
        migrate(&mut connection, MIGRATIONS).unwrap();
        let mut select = connection
            .prepare("SELECT part, name, calls, prompt_tokens, dollars, milliseconds FROM usage ORDER BY part")
            .unwrap();
        let rows = select.query_map([], |row| {
            let text = |column| row.get::<_, String>(column);
            Ok((text(0)?, text(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        });
        let rows: Vec<(String, String, u64, u64, f64, u64)> = rows.unwrap().map(Result::unwrap).collect();
        let row = |part: &str, name: &str, calls: u64| {
            (part.to_owned(), name.to_owned(), calls, 30 * calls, 0.5 * calls as f64, 7 * calls)
        };
        assert_eq!(rows, [row("judge", "j@x", 1), row("momentum", "quick@x", 1), row("player", "solo", 2)]);
    }

    #[test]
    fn a_migration_that_fails_leaves_the_database_as_it_was() {
        let (_folder, mut connection) = migrated();
        let broken = format!("{ANOTHER}; ALTER TABLE nothing ADD COLUMN note TEXT");
        let failed = migrate(&mut connection, &with_another(&broken)).unwrap_err();
        assert!(matches!(failed, StoreError::Migration { .. }), "{failed}");
        assert_eq!(age(&connection).unwrap(), Age::Current);
        assert!(connection.prepare("SELECT note FROM leases").is_err());
    }

    #[test]
    fn two_processes_may_make_the_database_at_the_same_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rhetor.db");
        let made: Vec<_> = std::thread::scope(|scope| {
            let make = || connect::writer(&path, rusqlite::OpenFlags::default()).map(|_| ());
            let writers = [(); 4].map(|()| scope.spawn(make));
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        assert_eq!(made, [const { Ok(()) }; 4]);
    }
}
