//! A number of things in words.

use std::fmt::Display;

/// `1 game`, `2 games`: for nouns whose plural ends in s.
#[must_use]
pub fn number_of<N: Display + PartialEq + From<u8>>(number: N, thing: &str) -> String {
    let plural = if number == N::from(1) { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_singular_and_none_is_plural() {
        assert_eq!([0u64, 1, 2].map(|number| number_of(number, "game")), ["0 games", "1 game", "2 games"]);
    }
}
