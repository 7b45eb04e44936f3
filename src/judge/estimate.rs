//! What a judge will cost, before it starts, and whether the debate fits into its model at all.
//!
//! The same sums serve a debate that is planned (its word limits) and one that was spoken (its counted tokens).

use crate::domain::opening::{Opening, ResolvedModel};
use crate::domain::recipe::{Combination, Orders, Reading, Recipe, Scoring};
use crate::judge::transcript::Transcript;
use crate::judge::voting;

/// Tokens of one English word, from above: small vocabularies split more.
const TOKENS_PER_WORD: f64 = 1.5;
/// Headings and fences around one passage.
const FENCE_TOKENS: u64 = 40;
/// System message, question and chat marks of one call.
const FRAME_TOKENS: u64 = 300;
/// A score or a verdict in words.
const FORM_TOKENS: u64 = 32;

/// The cost of judging one debate once, nothing asked again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    pub calls: u64,
    /// From above; tokens that a cache serves are counted in.
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// The longest call: prompt and answer together.
    pub largest_call: u64,
}

impl Estimate {
    fn add(&mut self, calls: u64, prompt: u64, completion: u64) {
        self.calls += calls;
        self.prompt_tokens += calls * prompt;
        self.completion_tokens += calls * completion;
        if calls > 0 {
            self.largest_call = self.largest_call.max(prompt + completion);
        }
    }
}

/// Tokens of each speech, its fence included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lengths(Vec<u64>);

impl Lengths {
    pub fn counted(transcript: &Transcript, count: &dyn Fn(&str) -> usize) -> Lengths {
        Lengths(transcript.speeches.iter().map(|spoken| count(&spoken.text) as u64 + FENCE_TOKENS).collect())
    }

    fn planned(opening: &Opening) -> Lengths {
        let words = opening
            .format
            .slots()
            .into_iter()
            .filter_map(|slot| opening.format.stages.get(slot.stage))
            .map(|stage| stage.words);
        Lengths(words.map(|words| (words as f64 * TOKENS_PER_WORD).ceil() as u64 + FENCE_TOKENS).collect())
    }
}

/// What judging a debate of this opening will cost. `probabilities` says whether the judge's model shows them.
#[must_use]
pub fn estimate(recipe: &Recipe, opening: &Opening, probabilities: bool) -> Estimate {
    cost(recipe, &Lengths::planned(opening), probabilities)
}

/// Why the debate does not fit into the model; `None` if it does. Nothing is ever cut in silence.
pub(super) fn obstacle(recipe: &Recipe, lengths: &Lengths, model: &ResolvedModel) -> Option<String> {
    let needed = cost(recipe, lengths, true).largest_call;
    if needed <= model.context as u64 {
        return None;
    }
    let way_out = match recipe.reading {
        Reading::Whole => {
            "choose a recipe that reads speech by speech (reading = \"chronological\") or a model with a longer context"
        }
        Reading::Chronological => {
            "choose a model with a longer context, a recipe with fewer writing.tokens or a shorter format"
        }
    };
    Some(format!("judging needs about {needed} tokens at once, but {} reads {}; {way_out}", model.name, model.context))
}

fn cost(recipe: &Recipe, lengths: &Lengths, probabilities: bool) -> Estimate {
    let mut cost = Estimate::default();
    let dimensions = recipe.criteria.len() as u64;
    let speeches = lengths.0.len() as u64;
    let note = u64::from(recipe.writing.tokens);
    let passage = note + FENCE_TOKENS;
    let whole: u64 = lengths.0.iter().sum();
    for _ in voting::namings(recipe.voting.orders) {
        if recipe.reading == Reading::Chronological {
            for (before, speech) in lengths.0.iter().enumerate() {
                cost.add(dimensions, FRAME_TOKENS + before as u64 * passage + speech, note);
            }
        }
        let material = if recipe.reading == Reading::Whole { whole } else { speeches * passage };
        match recipe.scoring {
            Scoring::LabelProbability { .. } => labels(recipe, &mut cost, material, speeches),
            Scoring::CritiqueThenScore {} => {
                let extraction = if probabilities { 0 } else { FORM_TOKENS };
                if recipe.reading == Reading::Chronological {
                    cost.add(dimensions * speeches, FRAME_TOKENS + passage, extraction);
                }
                cost.add(dimensions, FRAME_TOKENS + material, note);
                cost.add(dimensions, FRAME_TOKENS + passage, extraction);
                if matches!(recipe.combination, Combination::Panel {}) {
                    cost.add(1, FRAME_TOKENS + dimensions * passage, note);
                    cost.add(1, FRAME_TOKENS + passage, extraction);
                }
            }
        }
    }
    cost
}

/// One call for all dimensions behind the whole transcript, or one for each behind its notes; the prior on silence likewise.
fn labels(recipe: &Recipe, cost: &mut Estimate, material: u64, speeches: u64) {
    let orders = if recipe.voting.orders == Orders::One { 1 } else { 2 };
    let dimensions = recipe.criteria.len() as u64;
    let (calls, questions) = match recipe.reading {
        Reading::Whole => (1, dimensions * orders),
        Reading::Chronological => (dimensions, orders),
    };
    let read = |material: u64| FRAME_TOKENS + material + questions.saturating_sub(1) * FRAME_TOKENS / 2;
    let silence = speeches * FENCE_TOKENS;
    // The questions lie beside each other behind one prefix: only one of them is in the context at a time.
    let largest = cost.largest_call.max(FRAME_TOKENS + material);
    cost.add(calls, read(material), 0);
    if recipe.voting.content_free_prior {
        cost.add(calls, read(silence), 0);
    }
    cost.largest_call = largest;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::recipe::Options;
    use crate::judge::rehearsal::{debatrix, label_probability, opening, placid, plan, rendered, run, speeches};

    /// The count of the paper's protocol, its three extraction calls after a judgement merged into one:
    /// D dimensions, S speeches give D (2 S + 2) + 2.
    #[test]
    fn debatrix_makes_the_calls_that_its_protocol_counts() {
        let lengths = Lengths(vec![100; 6]);
        assert_eq!(cost(&debatrix(), &lengths, true).calls, 3 * (2 * 6 + 2) + 2);
    }

    #[test]
    fn a_planned_duel_is_estimated_from_its_word_limits() {
        let planned = estimate(&label_probability(), &opening(), true);
        assert_eq!((planned.calls, planned.completion_tokens), (2, 0));
        let words = 4 * 120;
        assert!(planned.prompt_tokens > words && planned.prompt_tokens < 20 * words, "{planned:?}");
        let (off, words) = (estimate(&debatrix(), &opening(), true), estimate(&debatrix(), &opening(), false));
        assert_eq!(off.calls, words.calls);
        assert!(words.completion_tokens > off.completion_tokens);
    }

    #[test]
    fn the_estimate_counts_the_calls_that_are_made_and_does_not_undercount_their_prompts() {
        let mut names = label_probability();
        names.voting.orders = Orders::Names;
        names.choice.options = Options::Names;
        let mut chronological = label_probability();
        chronological.reading = Reading::Chronological;
        let mut twice = debatrix();
        twice.voting.orders = Orders::Names;
        for (recipe, probabilities) in
            [(label_probability(), true), (names, true), (chronological, true), (debatrix(), false), (twice, true)]
        {
            let count = |text: &str| text.len() / 4;
            let planned = cost(&recipe, &Lengths::counted(&speeches(), &count), probabilities);
            let (_, said, rounds) = run(&plan(recipe, &speeches(), probabilities), placid);
            assert_eq!(planned.calls, said.len() as u64);
            let largest =
                rounds.iter().flatten().flat_map(rendered).map(|(system, user)| count(&system) + count(&user)).max();
            assert!(planned.largest_call >= largest.unwrap() as u64);
        }
    }
}
