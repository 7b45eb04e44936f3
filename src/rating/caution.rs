//! What a ladder does not know, as data and as sentences. The ladder itself finds it out.

use serde::{Deserialize, Serialize};

/// Games after which a new entrant's rating was found stable (Agent4Debate, arXiv 2408.04472).
pub const STABLE_GAMES: u32 = 15;

/// Something that a reader of a ladder must know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Caution {
    /// These players have fewer than [`STABLE_GAMES`] games.
    Provisional { players: Vec<String> },
    /// So many of the games were decided by a judge that was never audited.
    NeverAudited { games: u32, of: u32 },
    /// No chain of games links these groups, so their ratings cannot be compared.
    Unconnected { groups: Vec<Vec<String>> },
}

impl Caution {
    /// The caution for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Caution::Provisional { players } => {
                format!("Provisional, with fewer than {STABLE_GAMES} games: {}.", players.join(", "))
            }
            Caution::NeverAudited { games, of } => {
                format!(
                    "{games} of {of} games were decided by a judge that was never audited or is no better than a coin."
                )
            }
            Caution::Unconnected { groups } => {
                let groups: Vec<String> = groups.iter().map(|group| group.join(", ")).collect();
                format!("No games link these groups, so do not compare them: {}.", groups.join(" | "))
            }
        }
    }
}
