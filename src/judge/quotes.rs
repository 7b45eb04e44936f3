//! Quotations in a judge's reasons, looked up in the speeches.

use unicode_segmentation::UnicodeSegmentation;

use crate::domain::ballot::JudgeQuote;
use crate::domain::evidence::Standing;
use crate::judge::transcript::Transcript;
use crate::text::quote::standing;

/// Shorter quotations are names and single terms; they stand in too many places to prove anything.
const LEAST_WORDS: usize = 3;

const MARKS: [(char, char); 3] = [('"', '"'), ('“', '”'), ('«', '»')];

/// Every quotation of at least three words, with the speech in which it stands best.
pub(super) fn quotes(text: &str, transcript: &Transcript) -> Vec<JudgeQuote> {
    quotations(text).into_iter().map(|quote| look_up(quote, transcript)).collect()
}

fn look_up(quote: &str, transcript: &Transcript) -> JudgeQuote {
    let found = |wanted: Standing| {
        transcript
            .speeches
            .iter()
            .position(|spoken| standing(quote, &spoken.text) == wanted)
            .map(|speech| (speech, wanted))
    };
    let best = found(Standing::Verified).or_else(|| found(Standing::Close));
    JudgeQuote {
        text: quote.to_owned(),
        speech: best.map(|(speech, _)| speech),
        standing: best.map_or(Standing::Absent, |(_, standing)| standing),
    }
}

fn quotations(text: &str) -> Vec<&str> {
    let mut quotes = Vec::new();
    let mut rest = text;
    while let Some((start, open)) = rest.char_indices().find(|(_, c)| MARKS.iter().any(|(open, _)| open == c)) {
        let inside = &rest[start + open.len_utf8()..];
        let close = MARKS.iter().find(|(mark, _)| *mark == open).map_or(open, |(_, close)| *close);
        let Some(end) = inside.find(close) else { break };
        let quote = inside[..end].trim();
        if quote.unicode_words().count() >= LEAST_WORDS {
            quotes.push(quote);
        }
        rest = &inside[end + close.len_utf8()..];
    }
    quotes
}
