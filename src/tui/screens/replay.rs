//! A stored debate again, event by event, through the panes of the arena.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use crate::assets::Action;
use crate::domain::event::{DebateId, Entry, Event};
use crate::tui::arena::Arena;
use crate::tui::model::Session;
use crate::tui::msg::{Cmd, Timer};
use crate::tui::screens::{Hint, Reply, Screen, hints};

/// Times the usual speed, slowest first.
const SPEEDS: [f64; 6] = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0];
const USUAL: usize = 1;

#[derive(Clone, Debug)]
pub struct Replay {
    /// Tells this replay's timers from those of others.
    number: u64,
    id: DebateId,
    entries: Vec<Entry>,
    /// Entries shown so far.
    at: usize,
    playing: bool,
    speed: usize,
    /// Of the timer that is set; an older one means nothing.
    generation: u64,
    arena: Arena,
}

impl Replay {
    /// Opens a replay at its first event, and plays it.
    #[must_use]
    pub fn of(id: DebateId, entries: Vec<Entry>, number: u64) -> Vec<Reply> {
        if entries.is_empty() {
            return vec![Reply::Notice("This debate has no events.".to_owned())];
        }
        let arena = Arena::replaying(id.clone());
        let mut replay = Replay { number, id, entries, at: 0, playing: true, speed: USUAL, generation: 0, arena };
        replay.forward();
        let timer = replay.set_timer();
        let mut replies = vec![Reply::Show(Screen::Replay(Box::new(replay)))];
        replies.extend(timer);
        replies
    }

    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let mut shown = vec![
            Hint::named(Action::Pause, if self.playing { "pause" } else { "play" }),
            Hint::named(Action::Right, "step"),
            Hint::named(Action::Left, "step back"),
        ];
        let rest = [
            Action::NextSpeech,
            Action::Faster,
            Action::Slower,
            Action::Back,
            Action::Help,
            Action::Search,
            Action::Compare,
            Action::NextPane,
            Action::Open,
        ];
        shown.extend(hints(rest));
        shown
    }

    pub fn act(&mut self, action: Action) -> Option<Vec<Reply>> {
        match action {
            Action::Pause => self.playing = !self.playing && self.at < self.entries.len(),
            Action::Right => {
                self.playing = false;
                self.forward();
            }
            Action::Left => {
                self.playing = false;
                self.show(self.at.saturating_sub(1).max(1));
            }
            Action::NextSpeech | Action::PreviousSpeech => {
                self.playing = false;
                self.turn(action == Action::NextSpeech);
            }
            Action::Faster => self.speed = (self.speed + 1).min(SPEEDS.len() - 1),
            Action::Slower => self.speed = self.speed.saturating_sub(1),
            _ => return self.arena.look_at(action),
        }
        self.generation += 1;
        Some(self.set_timer().into_iter().collect())
    }

    /// The next step of a replay that plays, if the timer is the one that was set last.
    pub fn wake(&mut self, replay: u64, generation: u64) -> Option<Cmd> {
        if (replay, generation) != (self.number, self.generation) || !self.playing {
            return None;
        }
        self.forward();
        match self.set_timer() {
            Some(Reply::Cmd(cmd)) => Some(cmd),
            _ => None,
        }
    }

    /// What is looked at.
    pub fn arena(&mut self) -> &mut Arena {
        &mut self.arena
    }

    /// Shows everything up to the next speech, or up to the one before.
    fn turn(&mut self, forward: bool) {
        let speech = |entry: &Entry| matches!(entry.event, Event::SpeechDelivered(_));
        let shown = self.at;
        let place = if forward {
            self.entries[shown..].iter().position(speech).map_or(self.entries.len(), |place| shown + place + 1)
        } else {
            let before = shown.saturating_sub(1);
            self.entries[..before].iter().rposition(speech).map_or(1, |place| place + 1)
        };
        self.show(place);
    }

    fn set_timer(&mut self) -> Option<Reply> {
        self.playing &= self.at < self.entries.len();
        let timer = Timer::Replay { replay: self.number, generation: self.generation };
        self.playing.then(|| Reply::Cmd(Cmd::Wake(timer, self.pause())))
    }

    /// How long the event that is shown last stands before the next: a speech long enough to begin reading it.
    fn pause(&self) -> Duration {
        let shown = self.at.checked_sub(1).and_then(|last| self.entries.get(last)).map(|entry| &entry.event);
        let seconds = match shown {
            Some(Event::SpeechDelivered(_) | Event::BallotReturned { .. }) => 4.0,
            Some(Event::RoleSaid(_) | Event::ReviewReturned(_)) => 0.8,
            _ => 0.4,
        };
        Duration::from_secs_f64(seconds / SPEEDS[self.speed])
    }

    fn forward(&mut self) {
        if let Some(entry) = self.entries.get(self.at) {
            self.arena.take(&entry.event);
            self.at += 1;
        }
    }

    /// Shows the first so many events. Going back is folding again.
    fn show(&mut self, events: usize) {
        self.arena = Arena::replaying(self.id.clone());
        self.at = 0;
        while self.at < events {
            self.forward();
        }
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let [head, body] = Layout::vertical([Constraint::Length(3), Constraint::Fill(1)]).areas(area);
        let sign = if self.playing { "▶" } else { "‖" };
        let clock = format!("{sign} {}/{} · {}×", self.at, self.entries.len(), SPEEDS[self.speed]);
        self.arena.header(frame, head, session, &clock);
        self.arena.panes(frame, body, session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample;

    fn entries() -> Vec<Entry> {
        sample::log([
            Event::DebateOpened(Box::new(sample::opening())),
            Event::StageBegan { stage: 0 },
            Event::SpeechDelivered(sample::speech(0)),
            Event::SpeechDelivered(sample::speech(1)),
        ])
    }

    fn replay() -> Replay {
        let replies = Replay::of(DebateId("d".to_owned()), entries(), 1);
        match replies.into_iter().next() {
            Some(Reply::Show(Screen::Replay(replay))) => *replay,
            other => panic!("no replay: {other:?}"),
        }
    }

    #[test]
    fn it_plays_to_its_end_and_then_asks_for_nothing() {
        let mut replay = replay();
        let mut steps = 0;
        while replay.wake(1, replay.generation).is_some() {
            steps += 1;
        }
        assert_eq!((steps, replay.at, replay.playing), (2, 4, false));
        assert_eq!(replay.arena.debate.speeches.len(), 2);
    }

    #[test]
    fn a_step_back_shows_what_was_there_before() {
        let mut replay = replay();
        replay.show(4);
        replay.act(Action::Left);
        assert_eq!((replay.at, replay.arena.debate.speeches.len(), replay.playing), (3, 1, false));
        replay.act(Action::Right);
        assert_eq!(replay.arena.debate.speeches.len(), 2);
    }

    #[test]
    fn a_key_jumps_from_speech_to_speech() {
        let mut replay = replay();
        let places = [Action::NextSpeech, Action::NextSpeech, Action::PreviousSpeech].map(|action| {
            replay.act(action);
            (replay.at, replay.playing)
        });
        assert_eq!(places, [(3, false), (4, false), (3, false)]);
    }

    #[test]
    fn a_timer_from_before_a_key_means_nothing() {
        let mut replay = replay();
        let old = replay.generation;
        replay.act(Action::Faster);
        assert_eq!(replay.wake(1, old), None);
        assert_eq!(replay.wake(2, replay.generation), None);
        assert_eq!(replay.at, 1);
    }
}
