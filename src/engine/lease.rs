//! The writer lease of a running debate: one process runs it, a second one is refused by name.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::clock;
use crate::domain::event::DebateId;
use crate::engine::error::EngineError;
use crate::store::{Holder, LeaseToken, Store};

/// Well within the store's limit, so that a slow disk does not cost the lease.
const HEARTBEAT: Duration = Duration::from_secs(4);

/// A lease that is kept alive until it is released.
pub struct Lease {
    store: Store,
    pub token: LeaseToken,
    heartbeat: JoinHandle<()>,
}

impl Lease {
    /// Takes the lease of a debate.
    ///
    /// # Errors
    /// Another process holds it; the sentence names that process.
    pub async fn acquire(store: &Store, debate: &DebateId) -> Result<Lease, EngineError> {
        let token = store.acquire(&debate.0, holder(), clock::unix_milliseconds(), is_alive).await?;
        let heartbeat = tokio::spawn(beat(store.clone(), token.clone()));
        Ok(Lease { store: store.clone(), token, heartbeat })
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn release(self) -> Result<(), EngineError> {
        self.heartbeat.abort();
        Ok(self.store.release(self.token.clone()).await?)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.heartbeat.abort();
    }
}

async fn beat(store: Store, token: LeaseToken) {
    let mut ticks = interval(HEARTBEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // A lost lease shows at the next append, which the store refuses by name.
        if store.heartbeat(&token, clock::unix_milliseconds()).await.is_err() {
            return;
        }
    }
}

fn holder() -> Holder {
    let host = sysinfo::System::host_name().unwrap_or_else(|| "this machine".to_owned());
    Holder { process: std::process::id(), host }
}

/// Whether a holder may still be at work. Only Linux shows a process without asking it; elsewhere the heartbeat decides.
pub fn is_alive(of: &Holder) -> bool {
    let here = holder();
    let gone = cfg!(target_os = "linux")
        && of.host == here.host
        && !std::path::Path::new(&format!("/proc/{}", of.process)).exists();
    !gone
}
