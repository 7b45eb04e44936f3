//! A ladder as it is shown: the place of record of each player beside its live Elo, and all that the ladder does not know.

use serde::{Deserialize, Serialize};

use crate::rating::bradley_terry::{FitError, Options, POINTS};
use crate::rating::calibration::logistic;
use crate::rating::caution::{Caution, STABLE_GAMES};
use crate::rating::connectivity::Standing;
use crate::rating::counts::Counts;
use crate::rating::elo::EloSettings;
use crate::rating::history::{elo, history};
use crate::rating::matrix::Matrix;
use crate::rating::preference::Intransitivity;
use crate::rating::record::{Place, Record, SideEffect};
use crate::rating::results::Results;
use crate::rating::uncertainty::{Interval, Resampling, Source};

/// One player.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub player: String,
    /// Live: after each game in turn.
    pub elo: f64,
    /// The rating of record on the same scale; `None` where results do not bound it.
    pub bradley_terry: Option<f64>,
    /// The ends of the rating's interval of 95 %; `None` is open.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Robust to what games of a cluster have in common, in points.
    pub error: Option<f64>,
    /// Ranks that hold for all players at once, 95 %; 1 is the best.
    pub best_rank: u32,
    pub worst_rank: u32,
    pub games: u32,
    /// Weights; where every game counts once, how many.
    pub wins: f64,
    pub ties: f64,
    pub losses: f64,
    pub standing: Standing,
    /// Ratings of different groups do not compare.
    pub group: u32,
}

impl Row {
    /// Whether the rating still moves much with each game.
    #[must_use]
    pub fn is_provisional(&self) -> bool {
        self.games < STABLE_GAMES
    }

    #[must_use]
    pub fn interval(&self) -> Interval {
        Interval { low: self.low, high: self.high }
    }

    /// The ranks for people.
    #[must_use]
    pub fn ranks(&self) -> String {
        if self.best_rank == self.worst_rank {
            return self.best_rank.to_string();
        }
        format!("{}–{}", self.best_rank, self.worst_rank)
    }
}

/// A sum of weights for people: a count where every game counts once.
#[must_use]
pub fn weight(sum: f64) -> String {
    if sum.fract() == 0.0 { format!("{sum:.0}") } else { format!("{sum:.1}") }
}

/// A ladder with everything that is known about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The best first.
    #[serde(rename = "players")]
    pub rows: Vec<Row>,
    pub games: u64,
    /// What intervals rest on; `None` without a fit.
    pub source: Option<Source>,
    pub clusters: usize,
    pub resamples: usize,
    pub side: Option<SideEffect>,
    /// Davidson's ν.
    pub tie: Option<f64>,
    /// Points for a column of style at its usual size.
    pub style: Vec<(String, f64)>,
    pub options: Options,
    /// The gravest first.
    pub cautions: Vec<Caution>,
}

impl Table {
    /// Rates results, whose order is the order of Elo. Results that give no ratings of record make a table of Elo that says so.
    ///
    /// # Errors
    /// The options are not sound, or the anchor has no rating.
    pub fn of(
        results: &Results,
        options: &Options,
        resampling: &Resampling,
        intransitivity: Option<&Intransitivity>,
    ) -> Result<Table, FitError> {
        if results.battles().is_empty() {
            return Ok(Table { options: *options, ..Table::default() });
        }
        match Record::of(results, options, resampling, intransitivity) {
            Ok(record) => Ok(Table::of_record(results, record)),
            Err(error @ (FitError::BadPrior { .. } | FitError::AnchorUnbounded)) => Err(error),
            Err(error) => Ok(Table::without_fit(results, options, &error)),
        }
    }

    fn of_record(results: &Results, record: Record) -> Table {
        let histories = history(EloSettings::default(), results);
        let row = |place: Place| {
            let number = results.players().find(&place.player).unwrap_or_default();
            Row {
                elo: elo(EloSettings::default(), &histories[number as usize]),
                bradley_terry: place.rating,
                low: place.interval.low,
                high: place.interval.high,
                error: place.error,
                best_rank: place.ranks.best,
                worst_rank: place.ranks.worst,
                games: place.battles,
                wins: place.wins,
                ties: place.ties,
                losses: place.losses,
                standing: place.standing,
                group: place.group,
                player: place.player,
            }
        };
        Table {
            // A player of the table that never played has no place.
            rows: record.places.into_iter().filter(|place| place.battles > 0).map(row).collect(),
            games: record.battles,
            source: Some(record.source),
            clusters: record.clusters,
            resamples: record.resamples,
            side: record.side,
            tie: record.tie,
            style: record.style,
            options: record.options,
            cautions: record.cautions,
        }
    }

    /// A table in the order of Elo.
    fn without_fit(results: &Results, options: &Options, error: &FitError) -> Table {
        let matrix = Matrix::of(&Counts::of(results));
        let players = results.players().len() as u32;
        let histories = history(EloSettings::default(), results);
        let row = |player: u32| {
            let total = matrix.total(player);
            Row {
                player: results.players().name(player).to_owned(),
                elo: elo(EloSettings::default(), &histories[player as usize]),
                bradley_terry: None,
                low: None,
                high: None,
                error: None,
                best_rank: 1,
                worst_rank: players,
                games: total.battles,
                wins: total.wins,
                ties: total.ties,
                losses: total.losses,
                standing: Standing::Apart,
                group: 0,
            }
        };
        let mut rows: Vec<Row> = (0..players).map(row).collect();
        rows.sort_by(|one, other| other.elo.total_cmp(&one.elo).then_with(|| one.player.cmp(&other.player)));
        Table {
            rows,
            games: results.battles().len() as u64,
            options: *options,
            cautions: vec![Caution::no_fit(error)],
            ..Table::default()
        }
    }

    /// Adds what else a reader must know.
    #[must_use]
    pub fn with_cautions(mut self, more: impl IntoIterator<Item = Caution>) -> Table {
        self.cautions.extend(more);
        self.cautions = Caution::gravest_first(self.cautions);
        self
    }

    /// The place of a player, from 0.
    #[must_use]
    pub fn place(&self, player: &str) -> Option<usize> {
        self.rows.iter().position(|row| row.player == player)
    }

    /// The score that one is expected to take from another, 0 to 1. `side` is 1 if it is the proposition, -1 if it is the
    /// opposition, 0 without sides. `None` if the results do not tell.
    #[must_use]
    pub fn expected(&self, one: &Row, other: &Row, side: f64) -> Option<f64> {
        if one.group != other.group {
            return None;
        }
        let advantage = side * self.side.as_ref().map_or(0.0, |side| side.points);
        let ahead = (one.bradley_terry? - other.bradley_terry? + advantage) / POINTS;
        let Some(tie) = self.tie.filter(|tie| *tie > 0.0) else { return Some(logistic(ahead)) };
        let (win, loss) = ((ahead / 2.0).exp(), (-ahead / 2.0).exp());
        Some((win + tie / 2.0) / (win + loss + tie))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rating::results::{Battle, Names, Winner};

    fn results(battles: Vec<Battle>) -> Results {
        Results::of(["a", "b", "c", "idle"].iter().collect(), Names::default(), battles).unwrap()
    }

    fn table(battles: Vec<Battle>, options: &Options) -> Result<Table, FitError> {
        Table::of(&results(battles), options, &Resampling { resamples: 50, ..Resampling::default() }, None)
    }

    #[test]
    fn a_table_shows_elo_beside_the_rating_and_leaves_out_who_never_played() {
        let battles = vec![Battle::new(0, 1, Winner::First), Battle::new(1, 2, Winner::Tie)];
        let table = table(battles, &Options { prior: 0.5, ..Options::default() }).unwrap();
        let players: Vec<&str> = table.rows.iter().map(|row| row.player.as_str()).collect();
        assert_eq!(players, ["a", "c", "b"]);
        assert_eq!((table.rows[0].elo, table.rows[0].games, table.games), (1012.0, 1, 2));
        let (a, b) = (&table.rows[0], &table.rows[2]);
        let expected = table.expected(a, b, 0.0).unwrap();
        assert!(expected > 0.5 && (expected + table.expected(b, a, 0.0).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn one_cluster_leaves_every_interval_open() {
        let battle = |first, second| Battle { cluster: 0, ..Battle::new(first, second, Winner::First) };
        let names = ["a", "b"].iter().collect();
        let results = Results::of(names, ["motion"].iter().collect(), vec![battle(0, 1), battle(1, 0)]).unwrap();
        let table = Table::of(&results, &Options::default(), &Resampling::default(), None).unwrap();
        assert!(
            table.rows.iter().all(|row| row.interval() == Interval::OPEN && row.bradley_terry.is_some()),
            "{table:?}"
        );
    }

    #[test]
    fn without_a_fit_the_table_is_elo_and_says_why() {
        let table = table(vec![Battle::new(1, 0, Winner::First)], &Options::default()).unwrap();
        assert_eq!((table.rows[0].player.as_str(), table.rows[0].bradley_terry), ("b", None));
        assert!(table.cautions[0].sentence().starts_with("No ratings: "), "{:?}", table.cautions);
        assert_eq!(table.expected(&table.rows[0], &table.rows[1], 0.0), None);
    }

    #[test]
    fn wrong_options_are_refused_and_no_results_make_an_empty_table() {
        let battles = || vec![Battle::new(1, 0, Winner::First)];
        assert!(matches!(
            table(battles(), &Options { prior: f64::NAN, ..Options::default() }),
            Err(FitError::BadPrior { .. })
        ));
        assert!(table(Vec::new(), &Options::default()).unwrap().rows.is_empty());
    }
}
