//! From what a file says to a transcript: whether it can be judged at all, and the stages that nobody named.

use crate::domain::format::StageKind;
use crate::domain::seat::Side;
use crate::domain::transcript::{Contest, Spoken, Transcript};
use crate::text::words::count_words;

/// A speech as a file gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub side: Side,
    pub stage: Option<StageKind>,
    pub text: String,
}

/// A transcript of these speeches. The error is a sentence without a place.
///
/// # Errors
/// There is no topic, no speech, or no speech of one side.
pub fn shaped(contest: Contest, topic: &str, given: Vec<Given>) -> Result<Transcript, String> {
    let stages = stages(contest, &given);
    let speeches = given.into_iter().zip(stages).map(|(speech, stage)| {
        let text = speech.text.trim().to_owned();
        Spoken { side: speech.side, stage, words: count_words(&text), text, limit: None, citations: Vec::new() }
    });
    let transcript = Transcript::new(contest, topic.trim().to_owned(), speeches);
    problem(&transcript).map_or(Ok(transcript), Err)
}

/// Why a transcript cannot be judged, as a sentence without a place; `None` if it can.
#[must_use]
pub fn problem(transcript: &Transcript) -> Option<String> {
    let speeches = &transcript.speeches;
    if transcript.topic.trim().is_empty() {
        return Some("the motion is empty; write what is debated".to_owned());
    }
    if speeches.is_empty() {
        return Some("there is no speech; give at least one of each side".to_owned());
    }
    let silent = Side::BOTH.into_iter().find(|side| speeches.iter().all(|spoken| spoken.side != *side));
    silent.map(|side| format!("only the {} speaks; give at least one speech of the {side}", side.opponent()))
}

/// A side begins with its constructive speech, and a side of three or more speeches ends with its summary.
fn stages(contest: Contest, given: &[Given]) -> Vec<StageKind> {
    let of_side = |side: Side, until: usize| given[..until].iter().filter(|speech| speech.side == side).count();
    let usual = |index: usize, side: Side| match (of_side(side, index), of_side(side, given.len())) {
        _ if contest != Contest::Debate => StageKind::Constructive,
        (0, _) => StageKind::Constructive,
        (before, all) if all >= 3 && before + 1 == all => StageKind::Summary,
        _ => StageKind::Rebuttal,
    };
    given.iter().enumerate().map(|(index, speech)| speech.stage.unwrap_or_else(|| usual(index, speech.side))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speech(side: Side) -> Given {
        Given { side, stage: None, text: " Words. ".to_owned() }
    }

    #[test]
    fn stages_that_nobody_named_are_the_usual_ones() {
        let (pro, con) = (Side::Proposition, Side::Opposition);
        let given = [pro, con, con, pro, con].map(speech).to_vec();
        let shaped = shaped(Contest::Debate, "M", given).unwrap();
        let stages: Vec<_> = shaped.speeches.iter().map(|spoken| spoken.stage).collect();
        use StageKind::{Constructive, Rebuttal, Summary};
        assert_eq!(stages, [Constructive, Constructive, Rebuttal, Rebuttal, Summary]);
        assert_eq!((shaped.speeches[0].text.as_str(), shaped.speeches[0].words), ("Words.", 1));
    }

    #[test]
    fn what_cannot_be_judged_is_refused_with_the_mend() {
        let refused = |topic, given: &[Side]| {
            shaped(Contest::Debate, topic, given.iter().copied().map(speech).collect()).unwrap_err()
        };
        assert!(refused(" ", &Side::BOTH).contains("write what is debated"));
        assert!(refused("M", &[]).contains("no speech"));
        assert!(refused("M", &[Side::Opposition]).contains("one speech of the proposition"));
    }
}
