//! How inappropriate a text is, read off a model of this machine: whether it calls the text rude, and whether it denies that it is
//! respectful, each compared with what it says of a plain sentence. The mean of both is a probability (after arXiv 2406.03363, whose
//! classifier was trained; this one is not).

use serde_json::json;

use crate::domain::format::Slot;
use crate::domain::machine::Input;
use crate::domain::speech::{CivilityMeasured, Work};
use crate::domain::team::Role;
use crate::engine::error::EngineError;
use crate::engine::publish::Caller;
use crate::engine::running::Running;
use crate::engine::seed::speech_nonce;
use crate::model::chat::{Message, MessageRole};
use crate::model::scorer::{LabelQuestion, LabelRequest};
use crate::text::fence::Fence;
use crate::text::overlap::{content_words, share};

/// What nobody finds out of place: the answers to it are the model's leaning.
const PLAIN: &str = "We are for the motion, because it helps people at little cost. We ask you to support it.";

/// Log-odds by which a text must be ruder than the plain sentence to be as likely out of place as not.
const MARGIN: f64 = 1.0;

/// Measures a text and records what came out.
///
/// # Errors
/// The model failed, a ceiling would be passed, or the store cannot keep it.
pub async fn appraise(debate: &Running, slot: Slot, text: &str, draft: Option<&str>) -> Result<(), EngineError> {
    let similarity = draft.map(|draft| share(&content_words(draft), &content_words(text)));
    let Slot { index: speech, seat, side, .. } = slot;
    let mut measured = CivilityMeasured {
        speech,
        seat,
        side,
        inappropriate: None,
        similarity,
        model: String::new(),
        usage: Default::default(),
    };
    if let Some(model) = debate.own_scorer(slot.seat, Role::Reviewer)
        && let Some(scorer) = &model.scorer
    {
        let caller =
            Caller::Weigher { speech, side, revision: u32::from(draft.is_some()), call: "civility".to_owned() };
        let request = request(debate, slot, text)?;
        let Some(scores) = debate.site(&caller).labels(&model.card, scorer, request).await? else { return Ok(()) };
        measured.inappropriate = inappropriateness(&scores.log_probabilities);
        measured.model.clone_from(&model.card.name);
        measured.usage = scores.usage;
    }
    debate.record(Input::Work(Work::Civility(measured)), Vec::new()).await
}

/// Both questions on the text, then both on the plain sentence.
fn request(debate: &Running, slot: Slot, text: &str) -> Result<LabelRequest, EngineError> {
    let fence = Fence::new(speech_nonce(debate.opening.root_seed, slot.index));
    let mut questions = Vec::new();
    for text in [text, PLAIN] {
        for asks in ["rude", "fit"] {
            let context = json!({ "text": fence.wrap("the speech", text), "asks": asks });
            let asked = debate.library.prompts().render("agent/civility", context)?;
            questions.push(LabelQuestion {
                messages: vec![Message::user(asked.trim())],
                lead: String::new(),
                labels: vec!["Yes".to_owned(), "No".to_owned()],
                turn: MessageRole::Assistant,
            });
        }
    }
    Ok(LabelRequest { questions })
}

/// From the log-probabilities of Yes and No to the four questions. `None` where one is missing.
fn inappropriateness(answers: &[Vec<f64>]) -> Option<f64> {
    let [rude, fit, plain_rude, plain_fit] = answers else { return None };
    let lean = |answer: &[f64]| Some(answer.first()? - answer.get(1)?);
    let rude = lean(rude)? - lean(plain_rude)?;
    let fit = lean(fit)? - lean(plain_fit)?;
    Some(1.0 / (1.0 + (-(rude - fit) / 2.0 + MARGIN).exp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_ruder_than_a_plain_sentence_is_not_out_of_place_and_leanings_cancel() {
        let plain = [vec![-0.1, -2.0], vec![-1.0, -0.5]];
        let same = [plain.as_slice(), plain.as_slice()].concat();
        let share = inappropriateness(&same).unwrap();
        assert!((share - 1.0 / (1.0 + 1.0_f64.exp())).abs() < 1e-12, "{share}");
        let ruder = [vec![vec![-0.1, -6.0], vec![-5.0, -0.1]], plain.to_vec()].concat();
        assert!(inappropriateness(&ruder).unwrap() > 0.9);
        assert_eq!(inappropriateness(&ruder[..3]), None);
    }
}
