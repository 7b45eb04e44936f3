//! What can be typed after `rhetor ladder`.

use std::path::PathBuf;

use clap::builder::TypedValueParser;
use clap::{Args, Subcommand, ValueEnum};

use crate::cli::arguments::CategoryName;
use crate::engine::ladders::{LadderRequest, ResultsKind, SplitBy};
use crate::rating::Selection;
use crate::rating::bradley_terry::{Ties, USUAL_PRIOR};

/// Which ladder, in which form.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct LadderArguments {
    #[command(subcommand)]
    pub command: Option<LadderCommand>,
    #[command(flatten)]
    pub rated: RatedArguments,
    /// Print a ladder for each of these; side and version split players instead.
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "from")]
    pub by: Option<SplitName>,
    /// Print comma-separated values.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

#[derive(Debug, Subcommand)]
pub enum LadderCommand {
    /// Take a player's place apart: what bounds it, each opponent, its way, what would move it.
    ///
    /// Without a player the whole ladder: how it was made, who scored what against whom, cycles.
    Explain {
        player: Option<String>,
        #[command(flatten)]
        rated: RatedArguments,
    },
    /// Write the rated results as battles, in the form that --from reads.
    Export {
        #[arg(long, value_enum, default_value_t = ResultsName::Jsonl)]
        to: ResultsName,
        /// The file to write; standard output without it.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        selection: SelectionArguments,
    },
}

/// Which debates.
#[derive(Debug, Args)]
pub struct SelectionArguments {
    /// Only debates of this category.
    #[arg(long, value_enum)]
    pub category: Option<CategoryName>,
    /// Only debates that this judge decided; people means the votes of people, whatever the bench decided.
    #[arg(long, value_name = "RECIPE@MODEL")]
    pub judge: Option<String>,
}

impl From<SelectionArguments> for Selection {
    fn from(arguments: SelectionArguments) -> Selection {
        Selection { category: arguments.category.map(Into::into), judge: arguments.judge }
    }
}

/// Which results, and how they are fitted.
#[derive(Debug, Args)]
pub struct RatedArguments {
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// Rate the battles of this file, .jsonl or .csv; nothing is stored.
    ///
    /// A battle has model_a, model_b and winner (`model_a`, `model_b`, `tie`), and may have weight, cluster and proposition.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["category", "judge"])]
    pub from: Option<PathBuf>,
    /// What a tie is: half a win for each, or a third result.
    #[arg(long, value_enum, default_value_t = TiesName::HalfWins)]
    pub ties: TiesName,
    /// Hold even what wins besides arguments: how long speeches are and how often they cite.
    ///
    /// Of a file its columns that begin with `style.`.
    #[arg(long)]
    pub style: bool,
    /// How firmly strengths are held together: the precision of a Gaussian prior in natural units; 0 leaves unbeaten players
    /// without a rating.
    #[arg(long, value_name = "X", default_value_t = USUAL_PRIOR, value_parser = precision)]
    pub prior: f64,
    /// Fix the scale by a player's rating; without it the mean is 1000.
    #[arg(long, value_name = "PLAYER=RATING", value_parser = anchor)]
    pub anchor: Option<(String, f64)>,
    /// How often results are drawn again for intervals; by itself 1000, of more than 150 players 200.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(20..=100_000).map(|n| n as usize))]
    pub resamples: Option<usize>,
}

impl From<RatedArguments> for LadderRequest {
    fn from(arguments: RatedArguments) -> LadderRequest {
        let RatedArguments { selection, from, ties, style, prior, anchor, resamples } = arguments;
        LadderRequest {
            from,
            selection: selection.into(),
            ties: ties.into(),
            style,
            prior,
            anchor,
            resamples,
            measures_cycles: false,
        }
    }
}

fn precision(given: &str) -> Result<f64, String> {
    let prior = given.parse().ok().filter(|prior: &f64| prior.is_finite() && *prior >= 0.0);
    prior.ok_or_else(|| "give a number of at least 0".to_owned())
}

/// Reads `PLAYER=RATING`; the player's name may hold `=`.
fn anchor(given: &str) -> Result<(String, f64), String> {
    let read = || {
        let (player, rating) = given.rsplit_once('=')?;
        let rating = rating.trim().parse().ok().filter(|rating: &f64| rating.is_finite())?;
        (!player.is_empty()).then(|| (player.to_owned(), rating))
    };
    read().ok_or_else(|| "write it like quartet=1000".to_owned())
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TiesName {
    HalfWins,
    Davidson,
}

impl From<TiesName> for Ties {
    fn from(name: TiesName) -> Ties {
        match name {
            TiesName::HalfWins => Ties::HalfWins,
            TiesName::Davidson => Ties::Davidson,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SplitName {
    /// One for each judge, by its own ballots.
    Judge,
    Category,
    /// Each player once for and once against.
    Side,
    /// Each version of a player by itself.
    Version,
    /// By people's votes, and how far judges agree with them.
    People,
    /// One for each dimension of ballots.
    Dimension,
}

impl From<SplitName> for SplitBy {
    fn from(name: SplitName) -> SplitBy {
        match name {
            SplitName::Judge => SplitBy::Judge,
            SplitName::Category => SplitBy::Category,
            SplitName::Side => SplitBy::Side,
            SplitName::Version => SplitBy::Version,
            SplitName::People => SplitBy::People,
            SplitName::Dimension => SplitBy::Dimension,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ResultsName {
    Jsonl,
    Csv,
}

impl From<ResultsName> for ResultsKind {
    fn from(name: ResultsName) -> ResultsKind {
        match name {
            ResultsName::Jsonl => ResultsKind::JsonLines,
            ResultsName::Csv => ResultsKind::Csv,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_a_name_and_a_number() {
        assert_eq!(anchor("a=b=1200.5"), Ok(("a=b".to_owned(), 1200.5)));
        for wrong in ["", "a", "=5", "a=", "a=NaN", "a=inf"] {
            assert!(anchor(wrong).unwrap_err().contains("quartet=1000"), "{wrong}");
        }
        assert!(precision("-1").is_err() && precision("NaN").is_err() && precision("0") == Ok(0.0));
    }
}
