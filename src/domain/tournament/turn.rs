//! Which matches start next: those whose models have room.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::tournament::plan::Concurrency;

/// Where a model of a match runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Machine,
    Endpoint(String),
}

/// The matches to start now, of those that wait in the order of their turns, beside those that are under way. A match for which
/// there is no room lets others go before it.
#[must_use]
pub fn to_start<'a>(
    waiting: impl IntoIterator<Item = (usize, BTreeSet<Place>)>,
    running: impl IntoIterator<Item = &'a BTreeSet<Place>>,
    limits: Concurrency,
) -> Vec<(usize, BTreeSet<Place>)> {
    let mut free = limits.matches;
    let mut busy: BTreeMap<Place, usize> = BTreeMap::new();
    for places in running {
        free = free.saturating_sub(1);
        places.iter().for_each(|place| *busy.entry(place.clone()).or_insert(0) += 1);
    }
    let mut chosen = Vec::new();
    for (number, places) in waiting {
        if free == 0 {
            break;
        }
        let most = |place: &Place| if *place == Place::Machine { limits.local } else { limits.endpoint };
        if places.iter().all(|place| busy.get(place).copied().unwrap_or(0) < most(place)) {
            free -= 1;
            places.iter().for_each(|place| *busy.entry(place.clone()).or_insert(0) += 1);
            chosen.push((number, places));
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(number: usize, places: &[&str]) -> (usize, BTreeSet<Place>) {
        let place = |name: &&str| if name.is_empty() { Place::Machine } else { Place::Endpoint((*name).to_owned()) };
        (number, places.iter().map(place).collect())
    }

    #[test]
    fn a_match_waits_for_its_machine_and_its_endpoints_while_others_go_before_it() {
        let limits = Concurrency { matches: 3, local: 1, endpoint: 2 };
        let open = [waiting(0, &[""]), waiting(1, &["", "a"]), waiting(2, &["a"]), waiting(3, &["a", "b"])];
        let start = |from: usize| {
            let under_way = open[..from].iter().map(|(_, places)| places);
            to_start(open[from..].iter().cloned(), under_way, limits)
                .iter()
                .map(|(number, _)| *number)
                .collect::<Vec<_>>()
        };
        assert_eq!(start(0), [0, 2, 3], "the machine has room for one");
        assert_eq!(start(1), [2, 3], "the machine is busy");
        let under_way = [&open[1].1, &open[2].1];
        assert_eq!(to_start(open[3..].iter().cloned(), under_way, limits), [], "the endpoint is, too");
        assert!(start(3).is_empty(), "there are three");
    }
}
