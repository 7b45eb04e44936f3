//! What a side can learn from a debate that is over: where it lost, what it left unanswered, what it said twice, and what the judges
//! quoted of it. A fold over the log; no model is asked. What counts as answered is told by shared content words, which sees
//! repeated words and not repeated thoughts: it points at sentences to look at and proves nothing.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::debate::Debate;
use crate::domain::seat::Side;
use crate::domain::speech::Speech;
use crate::text::echo::{self, POINT};
use crate::text::overlap::{content_words, share};
use crate::text::sentences::sentences;

/// From this share of its content words on, a sentence is taken up by another text.
const ANSWERED: f64 = 0.3;
/// The most of each list.
const MOST: usize = 5;

/// What a side can learn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coaching {
    pub side: Side,
    /// Dimensions that a judge gave to the other side, the clearest first.
    pub lost: Vec<Lost>,
    /// The other side's points that no later speech of this side takes up, those with a source first.
    pub dropped: Vec<Said>,
    /// What this side said again.
    pub repeated: Vec<Said>,
    /// This side's words that judges quoted, and which stand in its speeches.
    pub quoted: Vec<Said>,
}

/// A dimension that went to the other side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lost {
    pub judge: String,
    pub dimension: String,
    /// The probability that this side was better, 0 to 0.5.
    pub probability: f64,
    /// The judge's own words, where it gave some.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// Words of a speech.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// The speech, from 0.
    pub speech: usize,
    pub text: String,
}

/// What this side can learn from the debate as far as it is.
#[must_use]
pub fn coach(debate: &Debate, side: Side) -> Coaching {
    Coaching {
        side,
        lost: lost(debate, side),
        dropped: dropped(debate, side),
        repeated: repeated(debate, side),
        quoted: quoted(debate, side),
    }
}

fn lost(debate: &Debate, side: Side) -> Vec<Lost> {
    let own = |probability: f64| if side == Side::Proposition { probability } else { 1.0 - probability };
    let rows = debate.ballots().into_iter().flat_map(|ballot| {
        ballot.dimensions.iter().filter(|row| own(row.probability) < 0.5).map(|row| Lost {
            judge: ballot.judge.clone(),
            dimension: row.dimension.clone(),
            probability: own(row.probability),
            why: row.judgement.trim().to_owned(),
        })
    });
    let mut rows: Vec<Lost> = rows.collect();
    rows.sort_by(|one, other| one.probability.total_cmp(&other.probability));
    rows.truncate(MOST);
    rows
}

fn of(debate: &Debate, side: Side) -> impl Iterator<Item = &Speech> {
    debate.speeches.values().filter(move |speech| speech.side == side)
}

fn dropped(debate: &Debate, side: Side) -> Vec<Said> {
    // Everybody says the words of the motion: they take nothing up.
    let motion = debate.opening.as_ref().map(|opening| content_words(&opening.motion.text)).unwrap_or_default();
    let own_words = |text: &str| -> BTreeSet<String> { content_words(text).difference(&motion).cloned().collect() };
    let mut points: Vec<(bool, Said)> = Vec::new();
    for theirs in of(debate, side.opponent()) {
        let mut later = of(debate, side).filter(|own| own.speech > theirs.speech).peekable();
        // Nobody can answer the last word.
        if later.peek().is_none() {
            continue;
        }
        let answers: BTreeSet<String> = later.flat_map(|own| own_words(&own.text)).collect();
        for sentence in sentences(&theirs.text) {
            let words = own_words(sentence);
            if words.len() >= POINT && share(&words, &answers) < ANSWERED {
                points.push((sentence.contains("[E"), Said { speech: theirs.speech, text: sentence.to_owned() }));
            }
        }
    }
    points.sort_by_key(|(cited, _)| !cited);
    points.into_iter().map(|(_, said)| said).take(MOST).collect()
}

fn repeated(debate: &Debate, side: Side) -> Vec<Said> {
    let mut before: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for speech in of(debate, side) {
        let again = echo::repeated(&speech.text, &before).into_iter();
        found.extend(again.map(|sentence| Said { speech: speech.speech, text: sentence.to_owned() }));
        before.push(&speech.text);
    }
    found.truncate(MOST);
    found
}

fn quoted(debate: &Debate, side: Side) -> Vec<Said> {
    let mut found: Vec<Said> = Vec::new();
    let reasons = debate.ballots().into_iter().flat_map(|ballot| ballot.reasons.iter());
    for quote in reasons.flat_map(|reason| &reason.quotes) {
        let Some(speech) = quote.speech.and_then(|speech| debate.speeches.get(&speech)) else { continue };
        let said = Said { speech: speech.speech, text: quote.text.clone() };
        if speech.side == side && !found.contains(&said) {
            found.push(said);
        }
    }
    found.truncate(MOST);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Event;
    use crate::domain::sample;

    fn debate(texts: [&str; 4]) -> Debate {
        let mut debate = Debate::default();
        debate.apply(&Event::DebateOpened(Box::new(sample::opening())));
        for (index, text) in texts.into_iter().enumerate() {
            let speech = Speech { text: text.to_owned(), ..sample::speech(index) };
            debate.apply(&Event::SpeechDelivered(speech));
        }
        debate
    }

    #[test]
    fn a_point_is_dropped_if_no_later_speech_takes_its_words_up() {
        // The order is proposition, opposition, opposition, proposition.
        let debate = debate([
            "Rivers carry bottles to distant beaches where turtles starve.",
            "Hospitals depend on sterile wrapping during emergency surgery. Short words do.",
            "Glass factories burn enormous quantities of natural gas annually [E2].",
            "Glass factories may burn natural gas, but not enormous quantities annually.",
        ]);
        let coaching = coach(&debate, Side::Proposition);
        assert_eq!(coaching.dropped.len(), 1, "{coaching:?}");
        assert_eq!((coaching.dropped[0].speech, &coaching.dropped[0].text[..9]), (1, "Hospitals"));
        // The opposition spoke after the first speech and took nothing of it up; the last word needs no answer.
        let speeches: Vec<usize> = coach(&debate, Side::Opposition).dropped.iter().map(|said| said.speech).collect();
        assert_eq!(speeches, [0]);
    }

    #[test]
    fn what_was_said_before_is_named() {
        let twice = "Deposits bring ninety percent of bottles back within months.";
        let debate = debate([twice, "Nothing.", "Nothing.", twice]);
        assert_eq!(coach(&debate, Side::Proposition).repeated, [Said { speech: 3, text: twice.to_owned() }]);
        assert!(coach(&debate, Side::Opposition).repeated.is_empty());
    }

    #[test]
    fn a_lost_dimension_is_told_from_the_side_that_lost_it() {
        let mut debate = debate(["a", "b", "c", "d"]);
        let mut ballot = sample::ballot(Some(Side::Opposition), 0.3);
        ballot.dimensions = [("argument", 0.2), ("source", 0.8)]
            .map(|(dimension, probability)| crate::domain::ballot::DimensionScore {
                dimension: dimension.to_owned(),
                weight: 1.0,
                probability,
                scores: std::collections::BTreeMap::new(),
                winner: None,
                judgement: "It answers nothing.".to_owned(),
            })
            .to_vec();
        debate.apply(&Event::BallotReturned { judge: 0, ballot: Box::new(ballot) });
        let names = |side| coach(&debate, side).lost.into_iter().map(|lost| lost.dimension).collect::<Vec<_>>();
        assert_eq!(
            (names(Side::Proposition), names(Side::Opposition)),
            (vec!["argument".to_owned()], vec!["source".to_owned()])
        );
    }
}
