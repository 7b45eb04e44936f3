//! A ballot paper as it is being filled in. Sides have letters here; whose they are is the session's secret.

use crate::assets::{Key, KeyName};
use crate::tui::field::Field;

/// How sure a fresh paper is of its winner, in per cent.
const USUAL: u8 = 75;
/// One step of it.
const STEP: u8 = 5;

/// Whom a paper names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// 0 for A, 1 for B.
    Letter(usize),
    Tie,
}

/// The scores of one dimension, A's first, each 1 to 5.
pub type Scores = [Option<u8>; 2];

/// What a person has decided so far on one contest.
#[derive(Clone, Debug, Default)]
pub struct Paper {
    pub scores: Vec<Scores>,
    pub choice: Option<Choice>,
    /// In per cent, 50 to 100; `None` until it was changed.
    sure: Option<u8>,
    pub note: Field,
    /// Which score the next digit gives: A's and B's of each dimension in turn.
    focus: usize,
}

impl Paper {
    #[must_use]
    pub fn new(dimensions: usize) -> Paper {
        Paper { scores: vec![[None; 2]; dimensions], ..Paper::default() }
    }

    /// How sure of the winner, in per cent.
    #[must_use]
    pub fn sure(&self) -> u8 {
        self.sure.unwrap_or(USUAL)
    }

    /// The dimension and the letter that the next digit scores.
    #[must_use]
    pub fn focus(&self) -> (usize, usize) {
        (self.focus / 2, self.focus % 2)
    }

    /// Gives the score in focus, and goes on to the next.
    pub fn score(&mut self, score: u8) {
        let (dimension, letter) = self.focus();
        if let Some(row) = self.scores.get_mut(dimension) {
            row[letter] = Some(score);
            self.step(true);
        }
    }

    /// Goes to the next score, or the one before.
    pub fn step(&mut self, forward: bool) {
        let all = (self.scores.len() * 2).max(1);
        self.focus = (self.focus + if forward { 1 } else { all - 1 }) % all;
    }

    /// Surer or less sure.
    pub fn surer(&mut self, more: bool) {
        let sure = if more { self.sure() + STEP } else { self.sure().saturating_sub(STEP) };
        self.sure = Some(sure.clamp(50, 100));
    }

    /// A key for the note; `true` if it ends the note.
    pub fn write(&mut self, key: Key) -> bool {
        if matches!(key.code, KeyName::Enter | KeyName::Escape) {
            return true;
        }
        self.note.press(key);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_go_down_the_dimensions_letter_by_letter() {
        let mut paper = Paper::new(2);
        [4, 2, 5].into_iter().for_each(|score| paper.score(score));
        assert_eq!(paper.scores, [[Some(4), Some(2)], [Some(5), None]]);
        assert_eq!(paper.focus(), (1, 1));
        paper.score(1);
        assert_eq!(paper.focus(), (0, 0));
        paper.step(false);
        assert_eq!(paper.focus(), (1, 1));
    }

    #[test]
    fn nobody_is_less_sure_than_a_coin_or_surer_than_certain() {
        let mut paper = Paper::new(0);
        assert_eq!(paper.sure(), 75);
        (0..20).for_each(|_| paper.surer(false));
        assert_eq!(paper.sure(), 50);
        (0..20).for_each(|_| paper.surer(true));
        assert_eq!(paper.sure(), 100);
        paper.score(3);
    }
}
