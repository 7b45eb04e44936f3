//! Where sentences begin and end. Rules for English, kind to other languages: no grammar and no dictionary.

use std::ops::Range;

/// Short forms whose full stop does not end a sentence.
const ABBREVIATIONS: [&str; 22] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "e.g", "i.e", "cf", "al", "gen", "gov", "sen", "rep",
    "approx", "u.s", "u.k", "u.n", "e.u",
];

/// Short forms before a number.
const BEFORE_NUMBERS: [&str; 7] = ["no", "fig", "vol", "p", "pp", "sec", "art"];

/// How far a quotation may reach, in bytes. A quotation mark without a partner within it opens nothing.
const LONGEST_QUOTATION: usize = 1500;

/// The sentences of a text, trimmed, in order. A blank line, a list mark or a heading ends one too. Citation labels
/// after a full stop belong to the sentence before them.
#[must_use]
pub fn sentences(text: &str) -> Vec<&str> {
    spans(text).into_iter().map(|span| &text[span]).collect()
}

/// Byte ranges of the sentences, without the white space around them.
pub(crate) fn spans(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let (next, may_end) = step(text, at, character);
        at = next;
        if !may_end {
            continue;
        }
        let labelled = after_labels(text, next);
        if is_end(&text[start..next], &text[labelled..]) {
            push_trimmed(&mut spans, text, start..labelled);
            (start, at) = (labelled, labelled);
        }
    }
    push_trimmed(&mut spans, text, start..text.len());
    spans
}

/// Passes over one character, or over a whole quotation, and says whether a sentence may end there.
fn step(text: &str, at: usize, character: char) -> (usize, bool) {
    let next = at + character.len_utf8();
    if character == '\n' {
        (next, is_break(&text[next..]))
    } else if let Some(close) = closing(text, next, character) {
        let end = after_closers(text, close);
        (end, text[..close].ends_with(is_terminator) || text[close..end].contains(is_terminator))
    } else if is_terminator(character) {
        (after_closers(text, next), true)
    } else {
        (next, false)
    }
}

fn push_trimmed(spans: &mut Vec<Range<usize>>, text: &str, span: Range<usize>) {
    let piece = &text[span.clone()];
    let start = span.start + (piece.len() - piece.trim_start().len());
    let end = start + piece.trim().len();
    if end > start {
        spans.push(start..end);
    }
}

fn is_terminator(character: char) -> bool {
    matches!(character, '.' | '!' | '?' | '…' | '。' | '！' | '？')
}

fn is_closer(character: char) -> bool {
    matches!(character, '"' | '”' | '’' | '\'' | '»' | ')' | ']' | '*' | '_' | '」' | '』')
}

fn after_closers(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    at + (rest.len() - rest.trim_start_matches(|c| is_terminator(c) || is_closer(c)).len())
}

/// Where the quotation that begins at `begin` ends: the place of its closing mark.
pub(crate) fn closing(text: &str, begin: usize, open: char) -> Option<usize> {
    let close = match open {
        '“' | '„' => '”',
        '«' => '»',
        '"' => '"',
        _ => return None,
    };
    let rest = &text[begin..];
    let end = rest.find(close).filter(|end| *end <= LONGEST_QUOTATION)?;
    (!rest[..end].contains("\n\n")).then_some(begin + end)
}

/// Whether the line after a newline begins something new: a blank line, a list mark or a heading.
fn is_break(rest: &str) -> bool {
    let line = rest.lines().next().unwrap_or_default().trim_start();
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.is_empty()
        || line.starts_with(['#', '•'])
        || line.starts_with("- ")
        || line.starts_with("* ")
        || (digits.len() < line.len() && (digits.starts_with(". ") || digits.starts_with(") ")))
}

/// Whether `sentence`, which ends in a full stop and closing marks or a newline, ends before `rest`.
fn is_end(sentence: &str, rest: &str) -> bool {
    if sentence.ends_with('\n') {
        return true;
    }
    let bare = sentence.trim_end_matches(is_closer);
    if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
        return bare.ends_with(['。', '！', '？']);
    }
    let rest = rest.trim_start();
    let goes_on = rest.starts_with(char::is_lowercase);
    if goes_on && (bare.len() < sentence.len() || bare.ends_with('…') || bare.ends_with("...")) {
        return false;
    }
    !bare.ends_with('.') || !is_short_form(bare.trim_end_matches('.'), rest)
}

/// Whether the full stop after `before` belongs to an abbreviation, an initial or the number of a list item.
fn is_short_form(before: &str, rest: &str) -> bool {
    let word = before.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '“' | '"')).next().unwrap_or_default();
    let mut letters = word.chars();
    let is_initial = word != "I" && letters.next().is_some_and(char::is_uppercase) && letters.next().is_none();
    let is_item = word == before.trim_start() && word.chars().all(|c| c.is_ascii_digit());
    let lower = word.to_lowercase();
    is_initial
        || is_item
        || ABBREVIATIONS.contains(&lower.as_str())
        || (BEFORE_NUMBERS.contains(&lower.as_str()) && rest.starts_with(|c: char| c.is_ascii_digit()))
        || (lower == "etc" && rest.starts_with(char::is_lowercase))
}

/// Passes over `[E1]` and `[E1, E2]` after the end of a sentence, unless they begin the next one: `[E1] says ...`.
fn after_labels(text: &str, end: usize) -> usize {
    let mut after = end;
    loop {
        let rest = text[after..].trim_start_matches(' ');
        if let Some((_, length)) = labels(rest) {
            after = text.len() - rest.len() + length;
        } else {
            let begins_next =
                text[end..].starts_with(' ') && rest.starts_with(|c: char| c.is_lowercase() || ",;:".contains(c));
            return if begins_next { end } else { after };
        }
    }
}

/// Citation labels at the very beginning of a text, as in `[E3]` or `[E3, E4]`, and the bytes they take.
pub(crate) fn labels(text: &str) -> Option<(Vec<String>, usize)> {
    let inner = text.strip_prefix('[')?;
    let close = inner.find(']')?;
    let labels: Option<Vec<String>> = inner[..close]
        .split([',', ';', '&'])
        .map(|label| {
            let number = label.trim().strip_prefix(['E', 'e'])?;
            (!number.is_empty() && number.chars().all(|c| c.is_ascii_digit())).then(|| format!("E{number}"))
        })
        .collect();
    Some((labels?, close + 2))
}

/// Whether a sentence ends in a full stop or its like, marks and citation labels aside.
pub(crate) fn is_finished(sentence: &str) -> bool {
    let mut bare = sentence.trim_end();
    while let Some(open) = bare.rfind('[').filter(|_| bare.ends_with(']')) {
        bare = bare[..open].trim_end();
    }
    bare.trim_end_matches(is_closer).ends_with(is_terminator)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sentences_end_where_a_reader_ends_them() {
        let text = "Dr. Smith paid 3.5 million in the U.S. market. Did it help? J. Doe says no. Then, e.g. in fig. 4, it fell... \
                    slowly! \"It rose. It fell.\" Fine.";
        assert_eq!(
            sentences(text),
            [
                "Dr. Smith paid 3.5 million in the U.S. market.",
                "Did it help?",
                "J. Doe says no.",
                "Then, e.g. in fig. 4, it fell... slowly!",
                "\"It rose. It fell.\"",
                "Fine.",
            ]
        );
    }

    #[test]
    fn labels_after_a_full_stop_stay_with_their_sentence() {
        assert_eq!(
            sentences("It fell. [E1] It rose.[E2, E3] [E4] It “stayed”. \"Why?\" he asked. [Excuse] me."),
            ["It fell. [E1]", "It rose.[E2, E3] [E4]", "It “stayed”.", "\"Why?\" he asked.", "[Excuse] me."]
        );
    }

    #[test]
    fn a_label_that_begins_a_sentence_stays_with_it() {
        assert_eq!(
            sentences("It fell. [E3] says so. [E4], too. (He left.) [E5] Done."),
            ["It fell.", "[E3] says so.", "[E4], too.", "(He left.) [E5]", "Done."]
        );
    }

    #[test]
    fn lists_headings_and_blank_lines_end_sentences_and_soft_wraps_do_not() {
        assert_eq!(
            sentences("# Our case\nTwo points\n1. Costs fall\n2. Jobs\nrise.\n\nDone 漢字。次。"),
            ["# Our case\nTwo points", "1. Costs fall", "2. Jobs\nrise.", "Done 漢字。", "次。"]
        );
    }

    #[test]
    fn a_stray_quotation_mark_does_not_swallow_the_speech() {
        assert_eq!(
            sentences("A 5\" pipe burst. It leaked.\n\nWe \"know\" it."),
            ["A 5\" pipe burst.", "It leaked.", "We \"know\" it."]
        );
    }

    proptest! {
        #[test]
        fn sentences_lose_nothing_but_white_space(text in "[A-Za-z .!?\"“”\\[\\]E1\n漢。]{0,120}") {
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&sentences(&text).concat()), bare(&text));
        }
    }
}
