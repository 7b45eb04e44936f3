//! `rhetor judge vote`: a person's ballot.

use crate::cli::exit::ExitStatus;
use crate::cli::judge::{VoteArguments, WinnerName};
use crate::cli::output::Output;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::session::vote::Vote;

/// Keeps a ballot.
///
/// # Errors
/// The name stands for no single debate, or the ballot is not sound.
pub async fn vote(
    engine: &EngineHandle,
    arguments: VoteArguments,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let VoteArguments { what, winner, confidence, scores, note, name } = arguments;
    let case = engine.queries().gather_one(&what)?;
    let confidence = if winner == WinnerName::Tie { 0.5 } else { f64::from(confidence) / 100.0 };
    let vote = Vote { name, winner: winner.into(), confidence, scores, note, first: None };
    let judgement = engine.vote(&case, &vote).await?;
    if output.json {
        output.document(&judgement);
    } else {
        let id = judgement.key.short();
        output.line(&format!("Kept the ballot of {}; `rhetor judge explain {id}` shows it.", judgement.judge));
    }
    Ok(ExitStatus::Done)
}

/// Reads `DIMENSION=PROPOSITION:OPPOSITION`. The numbers' range is checked with the ballot.
///
/// # Errors
/// A sentence on how to write it.
pub fn score(given: &str) -> Result<(String, [f64; 2]), String> {
    let read = || {
        let (dimension, scores) = given.split_once('=')?;
        let (proposition, opposition) = scores.split_once(':')?;
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let dimension = dimension.trim();
        (!dimension.is_empty()).then_some(())?;
        Some((dimension.to_owned(), [number(proposition)?, number(opposition)?]))
    };
    read().ok_or_else(|| "write it like argument=7:5, the proposition's score first".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_names_its_dimension_and_both_sides() {
        assert_eq!(score("argument=7:5.5"), Ok(("argument".to_owned(), [7.0, 5.5])));
        for wrong in ["", "argument", "argument=7", "=7:5", "argument=seven:5"] {
            assert!(score(wrong).unwrap_err().contains("argument=7:5"), "{wrong}");
        }
    }
}
