//! Votes of audiences before and after debates.

use rusqlite::params;

use crate::domain::audience::{Count, Moment, Swing};
use crate::domain::event::DebateId;
use crate::store::error::{OnConnection, StoreError};
use crate::store::{Reader, Store};

impl Store {
    /// Writes a vote and returns once it is committed. An earlier one of the same moment gives way.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn keep_votes(
        &self,
        debate: &DebateId,
        moment: Moment,
        count: Count,
        at: String,
    ) -> Result<(), StoreError> {
        let debate = debate.0.clone();
        self.work(move |connection| {
            let insert = "INSERT OR REPLACE INTO audience_votes (debate, moment, at, proposition, opposition, undecided) \
                          VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let values = params![debate, moment.name(), at, count.proposition, count.opposition, count.undecided];
            connection.execute(insert, values).on(connection).map(|_| ())
        })
        .await
    }
}

impl Reader {
    /// What an audience voted at a moment.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn votes_at(&self, debate: &DebateId, moment: Moment) -> Result<Option<Count>, StoreError> {
        let select = "SELECT proposition, opposition, undecided FROM audience_votes WHERE debate = ?1 AND moment = ?2";
        self.read(|connection| {
            let mut select = connection.prepare_cached(select).on(connection)?;
            let rows = select.query_map(params![debate.0, moment.name()], |row| {
                Ok(Count { proposition: row.get(0)?, opposition: row.get(1)?, undecided: row.get(2)? })
            });
            let counts: Vec<Count> = rows.and_then(Iterator::collect).on(connection)?;
            Ok(counts.into_iter().next())
        })
    }

    /// How a debate moved its audience, once it has voted twice.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn swing(&self, debate: &DebateId) -> Result<Option<Swing>, StoreError> {
        let before = self.votes_at(debate, Moment::Before)?;
        let after = self.votes_at(debate, Moment::After)?;
        Ok(before.zip(after).map(|(before, after)| Swing { before, after }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::{id, store};

    #[tokio::test]
    async fn a_swing_is_there_once_the_audience_has_voted_twice() {
        let (_folder, store) = store();
        let (before, after): (Count, Count) = ("3:4:5".parse().unwrap(), "6:5:1".parse().unwrap());
        assert_eq!(store.reader().swing(&id("a")).unwrap(), None);
        store.keep_votes(&id("a"), Moment::Before, after, "t".to_owned()).await.unwrap();
        store.keep_votes(&id("a"), Moment::Before, before, "t".to_owned()).await.unwrap();
        assert_eq!(store.reader().swing(&id("a")).unwrap(), None);
        store.keep_votes(&id("a"), Moment::After, after, "t".to_owned()).await.unwrap();
        assert_eq!(store.reader().swing(&id("a")).unwrap(), Some(Swing { before, after }));
        assert_eq!(store.reader().swing(&id("b")).unwrap(), None);
    }
}
