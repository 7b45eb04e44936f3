//! The turns of persons who debate on standard input: who is asked, what they are told, and what has to wait because a stage is blind.

use std::collections::VecDeque;

use crate::cli::output::Output;
use crate::domain::debate::Debate;
use crate::domain::event::Entry;
use crate::domain::format::{Sees, Slot, Stage};
use crate::domain::speech::Work;
use crate::domain::team::Role;
use crate::text::sanitize::one_line;
use crate::text::words::count_words;

/// Columns of a passage that is read out before a speech.
const PASSAGE: usize = 400;

/// What persons are asked for, in turn.
#[derive(Debug, Default)]
pub struct Turns {
    asked: VecDeque<(usize, Role)>,
    /// What happened while somebody wrote who must not hear it yet.
    held: Vec<Entry>,
}

impl Turns {
    /// Whether somebody is asked.
    #[must_use]
    pub fn are_open(&self) -> bool {
        !self.asked.is_empty()
    }

    /// What is asked first.
    #[must_use]
    pub fn first(&self) -> Option<(usize, Role)> {
        self.asked.front().copied()
    }

    /// Asks for a speech, or for what a role does for one.
    pub fn ask(&mut self, output: &mut Output, debate: &Debate, speech: usize, role: Role) {
        if self.asked.is_empty() {
            announce(output, debate, speech, role);
        }
        self.asked.push_back((speech, role));
    }

    /// Takes a text as handed in and asks for the next one.
    pub fn handed_in(&mut self, output: &mut Output, debate: &Debate, text: &str) {
        let Some((speech, role)) = self.asked.pop_front() else { return };
        if role == Role::Writer {
            let words = count_words(text);
            let most = place(debate, speech).map_or(usize::MAX, |(_, stage)| stage.words);
            let over = if words > most { format!(", more than {most}: the rest is cut") } else { String::new() };
            output.note(&format!("Taken: {words} words{over}."));
        }
        if let Some((speech, role)) = self.first() {
            announce(output, debate, speech, role);
        }
    }

    /// Nobody is asked any more.
    pub fn end(&mut self) {
        self.asked.clear();
    }

    /// Keeps an event back if it must not be told yet; else gives all that can be told now, in order.
    pub fn tell(&mut self, debate: &Debate, entry: Entry) -> Vec<Entry> {
        self.held.push(entry);
        self.release(debate)
    }

    /// What was kept back, if nobody writes in a blind stage.
    pub fn release(&mut self, debate: &Debate) -> Vec<Entry> {
        let is_blind =
            |(speech, _): &(usize, Role)| place(debate, *speech).is_some_and(|(_, stage)| stage.sees == Sees::Own);
        if self.asked.iter().any(is_blind) { Vec::new() } else { std::mem::take(&mut self.held) }
    }
}

fn place(debate: &Debate, speech: usize) -> Option<(Slot, &Stage)> {
    let slot = *debate.slots.get(speech)?;
    Some((slot, debate.opening.as_ref()?.format.stages.get(slot.stage)?))
}

/// Says whose turn it is, and what the team has for it.
fn announce(output: &mut Output, debate: &Debate, speech: usize, role: Role) {
    let Some((slot, stage)) = place(debate, speech) else { return };
    let (number, kind) = (speech + 1, stage.name());
    let work = debate.work_on(speech);
    let said = |wanted: Role| {
        work.iter().rev().find_map(|work| match work {
            Work::Role(said) if said.role == wanted && !said.text.trim().is_empty() => Some(said.text.as_str()),
            _ => None,
        })
    };
    let task = match role {
        Role::Reviewer => "Write APPROVED, or REVISE and what to mend.".to_owned(),
        Role::Writer => format!("At most {} words.", stage.words),
        Role::Searcher | Role::Analyzer => String::new(),
    };
    for item in debate.bags.get(&slot.seat).into_iter().flatten() {
        output.note(&format!("[{}] {}: {}", item.label, item.title, one_line(&item.text, PASSAGE)));
    }
    if let Some(plan) = said(Role::Analyzer).filter(|_| role == Role::Writer) {
        output.note(&format!("The analyzer's plan: {plan}"));
    }
    if let Some(draft) = said(Role::Writer).filter(|_| role == Role::Reviewer) {
        output.note(&format!("The draft: {draft}"));
    }
    if stage.sees == Sees::Own {
        output.note("Nobody hears the other side in this stage; its speech is told when yours is handed in.");
    }
    let turn = format!("Your turn: {role} of the {}, speech {number}, {kind}.", slot.side);
    output.note(&format!("{turn} {task} End with a line that holds only a dot."));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{DebateId, Event};
    use crate::domain::sample;

    fn entry(seq: u64) -> Entry {
        Entry { debate: DebateId("d".to_owned()), seq, at: String::new(), event: Event::Paused }
    }

    #[test]
    fn who_writes_in_a_blind_stage_hears_the_rest_when_the_text_is_handed_in() {
        let mut debate = Debate::default();
        debate.apply(&Event::DebateOpened(Box::new(sample::opening())));
        let blind = |speech: usize| place(&debate, speech).unwrap().1.sees == Sees::Own;
        let speech = (0..debate.slots.len()).find(|speech| blind(*speech)).unwrap();
        let (mut turns, mut output) = (Turns::default(), Output::new(false));
        assert_eq!(turns.tell(&debate, entry(0)).len(), 1);
        turns.ask(&mut output, &debate, speech, Role::Writer);
        assert!(turns.tell(&debate, entry(1)).is_empty() && turns.release(&debate).is_empty());
        turns.handed_in(&mut output, &debate, "We agree.");
        assert!(!turns.are_open());
        let told: Vec<u64> = turns.tell(&debate, entry(2)).iter().map(|entry| entry.seq).collect();
        assert_eq!(told, [1, 2]);
    }
}
