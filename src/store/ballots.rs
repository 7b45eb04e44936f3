//! Ballots across debates, for ladders: what benches decided, and what was decided of stored debates afterwards.

use rusqlite::params;

use crate::domain::ballot::Ballot;
use crate::domain::event::{DebateId, Event};
use crate::domain::judgement::{DEBATE, Decided, Judgement, debate_source};
use crate::store::error::{OnConnection, StoreError};
use crate::store::{JudgementFilter, Reader};

impl Reader {
    /// The ballots of benches, debate by debate in the order in which they were returned. Those of pruned debates are gone.
    ///
    /// # Errors
    /// The database cannot be read, or a ballot is damaged.
    pub fn ballots(&self) -> Result<Vec<(DebateId, Ballot)>, StoreError> {
        let select = "SELECT debate, seq, body FROM events WHERE type = 'ballot_returned' ORDER BY number";
        let rows: Vec<(String, u64, String)> = self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
            rows.and_then(Iterator::collect).on(connection)
        })?;
        let ballot = |(debate, seq, body): (String, u64, String)| match serde_json::from_str(&body) {
            Ok(Event::BallotReturned { ballot, .. }) => Some(Ok((DebateId(debate), *ballot))),
            Ok(_) => None,
            Err(error) => Some(Err(StoreError::Damaged { debate, seq, reason: error.to_string() })),
        };
        rows.into_iter().filter_map(ballot).collect()
    }

    /// Ballots on stored debates that judging sessions and people gave, the oldest first.
    ///
    /// # Errors
    /// The database cannot be read, or a judgement is damaged.
    pub fn later_ballots(&self) -> Result<Vec<(DebateId, Ballot)>, StoreError> {
        let select = "SELECT DISTINCT source FROM judgements WHERE state = 1 AND source GLOB ?1 ORDER BY source";
        let sources: Vec<String> = self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let rows = select.query_map(params![format!("{DEBATE}*")], |row| row.get(0));
            rows.and_then(Iterator::collect).on(connection)
        })?;
        let mut ballots = Vec::new();
        for source in sources {
            let Some(debate) = source.strip_prefix(DEBATE).map(|id| DebateId(id.to_owned())) else { continue };
            let given = self.ballots_after(&debate)?;
            ballots.extend(given.into_iter().map(|ballot| (debate.clone(), ballot)));
        }
        Ok(ballots)
    }

    /// Ballots on one stored debate that judging sessions and people gave, the oldest first.
    ///
    /// # Errors
    /// The database cannot be read, or a judgement is damaged.
    pub fn ballots_after(&self, debate: &DebateId) -> Result<Vec<Ballot>, StoreError> {
        let source = Some(debate_source(debate));
        let newest_first = self.judgements(&JudgementFilter { source, ..JudgementFilter::default() })?;
        let decided = newest_first.into_iter().rev().filter_map(|Judgement { judge, decided, .. }| match decided {
            Some(Decided::Ballot(ballot)) => Some(Ballot { judge, ..*ballot }),
            _ => None,
        });
        Ok(decided.collect())
    }
}
