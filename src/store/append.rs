//! Writing one batch: the events, and with them everything that lists, ladders and the search read.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::event::{Entry, Event};
use crate::domain::seat::Side;
use crate::domain::usage::{Part, Usage};
use crate::domain::verdict::Outcome;
use crate::store::batch::Prepared;
use crate::store::error::{OnConnection, StoreError};
use crate::store::lease;
use crate::store::summary::DebateState;

/// Writes a batch into the transaction that is open.
///
/// # Errors
/// The lease is lost, the events do not continue the log, or SQLite failed. Then the caller rolls back.
pub fn append(connection: &Connection, batch: &Prepared) -> Result<(), StoreError> {
    if let Some(token) = &batch.lease {
        lease::check(connection, token)?;
    }
    let insert = "INSERT INTO requests (hash, body) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    let mut insert = connection.prepare_cached(insert).on(connection)?;
    for (hash, body) in &batch.requests {
        insert.execute(params![hash.0, body]).on(connection)?;
    }
    batch.rows.iter().try_for_each(|(entry, body)| append_entry(connection, entry, body))
}

fn append_entry(connection: &Connection, entry: &Entry, body: &str) -> Result<(), StoreError> {
    if entry.seq == 0 {
        open(connection, entry)?;
    }
    advance(connection, entry)?;
    let insert = "INSERT INTO events (debate, seq, at, body) VALUES (?1, ?2, ?3, ?4)";
    run(connection, insert, params![entry.debate.0, entry.seq, entry.at, body])?;
    let number = connection.last_insert_rowid();
    match &entry.event {
        Event::DebateOpened(opening) => index(connection, number, &opening.motion.text),
        Event::SpeechDelivered(speech) => index(connection, number, &speech.text),
        Event::ResultRecorded(outcome) => record(connection, entry, outcome),
        Event::RoleSaid(said) => book(connection, entry, Part::Player, said.side.name(), &Value::Null, said.usage),
        Event::CivilityMeasured(measured) => {
            book(connection, entry, Part::Player, measured.side.name(), &Value::Null, measured.usage)
        }
        Event::DraftsWeighed(weighed) => {
            book(connection, entry, Part::Player, weighed.side.name(), &Value::Null, weighed.usage)
        }
        Event::JudgeSaid(said) => {
            let place = Value::Integer(i64::try_from(said.judge).unwrap_or(i64::MAX));
            book(connection, entry, Part::Judge, "coalesce(judges ->> ?3, '')", &place, said.usage)
        }
        Event::ProspectMeasured(prospect) => {
            let judge = Value::Text(prospect.judge.clone());
            book(connection, entry, Part::Momentum, "?3", &judge, prospect.usage)
        }
        _ => Ok(()),
    }
}

fn open(connection: &Connection, entry: &Entry) -> Result<(), StoreError> {
    let Event::DebateOpened(opening) = &entry.event else {
        return Err(StoreError::NotOpened { debate: entry.debate.0.clone(), found: entry.seq });
    };
    if length(connection, entry)?.is_some() {
        return Err(StoreError::AlreadyStored { debate: entry.debate.0.clone() });
    }
    // One that was pruned and comes back is counted again, call by call.
    run(connection, "DELETE FROM usage WHERE debate = ?1", [&entry.debate.0])?;
    let judges: Vec<_> = opening.judges.iter().map(|judge| judge.name.as_str()).collect();
    let insert = "INSERT INTO debates (id, opened_at, changed_at, motion, category, format, proposition, opposition, \
                  judges, state, planned) VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    run(
        connection,
        insert,
        params![
            entry.debate.0,
            entry.at,
            opening.motion.text,
            opening.motion.category.name(),
            opening.format.name,
            opening.players(Side::Proposition),
            opening.players(Side::Opposition),
            serde_json::Value::from(judges).to_string(),
            DebateState::Open.name(),
            opening.format.slots().len(),
        ],
    )
}

/// Counts the event in, if it is the next of its log, and keeps the summary in step.
fn advance(connection: &Connection, entry: &Entry) -> Result<(), StoreError> {
    let (state, reason) = DebateState::after(&entry.event).unzip();
    let update = "UPDATE debates SET events = events + 1, changed_at = ?3, speeches = speeches + ?4, \
                  state = coalesce(?5, state), reason = CASE WHEN ?5 IS NULL THEN reason ELSE ?6 END \
                  WHERE id = ?1 AND events = ?2";
    let spoken = matches!(entry.event, Event::SpeechDelivered(_));
    let values = params![entry.debate.0, entry.seq, entry.at, spoken, state.map(DebateState::name), reason.flatten()];
    let advanced = connection.prepare_cached(update).and_then(|mut update| update.execute(values)).on(connection)?;
    if advanced == 1 {
        return Ok(());
    }
    let (debate, found) = (entry.debate.0.clone(), entry.seq);
    Err(match length(connection, entry)? {
        Some(expected) => StoreError::Sequence { debate, expected, found },
        None => StoreError::NotOpened { debate, found },
    })
}

fn length(connection: &Connection, entry: &Entry) -> Result<Option<u64>, StoreError> {
    let select = "SELECT events FROM debates WHERE id = ?1";
    connection.query_row(select, [&entry.debate.0], |row| row.get(0)).optional().on(connection)
}

/// Books a call. `name` says in SQL who made it, from the debate's row and `given`.
fn book(
    connection: &Connection,
    entry: &Entry,
    part: Part,
    name: &str,
    given: &Value,
    usage: Usage,
) -> Result<(), StoreError> {
    let insert = format!(
        "INSERT INTO usage SELECT ?1, ?2, {name}, 1, ?4, ?5, ?6, ?7, ?8 FROM debates WHERE id = ?1 \
         ON CONFLICT (debate, part, name) DO UPDATE SET calls = calls + 1, \
         prompt_tokens = prompt_tokens + excluded.prompt_tokens, cached_tokens = cached_tokens + excluded.cached_tokens, \
         completion_tokens = completion_tokens + excluded.completion_tokens, dollars = dollars + excluded.dollars, \
         milliseconds = milliseconds + excluded.milliseconds"
    );
    let Usage { prompt_tokens, cached_tokens, completion_tokens, dollars, milliseconds } = usage;
    let values = params![
        entry.debate.0,
        part.name(),
        given,
        prompt_tokens,
        cached_tokens,
        completion_tokens,
        dollars,
        milliseconds
    ];
    run(connection, &insert, values)
}

fn index(connection: &Connection, number: i64, text: &str) -> Result<(), StoreError> {
    run(connection, "INSERT INTO speech_text (rowid, text) VALUES (?1, ?2)", params![number, text])
}

/// A debate that was pruned and comes back keeps its result's place in the order.
fn record(connection: &Connection, entry: &Entry, outcome: &Outcome) -> Result<(), StoreError> {
    let insert = "INSERT INTO results (debate, seq, at, outcome) VALUES (?1, ?2, ?3, ?4) \
                  ON CONFLICT (debate, seq) DO UPDATE SET at = excluded.at, outcome = excluded.outcome";
    let lossy = |error: serde_json::Error| StoreError::Lossy {
        debate: entry.debate.0.clone(),
        seq: entry.seq,
        reason: error.to_string(),
    };
    let outcome = serde_json::to_string(outcome).map_err(lossy)?;
    run(connection, insert, params![entry.debate.0, entry.seq, entry.at, outcome])
}

fn run(connection: &Connection, statement: &str, values: impl rusqlite::Params) -> Result<(), StoreError> {
    connection.prepare_cached(statement).and_then(|mut statement| statement.execute(values)).on(connection).map(|_| ())
}
