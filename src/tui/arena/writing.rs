//! A person at work in a debate: what it was asked for, what it writes, and what goes back to the engine.

use crate::assets::{Action, Key, KeyName};
use crate::domain::event::DebateId;
use crate::domain::format::Sees;
use crate::domain::team::{PERSON, Role};
use crate::engine::command::Command;
use crate::engine::publish::{Caller, Live};
use crate::tui::arena::Arena;
use crate::tui::composer::{Clock, Composer};
use crate::tui::msg::{Cmd, Timer};
use crate::tui::pace::DRAFT_PAUSE;
use crate::tui::screens::Reply;

impl Arena {
    /// A person is asked, or has answered. Asks for what it wrote before at the same place.
    pub(super) fn ask_person(&mut self, live: &Live) -> Vec<Cmd> {
        match live {
            Live::CallBegan { caller: Caller::Role { speech, side, role, .. }, model } if model == PERSON => {
                let title = match role {
                    Role::Writer => self.speech_title(*speech, *side),
                    role => format!("{} · {}", side.title(), role.title()),
                };
                let stage = self.debate.slots.get(*speech).map(|slot| slot.stage);
                let stages = self.debate.opening.as_ref().map(|opening| &opening.format.stages);
                let stage = stage.and_then(|stage| stages?.get(stage));
                let most = stage.map_or(0, |stage| stage.words);
                let clock = Clock { began: self.now, most: stage.and_then(|stage| stage.seconds) };
                let turn = format!("Your turn: {title}");
                if !self.composers.iter().any(|one| (one.speech, one.role) == (*speech, *role)) {
                    self.composers.push(Composer::new(*speech, *role, title, most, clock));
                }
                self.writing = true;
                let draft = |debate: &DebateId| Cmd::Draft { debate: debate.clone(), speech: *speech, role: *role };
                let mut cmds: Vec<Cmd> = self.id.iter().map(draft).collect();
                cmds.push(Cmd::Notify(turn));
                cmds
            }
            Live::CallEnded { caller: Caller::Role { speech, role, .. }, .. } => {
                self.composers.retain(|one| (one.speech, one.role) != (*speech, *role));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// What was written at a place before. It never takes the place of what is there now.
    pub fn take_draft(&mut self, debate: &DebateId, speech: usize, role: Role, text: &str) {
        if self.id.as_ref() != Some(debate) {
            return;
        }
        let composer = self.composers.iter_mut().find(|one| (one.speech, one.role) == (speech, role));
        if let Some(composer) = composer.filter(|composer| composer.text().is_empty()) {
            composer.replace(text);
        }
    }

    /// What came back from the editor takes the place of what was there.
    pub fn take_edited(&mut self, text: &str) -> Vec<Cmd> {
        let Some(composer) = self.composers.first_mut() else { return Vec::new() };
        composer.replace(text);
        self.save().into_iter().collect()
    }

    /// What a person writes now.
    #[must_use]
    pub fn composer(&self) -> Option<&Composer> {
        self.composers.first()
    }

    /// Whether a person at the screen writes a speech of a blind stage, and so must not see what the other side says in it.
    pub(super) fn is_blind(&self) -> bool {
        let stages = self.debate.opening.as_ref().map(|opening| &opening.format.stages);
        self.composers.iter().any(|one| {
            let slot = self.debate.slots.get(one.speech);
            let stage = slot.zip(stages).and_then(|(slot, stages)| stages.get(slot.stage));
            stage.is_some_and(|stage| stage.sees == Sees::Own)
        })
    }

    /// Takes a key in while a person writes; `None` where it is for something else.
    pub fn write(&mut self, key: Key, action: Option<Action>) -> Option<Vec<Reply>> {
        let labels = self.citable();
        let composer = self.composers.first_mut().filter(|_| self.writing)?;
        // A character alone is always text.
        let held = key.ctrl || key.alt || !matches!(key.code, KeyName::Char(_));
        match action.filter(|_| held) {
            Some(Action::Start) => return self.hand_in(),
            Some(Action::Editor) => return Some(vec![Reply::Cmd(Cmd::Edit { text: composer.text() })]),
            Some(Action::Back) => self.writing = false,
            Some(Action::Quit | Action::Repaint | Action::Suspend | Action::Help | Action::Palette) => return None,
            Some(action @ (Action::PageUp | Action::PageDown)) if !key.ctrl => drop(self.transcript.act(action)),
            Some(Action::NextPane) if composer.complete(&labels) => return Some(self.pause()),
            _ => {
                composer.press(key);
                return Some(self.pause());
            }
        }
        Some(Vec::new())
    }

    /// Takes pasted text in while a person writes. It never presses anything.
    pub fn paste(&mut self, text: &str) -> Vec<Reply> {
        if self.paste_words(text) {
            return Vec::new();
        }
        match self.composers.first_mut().filter(|_| self.writing) {
            Some(composer) => {
                composer.paste(text);
                self.pause()
            }
            None => Vec::new(),
        }
    }

    /// The labels that the side of whoever writes may cite.
    fn citable(&self) -> Vec<String> {
        let slot = self.composer().and_then(|composer| self.debate.slots.get(composer.speech));
        let bag = slot.and_then(|slot| self.debate.bags.get(&slot.seat));
        bag.into_iter().flatten().map(|item| item.label.clone()).collect()
    }

    /// The text changed: it is kept as soon as the person pauses.
    fn pause(&mut self) -> Vec<Reply> {
        self.typed += 1;
        vec![Reply::Cmd(Cmd::Wake(Timer::Draft(self.typed), DRAFT_PAUSE))]
    }

    /// Keeps the text, unless it was changed since the timer was set.
    pub fn wake_draft(&mut self, typed: u64) -> Option<Cmd> {
        (typed == self.typed).then(|| self.save()).flatten()
    }

    fn save(&self) -> Option<Cmd> {
        let (composer, debate) = (self.composer()?, self.id.clone()?);
        Some(Cmd::KeepDraft { debate, speech: composer.speech, role: composer.role, text: composer.text() })
    }

    fn hand_in(&self) -> Option<Vec<Reply>> {
        let (composer, debate) = (self.composer()?, self.id.clone()?);
        let (speech, role, text) = (composer.speech, composer.role, composer.text());
        let mut replies: Vec<Reply> = self.save().map(Reply::Cmd).into_iter().collect();
        replies.push(Reply::Cmd(Cmd::Submit(Command::Say { debate, speech, role, text })));
        Some(replies)
    }
}
