//! Makes the material fit a model's context window, oldest first and never in silence.
//!
//! The order: the own side's speeches, the opponent's from the oldest to the last, then the evidence from the last
//! found to the first. A piece is halved down to `FLOOR` words before the next one is touched; only when all stand
//! there are pieces left out, in the same order. The motion, the plan, the draft and the notes are never cut.

use crate::agent::brief::Brief;
use crate::text::words::count_words;

/// Fewer words of a speech or a passage say too little to be worth their place.
const FLOOR: usize = 25;

const SHORTENED: &str = " [shortened]";
const LEFT_OUT: &str = "[left out]";

/// The brief, shortened until `measure` gives at most `budget` tokens or nothing is left to shorten.
///
/// # Errors
/// Those of `measure`.
pub fn fit<E>(brief: &Brief, budget: usize, measure: impl Fn(&Brief) -> Result<usize, E>) -> Result<Brief, E> {
    let mut fitted = brief.clone();
    while measure(&fitted)? > budget && shorten_one(&mut fitted) {}
    Ok(fitted)
}

/// Shortens the first piece that can be, and says whether there was one.
fn shorten_one(brief: &mut Brief) -> bool {
    let mut pieces = pieces(brief);
    if let Some(piece) = pieces.iter_mut().find(|piece| words_of(piece) > FLOOR) {
        let words = (words_of(piece) / 2).max(FLOOR);
        **piece = format!("{}{SHORTENED}", first_words(piece, words));
        return true;
    }
    if let Some(piece) = pieces.iter_mut().find(|piece| **piece != LEFT_OUT && words_of(piece) > 0) {
        LEFT_OUT.clone_into(piece);
        return true;
    }
    false
}

/// The texts that may be shortened, in the order in which they are.
fn pieces(brief: &mut Brief) -> Vec<&mut String> {
    let side = brief.side;
    let (own, theirs): (Vec<_>, Vec<_>) = brief.heard.iter_mut().partition(|speech| speech.side == side);
    let speeches = own.into_iter().chain(theirs).map(|speech| &mut speech.text);
    speeches.chain(brief.evidence.iter_mut().rev().map(|item| &mut item.text)).collect()
}

fn words_of(piece: &str) -> usize {
    count_words(piece.strip_suffix(SHORTENED).unwrap_or(piece))
}

/// The beginning of a text with at most `words` runs between spaces.
fn first_words(text: &str, words: usize) -> &str {
    let end: usize = text.split_inclusive(char::is_whitespace).take(words).map(str::len).sum();
    text[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::fixtures::{brief, heard, item};
    use crate::domain::seat::Side;

    fn long() -> String {
        "word ".repeat(200)
    }

    fn fitted(budget: usize) -> Brief {
        let mut brief = brief();
        brief.heard =
            vec![heard(Side::Opposition, &long()), heard(Side::Proposition, &long()), heard(Side::Opposition, &long())];
        brief.evidence = vec![item("E1", &long()), item("E2", &long())];
        let measure = |brief: &Brief| {
            let texts =
                brief.heard.iter().map(|speech| &speech.text).chain(brief.evidence.iter().map(|item| &item.text));
            Ok::<_, ()>(texts.map(|text| text.split_whitespace().count()).sum())
        };
        fit(&brief, budget, measure).unwrap()
    }

    fn words(brief: &Brief) -> Vec<usize> {
        let texts = brief.heard.iter().map(|speech| &speech.text).chain(brief.evidence.iter().map(|item| &item.text));
        texts.map(|text| words_of(text)).collect()
    }

    #[test]
    fn what_fits_is_left_alone() {
        assert_eq!(words(&fitted(1000)), [200, 200, 200, 200, 200]);
    }

    #[test]
    fn the_own_speech_goes_first_then_the_oldest_of_the_opponent_and_evidence_last() {
        assert_eq!(words(&fitted(910)), [200, 100, 200, 200, 200]);
        assert_eq!(words(&fitted(700)), [50, 25, 200, 200, 200]);
        assert_eq!(words(&fitted(400)), [25, 25, 25, 200, 100]);
    }

    #[test]
    fn what_was_cut_says_so() {
        let brief = fitted(910);
        assert!(brief.heard[1].text.ends_with("word [shortened]"));
        assert!(!brief.heard[0].text.contains("shortened"));
    }

    #[test]
    fn a_window_too_small_for_anything_leaves_notes_in_place_of_the_pieces() {
        let brief = fitted(0);
        assert!(brief.heard.iter().all(|speech| speech.text == "[left out]"));
        assert!(brief.evidence.iter().all(|item| item.text == "[left out]"));
    }
}
