//! When the process is asked to end: what is written is kept, and what runs is stopped in order.

/// Waits until the user or the system asks this process to end: Ctrl-C, and on Unix SIGTERM and SIGHUP.
pub async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        // A signal that cannot be listened to ends the process as it would without this.
        let mut terminate = signal(SignalKind::terminate()).ok();
        let mut hang_up = signal(SignalKind::hangup()).ok();
        let heard = async |signal: &mut Option<tokio::signal::unix::Signal>| match signal {
            Some(signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = heard(&mut terminate) => {}
            () = heard(&mut hang_up) => {}
        }
    }
    #[cfg(not(unix))]
    drop(tokio::signal::ctrl_c().await);
}
