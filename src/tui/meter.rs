//! Spinners, shares of two sides, and numbers as short as a screen wants them.

use std::time::Duration;

use ratatui::text::Span;

use crate::domain::seat::Side;
use crate::text::bar::bar;
use crate::tui::theme::Palette;

const SPINNER: [&str; 8] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧"];

/// The two sides' shares of one bar.
#[must_use]
pub fn lead(proposition: f64, columns: usize, palette: &Palette) -> Vec<Span<'static>> {
    let (filled, rest) = bar(proposition, columns);
    vec![Span::styled(filled, palette.side(Side::Proposition)), Span::styled(rest, palette.side(Side::Opposition))]
}

/// Something that turns while work goes on; still with reduced motion.
#[must_use]
pub fn spinner(beat: u64, still: bool) -> &'static str {
    if still { "●" } else { SPINNER[usize::try_from(beat % 8).unwrap_or(0)] }
}

/// A time as a clock shows it: `03:41`.
#[must_use]
pub fn minutes(time: Duration) -> String {
    format!("{:02}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

/// A count as people read it: `950`, `4.1k`, `1.2M`.
#[must_use]
pub fn count(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..1_000_000 => format!("{:.1}k", number as f64 / 1e3),
        _ => format!("{:.1}M", number as f64 / 1e6),
    }
}

/// A size in bytes as people read it.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([count(950), count(4_130), count(1_240_000)], ["950", "4.1k", "1.2M"]);
        assert_eq!([size(98_362_432), size(1_117_320_768)], ["98 MB", "1.1 GB"]);
    }
}
