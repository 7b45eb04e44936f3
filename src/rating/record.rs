//! The ladder of record: Bradley-Terry strengths, how sure they are, and what they do not know, by name.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::rating::bradley_terry::{Fit, FitError, Options, fit};
use crate::rating::caution::{Caution, FEW_CLUSTERS, STABLE_GAMES, SURE};
use crate::rating::connectivity::Standing;
use crate::rating::counts::Counts;
use crate::rating::cycles::cycles;
use crate::rating::matrix::Matrix;
use crate::rating::preference::Intransitivity;
use crate::rating::results::{Proposition, Results};
use crate::rating::uncertainty::{Interval, Ranks, Resampling, Sandwich, Source, Uncertainty};

/// One player's place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    pub player: String,
    /// On the Elo scale; `None` where the results do not bound it.
    pub rating: Option<f64>,
    /// The standard error of the rating in points, robust to what battles of a cluster have in common; `None` where the results
    /// do not bound it, or there is one cluster.
    pub error: Option<f64>,
    /// Of the rating, 95 %.
    pub interval: Interval,
    /// Ranks that hold for all players at once, 95 %.
    pub ranks: Ranks,
    pub standing: Standing,
    /// The number of the group of players that games link; ratings of different groups do not compare.
    pub group: u32,
    pub battles: u32,
    /// Weights.
    pub wins: f64,
    pub ties: f64,
    pub losses: f64,
}

/// What the side does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SideEffect {
    /// Battles with known sides.
    pub battles: u64,
    /// The proposition's share of points in these, a tie as half a win.
    pub score: f64,
    /// What being the proposition is worth, in points between equals.
    pub points: f64,
    pub interval: Interval,
}

/// A ladder with everything that is known about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub options: Options,
    /// The best first.
    pub places: Vec<Place>,
    pub battles: u64,
    /// What intervals and ranks rest on.
    pub source: Source,
    pub resamples: usize,
    pub clusters: usize,
    pub side: Option<SideEffect>,
    /// Davidson's ν.
    pub tie: Option<f64>,
    /// Points for a column of style at its usual size.
    pub style: Vec<(String, f64)>,
    pub log_likelihood: f64,
    pub iterations: u32,
    pub gradient: f64,
    /// The gravest first.
    pub cautions: Vec<Caution>,
}

impl Record {
    /// Rates results. Figures of style are controlled for where there are any. `intransitivity` is what was measured of the same
    /// results, if it was. Of fewer than [`FEW_CLUSTERS`] clusters all draws are alike, and intervals would have hardly any width;
    /// there single battles are drawn as well, and the wider interval stands.
    ///
    /// # Errors
    /// There is no fit.
    pub fn of(
        results: &Results,
        options: &Options,
        resampling: &Resampling,
        intransitivity: Option<&Intransitivity>,
    ) -> Result<Record, FitError> {
        let mut record = Record::by_clusters(results, options, resampling, intransitivity)?;
        if record.clusters < FEW_CLUSTERS {
            let alone = match record.source {
                Source::BootstrapOfResults => record.clone(),
                Source::BootstrapOfClusters => {
                    Record::by_clusters(&results.clone().without_clusters(), options, resampling, intransitivity)?
                }
            };
            widen(&mut record, &alone);
        }
        Ok(record)
    }

    fn by_clusters(
        results: &Results,
        options: &Options,
        resampling: &Resampling,
        intransitivity: Option<&Intransitivity>,
    ) -> Result<Record, FitError> {
        let by_pairs = Counts::of(results);
        let by_battles = (!results.columns().is_empty()).then(|| Counts::with_style(results));
        let counts = by_battles.as_ref().unwrap_or(&by_pairs);
        let fit = fit(counts, options)?;
        let uncertainty = Uncertainty::measure(results, counts, &fit, resampling);
        let sandwich = Sandwich::of(results, counts, &fit);
        let matrix = Matrix::of(&by_pairs);
        let points = |coefficient: &f64| crate::rating::bradley_terry::POINTS * coefficient;
        Ok(Record {
            options: *options,
            places: places(results, &fit, &uncertainty, sandwich.as_ref(), &matrix),
            battles: counts.battles(),
            source: uncertainty.source,
            resamples: uncertainty.resamples,
            clusters: uncertainty.clusters,
            side: side(results, &fit, &uncertainty),
            tie: fit.tie,
            style: results.columns().iter().cloned().zip(fit.style.iter().map(points)).collect(),
            log_likelihood: fit.log_likelihood,
            iterations: fit.iterations,
            gradient: fit.gradient,
            cautions: cautions(results, &fit, &uncertainty, &matrix, intransitivity),
        })
    }
}

/// Makes intervals and ranks as wide as those of another record of the same results.
fn widen(record: &mut Record, other: &Record) {
    let wider = |one: Interval, other: Interval| {
        let low = one.low.zip(other.low).map(|(one, other)| one.min(other));
        let high = one.high.zip(other.high).map(|(one, other)| one.max(other));
        // Where even these draws are all alike, as those of a single battle, they tell nothing.
        let is_point = low.zip(high).is_some_and(|(low, high)| high - low < 1e-6);
        if is_point { Interval::OPEN } else { Interval { low, high } }
    };
    for place in &mut record.places {
        let Some(same) = other.places.iter().find(|same| same.player == place.player) else { continue };
        place.interval = wider(place.interval, same.interval);
        place.ranks.best = place.ranks.best.min(same.ranks.best);
        place.ranks.worst = place.ranks.worst.max(same.ranks.worst);
    }
    if let (Some(side), Some(same)) = (&mut record.side, &other.side) {
        side.interval = wider(side.interval, same.interval);
    }
}

fn places(
    results: &Results,
    fit: &Fit,
    uncertainty: &Uncertainty,
    sandwich: Option<&Sandwich>,
    matrix: &Matrix,
) -> Vec<Place> {
    let bounded = |player: u32| fit.connectivity.standing[player as usize] == Standing::Within;
    let place = |player: u32| {
        let total = matrix.total(player);
        let at = player as usize;
        Place {
            player: results.players().name(player).to_owned(),
            rating: fit.rating(player),
            error: sandwich.filter(|_| bounded(player)).map(|sandwich| sandwich.error(fit, player)),
            interval: uncertainty.intervals[at],
            ranks: uncertainty.ranks[at],
            standing: fit.connectivity.standing[at],
            group: fit.connectivity.group_of[at],
            battles: total.battles,
            wins: total.wins,
            ties: total.ties,
            losses: total.losses,
        }
    };
    let mut places: Vec<Place> = (0..results.players().len() as u32).map(place).collect();
    places.sort_by(|one, other| compared(one, other).then_with(|| one.player.cmp(&other.player)));
    places
}

/// Those without a rating stand above or below all that have one, and at the end where nothing can be said.
fn compared(one: &Place, other: &Place) -> Ordering {
    let level = |place: &Place| match (place.rating, place.standing) {
        (None, Standing::Above) => 0,
        (Some(_), _) => 1,
        (None, Standing::Below) => 2,
        (None, Standing::Within | Standing::Apart) => 3,
    };
    // Ratings that are equal but for rounding leave it to the names.
    let rating = |place: &Place| (place.rating.unwrap_or(0.0) * 1e6).round();
    level(one).cmp(&level(other)).then_with(|| rating(other).total_cmp(&rating(one)))
}

fn side(results: &Results, fit: &Fit, uncertainty: &Uncertainty) -> Option<SideEffect> {
    let points = fit.side_points()?;
    let (mut battles, mut weight, mut score) = (0, 0.0, 0.0);
    for battle in results.battles() {
        let own = match battle.proposition {
            Proposition::Unknown => continue,
            Proposition::First => battle.winner.score(),
            Proposition::Second => battle.winner.mirrored().score(),
        };
        battles += 1;
        weight += battle.weight;
        score += battle.weight * own;
    }
    Some(SideEffect { battles, score: score / weight, points, interval: uncertainty.side.unwrap_or(Interval::OPEN) })
}

fn cautions(
    results: &Results,
    fit: &Fit,
    uncertainty: &Uncertainty,
    matrix: &Matrix,
    intransitivity: Option<&Intransitivity>,
) -> Vec<Caution> {
    let found = &fit.connectivity;
    let names = |players: &[u32]| -> Vec<String> {
        players.iter().map(|player| results.players().name(*player).to_owned()).collect()
    };
    let standing = |wanted: Standing| -> Vec<String> {
        let players: Vec<u32> = found.separated().filter(|player| found.standing[*player as usize] == wanted).collect();
        names(&players)
    };
    let few: Vec<u32> =
        (0..matrix.players() as u32).filter(|player| matrix.total(*player).battles < STABLE_GAMES).collect();
    let groups = || found.groups.iter().map(|group| names(group)).collect();
    let (above, below, apart) = (standing(Standing::Above), standing(Standing::Below), standing(Standing::Apart));
    let is_separated = found.separated().next().is_some();
    let (clusters, failed) = (uncertainty.clusters, uncertainty.failed);
    let has_sides = || results.battles().iter().any(|battle| battle.proposition != Proposition::Unknown);
    let side_untold = fit.options.side && fit.side.is_none() && has_sides();
    let cautions = [
        (found.groups.len() > 1).then(|| Caution::Unconnected { groups: groups() }),
        is_separated.then_some(Caution::Separated { above, below, apart }),
        (clusters < FEW_CLUSTERS).then_some(Caution::FewClusters { clusters }),
        side_untold.then_some(Caution::SideUntold),
        (failed > 0).then_some(Caution::FailedResamples { failed, of: uncertainty.resamples }),
        intransitivity
            .filter(|measured| measured.is_sure())
            .map(|measured| Caution::Intransitive { gain: measured.gain, error: measured.error }),
        (!few.is_empty()).then(|| Caution::Provisional { players: names(&few) }),
    ];
    // Cycles that may be chance are worth a word only where there is no other.
    let sure = cycles(matrix, SURE);
    let found = if sure.is_empty() { cycles(matrix, 0.0) } else { sure };
    let cycles = found.into_iter().map(|cycle| Caution::Cycle {
        players: names(&cycle.players),
        among: cycle.among.len(),
        z: cycle.least_z,
    });
    Caution::gravest_first(cautions.into_iter().flatten().chain(cycles).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rating::preference::PreferenceOptions;
    use crate::rating::results::{Battle, Names, Winner};
    use crate::rating::simulation::World;

    fn results(names: &[&str], battles: &[(u32, u32, Winner, usize)]) -> Results {
        let names: Names = names.iter().collect();
        let battles = battles.iter().flat_map(|(one, other, winner, n)| vec![Battle::new(*one, *other, *winner); *n]);
        Results::of(names, Names::default(), battles.collect()).unwrap()
    }

    fn record(results: &Results, options: &Options) -> Record {
        let resampling = Resampling { resamples: 120, ..Resampling::default() };
        Record::of(results, options, &resampling, None).unwrap()
    }

    fn sentences(record: &Record) -> Vec<String> {
        record.cautions.iter().map(Caution::sentence).collect()
    }

    use Winner::{First, Tie};

    #[test]
    fn rock_paper_and_scissors_are_equal_and_their_cycle_is_named() {
        let results =
            results(&["rock", "paper", "scissors"], &[(1, 0, First, 20), (2, 1, First, 20), (0, 2, First, 20)]);
        let preference = Intransitivity::measure(&results, &PreferenceOptions::default(), 5).unwrap();
        let record = Record::of(&results, &Options::default(), &Resampling::default(), preference.as_ref()).unwrap();
        for place in &record.places {
            assert!((place.rating.unwrap() - 1000.0).abs() < 1e-6, "{place:?}");
            assert_eq!(place.ranks, Ranks { best: 1, worst: 3 });
        }
        let sentences = sentences(&record);
        assert_eq!(sentences[0], "A cycle: rock beats scissors beats paper beats rock.");
        assert!(sentences[1].starts_with("One number for each player is not enough"), "{sentences:?}");
        assert_eq!(sentences.len(), 2);
    }

    #[test]
    fn open_ends_stand_above_and_below_the_others_and_are_said() {
        let battles = [(0, 1, First, 10), (1, 0, First, 6), (2, 0, First, 3), (1, 3, First, 2)];
        let found = results(&["a", "b", "unbeaten", "beaten"], &battles);
        let free = record(&found, &Options::default());
        let players: Vec<&str> = free.places.iter().map(|place| place.player.as_str()).collect();
        assert_eq!(players, ["unbeaten", "a", "b", "beaten"]);
        assert_eq!((free.places[0].rating, free.places[0].interval.high), (None, None));
        assert_eq!((free.places[3].rating, free.places[3].interval.low), (None, None));
        assert_eq!((free.places[0].battles, free.places[0].wins), (3, 3.0));
        assert!(free.places[0].error.is_none() && free.places[1].error.is_some_and(|error| error > 10.0));
        let held = record(&found, &Options { prior: 0.5, ..Options::default() });
        assert!(held.places[0].rating.is_some() && held.places[0].interval.high.is_none());
        for record in [free, held] {
            assert!(
                sentences(&record)[0].starts_with("unbeaten has no upper bound")
                    && sentences(&record)[0].contains("beaten has no lower bound"),
                "{:?}",
                record.cautions
            );
            assert_eq!(sentences(&record)[1], "Provisional, with fewer than 15 games: unbeaten, beaten.");
        }
    }

    #[test]
    fn groups_that_nothing_links_and_ties_only_are_said_and_not_ranked() {
        let record = record(&results(&["a", "b", "c", "d"], &[(0, 1, Tie, 30), (2, 3, Tie, 30)]), &Options::default());
        assert_eq!(sentences(&record), ["No games link these groups, so do not compare them: a, b | c, d."]);
        assert!(record.places.iter().all(|place| place.ranks == Ranks { best: 1, worst: 4 }));
        assert!(record.places.iter().all(|place| (place.rating.unwrap() - 1000.0).abs() < 1e-6));
    }

    #[test]
    fn few_clusters_are_said_and_the_side_is_told_with_its_interval() {
        let world = World { side: Some(60.0), ..World::ladder(6, 40.0, 12) };
        let few = record(&world.clustered(8, 0.0), &Options::default());
        assert!(few.cautions.contains(&Caution::FewClusters { clusters: 8 }));
        let many = record(&world.clustered(80, 0.0), &Options::default());
        let side = many.side.unwrap();
        assert_eq!((many.clusters, many.source), (80, Source::BootstrapOfClusters));
        assert_eq!(side.battles, 80 * 15);
        assert!(side.score > 0.5 && side.interval.holds(60.0) && !side.interval.holds(0.0), "{side:?}");
    }

    #[test]
    fn a_side_that_nobody_left_is_said_to_be_in_the_strengths() {
        let battle = |winner| Battle { proposition: Proposition::First, ..Battle::new(0, 1, winner) };
        let battles = [First, Winner::Second].map(battle).repeat(20);
        let results = Results::of(["a", "b"].into_iter().collect(), Names::default(), battles).unwrap();
        let record = record(&results, &Options::default());
        assert_eq!((record.cautions, record.side), (vec![Caution::SideUntold], None));
    }

    #[test]
    fn style_is_taken_off_and_told_by_its_name() {
        let mut results = Results::new(["terse", "wordy"].into_iter().collect(), &["length", "citations"]);
        for (longer, winner, times) in
            [(1.0, First, 30), (1.0, Winner::Second, 10), (-1.0, First, 75), (-1.0, Winner::Second, 225)]
        {
            for _ in 0..times {
                results.push(Battle::new(0, 1, winner), &[longer, 0.0]).unwrap();
            }
        }
        let record = record(&results, &Options { style_penalty: 0.01, ..Options::default() });
        assert_eq!((record.style[0].0.as_str(), record.style[1].0.as_str()), ("length", "citations"));
        assert!(record.style[0].1 > 150.0 && record.style[1].1 == 0.0, "{:?}", record.style);
        for place in &record.places {
            assert!((place.rating.unwrap() - 1000.0).abs() < 2.0 && place.interval.holds(1000.0), "{place:?}");
        }
    }
}
