//! Where a person hands in what it was asked for. A person is asked as a model is, by its role in a speech, and takes its time.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::domain::team::Role;

/// The speech and the role that a person is asked in.
type Place = (usize, Role);

/// The requests of one debate that wait for a person.
#[derive(Debug, Default)]
pub struct Desk {
    waiting: Mutex<BTreeMap<Place, oneshot::Sender<String>>>,
}

impl Desk {
    /// Expects what a person hands in from now on. To be called before anybody tells the person.
    pub fn expect(&self, place: Place) -> oneshot::Receiver<String> {
        let (hand_in, handed_in) = oneshot::channel();
        self.with(|waiting| waiting.insert(place, hand_in));
        handed_in
    }

    /// Waits for what is expected; `None` if the debate is stopped first.
    pub async fn wait(
        &self,
        place: Place,
        handed_in: oneshot::Receiver<String>,
        cancel: &CancellationToken,
    ) -> Option<String> {
        let text = tokio::select! {
            text = handed_in => text.ok(),
            () = cancel.cancelled() => None,
        };
        self.with(|waiting| waiting.remove(&place));
        text
    }

    /// Hands a text in, and says whether anybody waited for it.
    pub fn hand_in(&self, place: Place, text: String) -> bool {
        self.with(|waiting| waiting.remove(&place)).is_some_and(|hand_in| hand_in.send(text).is_ok())
    }

    fn with<T>(&self, change: impl FnOnce(&mut BTreeMap<Place, oneshot::Sender<String>>) -> T) -> T {
        change(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_text_reaches_who_waits_for_it_and_nobody_else() {
        let (desk, cancel) = (Desk::default(), CancellationToken::new());
        let place = (2, Role::Writer);
        assert!(!desk.hand_in(place, "too early".to_owned()));
        let handed_in = desk.expect(place);
        assert!(!desk.hand_in((3, Role::Writer), "elsewhere".to_owned()));
        assert!(desk.hand_in(place, "here".to_owned()));
        assert!(!desk.hand_in(place, "twice".to_owned()));
        assert_eq!(desk.wait(place, handed_in, &cancel).await.as_deref(), Some("here"));
    }

    #[tokio::test]
    async fn a_debate_that_stops_waits_for_nobody() {
        let (desk, cancel) = (Desk::default(), CancellationToken::new());
        cancel.cancel();
        let handed_in = desk.expect((0, Role::Writer));
        assert_eq!(desk.wait((0, Role::Writer), handed_in, &cancel).await, None);
        assert!(!desk.hand_in((0, Role::Writer), "too late".to_owned()));
    }
}
