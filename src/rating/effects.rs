//! What depends on who judges: what two judges' results and ladders disagree on.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::rating::agreement::{kappa, kendall, spearman};
use crate::rating::bradley_terry::{Fit, FitError, Options, fit};
use crate::rating::caution::Caution;
use crate::rating::counts::Counts;
use crate::rating::game::Game;
use crate::rating::results::{ALONE, Results, Weighing};

/// Fewer players than this in both ladders make no order to speak of.
pub const LEAST_PLAYERS: usize = 4;

/// Ladders that correlate by less than this make a caution.
pub const AGREEING: f64 = 0.8;

/// A player that two ladders see in different places. Ranks are among the players of both, 1 the best.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disputed {
    pub player: String,
    pub ranks: [u32; 2],
}

/// How far two judges agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Players that both ladders bound.
    pub players: usize,
    /// Rank correlations of the two ladders, -1 to 1; `None` where one ranks nothing.
    pub spearman: Option<f64>,
    pub kendall: Option<f64>,
    /// Pairs of players in a cluster, for instance on a motion, that both judged.
    pub cases: usize,
    /// Cohen's kappa over first, tie and second in these cases.
    pub kappa: Option<f64>,
    /// The share of these cases in which both say the same.
    pub same: Option<f64>,
    /// Players by how far their ranks are apart, the farthest first; those at the same rank are left out.
    pub disputed: Vec<Disputed>,
}

impl Comparison {
    /// Fits both and compares.
    ///
    /// # Errors
    /// One of them has no fit.
    pub fn of(results: [&Results; 2], options: &Options) -> Result<Comparison, FitError> {
        let [one, other] = results;
        let fits = [fit(&Counts::of(one), options)?, fit(&Counts::of(other), options)?];
        let shared = shared(results, &fits);
        let ratings: Vec<(f64, f64)> = shared.iter().map(|(_, ratings)| (ratings[0], ratings[1])).collect();
        let (ours, theirs) = (cases(one), cases(other));
        let pairs: Vec<(usize, usize)> =
            ours.iter().filter_map(|(case, winner)| Some((*winner, *theirs.get(case)?))).collect();
        let same = pairs.iter().filter(|(one, other)| one == other).count() as f64 / pairs.len() as f64;
        Ok(Comparison {
            players: shared.len(),
            spearman: spearman(&ratings),
            kendall: kendall(&ratings),
            cases: pairs.len(),
            kappa: kappa(&pairs, 3),
            same: (!pairs.is_empty()).then_some(same),
            disputed: disputed(&shared),
        })
    }

    /// What a reader of either ladder must know, if they order enough players too differently.
    #[must_use]
    pub fn caution(&self, judges: [&str; 2]) -> Option<Caution> {
        let spearman = self.spearman.filter(|spearman| *spearman < AGREEING && self.players >= LEAST_PLAYERS)?;
        Some(Caution::JudgeEffects { judges: judges.map(str::to_owned), spearman, players: self.players })
    }
}

/// How far two judges agree, over debates that both decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    pub judges: [String; 2],
    /// A case is a debate.
    #[serde(flatten)]
    pub comparison: Comparison,
}

impl Agreement {
    /// Compares the games of two judges, each a name and what it decided. `None` where they decided no debate both, or a ladder
    /// has no fit.
    #[must_use]
    pub fn of(judges: [(&str, &[Game]); 2], options: &Options) -> Option<Agreement> {
        let debates = judges.map(|(_, games)| games.iter().map(|game| &game.debate).collect::<HashSet<_>>());
        let results = judges.map(|(_, games)| {
            let both = games.iter().filter(|game| debates.iter().all(|debates| debates.contains(&game.debate)));
            let of_debate = |game: &Game| Game { motion: game.debate.0.clone(), ..game.clone() };
            Results::of_games(&both.map(of_debate).collect::<Vec<_>>(), Weighing::Even)
        });
        let comparison = Comparison::of(results.each_ref(), options).ok()?;
        (comparison.cases > 0).then(|| Agreement { judges: judges.map(|(name, _)| name.to_owned()), comparison })
    }

    /// What a reader of either ladder must know, if they order enough players too differently.
    #[must_use]
    pub fn caution(&self) -> Option<Caution> {
        self.comparison.caution(self.judges.each_ref().map(String::as_str))
    }
}

fn shared(results: [&Results; 2], fits: &[Fit; 2]) -> Vec<(String, [f64; 2])> {
    let [one, other] = results;
    let names = one.players().all().iter().enumerate();
    names
        .filter_map(|(number, name)| {
            // Players that are equal but for rounding share their rank.
            let rounded = |rating: f64| (rating * 1e6).round() / 1e6;
            let ratings = [fits[0].rating(number as u32)?, fits[1].rating(other.players().find(name)?)?].map(rounded);
            Some((name.clone(), ratings))
        })
        .collect()
}

/// Who won each pair in each cluster: 0 the one whose name comes first, 1 neither, 2 the other.
fn cases(results: &Results) -> BTreeMap<(&str, &str, &str), usize> {
    let mut scores: BTreeMap<(&str, &str, &str), f64> = BTreeMap::new();
    for battle in results.battles() {
        let battle = if results.players().name(battle.first) > results.players().name(battle.second) {
            battle.mirrored()
        } else {
            *battle
        };
        let names = (results.players().name(battle.first), results.players().name(battle.second));
        let cluster = if battle.cluster == ALONE { "" } else { results.clusters().name(battle.cluster) };
        *scores.entry((names.0, names.1, cluster)).or_default() += battle.weight * (battle.winner.score() - 0.5);
    }
    let winner = |ahead: f64| if ahead > 0.0 { 0 } else { 1 + usize::from(ahead < 0.0) };
    scores.into_iter().map(|(case, ahead)| (case, winner(ahead))).collect()
}

fn disputed(shared: &[(String, [f64; 2])]) -> Vec<Disputed> {
    let rank = |of: usize, own: f64| 1 + shared.iter().filter(|(_, ratings)| ratings[of] > own).count() as u32;
    let mut disputed: Vec<Disputed> = shared
        .iter()
        .map(|(player, ratings)| Disputed { player: player.clone(), ranks: [rank(0, ratings[0]), rank(1, ratings[1])] })
        .filter(|disputed| disputed.ranks[0] != disputed.ranks[1])
        .collect();
    disputed.sort_by(|one, other| {
        let apart = |disputed: &Disputed| disputed.ranks[0].abs_diff(disputed.ranks[1]);
        apart(other).cmp(&apart(one)).then_with(|| one.player.cmp(&other.player))
    });
    disputed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rating::battles::read_json_lines;
    use crate::rating::battles::tests::shared_battles;
    use crate::rating::results::{Battle, Names, Winner};

    fn results(order: [&str; 3], battles: &[(u32, u32, Winner)]) -> Results {
        let names: Names = order.into_iter().collect();
        let clusters: Names = (0..battles.len()).map(|motion| format!("m{motion}")).collect();
        let battle = |(cluster, (one, other, winner)): (usize, &(u32, u32, Winner))| Battle {
            cluster: cluster as u32,
            ..Battle::new(*one, *other, *winner)
        };
        Results::of(names, clusters, battles.iter().enumerate().map(battle).collect()).unwrap()
    }

    #[test]
    fn a_judge_agrees_with_itself_whoever_is_named_first() {
        use Winner::{First, Second, Tie};
        let one = results(
            ["a", "b", "c"],
            &[(0, 1, First), (1, 2, First), (2, 0, Tie), (0, 1, First), (1, 0, First), (2, 1, First)],
        );
        let same = results(
            ["c", "b", "a"],
            &[(2, 1, First), (0, 1, Second), (2, 0, Tie), (2, 1, First), (1, 2, First), (1, 0, Second)],
        );
        let found = Comparison::of([&one, &same], &Options::default()).unwrap();
        assert_eq!((found.players, found.cases, found.same), (3, 6, Some(1.0)));
        assert!((found.spearman.unwrap() - 1.0).abs() < 1e-12 && (found.kappa.unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(found.disputed, []);
    }

    #[test]
    fn opposite_judges_dispute_the_ends_most() {
        use Winner::{First, Second};
        let battles = [(0, 1, First), (0, 1, First), (0, 1, Second), (1, 2, First), (1, 2, First), (1, 2, Second)];
        let turned = battles.map(|(one, other, winner)| (one, other, winner.mirrored()));
        let (one, other) = (results(["a", "b", "c"], &battles), results(["a", "b", "c"], &turned));
        let found = Comparison::of([&one, &other], &Options::default()).unwrap();
        assert!((found.spearman.unwrap() + 1.0).abs() < 1e-12 && found.kappa.unwrap() < 0.0, "{found:?}");
        assert_eq!(found.caution(["x", "y"]), None, "three players make no order to speak of");
        let disputed: Vec<(&str, [u32; 2])> =
            found.disputed.iter().map(|disputed| (disputed.player.as_str(), disputed.ranks)).collect();
        assert_eq!(disputed, [("a", [1, 3]), ("c", [3, 1])]);
    }

    #[test]
    fn gpt_4_orders_59_models_otherwise_than_people() {
        let (Some(people), Some(gpt_4)) =
            (shared_battles("llmfao_battles.jsonl"), shared_battles("llmfao_gpt4_battles.jsonl"))
        else {
            return;
        };
        let [people, gpt_4] = [people, gpt_4].map(|text| read_json_lines(&text, 1).results);
        let found = Comparison::of([&people, &gpt_4], &Options::default()).unwrap();
        println!("{found:?}");
        assert_eq!((found.players, found.cases), (59, gpt_4.battles().len()));
        assert!((found.spearman.unwrap() - 0.73).abs() < 0.01, "{found:?}");
        assert!(found.kappa.is_some_and(|kappa| (0.05..0.6).contains(&kappa)), "{found:?}");
        let caution = found.caution(["people", "gpt-4"]).unwrap().sentence();
        assert_eq!(caution, "people and gpt-4 order 59 players differently: their ladders correlate by 0.73.");
    }
}
