//! What a list shows of a debate, without its log.

use rusqlite::types::Type;
use rusqlite::{Error, Row};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::event::{DebateId, Event};
use crate::domain::motion::Category;
use crate::domain::verdict::Outcome;

/// Where a debate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DebateState {
    /// It goes on, or its process was killed.
    Open,
    Paused,
    /// A ceiling or an error stopped it; it can be resumed.
    Stopped,
    Closed,
}

impl DebateState {
    /// The name as it is written in data.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DebateState::Open => "open",
            DebateState::Paused => "paused",
            DebateState::Stopped => "stopped",
            DebateState::Closed => "closed",
        }
    }

    /// The state that an event leads to, with the reason of a stop; `None` if it changes nothing.
    pub(in crate::store) fn after(event: &Event) -> Option<(DebateState, Option<&str>)> {
        match event {
            Event::Paused => Some((DebateState::Paused, None)),
            Event::Resumed => Some((DebateState::Open, None)),
            Event::BudgetReached { reason } | Event::Failed { reason } => Some((DebateState::Stopped, Some(reason))),
            Event::DebateClosed => Some((DebateState::Closed, None)),
            _ => None,
        }
    }
}

/// A debate in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DebateSummary {
    pub id: DebateId,
    /// RFC 3339.
    pub opened_at: String,
    /// When the last event was recorded, RFC 3339.
    pub changed_at: String,
    pub motion: String,
    pub category: Category,
    pub format: String,
    /// The players by name.
    pub proposition: String,
    pub opposition: String,
    /// `RECIPE@MODEL` of each judge.
    pub judges: Vec<String>,
    pub state: DebateState,
    /// Why it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Speeches delivered, of those planned.
    pub speeches: u64,
    pub planned: u64,
    /// The length of the log: the `seq` of its next event.
    pub events: u64,
    /// The last result, with winner and whether it is rated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

impl DebateSummary {
    /// The columns that [`DebateSummary::from_row`] reads, of the table `debates`.
    pub(in crate::store) const COLUMNS: &'static str = "id, opened_at, changed_at, motion, category, format, proposition, opposition, \
         judges, state, reason, speeches, planned, events, \
         (SELECT outcome FROM results WHERE results.debate = debates.id ORDER BY results.seq DESC LIMIT 1)";

    /// Reads a row that was selected with [`DebateSummary::COLUMNS`].
    pub(in crate::store) fn from_row(row: &Row<'_>) -> Result<DebateSummary, Error> {
        Ok(DebateSummary {
            id: DebateId(row.get(0)?),
            opened_at: row.get(1)?,
            changed_at: row.get(2)?,
            motion: row.get(3)?,
            category: word(4, row.get(4)?)?,
            format: row.get(5)?,
            proposition: row.get(6)?,
            opposition: row.get(7)?,
            judges: json(8, &row.get::<_, String>(8)?)?,
            state: word(9, row.get(9)?)?,
            reason: row.get(10)?,
            speeches: row.get(11)?,
            planned: row.get(12)?,
            events: row.get(13)?,
            outcome: row.get::<_, Option<String>>(14)?.map(|outcome| json(14, &outcome)).transpose()?,
        })
    }
}

/// Reads a column that holds JSON.
pub fn json<T: DeserializeOwned>(column: usize, text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// Reads a column that holds the name of an enum's variant.
pub fn word<T: DeserializeOwned>(column: usize, name: String) -> Result<T, Error> {
    serde_json::from_value(name.into())
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}
