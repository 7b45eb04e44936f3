//! Results as the statistics of ladders read them: players and clusters are numbers with a table of names, a battle is one
//! small record. Sums over pairs live in `counts.rs`, reading them from text in `battles/`.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::domain::verdict::Style;
use crate::rating::game::Game;

/// Names and their numbers, which count from 0 in the order in which the names were first seen.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Names {
    /// The number of a name, a new one if it was not seen before.
    pub fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    #[must_use]
    pub fn find(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The name of a number; empty for one that is not in the table.
    #[must_use]
    pub fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }

    #[must_use]
    pub fn all(&self) -> &[String] {
        &self.names
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl<S: AsRef<str>> FromIterator<S> for Names {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Names {
        let mut table = Names::default();
        for name in names {
            table.number(name.as_ref());
        }
        table
    }
}

/// Who won a battle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Winner {
    First,
    Tie,
    Second,
}

impl Winner {
    /// The score of the first player: 1, 0.5 or 0.
    #[must_use]
    pub fn score(self) -> f64 {
        match self {
            Winner::First => 1.0,
            Winner::Tie => 0.5,
            Winner::Second => 0.0,
        }
    }

    /// The same result with the players named the other way round.
    #[must_use]
    pub fn mirrored(self) -> Winner {
        match self {
            Winner::First => Winner::Second,
            Winner::Tie => Winner::Tie,
            Winner::Second => Winner::First,
        }
    }
}

/// Which of the two spoke for the motion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proposition {
    /// There were no sides, or nobody noted them.
    #[default]
    Unknown,
    First,
    Second,
}

impl Proposition {
    #[must_use]
    pub fn mirrored(self) -> Proposition {
        match self {
            Proposition::Unknown => Proposition::Unknown,
            Proposition::First => Proposition::Second,
            Proposition::Second => Proposition::First,
        }
    }
}

/// The cluster of a battle that depends on no other.
pub const ALONE: u32 = u32::MAX;

/// One result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Battle {
    pub first: u32,
    pub second: u32,
    /// Battles of one cluster, for instance of one motion, may depend on each other; [`ALONE`] is a cluster of its own.
    pub cluster: u32,
    pub winner: Winner,
    pub proposition: Proposition,
    /// How much it counts, finite and above 0.
    pub weight: f64,
}

impl Battle {
    /// A battle that counts once, without sides, and depends on no other.
    #[must_use]
    pub fn new(first: u32, second: u32, winner: Winner) -> Battle {
        Battle { first, second, cluster: ALONE, winner, proposition: Proposition::Unknown, weight: 1.0 }
    }

    /// The same battle with the players named the other way round.
    #[must_use]
    pub fn mirrored(self) -> Battle {
        Battle {
            first: self.second,
            second: self.first,
            winner: self.winner.mirrored(),
            proposition: self.proposition.mirrored(),
            ..self
        }
    }
}

/// Why a battle is no result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BattleError {
    #[error("{name} meets itself, which says nothing about who is stronger; leave the battle out")]
    SelfPlay { name: String },
    #[error("the weight is {weight}; give a finite number above 0")]
    Weight { weight: f64 },
    #[error("player {number} is not in the table of {players} players")]
    UnknownPlayer { number: u32, players: usize },
    #[error(
        "the battle gives {given} figures of style where {wanted} are kept; give finite numbers, as many as columns"
    )]
    Style { given: usize, wanted: usize },
}

/// Battles with the names of their players and clusters, and what else was measured of each.
#[derive(Clone, Debug, Default)]
pub struct Results {
    players: Names,
    clusters: Names,
    battles: Vec<Battle>,
    columns: Vec<String>,
    style: Vec<f64>,
}

impl Results {
    /// No battles yet between these players, each with a figure for each of the columns of style.
    #[must_use]
    pub fn new(players: Names, columns: &[&str]) -> Results {
        Results { players, columns: columns.iter().map(|name| (*name).to_owned()).collect(), ..Results::default() }
    }

    /// Battles without figures of style.
    ///
    /// # Errors
    /// The first battle that is no result.
    pub fn of(players: Names, clusters: Names, battles: Vec<Battle>) -> Result<Results, BattleError> {
        let results = Results { players, clusters, battles, ..Results::default() };
        results.battles.iter().try_for_each(|battle| results.check(battle))?;
        Ok(results)
    }

    /// The same battles with figures of style: a row of the columns for each battle.
    ///
    /// # Errors
    /// There are not as many finite figures as battles and columns ask for.
    pub fn with_style(self, columns: Vec<String>, style: Vec<f64>) -> Result<Results, BattleError> {
        let wanted = columns.len() * self.battles.len();
        if style.len() != wanted || style.iter().any(|figure| !figure.is_finite()) {
            return Err(BattleError::Style { given: style.len(), wanted });
        }
        Ok(Results { columns, style, ..self })
    }

    /// Adds a battle. `style` has a figure for each column: how far the first player is ahead of the second in it, for what is
    /// counted best as a share, `(first − second) / (first + second + 1)` (style control of Chatbot Arena).
    ///
    /// # Errors
    /// The battle is no result; then nothing was added.
    pub fn push(&mut self, battle: Battle, style: &[f64]) -> Result<(), BattleError> {
        self.check(&battle)?;
        if style.len() != self.columns.len() || style.iter().any(|figure| !figure.is_finite()) {
            return Err(BattleError::Style { given: style.len(), wanted: self.columns.len() });
        }
        self.battles.push(battle);
        self.style.extend(style);
        Ok(())
    }

    fn check(&self, battle: &Battle) -> Result<(), BattleError> {
        let players = self.players.len();
        for number in [battle.first, battle.second] {
            if number as usize >= players {
                return Err(BattleError::UnknownPlayer { number, players });
            }
        }
        if battle.first == battle.second {
            return Err(BattleError::SelfPlay { name: self.players.name(battle.first).to_owned() });
        }
        if !(battle.weight.is_finite() && battle.weight > 0.0) {
            return Err(BattleError::Weight { weight: battle.weight });
        }
        Ok(())
    }

    /// The results of games. The proposition is the first player; games of one motion are one cluster.
    #[must_use]
    pub fn of_games<'a>(games: impl IntoIterator<Item = &'a Game>, weighing: Weighing) -> Results {
        let mut results = Results::default();
        for game in games {
            let winner = if game.score > 0.5 {
                Winner::First
            } else if game.score < 0.5 {
                Winner::Second
            } else {
                Winner::Tie
            };
            if game.proposition == game.opposition {
                continue;
            }
            let battle = Battle {
                first: results.players.number(&game.proposition),
                second: results.players.number(&game.opposition),
                cluster: results.clusters.number(&game.motion),
                winner,
                proposition: Proposition::First,
                weight: weighing.weight(game.margin),
            };
            results.battles.push(battle);
        }
        results
    }

    /// The results of those games whose style was counted, with figures of it: how far ahead the proposition is in words and in
    /// citations, each as a share. What is even in all games is no column.
    #[must_use]
    pub fn of_games_with_style<'a>(games: impl IntoIterator<Item = &'a Game>, weighing: Weighing) -> Results {
        let rated = games.into_iter().filter(|game| game.proposition != game.opposition);
        let counted: Vec<(&Game, [f64; 2])> =
            rated.filter_map(|game| game.style.map(|[one, other]| (game, leads(one, other)))).collect();
        let differs = |column: &usize| counted.iter().any(|(_, leads)| leads[*column] != 0.0);
        let columns: Vec<usize> = (0..STYLE.len()).filter(differs).collect();
        Results {
            columns: columns.iter().map(|column| STYLE[*column].to_owned()).collect(),
            style: counted.iter().flat_map(|(_, leads)| columns.iter().map(|column| leads[*column])).collect(),
            ..Results::of_games(counted.iter().map(|(game, _)| *game), weighing)
        }
    }

    /// The same battles as if none depended on another.
    #[must_use]
    pub fn without_clusters(mut self) -> Results {
        self.battles.iter_mut().for_each(|battle| battle.cluster = ALONE);
        Results { clusters: Names::default(), ..self }
    }

    /// The same battles without figures of style.
    #[must_use]
    pub fn without_style(self) -> Results {
        Results { columns: Vec::new(), style: Vec::new(), ..self }
    }

    /// The number of a player, a new one if it was not seen before.
    pub fn player(&mut self, name: &str) -> u32 {
        self.players.number(name)
    }

    /// The number of a cluster, a new one if it was not seen before.
    pub fn cluster(&mut self, name: &str) -> u32 {
        self.clusters.number(name)
    }

    #[must_use]
    pub fn players(&self) -> &Names {
        &self.players
    }

    #[must_use]
    pub fn clusters(&self) -> &Names {
        &self.clusters
    }

    #[must_use]
    pub fn battles(&self) -> &[Battle] {
        &self.battles
    }

    /// The names of what was measured of each battle.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The figures of style: a row of [`Results::columns`] for each battle.
    #[must_use]
    pub fn style(&self) -> &[f64] {
        &self.style
    }
}

/// The columns of style that debates have.
const STYLE: [&str; 2] = ["length", "citations"];

/// How far the first is ahead in each column, `(first − second) / (first + second + 1)`.
fn leads(first: Style, second: Style) -> [f64; 2] {
    let lead = |first: usize, second: usize| {
        let (first, second) = (first as f64, second as f64);
        (first - second) / (first + second + 1.0)
    };
    [lead(first.words, second.words), lead(first.citations, second.citations)]
}

/// How much a game counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weighing {
    /// Every game counts once.
    #[default]
    Even,
    /// `1 / (1 + e^-margin)`, where the margin is in ballots (Agent4Debate, arXiv 2408.04472): 0.5 for a tie.
    Margin,
}

impl Weighing {
    #[must_use]
    pub fn weight(self, margin: f64) -> f64 {
        match self {
            Weighing::Even => 1.0,
            Weighing::Margin => crate::rating::calibration::logistic(margin.abs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::DebateId;
    use crate::domain::motion::Category;

    fn game(debate: &str, style: Option<[Style; 2]>) -> Game {
        Game {
            debate: DebateId(debate.to_owned()),
            seq: 0,
            at: String::new(),
            proposition: "terse".to_owned(),
            opposition: "wordy".to_owned(),
            score: 1.0,
            category: Category::Fact,
            motion: debate.to_owned(),
            versions: [String::new(), String::new()],
            margin: 1.0,
            style,
            judges: Vec::new(),
            audited: true,
        }
    }

    #[test]
    fn style_is_the_share_by_which_the_proposition_is_ahead_of_what_was_counted() {
        let style = |words| Style { words, citations: 3 };
        let games = [game("one", Some([style(99), style(300)])), game("old", None), game("two", Some([style(7); 2]))];
        let results = Results::of_games_with_style(&games, Weighing::Even);
        assert_eq!(results.clusters().all(), ["one", "two"]);
        assert_eq!(
            (results.columns(), results.style()),
            (["length".to_owned()].as_slice(), [-201.0 / 400.0, 0.0].as_slice())
        );
        assert!(results.without_style().style().is_empty());
    }
}
