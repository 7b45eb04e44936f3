//! One ladder for each judge, category or dimension, one for people, and ladders with players split by side or version.

use serde::Serialize;

use crate::engine::error::EngineError;
use crate::engine::ladders::judged::Judged;
use crate::engine::ladders::{LadderRequest, PEOPLE, no_player};
use crate::engine::queries::Queries;
use crate::rating::Game;
use crate::rating::bradley_terry::Options;
use crate::rating::caution::Caution;
use crate::rating::effects::Agreement;
use crate::rating::table::Table;

/// What makes ladders of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitBy {
    Judge,
    Category,
    Side,
    Version,
    People,
    Dimension,
}

impl SplitBy {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SplitBy::Judge => "judge",
            SplitBy::Category => "category",
            SplitBy::Side => "side",
            SplitBy::Version => "version",
            SplitBy::People => "people",
            SplitBy::Dimension => "dimension",
        }
    }
}

/// One of the ladders.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// The judge, the category and so on.
    pub value: String,
    #[serde(flatten)]
    pub table: Table,
}

/// The ladders.
#[derive(Clone, Debug, Serialize)]
pub struct Split {
    pub by: SplitBy,
    pub ladders: Vec<Part>,
    pub agreements: Vec<Agreement>,
    /// What two ladders disagree on.
    pub cautions: Vec<Caution>,
}

/// All judges of a bench together, where they are compared with people.
const BENCH: &str = "the bench";

type Games = (String, Vec<Game>);

impl Queries {
    /// Ladders by what makes them differ. Those without a game are left out.
    ///
    /// # Errors
    /// As [`Queries::ranking`].
    pub fn split_ladder(&self, request: &LadderRequest, by: SplitBy) -> Result<Split, EngineError> {
        let mut pairs: Vec<[Games; 2]> = Vec::new();
        let judged = || Judged::read(&self.reader);
        let games: Vec<Games> = match by {
            SplitBy::Judge => {
                let games: Vec<Games> = taken(request, judged()?.by_judge());
                for (place, one) in games.iter().enumerate() {
                    pairs.extend(games[place + 1..].iter().map(|other| [one.clone(), other.clone()]));
                }
                games
            }
            SplitBy::People => {
                let judged = judged()?;
                let people = taken(request, [(PEOPLE.to_owned(), judged.by_people())]);
                if let [people] = people.as_slice() {
                    let bench = taken(request, [(BENCH.to_owned(), self.games()?)]);
                    let judges = bench.into_iter().chain(taken(request, judged.by_judge()));
                    pairs.extend(judges.map(|judge| [people.clone(), judge]));
                }
                people.into_iter().chain(taken(request, judged.by_person())).collect()
            }
            SplitBy::Dimension => taken(request, judged()?.by_dimension()),
            SplitBy::Category => {
                let mut games: Vec<Games> = Vec::new();
                for game in self.selected(&request.selection)? {
                    let name = game.category.name();
                    match games.iter_mut().find(|(category, _)| category == name) {
                        Some((_, games)) => games.push(game),
                        None => games.push((name.to_owned(), vec![game])),
                    }
                }
                games.sort_by(|one, other| one.0.cmp(&other.0));
                games
            }
            SplitBy::Side => vec![renamed("sides", self.selected(&request.selection)?, by_side)],
            SplitBy::Version => vec![renamed("versions", self.selected(&request.selection)?, by_version)],
        };
        let ladders = parts(request, by, &games)?;
        let options = Options { ties: request.ties, prior: request.prior, ..Options::default() };
        let agreement = |pair: &[Games; 2]| {
            Agreement::of(pair.each_ref().map(|(name, games)| (name.as_str(), games.as_slice())), &options)
        };
        let agreements: Vec<Agreement> = pairs.iter().filter_map(agreement).collect();
        let cautions = Caution::gravest_first(agreements.iter().filter_map(Agreement::caution).collect());
        Ok(Split { by, ladders, agreements, cautions })
    }
}

/// Those games that the request selects; values without any are left out.
fn taken(request: &LadderRequest, games: impl IntoIterator<Item = Games>) -> Vec<Games> {
    let selected = |(value, games): Games| {
        (value, games.into_iter().filter(|game| request.selection.takes(game)).collect::<Vec<_>>())
    };
    games.into_iter().map(selected).filter(|(_, games)| !games.is_empty()).collect()
}

fn parts(request: &LadderRequest, by: SplitBy, games: &[Games]) -> Result<Vec<Part>, EngineError> {
    let mut parts = Vec::new();
    let mut anchored = false;
    let mut unknown = None;
    for (value, games) in games.iter().filter(|(_, games)| !games.is_empty()) {
        let results = request.results(games);
        let mut own = request.clone();
        // A player may be on some of the ladders only; on the others their mean is the anchor.
        if let Some((player, _)) = &request.anchor {
            match results.players().find(player) {
                Some(_) => anchored = true,
                None => {
                    unknown.get_or_insert_with(|| no_player(player, &results));
                    own.anchor = None;
                }
            }
        }
        let table = own.table(&results, games, by != SplitBy::Side)?;
        parts.push(Part { value: value.clone(), table });
    }
    match unknown {
        Some(error) if !anchored => Err(error),
        _ => Ok(parts),
    }
}

fn renamed(value: &str, games: Vec<Game>, names: fn(&Game) -> [String; 2]) -> Games {
    let rename = |game: Game| {
        let [proposition, opposition] = names(&game);
        Game { proposition, opposition, ..game }
    };
    (value.to_owned(), games.into_iter().map(rename).collect())
}

fn by_side(game: &Game) -> [String; 2] {
    [format!("{} for", game.proposition), format!("{} against", game.opposition)]
}

fn by_version(game: &Game) -> [String; 2] {
    let named = |player: &str, version: &str| {
        let short: String = version.chars().take(8).collect();
        if short.is_empty() { player.to_owned() } else { format!("{player} {short}") }
    };
    [named(&game.proposition, &game.versions[0]), named(&game.opposition, &game.versions[1])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::DebateId;
    use crate::domain::motion::Category;

    fn game(debate: &str, proposition: &str, opposition: &str, score: f64) -> Game {
        Game {
            debate: DebateId(debate.to_owned()),
            seq: 0,
            at: String::new(),
            proposition: proposition.to_owned(),
            opposition: opposition.to_owned(),
            score,
            category: Category::Fact,
            motion: "m".to_owned(),
            versions: ["0123456789ab".to_owned(), String::new()],
            margin: 1.0,
            style: None,
            judges: vec!["x".to_owned()],
            audited: true,
        }
    }

    #[test]
    fn players_are_split_by_side_and_by_version() {
        let (_, sides) = renamed("sides", vec![game("d", "a", "b", 1.0)], by_side);
        assert_eq!((sides[0].proposition.as_str(), sides[0].opposition.as_str()), ("a for", "b against"));
        let (_, versions) = renamed("versions", vec![game("d", "a", "b", 1.0)], by_version);
        assert_eq!((versions[0].proposition.as_str(), versions[0].opposition.as_str()), ("a 01234567", "b"));
    }

    #[test]
    fn agreement_is_over_debates_that_both_decided() {
        let one: Games =
            ("x".to_owned(), vec![game("1", "a", "b", 1.0), game("2", "b", "a", 0.0), game("3", "a", "b", 0.5)]);
        let other =
            ("y".to_owned(), vec![game("1", "a", "b", 1.0), game("2", "b", "a", 1.0), game("9", "a", "b", 0.0)]);
        let options = Options { prior: 0.5, ..Options::default() };
        let agreement = |one: &Games, other: &Games| {
            Agreement::of([(&one.0, one.1.as_slice()), (&other.0, other.1.as_slice())], &options)
        };
        let found = agreement(&one, &other).unwrap();
        assert_eq!((found.comparison.cases, found.comparison.same), (2, Some(0.5)));
        let stranger = ("z".to_owned(), vec![game("7", "a", "b", 1.0)]);
        assert!(agreement(&one, &stranger).is_none());
    }

    #[test]
    fn an_anchor_need_not_be_on_every_ladder_but_on_one() {
        let games = [
            ("x".to_owned(), vec![game("1", "a", "b", 1.0), game("2", "a", "b", 0.0)]),
            ("y".to_owned(), vec![game("1", "c", "b", 1.0)]),
        ];
        let anchored = |player: &str| LadderRequest {
            anchor: Some((player.to_owned(), 1200.0)),
            resamples: Some(20),
            ..LadderRequest::default()
        };
        let found = parts(&anchored("a"), SplitBy::Judge, &games).unwrap();
        let rating = found[0].table.rows.iter().find(|row| row.player == "a").unwrap().bradley_terry.unwrap();
        assert!((rating - 1200.0).abs() < 1e-6, "{rating}");
        assert_eq!(found.len(), 2);
        assert!(parts(&anchored("nobody"), SplitBy::Judge, &games).unwrap_err().to_string().contains("\"nobody\""));
    }
}
