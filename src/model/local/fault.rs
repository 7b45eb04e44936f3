//! The reason of a candle error as one line: with `RUST_BACKTRACE` set candle adds a backtrace to it.

/// The first line, which says what happened.
#[must_use]
pub fn reason(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
