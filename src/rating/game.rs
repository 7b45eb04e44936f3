//! A game: one rated debate, as ladders see it.

use serde::{Deserialize, Serialize};

use crate::domain::event::DebateId;
use crate::domain::motion::Category;
use crate::domain::seat::Side;
use crate::domain::verdict::{Outcome, Style};

/// One rated debate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Game {
    pub debate: DebateId,
    /// The place of the result in the debate's log.
    pub seq: u64,
    /// RFC 3339, for display only. Games are folded in the order in which their results were committed.
    pub at: String,
    pub proposition: String,
    pub opposition: String,
    /// The proposition's score: 1 for a win, 0.5 for a tie, 0 for a loss.
    pub score: f64,
    pub category: Category,
    /// What games depend on together: the motion's id, or the debate's where the result does not name its motion.
    #[serde(default)]
    pub motion: String,
    /// Versions of the proposition and of the opposition: hashes of the teams and their models; empty where unknown.
    #[serde(default)]
    pub versions: [String; 2],
    /// Ballots by which the winner was ahead, at least 0.
    #[serde(default)]
    pub margin: f64,
    /// What the proposition and the opposition brought besides arguments; `None` where it was not counted.
    #[serde(default)]
    pub style: Option<[Style; 2]>,
    /// `RECIPE@MODEL` of each judge.
    pub judges: Vec<String>,
    /// Whether every judge carries a certificate.
    pub audited: bool,
}

impl Game {
    /// The game that an outcome makes; `None` if it is unrated. A player that meets itself is never rated.
    #[must_use]
    pub fn from_outcome(debate: &DebateId, seq: u64, at: &str, outcome: &Outcome) -> Option<Game> {
        (outcome.unrated.is_none() && outcome.proposition != outcome.opposition).then(|| Game {
            debate: debate.clone(),
            seq,
            at: at.to_owned(),
            proposition: outcome.proposition.clone(),
            opposition: outcome.opposition.clone(),
            score: outcome.score(),
            category: outcome.category,
            motion: if outcome.motion.is_empty() { debate.0.clone() } else { outcome.motion.clone() },
            versions: [outcome.proposition_version.clone(), outcome.opposition_version.clone()],
            margin: margin(outcome),
            style: style(outcome),
            judges: outcome.judges.clone(),
            audited: outcome.audited,
        })
    }
}

fn style(outcome: &Outcome) -> Option<[Style; 2]> {
    let of = |side| outcome.style.get(&side).copied();
    Some([of(Side::Proposition)?, of(Side::Opposition)?])
}

fn margin(outcome: &Outcome) -> f64 {
    let votes = |side| outcome.votes.get(&side).copied().unwrap_or(0.0);
    (votes(Side::Proposition) - votes(Side::Opposition)).abs()
}

/// Which games a ladder is folded from. Empty takes all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub category: Option<Category>,
    /// `RECIPE@MODEL` of a judge that sat on the bench, alone or with others.
    pub judge: Option<String>,
}

impl Selection {
    #[must_use]
    pub fn takes(&self, game: &Game) -> bool {
        self.category.is_none_or(|category| category == game.category)
            && self.judge.as_ref().is_none_or(|judge| game.judges.contains(judge))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::verdict::Unrated;

    fn outcome() -> Outcome {
        Outcome {
            winner: Some(Side::Opposition),
            probability: 0.2,
            votes: BTreeMap::new(),
            proposition: "quartet".to_owned(),
            opposition: "solo".to_owned(),
            proposition_version: String::new(),
            opposition_version: String::new(),
            category: Category::Policy,
            motion: "plastics".to_owned(),
            style: BTreeMap::new(),
            judges: vec!["debatrix@small".to_owned()],
            audited: false,
            unrated: None,
        }
    }

    fn game(outcome: &Outcome) -> Option<Game> {
        Game::from_outcome(&DebateId("d".to_owned()), 9, "2026-11-23T23:05:00.000Z", outcome)
    }

    #[test]
    fn a_rated_outcome_makes_a_game_and_an_unrated_one_none() {
        assert_eq!(game(&outcome()).unwrap().score, 0.0);
        assert_eq!(game(&Outcome { winner: None, ..outcome() }).unwrap().score, 0.5);
        assert_eq!(game(&Outcome { unrated: Some(Unrated::BallotVoid), ..outcome() }), None);
        assert_eq!(game(&Outcome { opposition: "quartet".to_owned(), ..outcome() }), None);
    }

    #[test]
    fn a_game_belongs_to_its_motion_and_to_its_debate_where_an_old_log_names_none() {
        assert_eq!(game(&outcome()).unwrap().motion, "plastics");
        let mut old = serde_json::to_value(outcome()).unwrap();
        old.as_object_mut().unwrap().remove("motion");
        assert_eq!(game(&serde_json::from_value(old).unwrap()).unwrap().motion, "d");
    }

    #[test]
    fn a_selection_takes_its_category_and_its_judge() {
        let game = game(&outcome()).unwrap();
        assert!(Selection::default().takes(&game));
        assert!(Selection { category: Some(Category::Policy), judge: Some("debatrix@small".to_owned()) }.takes(&game));
        assert!(!Selection { category: Some(Category::Fact), judge: None }.takes(&game));
        assert!(!Selection { category: None, judge: Some("panel@small".to_owned()) }.takes(&game));
    }
}
