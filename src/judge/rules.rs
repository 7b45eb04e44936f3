//! Rules that need no model: who said nothing, and who overran.
//!
//! A master key is a string without content that makes a model judge favour whoever says it (arXiv 2507.08794).
//! A side whose every speech is empty or a master key forfeits before a model reads a word. A single such speech of a
//! side that also said something is judged as silence.

use std::collections::{BTreeMap, BTreeSet};

use unicode_segmentation::UnicodeSegmentation;

use crate::domain::recipe::Rules;
use crate::domain::seat::Side;
use crate::judge::transcript::Transcript;

/// Phrases that say nothing, each as its lower-case words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MasterKeys {
    /// Longest first, so that a phrase is taken off whole.
    phrases: Vec<Vec<String>>,
}

impl MasterKeys {
    /// Reads one phrase a line. Blank lines and lines that begin with `#` are passed over.
    #[must_use]
    pub fn parse(text: &str) -> MasterKeys {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut phrases: Vec<_> = lines.map(words).filter(|phrase| !phrase.is_empty()).collect();
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
        MasterKeys { phrases }
    }

    /// Whether fewer than `content_words` different words are left once the phrases are taken off.
    #[must_use]
    pub fn says_nothing(&self, text: &str, content_words: usize) -> bool {
        let words = words(text);
        let mut rest = words.as_slice();
        let mut content = BTreeSet::new();
        while let Some((word, tail)) = rest.split_first() {
            match self.phrases.iter().find(|phrase| rest.starts_with(phrase)) {
                Some(phrase) => rest = &rest[phrase.len()..],
                None => {
                    content.insert(word);
                    rest = tail;
                }
            }
        }
        content.len() < content_words.max(1)
    }
}

fn words(text: &str) -> Vec<String> {
    text.unicode_words().map(str::to_lowercase).collect()
}

/// What the rules found in a debate.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Findings {
    /// Speeches without content.
    pub silent: BTreeSet<usize>,
    pub forfeits: BTreeMap<Side, String>,
    /// What is taken off the proposition's probability for length; negative if the opposition overran more.
    pub penalty: f64,
}

impl Findings {
    pub fn of(transcript: &Transcript, rules: &Rules, keys: &MasterKeys) -> Findings {
        let penalty =
            rules.length_penalty * (overrun(transcript, Side::Proposition) - overrun(transcript, Side::Opposition));
        if !rules.master_keys {
            return Findings { penalty, ..Findings::default() };
        }
        let speeches = transcript.speeches.iter().enumerate();
        let silent: BTreeSet<_> = speeches
            .filter(|(_, spoken)| keys.says_nothing(&spoken.text, rules.content_words))
            .map(|(index, _)| index)
            .collect();
        let said_something = |side| {
            transcript
                .speeches
                .iter()
                .enumerate()
                .any(|(index, spoken)| spoken.side == side && !silent.contains(&index))
        };
        let forfeits = Side::BOTH.into_iter().filter(|side| !said_something(*side)).map(|side| {
            (side, format!("the {side} said nothing: every speech is empty or only opens an answer that never comes"))
        });
        Findings { forfeits: forfeits.collect(), silent, penalty }
    }
}

/// Words over the limits, as a share of the limits.
fn overrun(transcript: &Transcript, side: Side) -> f64 {
    let (mut over, mut allowed) = (0, 0);
    for spoken in transcript.speeches.iter().filter(|spoken| spoken.side == side) {
        if let Some(limit) = spoken.limit {
            over += spoken.words.saturating_sub(limit);
            allowed += limit;
        }
    }
    if allowed == 0 { 0.0 } else { over as f64 / allowed as f64 }
}
