//! The words by which people name a side and a stage, in headings and in data.

use unicode_segmentation::UnicodeSegmentation;

use crate::domain::format::StageKind;
use crate::domain::seat::Side;

const PROPOSITION: [&str; 8] = ["proposition", "pro", "prop", "proponent", "affirmative", "aff", "government", "gov"];
const OPPOSITION: [&str; 6] = ["opposition", "con", "opp", "opponent", "negative", "neg"];

/// Words of a heading that say nothing of its side.
const NEUTRAL: [&str; 17] = [
    "the",
    "a",
    "of",
    "by",
    "motion",
    "speech",
    "speaker",
    "side",
    "team",
    "argument",
    "arguments",
    "round",
    "part",
    "statement",
    "words",
    "debater",
    "turn",
];

/// What a heading says of the side that speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    Neither,
    One(Side),
    Both,
}

/// The side that a word stands for, in any case.
#[must_use]
pub fn side_of(word: &str) -> Option<Side> {
    let word = word.trim().to_lowercase();
    match word.as_str() {
        "for" => Some(Side::Proposition),
        "against" => Some(Side::Opposition),
        _ => named(&word),
    }
}

fn named(word: &str) -> Option<Side> {
    if PROPOSITION.contains(&word) {
        Some(Side::Proposition)
    } else {
        OPPOSITION.contains(&word).then_some(Side::Opposition)
    }
}

/// The stage that a word stands for, in any case.
#[must_use]
pub fn stage_of(word: &str) -> Option<StageKind> {
    match word.trim().to_lowercase().as_str() {
        "constructive" | "opening" | "case" => Some(StageKind::Constructive),
        "rebuttal" | "reply" | "response" | "refutation" => Some(StageKind::Rebuttal),
        "summary" | "closing" | "conclusion" | "final" => Some(StageKind::Summary),
        "question" | "questions" => Some(StageKind::Question),
        "answer" | "answers" => Some(StageKind::Answer),
        _ => None,
    }
}

fn words(heading: &str) -> Vec<String> {
    heading.unicode_words().map(str::to_lowercase).collect()
}

/// The side that a heading names. `for`, `against`, `first speaker` and `second speaker` count only where no other word
/// names a side, and the first two only in a heading that says nothing else.
#[must_use]
pub fn side_in(heading: &str) -> Named {
    let words = words(heading);
    let strong = one_of(words.iter().filter_map(|word| named(word)));
    if strong != Named::Neither {
        return strong;
    }
    if words.iter().all(|word| side_of(word).is_some() || says_no_side(word)) {
        let weak = one_of(words.iter().filter_map(|word| side_of(word)));
        if weak != Named::Neither {
            return weak;
        }
    }
    one_of(words.windows(2).filter(|pair| pair[1] == "speaker").filter_map(|pair| match pair[0].as_str() {
        "first" => Some(Side::Proposition),
        "second" => Some(Side::Opposition),
        _ => None,
    }))
}

fn one_of(sides: impl Iterator<Item = Side>) -> Named {
    sides.fold(Named::Neither, |found, side| match found {
        Named::Neither => Named::One(side),
        Named::One(other) if other == side => found,
        Named::One(_) | Named::Both => Named::Both,
    })
}

fn says_no_side(word: &str) -> bool {
    NEUTRAL.contains(&word) || stage_of(word).is_some() || word.chars().all(|c| c.is_ascii_digit())
}

/// Whether a heading says nothing but who speaks and in which stage.
#[must_use]
pub fn only_names_a_side(heading: &str) -> bool {
    let known = |word: &String| {
        side_of(word).is_some() || says_no_side(word) || matches!(word.as_str(), "first" | "second" | "third")
    };
    side_in(heading) != Named::Neither && words(heading).iter().all(known)
}

/// The stage that a heading names, the first if there are more.
#[must_use]
pub fn stage_in(heading: &str) -> Option<StageKind> {
    words(heading).iter().find_map(|word| stage_of(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_names_its_side_in_the_words_of_any_format() {
        let (pro, con) = (Named::One(Side::Proposition), Named::One(Side::Opposition));
        for (heading, side) in [
            ("Proposition, opening", pro),
            ("Jane Doe (Pro)", pro),
            ("AFFIRMATIVE rebuttal", pro),
            ("Opening Government", pro),
            ("For", pro),
            ("Speech 1: for the motion", pro),
            ("First speaker", pro),
            ("Opposition, first speaker", con),
            ("Con: closing", con),
            ("Against", con),
            ("3. Negative", con),
            ("Second speaker, reply", con),
            ("For further reading", Named::Neither),
            ("Ballot of debatrix", Named::Neither),
            ("Protocol", Named::Neither),
            ("Pro and con", Named::Both),
        ] {
            assert_eq!(side_in(heading), side, "{heading}");
        }
    }

    #[test]
    fn a_motion_that_mentions_a_side_is_more_than_a_side() {
        assert!(only_names_a_side("Proposition, opening speech"));
        assert!(!only_names_a_side("The government should fund the arts"));
        assert!(!only_names_a_side("Results"));
        assert_eq!(stage_in("Con: closing statement"), Some(StageKind::Summary));
        assert_eq!(stage_in("Con"), None);
    }
}
