//! The arguments of each side: one sentence for each of its best passages, under the passage's label. The label is set by the program, so
//! no claim can rest on a source that is not there.

use serde_json::json;

use crate::agent::reply::plain;
use crate::domain::seat::Side;
use crate::engine::brief::author::{Author, Wanted};
use crate::engine::brief::paper::{Claim, Ranked};
use crate::engine::brief::{Watch, shown, step};
use crate::engine::error::EngineError;
use crate::text::citations::strike;
use crate::text::overlap::{content_words, share};
use crate::text::sanitize::sanitize;
use crate::text::sentences::sentences;
use crate::text::words::{count_words, cut_at_sentence};

/// The most arguments of a side.
const EACH: usize = 3;
const WRITING: &str = "writing arguments";
const WORDS: usize = 32;
const LEAST_WORDS: usize = 4;
const TOKENS: u32 = 72;
/// Two arguments that share more of their words say the same.
const SAME: f64 = 0.8;
/// How often one argument is asked for, and what the answers are drawn with.
const TEMPERATURES: [f64; 2] = [0.0, 0.7];

/// Writes the arguments of the sides. `None` if it was stopped.
///
/// # Errors
/// As [`Author::write`].
pub(super) async fn write(
    author: &Author<'_>,
    evidence: &[Ranked],
    sides: &[Side],
    watch: &Watch,
) -> Result<Option<Vec<Claim>>, EngineError> {
    let mut claims: Vec<Claim> = Vec::new();
    let total = sides.len() * EACH;
    for (at, side) in sides.iter().copied().enumerate() {
        let own: Vec<Option<&Ranked>> = evidence.iter().filter(|ranked| ranked.side == side).map(Some).collect();
        let rests_on = if own.is_empty() { vec![None; EACH] } else { own };
        for (number, ranked) in rests_on.into_iter().take(EACH).enumerate() {
            step(watch, WRITING, at * EACH + number, total);
            let before: Vec<String> = of(&claims, side).map(|claim| claim.text.clone()).collect();
            for (ask, temperature) in TEMPERATURES.into_iter().enumerate() {
                let call = format!("brief/claim/{side}/{number}/{ask}");
                let Some(answer) = ask_for(author, (call, temperature), side, ranked, &before).await? else {
                    return Ok(None);
                };
                if let Some(text) = sentence_of(&answer, &before) {
                    claims.push(Claim { side, text, evidence: ranked.map(|ranked| ranked.item.label.clone()) });
                    break;
                }
            }
        }
    }
    Ok(Some(claims))
}

/// The claims of a side.
pub(super) fn of(claims: &[Claim], side: Side) -> impl Iterator<Item = &Claim> {
    claims.iter().filter(move |claim| claim.side == side)
}

async fn ask_for(
    author: &Author<'_>,
    (call, temperature): (String, f64),
    side: Side,
    ranked: Option<&Ranked>,
    before: &[String],
) -> Result<Option<String>, EngineError> {
    let passage = ranked.map(|ranked| {
        let text = shown(&ranked.item);
        author.fence(&text).wrap(&ranked.item.title, &text)
    });
    let context = json!({ "passage": passage.unwrap_or_default(), "side": side.name(), "before": before });
    let material = ranked.is_some();
    author.write(Wanted { call, prompt: "claim", context, material, tokens: TOKENS, temperature }).await
}

/// The first sentence of an answer that says something new; `None` where there is none.
fn sentence_of(answer: &str, before: &[String]) -> Option<String> {
    let text = sanitize(&plain(answer)).into_string();
    let (text, _) = strike(&text, |_| false);
    let mut found = sentences(&text).into_iter().map(|one| cut_at_sentence(&one.replace('\n', " "), WORDS).0);
    found.find(|one| {
        let words = content_words(one);
        count_words(one) >= LEAST_WORDS
            && !words.is_empty()
            && !one.ends_with(':')
            && before.iter().all(|other| share(&words, &content_words(other)) < SAME)
    })
}

/// The sentence of a passage that a claim shares the most words with, if it is short enough to be quoted.
pub(super) fn key_sentence(claim: &str, passage: &str, most_words: usize) -> Option<String> {
    let wanted = content_words(claim);
    let shared = |sentence: &str| share(&wanted, &content_words(sentence));
    let short = sentences(passage).into_iter().filter(|one| (LEAST_WORDS..=most_words).contains(&count_words(one)));
    let best = short.max_by(|one, other| shared(one).total_cmp(&shared(other)))?;
    (shared(best) > 0.0).then(|| best.replace(['"', '“', '”', '\n'], " ").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_one_plain_sentence_that_was_not_said_yet() {
        let said = |answer: &str| sentence_of(answer, &["Bag taxes cut litter in the sea.".to_owned()]);
        let answer =
            "Here is the argument:\n\n**1. Deposits work because people bring bottles back [E4].** More follows.";
        assert_eq!(said(answer).as_deref(), Some("Deposits work because people bring bottles back."));
        assert_eq!(
            said("Bag taxes cut sea litter. Towns save money on cleaning."),
            said("Towns save money on cleaning.")
        );
        for nothing in ["", "Yes.", "\u{1b}[31m", "[E1] [E2]", "It is so:"] {
            assert_eq!(said(nothing), None, "{nothing}");
        }
        let long = "Because towns pay for cleaning, ".repeat(30);
        assert!(said(&long).is_some_and(|text| count_words(&text) <= WORDS));
    }

    #[test]
    fn the_key_sentence_is_the_one_that_the_claim_rests_on() {
        let passage = "The sea is wide. A levy on plastic bags cut their use by \"half\". Nobody was asked about cups.";
        let key = key_sentence("A levy cuts the use of plastic bags", passage, 20);
        assert_eq!(key.as_deref(), Some("A levy on plastic bags cut their use by  half ."));
        assert_eq!(key_sentence("Trains are late", passage, 20), None);
        assert_eq!(key_sentence("A levy cuts the use of plastic bags", passage, 5), None);
    }
}
