//! What the engine tells its subscribers: recorded events without gaps, live events as they come.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::domain::event::{DebateId, Entry};
use crate::domain::seat::{Seat, Side};
use crate::domain::team::Role;
use crate::engine::error::EngineError;
use crate::rating::RatingChange;
use crate::store::Reader;

/// Which call a live event belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Caller {
    /// A role of a team, preparing a speech.
    Role { speech: usize, seat: Seat, side: Side, role: Role, revision: u32, ask: u32 },
    /// A judge, by its index on the bench, and the call of its plan.
    Judge { judge: usize, call: String },
    /// The cheap judge that looks at a debate under way, after so many speeches.
    Watcher { speeches: usize, call: String },
    /// Who weighs the drafts of a speech against each other.
    Weigher { speech: usize, side: Side, revision: u32, call: String },
}

/// Something that is shown while it happens and never stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Live {
    CallBegan {
        caller: Caller,
        model: String,
    },
    /// Prompt tokens read so far.
    Prefill {
        caller: Caller,
        done: usize,
        total: usize,
    },
    /// Text as it is written. `reasoning` marks private thinking. Raw: sanitise before showing.
    Token {
        caller: Caller,
        text: String,
        reasoning: bool,
    },
    /// The call ended; its text is in the event that follows, or `failed` says why there is none.
    CallEnded {
        caller: Caller,
        failed: Option<String>,
    },
}

/// How a long job stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobProgress {
    /// For instance `pull smollm2-135m`.
    pub job: String,
    pub done: u64,
    pub total: Option<u64>,
    /// One sentence on what is going on.
    pub note: String,
    pub state: JobState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Running,
    Finished,
    Cancelled,
    Failed(String),
}

/// A message to a subscriber.
#[derive(Clone, Debug, PartialEq)]
pub enum Published {
    /// An event of a log, with the rating changes that follow from it.
    Recorded {
        entry: Arc<Entry>,
        ratings: Vec<RatingChange>,
    },
    Live {
        debate: DebateId,
        live: Live,
    },
    Job(JobProgress),
    /// A sentence that a user should read, of no debate.
    Notice(String),
    /// A debate no longer runs in this process: it is closed or stopped. `failed` says that its log could not be kept.
    Idle {
        debate: DebateId,
        failed: Option<String>,
    },
}

/// The sending end. Cloning is cheap; sending never blocks.
#[derive(Clone, Debug)]
pub struct Publisher {
    sender: broadcast::Sender<Published>,
    /// Subscriptions that want every piece of text as it comes.
    readers: Arc<AtomicUsize>,
}

impl Publisher {
    /// A publisher whose subscribers may lag by `capacity` messages before they have to read the store again.
    #[must_use]
    pub fn new(capacity: usize) -> Publisher {
        Publisher { sender: broadcast::channel(capacity).0, readers: Arc::default() }
    }

    /// Whether anybody reads text as it comes: pieces that nobody wants need not be made.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.readers.load(Ordering::Relaxed) > 0
    }

    pub fn send(&self, message: Published) {
        // Nobody listening is no error: the log is in the store.
        drop(self.sender.send(message));
    }

    /// A subscription that starts with the next message.
    #[must_use]
    pub fn subscribe(&self, reader: Reader) -> Subscription {
        self.readers.fetch_add(1, Ordering::Relaxed);
        self.subscription(reader, Some(Arc::clone(&self.readers)))
    }

    /// The same without text and prompts as they come: what begins, ends and is recorded.
    #[must_use]
    pub fn subscribe_to_steps(&self, reader: Reader) -> Subscription {
        self.subscription(reader, None)
    }

    fn subscription(&self, reader: Reader, reads: Option<Arc<AtomicUsize>>) -> Subscription {
        let receiver = self.sender.subscribe();
        Subscription { receiver, reader, reads, next: BTreeMap::new(), queue: Vec::new() }
    }
}

/// A gap-free stream of recorded events and a lossy one of live events.
pub struct Subscription {
    receiver: broadcast::Receiver<Published>,
    reader: Reader,
    /// The publisher's count, if text is wanted as it comes.
    reads: Option<Arc<AtomicUsize>>,
    /// The next `seq` of every debate that is under way.
    next: BTreeMap<DebateId, u64>,
    /// Entries read again after a lag, last first.
    queue: Vec<Published>,
}

impl Subscription {
    /// The next message; `None` when the engine is gone.
    ///
    /// # Errors
    /// The store cannot be read after a lag.
    pub async fn next(&mut self) -> Result<Option<Published>, EngineError> {
        loop {
            if let Some(message) = self.queue.pop() {
                if self.is_new(&message) {
                    return Ok(Some(message));
                }
                continue;
            }
            match self.receiver.recv().await {
                Ok(message) if self.is_new(&message) => return Ok(Some(message)),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => self.catch_up()?,
                Err(RecvError::Closed) => return Ok(None),
            }
        }
    }

    /// Notes a recorded event's place; one that was already given is not new.
    fn is_new(&mut self, message: &Published) -> bool {
        let entry = match message {
            Published::Recorded { entry, .. } => entry,
            Published::Live { live: Live::Token { .. } | Live::Prefill { .. }, .. } => return self.reads.is_some(),
            // Nothing more comes of it unless it is resumed, from where it is then.
            Published::Idle { debate, .. } => {
                self.next.remove(debate);
                return true;
            }
            _ => return true,
        };
        let next = self.next.entry(entry.debate.clone()).or_insert(entry.seq);
        if entry.seq < *next {
            return false;
        }
        *next = entry.seq + 1;
        true
    }

    fn catch_up(&mut self) -> Result<(), EngineError> {
        let mut missed = Vec::new();
        for (debate, next) in &self.next {
            for entry in self.reader.entries(debate, *next)? {
                missed.push(Published::Recorded { entry: Arc::new(entry), ratings: Vec::new() });
            }
        }
        missed.reverse();
        self.queue = missed;
        Ok(())
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(readers) = &self.reads {
            readers.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn token() -> Published {
        let caller = Caller::Judge { judge: 0, call: "a".to_owned() };
        let live = Live::Token { caller, text: "We".to_owned(), reasoning: false };
        Published::Live { debate: DebateId("d".to_owned()), live }
    }

    #[tokio::test]
    async fn who_wants_steps_only_hears_no_text_and_text_is_read_while_its_reader_lives() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("rhetor.db")).unwrap();
        let publisher = Publisher::new(8);
        let mut steps = publisher.subscribe_to_steps(store.reader());
        assert!(!publisher.is_read());
        let mut everything = publisher.subscribe(store.reader());
        assert!(publisher.is_read());
        publisher.send(token());
        publisher.send(Published::Notice("It begins.".to_owned()));
        assert_eq!(everything.next().await.unwrap(), Some(token()));
        assert_eq!(steps.next().await.unwrap(), Some(Published::Notice("It begins.".to_owned())));
        drop(everything);
        assert!(!publisher.is_read());
    }
}
