//! In what a quote that is close differs from its source, word by word.

use std::fmt;

use crate::text::quote::align::{best_window, common_subsequence};
use crate::text::quote::place::{Word, words};

/// Words of a quote beyond which nothing is compared.
const MOST_WORDS: usize = 400;

/// Words of the source that each ellipsis of a quote may pass over.
const PASSED_OVER: usize = 60;

/// Words of the source and of the quote, side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pieces: Vec<Piece>,
}

/// A run of words.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Both have them; as the source has them.
    Both(String),
    /// The source has them at this place, the quote has not.
    Source(String),
    /// The quote has them, the source has not.
    Quote(String),
}

/// Compares a quote with the place in its source that is most like it. `None` if there is no such place, if they have the same
/// words, or if the quote is too long to compare.
#[must_use]
pub fn difference(quote: &str, source: &str) -> Option<Difference> {
    let (quoted, said) = (words(quote), words(source));
    if quoted.len() > MOST_WORDS {
        return None;
    }
    let bare = |words: &[Word]| -> Vec<String> { words.iter().map(|word| word.text.clone()).collect() };
    let (quoted_bare, said_bare) = (bare(&quoted), bare(&said));
    let (start, _) = best_window(&quoted_bare, &said_bare)?;
    let gaps = quote.matches('…').count() + quote.matches("...").count();
    let margin = quoted.len() / 4 + 1 + gaps * PASSED_OVER;
    let from = start.saturating_sub(margin);
    let to = (start + quoted.len() + margin).min(said.len());
    let mut shared = common_subsequence(&quoted_bare, &said_bare[from..to]);
    // Each word is taken at its first place; nearer to the next word it belongs to the quote more likely.
    for at in (1..shared.len()).rev() {
        let (first, next) = (from + shared[at - 1], from + shared[at]);
        let nearest = (first..next).rfind(|place| said_bare[*place] == said_bare[first]);
        shared[at - 1] = nearest.unwrap_or(first) - from;
    }
    let mut found = Gathered::default();
    let mut at = 0;
    let mut before: Option<usize> = None;
    for place in shared.into_iter().map(|place| from + place) {
        // What the source says before the first shared word, and after the last, is not what was quoted.
        for word in before.map_or(&[][..], |before| &said[before + 1..place]) {
            found.push(Piece::Source(source[word.place.clone()].to_owned()));
        }
        while at < quoted.len() && quoted[at].text != said[place].text {
            found.push(Piece::Quote(quote[quoted[at].place.clone()].to_owned()));
            at += 1;
        }
        found.push(Piece::Both(source[said[place].place.clone()].to_owned()));
        at += 1;
        before = Some(place);
    }
    before?;
    for word in quoted.get(at..).unwrap_or_default() {
        found.push(Piece::Quote(quote[word.place.clone()].to_owned()));
    }
    let differs = found.pieces.iter().any(|piece| !matches!(piece, Piece::Both(_)));
    differs.then_some(Difference { pieces: found.pieces })
}

/// Pieces in order, runs of one kind joined.
#[derive(Default)]
struct Gathered {
    pieces: Vec<Piece>,
}

impl Gathered {
    fn push(&mut self, next: Piece) {
        match (self.pieces.last_mut(), &next) {
            (Some(Piece::Both(run)), Piece::Both(word))
            | (Some(Piece::Source(run)), Piece::Source(word))
            | (Some(Piece::Quote(run)), Piece::Quote(word)) => {
                run.push(' ');
                run.push_str(word);
            }
            _ => self.pieces.push(next),
        }
    }
}

impl fmt::Display for Difference {
    /// As a word diff: what only the source says in `[-…-]`, what only the quote says in `{+…+}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, piece) in self.pieces.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            match piece {
                Piece::Both(words) => f.write_str(words)?,
                Piece::Source(words) => write!(f, "[-{words}-]")?,
                Piece::Quote(words) => write!(f, "{{+{words}+}}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SOURCE: &str =
        "Trees cool a street. A 2019 study found that the tax did not reduce plastic use in towns; prices rose.";

    fn shown(quote: &str) -> Option<String> {
        difference(quote, SOURCE).map(|difference| difference.to_string())
    }

    #[test]
    fn other_words_stand_beside_those_of_the_source() {
        assert_eq!(
            shown("a 2019 study showed that the tax did not reduce plastic use").unwrap(),
            "A 2019 study [-found-] {+showed+} that the tax did not reduce plastic use"
        );
        assert_eq!(
            shown("that the tax really did not reduce use in all towns").unwrap(),
            "that the tax {+really+} did not reduce [-plastic-] use in {+all+} towns"
        );
    }

    #[test]
    fn what_an_ellipsis_passes_over_is_shown() {
        assert_eq!(
            shown("A 2019 study found … plastic use in towns").unwrap(),
            "A 2019 study found [-that the tax did not reduce-] plastic use in towns"
        );
    }

    #[test]
    fn the_same_words_and_words_from_nowhere_have_no_difference() {
        assert_eq!(shown("THE TAX did not, reduce"), None);
        assert_eq!(shown("Nobody ever said anything"), None);
        assert_eq!(difference("", SOURCE), None);
    }

    proptest! {
        #[test]
        fn a_difference_gives_back_the_words_of_the_quote(quote in "[a-d ]{0,40}", source in "[a-d ]{0,60}") {
            if let Some(found) = difference(&quote, &source) {
                let kept = found.pieces.iter().filter_map(|piece| match piece {
                    Piece::Both(words) | Piece::Quote(words) => Some(words.as_str()),
                    Piece::Source(_) => None,
                });
                let kept = kept.collect::<Vec<_>>().join(" ");
                prop_assert_eq!(kept, quote.split_whitespace().collect::<Vec<_>>().join(" "));
            }
        }
    }
}
