//! The bounded end of a player whose other end is open.
//!
//! A player that only ever won against the core of its group could be of any greater strength. Its lower end is the strength at
//! which so clean a record has a probability of the level asked for, as in the interval of Clopper and Pearson (Biometrika 26,
//! 1934), with the core where the fit has it. Battles count as independent here.

use crate::rating::bradley_terry::{Fit, POINTS};
use crate::rating::connectivity::Standing;
use crate::rating::counts::Counts;

/// Natural units beyond which nothing is looked for.
const FARTHEST: f64 = 60.0;

/// By player: the lower end of those above their core, the upper end of those below it, as ratings. `None` for all others, and
/// for those that never met the core itself.
pub(in crate::rating) fn ends(counts: &Counts, fit: &Fit, level: f64) -> Vec<Option<f64>> {
    let found = &fit.connectivity;
    let players = counts.players();
    let mut ends = vec![None; players];
    for (set, members) in found.strong.iter().enumerate() {
        let Some(member) = members.first() else { continue };
        let group = found.group_of[*member as usize] as usize;
        let (Some(core), standing) = (found.cores[group], found.standing[*member as usize]) else { continue };
        let sign = match standing {
            Standing::Above => 1.0,
            Standing::Below => -1.0,
            Standing::Within | Standing::Apart => continue,
        };
        let own_mean = mean(fit, members);
        let inner = |player: u32| fit.strengths[player as usize] - own_mean;
        let records: Vec<(u32, u32, f64)> = counts
            .cells()
            .iter()
            .filter_map(|cell| {
                let sets = [cell.first, cell.second].map(|player| found.strong_of[player as usize] as usize);
                match sets {
                    [one, other] if one == set && other == core as usize => {
                        Some((cell.first, cell.second, cell.weight()))
                    }
                    [one, other] if other == set && one == core as usize => {
                        Some((cell.second, cell.first, cell.weight()))
                    }
                    _ => None,
                }
            })
            .collect();
        if records.is_empty() {
            continue;
        }
        // The logarithm of the probability of the record, if the set stands at `at`.
        let likely = |at: f64| -> f64 {
            let log = |(own, other, weight): &(u32, u32, f64)| {
                let ahead = sign * (at + inner(*own) - fit.strengths[*other as usize]);
                -weight * (-ahead).exp().ln_1p()
            };
            records.iter().map(log).sum()
        };
        let (mut least, mut most) = (-FARTHEST, FARTHEST);
        for _ in 0..60 {
            let middle = f64::midpoint(least, most);
            if (likely(middle) < level.ln()) == (sign > 0.0) { least = middle } else { most = middle }
        }
        for member in members {
            ends[*member as usize] = Some(POINTS * (least + inner(*member)) + fit.offset(*member));
        }
    }
    ends
}

fn mean(fit: &Fit, members: &[u32]) -> f64 {
    members.iter().map(|member| fit.strengths[*member as usize]).sum::<f64>() / members.len() as f64
}
