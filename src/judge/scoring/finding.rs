//! What a critic found on one matter, over every way in which the sides were called.

use std::collections::BTreeMap;

use crate::domain::ballot::Reason;
use crate::domain::seat::Side;
use crate::judge::plan::Plan;
use crate::judge::quotes::quotes;
use crate::judge::scoring::extract::{Extract, Named};
use crate::judge::transcript::Naming;
use crate::judge::voting::{self, Vote};

/// One dimension, or the whole debate before a panel, over all namings.
#[derive(Default)]
pub(super) struct Finding {
    pub reason: Option<Reason>,
    scores: Vec<BTreeMap<Side, f64>>,
    pub votes: Vec<Vote>,
    named: Vec<Named>,
}

impl Finding {
    pub fn add(&mut self, plan: &Plan, naming: Naming, judgement: &str, extract: Extract) {
        self.reason.get_or_insert_with(|| Reason {
            text: plan.transcript.with_sides(judgement, naming),
            quotes: quotes(judgement, &plan.spoken),
        });
        self.scores.push(extract.scores);
        self.votes.extend(extract.votes);
        self.named.extend(extract.named);
    }

    /// The named winner if all namings agree on one; else what the votes say, a tie only where ties are allowed.
    pub fn winner(&self, ties: bool, tie_band: f64) -> Option<Side> {
        match self.named.first().filter(|first| self.named.iter().all(|named| named == *first)) {
            Some(Named::Winner(side)) => Some(*side),
            Some(Named::Tie) => None,
            None => voting::preferred(&self.votes, ties, tie_band),
        }
    }

    pub fn mean_scores(&self) -> BTreeMap<Side, f64> {
        let mean = |side: Side| {
            let sum: f64 = self.scores.iter().filter_map(|scores| scores.get(&side)).sum();
            (side, sum / self.scores.len().max(1) as f64)
        };
        Side::BOTH.into_iter().map(mean).collect()
    }
}
