//! Persuasion: how far a person agrees with a motion before and after it debated it, and what it let its opponent know.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::event::DebateId;
use crate::domain::seat::Side;

/// How far somebody agrees with a motion: 1 strongly disagrees, 5 strongly agrees (Salvi et al., arXiv 2403.14380).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Agreement(u8);

impl Agreement {
    pub const LEAST: u8 = 1;
    pub const MOST: u8 = 5;

    /// `None` outside of 1 to 5.
    #[must_use]
    pub fn new(value: u8) -> Option<Agreement> {
        (Self::LEAST..=Self::MOST).contains(&value).then_some(Agreement(value))
    }

    #[must_use]
    pub fn value(self) -> u8 {
        self.0
    }

    /// The same seen from a side: 5 is full agreement with that side.
    #[must_use]
    pub fn with(self, side: Side) -> u8 {
        match side {
            Side::Proposition => self.0,
            Side::Opposition => Self::LEAST + Self::MOST - self.0,
        }
    }
}

impl From<Agreement> for u8 {
    fn from(agreement: Agreement) -> u8 {
        agreement.0
    }
}

impl TryFrom<u8> for Agreement {
    type Error = String;

    fn try_from(value: u8) -> Result<Agreement, String> {
        Agreement::new(value).ok_or_else(|| format!("an agreement is from 1 to 5, not {value}"))
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a person let its opponent know of itself: names of details with what it said.
pub type Details = BTreeMap<String, String>;

/// One person's session: what it thought before and after one debate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persuasion {
    pub id: String,
    /// RFC 3339.
    pub at: String,
    /// `None` until the debate is there.
    pub debate: Option<DebateId>,
    /// Who debated.
    pub name: String,
    pub motion: String,
    /// The side that the person argued.
    pub side: Side,
    /// The player on the other side.
    pub opponent: String,
    /// Whether the other side was a person, too.
    pub opponent_is_person: bool,
    pub before: Agreement,
    /// `None` until it was asked.
    pub after: Option<Agreement>,
    /// Only with the person's consent.
    pub details: Option<Details>,
}

impl Persuasion {
    /// Agreement with the opponent's side before and after, 1 to 5 each; `None` until both are there.
    #[must_use]
    pub fn toward_opponent(&self) -> Option<(u8, u8)> {
        let side = self.side.opponent();
        Some((self.before.with(side), self.after?.with(side)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agreement_is_from_one_to_five_and_turns_round_for_the_other_side() {
        assert!([0, 6].iter().all(|value| Agreement::new(*value).is_none()));
        let two = Agreement::new(2).unwrap();
        assert_eq!((two.with(Side::Proposition), two.with(Side::Opposition)), (2, 4));
        assert!(serde_json::from_str::<Agreement>("6").unwrap_err().to_string().contains("from 1 to 5"));
        assert_eq!(serde_json::to_string(&two).unwrap(), "2");
    }
}
