//! How much the client bears.

use std::time::Duration;

/// Limits of one fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body, as it is sent and again unpacked.
    pub bytes: usize,
    /// For everything together: looking the host up, redirects, waiting, and the body to its last byte.
    pub deadline: Duration,
    /// Redirects that are followed.
    pub redirects: usize,
    /// The longest wait that a server may ask for.
    pub patience: Duration,
    /// Ports that pages are fetched from.
    pub ports: Vec<u16>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            bytes: 2 << 20,
            deadline: Duration::from_secs(10),
            redirects: 5,
            patience: Duration::from_secs(3),
            ports: vec![80, 443],
        }
    }
}

impl Limits {
    /// The deadline in seconds, for sentences.
    #[must_use]
    pub fn seconds(&self) -> String {
        self.deadline.as_secs_f64().to_string()
    }
}
