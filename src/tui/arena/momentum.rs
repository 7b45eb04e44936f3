//! How a debate went, speech by speech, as far as judges gave speeches scores.

use crate::domain::debate::Debate;
use crate::domain::seat::Side;

/// The middle of the scale from 1 to 10: a speech of this score moves nothing.
const MIDDLE: f64 = 5.5;

/// The lead of the proposition after each speech: the sum over speeches of how far their mean score is from the middle,
/// counted against the proposition for the opposition's. Empty where no judge scored speeches.
#[must_use]
pub fn momentum(debate: &Debate) -> Vec<f64> {
    let ballots = debate.ballots();
    let mut lead = 0.0;
    let mut after = Vec::new();
    for speech in debate.speeches.values() {
        let scores: Vec<f64> = ballots
            .iter()
            .flat_map(|ballot| &ballot.speeches)
            .filter(|score| score.speech == speech.speech)
            .map(|score| score.score)
            .collect();
        if scores.is_empty() {
            continue;
        }
        let gain = scores.iter().sum::<f64>() / scores.len() as f64 - MIDDLE;
        lead += if speech.side == Side::Proposition { gain } else { -gain };
        after.push(lead);
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ballot::SpeechScore;
    use crate::domain::debate::Judging;
    use crate::domain::sample;

    #[test]
    fn a_good_speech_moves_the_line_to_its_own_side() {
        let mut ballot = sample::ballot(None, 0.5);
        let score = |speech, score| SpeechScore { speech, dimension: "argument".to_owned(), score };
        ballot.speeches = vec![score(0, 7.5), score(1, 6.5), score(2, 5.5)];
        let speeches = (0..3).map(|index| (index, sample::speech(index))).collect();
        let judging = vec![Judging { ballot: Some(ballot), ..Judging::default() }];
        let debate = Debate { speeches, judging, ..Debate::default() };
        let line = momentum(&debate);
        assert!((line[0] - 2.0).abs() < 1e-9 && (line[1] - 1.0).abs() < 1e-9 && (line[2] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn without_scores_there_is_no_line() {
        assert!(momentum(&Debate::default()).is_empty());
    }
}
