//! Quotations in a judge's reasons, looked up in the speeches.

use unicode_segmentation::UnicodeSegmentation;

use crate::domain::ballot::JudgeQuote;
use crate::domain::evidence::Standing;
use crate::domain::transcript::Transcript;
use crate::text::quote::standing;

/// Shorter quotations are names and single terms; they stand in too many places to prove anything.
const LEAST_WORDS: usize = 3;

const MARKS: [(char, char); 3] = [('"', '"'), ('“', '”'), ('«', '»')];

/// Every quotation of at least three words, with the speech in which it stands best.
#[must_use]
pub fn quotes(text: &str, transcript: &Transcript) -> Vec<JudgeQuote> {
    quotations(text, LEAST_WORDS).into_iter().map(|quote| look_up(quote, transcript)).collect()
}

/// The text without the quotations that stand in no speech.
pub(super) fn struck(text: &str, transcript: &Transcript) -> String {
    let absent = quotes(text, transcript).into_iter().filter(|quote| quote.standing == Standing::Absent);
    absent.fold(text.to_owned(), |text, quote| text.replace(&quote.text, "(struck: stands in no speech)"))
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

/// The quotations of a text with at least so many words.
pub(super) fn quotations(text: &str, least: usize) -> Vec<&str> {
    let mut quotes = Vec::new();
    let mut rest = text;
    while let Some((start, open)) = rest.char_indices().find(|(_, c)| MARKS.iter().any(|(open, _)| open == c)) {
        let inside = &rest[start + open.len_utf8()..];
        let close = MARKS.iter().find(|(mark, _)| *mark == open).map_or(open, |(_, close)| *close);
        let Some(end) = inside.find(close) else { break };
        let quote = inside[..end].trim();
        if quote.unicode_words().count() >= least {
            quotes.push(quote);
        }
        rest = &inside[end + close.len_utf8()..];
    }
    quotes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::rehearsal::speeches;

    #[test]
    fn a_quote_is_found_in_the_speech_that_holds_it() {
        let text = "The second speaker's “a sapling needs twenty years” beats \"trees were free of charge\", and \"cool\" is a word.";
        let found = quotes(text, &speeches());
        assert_eq!(found.len(), 2, "a single word is no quote");
        assert_eq!((found[0].speech, found[0].standing), (Some(1), Standing::Verified));
        assert_eq!((found[1].speech, found[1].standing), (None, Standing::Absent));
    }

    #[test]
    fn a_quote_that_stands_nowhere_is_struck_and_the_rest_stays() {
        let text = "It says \"a sapling needs twenty years\" and \"trees were free of charge\".";
        let expected = "It says \"a sapling needs twenty years\" and \"(struck: stands in no speech)\".";
        assert_eq!(struck(text, &speeches()), expected);
    }

    #[test]
    fn a_mark_that_never_closes_quotes_nothing() {
        assert!(quotes("he said \"trees cool a street by several degrees", &speeches()).is_empty());
    }
}
