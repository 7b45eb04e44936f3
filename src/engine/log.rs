//! The log of one running debate: decides, stores, applies and publishes, in this order.

use std::sync::Arc;

use crate::clock;
use crate::domain::debate::Debate;
use crate::domain::event::{DebateId, Entry, Event};
use crate::domain::machine::{self, Input};
use crate::engine::error::EngineError;
use crate::engine::publish::{Published, Publisher};
use crate::engine::ratings::Ratings;
use crate::store::{Batch, LeaseToken, Store, StoredRequest};

/// The only writer of one debate.
pub struct DebateLog {
    pub id: DebateId,
    pub state: Debate,
    store: Store,
    lease: LeaseToken,
    ratings: Ratings,
    publisher: Publisher,
}

impl DebateLog {
    /// A log that goes on from `state`, which must be the fold of what the store holds.
    #[must_use]
    pub fn new(
        id: DebateId,
        state: Debate,
        store: Store,
        lease: LeaseToken,
        ratings: Ratings,
        publisher: Publisher,
    ) -> DebateLog {
        DebateLog { id, state, store, lease, ratings, publisher }
    }

    /// Takes an input, with the request that led to it. Returns after COMMIT if anything is shown as done.
    ///
    /// # Errors
    /// The input does not fit the state, or the store cannot keep it; then nothing has changed.
    pub async fn record(&mut self, input: Input, requests: Vec<StoredRequest>) -> Result<(), EngineError> {
        let (events, _) = machine::decide(&self.state, input)?;
        if events.is_empty() {
            return Ok(());
        }
        let at = clock::now();
        let entries: Vec<Entry> = events
            .iter()
            .zip(self.state.length..)
            .map(|(event, seq)| Entry { debate: self.id.clone(), seq, at: at.clone(), event: event.clone() })
            .collect();
        let batch = Batch { entries: entries.clone(), requests, lease: Some(self.lease.clone()) };
        if events.iter().any(Event::needs_commit) {
            self.store.append(batch).await?;
        } else {
            self.store.append_later(batch)?;
        }
        for entry in entries {
            self.state.apply(&entry.event);
            let ratings = self.ratings.after(&entry);
            self.publisher.send(Published::Recorded { entry: Arc::new(entry), ratings });
        }
        Ok(())
    }
}
