//! A match as it is spoken, whichever process plays it: live where it runs in this one, from its log where it does not.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::assets::Action;
use crate::domain::event::{DebateId, Entry};
use crate::engine::publish::Published;
use crate::tui::arena::Arena;
use crate::tui::model::Session;
use crate::tui::msg::{Cmd, Purpose, Timer};
use crate::tui::screens::verdict::Verdict;
use crate::tui::screens::{Hint, Reply, Screen, hints};

/// How often the log is read again, for what other processes write to it.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub struct Watch {
    debate: DebateId,
    arena: Arena,
    /// Tells this screen's timers from those of others.
    number: u64,
}

impl Watch {
    /// Shows a debate as far as it is, and goes on with it.
    #[must_use]
    pub fn of(debate: DebateId, entries: &[Entry], number: u64) -> Vec<Reply> {
        let mut arena = Arena::awaiting(Some(debate.clone()));
        arena.load(debate.clone(), entries);
        let watch = Watch { debate, arena, number };
        let timer = watch.timer();
        vec![Reply::Show(Screen::Watch(Box::new(watch))), Reply::Cmd(timer)]
    }

    #[must_use]
    pub fn debate(&self) -> &DebateId {
        &self.debate
    }

    /// What is looked at.
    pub fn arena(&mut self) -> &mut Arena {
        &mut self.arena
    }

    fn timer(&self) -> Cmd {
        Cmd::Wake(Timer::Watch(self.number), LOOK)
    }

    /// Reads the log again, unless the debate is over or the timer is another's.
    #[must_use]
    pub fn wake(&self, number: u64) -> Vec<Cmd> {
        if number != self.number || self.arena.debate.closed {
            return Vec::new();
        }
        vec![Cmd::Log { purpose: Purpose::CatchUp, debate: self.debate.clone() }, self.timer()]
    }

    /// Takes in what the engine tells of this debate.
    pub fn hear(&mut self, published: &Published) -> Vec<Cmd> {
        if self.arena.is_meant(published) { self.arena.hear(published.clone()) } else { Vec::new() }
    }

    /// Takes in a log that was read.
    pub fn load(&mut self, debate: &DebateId, entries: &[Entry]) {
        self.arena.load(debate.clone(), entries);
    }

    pub fn beat(&mut self, now: Duration) {
        self.arena.beat(now);
    }

    #[must_use]
    pub fn is_at_work(&self) -> bool {
        self.arena.is_at_work()
    }

    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let mut shown = vec![Hint::named(Action::Right, "next match"), Hint::named(Action::Left, "match before")];
        if self.arena.debate.closed {
            shown.push(Hint::named(Action::Judge, "verdict"));
        }
        shown.extend(hints([Action::Back, Action::Help, Action::NextPane]));
        shown.push(Hint::named(Action::Open, "whole pane"));
        shown.push(Action::Evidence.into());
        shown
    }

    /// Carries an action out; `None` if it means nothing here.
    pub fn act(&mut self, action: Action) -> Option<Vec<Reply>> {
        match action {
            Action::Judge if self.arena.debate.closed => {
                let verdict = Verdict::of_arena(&self.arena)?;
                Some(vec![Reply::Show(Screen::Verdict(Box::new(verdict)))])
            }
            Action::Left | Action::Right => None,
            _ => self.arena.look_at(action),
        }
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        self.arena.view(frame, area, session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Event;
    use crate::domain::sample;

    fn entries() -> Vec<Entry> {
        sample::log([
            Event::DebateOpened(Box::new(sample::opening())),
            Event::StageBegan { stage: 0 },
            Event::SpeechDelivered(sample::speech(0)),
            Event::DebateClosed,
        ])
    }

    fn watch(entries: &[Entry]) -> Watch {
        match Watch::of(DebateId("d".to_owned()), entries, 3).into_iter().next() {
            Some(Reply::Show(Screen::Watch(watch))) => *watch,
            other => panic!("no screen: {other:?}"),
        }
    }

    #[test]
    fn what_another_process_writes_is_read_until_the_debate_is_over() {
        let entries = entries();
        let mut watch = watch(&entries[..2]);
        let read = Cmd::Log { purpose: Purpose::CatchUp, debate: DebateId("d".to_owned()) };
        assert_eq!(watch.wake(3).first(), Some(&read));
        assert_eq!(watch.wake(2), []);
        watch.load(&DebateId("other".to_owned()), &entries);
        assert!(watch.arena.debate.speeches.is_empty());
        watch.load(&DebateId("d".to_owned()), &entries);
        assert_eq!(watch.arena.debate.speeches.len(), 1);
        assert_eq!(watch.wake(3), []);
    }
}
