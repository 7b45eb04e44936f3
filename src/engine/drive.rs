//! The driver of one debate: runs every effect that is pending until none is, or until it is told to stop.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::domain::machine::{self, Effect, Input};
use crate::engine::error::EngineError;
use crate::engine::running::Running;
use crate::engine::{bench, prospects, speak};

/// Runs the debate until it is closed, stopped by an error or a ceiling, or cancelled.
///
/// # Errors
/// The store cannot keep the log. Errors of models are part of the log and no error here.
pub async fn drive(debate: &Arc<Running>) -> Result<(), EngineError> {
    let (deliver, delivered) = mpsc::unbounded_channel();
    let watcher = tokio::spawn({
        let debate = Arc::clone(debate);
        async move { prospects::watch(&debate, delivered).await }
    });
    let driven = drive_to_end(debate, &deliver).await;
    watcher.abort();
    driven
}

async fn drive_to_end(debate: &Arc<Running>, deliver: &mpsc::UnboundedSender<()>) -> Result<(), EngineError> {
    let mut running = BTreeSet::new();
    let mut tasks = JoinSet::new();
    loop {
        let changed = debate.changed.notified();
        if !debate.cancel.is_cancelled() {
            for effect in debate.look(machine::pending).await {
                if running.insert(effect) {
                    let debate = Arc::clone(debate);
                    tasks.spawn(async move { (effect, perform(&debate, effect).await) });
                }
            }
        }
        let paused = debate.look(|state| state.paused && !state.closed).await && !debate.cancel.is_cancelled();
        if tasks.is_empty() && !paused {
            return Ok(());
        }
        tokio::select! {
            Some(finished) = tasks.join_next() => {
                let (effect, result) = finished.map_err(|error| EngineError::Failed(format!("a step of the debate broke: {error}")))?;
                running.remove(&effect);
                if matches!(effect, Effect::Speak { .. }) {
                    // The watcher may have ended: nothing waits for it.
                    let _ = deliver.send(());
                }
                if let Err(error) = result {
                    stop(debate, error).await?;
                }
            }
            () = changed => {}
            () = debate.cancel.cancelled(), if tasks.is_empty() => return Ok(()),
        }
    }
}

async fn perform(debate: &Running, effect: Effect) -> Result<(), EngineError> {
    match effect {
        Effect::Speak { speech } => speak::speak(debate, speech).await,
        Effect::Judge { judge } => bench::judge(debate, judge).await,
    }
}

/// Writes down why the debate stands still. An error of the store itself ends the driver.
async fn stop(debate: &Running, error: EngineError) -> Result<(), EngineError> {
    let input = match error {
        EngineError::Store(_) => return Err(error),
        EngineError::Budget(reason) => Input::Budget { reason },
        error => Input::Fail { reason: error.to_string() },
    };
    debate.record(input, Vec::new()).await
}
