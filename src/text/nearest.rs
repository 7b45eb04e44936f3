//! Names that a mistyped name may have meant.

use std::collections::BTreeSet;

/// The most names that are offered.
const OFFERED: usize = 3;
/// The most names that are listed where none is near.
const LISTED: usize = 12;

/// Known names near to `name`, the nearest first, at most three. Case, blanks and hyphens do not count.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = plain(name);
    let known: BTreeSet<&str> = known.into_iter().collect();
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|candidate| distance(&wanted, &plain(candidate)).map(|far| (far, candidate)))
        .collect();
    near.sort_by_key(|(far, candidate)| (*far, candidate.len().abs_diff(name.len())));
    near.into_iter().take(OFFERED).map(|(_, candidate)| candidate).collect()
}

/// The end of a sentence about an unknown name: `; did you mean "duel" or "oxford"?`, else `; known are duel, oxford`.
/// Empty if nothing is known.
#[must_use]
pub fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let near: Vec<String> = nearest(name, known.iter().copied()).iter().map(|near| format!("\"{near}\"")).collect();
    match near.as_slice() {
        [] if known.is_empty() => String::new(),
        [] => format!("; known are {}", listed(&known)),
        [one] => format!("; did you mean {one}?"),
        [first @ .., last] => format!("; did you mean {} or {last}?", first.join(", ")),
    }
}

fn listed(known: &[&str]) -> String {
    let shown = known.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
    match known.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How far apart two names are, `None` if too far to be meant: a slip for every three letters, or a beginning or a part
/// of at least three letters.
fn distance(wanted: &str, candidate: &str) -> Option<usize> {
    let length = wanted.chars().count();
    let slips = strsim::damerau_levenshtein(wanted, candidate);
    if slips <= length.div_ceil(3).max(1) && slips < length {
        Some(slips)
    } else if length >= 3 && candidate.contains(wanted) {
        Some(length + usize::from(!candidate.starts_with(wanted)))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMATS: [&str; 4] = ["agent4debate", "duel", "lincoln-douglas", "oxford"];

    #[test]
    fn a_slip_finds_the_name() {
        assert_eq!(nearest("deul", FORMATS), ["duel"]);
        assert_eq!(nearest("Lincoln Douglass", FORMATS), ["lincoln-douglas"]);
        assert_eq!(suggestion("oxfrod", FORMATS), "; did you mean \"oxford\"?");
    }

    #[test]
    fn a_beginning_finds_the_name() {
        assert_eq!(nearest("agent", FORMATS), ["agent4debate"]);
        assert_eq!(nearest("debate", FORMATS), ["agent4debate"]);
    }

    #[test]
    fn the_nearest_come_first_and_three_at_most() {
        let known = ["qwen3-4b", "qwen3-8b", "qwen3-14b", "qwen2-4b", "gemma"];
        assert_eq!(nearest("qwen3-4b", known), ["qwen3-4b", "qwen2-4b", "qwen3-8b"]);
        assert_eq!(suggestion("qwen4b", known), "; did you mean \"qwen2-4b\", \"qwen3-4b\" or \"qwen3-8b\"?");
    }

    #[test]
    fn a_name_like_no_other_lists_what_is_known() {
        assert_eq!(suggestion("zzz", FORMATS), "; known are agent4debate, duel, lincoln-douglas, oxford");
        let many: Vec<String> = (0..15).map(|number| format!("team{number}")).collect();
        assert!(suggestion("xyz", many.iter().map(String::as_str)).ends_with("team11 and 3 more"));
        assert_eq!(suggestion("zzz", []), "");
    }

    #[test]
    fn an_empty_name_is_near_to_nothing() {
        assert!(nearest("", FORMATS).is_empty());
        assert!(nearest("ab", ["cd"]).is_empty());
    }
}
