//! A number of things in words.

use std::fmt::Display;

/// `1 game`, `2 games`: for nouns whose plural ends in s.
#[must_use]
pub fn number_of<N: Display + PartialEq + From<u8>>(number: N, thing: &str) -> String {
    let plural = if number == N::from(1) { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// Counts with what was counted, as `2 unreadable, 1 too deep`; those of nothing are left out, and `None` is left of none.
#[must_use]
pub fn reasons(counts: &[(usize, &str)]) -> Option<String> {
    let said: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}")).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_singular_and_none_is_plural() {
        assert_eq!([0u64, 1, 2].map(|number| number_of(number, "game")), ["0 games", "1 game", "2 games"]);
    }
}
