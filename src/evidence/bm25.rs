//! Ranks passages for a query with Okapi BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009).
//!
//! `score = sum over query terms of idf * f (k1 + 1) / (f + k1 (1 - b + b length / mean length))`, with
//! `idf = ln(1 + (N - n + 0.5) / (n + 0.5))`, which is never negative.

use std::collections::HashMap;

use crate::evidence::terms::terms;

/// How soon a repeated term stops counting.
const K1: f64 = 1.2;

/// How much a long passage is held back, 0 to 1.
const B: f64 = 0.75;

/// An index in memory.
#[derive(Debug, Default)]
pub struct Index {
    /// For each term the passages that hold it, with how often.
    postings: HashMap<String, Vec<(u32, u32)>>,
    lengths: Vec<u32>,
    total: u64,
}

impl Index {
    /// Adds a passage; passages count from 0 in the order they are added.
    pub fn add(&mut self, text: &str) {
        let passage = u32::try_from(self.lengths.len()).unwrap_or(u32::MAX);
        let terms = terms(text);
        let length = u32::try_from(terms.len()).unwrap_or(u32::MAX);
        let mut counts: HashMap<String, u32> = HashMap::new();
        for term in terms {
            *counts.entry(term).or_insert(0) += 1;
        }
        for (term, count) in counts {
            self.postings.entry(term).or_default().push((passage, count));
        }
        self.lengths.push(length);
        self.total += u64::from(length);
    }

    /// The best passages for a query with their scores, best first, the earlier one first where scores are equal.
    /// Passages that share no term with the query are left out.
    #[must_use]
    pub fn search(&self, query: &str, limit: usize) -> Vec<(usize, f64)> {
        let passages = self.lengths.len() as f64;
        let mean = self.total as f64 / passages.max(1.0);
        let mut asked: Vec<String> = terms(query);
        // Sums of floats depend on their order, so the order must not depend on a hash.
        asked.sort_unstable();
        let mut scores: HashMap<u32, f64> = HashMap::new();
        for term in &asked {
            let Some(postings) = self.postings.get(term) else { continue };
            let holding = postings.len() as f64;
            let idf = (1.0 + (passages - holding + 0.5) / (holding + 0.5)).ln();
            for &(passage, count) in postings {
                let (count, length) = (f64::from(count), f64::from(self.lengths[passage as usize]));
                let score = idf * count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length / mean));
                *scores.entry(passage).or_insert(0.0) += score;
            }
        }
        let mut found: Vec<(usize, f64)> =
            scores.into_iter().map(|(passage, score)| (passage as usize, score)).collect();
        found.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(limit);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(passages: &[&str]) -> Index {
        let mut index = Index::default();
        passages.iter().for_each(|passage| index.add(passage));
        index
    }

    #[test]
    fn a_score_follows_the_formula() {
        let index = index(&["plastic tax plastic", "tax", "sea"]);
        let found = index.search("plastic", 9);
        let idf = (1.0f64 + (3.0 - 1.0 + 0.5) / 1.5).ln();
        let expected = idf * 2.0 * 2.2 / (2.0 + 1.2 * (0.25 + 0.75 * 3.0 / (5.0 / 3.0)));
        assert_eq!(found.len(), 1);
        assert!((found[0].1 - expected).abs() < 1e-12, "{found:?} {expected}");
    }

    #[test]
    fn rare_terms_weigh_more_and_equal_scores_keep_their_order() {
        let index = index(&["tax sea", "tax reef", "tax sea", "tax land"]);
        let order = |query| index.search(query, 9).into_iter().map(|(passage, _)| passage).collect::<Vec<_>>();
        assert_eq!(order("taxes on the reef"), [1, 0, 2, 3]);
        assert_eq!(index.search("tax", 2).len(), 2);
    }

    #[test]
    fn nothing_shared_finds_nothing() {
        assert!(index(&["tax"]).search("moon", 3).is_empty());
        assert!(index(&[]).search("moon", 3).is_empty());
        assert!(index(&["tax"]).search("the of ?", 3).is_empty());
    }
}
