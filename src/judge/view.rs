//! A view: one way through the debate. Which model looks, for which sample, who is called first, from which end.

use std::collections::BTreeSet;

use crate::domain::recipe::{Called, Direction, Orders, Scoring};
use crate::judge::plan::Plan;
use crate::judge::transcript::Naming;
use crate::text::name::short_model;

/// One way through the debate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View {
    /// Which of the judge's models looks.
    pub member: usize,
    /// Counts from 0.
    pub sample: u32,
    pub naming: Naming,
    pub backward: bool,
}

impl View {
    /// As the debate was spoken, by the first model.
    #[cfg(test)]
    pub const PLAIN: View =
        View { member: 0, sample: 0, naming: Naming { swapped: false, called: Called::Ordinals }, backward: false };

    /// What the names of its calls begin with; empty for the plain one.
    pub fn prefix(self) -> String {
        let mut prefix = String::new();
        if self.member > 0 {
            prefix.push_str(&format!("model/{}/", self.member + 1));
        }
        if self.sample > 0 {
            prefix.push_str(&format!("sample/{}/", self.sample + 1));
        }
        if self.naming.swapped {
            prefix.push_str("swapped/");
        }
        if self.naming.called == Called::Letters {
            prefix.push_str("letters/");
        }
        if self.backward {
            prefix.push_str("backward/");
        }
        prefix
    }

    /// What sets it apart from the plain one, for the ballot; empty for that.
    pub fn remark(self, plan: &Plan) -> String {
        let mut remarks = Vec::new();
        if !plan.judge.others.is_empty() {
            let model = plan.judge.models().nth(self.member);
            remarks.extend(model.map(|model| short_model(&model.name).to_owned()));
        }
        if plan.recipe.voting.samples > 1 {
            remarks.push(format!("sample {}", self.sample + 1));
        }
        if self.backward {
            remarks.push("read backward".to_owned());
        }
        remarks.join(", ")
    }
}

/// Every view that a recipe takes, in the order in which they are shown.
pub(super) fn views(plan: &Plan) -> Vec<View> {
    let voting = &plan.recipe.voting;
    let samples = if matches!(plan.recipe.scoring, Scoring::CritiqueThenScore {}) { voting.samples } else { 1 };
    let backward: &[bool] = match plan.recipe.direction {
        Direction::Forward => &[false],
        Direction::Backward => &[true],
        Direction::Both => &[false, true],
    };
    let mut views = Vec::new();
    for member in 0..plan.judge.models().count() {
        for sample in 0..samples {
            for naming in callings(plan).into_iter().flat_map(|called| namings(plan, sample, called)) {
                views.extend(backward.iter().map(|backward| View { member, sample, naming, backward: *backward }));
            }
        }
    }
    views
}

/// What the sides are called, in turn: as the choices want it.
fn callings(plan: &Plan) -> BTreeSet<Called> {
    plan.recipe.choice.iter().map(|choice| choice.called).collect()
}

/// Which sides are called first, in turn. A shuffled sample has one naming: the first is drawn, and they take turns from
/// there, so that neither side is called first more often than once more than the other.
fn namings(plan: &Plan, sample: u32, called: Called) -> Vec<Naming> {
    let naming = |swapped| Naming { swapped, called };
    if plan.recipe.voting.shuffle {
        let swapped = (plan.draw("naming") + u64::from(sample)) % 2 == 1;
        return vec![naming(swapped)];
    }
    match plan.recipe.voting.orders {
        Orders::One | Orders::Labels => vec![naming(false)],
        Orders::Names | Orders::Both => vec![naming(false), naming(true)],
    }
}
