//! Whether a speaker says again what it has said, or the opposite of it. Both are told by words: a repetition by shared content words,
//! a contradiction by a sentence with nearly the same words and one turn of meaning between the two, a negation or an opposite. That finds
//! what is said in like words and nothing else: it points at sentences and proves nothing. How often it is right is in BENCHMARKS.md.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

use crate::text::overlap::{content_words, share};
use crate::text::sentences::sentences;

/// A sentence with fewer content words says too little to be told from others.
pub const POINT: usize = 5;
/// A sentence repeats if so many of its content words were said before.
pub const REPEATED: f64 = 0.75;
/// Two sentences are about the same if they share so many content words of the shorter one.
const SAME: f64 = 0.7;

const NEGATIONS: [&str; 14] = [
    "not", "no", "never", "nothing", "nobody", "none", "neither", "nor", "without", "cannot", "hardly", "lack",
    "lacks", "fails",
];

/// Words that turn a sentence round when one takes the place of the other.
const OPPOSITES: [(&str, &str); 34] = [
    ("more", "less"),
    ("increase", "decrease"),
    ("increases", "decreases"),
    ("better", "worse"),
    ("good", "bad"),
    ("always", "never"),
    ("help", "harm"),
    ("helps", "harms"),
    ("helpful", "harmful"),
    ("benefit", "harm"),
    ("safe", "dangerous"),
    ("easy", "hard"),
    ("easy", "difficult"),
    ("right", "wrong"),
    ("strong", "weak"),
    ("high", "low"),
    ("true", "false"),
    ("rich", "poor"),
    ("many", "few"),
    ("enough", "insufficient"),
    ("all", "none"),
    ("legal", "illegal"),
    ("cheap", "expensive"),
    ("support", "oppose"),
    ("raise", "lower"),
    ("raises", "lowers"),
    ("improve", "worsen"),
    ("improves", "worsens"),
    ("start", "stop"),
    ("win", "lose"),
    ("positive", "negative"),
    ("reduce", "increase"),
    ("reduces", "increases"),
    ("for", "against"),
];

/// Beginnings that turn a word round: possible and impossible.
const PREFIXES: [&str; 7] = ["un", "in", "im", "il", "ir", "dis", "non"];

/// The sentences of a text that say again what was said before, in order.
#[must_use]
pub fn repeated<'a>(text: &'a str, before: &[&str]) -> Vec<&'a str> {
    let known: BTreeSet<String> = before.iter().flat_map(|text| content_words(text)).collect();
    sentences(text)
        .into_iter()
        .filter(|sentence| {
            let words = content_words(sentence);
            words.len() >= POINT && share(&words, &known) >= REPEATED
        })
        .collect()
}

/// The sentences of a text that say the opposite of an earlier one, each with the first that it turns round.
#[must_use]
pub fn contradicted<'a>(text: &'a str, before: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let earlier: Vec<&str> = before.iter().flat_map(|text| sentences(text)).collect();
    let turned = |sentence: &'a str| {
        let other = earlier.iter().find(|other| is_opposite(sentence, other))?;
        Some((sentence, *other))
    };
    sentences(text).into_iter().filter_map(turned).collect()
}

/// Whether two sentences share nearly all their content and an odd number of turns of meaning stands between them.
#[must_use]
pub fn is_opposite(one: &str, other: &str) -> bool {
    let (one, other) = (words(one), words(other));
    let (here, there) = (content(&one), content(&other));
    let shared = here.intersection(&there).count();
    if shared == 0 {
        return false;
    }
    let (only_here, only_there): (BTreeSet<&String>, BTreeSet<&String>) = {
        let (one, other): (BTreeSet<&String>, BTreeSet<&String>) = (one.iter().collect(), other.iter().collect());
        (one.difference(&other).copied().collect(), other.difference(&one).copied().collect())
    };
    let turned = only_here.iter().filter(|word| only_there.iter().any(|other| are_opposites(word, other))).count();
    let negated = |words: &[String]| words.iter().filter(|word| is_negation(word)).count();
    let turns = negated(&one).abs_diff(negated(&other)) + turned;
    let least = here.len().min(there.len()) as f64;
    turns % 2 == 1 && (shared + turned) as f64 >= SAME * least
}

fn words(text: &str) -> Vec<String> {
    text.unicode_words().map(|word| word.to_lowercase().replace('’', "'")).collect()
}

fn content(words: &[String]) -> BTreeSet<String> {
    let said: String = words.iter().filter(|word| !is_negation(word)).flat_map(|word| [word.as_str(), " "]).collect();
    content_words(&said).iter().map(|word| stem(word).to_owned()).collect()
}

fn is_negation(word: &str) -> bool {
    NEGATIONS.contains(&word) || word.ends_with("n't") || matches!(word, "不" | "没" | "未" | "非" | "无")
}

/// An English word without its usual endings, if three letters are left.
fn stem(word: &str) -> &str {
    let ending = ["ing", "ed", "es", "s", "ly"].into_iter().find_map(|ending| word.strip_suffix(ending));
    ending.filter(|stem| stem.len() >= 3).unwrap_or(word)
}

fn are_opposites(one: &str, other: &str) -> bool {
    let paired = OPPOSITES.iter().any(|pair| *pair == (one, other) || *pair == (other, one));
    let prefixed = |long: &str, short: &str| PREFIXES.iter().any(|prefix| long.strip_prefix(prefix) == Some(short));
    paired || prefixed(one, other) || prefixed(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_in_like_words_is_a_repetition() {
        let before = ["A deposit brings nine of ten bottles back to the shops that sold them."];
        let text =
            "Nine of ten bottles come back to the shops for a deposit. Paper bags are heavy and cost schools money.";
        assert_eq!(repeated(text, &before), ["Nine of ten bottles come back to the shops for a deposit."]);
        assert!(repeated("Bottles come back.", &before).is_empty(), "three words are no point");
    }

    #[test]
    fn a_negation_or_an_opposite_turns_a_sentence_round_and_two_turn_it_back() {
        for (one, other) in [
            ("A ban reduces litter on beaches.", "A ban increases litter on beaches."),
            ("A ban does not reduce litter on beaches.", "A ban does reduce litter on beaches."),
            ("Small shops can't pay for paper bags.", "Small shops can pay for paper bags."),
            ("It is possible to recycle these cups.", "It is impossible to recycle these cups."),
            ("禁令不会减少垃圾", "禁令会减少垃圾"),
        ] {
            assert!(is_opposite(one, other) && is_opposite(other, one), "{one} / {other}");
        }
        for (one, other) in [
            ("A ban reduces litter on beaches.", "A ban reduces litter on beaches."),
            ("A ban does not increase litter on beaches.", "A ban reduces litter on beaches."),
            ("A ban reduces litter on beaches.", "Schools do not teach children to swim."),
            ("", "not"),
        ] {
            assert!(!is_opposite(one, other), "{one} / {other}");
        }
    }

    #[test]
    fn a_contradiction_names_the_sentence_it_turns_round() {
        let before = ["Cups cost shops little. A ban reduces litter on beaches."];
        let found = contradicted("We agree on shops. A ban increases litter on beaches.", &before);
        assert_eq!(found, [("A ban increases litter on beaches.", "A ban reduces litter on beaches.")]);
    }
}
