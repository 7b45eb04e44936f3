//! Battles as text, in and out: JSON Lines and CSV with the columns of Chatbot Arena's battles. Files are the caller's business.
//!
//! `model_a`, `model_b` and `winner` are needed; `winner` is `model_a`, `model_b`, `tie` or `tie (bothbad)`, where `a` and `b` will
//! do. `weight`, `cluster` (also named `motion` or `prompt_id`) and `proposition` (`model_a` or `model_b`) may be there, and
//! other columns are passed over. Figures of style, how far the first is ahead in something, are an object `style` in JSON and
//! columns `style.NAME` in CSV; where one is missing, neither is ahead.

mod csv;
mod json_lines;

use crate::rating::results::{ALONE, Battle, BattleError, Names, Proposition, Results, Winner};

pub use csv::{csv, read_csv};
pub use json_lines::{json_lines, read_json_lines};

/// The longest line, in bytes. A line without an end must not fill the memory of whoever shows it.
pub const LONGEST_LINE: usize = 1 << 16;

/// Why a line is no battle.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LineError {
    #[error("it has {bytes} bytes; the most is {LONGEST_LINE}")]
    TooLong { bytes: usize },
    #[error("it is not UTF-8; save the file as UTF-8")]
    NotText,
    #[error("{reason}")]
    NotJson { reason: String },
    #[error("it has {found} columns and the first line has {wanted}")]
    Columns { found: usize, wanted: usize },
    #[error("there is no column {column} in it; the first line must name model_a, model_b and winner")]
    NoColumn { column: &'static str },
    #[error("a quotation mark is not closed")]
    OpenQuote,
    #[error("the winner is `{winner}`; give model_a, model_b, tie or tie (bothbad)")]
    Winner { winner: String },
    #[error("the proposition is `{proposition}`; give model_a or model_b, or leave it out")]
    Proposition { proposition: String },
    #[error("the weight is `{weight}`; give a finite number above 0")]
    Weight { weight: String },
    #[error("the figure of style {column} is `{figure}`; give a finite number")]
    Style { column: String, figure: String },
    #[error("{column} has no name in it")]
    NoName { column: &'static str },
    #[error(transparent)]
    Battle(#[from] BattleError),
}

/// A line that is no battle.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("Line {line} is no battle: {error}.")]
pub struct Refusal {
    /// From 1.
    pub line: u64,
    pub error: LineError,
}

/// What a text held. Every line but blank ones is either a battle or refused.
#[derive(Clone, Debug, Default)]
pub struct Import {
    pub results: Results,
    pub refused: Vec<Refusal>,
}

/// One battle as its line spells it.
#[derive(Clone, Copy, Default)]
struct Spelled<'a> {
    model_a: &'a str,
    model_b: &'a str,
    winner: &'a str,
    weight: Option<f64>,
    cluster: Option<&'a str>,
    proposition: Option<&'a str>,
}

/// A figure of style: the battle, the column, how far the first is ahead.
type Figure = (usize, u32, f64);

/// Battles of some lines, numbered by the names in them.
#[derive(Default)]
struct Part {
    players: Names,
    clusters: Names,
    columns: Names,
    battles: Vec<Battle>,
    figures: Vec<Figure>,
    refused: Vec<Refusal>,
    lines: u64,
}

impl Part {
    fn take(&mut self, spelled: &Spelled<'_>, style: &[(&str, f64)]) -> Result<(), LineError> {
        let winner = match spelled.winner {
            "model_a" | "a" => Winner::First,
            "model_b" | "b" => Winner::Second,
            "tie" | "tie (bothbad)" => Winner::Tie,
            other => return Err(LineError::Winner { winner: shortened(other) }),
        };
        let proposition = match spelled.proposition {
            None | Some("") => Proposition::Unknown,
            Some("model_a" | "a") => Proposition::First,
            Some("model_b" | "b") => Proposition::Second,
            Some(other) => return Err(LineError::Proposition { proposition: shortened(other) }),
        };
        for (name, column) in [(spelled.model_a, "model_a"), (spelled.model_b, "model_b")] {
            if name.trim().is_empty() {
                return Err(LineError::NoName { column });
            }
        }
        if spelled.model_a == spelled.model_b {
            return Err(BattleError::SelfPlay { name: shortened(spelled.model_a) }.into());
        }
        let weight = spelled.weight.unwrap_or(1.0);
        if !(weight.is_finite() && weight > 0.0) {
            return Err(BattleError::Weight { weight }.into());
        }
        let first = self.players.number(spelled.model_a);
        let second = self.players.number(spelled.model_b);
        let cluster = spelled.cluster.filter(|cluster| !cluster.is_empty());
        let cluster = cluster.map_or(ALONE, |cluster| self.clusters.number(cluster));
        for (column, figure) in style {
            self.figures.push((self.battles.len(), self.columns.number(column), *figure));
        }
        self.battles.push(Battle { first, second, cluster, winner, proposition, weight });
        Ok(())
    }

    fn refuse(&mut self, error: LineError) {
        self.refused.push(Refusal { line: self.lines, error });
    }
}

/// Joins parts in their order. Names are numbered as if one part had been read.
fn join(parts: Vec<Part>) -> Import {
    let mut parts = parts.into_iter();
    let mut whole = parts.next().unwrap_or_default();
    for part in parts {
        let number =
            |names: &mut Names, of: &Names| -> Vec<u32> { of.all().iter().map(|name| names.number(name)).collect() };
        let (players, clusters) =
            (number(&mut whole.players, &part.players), number(&mut whole.clusters, &part.clusters));
        let columns = number(&mut whole.columns, &part.columns);
        let battles_before = whole.battles.len();
        whole.figures.extend(
            part.figures
                .into_iter()
                .map(|(battle, column, figure)| (battle + battles_before, columns[column as usize], figure)),
        );
        whole.battles.extend(part.battles.into_iter().map(|battle| Battle {
            first: players[battle.first as usize],
            second: players[battle.second as usize],
            cluster: clusters.get(battle.cluster as usize).copied().unwrap_or(ALONE),
            ..battle
        }));
        let before = whole.lines;
        whole
            .refused
            .extend(part.refused.into_iter().map(|refusal| Refusal { line: refusal.line + before, ..refusal }));
        whole.lines += part.lines;
    }
    let mut style = vec![0.0; whole.battles.len() * whole.columns.len()];
    whole
        .figures
        .iter()
        .for_each(|(battle, column, figure)| style[battle * whole.columns.len() + *column as usize] = *figure);
    // Parts hold nothing but battles and figures that were checked.
    let results = Results::of(whole.players, whole.clusters, whole.battles);
    let results = results.and_then(|results| results.with_style(whole.columns.all().to_vec(), style));
    Import { results: results.unwrap_or_default(), refused: whole.refused }
}

/// A value from a file, short enough for a sentence.
fn shortened(value: &str) -> String {
    const MOST: usize = 40;
    if value.chars().count() <= MOST {
        return value.to_owned();
    }
    value.chars().take(MOST).chain(['…']).collect()
}

fn name_of(winner: Winner) -> &'static str {
    match winner {
        Winner::First => "model_a",
        Winner::Tie => "tie",
        Winner::Second => "model_b",
    }
}

/// The figures of style of a battle.
fn style_of(results: &Results, battle: usize) -> &[f64] {
    let columns = results.columns().len();
    &results.style()[battle * columns..(battle + 1) * columns]
}

/// A battle as its line will spell it.
fn spelled<'a>(results: &'a Results, battle: &Battle) -> Spelled<'a> {
    Spelled {
        model_a: results.players().name(battle.first),
        model_b: results.players().name(battle.second),
        winner: name_of(battle.winner),
        weight: (battle.weight != 1.0).then_some(battle.weight),
        cluster: (battle.cluster != ALONE).then(|| results.clusters().name(battle.cluster)),
        proposition: match battle.proposition {
            Proposition::Unknown => None,
            Proposition::First => Some("model_a"),
            Proposition::Second => Some("model_b"),
        },
    }
}

#[cfg(test)]
pub(in crate::rating) mod tests;
