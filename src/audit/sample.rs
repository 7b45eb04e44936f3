//! A sample of items: in proportion to their strata, drawn from a seed, and the same however a file is sorted.

use std::collections::BTreeMap;

use crate::audit::case::Item;
use crate::text::hash::named_hash;

/// At most `most` items. Each stratum gives its share, by largest remainders, and within it the items whose hash with the seed
/// is smallest. The order is that of a fixed shuffle, so that an audit that was stopped has heard some of everything.
#[must_use]
pub fn sample(items: Vec<Item>, most: Option<usize>, seed: u64) -> Vec<Item> {
    let seed = seed.to_string();
    let total = items.len();
    let wanted = most.unwrap_or(total).min(total);
    let mut strata: BTreeMap<String, Vec<(String, Item)>> = BTreeMap::new();
    for item in items {
        // The text stands in for an id where two items share one.
        let texts = item.texts().concat();
        let rank = named_hash([("seed", seed.as_str()), ("id", item.id()), ("texts", texts.as_str())]).0;
        strata.entry(item.stratum().to_owned()).or_default().push((rank, item));
    }
    let quotas = quotas(strata.values().map(Vec::len).collect(), wanted);
    let mut drawn: Vec<(String, Item)> = Vec::with_capacity(wanted);
    for (mut stratum, quota) in strata.into_values().zip(quotas) {
        stratum.sort_by(|one, other| one.0.cmp(&other.0));
        drawn.extend(stratum.into_iter().take(quota));
    }
    drawn.sort_by(|one, other| one.0.cmp(&other.0));
    drawn.into_iter().map(|(_, item)| item).collect()
}

/// Shares of `wanted` in proportion to sizes: whole parts first, then the largest remainders, the earlier stratum on equality.
fn quotas(sizes: Vec<usize>, wanted: usize) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    if total == 0 {
        return sizes;
    }
    let mut quotas: Vec<usize> = sizes.iter().map(|size| size * wanted / total).collect();
    let mut remainders: Vec<(usize, usize)> =
        sizes.iter().enumerate().map(|(index, size)| (size * wanted % total, index)).collect();
    remainders.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
    let missing = wanted - quotas.iter().sum::<usize>();
    for (_, index) in remainders.into_iter().take(missing) {
        quotas[index] += 1;
    }
    quotas
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audit::case::{Case, Label};
    use crate::domain::transcript::Contest;

    fn items(sizes: &[usize]) -> Vec<Item> {
        let of_topic = |(topic, size): (usize, &usize)| {
            (0..*size).map(move |index| {
                let texts = [format!("{topic} {index}"), "other".to_owned()];
                let id = format!("{topic}/{index}");
                Item::Case(Case::pair(&id, Contest::Arguments, &topic.to_string(), texts, Label::A))
            })
        };
        sizes.iter().enumerate().flat_map(of_topic).collect()
    }

    #[test]
    fn strata_give_in_proportion() {
        let drawn = sample(items(&[60, 30, 10]), Some(10), 1);
        let count = |topic: &str| drawn.iter().filter(|item| item.stratum() == topic).count();
        assert_eq!((count("0"), count("1"), count("2")), (6, 3, 1));
    }

    #[test]
    fn another_seed_draws_others() {
        assert_ne!(sample(items(&[50]), Some(5), 1), sample(items(&[50]), Some(5), 2));
    }

    proptest! {
        #[test]
        fn the_order_of_a_file_does_not_matter(
            sizes in proptest::collection::vec(1usize..12, 1..5), most in 0usize..40, turn in 0usize..40, seed in 0u64..4,
        ) {
            let all = items(&sizes);
            let mut turned = all.clone();
            turned.rotate_left(turn % all.len());
            let drawn = sample(all.clone(), Some(most), seed);
            prop_assert_eq!(drawn.len(), most.min(all.len()));
            prop_assert_eq!(drawn, sample(turned, Some(most), seed));
        }
    }
}
