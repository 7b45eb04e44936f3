//! What a ladder does not know, as data and as sentences. The ladders themselves find it out.

use serde::{Deserialize, Serialize};

use crate::rating::bradley_terry::FitError;

/// Games after which a new entrant's rating was found stable (Agent4Debate, arXiv 2408.04472).
pub const STABLE_GAMES: u32 = 15;

/// Clusters below which intervals over them are too narrow.
pub const FEW_CLUSTERS: usize = 10;

/// Standard errors below which a lead may be chance.
pub const SURE: f64 = 2.0;

/// So many names are spelled out in a sentence, then a count stands for the others.
const MOST_NAMES: usize = 12;

/// Something that a reader of a ladder must know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Caution {
    /// There are no ratings, since the results give none or the search for them did not end.
    NoFit { reason: String },
    /// No chain of games links these groups, so their ratings cannot be compared.
    Unconnected { groups: Vec<Vec<String>> },
    /// Players whose ratings have an open end: nobody scored against those above, those below never scored, those apart
    /// cannot be compared with most others.
    Separated { above: Vec<String>, below: Vec<String>, apart: Vec<String> },
    /// Intervals rest on so few clusters, for instance motions, that they are too narrow.
    FewClusters { clusters: usize },
    /// Players changed sides too little to tell a side's advantage from their strengths.
    SideUntold,
    /// Resamples without a fit, of so many.
    FailedResamples { failed: usize, of: usize },
    /// Each of these won more against the next than it lost, the last against the first. `z` is how many standard errors the most
    /// doubtful of these leads has.
    Cycle { players: Vec<String>, among: usize, z: f64 },
    /// Embeddings that can hold cycles foretell results better, by natural log-likelihood for each result.
    Intransitive { gain: f64, error: f64 },
    /// Two judges order the players differently: Spearman's correlation of their ladders.
    JudgeEffects { judges: [String; 2], spearman: f64, players: usize },
    /// These players have fewer than [`STABLE_GAMES`] games.
    Provisional { players: Vec<String> },
    /// So many of the games are left out of a ladder that holds style even.
    StyleUncounted { games: u32, of: u32 },
    /// So many of the games were decided by a judge that was never audited.
    NeverAudited { games: u32, of: u32 },
}

impl Caution {
    #[must_use]
    pub fn no_fit(error: &FitError) -> Caution {
        Caution::NoFit { reason: error.to_string() }
    }

    /// How much it takes off what a ladder says, 0 the most: from no ratings at all, over ratings that cannot be compared, to
    /// ratings that will still move.
    #[must_use]
    pub fn severity(&self) -> u8 {
        match self {
            Caution::NoFit { .. } => 0,
            Caution::Unconnected { .. } => 1,
            Caution::Separated { .. } => 2,
            Caution::FewClusters { .. } => 3,
            Caution::SideUntold => 4,
            Caution::FailedResamples { .. } => 5,
            Caution::Cycle { .. } => 6,
            Caution::Intransitive { .. } => 7,
            Caution::JudgeEffects { .. } => 8,
            Caution::StyleUncounted { .. } => 9,
            Caution::NeverAudited { .. } => 10,
            Caution::Provisional { .. } => 11,
        }
    }

    /// Cautions with the gravest first; equally grave ones stay in their order.
    #[must_use]
    pub fn gravest_first(mut cautions: Vec<Caution>) -> Vec<Caution> {
        cautions.sort_by_key(Caution::severity);
        cautions
    }

    /// The caution as far as it concerns a player: lists of players that stand for themselves name only that one. `None` if it
    /// names others only.
    #[must_use]
    pub fn about(&self, player: &str) -> Option<Caution> {
        let only = |players: &[String]| -> Vec<String> {
            players.iter().filter(|name| name.as_str() == player).cloned().collect()
        };
        let about = match self {
            Caution::Separated { above, below, apart } => {
                Caution::Separated { above: only(above), below: only(below), apart: only(apart) }
            }
            Caution::Provisional { players } => Caution::Provisional { players: only(players) },
            other => other.clone(),
        };
        let concerns = match &about {
            Caution::Separated { above, below, apart } => !(above.is_empty() && below.is_empty() && apart.is_empty()),
            Caution::Provisional { players } | Caution::Cycle { players, .. } => {
                players.iter().any(|name| name == player)
            }
            _ => true,
        };
        concerns.then_some(about)
    }

    /// The caution for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Caution::NoFit { reason } => format!("No ratings: {reason}."),
            Caution::Unconnected { groups } => {
                let groups: Vec<String> = groups.iter().map(|group| listed(group)).collect();
                format!("No games link these groups, so do not compare them: {}.", groups.join(" | "))
            }
            Caution::Separated { above, below, apart } => separated(above, below, apart),
            Caution::FewClusters { clusters } => format!(
                "Intervals rest on {clusters} {}, for instance motions; below {FEW_CLUSTERS} they are too narrow.",
                if *clusters == 1 { "cluster of results" } else { "clusters of results" }
            ),
            Caution::SideUntold => {
                "Players changed sides too little to tell the advantage of a side from their strengths, so it is in them.".to_owned()
            }
            Caution::FailedResamples { failed, of } => {
                format!("{failed} of {of} resamples could not be fitted, so intervals are wider than they seem to be.")
            }
            Caution::Cycle { players, among, z } => {
                let first = players.first().cloned().unwrap_or_default();
                let doubt = if *z < SURE { ", which may be chance" } else { "" };
                let others = if *among > players.len() {
                    format!(" ({among} players beat each other in circles)")
                } else {
                    String::new()
                };
                format!("A cycle{doubt}: {} beats {first}{others}.", players.join(" beats "))
            }
            Caution::Intransitive { gain, error } => format!(
                "One number for each player is not enough: a model with cycles foretells results better, by {gain:.3} ± {error:.3} nats each."
            ),
            Caution::JudgeEffects { judges: [one, other], spearman, players } => format!(
                "{one} and {other} order {players} players differently: their ladders correlate by {spearman:.2}."
            ),
            Caution::Provisional { players } => {
                format!("Provisional, with fewer than {STABLE_GAMES} games: {}.", listed(players))
            }
            Caution::StyleUncounted { games, of } => {
                let (are, was) = if *games == 1 { ("is", "was") } else { ("are", "were") };
                format!(
                    "{games} of {of} games {are} left out, whose length and citations {was} not counted at their time."
                )
            }
            Caution::NeverAudited { games, of } => {
                let were = if *games == 1 { "was" } else { "were" };
                format!(
                    "{games} of {of} games {were} decided by a judge that was never audited or is no better than a coin."
                )
            }
        }
    }
}

fn listed(names: &[String]) -> String {
    if names.len() <= MOST_NAMES {
        return names.join(", ");
    }
    format!("{} and {} more", names[..MOST_NAMES].join(", "), names.len() - MOST_NAMES)
}

fn separated(above: &[String], below: &[String], apart: &[String]) -> String {
    let said = [
        (
            above,
            "has no upper bound, since no one it is compared with ever scored against it",
            "have no upper bound, since no one they are compared with ever scored against them",
        ),
        (
            below,
            "has no lower bound, since it never scored against those it is compared with",
            "have no lower bound, since they never scored against those they are compared with",
        ),
        (apart, "has no bound at all", "have no bound at all"),
    ];
    let said: Vec<String> = said
        .into_iter()
        .filter(|(names, ..)| !names.is_empty())
        .map(|(names, one, several)| format!("{} {}", listed(names), if names.len() == 1 { one } else { several }))
        .collect();
    format!("{}.", said.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_gravest_caution_comes_first() {
        let cautions = vec![
            Caution::Provisional { players: names(&["a"]) },
            Caution::Cycle { players: names(&["a", "b", "c"]), among: 3, z: 1.0 },
            Caution::Unconnected { groups: vec![names(&["a"]), names(&["b"])] },
            Caution::no_fit(&FitError::NoResults),
        ];
        let severities: Vec<u8> = Caution::gravest_first(cautions).iter().map(Caution::severity).collect();
        assert_eq!(severities, [0, 1, 6, 11]);
    }

    #[test]
    fn cautions_are_sentences() {
        let cycle = Caution::Cycle { players: names(&["rock", "scissors", "paper"]), among: 5, z: 1.0 };
        assert_eq!(
            cycle.sentence(),
            "A cycle, which may be chance: rock beats scissors beats paper beats rock (5 players beat each other in circles)."
        );
        let separated = Caution::Separated { above: names(&["a"]), below: names(&["b", "c"]), apart: Vec::new() };
        assert_eq!(
            separated.sentence(),
            "a has no upper bound, since no one it is compared with ever scored against it; b, c have no lower bound, since \
             they never scored against those they are compared with."
        );
        assert_eq!(
            Caution::no_fit(&FitError::NoResults).sentence(),
            "No ratings: there is no result to rate; hold some debates first."
        );
        assert_eq!(
            Caution::FewClusters { clusters: 1 }.sentence(),
            "Intervals rest on 1 cluster of results, for instance motions; below 10 they are too narrow."
        );
        let many: Vec<String> = (0..20).map(|player| format!("p{player}")).collect();
        let sentence = Caution::Unconnected { groups: vec![many, names(&["x"])] }.sentence();
        assert!(sentence.ends_with("p11 and 8 more | x."), "{sentence}");
    }
}
