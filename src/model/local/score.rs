//! Scores labels: the log-probability of each as the continuation of a prompt.
//!
//! The prompt is read once. The labels go on from forks of it, several of them in one pass through the model: a pass
//! over ten tokens reads all weights as one over a hundred does.

use crate::domain::usage::Usage;
use crate::model::chat::Delta;
use crate::model::local::cache::Cache;
use crate::model::local::schedule::CHUNK;
use crate::model::local::slots::{Reading, Slots};
use crate::model::scorer::LabelScores;

/// Labels that are read side by side. Each has a page of the cache to itself.
const SIDE_BY_SIDE: usize = 16;

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

    /// Tokens of the longest sequence.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.prompt.len() + self.labels.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// The most pages of `page` tokens that are held at a time.
    #[must_use]
    pub fn pages(&self, page: usize) -> usize {
        let mut labels: Vec<usize> =
            self.labels.iter().map(|label| label.len().saturating_sub(1).div_ceil(page)).collect();
        labels.sort_unstable_by(|a, b| b.cmp(a));
        self.prompt.len().div_ceil(page) + labels.iter().take(SIDE_BY_SIDE).sum::<usize>()
    }
}

/// Questions whose labels are being scored, one question after another.
pub struct Scoring<P> {
    questions: Vec<Continuations>,
    /// Scores of the labels of the questions that were begun; of the present one, of what has been read of them.
    scores: Vec<Vec<f64>>,
    /// The prompt of the present question.
    prompt: Reading<P>,
    /// Labels that are being read behind the prompt.
    labels: Vec<Label<P>>,
    /// How many labels of the present question were begun.
    begun: usize,
    /// Tokens of the prompts before the present one.
    before: usize,
    usage: Usage,
    reread: u64,
}

/// A label that is being read.
struct Label<P> {
    /// Its number among those of its question.
    number: usize,
    /// The prompt and the label, but for its last token, which predicts nothing that is asked for.
    reading: Reading<P>,
    /// How many of its tokens have been taken into account.
    taken: usize,
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
            labels: Vec::new(),
            begun: 0,
            before: 0,
            usage: Usage::default(),
            reread: 0,
        };
        scoring.count();
        Some(scoring)
    }

    /// How many tokens are to be read next: the rest of a prompt, or of the labels that are read side by side.
    #[must_use]
    pub fn pending(&self) -> usize {
        if self.labels.is_empty() {
            return self.prompt.pending().len();
        }
        self.labels.iter().map(|label| label.reading.pending().len()).sum()
    }

    /// The next tokens to read, and the caches they go to.
    pub fn runs(&mut self, tokens: usize) -> Vec<(&[u32], &mut Cache<P>)> {
        if self.labels.is_empty() {
            return vec![self.prompt.run(tokens)];
        }
        let (mut runs, mut left) = (Vec::new(), tokens);
        for label in &mut self.labels {
            let now = label.reading.pending().len().min(left);
            if now > 0 {
                left -= now;
                runs.push(label.reading.run(now));
            }
        }
        runs
    }

    /// The sequence of the present question, without a label.
    #[must_use]
    pub fn prompt(&self) -> &Reading<P> {
        &self.prompt
    }

    /// Of the tokens just read, how many of the last ones must be followed by logits.
    #[must_use]
    pub fn wanted(&self, tokens: usize) -> usize {
        if self.labels.is_empty() { usize::from(self.prompt.pending().is_empty()) } else { tokens }
    }

    /// How many tokens of all prompts have been read.
    #[must_use]
    pub fn progress(&self) -> Delta {
        let total = self.questions.iter().map(|question| question.prompt.len()).sum();
        Delta::Prefill { done: self.before + self.prompt.cache.len(), total }
    }

    /// Takes the logits that were wanted. Gives the scores when the last label has its own.
    pub fn take(&mut self, logits: &[Vec<f32>], slots: &mut Slots<P>) -> Option<LabelScores> {
        let question = self.questions.get(self.scores.len() - 1)?;
        let scores = self.scores.last_mut()?;
        if self.labels.is_empty() {
            let next = log_softmax(logits.first()?);
            scores.extend(
                question.labels.iter().map(|label| label.first().map_or(f64::NAN, |&first| probability(&next, first))),
            );
        }
        let mut logits = logits.iter();
        for label in &mut self.labels {
            let read = label.reading.cache.len() - self.prompt.cache.len();
            // Each token predicts the one behind it.
            let predicted = question.labels.get(label.number).and_then(|tokens| tokens.get(label.taken + 1..=read));
            for (&token, logits) in predicted.unwrap_or_default().iter().zip(logits.by_ref()) {
                if let Some(score) = scores.get_mut(label.number) {
                    *score += log_probability(logits, token);
                }
            }
            label.taken = read;
        }
        self.labels.retain(|label| !label.reading.pending().is_empty());
        if self.labels.is_empty() { self.go_on(slots) } else { None }
    }

    /// Begins the labels that come next, or the next question.
    fn go_on(&mut self, slots: &mut Slots<P>) -> Option<LabelScores> {
        self.begin_labels();
        if !self.labels.is_empty() {
            return None;
        }
        if self.scores.len() < self.questions.len() {
            self.next_question(slots);
            return None;
        }
        let count = |label: &Vec<u32>| u32::try_from(label.len()).unwrap_or(u32::MAX);
        let tokens = self.questions.iter().map(|question| question.labels.iter().map(count).collect()).collect();
        let log_probabilities = std::mem::take(&mut self.scores);
        Some(LabelScores { log_probabilities, tokens, usage: self.usage, reread: self.reread })
    }

    /// Forks the prompt for the labels that come next and have more than one token: as many as a pass reads well.
    fn begin_labels(&mut self) {
        let Some(question) = self.questions.get(self.scores.len() - 1) else { return };
        let mut tokens = 0;
        for (number, label) in question.labels.iter().enumerate().skip(self.begun) {
            let more = label.len().saturating_sub(1);
            if self.labels.len() == SIDE_BY_SIDE || tokens > 0 && tokens + more > CHUNK {
                return;
            }
            self.begun = number + 1;
            if more > 0 {
                tokens += more;
                let tokens = self.prompt.tokens.iter().chain(&label[..more]).copied().collect();
                let reading = Reading { cache: self.prompt.cache.fork(self.prompt.cache.len()), tokens };
                self.labels.push(Label { number, reading, taken: 0 });
            }
        }
    }

    fn next_question(&mut self, slots: &mut Slots<P>) {
        let Some(question) = self.questions.get(self.scores.len()) else { return };
        let prompt = question.prompt.clone();
        self.before += self.prompt.tokens.len();
        let read = std::mem::replace(&mut self.prompt, Reading { cache: Cache::default(), tokens: Vec::new() });
        slots.put_back(read);
        self.prompt = slots.take(&prompt);
        self.scores.push(Vec::new());
        self.begun = 0;
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
    let (highest, sum) = highest_and_sum(logits);
    logits.iter().map(|&logit| f64::from(logit) - highest - sum.ln()).collect()
}

/// The log-probability of one token, to the bit as [`log_softmax`] has it.
fn log_probability(logits: &[f32], token: u32) -> f64 {
    let (highest, sum) = highest_and_sum(logits);
    logits.get(token as usize).map_or(f64::NEG_INFINITY, |&logit| f64::from(logit) - highest - sum.ln())
}

/// The highest logit, and the sum of the exponentials of all beneath it.
fn highest_and_sum(logits: &[f32]) -> (f64, f64) {
    let highest = f64::from(logits.iter().fold(f32::NEG_INFINITY, |highest, &logit| highest.max(logit)));
    (highest, logits.iter().map(|&logit| (f64::from(logit) - highest).exp()).sum())
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
    fn pages_are_those_of_the_prompt_and_of_the_longest_labels_side_by_side() {
        let labels = (1..=20).map(|len| vec![5; len]).collect();
        let made = Continuations { prompt: vec![1; 25], labels };
        // Labels of 20 to 5 tokens, of which the last is not read: nine take two pages.
        assert_eq!(made.pages(10), 3 + 9 * 2 + 7);
    }

    #[test]
    fn probabilities_sum_to_one() {
        let logits = [1.0, -2.0, 300.0, 299.0];
        assert!((0..4).all(|token| log_probability(&logits, token) == log_softmax(&logits)[token as usize]));
        let sum: f64 = log_softmax(&[1.0, -2.0, 300.0, 299.0]).iter().map(|p| p.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-12);
    }
}
