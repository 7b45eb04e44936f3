//! One player's place, taken apart: what bounds it, how it did against each opponent, how it came there, what would move it.

use serde::{Deserialize, Serialize};

use crate::rating::bradley_terry::{Fit, fit, refit};
use crate::rating::caution::Caution;
use crate::rating::connectivity::Standing;
use crate::rating::counts::Counts;
use crate::rating::elo::EloSettings;
use crate::rating::history::{Point, history};
use crate::rating::results::{Battle, Proposition, Results, Winner};
use crate::rating::table::{Row, Table, weight};

/// Of so many opponents, those met most, it is asked what another game would do.
const MOST_ASKED: usize = 30;

/// How a player did against another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opponent {
    pub player: String,
    pub games: u32,
    /// Weights.
    pub wins: f64,
    pub ties: f64,
    pub losses: f64,
    /// The share of points, a tie as half a win.
    pub score: f64,
    /// The share that the two ratings foretell with the sides that were held; `None` where they do not tell.
    pub expected: Option<f64>,
    /// How many standard errors the score is above what was expected, as if games were independent.
    pub surprise: Option<f64>,
    /// Points that one more win and one more loss without sides would move the rating by; `None` where it has none, or for
    /// opponents met least.
    pub win_moves: Option<f64>,
    pub loss_moves: Option<f64>,
    /// Points by which the rating is higher for the games with this opponent than without them.
    pub brought: Option<f64>,
}

impl Opponent {
    /// For people: games, wins, ties, losses, the score and what was expected.
    #[must_use]
    pub fn cells(&self) -> [String; 6] {
        let share = |share: f64| format!("{:.0} %", share * 100.0);
        let [wins, ties, losses] = [self.wins, self.ties, self.losses].map(weight);
        let expected = self.expected.map_or_else(|| "·".to_owned(), share);
        [self.games.to_string(), wins, ties, losses, share(self.score), expected]
    }
}

/// A player's place, taken apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// From 1.
    pub place: usize,
    /// How many players there are.
    pub of: usize,
    #[serde(flatten)]
    pub row: Row,
    /// What bounds the rating, a sentence.
    pub bounds: String,
    /// Those met most first.
    pub opponents: Vec<Opponent>,
    /// Elo after each game.
    pub history: Vec<Point>,
    /// Those of the ladder that concern this player.
    pub cautions: Vec<Caution>,
}

impl Explanation {
    /// Takes a player's place apart. The table is that of the results. `None` for a player without a place.
    #[must_use]
    pub fn of(results: &Results, table: &Table, player: &str) -> Option<Explanation> {
        let place = table.place(player)?;
        let row = table.rows[place].clone();
        let number = results.players().find(player)?;
        let mut opponents = opponents(results, table, &row, number);
        moves(results, table, number, &mut opponents);
        let mut histories = history(EloSettings::default(), results);
        Some(Explanation {
            place: place + 1,
            of: table.rows.len(),
            bounds: bounds(&row, &opponents),
            opponents,
            history: std::mem::take(&mut histories[number as usize]),
            cautions: table.cautions.iter().filter_map(|caution| caution.about(player)).collect(),
            row,
        })
    }

    /// What would move the rating most, a sentence: the opponents against whom one more win raises it most, and one more loss
    /// lowers it most. `None` without a rating.
    #[must_use]
    pub fn levers(&self) -> Option<String> {
        let most = |moves: fn(&Opponent) -> Option<f64>| {
            let known = self.opponents.iter().filter_map(|opponent| Some((&opponent.player, moves(opponent)?)));
            known.max_by(|one, other| one.1.abs().total_cmp(&other.1.abs()))
        };
        let (win, loss) = (most(|opponent| opponent.win_moves)?, most(|opponent| opponent.loss_moves)?);
        // A minus sign, at which no line is broken.
        let lost = format!("{:+.0}", loss.1).replace('-', "−");
        Some(format!(
            "One more win moves it most against {} ({:+.0}), one more loss against {} ({lost}).",
            win.0, win.1, loss.0
        ))
    }
}

/// A battle as the player saw it.
fn seen(battle: &Battle, player: u32) -> Option<Battle> {
    if battle.first == player {
        return Some(*battle);
    }
    (battle.second == player).then(|| battle.mirrored())
}

#[derive(Clone, Copy, Default)]
struct Sums {
    games: u32,
    wins: f64,
    ties: f64,
    losses: f64,
    expected: f64,
    variance: f64,
}

fn opponents(results: &Results, table: &Table, own: &Row, player: u32) -> Vec<Opponent> {
    let rows: Vec<Option<&Row>> =
        results.players().all().iter().map(|name| table.place(name).map(|place| &table.rows[place])).collect();
    let mut sums = vec![Sums::default(); rows.len()];
    for battle in results.battles().iter().filter_map(|battle| seen(battle, player)) {
        let at = battle.second as usize;
        let sum = &mut sums[at];
        sum.games += 1;
        match battle.winner {
            Winner::First => sum.wins += battle.weight,
            Winner::Tie => sum.ties += battle.weight,
            Winner::Second => sum.losses += battle.weight,
        }
        let side = match battle.proposition {
            Proposition::First => 1.0,
            Proposition::Unknown => 0.0,
            Proposition::Second => -1.0,
        };
        let expected = rows[at].and_then(|other| table.expected(own, other, side)).unwrap_or(f64::NAN);
        sum.expected += battle.weight * expected;
        sum.variance += battle.weight * battle.weight * expected * (1.0 - expected);
    }
    let told = |(at, sum): (usize, &Sums)| {
        let weight = sum.wins + sum.ties + sum.losses;
        let points = sum.wins + sum.ties / 2.0;
        let surprise = (points - sum.expected) / sum.variance.sqrt();
        Opponent {
            player: results.players().name(at as u32).to_owned(),
            games: sum.games,
            wins: sum.wins,
            ties: sum.ties,
            losses: sum.losses,
            score: points / weight,
            expected: Some(sum.expected / weight).filter(|expected| expected.is_finite()),
            surprise: Some(surprise).filter(|surprise| surprise.is_finite()),
            win_moves: None,
            loss_moves: None,
            brought: None,
        }
    };
    let mut opponents: Vec<Opponent> = sums.iter().enumerate().filter(|(_, sum)| sum.games > 0).map(told).collect();
    opponents.sort_by(|one, other| other.games.cmp(&one.games).then_with(|| one.player.cmp(&other.player)));
    opponents
}

/// Fits again with one more game, and without an opponent's games. Figures of style stay out of it.
fn moves(results: &Results, table: &Table, player: u32, opponents: &mut [Opponent]) {
    let counts = Counts::of(results);
    let Ok(now) = fit(&counts, &table.options) else { return };
    let Some(rating) = now.rating(player) else { return };
    let moved = |other: Option<Fit>| other.and_then(|other| other.rating(player)).map(|other| other - rating);
    for opponent in opponents.iter_mut().take(MOST_ASKED) {
        let Some(number) = results.players().find(&opponent.player) else { continue };
        let after = |winner| {
            let mut counts = counts.clone();
            counts.add(&Battle::new(player, number, winner));
            moved(refit(&counts, &now).ok())
        };
        opponent.win_moves = after(Winner::First);
        opponent.loss_moves = after(Winner::Second);
        let is_theirs = |battle: &Battle| seen(battle, player).is_some_and(|battle| battle.second == number);
        let others: Vec<Battle> = results.battles().iter().filter(|battle| !is_theirs(battle)).copied().collect();
        let without = Counts::of_battles(results.players().len(), &others);
        // Without what bounds it a rating is the prior's, and compares with nothing.
        let bounded = |other: &Fit| other.connectivity.standing[player as usize] == Standing::Within;
        opponent.brought = moved(fit(&without, &table.options).ok().filter(bounded)).map(|moved| -moved);
    }
}

fn bounds(row: &Row, opponents: &[Opponent]) -> String {
    let names = |scored: fn(&Opponent) -> bool| {
        let names: Vec<&str> =
            opponents.iter().filter(|opponent| scored(opponent)).map(|opponent| opponent.player.as_str()).collect();
        match names.len() {
            0 => "others that those scored against".to_owned(),
            1..=3 => names.join(", "),
            more => format!("{} and {} more", names[..3].join(", "), more - 3),
        }
    };
    match row.standing {
        Standing::Within => format!(
            "Points against {} bound it from below, points lost to {} from above.",
            names(|opponent| opponent.wins + opponent.ties > 0.0),
            names(|opponent| opponent.losses + opponent.ties > 0.0),
        ),
        Standing::Above => {
            "Nobody that it is compared with ever scored against it, so its rating has no upper end.".to_owned()
        }
        Standing::Below => {
            "It never scored against those it is compared with, so its rating has no lower end.".to_owned()
        }
        Standing::Apart => "Its games compare it with nobody in both ways, so its rating has no end at all.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rating::bradley_terry::Options;
    use crate::rating::results::Names;
    use crate::rating::uncertainty::Resampling;

    fn explained(battles: &[(u32, u32, usize)], player: &str) -> Explanation {
        let names: Names = ["a", "b", "c"].iter().collect();
        let battles = battles.iter().flat_map(|(one, other, n)| vec![Battle::new(*one, *other, Winner::First); *n]);
        let results = Results::of(names, Names::default(), battles.collect()).unwrap();
        let options = Options { prior: 0.5, ..Options::default() };
        let resampling = Resampling { resamples: 30, ..Resampling::default() };
        let table = Table::of(&results, &options, &resampling, None).unwrap();
        Explanation::of(&results, &table, player).unwrap()
    }

    #[test]
    fn opponents_show_scores_against_what_was_expected() {
        let found = explained(&[(0, 1, 9), (1, 0, 3), (1, 2, 8), (2, 1, 4), (2, 0, 4), (0, 2, 1)], "a");
        let [b, c] = found.opponents.as_slice() else { panic!("{found:?}") };
        assert_eq!((b.player.as_str(), b.games, b.score), ("b", 12, 0.75));
        assert_eq!((c.player.as_str(), c.games, c.score), ("c", 5, 0.2));
        assert!(b.surprise.unwrap() > 0.0 && c.surprise.unwrap() < -1.0, "{found:?}");
        assert!(b.brought.unwrap() > 0.0 && c.brought.unwrap() < 0.0, "{found:?}");
        let only = explained(&[(0, 1, 2), (1, 0, 2), (0, 2, 1)], "a");
        assert_eq!(only.opponents[0].brought, None, "{only:?}");
        assert_eq!(found.history.len(), 17);
        assert!(found.bounds.starts_with("Points against b, c bound it"), "{}", found.bounds);
    }

    #[test]
    fn a_win_raises_a_loss_lowers_and_the_levers_are_the_largest_of_them() {
        let found = explained(&[(0, 1, 5), (1, 0, 2), (1, 2, 4), (2, 1, 1), (0, 2, 1)], "a");
        for opponent in &found.opponents {
            assert!(opponent.win_moves.unwrap() > 0.0 && opponent.loss_moves.unwrap() < 0.0, "{opponent:?}");
        }
        let levers = found.levers().unwrap();
        assert!(levers.contains("most against b (+") && levers.contains("loss against c (−"), "{levers}");
    }

    #[test]
    fn who_was_never_beaten_has_no_upper_end_and_only_its_own_cautions() {
        let found = explained(&[(0, 1, 2), (1, 2, 2), (2, 1, 2)], "a");
        assert!(found.bounds.contains("no upper end"), "{}", found.bounds);
        assert_eq!((found.place, found.of, found.row.high), (1, 3, None));
        let provisional = found.cautions.iter().find(|caution| matches!(caution, Caution::Provisional { .. }));
        assert_eq!(provisional, Some(&Caution::Provisional { players: vec!["a".to_owned()] }));
        let other = explained(&[(0, 1, 2), (1, 2, 2), (2, 1, 2)], "b");
        assert!(other.cautions.iter().all(|caution| !matches!(caution, Caution::Separated { .. })), "{other:?}");
    }
}
