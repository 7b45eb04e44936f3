//! When a call is tried again, and after how long. Never after the first token: a speech is not said twice.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::clock;

/// How often and how patiently a call is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// All tries together, the first included.
    pub tries: u32,
    /// The wait after the first failure; each later wait is twice as long.
    pub first_wait: Duration,
    /// No wait is longer. An endpoint that asks for more is not waited for.
    pub longest_wait: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Retry { tries: 5, first_wait: Duration::from_millis(500), longest_wait: Duration::from_secs(60) }
    }
}

impl Retry {
    /// The wait before try number `next` (2 is the first repetition), or `None` if there is to be none.
    ///
    /// `asked` is what the endpoint asks for. Without it the wait doubles, less up to a quarter that `spread` picks,
    /// so that calls that failed together do not come back together.
    #[must_use]
    pub fn wait(&self, next: u32, asked: Option<Duration>, spread: u64) -> Option<Duration> {
        if next > self.tries {
            return None;
        }
        if let Some(asked) = asked {
            return (asked <= self.longest_wait).then_some(asked);
        }
        let doubled = self.first_wait.saturating_mul(1 << (next - 2).min(16)).min(self.longest_wait);
        let share = spread.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(u64::from(next)) >> 32;
        Some(doubled - doubled.mul_f64(0.25 * share as f64 / f64::from(u32::MAX)))
    }
}

/// Whether a status may be gone at the next try.
#[must_use]
pub fn is_passing(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT || status.is_server_error()
}

/// The wait that an answer's headers ask for.
#[must_use]
pub fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    clock::retry_after(|name| headers.get(name)?.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_end() {
        let retry = Retry { tries: 4, first_wait: Duration::from_secs(1), longest_wait: Duration::from_secs(3) };
        for spread in [0, 1, u64::MAX, 12345] {
            let waits: Vec<f64> = (2..=4).map(|next| retry.wait(next, None, spread).unwrap().as_secs_f64()).collect();
            for (wait, full) in waits.iter().zip([1.0, 2.0, 3.0]) {
                assert!(*wait <= full && *wait >= 0.75 * full, "{wait} of {full}");
            }
            assert_eq!(retry.wait(5, None, spread), None);
        }
    }

    #[test]
    fn an_endpoint_that_asks_for_too_long_is_not_waited_for() {
        let retry = Retry::default();
        assert_eq!(retry.wait(2, Some(Duration::from_secs(30)), 0), Some(Duration::from_secs(30)));
        assert_eq!(retry.wait(2, Some(Duration::from_secs(3600)), 0), None);
    }
}
