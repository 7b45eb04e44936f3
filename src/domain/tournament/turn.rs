//! Which match starts next: the one that failed least, in the order of numbers, where its models have room.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::tournament::plan::Concurrency;

/// Where a model of a match runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Machine,
    Endpoint(String),
}

/// A match that could start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub number: usize,
    pub failures: u32,
    pub places: BTreeSet<Place>,
}

/// The match to start now, given where each match runs that is under way; `None` if there is no room or nothing waits.
#[must_use]
pub fn to_start<'a>(
    waiting: &'a [Waiting],
    running: &BTreeMap<usize, BTreeSet<Place>>,
    limits: Concurrency,
) -> Option<&'a Waiting> {
    if running.len() >= limits.matches {
        return None;
    }
    let has_room = |place: &Place| {
        let busy = running.values().filter(|places| places.contains(place)).count();
        busy < if *place == Place::Machine { limits.local } else { limits.endpoint }
    };
    let free = waiting.iter().filter(|waiting| !running.contains_key(&waiting.number));
    free.filter(|waiting| waiting.places.iter().all(has_room)).min_by_key(|waiting| (waiting.failures, waiting.number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(number: usize, failures: u32, places: &[&str]) -> Waiting {
        let place = |name: &&str| if name.is_empty() { Place::Machine } else { Place::Endpoint((*name).to_owned()) };
        Waiting { number, failures, places: places.iter().map(place).collect() }
    }

    fn running(matches: &[Waiting]) -> BTreeMap<usize, BTreeSet<Place>> {
        matches.iter().map(|one| (one.number, one.places.clone())).collect()
    }

    #[test]
    fn a_match_waits_for_its_machine_and_its_endpoints_while_others_go_before_it() {
        let limits = Concurrency { matches: 3, local: 1, endpoint: 2 };
        let open = [waiting(0, 0, &[""]), waiting(1, 0, &["", "a"]), waiting(2, 0, &["a"]), waiting(3, 0, &["a", "b"])];
        let start = |under_way: &[Waiting]| to_start(&open, &running(under_way), limits).map(|one| one.number);
        assert_eq!(start(&[]), Some(0));
        assert_eq!(start(&open[..1]), Some(2), "the machine is busy");
        assert_eq!(start(&[open[1].clone(), open[2].clone()]), None, "the endpoint is, too");
        assert_eq!(start(&open[..3]), None, "there are three");
    }

    #[test]
    fn a_match_that_failed_lets_the_others_go_first() {
        let open = [waiting(0, 2, &["a"]), waiting(1, 1, &["a"]), waiting(2, 1, &["a"])];
        assert_eq!(to_start(&open, &BTreeMap::new(), Concurrency::default()).unwrap().number, 1);
    }
}
