//! The rating changes that follow from a recorded result. They are derived, never stored.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::event::{DebateId, Entry, Event};
use crate::engine::error::EngineError;
use crate::rating::elo::EloSettings;
use crate::rating::{Game, Ladder, RatingChange};
use crate::store::Reader;

/// Changes that are kept for those who ask after later results were folded.
const KEPT: usize = 1024;

/// Rates results against the store's ladder. Clones share what they have folded.
#[derive(Clone)]
pub struct Ratings {
    reader: Reader,
    folded: Arc<Mutex<Folded>>,
}

/// The ladder up to some result.
#[derive(Default)]
struct Folded {
    ladder: Option<Ladder>,
    /// The number of the last result taken in.
    last: i64,
    /// What the last results changed, the newest last.
    changes: VecDeque<(DebateId, Vec<RatingChange>)>,
}

impl Ratings {
    #[must_use]
    pub fn new(reader: Reader) -> Ratings {
        Ratings { reader, folded: Arc::default() }
    }

    /// What a committed event changed on the full ladder; nothing for every event but a rated result.
    #[must_use]
    pub fn after(&self, entry: &Entry) -> Vec<RatingChange> {
        if !matches!(entry.event, Event::ResultRecorded(_)) {
            return Vec::new();
        }
        // A ladder that cannot be read is reported by every query; the result itself is safe in the log.
        self.changes(entry).unwrap_or_default()
    }

    fn changes(&self, entry: &Entry) -> Result<Vec<RatingChange>, EngineError> {
        let mut folded = self.folded.lock().unwrap_or_else(PoisonError::into_inner);
        for row in self.reader.outcomes_after(folded.last)? {
            let games = Game::from_outcome(&row.debate, row.seq, &row.at, &row.outcome);
            let ladder = folded.ladder.get_or_insert_with(|| Ladder::new(EloSettings::default()));
            let changes = RatingChange::joined(games.iter().flat_map(|game| ladder.take(game)).flatten());
            folded.last = row.number;
            folded.changes.push_back((row.debate, changes));
            if folded.changes.len() > KEPT {
                folded.changes.pop_front();
            }
        }
        let own = folded.changes.iter().rev().find(|(debate, _)| *debate == entry.debate);
        Ok(own.map(|(_, changes)| changes.clone()).unwrap_or_default())
    }
}
