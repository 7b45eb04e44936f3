//! Whether a fetched file is the file that the catalogue means.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use tokio::sync::mpsc::unbounded_channel;

use crate::model::pull::{Failure, Phase, Pull};

const BLOCK: usize = 1 << 20;

/// Checks size and hash of the `.part` file; one that is wrong is deleted, so that the next pull begins anew.
///
/// # Errors
/// It is another file, cannot be read, or the pull was cancelled.
pub async fn check(pull: &Pull<'_>, source: &str) -> Result<(), Failure> {
    let path = pull.part();
    let cancel = pull.cancel.clone();
    let (sender, mut steps) = unbounded_channel();
    let hashing = tokio::task::spawn_blocking(move || {
        hash(path, |done| {
            // Nobody may be watching.
            let _ = sender.send(done);
            !cancel.is_cancelled()
        })
    });
    while let Some(done) = steps.recv().await {
        pull.tell(Phase::Check, done);
    }
    let hashed = hashing.await.map_err(|error| error.to_string())?;
    let found = hashed.map_err(|error| format!("{} cannot be read: {error}", pull.part().display()))?;
    let Some((size, sha256)) = found else { return Err(Failure::Cancelled) };
    if size == pull.model.size && sha256 == pull.model.sha256 {
        return Ok(());
    }
    tokio::fs::remove_file(pull.part()).await.map_err(|error| error.to_string())?;
    Err(Failure::Reason(format!(
        "what {source} sent is not the file that was expected (SHA-256 {sha256}, expected {}); it was deleted",
        pull.model.sha256
    )))
}

/// Size and SHA-256 of a file, or `None` if `step` said to stop. `step` gets the bytes so far.
fn hash(path: PathBuf, step: impl Fn(u64) -> bool) -> std::io::Result<Option<(u64, String)>> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK];
    let mut size = 0;
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            let digits: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok(Some((size, digits)));
        }
        hasher.update(&block[..read]);
        size += read as u64;
        if !step(size) {
            return Ok(None);
        }
    }
}
