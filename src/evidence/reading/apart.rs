//! Runs a parser on a thread of its own, with a deep stack and a limit of time: a file that is broken or made to harm may
//! let it panic, recurse or take very long, and none of it may end the program.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::evidence::quiet::quietly;
use crate::evidence::reading::Refusal;

/// Bytes of the parser's stack. Only what is used takes memory.
const STACK: usize = 256 << 20;

/// How long a file may take. A book of a thousand pages takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

const THREAD: &str = "parser";

/// Parses, and waits for it.
///
/// # Errors
/// What the parser says; [`Refusal::Broken`] if it panicked, [`Refusal::Slow`] if it takes too long. It is then left to
/// itself until the process ends.
pub(super) fn apart<T: Send + 'static>(
    parse: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let (tell, told) = mpsc::channel();
    let work = move || {
        // Whoever waited may have lost patience.
        let _ = tell.send(quietly(parse));
    };
    thread::Builder::new()
        .name(THREAD.to_owned())
        .stack_size(STACK)
        .spawn(work)
        .map_err(|error| Refusal::Unreadable(format!("no thread can be started: {error}")))?;
    match told.recv_timeout(PATIENCE) {
        Ok(Some(parsed)) => parsed,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(Refusal::Slow(PATIENCE.as_secs())),
        Ok(None) | Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(Refusal::Broken("its parts do not fit together".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parser_that_panics_refuses_its_file() {
        assert_eq!(apart(|| Ok(7)), Ok(7));
        let panicked = apart::<()>(|| panic!("no such font"));
        assert_eq!(panicked, Err(Refusal::Broken("its parts do not fit together".to_owned())));
    }
}
