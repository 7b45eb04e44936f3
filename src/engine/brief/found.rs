//! The passages that a brief's queries find: merged, each once, and counted by the side that they help.

use crate::domain::evidence::EvidenceItem;
use crate::domain::seat::Side;
use crate::engine::brief::paper::{Asked, Weighed};
use crate::engine::brief::queries::Planned;
use crate::engine::brief::{Watch, step};
use crate::engine::error::EngineError;
use crate::evidence::fusion::in_turn;
use crate::evidence::query_score::QueryScore;
use crate::evidence::{EvidenceBase, Passage};

/// Passages that one query brings.
const EACH: usize = 10;
/// Passages that are read for one that may be kept.
const READ_FOR_ONE: usize = 4;

/// The passages that were read, each with what it helps.
#[derive(Debug, Default)]
pub(super) struct Passed {
    pub read: Vec<(Passage, Weighed)>,
}

impl Passed {
    pub fn for_neither(&self) -> usize {
        self.read.iter().filter(|(_, weighed)| weighed.side().is_none()).count()
    }

    /// The passages of a side, those first that help it the most surely.
    pub fn of(&self, side: Side) -> Vec<&(Passage, Weighed)> {
        let mut own: Vec<_> = self.read.iter().filter(|(_, weighed)| weighed.side() == Some(side)).collect();
        own.sort_by(|(_, one), (_, other)| other.of(side).total_cmp(&one.of(side)));
        own
    }
}

/// Looks everything up. The passages of the queries take turns, so that none is crowded out, and each stands there once.
///
/// # Errors
/// The sources cannot be searched.
pub(super) async fn search(
    base: &dyn EvidenceBase,
    motion: &str,
    planned: Vec<Planned>,
    limit: usize,
    watch: &Watch,
) -> Result<(Vec<Asked>, Vec<Passage>), EngineError> {
    let (mut asked, mut before) = (Vec::new(), Vec::new());
    let mut found: Vec<Vec<Passage>> = Vec::new();
    let total = planned.len();
    for (done, (query, planned)) in planned.into_iter().enumerate() {
        step(watch, "looking up", done, total);
        let passages = base.search(&query, EACH).await?;
        let score = QueryScore::of(&query, motion, &before, passages.first().map(|passage| passage.text.as_str()));
        before.push(query.clone());
        asked.push(Asked { query, planned, found: passages.len(), score });
        found.push(passages);
    }
    Ok((asked, taking_turns(found, limit.saturating_mul(READ_FOR_ONE))))
}

fn taking_turns(found: Vec<Vec<Passage>>, most: usize) -> Vec<Passage> {
    let mut taken: Vec<Passage> = Vec::new();
    for passage in in_turn(found) {
        let is_new = |other: &Passage| other.source != passage.source && other.text.trim() != passage.text.trim();
        if taken.iter().all(is_new) {
            taken.push(passage);
        }
    }
    taken.truncate(most);
    taken
}

/// A passage under its label.
pub(super) fn labelled(passage: &Passage, number: usize) -> EvidenceItem {
    passage.clone().labelled(format!("E{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(source: &str, text: &str) -> Passage {
        let (title, address) = (source.to_owned(), source.to_owned());
        Passage { source: source.to_owned(), title, address, text: text.to_owned(), score: 1.0 }
    }

    #[test]
    fn passages_of_all_queries_take_turns_and_none_stands_twice() {
        let found = vec![
            vec![passage("a", "one"), passage("b", "two"), passage("c", "three")],
            vec![passage("a", "one"), passage("d", " two ")],
            vec![],
            vec![passage("e", "five")],
        ];
        let sources = |most| -> Vec<String> {
            taking_turns(found.clone(), most).into_iter().map(|passage| passage.source).collect()
        };
        assert_eq!(sources(9), ["a", "e", "b", "c"]);
        assert_eq!(sources(2), ["a", "e"]);
    }

    #[test]
    fn the_passages_of_a_side_are_those_that_help_it_the_surest_first() {
        let weighed = |proposition, opposition| Weighed { proposition, opposition, neither: 0.1 };
        let passed = Passed {
            read: vec![
                (passage("a", "1"), weighed(0.5, 0.4)),
                (passage("b", "2"), weighed(0.05, 0.04)),
                (passage("c", "3"), weighed(0.8, 0.1)),
                (passage("d", "4"), weighed(0.1, 0.8)),
            ],
        };
        let of = |side| -> Vec<&str> { passed.of(side).iter().map(|(passage, _)| passage.source.as_str()).collect() };
        assert_eq!((of(Side::Proposition), of(Side::Opposition)), (vec!["c", "a"], vec!["d"]));
        assert_eq!(passed.for_neither(), 1);
    }
}
