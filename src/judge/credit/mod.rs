//! Credit: which speech moved the debate, and how far.
//!
//! The progress of a speech is the change in the probability of winning that it causes (process advantage, arXiv
//! 2410.08146). Differences are clipped, and a speech that only repeats gains nothing, so that more talk is never more
//! credit (after arXiv 2410.15115). What a speech gained is also shown in factors that can be read ([`factors`]).

pub mod factors;

use crate::domain::debate::Debate;
use crate::domain::seat::Side;
use crate::text::overlap::{content_words, share};

/// What one speech can gain or lose at the most, in probability.
pub const MOST: f64 = 0.25;

/// From this share of repeated content words on a speech repeats its side.
pub const REPEATS: f64 = 0.8;

/// What one speech did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Credit {
    pub speech: usize,
    pub side: Side,
    /// That the proposition wins, after it.
    pub probability: f64,
    /// The change for the speaker's own side, clipped to [`MOST`] either way; never above 0 where the speech repeats.
    pub gain: f64,
    pub repeats: bool,
}

/// The credit of every speech after which, and before which, the probability was measured. Before the first it is even.
#[must_use]
pub fn credits(debate: &Debate) -> Vec<Credit> {
    let mut credits = Vec::new();
    for (count, speech) in debate.speeches.values().enumerate() {
        let before = if count == 0 { Some(0.5) } else { debate.prospects.get(&count).map(|it| it.probability) };
        let Some((before, after)) = before.zip(debate.prospects.get(&(count + 1)).map(|it| it.probability)) else {
            continue;
        };
        let change = if speech.side == Side::Proposition { after - before } else { before - after };
        let own = debate.speeches.values().take(count).filter(|other| other.side == speech.side);
        let earlier: Vec<&str> = own.map(|other| other.text.as_str()).collect();
        let repeats = repeated(&speech.text, &earlier) >= REPEATS;
        let gain = change.clamp(-MOST, if repeats { 0.0 } else { MOST });
        credits.push(Credit { speech: speech.speech, side: speech.side, probability: after, gain, repeats });
    }
    credits
}

/// The share of a text's content words that stood in earlier texts; 0 without any.
#[must_use]
pub fn repeated(text: &str, earlier: &[&str]) -> f64 {
    let words = content_words(text);
    let before: std::collections::BTreeSet<String> = earlier.iter().flat_map(|text| content_words(text)).collect();
    share(&words, &before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hash::ContentHash;
    use crate::domain::prospect::Prospect;
    use crate::domain::sample;
    use crate::domain::usage::Usage;

    fn debate(texts: &[&str], probabilities: &[f64]) -> Debate {
        let mut debate = Debate::default();
        for (index, text) in texts.iter().enumerate() {
            let mut speech = sample::speech(index);
            speech.text = (*text).to_owned();
            debate.speeches.insert(index, speech);
        }
        for (index, probability) in probabilities.iter().enumerate() {
            let (judge, texts, usage) = ("short@owl".to_owned(), ContentHash::default(), Usage::default());
            let prospect = Prospect { speeches: index + 1, probability: *probability, judge, texts, usage };
            debate.prospects.insert(index + 1, prospect);
        }
        debate
    }

    #[test]
    fn a_speech_is_credited_with_the_change_it_makes_for_its_own_side() {
        let texts = ["Trees cool streets.", "Saplings grow slowly.", "Awnings cost money.", "Shade saves lives."];
        let credits = credits(&debate(&texts, &[0.6, 0.4, 0.45, 0.9]));
        let gains: Vec<f64> = credits.iter().map(|credit| (credit.gain * 100.0).round() / 100.0).collect();
        // The order of the sample is proposition, opposition, opposition, proposition.
        assert_eq!(gains, [0.1, 0.2, -0.05, 0.25], "the last one is clipped");
    }

    #[test]
    fn repeating_a_speech_never_raises_the_total_of_a_side() {
        let said = "Saplings grow slowly and heat waves kill people this summer.";
        let credits = credits(&debate(&["Trees cool streets.", said, said], &[0.5, 0.4, 0.2]));
        assert!(credits[2].repeats && credits[2].gain <= 0.0, "{:?}", credits[2]);
        assert!(!credits[1].repeats && credits[1].gain > 0.0);
    }

    #[test]
    fn without_a_measurement_before_or_after_there_is_no_credit() {
        assert!(credits(&Debate::default()).is_empty());
        let mut gap =
            debate(&["Trees cool streets.", "Saplings grow slowly.", "Awnings cost money."], &[0.6, 0.5, 0.4]);
        gap.prospects.remove(&2);
        assert_eq!(credits(&gap).iter().map(|credit| credit.speech).collect::<Vec<_>>(), [0]);
    }
}
