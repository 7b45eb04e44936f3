//! Words that a speech puts into the other side's mouth.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::evidence::Standing;
use crate::domain::transcript::Transcript;
use crate::judge::checks::Claim;
use crate::judge::quotes::quotations;
use crate::text::quote::standing;
use crate::text::sentences::sentences;

/// Shorter quotations are names and single terms.
const LEAST_WORDS: usize = 4;

/// Who is quoted: a sentence without such words may quote anybody.
static OF_OPPONENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let who = r"(?:my |our |the |their |his |her )?(?:opponents?|other side|(?:first|second) speaker|proposition|opposition|they|you)";
    Regex::new(&format!(r"(?i)\b{who}(?:'s|’s)?(?: own)? (?:\w+ ){{0,2}}?(?:said|says?|claim(?:s|ed)?|told|tells?|argu(?:e|es|ed)|wrote|writes?|admit(?:s|ted)?|conced(?:e|es|ed)|called|calls?|promis(?:e|es|ed)|words)\b")).ok()
});

/// The quotations of the other side, and whether it said so in an earlier speech.
pub(super) fn claims(transcript: &Transcript, speech: usize) -> Vec<Claim> {
    let Some(spoken) = transcript.speeches.get(speech) else { return Vec::new() };
    let Some(of_opponent) = OF_OPPONENT.as_ref() else { return Vec::new() };
    let earlier: Vec<_> =
        transcript.speeches.iter().take(speech).enumerate().filter(|(_, other)| other.side != spoken.side).collect();
    let mut claims = Vec::new();
    for sentence in sentences(&spoken.text).into_iter().filter(|sentence| of_opponent.is_match(sentence)) {
        for quote in quotations(sentence, LEAST_WORDS) {
            let found = |wanted| earlier.iter().find(|(_, other)| standing(quote, &other.text) == wanted);
            let (finding, holds) = match (found(Standing::Verified), found(Standing::Close)) {
                (Some((index, _)), _) => (format!("Speech {} says so.", index + 1), true),
                (None, Some((index, _))) => (format!("Speech {} says nearly so.", index + 1), true),
                (None, None) => ("The other side did not say so before.".to_owned(), false),
            };
            claims.push(Claim { text: quote.to_owned(), finding, holds, source: None });
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::rehearsal::transcript;

    #[test]
    fn a_quote_of_the_other_side_is_looked_up_in_what_it_said() {
        let debate = transcript(&[
            "Trees cool a street by several degrees.",
            "My opponent says \"trees cool a street\", but they also said “trees cost nothing at all”. \
             The mayor wrote \"we will plant no more trees\".",
        ]);
        let found: Vec<_> = claims(&debate, 1).into_iter().map(|claim| (claim.text, claim.holds)).collect();
        assert_eq!(
            found,
            [("trees cool a street".to_owned(), true), ("trees cost nothing at all".to_owned(), false)],
            "the mayor is no debater"
        );
        assert!(claims(&debate, 0).is_empty());
    }
}
