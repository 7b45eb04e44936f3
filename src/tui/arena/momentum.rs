//! How a debate goes, speech by speech: as a cheap judge measured it on the way, else as far as judges scored speeches.

use crate::domain::debate::Debate;
use crate::domain::seat::Side;

/// The line and what it is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Momentum {
    /// That the proposition wins, after each speech that was measured, less one half.
    Prospects(Vec<f64>),
    /// The lead of the proposition in points, after each speech that was scored.
    Scores(Vec<f64>),
}

/// What is known of the debate so far.
#[must_use]
pub fn momentum(debate: &Debate) -> Momentum {
    if debate.prospects.is_empty() {
        return Momentum::Scores(scores(debate));
    }
    Momentum::Prospects(debate.prospects.values().map(|prospect| prospect.probability - 0.5).collect())
}

/// The middle of the scale from 1 to 10: a speech of this score moves nothing.
const MIDDLE: f64 = 5.5;

/// The lead of the proposition after each speech: the sum over speeches of how far their mean score is from the middle,
/// counted against the proposition for the opposition's. Empty where no judge scored speeches.
fn scores(debate: &Debate) -> Vec<f64> {
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
    use crate::domain::hash::ContentHash;
    use crate::domain::prospect::Prospect;
    use crate::domain::sample;
    use crate::domain::usage::Usage;

    #[test]
    fn a_good_speech_moves_the_line_to_its_own_side() {
        let mut ballot = sample::ballot(None, 0.5);
        let score = |speech, score| SpeechScore { speech, dimension: "argument".to_owned(), score, backward: None };
        ballot.speeches = vec![score(0, 7.5), score(1, 6.5), score(2, 5.5)];
        let speeches = (0..3).map(|index| (index, sample::speech(index))).collect();
        let judging = vec![Judging { ballot: Some(ballot), ..Judging::default() }];
        let debate = Debate { speeches, judging, ..Debate::default() };
        let Momentum::Scores(line) = momentum(&debate) else { panic!("nothing was measured") };
        assert!((line[0] - 2.0).abs() < 1e-9 && (line[1] - 1.0).abs() < 1e-9 && (line[2] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn without_scores_there_is_no_line() {
        assert_eq!(momentum(&Debate::default()), Momentum::Scores(Vec::new()));
    }

    #[test]
    fn what_was_measured_on_the_way_goes_before_scores() {
        let prospect = |speeches, probability| Prospect {
            speeches,
            probability,
            judge: "short@owl".to_owned(),
            texts: ContentHash::default(),
            usage: Usage::default(),
        };
        let prospects = [(2, prospect(2, 0.75)), (3, prospect(3, 0.25))].into();
        let debate = Debate { prospects, ..Debate::default() };
        assert_eq!(momentum(&debate), Momentum::Prospects(vec![0.25, -0.25]));
    }
}
