//! Amounts as people say them.

/// Tokens as people say them.
#[must_use]
pub fn thousands(tokens: u64) -> String {
    match tokens {
        0..=9_999 => tokens.to_string(),
        10_000..=9_999_999 => format!("{} thousand", (tokens + 500) / 1000),
        _ => format!("{:.1} million", tokens as f64 / 1e6),
    }
}

/// A time in seconds, as people say it.
#[must_use]
pub fn duration(seconds: f64) -> String {
    match seconds.round() as u64 {
        seconds @ 0..=99 => format!("{seconds} s"),
        seconds @ 100..=5999 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_tokens_are_told_in_the_unit_that_fits() {
        assert_eq!(
            (duration(7.4), duration(200.0), duration(7300.0)),
            ("7 s".into(), "3 min".into(), "2 h 1 min".into())
        );
        assert_eq!(
            (thousands(9_999), thousands(52_400), thousands(12_340_000)),
            ("9999".into(), "52 thousand".into(), "12.3 million".into())
        );
    }
}
