//! Finds `[E3]` in a speech, and the words that the speech quotes for it. Whether they stand in the source is asked
//! in `quote`.

use std::ops::Range;

use crate::text::sentences::{closing, labels, spans};
use crate::text::words::count_words;

/// Words in quotation marks that count as a quote. Fewer are more often a name or a word held at arm's length.
const LEAST_QUOTED_WORDS: usize = 3;

/// A label in a speech, and what was quoted for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledQuote {
    /// `E1`, `E2`, ...
    pub label: String,
    pub quote: Option<String>,
}

/// Labels in square brackets at one place.
struct Group {
    labels: Vec<String>,
    place: Range<usize>,
}

/// Every label of a text in order, with the last quotation before it in the same sentence. Labels side by side share
/// one. Where nothing is quoted before the last label of a sentence, the first quotation after it counts:
/// `[E3] says "..."`.
#[must_use]
pub fn citations(text: &str) -> Vec<LabelledQuote> {
    spans(text).into_iter().flat_map(|span| in_sentence(&text[span])).collect()
}

/// The text without the labels that are not `known`, and these labels in order, each once. Labels beside them stay.
#[must_use]
pub fn strike(text: &str, known: impl Fn(&str) -> bool) -> (String, Vec<String>) {
    let (mut kept, mut struck) = (text.trim().to_owned(), Vec::new());
    loop {
        let (next, unknown) = struck_once(&kept, &known);
        if unknown.is_empty() {
            return (kept, struck);
        }
        // What stood around a label may have become one.
        kept = next;
        for label in unknown {
            if !struck.contains(&label) {
                struck.push(label);
            }
        }
    }
}

fn struck_once(text: &str, known: impl Fn(&str) -> bool) -> (String, Vec<String>) {
    let mut kept = String::with_capacity(text.len());
    let mut struck = Vec::new();
    let mut from = 0;
    for Group { labels, place } in groups(text) {
        let (sound, unknown): (Vec<String>, Vec<String>) = labels.into_iter().partition(|label| known(label));
        if unknown.is_empty() {
            continue;
        }
        kept.push_str(&text[from..place.start]);
        if sound.is_empty() {
            kept.truncate(kept.trim_end_matches(' ').len());
        } else {
            kept.push_str(&format!("[{}]", sound.join(", ")));
        }
        from = place.end;
        struck.extend(unknown);
    }
    kept.push_str(&text[from..]);
    (kept.trim().to_owned(), struck)
}

fn in_sentence(sentence: &str) -> Vec<LabelledQuote> {
    let (groups, quotations) = (groups(sentence), quotations(sentence));
    let mut found = Vec::new();
    let mut quote: Option<Range<usize>> = None;
    let mut from = 0;
    for (index, group) in groups.iter().enumerate() {
        let place = &group.place;
        let before = quotations.iter().rfind(|q| (from..place.start).contains(&q.start));
        let beside = index > 0 && !sentence[from..place.start].contains(char::is_alphanumeric);
        if let Some(before) = before {
            // A label inside the quotation marks is not part of the quote.
            quote = Some(before.start..before.end.min(place.start));
        } else if !beside {
            let after = quotations.iter().find(|q| q.start >= place.end);
            quote = after.filter(|_| index + 1 == groups.len()).cloned();
        }
        from = place.end;
        let quote = quote.clone().map(|place| sentence[place].trim().to_owned());
        found.extend(group.labels.iter().map(|label| LabelledQuote { label: label.clone(), quote: quote.clone() }));
    }
    found
}

fn groups(sentence: &str) -> Vec<Group> {
    let brackets = sentence.match_indices('[');
    brackets
        .filter_map(|(at, _)| labels(&sentence[at..]).map(|(labels, length)| Group { labels, place: at..at + length }))
        .collect()
}

/// What stands between quotation marks, without the marks.
fn quotations(sentence: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(character) = sentence[at..].chars().next() {
        let begin = at + character.len_utf8();
        at = begin;
        if let Some(end) = closing(sentence, begin, character) {
            at = end + sentence[end..].chars().next().map_or(0, char::len_utf8);
            if count_words(&sentence[begin..end]) >= LEAST_QUOTED_WORDS {
                found.push(begin..end);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<(String, Option<String>)> {
        citations(text).into_iter().map(|c| (c.label, c.quote)).collect()
    }

    fn pair(label: &str, quote: &str) -> (String, Option<String>) {
        (label.to_owned(), (!quote.is_empty()).then(|| quote.to_owned()))
    }

    #[test]
    fn a_label_takes_the_words_quoted_before_it_in_its_sentence() {
        assert_eq!(
            found(
                "They say \"costs fell by half\" [E3]. Yet “jobs were lost. Many jobs.” [E4] No source here. So [E5]."
            ),
            [pair("E3", "costs fell by half"), pair("E4", "jobs were lost. Many jobs."), pair("E5", "")]
        );
    }

    #[test]
    fn labels_side_by_side_share_a_quote_and_others_do_not() {
        assert_eq!(
            found("\"The tax is fair\" [E1, e2][E3], and this too [E4], but \"it is not cheap\" [E5]."),
            [
                pair("E1", "The tax is fair"),
                pair("E2", "The tax is fair"),
                pair("E3", "The tax is fair"),
                pair("E4", ""),
                pair("E5", "it is not cheap")
            ]
        );
    }

    #[test]
    fn a_quotation_after_the_last_label_counts_where_none_stands_before() {
        assert_eq!(found("As [E2] puts it, \"the sea is rising\"."), [pair("E2", "the sea is rising")]);
        assert_eq!(found("[E1] and \"the sea is rising\" [E2]."), [pair("E1", ""), pair("E2", "the sea is rising")]);
    }

    #[test]
    fn a_label_inside_the_marks_is_not_part_of_the_quote() {
        assert_eq!(found("\"The sea is rising [E2].\""), [pair("E2", "The sea is rising")]);
    }

    #[test]
    fn one_word_in_marks_is_no_quote_and_other_brackets_are_no_labels() {
        assert_eq!(found("The \"free\" market [E1] failed [sic] in [E] and [Eurostat] and [E2x]."), [pair("E1", "")]);
    }

    #[test]
    fn labels_that_nobody_knows_are_struck_and_the_others_stay() {
        let text = "It fell [E1, E7]. It rose [E9]. [E7] It stays [E2], [sic].";
        let (kept, struck) = strike(text, |label| ["E1", "E2"].contains(&label));
        assert_eq!(kept, "It fell [E1]. It rose. It stays [E2], [sic].");
        assert_eq!(struck, ["E7", "E9"]);
        assert_eq!(strike("Nothing here.", |_| false), ("Nothing here.".to_owned(), Vec::new()));
    }

    proptest! {
        #[test]
        fn what_was_struck_cites_nothing_any_more(text in "[\\[\\]Ee0-9,; .a\n]{0,60}") {
            let (kept, _) = strike(&text, |_| false);
            prop_assert!(citations(&kept).is_empty(), "{kept:?}");
        }

        #[test]
        fn strange_speeches_are_read_without_failing(text in "[\\[\\]Ee0-9,; \"“”«».!a漢\n]{0,80}") {
            for citation in citations(&text) {
                prop_assert!(citation.label.starts_with('E'));
            }
        }
    }
}
