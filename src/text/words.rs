//! Words and sentences: counting them, and cutting a text where a speaker would stop.
//!
//! Rules for English, kind to other languages. No grammar and no dictionary.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Short forms whose full stop does not end a sentence.
const ABBREVIATIONS: [&str; 22] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "e.g", "i.e", "cf", "al", "gen", "gov", "sen", "rep",
    "approx", "u.s", "u.k", "u.n", "e.u",
];

/// Short forms before a number.
const BEFORE_NUMBERS: [&str; 7] = ["no", "fig", "vol", "p", "pp", "sec", "art"];

/// How far a quotation may reach, in bytes. A quotation mark without a partner within it opens nothing.
const LONGEST_QUOTATION: usize = 1500;

/// The number of words: runs between spaces that hold a letter or a digit. Scripts without spaces count by character.
#[must_use]
pub fn count_words(text: &str) -> usize {
    text.split_whitespace().map(words_of).sum()
}

fn words_of(run: &str) -> usize {
    if run.chars().any(is_unspaced) {
        run.unicode_words().count()
    } else {
        usize::from(run.chars().any(char::is_alphanumeric))
    }
}

/// Chinese and Japanese letters, which stand without spaces.
fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Cuts a text to at most `max_words` words and says whether anything was cut. The cut falls after the last whole
/// sentence that fits; if not even the first fits, after a word, with an ellipsis.
#[must_use]
pub fn cut_at_sentence(text: &str, max_words: usize) -> (String, bool) {
    let text = text.trim();
    if count_words(text) <= max_words {
        return (text.to_owned(), false);
    }
    let fitting = spans(text).into_iter().take_while(|span| count_words(&text[..span.end]) <= max_words);
    match fitting.last() {
        Some(span) => (text[..span.end].to_owned(), true),
        None => (cut_at_word(text, max_words), true),
    }
}

/// Drops a last sentence that was never finished, as when the model ran out of tokens, and says whether it did.
/// A text of one sentence stays whole.
#[must_use]
pub fn cut_unfinished(text: &str) -> (String, bool) {
    let text = text.trim();
    match spans(text).as_slice() {
        [.., before, last] if !is_finished(&text[last.clone()]) => (text[..before.end].to_owned(), true),
        _ => (text.to_owned(), false),
    }
}

fn is_finished(sentence: &str) -> bool {
    let mut bare = sentence.trim_end();
    while let Some(open) = bare.rfind('[').filter(|_| bare.ends_with(']')) {
        bare = bare[..open].trim_end();
    }
    bare.trim_end_matches(is_closer).ends_with(is_terminator)
}

fn cut_at_word(text: &str, max_words: usize) -> String {
    let mut left = max_words;
    let mut end = 0;
    for run in text.split_inclusive(char::is_whitespace) {
        let words = words_of(run);
        if words > left {
            // Only a script without spaces may be cut inside a run.
            end += run.unicode_word_indices().nth(left).filter(|_| words > 1).map_or(0, |(at, _)| at);
            break;
        }
        left -= words;
        end += run.len();
    }
    format!("{}…", text[..end].trim_end().trim_end_matches([',', ';', ':', '-', '–', '—']))
}

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

/// Passes over `[E1]` and `[E1, E2]` after the end of a sentence.
fn after_labels(text: &str, end: usize) -> usize {
    let mut end = end;
    loop {
        let rest = text[end..].trim_start_matches(' ');
        let Some((_, length)) = labels(rest) else { return end };
        end = text.len() - rest.len() + length;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_counted_as_a_reader_counts_them() {
        assert_eq!(count_words("A well-known 3.5 % rise — don't panic [E3]."), 7);
        assert_eq!(count_words("我们支持禁止。Yes, fully."), 8);
        assert_eq!(count_words(" — \n * "), 0);
    }

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

    #[test]
    fn a_speech_is_cut_after_the_last_sentence_that_fits() {
        let text = "One two three. Four five six. Seven eight.";
        assert_eq!(cut_at_sentence(text, 8), (text.to_owned(), false));
        assert_eq!(cut_at_sentence(text, 7), ("One two three. Four five six.".to_owned(), true));
        assert_eq!(cut_at_sentence(text, 5), ("One two three.".to_owned(), true));
    }

    #[test]
    fn a_first_sentence_that_does_not_fit_is_cut_at_a_word() {
        assert_eq!(cut_at_sentence("One, two, three.", 2), ("One, two…".to_owned(), true));
        assert_eq!(cut_at_sentence("我们支持禁止塑料", 3), ("我们支…".to_owned(), true));
        assert_eq!(cut_at_sentence("One two", 0), ("…".to_owned(), true));
    }

    #[test]
    fn an_unfinished_last_sentence_is_dropped() {
        assert_eq!(cut_unfinished("It fell. It rose [E1]. And then the"), ("It fell. It rose [E1].".to_owned(), true));
        assert_eq!(
            cut_unfinished("It fell. He said \"no.\" [E2]"),
            ("It fell. He said \"no.\" [E2]".to_owned(), false)
        );
        assert_eq!(cut_unfinished("Only half of a"), ("Only half of a".to_owned(), false));
    }

    proptest! {
        #[test]
        fn sentences_lose_no_word_and_cuts_keep_the_limit(text in "[A-Za-z .!?\"“”\\[\\]E1\n漢。]{0,120}", limit in 1usize..20) {
            let joined = sentences(&text).concat();
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&joined), bare(&text));
            let (cut, was_cut) = cut_at_sentence(&text, limit);
            prop_assert!(count_words(&cut) <= limit);
            prop_assert_eq!(was_cut, count_words(&text) > limit);
        }
    }
}
