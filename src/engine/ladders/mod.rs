//! Ladders over what the store holds or a file gives: which games, fitted how, and what else a reader must know.

mod file;
mod judged;
mod split;

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::engine::error::EngineError;
use crate::engine::ladders::judged::Judged;
use crate::engine::queries::Queries;
use crate::rating::bradley_terry::{Anchor, FitError, Options, Ties, USUAL_PRIOR};
use crate::rating::caution::Caution;
use crate::rating::explain::Explanation;
use crate::rating::preference::{Intransitivity, PreferenceOptions};
use crate::rating::results::{Results, Weighing};
use crate::rating::table::Table;
use crate::rating::uncertainty::Resampling;
use crate::rating::{Game, Selection};

pub use file::ResultsKind;
pub use split::{Part, Split, SplitBy};

/// All people together, where a judge could be named: their votes decide, each game by the majority.
pub const PEOPLE: &str = "people";

/// Above so many players a fit takes so long that fewer resamples must do.
const MANY_PLAYERS: usize = 150;
const FEW_RESAMPLES: usize = 200;
/// Up to so many players it is measured whether one number for each is enough.
const MOST_IN_EMBEDDING: usize = 100;
const FOLDS: usize = 5;

/// Which ladder.
#[derive(Clone, Debug, PartialEq)]
pub struct LadderRequest {
    /// A file of results instead of the store.
    pub from: Option<PathBuf>,
    pub selection: Selection,
    pub ties: Ties,
    /// Whether to hold even what else wins: how long speeches are and how often they cite.
    pub style: bool,
    /// The precision of a Gaussian prior on each strength, at least 0.
    pub prior: f64,
    /// A player and its rating.
    pub anchor: Option<(String, f64)>,
    /// How often results are drawn again; by itself 1000, of many players less.
    pub resamples: Option<usize>,
    /// Whether to measure if one number for each player is enough, which takes longer.
    pub measures_cycles: bool,
}

impl Default for LadderRequest {
    fn default() -> LadderRequest {
        LadderRequest {
            from: None,
            selection: Selection::default(),
            ties: Ties::HalfWins,
            style: false,
            prior: USUAL_PRIOR,
            anchor: None,
            resamples: None,
            measures_cycles: false,
        }
    }
}

/// A ladder and the results that it was folded from.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    pub table: Table,
    pub results: Results,
}

impl Queries {
    /// The ladder of record.
    ///
    /// # Errors
    /// The store or the file cannot be read, a line of the file is no battle, or the anchor has no rating.
    pub fn ranking(&self, request: &LadderRequest) -> Result<Ranking, EngineError> {
        if let Some(path) = &request.from {
            let results = file::read(path)?;
            let results = if request.style { results } else { results.without_style() };
            return Ok(Ranking { table: request.table(&results, &[], true)?, results });
        }
        let games = self.selected(&request.selection)?;
        let results = request.results(&games);
        Ok(Ranking { table: request.table(&results, &games, true)?, results })
    }

    /// A player's place, taken apart.
    ///
    /// # Errors
    /// As [`Queries::ranking`], or there is no such player.
    pub fn explain_place(&self, request: &LadderRequest, player: &str) -> Result<Explanation, EngineError> {
        let Ranking { table, results } = self.ranking(request)?;
        Explanation::of(&results, &table, player).ok_or_else(|| no_player(player, &results))
    }

    /// Who has decided games, by name: [`PEOPLE`] if anybody voted, then the judges of the benches.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn ladder_judges(&self) -> Result<Vec<String>, EngineError> {
        let people = !Judged::after(&self.reader)?.by_people().is_empty();
        let judges: BTreeSet<String> = self.games()?.into_iter().flat_map(|game| game.judges).collect();
        Ok(people.then(|| PEOPLE.to_owned()).into_iter().chain(judges).collect())
    }

    /// The rated games of a selection, in the order of time.
    fn selected(&self, selection: &Selection) -> Result<Vec<Game>, EngineError> {
        if selection.judge.as_deref() == Some(PEOPLE) {
            let of_category = Selection { judge: None, ..selection.clone() };
            let mut games = Judged::after(&self.reader)?.by_people();
            games.retain(|game| of_category.takes(game));
            return Ok(games);
        }
        let mut games = self.games()?;
        games.retain(|game| selection.takes(game));
        Ok(games)
    }
}

impl LadderRequest {
    /// The results of games as this ladder sees them.
    fn results(&self, games: &[Game]) -> Results {
        if self.style {
            Results::of_games_with_style(games, Weighing::Even)
        } else {
            Results::of_games(games, Weighing::Even)
        }
    }

    /// The table of some results. `games` are those that they were made of, if any; `side` says whether a side may have an
    /// advantage.
    ///
    /// # Errors
    /// The options are not sound, or the anchor has no rating.
    fn table(&self, results: &Results, games: &[Game], side: bool) -> Result<Table, EngineError> {
        let options = Options { side, ..self.options(results)? };
        let unsound = |error: FitError| EngineError::Request(error.to_string());
        let measured = if self.measures_cycles { intransitivity(results) } else { None };
        let table = Table::of(results, &options, &self.resampling(results), measured.as_ref()).map_err(unsound)?;
        let uncounted = games.len().saturating_sub(results.battles().len());
        let left_out = (self.style && uncounted > 0)
            .then(|| Caution::StyleUncounted { games: count(uncounted), of: count(games.len()) });
        Ok(table.with_cautions(left_out.into_iter().chain(unaudited(games))))
    }

    fn options(&self, results: &Results) -> Result<Options, EngineError> {
        let anchor = match &self.anchor {
            // An empty table needs no anchor.
            Some((player, rating)) if !results.battles().is_empty() => {
                let player = results.players().find(player).ok_or_else(|| no_player(player, results))?;
                Anchor::Player { player, rating: *rating }
            }
            _ => Options::default().anchor,
        };
        Ok(Options { ties: self.ties, prior: self.prior, anchor, ..Options::default() })
    }

    fn resampling(&self, results: &Results) -> Resampling {
        let usual = Resampling::default().resamples;
        let usual = if results.players().len() > MANY_PLAYERS { FEW_RESAMPLES } else { usual };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Resampling { resamples: self.resamples.unwrap_or(usual), threads, ..Resampling::default() }
    }
}

/// Whether one number for each player is enough; nothing for so many players that it takes long, or too few results to tell.
fn intransitivity(results: &Results) -> Option<Intransitivity> {
    if !(3..=MOST_IN_EMBEDDING).contains(&results.players().len()) {
        return None;
    }
    // A fit that does not converge on a part of the results tells nothing.
    Intransitivity::measure(results, &PreferenceOptions::default(), FOLDS).ok().flatten()
}

fn unaudited(games: &[Game]) -> Option<Caution> {
    let unaudited = games.iter().filter(|game| !game.audited).count();
    (unaudited > 0).then(|| Caution::NeverAudited { games: count(unaudited), of: count(games.len()) })
}

fn count(games: usize) -> u32 {
    u32::try_from(games).unwrap_or(u32::MAX)
}

fn no_player(player: &str, results: &Results) -> EngineError {
    const MOST_NAMED: usize = 8;
    let names = results.players().all();
    let mut known = names.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > MOST_NAMED {
        known.push_str(", …");
    }
    let known = if known.is_empty() { "it is empty".to_owned() } else { format!("on it are {known}") };
    EngineError::Request(format!("no player \"{player}\" is on this ladder; {known}"))
}
