//! What a critic found on one matter, over every view that it took.

use std::collections::BTreeMap;

use crate::domain::ballot::Reason;
use crate::domain::evidence::Standing;
use crate::domain::seat::Side;
use crate::judge::plan::Plan;
use crate::judge::quotes::quotes;
use crate::judge::scoring::extract::{Extract, Named};
use crate::judge::view::View;
use crate::judge::voting::{self, Vote};

/// One dimension, or the whole debate before a panel, over all views.
#[derive(Default)]
pub(super) struct Finding {
    reasons: Vec<(View, Reason)>,
    scores: Vec<(View, BTreeMap<Side, f64>)>,
    pub votes: Vec<Vote>,
    named: Vec<(View, Named)>,
}

impl Finding {
    pub fn add(&mut self, plan: &Plan, view: View, judgement: &str, extract: Extract) {
        let reason = Reason {
            text: plan.transcript.with_sides(judgement, view.naming),
            quotes: quotes(judgement, &plan.spoken),
        };
        self.reasons.push((view, reason));
        self.scores.push((view, extract.scores));
        self.votes.extend(extract.votes);
        self.named.extend(extract.named.map(|named| (view, named)));
    }

    /// Takes the views out that a filter does not keep. They stay in the votes, where they no longer count.
    pub fn keep(&mut self, kept: impl Fn(View) -> bool) {
        self.reasons.retain(|(view, _)| kept(*view));
        self.scores.retain(|(view, _)| kept(*view));
        self.named.retain(|(view, _)| kept(*view));
        self.votes.iter_mut().for_each(|vote| vote.counts = kept(vote.view));
    }

    /// The reason of the first view.
    pub fn reason(&self) -> Option<Reason> {
        self.reasons.first().map(|(_, reason)| reason.clone())
    }

    /// How many quotes of one view stand in a speech, and how many there are.
    pub fn quotes(&self, of: impl Fn(View) -> bool) -> (usize, usize) {
        let quotes = || self.reasons.iter().filter(|(view, _)| of(*view)).flat_map(|(_, reason)| &reason.quotes);
        (quotes().filter(|quote| quote.standing != Standing::Absent).count(), quotes().count())
    }

    /// The named winner if all views agree on one; else what the votes say, a tie only where ties are allowed.
    pub fn winner(&self, ties: bool, tie_band: f64) -> Option<Side> {
        match self.named.first().filter(|(_, first)| self.named.iter().all(|(_, named)| named == first)) {
            Some((_, Named::Winner(side))) => Some(*side),
            Some((_, Named::Tie)) => None,
            None => voting::preferred(&self.votes, ties, tie_band),
        }
    }

    pub fn mean_scores(&self) -> BTreeMap<Side, f64> {
        let mean = |side: Side| {
            let sum: f64 = self.scores.iter().filter_map(|(_, scores)| scores.get(&side)).sum();
            (side, sum / self.scores.len().max(1) as f64)
        };
        Side::BOTH.into_iter().map(mean).collect()
    }

    /// The sum of a side's scores over the views that count.
    pub fn sum_of(&self, side: Side) -> f64 {
        self.scores.iter().filter_map(|(_, scores)| scores.get(&side)).sum()
    }
}
