//! Agreement: how far two raters of the same cases say the same, beyond what chance would give.

/// Cohen's kappa over categories `0..categories`: `(p_o − p_e) / (1 − p_e)` (Cohen, Educational and Psychological Measurement
/// 20, 1960). 1 is full agreement, 0 is chance. `None` without cases, or when both always say the same one thing.
#[must_use]
pub fn kappa(pairs: &[(usize, usize)], categories: usize) -> Option<f64> {
    weighted(pairs, categories, |one, other| f64::from(u8::from(one != other)))
}

/// Kappa over ordered categories, where a disagreement counts with the square of its distance (Cohen, Psychological
/// Bulletin 70, 1968).
#[must_use]
pub fn quadratic_kappa(pairs: &[(usize, usize)], categories: usize) -> Option<f64> {
    weighted(pairs, categories, |one, other| (one as f64 - other as f64).powi(2))
}

/// `1 − Σ w·observed / Σ w·expected`, the same as the usual form for weights of disagreement.
fn weighted(pairs: &[(usize, usize)], categories: usize, weight: impl Fn(usize, usize) -> f64) -> Option<f64> {
    let (mut first, mut second) = (vec![0.0; categories], vec![0.0; categories]);
    let mut observed = 0.0;
    for (one, other) in pairs {
        *first.get_mut(*one)? += 1.0;
        *second.get_mut(*other)? += 1.0;
        observed += weight(*one, *other);
    }
    let expected: f64 = first
        .iter()
        .enumerate()
        .flat_map(|(one, n)| second.iter().enumerate().map(move |(other, m)| (one, other, n * m)))
        .map(|(one, other, product)| weight(one, other) * product)
        .sum::<f64>()
        / pairs.len() as f64;
    (expected > 0.0).then(|| 1.0 - observed / expected)
}

/// Kendall's rank correlation with ties, τ_b: `(C − D) / √((C + D + T_x)(C + D + T_y))` (Kendall, Biometrika 33, 1945).
/// -1 to 1; `None` if one of the two ranks nothing.
#[must_use]
pub fn kendall(pairs: &[(f64, f64)]) -> Option<f64> {
    let (mut concordant, mut discordant, mut only_first, mut only_second) = (0u64, 0u64, 0u64, 0u64);
    for (index, (x, y)) in pairs.iter().enumerate() {
        for (other_x, other_y) in &pairs[index + 1..] {
            let (x, y) = (x.total_cmp(other_x), y.total_cmp(other_y));
            match (x.is_eq(), y.is_eq()) {
                (true, true) => {}
                (true, false) => only_second += 1,
                (false, true) => only_first += 1,
                (false, false) if x == y => concordant += 1,
                (false, false) => discordant += 1,
            }
        }
    }
    let ranked = (concordant + discordant) as f64;
    let spread = ((ranked + only_first as f64) * (ranked + only_second as f64)).sqrt();
    (spread > 0.0).then(|| (concordant as f64 - discordant as f64) / spread)
}

/// Spearman's rank correlation: Pearson's over ranks, where equal values share the mean of theirs (Spearman, American Journal
/// of Psychology 15, 1904). -1 to 1; `None` if one of the two ranks nothing.
#[must_use]
pub fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    let firsts = ranks(&pairs.iter().map(|pair| pair.0).collect::<Vec<_>>());
    let seconds = ranks(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>());
    let middle = (pairs.len() as f64 + 1.0) / 2.0;
    let product = |ones: &[f64], others: &[f64]| -> f64 {
        ones.iter().zip(others).map(|(one, other)| (one - middle) * (other - middle)).sum()
    };
    let spread = (product(&firsts, &firsts) * product(&seconds, &seconds)).sqrt();
    (spread > 0.0).then(|| product(&firsts, &seconds) / spread)
}

/// Ranks from 1, the smallest first; equal values share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|one, other| values[*one].total_cmp(&values[*other]));
    let (mut ranks, mut before) = (vec![0.0; values.len()], 0);
    for equal in order.chunk_by(|one, other| values[*one] == values[*other]) {
        equal.iter().for_each(|place| ranks[*place] = before as f64 + (equal.len() as f64 + 1.0) / 2.0);
        before += equal.len();
    }
    ranks
}

/// How consistent a judge is with itself, 0 to 1: `(τ + 1) / 2` over two of its rankings of the same cases (CREAM, arXiv
/// 2410.12735).
#[must_use]
pub fn consistency(pairs: &[(f64, f64)]) -> Option<f64> {
    kendall(pairs).map(|tau| (tau + 1.0) / 2.0)
}

/// The area under the ROC curve: how often a positive case scores above a negative one, equal scores half (Hanley and McNeil,
/// Radiology 143, 1982). `None` unless there are both.
#[must_use]
pub fn area_under_curve(cases: &[(f64, bool)]) -> Option<f64> {
    let mut sorted: Vec<&(f64, bool)> = cases.iter().collect();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut negatives_below, mut area, mut positives) = (0.0, 0.0, 0.0);
    for group in sorted.chunk_by(|one, other| one.0 == other.0) {
        let better = group.iter().filter(|case| case.1).count() as f64;
        let worse = group.len() as f64 - better;
        area += better * (negatives_below + worse / 2.0);
        positives += better;
        negatives_below += worse;
    }
    (positives * negatives_below > 0.0).then(|| area / (positives * negatives_below))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn kappa_takes_chance_off() {
        // Cohen's form by hand: 45 agree on yes, 15 on no, 25 + 15 differ: p_o = 0.6, p_e = 0.54.
        let mut pairs = vec![(0, 0); 45];
        pairs.extend([(1, 1)].repeat(15));
        pairs.extend([(0, 1)].repeat(25));
        pairs.extend([(1, 0)].repeat(15));
        assert!((kappa(&pairs, 2).unwrap() - (0.6 - 0.54) / 0.46).abs() < 1e-12);
        assert_eq!(quadratic_kappa(&pairs, 2), kappa(&pairs, 2), "two categories have one distance");
        assert_eq!(kappa(&[(0, 0), (0, 0)], 2), None);
    }

    #[test]
    fn a_near_miss_costs_quadratic_kappa_less_than_a_far_one() {
        let near = [(0, 1), (1, 1), (2, 2), (0, 0), (2, 2)];
        let far = [(0, 2), (1, 1), (2, 2), (0, 0), (2, 2)];
        assert!(quadratic_kappa(&near, 3).unwrap() > quadratic_kappa(&far, 3).unwrap());
    }

    #[test]
    fn kendall_counts_pairs_in_the_same_order() {
        assert_eq!(kendall(&[(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]), Some(1.0));
        assert_eq!(consistency(&[(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]), Some(0.0));
        assert!((kendall(&[(1.0, 1.0), (2.0, 3.0), (3.0, 2.0)]).unwrap() - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(kendall(&[(1.0, 1.0), (1.0, 2.0)]), None);
    }

    #[test]
    fn spearman_compares_ranks_and_shares_equal_ones() {
        assert_eq!(spearman(&[(1.0, 10.0), (2.0, 100.0), (3.0, 1000.0)]), Some(1.0));
        assert_eq!(spearman(&[(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]), Some(-1.0));
        // Ranks 1, 2.5, 2.5, 4 against 1, 3, 2, 4: 4.5 / √(4.5 · 5).
        let tied = spearman(&[(1.0, 1.0), (2.0, 3.0), (2.0, 2.0), (3.0, 4.0)]).unwrap();
        assert!((tied - 4.5 / 22.5f64.sqrt()).abs() < 1e-12, "{tied}");
        assert_eq!(spearman(&[(1.0, 1.0), (1.0, 2.0)]), None);
    }

    #[test]
    fn the_area_counts_right_cases_above_wrong_ones() {
        assert_eq!(area_under_curve(&[(0.1, false), (0.2, true), (0.3, true)]), Some(1.0));
        assert_eq!(area_under_curve(&[(0.5, false), (0.5, true)]), Some(0.5));
        assert_eq!(area_under_curve(&[(0.5, true)]), None);
    }

    proptest! {
        #[test]
        fn two_raters_agree_as_far_in_either_order(pairs in proptest::collection::vec((0usize..3, 0usize..3), 1..60)) {
            let turned: Vec<(usize, usize)> = pairs.iter().map(|(one, other)| (*other, *one)).collect();
            for measure in [kappa, quadratic_kappa] {
                match (measure(&pairs, 3), measure(&turned, 3)) {
                    (Some(one), Some(other)) => prop_assert!((one - other).abs() < 1e-9 && one <= 1.0),
                    (one, other) => prop_assert_eq!(one, other),
                }
            }
        }

        #[test]
        fn rank_measures_see_the_order_only(pairs in proptest::collection::vec((-5f64..5.0, any::<bool>()), 2..40)) {
            let stretched: Vec<(f64, bool)> = pairs.iter().map(|(x, y)| (x.exp(), *y)).collect();
            prop_assert_eq!(area_under_curve(&pairs), area_under_curve(&stretched));
            let with_itself: Vec<(f64, f64)> = pairs.iter().map(|(x, _)| (*x, x.exp())).collect();
            if let Some(tau) = kendall(&with_itself) {
                prop_assert!((tau - 1.0).abs() < 1e-12);
            }
        }
    }
}
