//! What is known of the wanted motion: a probability for each candidate, and the question from which the most is to be learnt.

use std::collections::BTreeSet;

use crate::domain::clinic::{Candidate, Question};

/// Motions that are shown beside each other.
const SHOWN: usize = 3;
/// A candidate this probable is the one.
const ENOUGH: f64 = 0.75;
/// Questions that promise less, in bits, are not worth an answer.
const LEAST_GAIN: f64 = 0.05;

/// Candidates with their probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct Belief {
    candidates: Vec<Candidate>,
    /// One for each candidate; they sum to 1.
    shares: Vec<f64>,
    asked: Vec<Question>,
}

impl Belief {
    /// A belief from candidates with weights above 0, which need not sum to 1. `None` without a candidate that has one.
    #[must_use]
    pub fn new(weighed: Vec<(Candidate, f64)>) -> Option<Belief> {
        let weighed: Vec<(Candidate, f64)> =
            weighed.into_iter().filter(|(_, weight)| weight.is_finite() && *weight > 0.0).collect();
        let total: f64 = weighed.iter().map(|(_, weight)| weight).sum();
        let (candidates, shares) = weighed.into_iter().map(|(candidate, weight)| (candidate, weight / total)).unzip();
        let belief = Belief { candidates, shares, asked: Vec::new() };
        (!belief.candidates.is_empty()).then_some(belief)
    }

    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The candidates with their probabilities, the most probable first.
    #[must_use]
    pub fn ranked(&self) -> Vec<(&Candidate, f64)> {
        self.places().into_iter().map(|place| (&self.candidates[place], self.shares[place])).collect()
    }

    /// What is not known, in bits.
    #[must_use]
    pub fn entropy(&self) -> f64 {
        self.shares.iter().filter(|share| **share > 0.0).map(|share| -share * share.log2()).sum()
    }

    /// How many bits the answer to a question is expected to tell: `Σ_a Σ_c P(c) P(a|c) log₂ (P(a|c) / P(a))`, at least 0.
    #[must_use]
    pub fn gain(&self, question: &Question) -> f64 {
        let likelihoods: Vec<Vec<f64>> = self.likelihoods(question);
        let answers = likelihoods.first().map_or(0, Vec::len);
        let mut gain = 0.0;
        for answer in 0..answers {
            let overall: f64 = self.shares.iter().zip(&likelihoods).map(|(share, likely)| share * likely[answer]).sum();
            for (share, likely) in self.shares.iter().zip(&likelihoods) {
                if share * likely[answer] > 0.0 {
                    gain += share * likely[answer] * (likely[answer] / overall).log2();
                }
            }
        }
        gain.max(0.0)
    }

    /// The question with the highest expected gain, and that gain in bits. `None` once one candidate is probable enough, or
    /// nothing is worth asking.
    #[must_use]
    pub fn next(&self) -> Option<(Question, f64)> {
        if self.shares.iter().any(|share| *share >= ENOUGH) {
            return None;
        }
        let open = self.questions().into_iter().filter(|question| !self.asked.contains(question));
        let gains = open.map(|question| (self.gain(&question), question));
        let best = gains.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
        (best.0 >= LEAST_GAIN).then_some((best.1, best.0))
    }

    /// Takes an answer in, by its place in the list of answers. One beyond the list changes nothing.
    pub fn learn(&mut self, question: Question, answer: usize) {
        let likelihoods = self.likelihoods(&question);
        let weighed = self.shares.iter().zip(&likelihoods);
        let weights: Option<Vec<f64>> = weighed.map(|(share, likely)| Some(share * likely.get(answer)?)).collect();
        self.asked.push(question);
        if let Some(weights) = weights {
            let total: f64 = weights.iter().sum();
            self.shares = weights.into_iter().map(|weight| weight / total).collect();
        }
    }

    fn likelihoods(&self, question: &Question) -> Vec<Vec<f64>> {
        self.candidates.iter().enumerate().map(|(place, candidate)| question.likelihood(place, candidate)).collect()
    }

    /// The places of the candidates, the most probable first.
    fn places(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.candidates.len()).collect();
        places.sort_by(|one, other| self.shares[*other].total_cmp(&self.shares[*one]));
        places
    }

    fn questions(&self) -> Vec<Question> {
        let tags: BTreeSet<&String> = self.candidates.iter().flat_map(|candidate| &candidate.motion.tags).collect();
        let mut shown: Vec<usize> = self.places().into_iter().take(SHOWN).collect();
        shown.sort_unstable();
        let about = tags.into_iter().map(|tag| Question::About(tag.clone()));
        [Question::Category, Question::Nearest(shown)].into_iter().chain(about).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::motion::Category;
    use crate::domain::sample;

    fn candidate(number: usize, category: Category, tags: &[&str]) -> Candidate {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let motion = crate::domain::motion::Motion { id: number.to_string(), category, tags, ..sample::motion() };
        Candidate { motion, is_new: false }
    }

    /// Sixteen equally probable motions: four of each category, half of each with the tag `law`.
    fn even() -> Belief {
        let one = |number: usize| {
            let tags: &[&str] = if number.is_multiple_of(2) { &["law"] } else { &["art"] };
            (candidate(number, Category::ALL[number / 4], tags), 1.0)
        };
        Belief::new((0..16).map(one).collect()).unwrap()
    }

    #[test]
    fn of_many_equal_candidates_the_question_that_splits_them_best_is_asked() {
        let belief = even();
        assert!((belief.entropy() - 4.0).abs() < 1e-12);
        let (question, gain) = belief.next().unwrap();
        assert_eq!(question, Question::Category);
        assert!(gain > belief.gain(&Question::About("law".to_owned())) && gain < 2.0, "{gain}");
    }

    #[test]
    fn answers_lead_to_one_candidate_in_few_questions() {
        let mut belief = even();
        let mut asked = 0;
        while let Some((question, _)) = belief.next() {
            let wanted = belief.candidates().iter().position(|candidate| candidate.motion.id == "6").unwrap();
            let likely = question.likelihood(wanted, &belief.candidates()[wanted]);
            let answer = (0..likely.len()).max_by(|one, other| likely[*one].total_cmp(&likely[*other])).unwrap();
            belief.learn(question, answer);
            asked += 1;
        }
        let best = belief.ranked()[0];
        assert!(
            best.0.motion.id == "6" && best.1 >= ENOUGH && asked <= super::super::MOST_QUESTIONS,
            "{asked} {best:?}"
        );
    }

    #[test]
    fn an_answer_that_does_not_matter_tells_nothing() {
        let mut belief = even();
        let before = belief.ranked().iter().map(|(_, share)| *share).collect::<Vec<_>>();
        belief.learn(Question::Category, 4);
        let after = belief.ranked().iter().map(|(_, share)| *share).collect::<Vec<_>>();
        assert!(before.iter().zip(&after).all(|(before, after)| (before - after).abs() < 1e-12));
        assert_ne!(belief.next().unwrap().0, Question::Category, "nothing is asked twice");
    }

    proptest! {
        #[test]
        fn the_gain_is_what_the_entropy_falls_by_on_average(
            rows in proptest::collection::vec((0usize..4, any::<bool>(), 0.01f64..10.0), 2..20),
        ) {
            let weighed = rows.iter().enumerate().map(|(number, (category, law, weight))| {
                (candidate(number, Category::ALL[*category], if *law { &["law"] } else { &[] }), *weight)
            });
            let belief = Belief::new(weighed.collect()).unwrap();
            for question in belief.questions() {
                let gain = belief.gain(&question);
                let likelihoods = belief.likelihoods(&question);
                let mut left = 0.0;
                for answer in 0..question.answers(belief.candidates()).len() {
                    let share: f64 = belief.shares.iter().zip(&likelihoods).map(|(share, likely)| share * likely[answer]).sum();
                    let mut then = belief.clone();
                    then.learn(question.clone(), answer);
                    left += share * then.entropy();
                }
                prop_assert!((belief.entropy() - left - gain).abs() < 1e-9, "{question:?}");
                prop_assert!(gain >= 0.0 && gain <= belief.entropy() + 1e-9);
            }
            let best = belief.next().map(|(_, gain)| gain);
            prop_assert!(best.is_none_or(|best| belief.questions().iter().all(|question| belief.gain(question) <= best)));
        }
    }
}
