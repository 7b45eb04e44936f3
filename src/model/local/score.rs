//! Scores labels: the log-probability of each as the continuation of a prompt.

use candle_core::Result;

use crate::domain::usage::Usage;
use crate::model::local::decoder::Decoder;
use crate::model::local::prefill::prefill;
use crate::model::local::slots::Slots;

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
        let common = |tokens: &Vec<u32>| tokens.iter().zip(prompt).take_while(|(a, b)| a == b).count();
        let kept = with_labels.iter().map(common).min().unwrap_or(prompt.len());
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

/// Scores the labels of one question: natural log-probabilities, each the sum over the tokens of its label. `step` is
/// told how many prompt tokens have been read and answers whether to go on; `None` if not.
///
/// # Errors
/// The decoder failed.
pub fn score(
    decoder: &Decoder,
    slots: &mut Slots,
    question: &Continuations,
    usage: &mut Usage,
    step: impl FnMut(usize) -> bool,
) -> Result<Option<Vec<f64>>> {
    let mut slot = slots.take(&question.prompt, decoder.shape())?;
    usage.prompt_tokens += question.prompt.len() as u64;
    usage.cached_tokens += slot.read.len() as u64;
    let Some(hidden) = prefill(decoder, &mut slot, &question.prompt, step)? else {
        slots.put_back(slot);
        return Ok(None);
    };
    let next = log_softmax(&decoder.logits(&hidden)?.squeeze(0)?.to_vec1::<f32>()?);
    let mut scores = Vec::with_capacity(question.labels.len());
    for label in &question.labels {
        let [first, rest @ ..] = &label[..] else { candle_core::bail!("a label has no tokens") };
        let mut sum = probability(&next, *first);
        if !rest.is_empty() {
            // The last token predicts nothing that is asked for.
            let hidden = decoder.hidden(&label[..rest.len()], &mut slot.cache)?;
            slot.cache.truncate(question.prompt.len());
            let rows = decoder.logits(&hidden)?.to_vec2::<f32>()?;
            sum += rows.iter().zip(rest).map(|(row, &token)| probability(&log_softmax(row), token)).sum::<f64>();
        }
        scores.push(sum);
    }
    slots.put_back(slot);
    Ok(Some(scores))
}

fn probability(log_probabilities: &[f64], token: u32) -> f64 {
    log_probabilities.get(token as usize).copied().unwrap_or(f64::NEG_INFINITY)
}

/// In double precision, since differences of small log-probabilities decide.
fn log_softmax(logits: &[f32]) -> Vec<f64> {
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
