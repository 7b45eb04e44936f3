//! Small charts of characters.

const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One character for each value, from the lowest to the highest of `range`.
#[must_use]
pub fn sparkline(values: &[f64], range: (f64, f64)) -> String {
    let (low, high) = range;
    let height = |value: &f64| {
        let part = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
        HEIGHTS[((part * 7.0).round() as usize).min(7)]
    };
    values.iter().map(height).collect()
}

/// The way of a figure in so many columns, from its own lowest value to its highest.
#[must_use]
pub fn trend(values: &[f64], columns: usize) -> String {
    let shown = closing(values, columns);
    let low = shown.iter().copied().fold(f64::INFINITY, f64::min);
    let high = shown.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    sparkline(&shown, (low, high))
}

/// At most so many of the values, evenly chosen, the last one among them.
fn closing(values: &[f64], most: usize) -> Vec<f64> {
    if values.len() <= most {
        return values.to_vec();
    }
    (1..=most).filter_map(|step| values.get((step * values.len() / most).saturating_sub(1)).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_has_a_character_for_each_value() {
        assert_eq!(sparkline(&[0.0, 0.5, 1.0], (0.0, 1.0)), "▁▅█");
        assert_eq!(sparkline(&[3.0], (3.0, 3.0)), "▅");
    }

    #[test]
    fn a_trend_fills_its_columns_from_its_lowest_to_its_highest() {
        assert_eq!(trend(&[1000.0, 1012.0, 1024.0], 9), "▁▅█");
        assert_eq!(trend(&[], 9), "");
    }

    #[test]
    fn of_many_values_few_are_left_and_the_last() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(closing(&values, 4), [24.0, 49.0, 74.0, 99.0]);
        assert_eq!(closing(&values[..3], 4), [0.0, 1.0, 2.0]);
        assert_eq!(closing(&values, 0), Vec::<f64>::new());
    }
}
