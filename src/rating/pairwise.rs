//! Who is better among a few that were compared two by two: the mean of the probabilities of winning.
//!
//! With every two compared it orders like a Bradley-Terry fit does and needs none; it is a share, so a reader can tell what it means.

/// Two that were compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    pub first: usize,
    pub second: usize,
    /// Probability that the first is better, 0 to 1.
    pub probability: f64,
}

/// Every two of so many, the earlier first.
#[must_use]
pub fn every_two(count: usize) -> Vec<(usize, usize)> {
    (0..count).flat_map(|first| (first + 1..count).map(move |second| (first, second))).collect()
}

/// The mean probability of each to be better than another it was compared with, 0 to 1; `None` for one that was not compared.
#[must_use]
pub fn win_shares(count: usize, compared: &[Compared]) -> Vec<Option<f64>> {
    let mut sums = vec![(0.0, 0u32); count];
    for Compared { first, second, probability } in compared {
        for (one, share) in [(*first, *probability), (*second, 1.0 - probability)] {
            if let Some((sum, met)) = sums.get_mut(one) {
                *sum += share;
                *met += 1;
            }
        }
    }
    sums.into_iter().map(|(sum, met)| (met > 0).then(|| sum / f64::from(met))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_share_is_the_mean_over_those_that_were_met() {
        let compared = [(0, 1, 0.9), (0, 2, 0.7), (1, 2, 0.2)];
        let compared = compared.map(|(first, second, probability)| Compared { first, second, probability });
        let shares = win_shares(4, &compared);
        let rounded: Vec<Option<i64>> =
            shares.iter().map(|share| share.map(|share| (share * 1000.0).round() as i64)).collect();
        assert_eq!(rounded, [Some(800), Some(150), Some(550), None]);
        assert_eq!(every_two(3), [(0, 1), (0, 2), (1, 2)]);
        assert!(every_two(1).is_empty() && win_shares(0, &[]).is_empty());
    }

    proptest! {
        #[test]
        fn shares_are_half_on_average_whoever_stands_first(odds in proptest::collection::vec(0.0..1.0f64, 15)) {
            let compared: Vec<Compared> = every_two(6).into_iter().zip(&odds)
                .map(|((first, second), odds)| Compared { first, second, probability: *odds }).collect();
            let turned: Vec<Compared> = compared.iter()
                .map(|it| Compared { first: it.second, second: it.first, probability: 1.0 - it.probability }).collect();
            let (shares, again) = (win_shares(6, &compared), win_shares(6, &turned));
            prop_assert!((shares.iter().flatten().sum::<f64>() - 3.0).abs() < 1e-9);
            for (one, other) in shares.iter().flatten().zip(again.iter().flatten()) {
                prop_assert!((one - other).abs() < 1e-9);
            }
        }
    }
}
