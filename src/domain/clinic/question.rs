//! What can be asked about a motion that somebody wants, and how likely each answer is if a candidate is the one.

use serde::{Deserialize, Serialize};

use crate::domain::motion::{Category, Motion};

/// How often a plain answer does not fit what is wanted.
const SLIP: f64 = 0.06;
/// How often somebody who is shown motions takes another one than the nearest.
const MISTAKE: f64 = 0.01;
/// How often somebody does not care.
const INDIFFERENT: f64 = 0.1;

/// A motion that may be the one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub motion: Motion,
    /// Whether it was made for the wish and is not among the motions yet.
    pub is_new: bool,
}

/// One question, with a fixed list of answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// What kind of claim it should be.
    Category,
    /// Whether it should be about a tag.
    About(String),
    /// Which of these candidates is nearest, by their places.
    Nearest(Vec<usize>),
}

impl Question {
    /// The question in words.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Question::Category => "What should the debate be about?".to_owned(),
            Question::About(tag) => format!("Should it have to do with {}?", tag.replace('-', " ")),
            Question::Nearest(_) => "Which of these is nearest to what you want?".to_owned(),
        }
    }

    /// The answers in words. The last is that it does not matter, or that none fits.
    #[must_use]
    pub fn answers(&self, candidates: &[Candidate]) -> Vec<String> {
        let answers = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        match self {
            Question::Category => answers(&[
                "what is true (fact)",
                "what is good (value)",
                "what should be done (policy)",
                "an imagined case or a part to play (creative)",
                "no matter",
            ]),
            Question::About(_) => answers(&["yes", "no", "no matter"]),
            Question::Nearest(places) => {
                let texts = places.iter().filter_map(|place| candidates.get(*place));
                texts.map(|candidate| candidate.motion.text.clone()).chain(["none of these".to_owned()]).collect()
            }
        }
    }

    /// The probability of each answer if the candidate at a place is the one, in the order of [`Question::answers`]. They sum to 1.
    #[must_use]
    pub fn likelihood(&self, place: usize, candidate: &Candidate) -> Vec<f64> {
        match self {
            Question::Category => {
                let others = SLIP / (Category::ALL.len() - 1) as f64;
                let fits = |category: Category| if category == candidate.motion.category { 1.0 - SLIP } else { others };
                let caring = Category::ALL.map(|category| fits(category) * (1.0 - INDIFFERENT));
                caring.into_iter().chain([INDIFFERENT]).collect()
            }
            Question::About(tag) => {
                // Whether a motion without tags is about it, nobody knows.
                let yes = match (candidate.motion.tags.is_empty(), candidate.motion.tags.contains(tag)) {
                    (true, _) => 0.5,
                    (false, true) => 1.0 - SLIP,
                    (false, false) => SLIP,
                };
                vec![yes * (1.0 - INDIFFERENT), (1.0 - yes) * (1.0 - INDIFFERENT), INDIFFERENT]
            }
            Question::Nearest(places) => {
                let wanted = places.iter().position(|listed| *listed == place).unwrap_or(places.len());
                let likely =
                    |answer: usize| if answer == wanted { 1.0 - MISTAKE * places.len() as f64 } else { MISTAKE };
                (0..=places.len()).map(likely).collect()
            }
        }
    }
}
