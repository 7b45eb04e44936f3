//! How much texts have to do with a few words: shared words, each counting the more the fewer texts have it. Not a measure of meaning.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

use crate::text::overlap::content_words;

/// Bytes at the beginning that two forms of a word share.
const STEM: usize = 3;
/// What may follow them.
const ENDINGS: [&str; 9] = ["", "s", "d", "es", "ed", "ing", "e", "y", "ies"];

/// For each text how much it has to do with `wanted`: the sum over its words of `ln(1 + texts / texts with the word)`, times the
/// weight of the best part in which the word stands. A text is a list of parts with weights. At least 0.
#[must_use]
pub fn resemblance(wanted: &str, texts: &[Vec<(&str, f64)>]) -> Vec<f64> {
    let mut words = content_words(wanted);
    if words.is_empty() {
        words = wanted.unicode_words().map(str::to_lowercase).collect();
    }
    let parts: Vec<Vec<(BTreeSet<String>, f64)>> =
        texts.iter().map(|text| text.iter().map(|(part, weight)| (part_words(part), *weight)).collect()).collect();
    let mut scores = vec![0.0; texts.len()];
    for word in &words {
        let found: Vec<f64> = parts
            .iter()
            .map(|parts| {
                let holding = parts.iter().filter(|(words, _)| words.iter().any(|other| are_forms(word, other)));
                holding.map(|(_, weight)| *weight).fold(0.0, f64::max)
            })
            .collect();
        let holding = found.iter().filter(|weight| **weight > 0.0).count();
        if holding > 0 {
            let rarity = (1.0 + texts.len() as f64 / holding as f64).ln();
            scores.iter_mut().zip(&found).for_each(|(score, weight)| *score += weight * rarity);
        }
    }
    scores
}

fn part_words(part: &str) -> BTreeSet<String> {
    part.unicode_words().map(str::to_lowercase).collect()
}

/// Whether two words are the same, or English forms of one: `school` and `schools`, `city` and `cities`.
fn are_forms(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let shared: usize = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (one, other) = (&one[shared..], &other[shared..]);
    // A final e alone makes another word: car, care.
    let is_another = [(one, other), (other, one)].contains(&("", "e"));
    shared >= STEM && !is_another && ENDINGS.contains(&one) && ENDINGS.contains(&other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_count_more_than_common_ones_and_better_parts_more_than_others() {
        let texts = [
            vec![("This House would ban phones in schools", 1.0), ("Schools decide", 0.5)],
            vec![("This House would build schools", 1.0)],
            vec![("This House would walk", 1.0), ("to schools", 0.5)],
            vec![("This House would sing", 1.0)],
        ];
        let [phones, schools, walk, sing] = resemblance("something about a phone at school", &texts)[..] else {
            panic!()
        };
        assert!(phones > 2.0 * schools && schools > walk && walk > sing, "{phones} {schools} {walk} {sing}");
        assert_eq!(sing, 0.0);
    }

    #[test]
    fn forms_of_a_word_are_one_word_and_mere_beginnings_are_not() {
        assert!(are_forms("schools", "school") && are_forms("cities", "city") && are_forms("taxes", "taxed"));
        assert!(!are_forms("univocal", "universe") && !are_forms("car", "care") && !are_forms("interest", "internet"));
    }
}
