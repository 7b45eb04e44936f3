//! Chooses among the drafts of a speech: a model of this machine compares every two of them as two arguments for one claim, and the
//! draft that is the likeliest to win goes on (best of n, guided by a local judge; after MedS3, arXiv 2501.12051).

use crate::domain::format::Slot;
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
use crate::model::registry::OpenModel;
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
    let mut scores = vec![0.0; drafts.len()];
    if let Some(judge) = &judge {
        for (first, second) in pairs(drafts.len()) {
            let transcript = contest(debate, slot, [&drafts[first], &drafts[second]]);
            let caller = |call: &str| Caller::Weigher {
                speech: slot.index,
                side: slot.side,
                revision,
                call: format!("{first}-{second}/{call}"),
            };
            let Some((ballot, spent)) = judge.hear(debate, &transcript, caller).await? else { return Ok(()) };
            usage += spent;
            let others = (drafts.len() - 1) as f64;
            scores[first] += ballot.probability / others;
            scores[second] += (1.0 - ballot.probability) / others;
        }
    }
    let best = |one: &usize, other: &usize| scores[*one].total_cmp(&scores[*other]).then(other.cmp(one));
    let chosen = (0..drafts.len()).max_by(best).unwrap_or(0);
    let (judge, scores) = judge.map(|judge| (judge.seat.name, scores)).unwrap_or_default();
    let Slot { index: speech, seat, side, .. } = slot;
    let weighed = DraftsWeighed { speech, seat, side, revision, scores, chosen, judge, usage };
    debate.record(Input::Work(Work::Drafts(weighed)), Vec::new()).await
}

/// A model of the team itself, its Writer's first: the judge of the debate must not choose what it will read.
fn judge(debate: &Running, slot: Slot) -> Option<CheapJudge> {
    let models = &debate.opening.participant(slot.seat)?.models;
    let suits = |model: &&OpenModel| model.scorer.is_some() && model.card.local;
    let named = models.get(&Role::Writer).into_iter().chain(models.values());
    let model = named.filter_map(|model| debate.models.get(&model.name)).find(suits)?;
    CheapJudge::new(debate, RECIPE, model)
}

fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |first| (first + 1..count).map(move |second| (first, second)))
}

fn contest(debate: &Running, slot: Slot, drafts: [&String; 2]) -> Transcript {
    let stage = debate.opening.format.stages.get(slot.stage);
    let spoken = |(side, text): (Side, &String)| Spoken {
        side,
        stage: stage.map_or(crate::domain::format::StageKind::Constructive, |stage| stage.kind),
        text: text.clone(),
        words: count_words(text),
        limit: stage.map(|stage| stage.words),
        citations: Vec::new(),
    };
    let stand = if slot.side == Side::Proposition { "For" } else { "Against" };
    Transcript {
        contest: Contest::Arguments,
        topic: format!("{stand} the motion: {}", debate.opening.motion.text),
        positions: Default::default(),
        speeches: Side::BOTH.into_iter().zip(drafts).map(spoken).collect(),
        places: Vec::new(),
        sources: Default::default(),
    }
}
