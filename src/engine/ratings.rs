//! The rating changes that follow from a recorded result. They are derived, never stored.

use crate::domain::event::{Entry, Event};
use crate::engine::error::EngineError;
use crate::rating::elo::EloSettings;
use crate::rating::{Game, Ladder, RatingChange};
use crate::store::Reader;

/// Rates results against the store's ladder.
#[derive(Clone)]
pub struct Ratings {
    reader: Reader,
}

impl Ratings {
    #[must_use]
    pub fn new(reader: Reader) -> Ratings {
        Ratings { reader }
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
        let outcomes = self.reader.outcomes()?;
        let mut ladder = Ladder::new(EloSettings::default());
        for row in &outcomes {
            let game = Game::from_outcome(&row.debate, row.seq, &row.at, &row.outcome);
            let changes = game.and_then(|game| ladder.take(&game));
            if row.debate == entry.debate {
                return Ok(changes.map(Vec::from).unwrap_or_default());
            }
        }
        Ok(Vec::new())
    }
}
