//! Fits a debate into a model: read in one go where there is room, else speech by speech with notes, a speech that is
//! too long in parts. Nothing is ever cut in silence.

use std::collections::BTreeMap;

use crate::domain::recipe::{Direction, Reading, Recipe};
use crate::domain::transcript::Transcript;
use crate::judge::estimate::{self, Estimate, Lengths};
use crate::judge::plan::Sitting;
use crate::text::sentences::sentences;

/// Parts that one speech is cut into at the most.
const MOST_PARTS: usize = 64;

/// How a debate was made to fit.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fit {
    /// Whether the recipe reads in one go and had to take notes.
    pub notes: bool,
    /// Speeches that are read in parts.
    pub parts: BTreeMap<usize, Vec<String>>,
}

impl Fit {
    /// What the plan costs, its parts counted.
    pub fn estimate(&self, recipe: &Recipe, lengths: &Lengths, models: u64, probabilities: bool) -> Estimate {
        estimate::cost(recipe, &lengths.in_parts(&self.parts), models, probabilities)
    }
}

/// The recipe as this debate needs it, and how the debate is read; or why it does not fit.
pub(super) fn fit(
    recipe: &Recipe,
    transcript: &Transcript,
    lengths: &Lengths,
    context: usize,
    sitting: &Sitting<'_>,
) -> Result<(Recipe, Fit), String> {
    let needed = |recipe: &Recipe, lengths: &Lengths| estimate::cost(recipe, lengths, 1, true).largest_call;
    let room = context as u64;
    let name = &sitting.judge.model.name;
    let at_once = needed(recipe, lengths);
    if at_once <= room {
        return Ok((recipe.clone(), Fit::default()));
    }
    // A question about one side, and a reply to it, cannot be put to notes on both.
    let compares = recipe.criteria.values().all(|criterion| recipe.reading_of(criterion) != Reading::Alone);
    if !compares || !sitting.writes {
        return Err(format!(
            "judging needs about {at_once} tokens at once, but {name} reads {context}, and this judge takes no notes; \
             choose a model with a longer context"
        ));
    }
    let mut taking = recipe.clone();
    taking.reading = Reading::Chronological;
    taking.rubric = None;
    taking.criteria.values_mut().for_each(|criterion| criterion.reading = None);
    if taking.direction == Direction::Both {
        taking.direction = Direction::Forward;
    }
    let mut fit = Fit { notes: recipe.reading != Reading::Chronological, parts: BTreeMap::new() };
    if needed(&taking, lengths) <= room {
        return Ok((taking, fit));
    }
    // What the largest call needs beside the longest speech is what its parts have to leave free.
    let beside = needed(&taking, &lengths.emptied());
    let free = room.saturating_sub(beside) as usize;
    for (speech, spoken) in transcript.speeches.iter().enumerate() {
        if lengths.of(speech) as usize > free && free > 0 {
            let parts = cut(&spoken.text, free, sitting.count_tokens);
            fit.parts.extend(parts.map(|parts| (speech, parts)));
        }
    }
    let in_parts = needed(&taking, &lengths.in_parts(&fit.parts));
    if in_parts <= room {
        return Ok((taking, fit));
    }
    Err(format!(
        "judging needs about {in_parts} tokens at once, even speech by speech with notes, but {name} reads {context}; \
         choose a model with a longer context or a recipe with fewer writing.tokens"
    ))
}

/// A text in parts of at most so many tokens, cut between sentences. `None` if a single sentence is longer.
fn cut(text: &str, free: usize, count: &dyn Fn(&str) -> usize) -> Option<Vec<String>> {
    let room = free.checked_sub(estimate::FENCE_TOKENS as usize)?;
    let mut parts: Vec<(String, usize)> = Vec::new();
    for sentence in sentences(text) {
        let tokens = count(sentence) + 1;
        if tokens > room {
            return None;
        }
        match parts.last_mut() {
            Some((part, taken)) if *taken + tokens <= room => {
                part.push(' ');
                part.push_str(sentence);
                *taken += tokens;
            }
            _ => parts.push((sentence.to_owned(), tokens)),
        }
    }
    (parts.len() <= MOST_PARTS).then(|| parts.into_iter().map(|(part, _)| part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speech_is_cut_between_sentences_and_loses_nothing() {
        let text = "Trees cool a street. They are cheap. A sapling needs twenty years! Awnings do not.";
        let count = |text: &str| text.split_whitespace().count();
        let parts = cut(text, estimate::FENCE_TOKENS as usize + 9, &count).unwrap();
        assert_eq!(parts.len(), 3, "{parts:?}");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&parts.join(" ")), words(text));
        assert!(cut(text, estimate::FENCE_TOKENS as usize + 2, &count).is_none(), "a sentence is never broken");
    }
}
