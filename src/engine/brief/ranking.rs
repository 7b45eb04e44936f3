//! Ranks the passages of a side by how convincing they are: a judge compares every two of the best as evidence for one claim, and the mean
//! of its probabilities orders them. The court keeps each judgement, so a brief that was stopped or is written again asks for none twice.

use std::sync::Arc;

use futures::stream::{self, StreamExt};
use tokio_util::sync::CancellationToken;

use crate::domain::format::StageKind;
use crate::domain::judgement::Decided;
use crate::domain::motion::Motion;
use crate::domain::seat::Side;
use crate::domain::transcript::{Contest, Spoken, Transcript};
use crate::engine::brief::author::Author;
use crate::engine::brief::found::{Passed, labelled};
use crate::engine::brief::paper::{Ranked, Weighed};
use crate::engine::brief::{Watch, shown, step};
use crate::engine::consult::CALLS_AT_ONCE;
use crate::engine::court::{Court, CourtSettings};
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::ledger::Ledger;
use crate::engine::seat::recipe_and_models;
use crate::evidence::Passage;
use crate::rating::pairwise::{Compared, every_two, win_shares};
use crate::text::words::count_words;

/// The recipe where none is named: it reads probabilities, or else criticises each passage alone.
const USUAL: &str = "label-probability";
const USUAL_IN_WORDS: &str = "critique-first";
/// A judge that writes takes a few calls for each two, so it compares so many of a side where nobody named it.
const MOST_IN_WORDS: usize = 3;

const COMPARING: &str = "comparing evidence";
/// The same passages, the same judgements.
const SEED: u64 = 1;

/// Who compares, and how many of a side.
pub(super) struct Bench {
    judge: String,
    most: usize,
}

impl Bench {
    /// The judge that was named, at the brief's model where only its recipe was, or the usual one.
    pub fn of(given: Option<&str>, author: &Author<'_>) -> Bench {
        let at = |recipe: &str| format!("{recipe}@{}", author.model_name());
        match given.map(|given| (given, recipe_and_models(given))) {
            Some((given, (_, Some(_)))) => Bench { judge: given.to_owned(), most: usize::MAX },
            Some((_, (recipe, None))) => Bench { judge: at(recipe), most: usize::MAX },
            None if author.shows_probabilities() => Bench { judge: at(USUAL), most: usize::MAX },
            None => Bench { judge: at(USUAL_IN_WORDS), most: MOST_IN_WORDS },
        }
    }

    async fn court(
        &self,
        engine: &EngineHandle,
        cancel: &CancellationToken,
        ledger: &Arc<Ledger>,
    ) -> Result<Court, EngineError> {
        let settings = CourtSettings { seed: SEED, cancel: cancel.clone(), ..CourtSettings::default() };
        let mut court = engine.court(&self.judge, settings).await?;
        court.book_on(ledger);
        Ok(court)
    }
}

/// The evidence that was kept, and who ranked it.
#[derive(Debug, Default)]
pub(super) struct Ranking {
    pub evidence: Vec<Ranked>,
    pub judge: Option<String>,
    pub notes: Vec<String>,
}

/// Ranks the best passages of each side. `None` if it was stopped.
///
/// # Errors
/// No such judge, or as [`Court::hear`].
pub(super) async fn rank(
    engine: &EngineHandle,
    author: &Author<'_>,
    passed: &Passed,
    sides: &[Side],
    (limit, bench): (usize, Bench),
    (cancel, ledger, watch): (&CancellationToken, &Arc<Ledger>, &Watch),
) -> Result<Option<Ranking>, EngineError> {
    let best: Vec<(Side, Vec<&(Passage, Weighed)>)> =
        sides.iter().map(|side| (*side, passed.of(*side).into_iter().take(limit).collect())).collect();
    let mut ranking = Ranking::default();
    let pairs: Vec<Vec<(usize, usize)>> = best.iter().map(|(_, own)| every_two(own.len().min(bench.most))).collect();
    let total: usize = pairs.iter().map(Vec::len).sum();
    let court = if total > 0 { Some(bench.court(engine, cancel, ledger).await?) } else { None };
    if let Some(court) = &court {
        ranking.judge = Some(court.judge().name.clone());
        ranking.notes.push(match &court.judge().certificate {
            Some(_) if court.judge().coin_toss => {
                "On people's labels this judge is no better than a coin, so the order of the evidence says little."
                    .to_owned()
            }
            Some(certificate) => format!("The judge: {certificate}"),
            None => "The judge of the evidence was never audited at this model.".to_owned(),
        });
    }
    let mut done = 0;
    for ((side, own), pairs) in best.into_iter().zip(pairs) {
        let mut compared = Vec::new();
        if let Some(court) = &court {
            let hearings = pairs.into_iter().map(|(first, second)| {
                let texts = [own[first], own[second]].map(|(passage, _)| shown(&labelled(passage, 0)));
                let transcript = pair(author.motion, side, texts);
                async move { court.hear("brief", &transcript).await.map(|heard| (first, second, heard)) }
            });
            let mut hearings = stream::iter(hearings).buffered(CALLS_AT_ONCE);
            step(watch, COMPARING, done, total);
            while let Some(heard) = hearings.next().await {
                let (first, second, heard) = heard?;
                let Some(judgement) = heard else { return Ok(None) };
                if let Some(ballot) = judgement.decided.as_ref().and_then(Decided::ballot) {
                    compared.push(Compared { first, second, probability: ballot.probability });
                }
                done += 1;
                step(watch, COMPARING, done, total);
            }
        }
        let shares = win_shares(own.len(), &compared);
        for place in order(&shares) {
            let (passage, stance) = own[place];
            let item = labelled(passage, ranking.evidence.len() + 1);
            ranking.evidence.push(Ranked { side, convincing: shares[place], stance: *stance, item });
        }
        if own.is_empty() && !passed.read.is_empty() {
            ranking.notes.push(format!("No passage was found that helps the {side}."));
        }
    }
    Ok(Some(ranking))
}

/// Places, the largest share first; what was not compared comes last, in its own order.
fn order(shares: &[Option<f64>]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..shares.len()).collect();
    let share = |place: usize| shares.get(place).copied().flatten().unwrap_or(-1.0);
    places.sort_by(|one, other| share(*other).total_cmp(&share(*one)));
    places
}

/// Two passages as evidence for one claim.
fn pair(motion: &Motion, side: Side, texts: [String; 2]) -> Transcript {
    let topic = match side {
        Side::Proposition => motion.text.clone(),
        Side::Opposition => format!("It would be wrong to say: {}", motion.text),
    };
    let spoken = Side::BOTH.into_iter().zip(texts).map(|(side, text)| Spoken {
        side,
        stage: StageKind::Constructive,
        words: count_words(&text),
        text,
        limit: None,
        citations: Vec::new(),
    });
    Transcript::new(Contest::Evidence, topic, spoken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_convincing_comes_first_and_what_was_not_compared_last() {
        assert_eq!(order(&[Some(0.2), None, Some(0.7), None, Some(0.5)]), [2, 4, 0, 1, 3]);
        assert_eq!(order(&[None, None]), [0, 1]);
    }
}
