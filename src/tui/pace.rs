//! When to draw: only when something changed, and at most so many times a second.

use std::time::Duration;

/// How long a person's text stands unchanged before it is kept.
pub const DRAFT_PAUSE: Duration = Duration::from_millis(800);

/// The shortest time between two frames: 60 a second.
const FRAME: Duration = Duration::from_millis(16);

/// Decides when the next frame is due. Pure: the time comes in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    changed: bool,
    last: Option<Duration>,
}

impl Pace {
    /// Notes that what is on the screen is no longer true.
    pub fn change(&mut self) {
        self.changed = true;
    }

    /// How long to wait until a frame is due; `None` while nothing has changed.
    #[must_use]
    pub fn due(&self, now: Duration) -> Option<Duration> {
        self.changed.then(|| self.last.map_or(Duration::ZERO, |last| (last + FRAME).saturating_sub(now)))
    }

    /// Notes that a frame was drawn.
    pub fn drawn(&mut self, now: Duration) {
        self.changed = false;
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    #[test]
    fn nothing_is_drawn_while_nothing_changes() {
        let mut pace = Pace::default();
        assert_eq!(pace.due(milliseconds(5)), None);
        pace.change();
        assert_eq!(pace.due(milliseconds(5)), Some(Duration::ZERO));
        pace.drawn(milliseconds(5));
        assert_eq!(pace.due(milliseconds(500)), None);
    }

    #[test]
    fn a_change_right_after_a_frame_waits_for_the_next() {
        let mut pace = Pace::default();
        pace.change();
        pace.drawn(milliseconds(100));
        pace.change();
        pace.change();
        assert_eq!(pace.due(milliseconds(104)), Some(milliseconds(12)));
        assert_eq!(pace.due(milliseconds(130)), Some(Duration::ZERO));
    }
}
