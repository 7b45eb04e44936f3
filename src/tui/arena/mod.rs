//! A debate on the screen: the fold over its log, the calls that run, and which pane has the keys. The same panes show
//! a running debate and a replay.

mod bench;
mod calls;
mod finding;
mod header;
mod momentum;
mod sources;
mod team;
mod view;
mod writing;

use std::time::Duration;

use ratatui::text::Line;

use crate::assets::Action;
use crate::domain::debate::Debate;
use crate::domain::event::{DebateId, Entry, Event};
use crate::domain::opening::Opening;
use crate::domain::seat::Side;
use crate::domain::speech::Speech;
use crate::domain::team::Role;
use crate::engine::command::Command;
use crate::engine::publish::{Caller, Live, Published};
use crate::rating::RatingChange;
use crate::text::sanitize::sanitize;
use crate::tui::composer::Composer;
use crate::tui::meter::count;
use crate::tui::msg::{Cmd, Purpose};
use crate::tui::pane::Scroll;
use crate::tui::screens::compare::Compare;
use crate::tui::screens::verdict::Verdict;
use crate::tui::screens::{Hint, Reply, Screen, hints};
use crate::tui::transcript::{Block, Transcript};
use calls::Calls;

/// A part of the arena that can have the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pane {
    #[default]
    Transcript,
    Team,
    Evidence,
    Judge,
}

impl Pane {
    const ALL: [Pane; 4] = [Pane::Transcript, Pane::Team, Pane::Evidence, Pane::Judge];

    /// The pane so many places further on.
    fn after(self, places: usize) -> Pane {
        let at = Pane::ALL.iter().position(|pane| *pane == self).unwrap_or(0);
        Pane::ALL[(at + places) % Pane::ALL.len()]
    }
}

/// What a pane shows.
#[derive(Default)]
struct Section {
    title: String,
    note: String,
    lines: Vec<Line<'static>>,
}

/// One debate, live or replayed.
#[derive(Clone, Debug, Default)]
pub struct Arena {
    /// `None` until the debate is open.
    pub id: Option<DebateId>,
    pub debate: Debate,
    /// What the result did to the ladder.
    pub ratings: Vec<RatingChange>,
    transcript: Transcript,
    finding: finding::Finding,
    calls: Calls,
    /// Whether the debate runs in this process, or is about to.
    running: bool,
    /// When the clock first ticked for this debate.
    began: Option<Duration>,
    now: Duration,
    /// Pieces of text in a second, as of the last beat.
    speed: f64,
    focus: Pane,
    /// Whether the pane with the keys fills the screen.
    zoomed: bool,
    /// Of the pane with the keys, if it is not the transcript.
    scroll: Scroll,
    /// Why the log could not be kept, which the log itself cannot tell.
    broken: Option<String>,
    /// What a person was asked for and has not handed in. The first is in view.
    composers: Vec<Composer>,
    /// Whether keys go to it.
    writing: bool,
    /// Counts the changes to it.
    typed: u64,
}

impl Arena {
    /// An arena for a debate that is about to open. A debate that is resumed is known by its id.
    #[must_use]
    pub fn awaiting(id: Option<DebateId>) -> Arena {
        Arena { id, running: true, ..Arena::default() }
    }

    /// An arena that shows a log, event by event.
    #[must_use]
    pub fn replaying(id: DebateId) -> Arena {
        Arena { id: Some(id), ..Arena::default() }
    }

    /// Whether the debate runs here, or is about to.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// The engine did not take the debate on.
    pub fn refuse(&mut self) {
        self.running = false;
    }

    /// Why the debate stands still, where something other than its end or a person stopped it.
    #[must_use]
    pub fn stopped(&self) -> Option<&str> {
        self.broken.as_deref().or(self.debate.stopped.as_deref())
    }

    /// Whether nothing of the debate is known yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.debate.opening.is_none()
    }

    /// Whether a spinner or a clock should move.
    #[must_use]
    pub fn is_at_work(&self) -> bool {
        self.running && (!self.debate.paused || !self.calls.is_empty())
    }

    /// Whether a message is about this debate. The first debate that opens while one is awaited is it.
    #[must_use]
    pub fn is_meant(&self, published: &Published) -> bool {
        let debate = match published {
            Published::Recorded { entry, .. } => &entry.debate,
            Published::Live { debate, .. } | Published::Idle { debate, .. } => debate,
            Published::Job(_) | Published::Notice(_) => return false,
        };
        self.id.as_ref().map_or(self.running, |id| id == debate)
    }

    /// Takes a message of the engine in. Asks for the log where one is missing.
    pub fn hear(&mut self, published: Published) -> Vec<Cmd> {
        match published {
            Published::Recorded { entry, ratings } => {
                self.id.get_or_insert_with(|| entry.debate.clone());
                if entry.seq > self.debate.length {
                    return vec![Cmd::Log { purpose: Purpose::CatchUp, debate: entry.debate.clone() }];
                }
                if entry.seq == self.debate.length {
                    self.take(&entry.event);
                }
                if !ratings.is_empty() {
                    self.ratings = ratings;
                }
            }
            Published::Live { live, .. } => return self.live(&live),
            Published::Idle { failed, .. } => {
                self.running = false;
                self.calls.clear();
                self.composers.clear();
                self.speed = 0.0;
                self.broken = failed;
                self.transcript.still();
            }
            Published::Job(_) | Published::Notice(_) => {}
        }
        Vec::new()
    }

    /// Folds a log that was read, over what is known already.
    pub fn load(&mut self, debate: DebateId, entries: &[Entry]) {
        if self.id.as_ref().is_some_and(|id| *id != debate) {
            return;
        }
        self.id = Some(debate);
        let known = self.debate.length;
        entries.iter().filter(|entry| entry.seq >= known).for_each(|entry| self.take(&entry.event));
    }

    /// The debate's id is known.
    pub fn accepted(&mut self, id: &DebateId) {
        self.id.get_or_insert_with(|| id.clone());
    }

    /// Takes a recorded event in: the fold, and the transcript.
    pub fn take(&mut self, event: &Event) {
        self.debate.apply(event);
        match event {
            Event::SpeechDelivered(speech) => self.deliver(speech),
            Event::DebateClosed => self.running = false,
            Event::Paused => self.speed = 0.0,
            Event::RoleSaid(said) if said.role == Role::Writer => {
                let title = self.speech_title(said.speech, said.side);
                let block = self.transcript.block(said.speech, || Block::new(said.speech, said.side, title));
                block.replace(sanitize(said.text.trim()));
                block.note = format!("draft {}", said.revision + 1);
                block.live = false;
                // Its end may not have been heard.
                self.calls.forget(said.speech, said.role);
            }
            Event::ReviewReturned(review) => {
                if let Some(block) = self.transcript.begun(review.speech) {
                    let decision = if review.approved { "approved" } else { "sent back" };
                    block.note = format!("draft {} · {decision}", review.revision + 1);
                }
            }
            Event::Interrupted { speech, role: Role::Writer, .. } => {
                if let Some(block) = self.transcript.begun(*speech) {
                    block.note = "stopped".to_owned();
                }
            }
            _ => {}
        }
    }

    fn live(&mut self, live: &Live) -> Vec<Cmd> {
        let piece = self.calls.hear(live);
        let cmds = self.ask_person(live);
        let writer = |caller: &Caller| match caller {
            Caller::Role { speech, side, role: Role::Writer, revision, .. } => Some((*speech, *side, *revision)),
            _ => None,
        };
        match live {
            Live::CallBegan { caller, .. } => {
                if let Some((speech, side, revision)) = writer(caller) {
                    let title = self.speech_title(speech, side);
                    let block = self.transcript.block(speech, || Block::new(speech, side, title));
                    block.note = format!("draft {} · live", revision + 1);
                    block.live = true;
                }
            }
            Live::Token { caller, .. } => {
                let (Some((speech, side, _)), Some(piece)) = (writer(caller), piece) else { return cmds };
                let title = self.speech_title(speech, side);
                let fresh = self.calls.of_role(speech, Role::Writer).is_some_and(|call| call.began_with(&piece));
                let block = self.transcript.block(speech, || Block::new(speech, side, title));
                // The first piece of a new draft takes the place of the old one.
                if fresh {
                    block.replace(piece);
                } else {
                    block.append(&piece);
                }
            }
            Live::Prefill { .. } | Live::CallEnded { .. } => {}
        }
        cmds
    }

    fn deliver(&mut self, speech: &Speech) {
        let title = self.speech_title(speech.speech, speech.side);
        self.transcript.block(speech.speech, || Block::new(speech.speech, speech.side, title)).deliver(speech);
    }

    /// For instance `Proposition · rebuttal`.
    fn speech_title(&self, speech: usize, side: Side) -> String {
        let of = |opening: &Opening| {
            let slot = self.debate.slots.get(speech)?;
            Some(opening.slot_title(slot.seat, slot.stage))
        };
        self.debate.opening.as_ref().and_then(of).unwrap_or_else(|| side.title().to_owned())
    }

    /// The speeches that are being prepared, or were the last to be.
    fn preparing(&self) -> Vec<usize> {
        let open = |index: &usize| !self.debate.speeches.contains_key(index);
        let begun = self.debate.slots.iter().map(|slot| slot.index).filter(open).filter(|index| {
            !self.debate.work_on(*index).is_empty()
                || Role::ALL.iter().any(|role| self.calls.of_role(*index, *role).is_some())
        });
        let begun: Vec<usize> = begun.collect();
        if !begun.is_empty() {
            return begun;
        }
        let next = self.debate.slots.iter().map(|slot| slot.index).find(open);
        next.filter(|_| self.running).or_else(|| self.debate.speeches.keys().last().copied()).into_iter().collect()
    }

    /// Time goes on.
    pub fn beat(&mut self, now: Duration) {
        if !self.is_at_work() {
            return;
        }
        if self.began.is_none() {
            self.began = Some(now);
            self.now = now;
        }
        let passed = now.saturating_sub(self.now).as_secs_f64();
        if passed > 0.0 {
            let fresh = self.calls.take_pieces() as f64 / passed;
            // A mean that forgets half of the past with every two beats, so that the number can be read.
            self.speed = if self.speed == 0.0 { fresh } else { 0.7 * self.speed + 0.3 * fresh };
        }
        self.now = now;
    }

    /// Speed and cost, short.
    fn meters(&self) -> String {
        let usage = self.debate.usage;
        let speed = if self.speed >= 0.5 { format!("≈{:.0} tok/s · ", self.speed) } else { String::new() };
        format!("{speed}{} tokens · ${:.2}", count(usage.tokens()), usage.dollars)
    }

    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let mut shown = Vec::new();
        if self.composer().is_some() {
            shown.push(Hint::named(Action::Start, if self.writing { "hand in" } else { "write" }));
            if self.writing {
                shown.push(Hint::named(Action::Back, "look around"));
                shown.extend(hints([Action::PageUp, Action::Editor]));
                if !self.debate.bags.is_empty() {
                    shown.push(Hint::named(Action::NextPane, "after [ cites"));
                }
                return shown;
            }
        }
        if self.id.is_some() && !self.debate.closed {
            let goes = self.running && !self.debate.paused;
            shown.push(Hint::named(Action::Pause, if goes { "pause" } else { "go on" }));
        }
        if self.id.is_some() && self.running {
            shown.push(Action::Stop.into());
        }
        if self.debate.closed {
            shown.push(Hint::named(Action::Judge, "verdict"));
        }
        shown.push(Action::Help.into());
        if !self.is_empty() {
            shown.push(Action::NextPane.into());
            shown.push(Hint::named(Action::Open, if self.zoomed { "all panes" } else { "whole pane" }));
            shown.push(Action::Evidence.into());
        }
        shown.extend(hints([Action::Back, Action::Quit]));
        shown
    }

    /// Carries an action out; `None` if it means nothing here.
    pub fn act(&mut self, action: Action) -> Option<Vec<Reply>> {
        let id = self.id.clone();
        Some(match action {
            Action::Pause => match id {
                Some(_) if self.debate.closed => Vec::new(),
                Some(id) if !self.running => vec![Reply::Enter(Cmd::Resume(id))],
                Some(debate) if self.debate.paused => {
                    vec![Reply::Cmd(Cmd::Submit(Command::Resume { debate, ceilings: None }))]
                }
                Some(id) => vec![Reply::Cmd(Cmd::Submit(Command::Pause(id)))],
                None => Vec::new(),
            },
            Action::Start if self.composer().is_some() => {
                self.writing = true;
                Vec::new()
            }
            Action::Stop => match id {
                Some(id) if self.running => vec![Reply::Cmd(Cmd::Submit(Command::Stop(id)))],
                _ => Vec::new(),
            },
            Action::Judge if self.debate.closed => {
                let verdict = Verdict::of_arena(self)?;
                vec![Reply::Show(Screen::Verdict(Box::new(verdict)))]
            }
            _ => return self.look_at(action),
        })
    }

    /// Actions that change only what is looked at; a replay has the same.
    pub fn look_at(&mut self, action: Action) -> Option<Vec<Reply>> {
        match action {
            Action::NextPane => self.focus_on(self.focus.after(1)),
            Action::PreviousPane => self.focus_on(self.focus.after(Pane::ALL.len() - 1)),
            Action::Evidence => self.open(Pane::Evidence),
            Action::Judge => self.open(Pane::Judge),
            Action::Open => self.zoomed = !self.zoomed,
            Action::Copy | Action::CopyAll | Action::Search | Action::Compare if self.is_blind() => {
                return Some(vec![Reply::Notice(
                    "A blind stage is open: the other side is hidden until yours is in.".to_owned(),
                )]);
            }
            Action::Search | Action::Next | Action::Previous => return Some(self.search(action)),
            Action::NextSpeech | Action::PreviousSpeech => self.transcript.turn(action == Action::NextSpeech),
            Action::Compare => return Some(self.compare()),
            Action::Copy => return Some(self.copy_speech()),
            Action::CopyAll => {
                return Some(self.id.clone().map(|id| Reply::Cmd(Cmd::CopyDebate(id))).into_iter().collect());
            }
            Action::Back if self.zoomed => self.zoomed = false,
            Action::Back if self.focus != Pane::Transcript => self.focus_on(Pane::Transcript),
            _ if self.focus == Pane::Transcript => return self.transcript.act(action).then(Vec::new),
            _ => return self.scroll.act(action).then(Vec::new),
        }
        Some(Vec::new())
    }

    fn compare(&self) -> Vec<Reply> {
        match Compare::of(&self.debate, self.transcript.in_view()) {
            Some(compare) => vec![Reply::Show(Screen::Compare(Box::new(compare)))],
            None => vec![Reply::Notice("Each side has to speak first.".to_owned())],
        }
    }

    /// Copies the speech in view, without what a terminal would obey.
    fn copy_speech(&self) -> Vec<Reply> {
        let speech = self.transcript.in_view().and_then(|speech| self.debate.speeches.get(&speech));
        match speech {
            Some(speech) => {
                let text = sanitize(speech.text.trim()).into_string();
                vec![Reply::Cmd(Cmd::Copy { text, what: "the speech in view" })]
            }
            None => vec![Reply::Notice("There is no whole speech in view yet.".to_owned())],
        }
    }

    fn focus_on(&mut self, pane: Pane) {
        self.focus = pane;
        self.scroll = Scroll::default();
    }

    /// Opens a pane over the others, or closes it again.
    fn open(&mut self, pane: Pane) {
        self.zoomed = !(self.zoomed && self.focus == pane);
        self.focus_on(if self.zoomed { pane } else { Pane::Transcript });
    }
}
