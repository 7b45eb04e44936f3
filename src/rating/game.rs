//! A game: one rated debate, as ladders see it.

use serde::{Deserialize, Serialize};

use crate::domain::event::DebateId;
use crate::domain::motion::Category;
use crate::domain::ranking::{Placed, meetings};
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
    /// The games that an outcome makes: none if it is unrated, one of two teams, one for every two of more. A player that meets
    /// itself is never rated.
    #[must_use]
    pub fn from_outcome(debate: &DebateId, seq: u64, at: &str, outcome: &Outcome) -> Vec<Game> {
        let game = Game {
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
        };
        let mut games = if outcome.ranking.is_empty() { vec![game] } else { Game::ranked(&game, outcome) };
        games.retain(|game| outcome.unrated.is_none() && game.proposition != game.opposition);
        games
    }

    fn ranked(game: &Game, outcome: &Outcome) -> Vec<Game> {
        let of = |(above, below, score): (&Placed, &Placed, f64)| {
            // Who stands first has no meaning between teams of one side; across the sides it is the proposition.
            let turned = above.side == Side::Opposition && below.side == Side::Proposition;
            let (first, second, score) = if turned { (below, above, 1.0 - score) } else { (above, below, score) };
            Game {
                proposition: first.player.clone(),
                opposition: second.player.clone(),
                score,
                versions: [first.version.clone(), second.version.clone()],
                margin: (first.points - second.points).abs(),
                style: Some([first.style, second.style]),
                ..game.clone()
            }
        };
        meetings(&outcome.ranking).map(of).collect()
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
    use crate::domain::seat::Seat;
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
            ranking: Vec::new(),
            judges: vec!["debatrix@small".to_owned()],
            audited: false,
            unrated: None,
        }
    }

    fn game(outcome: &Outcome) -> Option<Game> {
        Game::from_outcome(&DebateId("d".to_owned()), 9, "2026-11-23T23:05:00.000Z", outcome).pop()
    }

    #[test]
    fn a_debate_of_four_is_six_games_and_none_of_a_player_against_itself() {
        let placed = |seat: usize, player: &str, place| Placed {
            seat: Seat(seat),
            name: format!("seat {seat}"),
            side: if seat.is_multiple_of(2) { Side::Proposition } else { Side::Opposition },
            player: player.to_owned(),
            version: String::new(),
            place,
            points: 3.0 - place as f64,
            expected: 0.0,
            style: Style::default(),
        };
        let four = [placed(1, "b", 1), placed(0, "a", 2), placed(3, "d", 3), placed(2, "c", 3)];
        let games = |ranking: &[Placed]| {
            let outcome = Outcome { ranking: ranking.to_vec(), ..outcome() };
            Game::from_outcome(&DebateId("d".to_owned()), 9, "", &outcome)
        };
        let told = games(&four);
        let told: Vec<_> = told.iter().map(|game| (&*game.proposition, &*game.opposition, game.score)).collect();
        let expected =
            [("a", "b", 0.0), ("b", "d", 1.0), ("c", "b", 0.0), ("a", "d", 1.0), ("a", "c", 1.0), ("c", "d", 0.5)];
        assert_eq!(told, expected);
        let twice = [placed(1, "b", 1), placed(0, "a", 2), placed(3, "b", 3), placed(2, "c", 3)];
        assert_eq!(games(&twice).len(), 5);
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
