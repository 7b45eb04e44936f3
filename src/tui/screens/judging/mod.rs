//! A blind judging session: one contest after the other, sides with letters, nothing of a verdict before the own.
//! How it is drawn is in `view`, the ballot paper in `paper`.

mod paper;
mod view;

use std::sync::Arc;

use crate::assets::{Action, Key, KeyName};
use crate::domain::seat::Side;
use crate::engine::session::blind::{BlindCase, BlindQueue, BlindRequest};
use crate::engine::session::people::PersonRecord;
use crate::engine::session::vote::Vote;
use crate::text::sanitize::sanitize_marked;
use crate::tui::field::Field;
use crate::tui::msg::Cmd;
use crate::tui::screens::judging::paper::{Choice, Paper};
use crate::tui::screens::{Hint, Reply, hints};
use crate::tui::transcript::{Block, Transcript};

/// What the two sides are called.
pub const LETTERS: [&str; 2] = ["A", "B"];

/// Where a session stands.
#[derive(Clone, Debug)]
enum Stage {
    /// Who judges is being asked.
    Naming(Field),
    /// The queue is being read.
    Reading,
    Sitting,
    /// Everything is judged.
    Over,
}

#[derive(Clone, Debug)]
pub struct Judging {
    stage: Stage,
    request: BlindRequest,
    queue: BlindQueue,
    /// The place in the queue of what is being judged.
    at: usize,
    /// Places that were passed over, to come again at the end.
    later: Vec<usize>,
    /// Places and papers that were handed in here, the last at the end.
    handed: Vec<(usize, Paper)>,
    paper: Paper,
    transcript: Transcript,
    /// Whether the note is being written.
    noting: bool,
    /// Whether a ballot is being kept.
    keeping: bool,
    /// How the person agrees with others, once the session is over.
    record: Option<PersonRecord>,
}

impl Judging {
    /// Asks who judges, unless that was said.
    #[must_use]
    pub fn new(request: BlindRequest, usual: &str, said: bool) -> (Judging, Vec<Reply>) {
        let stage = if said { Stage::Reading } else { Stage::Naming(Field::new(usual)) };
        let asked = said.then(|| Reply::Cmd(Cmd::Blind(request.clone()))).into_iter().collect();
        let judging = Judging {
            stage,
            request,
            queue: BlindQueue::default(),
            at: 0,
            later: Vec::new(),
            handed: Vec::new(),
            paper: Paper::default(),
            transcript: Transcript::default(),
            noting: false,
            keeping: false,
            record: None,
        };
        (judging, asked)
    }

    #[must_use]
    pub fn is_typing(&self) -> bool {
        self.noting || matches!(self.stage, Stage::Naming(_))
    }

    /// Takes in what is to be judged, if this screen waits for it.
    pub fn take(&mut self, queue: BlindQueue) -> Vec<Reply> {
        if !matches!(self.stage, Stage::Reading) {
            return Vec::new();
        }
        self.queue = queue;
        self.open(0)
    }

    /// Takes in how people agree.
    pub fn learn(&mut self, people: &[PersonRecord]) {
        self.record = people.iter().find(|person| person.name == self.queue.name).cloned();
    }

    /// A ballot of this session is in the store.
    pub fn kept(&mut self) -> Vec<Reply> {
        if !std::mem::take(&mut self.keeping) {
            return Vec::new();
        }
        let paper = std::mem::take(&mut self.paper);
        self.handed.push((self.at, paper));
        let next = self.next();
        let mut replies = vec![Reply::Notice("Your ballot is kept.".to_owned())];
        replies.extend(self.open(next));
        replies
    }

    /// A ballot could not be kept: it stays on the screen.
    pub fn refused(&mut self) {
        self.keeping = false;
    }

    /// The first that is neither judged here nor put off, then what was put off.
    fn next(&mut self) -> usize {
        let handed = |place: &usize| self.handed.iter().any(|(handed, _)| handed == place);
        let fresh = (0..self.queue.cases.len()).find(|place| !handed(place) && !self.later.contains(place));
        match fresh {
            Some(place) => place,
            None => {
                self.later.retain(|place| !self.handed.iter().any(|(handed, _)| handed == place));
                if self.later.is_empty() { self.queue.cases.len() } else { self.later.remove(0) }
            }
        }
    }

    fn open(&mut self, place: usize) -> Vec<Reply> {
        self.at = place;
        let Some(case) = self.queue.cases.get(place) else {
            self.stage = Stage::Over;
            return vec![Reply::Cmd(Cmd::People)];
        };
        self.stage = Stage::Sitting;
        self.paper = Paper::new(case.dimensions.len());
        self.transcript = transcript(case);
        Vec::new()
    }

    fn case(&self) -> Option<&BlindCase> {
        self.queue.cases.get(self.at).filter(|_| matches!(self.stage, Stage::Sitting))
    }

    /// Hands the paper in.
    fn hand_in(&mut self) -> Vec<Reply> {
        let Some(case) = self.case().cloned() else { return Vec::new() };
        if self.keeping {
            return Vec::new();
        }
        let winner = match self.paper.choice {
            Some(Choice::Letter(letter)) => Some(case.side(letter)),
            Some(Choice::Tie) => None,
            None => return vec![Reply::Notice("Say who won first: a, b, or t for a tie.".to_owned())],
        };
        let both = |side: Side, row: &[Option<u8>; 2]| row[case.letter(side)].map(|score| f64::from(score) * 2.0);
        let rows = case.dimensions.iter().zip(&self.paper.scores);
        let scores = rows.filter_map(|(name, row)| {
            Some((name.clone(), [both(Side::Proposition, row)?, both(Side::Opposition, row)?]))
        });
        let confidence = if winner.is_none() { 0.5 } else { f64::from(self.paper.sure()) / 100.0 };
        let vote = Vote {
            name: self.queue.name.clone(),
            winner,
            confidence,
            scores: scores.collect(),
            note: self.paper.note.text().to_owned(),
            first: Some(case.first),
        };
        self.keeping = true;
        vec![Reply::Cmd(Cmd::Vote { case: Arc::new(case.case), vote })]
    }

    /// Opens the paper that was handed in last. The ballot in the store stands until the paper is handed in again.
    fn undo(&mut self) -> Vec<Reply> {
        let Some((place, paper)) = self.handed.pop() else {
            return vec![Reply::Notice("Nothing was handed in on this screen yet.".to_owned())];
        };
        self.open(place);
        self.paper = paper;
        vec![Reply::Notice("Your last ballot again: it stands as it is until you hand it in anew.".to_owned())]
    }

    fn put_off(&mut self) -> Vec<Reply> {
        if self.case().is_none() || self.keeping {
            return Vec::new();
        }
        let left = self.queue.cases.len() - self.handed.len();
        if left <= 1 {
            return vec![Reply::Notice("This is the last one; esc leaves it for another day.".to_owned())];
        }
        let here = self.at;
        self.later.push(here);
        let next = self.next();
        self.open(next)
    }

    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        match self.stage {
            Stage::Naming(_) => vec![Hint::named(Action::Open, "begin"), Action::Back.into()],
            Stage::Reading => hints([Action::Back, Action::Quit]).to_vec(),
            Stage::Sitting if self.noting => {
                vec![Hint::named(Action::Open, "note done"), Hint::named(Action::Back, "note done")]
            }
            Stage::Sitting => {
                let mut shown = hints([Action::SideA, Action::SideB, Action::Tie]);
                shown.push(Hint::named(Action::Open, "hand in"));
                shown.push(Hint::named(Action::ScoreOne, "to 5 score"));
                shown.push(Hint::named(Action::Right, "surer"));
                shown.extend(hints([Action::Note, Action::Undo, Action::Skip, Action::Back, Action::Help]));
                shown
            }
            Stage::Over => {
                hints([Action::Undo, Action::Ladder, Action::History, Action::Back, Action::Help, Action::Quit])
            }
        }
    }

    /// A key while a name or a note is being typed.
    pub fn press(&mut self, key: Key) -> Option<Vec<Reply>> {
        if let Stage::Naming(field) = &mut self.stage {
            match key.code {
                KeyName::Enter => {
                    let name = field.text().trim().to_owned();
                    if name.is_empty() {
                        return Some(vec![Reply::Notice("Give a name first; ballots stand under it.".to_owned())]);
                    }
                    self.request.name = name;
                    self.stage = Stage::Reading;
                    return Some(vec![Reply::Cmd(Cmd::Blind(self.request.clone()))]);
                }
                // A name is one word, since it stands in a judge's name.
                KeyName::Char(' ') => return Some(Vec::new()),
                _ => return field.press(key).then(Vec::new),
            }
        }
        if self.noting && !(key.ctrl && key.code == KeyName::Char('c')) {
            self.noting = !self.paper.write(key);
            return Some(Vec::new());
        }
        None
    }

    /// Text that was pasted goes into the note or the name, and decides nothing.
    pub fn paste(&mut self, text: &str) {
        match &mut self.stage {
            Stage::Naming(field) => field.insert(&text.replace(char::is_whitespace, "")),
            Stage::Sitting if self.noting => self.paper.note.insert(text),
            _ => {}
        }
    }

    pub fn act(&mut self, action: Action) -> Option<Vec<Reply>> {
        match (&self.stage, action) {
            (Stage::Sitting | Stage::Over, Action::Undo) => return Some(self.undo()),
            (Stage::Sitting, _) => {}
            _ => return None,
        }
        match action {
            Action::SideA => self.paper.choice = Some(Choice::Letter(0)),
            Action::SideB => self.paper.choice = Some(Choice::Letter(1)),
            Action::Tie => self.paper.choice = Some(Choice::Tie),
            Action::ScoreOne => self.paper.score(1),
            Action::ScoreTwo => self.paper.score(2),
            Action::ScoreThree => self.paper.score(3),
            Action::ScoreFour => self.paper.score(4),
            Action::ScoreFive => self.paper.score(5),
            Action::NextPane => self.paper.step(true),
            Action::PreviousPane => self.paper.step(false),
            Action::Right => self.paper.surer(true),
            Action::Left => self.paper.surer(false),
            Action::Note => self.noting = true,
            Action::Skip => return Some(self.put_off()),
            Action::Open => return Some(self.hand_in()),
            _ => return self.transcript.act(action).then(Vec::new),
        }
        Some(Vec::new())
    }
}

/// The speeches under the letters of their sides.
fn transcript(case: &BlindCase) -> Transcript {
    let shown = case.shown();
    let mut transcript = Transcript::from_top();
    for (index, spoken) in shown.speeches.iter().enumerate() {
        let letter = case.letter(spoken.side);
        let title = if shown.speeches.len() == 2 {
            LETTERS[letter].to_owned()
        } else {
            format!("{} · {}", LETTERS[letter], spoken.stage.name())
        };
        // The colour belongs to the letter, or it would tell the side.
        let colour = if letter == 0 { Side::Proposition } else { Side::Opposition };
        let block = transcript.block(index, || Block::new(index, colour, title));
        block.replace(sanitize_marked(spoken.text.trim()));
        block.live = false;
        block.note = format!("{} words", spoken.words);
    }
    transcript
}

#[cfg(test)]
mod tests;
