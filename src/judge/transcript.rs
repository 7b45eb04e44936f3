//! What a judge may see of a debate: the motion and the speeches in their real order, the speakers without names.
//!
//! Set-up text (context, burdens, teams, models) stays out: it is never judged.

use crate::domain::debate::Debate;
use crate::domain::format::StageKind;
use crate::domain::seat::Side;

/// What stands in the place of a speech without content.
pub(super) const SILENCE: &str = "(nothing was said)";

/// One speech as the judge reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spoken {
    pub side: Side,
    pub stage: StageKind,
    /// Raw text; it enters a prompt only between fences.
    pub text: String,
    pub words: usize,
    /// The most words that the format allowed; `None` if nothing limited it.
    pub limit: Option<usize>,
}

/// A debate to be judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    pub motion: String,
    /// In the order in which they were given. This order is never permuted.
    pub speeches: Vec<Spoken>,
}

/// Which side is called "First speaker".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Naming {
    /// The side that spoke first.
    AsSpoken,
    /// The other side.
    Swapped,
}

/// A piece of text with its heading, not yet fenced.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Passage {
    pub heading: String,
    pub text: String,
}

impl Transcript {
    /// The transcript of a debate; `None` before it is opened.
    #[must_use]
    pub fn of(debate: &Debate) -> Option<Transcript> {
        let opening = debate.opening.as_ref()?;
        let speeches = debate.speeches.values().filter_map(|speech| {
            let stage = opening.format.stages.get(speech.stage)?;
            Some(Spoken {
                side: speech.side,
                stage: stage.kind,
                text: speech.text.clone(),
                words: speech.words,
                limit: Some(stage.words),
            })
        });
        Some(Transcript { motion: opening.motion.text.clone(), speeches: speeches.collect() })
    }

    /// The side that a naming calls first.
    pub(super) fn first(&self, naming: Naming) -> Side {
        let spoke_first = self.speeches.first().map_or(Side::Proposition, |speech| speech.side);
        match naming {
            Naming::AsSpoken => spoke_first,
            Naming::Swapped => spoke_first.opponent(),
        }
    }

    /// The neutral name of a side.
    pub(super) fn name(&self, side: Side, naming: Naming) -> &'static str {
        if side == self.first(naming) { "First speaker" } else { "Second speaker" }
    }

    /// The heading of a speech, for instance `Speech 3, First speaker, rebuttal`.
    pub(super) fn heading(&self, speech: usize, naming: Naming) -> String {
        self.speeches.get(speech).map_or_else(String::new, |spoken| {
            format!("Speech {}, {}, {}", speech + 1, self.name(spoken.side, naming), spoken.stage.name())
        })
    }

    /// All speeches under their headings.
    pub(super) fn passages(&self, naming: Naming) -> Vec<Passage> {
        let passage = |(index, spoken): (usize, &Spoken)| Passage {
            heading: self.heading(index, naming),
            text: spoken.text.clone(),
        };
        self.speeches.iter().enumerate().map(passage).collect()
    }

    /// The same debate with these speeches silent.
    pub(super) fn silencing(&self, silent: impl Fn(usize) -> bool) -> Transcript {
        let mut quiet = self.clone();
        for (index, spoken) in quiet.speeches.iter_mut().enumerate() {
            if silent(index) {
                spoken.text = SILENCE.to_owned();
            }
        }
        quiet
    }

    /// The judge's words with the sides' own names in the place of the neutral ones.
    pub(super) fn with_sides(&self, text: &str, naming: Naming) -> String {
        let first = self.first(naming).name();
        let second = self.first(naming).opponent().name();
        let names = [("First speaker", "Second speaker", true), ("first speaker", "second speaker", false)];
        names.iter().fold(text.to_owned(), |text, (one, two, capital)| {
            let cased = |name: &str| if *capital { capitalised(name) } else { name.to_owned() };
            text.replace(one, &cased(first)).replace(two, &cased(second))
        })
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Event;
    use crate::domain::seat::{Seat, Visibility};
    use crate::domain::speech::Speech;
    use crate::judge::rehearsal::{opening, speeches};

    #[test]
    fn names_are_swapped_and_the_order_of_speeches_is_not() {
        let debate = speeches();
        let (spoken, swapped) = (debate.passages(Naming::AsSpoken), debate.passages(Naming::Swapped));
        assert_eq!(spoken[0].heading, "Speech 1, First speaker, constructive");
        assert_eq!(swapped[0].heading, "Speech 1, Second speaker, constructive");
        let texts = |passages: &[Passage]| passages.iter().map(|passage| passage.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(&spoken), texts(&swapped));
    }

    #[test]
    fn a_transcript_keeps_the_order_of_the_debate_and_leaves_the_set_up_out() {
        let mut debate = Debate::default();
        assert_eq!(Transcript::of(&debate), None);
        debate.apply(&Event::DebateOpened(Box::new(opening())));
        for slot in debate.slots.clone() {
            debate.apply(&Event::SpeechDelivered(Speech {
                speech: slot.index,
                stage: slot.stage,
                seat: Seat(slot.seat.0),
                side: slot.side,
                text: format!("Speech of slot {}.", slot.index),
                words: 4,
                cut: false,
                citations: Vec::new(),
                visible_to: Visibility::Everyone,
            }));
        }
        let transcript = Transcript::of(&debate).unwrap();
        let headings: Vec<_> =
            transcript.passages(Naming::AsSpoken).into_iter().map(|passage| passage.heading).collect();
        assert_eq!(
            headings,
            [
                "Speech 1, First speaker, constructive",
                "Speech 2, Second speaker, constructive",
                "Speech 3, Second speaker, rebuttal",
                "Speech 4, First speaker, rebuttal",
            ]
        );
        assert_eq!(transcript.speeches[3].limit, Some(120));
        assert!(!format!("{transcript:?}").contains("Set-up text."));
    }

    #[test]
    fn whoever_speaks_first_is_the_first_speaker() {
        let mut debate = speeches();
        for spoken in &mut debate.speeches {
            spoken.side = spoken.side.opponent();
        }
        assert_eq!(debate.name(Side::Opposition, Naming::AsSpoken), "First speaker");
        assert_eq!(
            debate.with_sides("The First speaker beats the second speaker.", Naming::AsSpoken),
            "The Opposition beats the proposition."
        );
    }
}
