//! A bar of characters that says how much of something there is.

const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A filled part and the rest, together so many columns. `part` is from 0 to 1.
#[must_use]
pub fn bar(part: f64, columns: usize) -> (String, String) {
    let part = if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 };
    // At most some thousand eighths, never negative.
    let eighths = (part * columns as f64 * 8.0).round() as usize;
    let (full, rest) = (eighths / 8, eighths % 8);
    let mut filled = "█".repeat(full);
    filled.push_str(EIGHTHS[rest]);
    let used = full + usize::from(rest > 0);
    (filled, "░".repeat(columns.saturating_sub(used)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_its_width_at_every_part() {
        for part in [-1.0, 0.0, 0.01, 0.333, 0.5, 0.99, 1.0, 7.0, f64::NAN] {
            let (filled, rest) = bar(part, 10);
            assert_eq!(filled.chars().count() + rest.chars().count(), 10, "{part}");
        }
        assert_eq!(bar(0.55, 10), ("█████▌".to_owned(), "░░░░".to_owned()));
    }
}
