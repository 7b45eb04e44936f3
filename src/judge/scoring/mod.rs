//! How an opinion is read off a model.

mod choice;
pub(super) mod critique;
mod extract;
pub(super) mod facts;
mod filter;
mod finding;
pub(super) mod followup;
pub(super) mod label;
pub(super) mod relevance;
mod rubric;

use crate::domain::ballot::{DimensionScore, Reason, SpeechScore};
use crate::judge::combination::Decision;
use crate::judge::voting::Vote;

pub(super) use rubric::rubric_tokens;

/// What a judge thinks, before it becomes a ballot.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Opinion {
    pub decision: Decision,
    pub dimensions: Vec<DimensionScore>,
    pub speeches: Vec<SpeechScore>,
    /// The votes on each dimension, and on the debate as a whole where a panel voted.
    pub votes: Vec<(String, Vec<Vote>)>,
    pub reasons: Vec<Reason>,
}
