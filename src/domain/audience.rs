//! A live audience that votes before and after a debate. As in Oxford-style debates the side wins that moved more of it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::seat::Side;

/// The most votes of one kind: more is a slip of the hand.
const MOST: u32 = 1_000_000;

/// Votes of an audience at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub proposition: u32,
    pub opposition: u32,
    pub undecided: u32,
}

impl Count {
    /// All votes.
    #[must_use]
    pub fn total(self) -> u32 {
        self.proposition + self.opposition + self.undecided
    }

    #[must_use]
    pub fn of(self, side: Side) -> u32 {
        match side {
            Side::Proposition => self.proposition,
            Side::Opposition => self.opposition,
        }
    }
}

impl FromStr for Count {
    type Err = String;

    /// Reads `12:8:5`, `12 8 5` or, where nobody is undecided, `12:8`.
    fn from_str(text: &str) -> Result<Count, String> {
        let wrong = || "write the votes like 12:8:5, for the proposition, for the opposition, undecided".to_owned();
        let numbers: Result<Vec<u32>, _> = text
            .split([':', ' ', ','])
            .filter(|part| !part.trim().is_empty())
            .map(|part| part.trim().parse())
            .collect();
        let (proposition, opposition, undecided) = match numbers.as_deref() {
            Ok([proposition, opposition]) => (*proposition, *opposition, 0),
            Ok([proposition, opposition, undecided]) => (*proposition, *opposition, *undecided),
            _ => return Err(wrong()),
        };
        if [proposition, opposition, undecided].iter().any(|votes| *votes > MOST) {
            return Err(format!("no audience has more than {MOST} votes of a kind"));
        }
        let count = Count { proposition, opposition, undecided };
        if count.total() == 0 { Err("nobody has voted; count at least one vote".to_owned()) } else { Ok(count) }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for, {} against, {} undecided", self.proposition, self.opposition, self.undecided)
    }
}

/// When an audience votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    Before,
    After,
}

impl Moment {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Moment::Before => "before",
            Moment::After => "after",
        }
    }
}

/// Both votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swing {
    pub before: Count,
    pub after: Count,
}

impl Swing {
    /// How many percentage points of the audience a side gained, -100 to 100.
    #[must_use]
    pub fn points(&self, side: Side) -> f64 {
        let share = |count: Count| f64::from(count.of(side)) / f64::from(count.total().max(1));
        (share(self.after) - share(self.before)) * 100.0
    }

    /// The side that gained more points; `None` if both gained the same.
    #[must_use]
    pub fn winner(&self) -> Option<Side> {
        // Both shares over the product of the totals, so that no rounding decides.
        let lead = |count: Count| i64::from(count.proposition) - i64::from(count.opposition);
        let (before, after) = (lead(self.before), lead(self.after));
        match (after * i64::from(self.before.total())).cmp(&(before * i64::from(self.after.total()))) {
            std::cmp::Ordering::Greater => Some(Side::Proposition),
            std::cmp::Ordering::Less => Some(Side::Opposition),
            std::cmp::Ordering::Equal => None,
        }
    }

    /// The swing as a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let verdict = match self.winner() {
            Some(side) => format!("the {side} wins by swing"),
            None => "a tie by swing".to_owned(),
        };
        let [proposition, opposition] = Side::BOTH.map(|side| format!("{side} {:+.1} points", self.points(side)));
        format!("Audience: {} before, {} after; {proposition}, {opposition}: {verdict}.", self.before, self.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swing(before: &str, after: &str) -> Swing {
        Swing { before: before.parse().unwrap(), after: after.parse().unwrap() }
    }

    #[test]
    fn votes_are_read_as_people_write_them() {
        let count = Count { proposition: 12, opposition: 8, undecided: 5 };
        assert!(["12:8:5", " 12 8 5 ", "12, 8, 5"].iter().all(|text| text.parse() == Ok(count)));
        assert_eq!("3:4".parse::<Count>().unwrap().undecided, 0);
        for wrong in ["", "12", "1:2:3:4", "a:b", "-1:2", "0:0:0", "9000000:1"] {
            assert!(wrong.parse::<Count>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn who_moves_more_wins_even_with_fewer_votes() {
        let won = swing("70:20:10", "65:34:1");
        assert_eq!(won.winner(), Some(Side::Opposition));
        let told = "Audience: 70 for, 20 against, 10 undecided before, 65 for, 34 against, 1 undecided after; proposition \
                    -5.0 points, opposition +14.0 points: the opposition wins by swing.";
        assert_eq!(won.sentence(), told);
    }

    #[test]
    fn an_audience_that_grows_and_does_not_move_ties() {
        assert_eq!(swing("1:2:3", "3:6:9").winner(), None);
        assert_eq!(swing("1:2:3", "4:6:9").winner(), Some(Side::Proposition));
    }
}
