//! The docket: which of a plan's calls are answered, which have to be asked, which asked again.
//!
//! Scoring reads like straight prose: it takes an answer and goes on, or leaves the call on the docket and stops there.

use crate::domain::ballot::{Answer, JudgeSaid};
use crate::judge::call::{CallKind, JudgeCall};
use crate::judge::transcript::Passage;
use crate::text::fence::Fence;
use crate::text::hash::number_of;

/// How often one call is asked before the ballot is void.
pub(super) const MOST_ASKS: u32 = 3;

/// The circumstances of one ask.
pub(super) struct Ask {
    /// What was wrong with the last answer; empty the first time.
    pub problem: String,
    /// Around what was said before the judging began. All calls share it, so that they share what they begin with.
    material: Fence,
    /// Around what the judge wrote since: a debater may have made it repeat the marks that it saw.
    own: Fence,
}

impl Ask {
    /// Passages as fenced text for a prompt.
    pub fn fenced(&self, passages: &[Passage]) -> Vec<String> {
        let fence = |passage: &Passage| if passage.own { &self.own } else { &self.material };
        passages.iter().map(|passage| fence(passage).wrap(&passage.heading, &passage.text)).collect()
    }
}

/// The calls of one plan against the answers that came so far.
pub(super) struct Docket<'a> {
    said: &'a [JudgeSaid],
    seed: u64,
    /// Which of the judge's models calls are for from now on.
    pub member: usize,
    pub wanted: Vec<JudgeCall>,
    pub void: Option<String>,
}

impl<'a> Docket<'a> {
    pub fn new(said: &'a [JudgeSaid], seed: u64) -> Docket<'a> {
        Docket { said, seed, member: 0, wanted: Vec::new(), void: None }
    }

    /// The answer to a call if it came and could be read; else the call goes on the docket.
    pub fn settle<T>(
        &mut self,
        call: &str,
        build: impl FnOnce(&Ask) -> CallKind,
        read: impl Fn(&Answer) -> Result<T, String>,
    ) -> Option<T> {
        let mut problem = String::new();
        let mut asks = 0;
        for said in self.said.iter().filter(|said| said.call == call) {
            match read(&said.answer) {
                Ok(answer) => return Some(answer),
                Err(reason) => problem = reason,
            }
            asks = asks.max(said.ask + 1);
        }
        if asks >= MOST_ASKS {
            self.void = Some(format!(
                "the judge's answer to \"{call}\" could not be read after {MOST_ASKS} tries: {problem}; \
                 judge again with a larger model or another recipe"
            ));
            return None;
        }
        let fence = |call: &str, ask| Fence::new(drawn(self.seed, call, ask));
        let ask = Ask { problem, material: fence("material", 0), own: fence(call, asks) };
        self.wanted.push(JudgeCall { call: call.to_owned(), ask: asks, member: self.member, kind: build(&ask) });
        None
    }

    /// How often calls whose names begin like this had to be asked again.
    pub fn asked_again(&self, prefix: &str) -> usize {
        self.said.iter().filter(|said| said.ask > 0 && said.call.starts_with(prefix)).count()
    }
}

/// Reads an answer in words.
pub(super) fn words<T>(read: impl Fn(&str) -> Result<T, String>) -> impl Fn(&Answer) -> Result<T, String> {
    move |answer| match answer {
        Answer::Text(text) => read(text),
        Answer::Labels(_) => Err("the answer holds probabilities in the place of words".to_owned()),
    }
}

/// Splits an answer of probabilities into one list for each question.
pub(super) fn by_question(answer: &Answer, sizes: &[usize]) -> Result<Vec<Vec<f64>>, String> {
    let Answer::Labels(all) = answer else {
        return Err("the answer holds words in the place of probabilities".to_owned());
    };
    if all.len() != sizes.iter().sum::<usize>() || !all.iter().all(|value| value.is_finite()) {
        return Err("the answer does not hold one probability for each label".to_owned());
    }
    let mut rest = all.as_slice();
    let mut questions = Vec::new();
    for size in sizes {
        let (head, tail) = rest.split_at(*size);
        questions.push(head.to_vec());
        rest = tail;
    }
    Ok(questions)
}

/// A number drawn for a purpose: the same in the same debate, and not to be guessed by a debater.
pub(super) fn drawn(seed: u64, purpose: &str, ask: u32) -> u64 {
    number_of(&[&seed.to_le_bytes(), &ask.to_le_bytes(), purpose.as_bytes()])
}
