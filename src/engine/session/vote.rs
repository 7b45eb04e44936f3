//! A person's ballot: one more judge, in the same form and the same store.

use std::collections::BTreeMap;

use crate::assets::Sourced;
use crate::clock;
use crate::domain::ballot::{Ballot, DimensionScore, OrderResult, Reason};
use crate::domain::judgement::{Decided, Judgement, PERSON};
use crate::domain::seat::Side;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::judge::quotes;
use crate::text::hash::named_hash;

/// What a person decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Vote {
    /// Who votes: letters, digits, `.`, `-` and `_`.
    pub name: String,
    /// `None` is a tie.
    pub winner: Option<Side>,
    /// How sure of the winner, 0.5 to 1; a tie is always 0.5.
    pub confidence: f64,
    /// Scores from 1 to 10 by dimension, the proposition's first.
    pub scores: Vec<(String, [f64; 2])>,
    /// Why; empty if nothing was said. Quotations in it are looked up in the speeches.
    pub note: String,
    /// Who was called A, where the sides had letters.
    pub first: Option<Side>,
}

impl EngineHandle {
    /// Keeps a person's ballot on a transcript. A later one of the same person on the same transcript from the
    /// same source takes its place.
    ///
    /// # Errors
    /// The name is none, a score is out of range or given twice, or the store cannot be written.
    pub async fn vote(&self, case: &Sourced, vote: &Vote) -> Result<Judgement, EngineError> {
        check(vote)?;
        let judge = format!("{PERSON}{}", vote.name);
        let content =
            serde_json::to_string(&case.transcript).map_err(|error| EngineError::Failed(error.to_string()))?;
        let judgement = Judgement {
            // Two debates may have said the same words, and each is voted on.
            key: named_hash([("transcript", content.as_str()), ("source", &case.source), ("judge", judge.as_str())]),
            at: clock::now(),
            source: case.source.clone(),
            decided: Some(Decided::Ballot(Box::new(ballot(&judge, case, vote)))),
            judge,
            transcript: case.transcript.clone(),
            said: Vec::new(),
        };
        self.queries().store.keep_judgement(&judgement).await?;
        Ok(judgement)
    }
}

fn check(vote: &Vote) -> Result<(), EngineError> {
    let named = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    if vote.name.is_empty() || !vote.name.chars().all(named) {
        return Err(EngineError::Request(format!(
            "\"{}\" is no name for a judge; give one of letters, digits, dots and hyphens with --name",
            vote.name
        )));
    }
    for (index, (dimension, scores)) in vote.scores.iter().enumerate() {
        if !scores.iter().all(|score| (1.0..=10.0).contains(score)) {
            return Err(EngineError::Request(format!("the scores of {dimension} must be from 1 to 10")));
        }
        if vote.scores[..index].iter().any(|(other, _)| other == dimension) {
            return Err(EngineError::Request(format!("{dimension} is scored twice; score it once")));
        }
    }
    Ok(())
}

fn ballot(judge: &str, case: &Sourced, vote: &Vote) -> Ballot {
    let note = vote.note.trim();
    let reason = || Reason { text: note.to_owned(), quotes: quotes(note, &case.transcript) };
    let probability = match vote.winner {
        Some(Side::Proposition) => vote.confidence,
        Some(Side::Opposition) => 1.0 - vote.confidence,
        None => 0.5,
    };
    let order = |first: Side| OrderResult {
        dimension: "whole".to_owned(),
        order: format!("A = {first}"),
        probability,
        counted: true,
    };
    Ballot {
        orders: vote.first.map(order).into_iter().collect(),
        dimensions: vote.scores.iter().map(|(name, scores)| dimension(name, *scores)).collect(),
        reasons: if note.is_empty() { Vec::new() } else { vec![reason()] },
        ..Ballot::bare(judge, vote.winner, probability)
    }
}

/// Scores as strengths, as a model's are read: the share of the proposition's in both (Bradley and Terry, 1952).
fn dimension(name: &str, [proposition, opposition]: [f64; 2]) -> DimensionScore {
    DimensionScore {
        dimension: name.to_owned(),
        weight: 1.0,
        probability: proposition / (proposition + opposition),
        scores: BTreeMap::from([(Side::Proposition, proposition), (Side::Opposition, opposition)]),
        winner: match proposition.total_cmp(&opposition) {
            std::cmp::Ordering::Greater => Some(Side::Proposition),
            std::cmp::Ordering::Less => Some(Side::Opposition),
            std::cmp::Ordering::Equal => None,
        },
        judgement: String::new(),
    }
}
