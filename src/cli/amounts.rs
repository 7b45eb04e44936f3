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

/// Calls and the tokens that they take at the most.
#[must_use]
pub fn calls(calls: u64, prompt: u64, completion: u64) -> String {
    let count = if calls == 1 { "1 call".to_owned() } else { format!("{calls} calls") };
    let mut text = format!("{count}, at most {} tokens to read", thousands(prompt));
    if completion > 0 {
        text.push_str(&format!(" and {} to write", thousands(completion)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_judging_takes_is_told_from_above() {
        assert_eq!(calls(1, 900, 0), "1 call, at most 900 tokens to read");
        assert_eq!(calls(3, 20_000, 64), "3 calls, at most 20 thousand tokens to read and 64 to write");
    }

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
