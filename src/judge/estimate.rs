//! What a judge will cost, before it starts.
//!
//! The same sums serve a debate that is planned (its word limits) and one that was spoken (its counted tokens).

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ballot::Check;
use crate::domain::format::Slot;
use crate::domain::opening::{JudgeSeat, Opening};
use crate::domain::recipe::{Called, Combination, Direction, Orders, Reading, Recipe, Scoring};
use crate::domain::seat::Seat;
use crate::domain::transcript::{Contest, Transcript};
use crate::judge::checks::facts;
use crate::judge::scoring::rubric_tokens;

/// Tokens of one English word, from above: small vocabularies split more.
const TOKENS_PER_WORD: f64 = 1.5;
/// Headings and fences around one passage.
pub(super) const FENCE_TOKENS: u64 = 40;
/// System message, question and chat marks of one call.
const FRAME_TOKENS: u64 = 300;
/// A score or a verdict in words.
const FORM_TOKENS: u64 = 32;
/// A reply of an audience.
const REPLY_TOKENS: u64 = 16;

/// A motion.
const MOTION_TOKENS: u64 = 24;

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

    fn times(self, times: u64) -> Estimate {
        Estimate {
            calls: self.calls * times,
            prompt_tokens: self.prompt_tokens * times,
            completion_tokens: self.completion_tokens * times,
            ..self
        }
    }

    /// Both costs together.
    #[must_use]
    pub fn plus(self, other: Estimate) -> Estimate {
        Estimate {
            calls: self.calls + other.calls,
            prompt_tokens: self.prompt_tokens + other.prompt_tokens,
            completion_tokens: self.completion_tokens + other.completion_tokens,
            largest_call: self.largest_call.max(other.largest_call),
        }
    }
}

/// Tokens of what a judge reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lengths {
    /// Each speech, or each part of one, with its fence: the index of the speech, whether it is the opener's, tokens.
    pieces: Vec<(usize, bool, u64)>,
    /// What a machine remarked on the speeches.
    remarks: u64,
    /// Cited sentences with their sources.
    facts: Vec<u64>,
}

impl Lengths {
    pub fn counted(transcript: &Transcript, checks: &[Check], count: &dyn Fn(&str) -> usize) -> Lengths {
        let speeches = transcript.speeches.iter().enumerate();
        let piece = |(index, spoken): (usize, &crate::domain::transcript::Spoken)| {
            (index, spoken.side == transcript.opener(), count(&spoken.text) as u64 + FENCE_TOKENS)
        };
        let text = |check: &Check| {
            let side = transcript.speeches.get(check.speech).map(|spoken| spoken.side);
            let bag = side.and_then(|side| transcript.sources.get(&side)).into_iter().flatten();
            bag.filter(|item| check.source.as_deref() == Some(item.label.as_str())).map(|item| count(&item.text)).sum()
        };
        let facts = facts(checks).map(|(_, check)| {
            let source: usize = text(check);
            (count(&check.claim) + source) as u64 + 2 * FENCE_TOKENS
        });
        Lengths {
            pieces: speeches.map(piece).collect(),
            remarks: checks.iter().map(|check| count(&check.sentence()) as u64 + FENCE_TOKENS).sum(),
            facts: facts.collect(),
        }
    }

    fn planned(opening: &Opening, between: Option<[Seat; 2]>) -> Lengths {
        let mut slots = opening.format.slots();
        slots.retain(|slot| between.is_none_or(|seats| seats.contains(&slot.seat)));
        let of = |slot: &Slot| (slot.side, between.map(|_| slot.seat));
        let opener = slots.first().map(of);
        let piece = |slot: &Slot| {
            let words = opening.format.stages.get(slot.stage)?.words;
            let tokens = (words as f64 * TOKENS_PER_WORD).ceil() as u64 + FENCE_TOKENS;
            Some((slot.index, Some(of(slot)) == opener, tokens))
        };
        Lengths { pieces: slots.iter().filter_map(piece).collect(), remarks: 0, facts: Vec::new() }
    }

    /// Of one speech.
    pub fn of(&self, speech: usize) -> u64 {
        self.pieces.iter().filter(|(index, ..)| *index == speech).map(|(.., tokens)| tokens).sum()
    }

    /// With nothing said.
    pub fn emptied(&self) -> Lengths {
        let pieces = self.pieces.iter().map(|(index, opener, _)| (*index, *opener, 0)).collect();
        Lengths { pieces, ..self.clone() }
    }

    /// With some speeches in equal parts.
    pub fn in_parts(&self, parts: &BTreeMap<usize, Vec<String>>) -> Lengths {
        let pieces = self.pieces.iter().flat_map(|(index, opener, tokens)| {
            let count = parts.get(index).map_or(1, Vec::len);
            // The longest part is what counts, and sentences do not divide evenly.
            let part = if count == 1 { *tokens } else { tokens / count as u64 + tokens / (count as u64 * 4) };
            std::iter::repeat_n((*index, *opener, part), count)
        });
        Lengths { pieces: pieces.collect(), ..self.clone() }
    }

    fn whole(&self) -> u64 {
        self.remarks + self.pieces.iter().map(|(.., tokens)| tokens).sum::<u64>()
    }

    fn of_side(&self, opener: bool) -> u64 {
        self.remarks + self.pieces.iter().filter(|piece| piece.1 == opener).map(|(.., tokens)| tokens).sum::<u64>()
    }
}

/// What a judge of this opening will cost. `probabilities` says whether its models show them.
#[must_use]
pub fn estimate(judge: &JudgeSeat, opening: &Opening, probabilities: bool) -> Estimate {
    let (recipe, lengths) = (judge.recipe.for_contest(Contest::Debate), Lengths::planned(opening, judge.between));
    cost(&recipe, &lengths, judge.models().count() as u64, probabilities)
}

pub(super) fn cost(recipe: &Recipe, lengths: &Lengths, models: u64, probabilities: bool) -> Estimate {
    let directions = if recipe.direction == Direction::Both { 2 } else { 1 };
    let named = if matches!(recipe.voting.orders, Orders::Names | Orders::Both) { 2 } else { 1 };
    let one = match &recipe.scoring {
        Scoring::LabelProbability { .. } => labels(recipe, lengths, named).times(directions),
        Scoring::CritiqueThenScore {} => {
            let namings = if recipe.voting.shuffle { 1 } else { named };
            let views = u64::from(recipe.voting.samples) * namings * directions;
            critique(recipe, lengths, probabilities).times(views)
        }
        Scoring::FollowUpLikelihood { positive, negative, .. } => {
            let replies = (positive.len() + negative.len()) as u64 * REPLY_TOKENS;
            let mut sides = Estimate::default();
            for opener in [true, false] {
                sides.add(1, FRAME_TOKENS + lengths.of_side(opener) + replies, 0);
            }
            sides.times(directions)
        }
    };
    let mut facts = Estimate::default();
    if !lengths.facts.is_empty() {
        let longest = lengths.facts.iter().max().copied().unwrap_or(0);
        let all: u64 = lengths.facts.iter().map(|tokens| FRAME_TOKENS + tokens).sum();
        facts.add(1, all, if probabilities { 0 } else { FORM_TOKENS });
        facts.largest_call = FRAME_TOKENS + longest;
    }
    one.times(models).plus(facts).plus(relevance(recipe, lengths))
}

/// What every side's first words say about the motion and about others.
fn relevance(recipe: &Recipe, lengths: &Lengths) -> Estimate {
    let mut cost = Estimate::default();
    if let Some(rule) = &recipe.rules.relevance {
        let motions = (rule.motions.len() as u64 + 1) * MOTION_TOKENS;
        for material in [lengths.of_side(true), lengths.of_side(false), 0] {
            cost.add(1, FRAME_TOKENS + material + motions, 0);
        }
    }
    cost
}

/// Notes on one dimension.
fn notes(recipe: &Recipe, lengths: &Lengths) -> Estimate {
    let note = u64::from(recipe.writing.tokens);
    let mut cost = Estimate::default();
    for (before, (.., tokens)) in lengths.pieces.iter().enumerate() {
        cost.add(1, FRAME_TOKENS + lengths.remarks + before as u64 * (note + FENCE_TOKENS) + tokens, note);
    }
    cost
}

/// Label probabilities in every naming, read in one direction.
fn labels(recipe: &Recipe, lengths: &Lengths, namings: u64) -> Estimate {
    let callings: BTreeSet<Called> = recipe.choice.iter().map(|choice| choice.called).collect();
    let note = u64::from(recipe.writing.tokens) + FENCE_TOKENS;
    let prior = u64::from(recipe.voting.content_free_prior);
    let of =
        |reading| recipe.criteria.values().filter(|criterion| recipe.reading_of(criterion) == reading).count() as u64;
    let mut cost = Estimate::default();
    let mut ask = |material: u64, questions: u64| {
        let read = FRAME_TOKENS + material + questions.saturating_sub(1) * FRAME_TOKENS / 2;
        // The questions lie beside each other behind one prefix: only one of them is in the context at a time.
        let largest = cost.largest_call.max(FRAME_TOKENS + material);
        cost.add(1, read, 0);
        cost.largest_call = largest;
    };
    let mut notes_taken = 0;
    let silence = lengths.pieces.len() as u64 * FENCE_TOKENS;
    let (whole, chronological, alone) = (of(Reading::Whole), of(Reading::Chronological), of(Reading::Alone));
    let views = callings.into_iter().flat_map(|called| (0..namings).map(move |_| called));
    for called in views {
        let swaps = matches!(recipe.voting.orders, Orders::Labels | Orders::Both) && called != Called::Letters;
        let ways = recipe.choice.iter().filter(|choice| choice.called == called).count() as u64;
        let orders = ways * if swaps { 2 } else { 1 };
        notes_taken += chronological;
        if whole > 0 {
            ask(lengths.whole(), whole * orders);
            (0..prior).for_each(|_| ask(silence, whole * orders));
        }
        for _ in 0..chronological {
            ask(lengths.pieces.len() as u64 * note, orders);
            (0..prior).for_each(|_| ask(silence, orders));
        }
    }
    if alone > 0 {
        [true, false].into_iter().for_each(|opener| ask(lengths.of_side(opener), alone));
    }
    cost.plus(notes(recipe, lengths).times(notes_taken))
}

/// Critique and scores in one view.
fn critique(recipe: &Recipe, lengths: &Lengths, probabilities: bool) -> Estimate {
    let dimensions = recipe.criteria.len() as u64;
    let note = u64::from(recipe.writing.tokens);
    let passage = note + FENCE_TOKENS;
    let extraction = if probabilities { 0 } else { FORM_TOKENS };
    let rubric = recipe.rubric.map_or(0, |rubric| u64::from(rubric_tokens(rubric)));
    let mut cost = Estimate::default();
    if recipe.rubric.is_some() {
        cost.add(dimensions, FRAME_TOKENS + lengths.whole(), rubric);
    }
    match recipe.reading {
        Reading::Whole => cost.add(dimensions, FRAME_TOKENS + rubric + lengths.whole(), note),
        Reading::Chronological => {
            cost = cost.plus(notes(recipe, lengths).times(dimensions));
            cost.add(dimensions * lengths.pieces.len() as u64, FRAME_TOKENS + passage, extraction);
            cost.add(dimensions, FRAME_TOKENS + lengths.pieces.len() as u64 * passage, note);
        }
        Reading::Alone => {
            for opener in [true, false] {
                cost.add(dimensions, FRAME_TOKENS + rubric + lengths.of_side(opener), note);
                cost.add(dimensions, FRAME_TOKENS + passage, extraction);
            }
            return cost;
        }
    }
    cost.add(dimensions, FRAME_TOKENS + passage, extraction);
    if matches!(recipe.combination, Combination::Panel {}) {
        cost.add(1, FRAME_TOKENS + dimensions * passage, note);
        cost.add(1, FRAME_TOKENS + passage, extraction);
    }
    cost
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::rehearsal::{
        cited, debatrix, label_probability, opening, placid, plan, rendered, run, seat, shipped,
    };

    /// The count of the paper's protocol, its three extraction calls after a judgement merged into one:
    /// D dimensions, S speeches give D (2 S + 2) + 2.
    #[test]
    fn debatrix_makes_the_calls_that_its_protocol_counts() {
        let pieces = (0..6).map(|index| (index, index % 2 == 0, 100)).collect();
        let lengths = Lengths { pieces, ..Lengths::default() };
        assert_eq!(cost(&debatrix(), &lengths, 1, true).calls, 3 * (2 * 6 + 2) + 2);
    }

    #[test]
    fn a_planned_duel_is_estimated_from_its_word_limits() {
        let planned = estimate(&seat(label_probability()), &opening(), true);
        assert_eq!((planned.calls, planned.completion_tokens), (2, 0));
        let words = 4 * 120;
        assert!(planned.prompt_tokens > words && planned.prompt_tokens < 20 * words, "{planned:?}");
        let (off, words) =
            (estimate(&seat(debatrix()), &opening(), true), estimate(&seat(debatrix()), &opening(), false));
        assert_eq!(off.calls, words.calls);
        assert!(words.completion_tokens > off.completion_tokens);
    }

    #[test]
    fn the_estimate_counts_the_calls_that_are_made_and_does_not_undercount_their_prompts() {
        for (recipe, probabilities) in shipped() {
            let count = |text: &str| text.len() / 4;
            let debate = cited();
            let planned = plan(recipe.clone(), &debate, probabilities).estimate();
            let (_, said, rounds) = run(&plan(recipe.clone(), &debate, probabilities), placid);
            assert_eq!(planned.calls, said.len() as u64, "{}", recipe.name);
            let largest =
                rounds.iter().flatten().flat_map(rendered).map(|(system, user)| count(&system) + count(&user)).max();
            assert!(planned.largest_call >= largest.unwrap() as u64, "{}", recipe.name);
        }
    }
}
