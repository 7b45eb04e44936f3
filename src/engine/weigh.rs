//! Chooses among the drafts of a speech: a model of this machine compares every two of them as two arguments for one claim, and the
//! draft that is the likeliest to win goes on (best of n, guided by a local judge; after MedS3, arXiv 2501.12051).

use crate::domain::format::{Slot, StageKind};
use crate::domain::machine::Input;
use crate::domain::seat::Side;
use crate::domain::speech::{DraftsWeighed, Work};
use crate::domain::team::Role;
use crate::domain::transcript::{Contest, Spoken, Transcript};
use crate::domain::usage::Usage;
use crate::engine::error::EngineError;
use crate::engine::opinion::CheapJudge;
use crate::engine::publish::Caller;
use crate::engine::running::Running;
use crate::rating::pairwise::{Compared, every_two, win_shares};
use crate::text::words::count_words;

/// Reads probabilities and writes nothing, so that every two drafts can be compared.
const RECIPE: &str = "label-probability";

/// Weighs drafts and records which goes on. Where no model can weigh them, the first does.
///
/// # Errors
/// The model failed, a ceiling would be passed, or the store cannot keep the choice.
pub async fn weigh(debate: &Running, slot: Slot, revision: u32, drafts: &[String]) -> Result<(), EngineError> {
    let judge = judge(debate, slot);
    let mut usage = Usage::default();
    let mut compared = Vec::new();
    if let Some(judge) = &judge {
        for (first, second) in every_two(drafts.len()) {
            let transcript = contest(debate, slot, [&drafts[first], &drafts[second]]);
            let caller = |call: &str| Caller::Weigher {
                speech: slot.index,
                side: slot.side,
                revision,
                call: format!("{first}-{second}/{call}"),
            };
            let Some((ballot, spent)) = judge.hear(debate, &transcript, caller).await? else { return Ok(()) };
            usage += spent;
            compared.push(Compared { first, second, probability: ballot.probability });
        }
    }
    let scores: Vec<f64> =
        win_shares(drafts.len(), &compared).into_iter().map(|share| share.unwrap_or_default()).collect();
    let best = |one: &usize, other: &usize| scores[*one].total_cmp(&scores[*other]).then(other.cmp(one));
    let chosen = (0..drafts.len()).max_by(best).unwrap_or(0);
    let (judge, scores) = judge.map(|judge| (judge.seat.name, scores)).unwrap_or_default();
    let Slot { index: speech, seat, side, .. } = slot;
    let weighed = DraftsWeighed { speech, seat, side, revision, scores, chosen, judge, usage };
    debate.record(Input::Work(Work::Drafts(weighed)), Vec::new()).await
}

/// A model of the team itself, its Writer's first: the judge of the debate must not choose what it will read.
fn judge(debate: &Running, slot: Slot) -> Option<CheapJudge> {
    CheapJudge::new(debate, RECIPE, debate.own_scorer(slot.seat, Role::Writer)?)
}

fn contest(debate: &Running, slot: Slot, drafts: [&String; 2]) -> Transcript {
    let stage = debate.opening.format.stages.get(slot.stage);
    let spoken = |(side, text): (Side, &String)| Spoken {
        side,
        stage: stage.map_or(StageKind::Constructive, |stage| stage.kind),
        text: text.clone(),
        words: count_words(text),
        limit: stage.map(|stage| stage.words),
        citations: Vec::new(),
    };
    let stand = if slot.side == Side::Proposition { "For" } else { "Against" };
    let topic = format!("{stand} the motion: {}", debate.opening.motion.text);
    Transcript::new(Contest::Arguments, topic, Side::BOTH.into_iter().zip(drafts).map(spoken))
}
