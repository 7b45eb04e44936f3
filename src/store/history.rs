//! Lists of debates.

use rusqlite::{Connection, params};

use crate::store::error::{OnConnection, StoreError};
use crate::store::reader::Reader;
use crate::store::search;
use crate::store::summary::{DebateState, DebateSummary};

/// Which debates are meant. The default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The newest so many.
    pub limit: Option<usize>,
    pub state: Option<DebateState>,
    /// Only debates that are not closed.
    pub unfinished: bool,
    /// Words of the motion or of a speech, as for [`Reader::search`].
    pub text: Option<String>,
    /// Only debates that opened before this time, RFC 3339.
    pub before: Option<String>,
}

impl Reader {
    /// The debates that a filter lets through, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn debates(&self, filter: &Filter) -> Result<Vec<DebateSummary>, StoreError> {
        self.read(|connection| select(connection, filter))
    }

    /// The debates that can be resumed, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn unfinished(&self) -> Result<Vec<DebateSummary>, StoreError> {
        self.debates(&Filter { unfinished: true, ..Filter::default() })
    }
}

/// Selects debates on any connection, the newest first.
pub fn select(connection: &Connection, filter: &Filter) -> Result<Vec<DebateSummary>, StoreError> {
    let words = match filter.text.as_deref().map(search::expression) {
        // Text without a single word occurs nowhere.
        Some(None) => return Ok(Vec::new()),
        Some(words) => words,
        None => None,
    };
    let mut statement = format!("SELECT {} FROM debates WHERE (?1 IS NULL OR state = ?1)", DebateSummary::COLUMNS);
    statement.push_str(" AND (?2 IS NULL OR julianday(opened_at) < julianday(?2)) AND (NOT ?3 OR state <> 'closed')");
    statement.push_str(if words.is_some() {
        " AND id IN (SELECT debate FROM events JOIN speech_text ON events.number = speech_text.rowid \
          WHERE speech_text MATCH ?5)"
    } else {
        " AND ?5 IS NULL"
    });
    statement.push_str(" ORDER BY number DESC LIMIT ?4");
    let limit = filter.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    let values = params![filter.state.map(DebateState::name), filter.before, filter.unfinished, limit, words];
    let mut select = connection.prepare_cached(&statement).on(connection)?;
    let rows = select.query_map(values, DebateSummary::from_row);
    rows.and_then(Iterator::collect).on(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Event;
    use crate::domain::seat::Side;
    use crate::store::samples::{log, one, opened, result, speech, store};

    fn names(debates: &[DebateSummary]) -> Vec<&str> {
        debates.iter().map(|debate| debate.id.0.as_str()).collect()
    }

    #[tokio::test]
    async fn a_summary_follows_the_log() {
        let (_folder, store) = store();
        let reader = store.reader();
        let summary = || reader.debates(&Filter::default()).unwrap().remove(0);
        store.append(log("a", vec![opened("This House would ban plastics"), speech(0, "one")])).await.unwrap();
        let first = summary();
        assert_eq!((first.state, first.speeches, first.planned, first.events), (DebateState::Open, 1, 2, 2));
        assert_eq!((first.proposition.as_str(), first.opposition.as_str()), ("quartet", "solo"));
        assert_eq!((first.motion.as_str(), first.format.as_str()), ("This House would ban plastics", "duel"));
        assert_eq!(
            (first.opened_at.as_str(), first.changed_at.as_str()),
            ("2026-03-01T10:00:00Z", "2026-03-01T10:00:01Z")
        );

        store.append(one("a", 2, Event::Failed { reason: "no model".to_owned() })).await.unwrap();
        assert_eq!((summary().state, summary().reason.as_deref()), (DebateState::Stopped, Some("no model")));
        store.append(one("a", 3, Event::Resumed)).await.unwrap();
        assert_eq!((summary().state, summary().reason), (DebateState::Open, None));
        store.append(one("a", 4, speech(1, "two"))).await.unwrap();
        assert_eq!(summary().outcome, None);
        store.append(one("a", 5, result(Some(Side::Proposition)))).await.unwrap();
        store.append(one("a", 6, Event::DebateClosed)).await.unwrap();
        assert_eq!((summary().state, summary().speeches, summary().events), (DebateState::Closed, 2, 7));
        assert_eq!(summary().outcome.unwrap().winner, Some(Side::Proposition));
        assert!(reader.unfinished().unwrap().is_empty());
    }

    #[tokio::test]
    async fn filters_select_by_state_text_time_and_number() {
        let (_folder, store) = store();
        store.append(log("a", vec![opened("Trees"), speech(0, "Oaks are old"), Event::DebateClosed])).await.unwrap();
        store.append(log("b", vec![opened("Stones"), Event::Paused])).await.unwrap();
        let mut late = log("c", vec![opened("Water")]);
        late.entries[0].at = "2026-03-05T12:00:00+02:00".to_owned();
        store.append(late).await.unwrap();

        let listed = |filter: Filter| names(&store.reader().debates(&filter).unwrap()).join(" ");
        assert_eq!(listed(Filter::default()), "c b a");
        assert_eq!(listed(Filter { limit: Some(2), ..Filter::default() }), "c b");
        assert_eq!(listed(Filter { unfinished: true, ..Filter::default() }), "c b");
        assert_eq!(listed(Filter { state: Some(DebateState::Paused), ..Filter::default() }), "b");
        assert_eq!(listed(Filter { text: Some("oak".to_owned()), ..Filter::default() }), "a");
        assert_eq!(listed(Filter { text: Some("?!".to_owned()), ..Filter::default() }), "");
        let before = |time: &str| Filter { before: Some(time.to_owned()), ..Filter::default() };
        assert_eq!(listed(before("2026-03-05T10:00:00Z")), "b a");
        assert_eq!(listed(before("2026-03-05T10:00:00.001Z")), "c b a");
        assert_eq!(listed(before("yesterday")), "");
    }
}
