//! Scores labels: the log-probability of each as the continuation of a prompt.

use crate::domain::usage::Usage;
use crate::model::chat::Delta;
use crate::model::local::cache::Cache;
use crate::model::local::slots::{Reading, Slots};
use crate::model::scorer::LabelScores;

/// A prompt and the tokens of each label that may follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Continuations {
    /// Never empty.
    pub prompt: Vec<u32>,
    /// None of them empty.
    pub labels: Vec<Vec<u32>>,
}

impl Continuations {
    /// `prompt` as tokenised alone, and together with each label. A label can change how the end of the prompt is
    /// tokenised ("Answer: " and "A" make one token " A"), so the labels begin where any tokenisation first differs.
    #[must_use]
    pub fn new(prompt: &[u32], with_labels: &[Vec<u32>]) -> Continuations {
        let kept = with_labels.iter().map(|tokens| common(tokens, prompt)).min().unwrap_or(prompt.len());
        let rest = |tokens: &Vec<u32>| tokens.get(kept..).unwrap_or_default().to_vec();
        Continuations {
            prompt: prompt.get(..kept).unwrap_or_default().to_vec(),
            labels: with_labels.iter().map(rest).collect(),
        }
    }

    /// The most tokens that are read at once.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.prompt.len() + self.labels.iter().map(Vec::len).max().unwrap_or(0)
    }
}

/// Questions whose labels are being scored, one after another.
pub struct Scoring<P> {
    questions: Vec<Continuations>,
    /// Scores of the labels of the questions done, and of those done of the present one.
    scores: Vec<Vec<f64>>,
    /// The prompt of the present question.
    prompt: Reading<P>,
    /// A label behind the prompt.
    label: Option<Reading<P>>,
    /// Log-probabilities of the token that follows the prompt, when it has been read.
    next: Vec<f64>,
    /// Log-probability of the tokens of the label behind its first, as far as it has been read.
    rest: f64,
    /// Tokens of the prompts before the present one.
    before: usize,
    usage: Usage,
    reread: u64,
}

impl<P> Scoring<P> {
    /// Begins with the first question; `None` if there is none.
    #[must_use]
    pub fn new(questions: Vec<Continuations>, slots: &mut Slots<P>) -> Option<Scoring<P>> {
        let first = questions.first()?;
        let mut scoring = Scoring {
            prompt: slots.take(&first.prompt),
            questions,
            scores: vec![Vec::new()],
            label: None,
            next: Vec::new(),
            rest: 0.0,
            before: 0,
            usage: Usage::default(),
            reread: 0,
        };
        scoring.count();
        Some(scoring)
    }

    /// The sequence that is being read.
    pub fn reading(&mut self) -> &mut Reading<P> {
        self.label.as_mut().unwrap_or(&mut self.prompt)
    }

    /// The sequence of the present question, without a label.
    #[must_use]
    pub fn prompt(&self) -> &Reading<P> {
        &self.prompt
    }

    /// Of the tokens just read, how many of the last ones must be followed by logits.
    #[must_use]
    pub fn wanted(&self, tokens: usize) -> usize {
        match &self.label {
            Some(_) => tokens,
            None => usize::from(self.prompt.pending().is_empty()),
        }
    }

    /// How many tokens of all prompts have been read.
    #[must_use]
    pub fn progress(&self) -> Delta {
        let total = self.questions.iter().map(|question| question.prompt.len()).sum();
        Delta::Prefill { done: self.before + self.prompt.cache.len(), total }
    }

    /// Takes the logits that were wanted. Gives the scores when the last label has its own.
    pub fn take(&mut self, logits: &[Vec<f32>], slots: &mut Slots<P>) -> Option<LabelScores> {
        let next: Vec<Vec<f64>> = logits.iter().map(|logits| log_softmax(logits)).collect();
        match self.label.take() {
            Some(label) => {
                // Each token predicts the one behind it.
                let read = label.cache.len() - self.prompt.cache.len();
                let predicted = self.present_label().and_then(|label| label.get(read + 1 - next.len()..));
                let pairs = next.iter().zip(predicted.unwrap_or_default());
                self.rest += pairs.map(|(next, &token)| probability(next, token)).sum::<f64>();
                if !label.pending().is_empty() {
                    self.label = Some(label);
                    return None;
                }
                self.score();
            }
            None => self.next = next.into_iter().next().unwrap_or_default(),
        }
        self.go_on(slots)
    }

    /// Scores labels of one token, and begins the next that has more.
    fn go_on(&mut self, slots: &mut Slots<P>) -> Option<LabelScores> {
        loop {
            let Some(label) = self.present_label() else {
                if self.scores.len() == self.questions.len() {
                    let scores = std::mem::take(&mut self.scores);
                    return Some(LabelScores { log_probabilities: scores, usage: self.usage, reread: self.reread });
                }
                self.next_question(slots);
                return None;
            };
            // The last token predicts nothing that is asked for.
            if let [_, .., _] = label {
                let mut tokens = self.prompt.tokens.clone();
                tokens.extend(&label[..label.len() - 1]);
                self.label = Some(Reading { cache: self.prompt.cache.fork(self.prompt.cache.len()), tokens });
                return None;
            }
            self.score();
        }
    }

    /// Notes the score of the present label: that of its first token and of the rest.
    fn score(&mut self) {
        let rest = std::mem::take(&mut self.rest);
        let first = self.present_label().and_then(|label| label.first().copied());
        let score = first.map_or(f64::NAN, |first| probability(&self.next, first)) + rest;
        if let Some(scores) = self.scores.last_mut() {
            scores.push(score);
        }
    }

    /// The label whose score comes next; `None` when the present question has all.
    fn present_label(&self) -> Option<&[u32]> {
        let question = self.questions.get(self.scores.len().checked_sub(1)?)?;
        question.labels.get(self.scores.last()?.len()).map(Vec::as_slice)
    }

    fn next_question(&mut self, slots: &mut Slots<P>) {
        let Some(question) = self.questions.get(self.scores.len()) else { return };
        let prompt = question.prompt.clone();
        self.before += self.prompt.tokens.len();
        let read = std::mem::replace(&mut self.prompt, Reading { cache: Cache::default(), tokens: Vec::new() });
        slots.put_back(read);
        self.prompt = slots.take(&prompt);
        self.scores.push(Vec::new());
        self.count();
    }

    /// Counts what the present prompt brings, and what of it is read a second time.
    fn count(&mut self) {
        let cached = self.prompt.cache.len();
        self.usage.prompt_tokens += self.prompt.tokens.len() as u64;
        self.usage.cached_tokens += cached as u64;
        let earlier = self.questions.iter().take(self.scores.len() - 1);
        let shared = earlier.map(|question| common(&question.prompt, &self.prompt.tokens)).max().unwrap_or(0);
        // The state behind the last token is asked for, so that one is read in any case.
        let shared = shared.min(self.prompt.tokens.len() - 1);
        self.reread += shared.saturating_sub(cached) as u64;
    }

    /// Gives the prompt to rest.
    #[must_use]
    pub fn finish(self) -> Reading<P> {
        self.prompt
    }
}

/// How many tokens two sequences have in common at their beginning.
#[must_use]
pub fn common(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

fn probability(log_probabilities: &[f64], token: u32) -> f64 {
    log_probabilities.get(token as usize).copied().unwrap_or(f64::NEG_INFINITY)
}

/// The most likely token, the last of several; what is no number goes before all.
#[must_use]
pub fn likeliest(log_probabilities: &[f64]) -> Option<usize> {
    log_probabilities.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(token, _)| token)
}

/// Log-probabilities, in double precision, since differences of small ones decide.
#[must_use]
pub fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let highest = f64::from(logits.iter().fold(f32::NEG_INFINITY, |highest, &logit| highest.max(logit)));
    let sum: f64 = logits.iter().map(|&logit| (f64::from(logit) - highest).exp()).sum();
    logits.iter().map(|&logit| f64::from(logit) - highest - sum.ln()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_begin_where_the_tokenisation_first_differs() {
        // [7, 8, 9] is "Answer", ":", " "; one label melts into the space, the other does not.
        let made = Continuations::new(&[7, 8, 9], &[vec![7, 8, 20], vec![7, 8, 9, 21]]);
        assert_eq!(made, Continuations { prompt: vec![7, 8], labels: vec![vec![20], vec![9, 21]] });
        assert_eq!(made.tokens(), 4);
    }

    #[test]
    fn a_label_that_begins_another_keeps_its_own_tokens() {
        let made = Continuations::new(&[1, 2], &[vec![1, 2, 3], vec![1, 2, 3, 4]]);
        assert_eq!(made.labels, [vec![3], vec![3, 4]]);
    }

    #[test]
    fn probabilities_sum_to_one() {
        let sum: f64 = log_softmax(&[1.0, -2.0, 300.0, 299.0]).iter().map(|p| p.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-12);
    }
}
