//! How a transcript is shown to a judge: the speeches in their real order, the speakers without names.

use crate::domain::recipe::Called;
use crate::domain::seat::Side;
use crate::domain::transcript::{Contest, Spoken, Transcript};

/// What stands in the place of a speech without content.
pub(super) const SILENCE: &str = "(nothing was said)";

/// What the sides are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Naming {
    /// Whether the side is called first that did not speak first.
    pub swapped: bool,
    pub called: Called,
}

/// A piece of text with its heading, not yet fenced.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Passage {
    pub heading: String,
    pub text: String,
    /// Whether the judge wrote it itself, after it had read the debate.
    pub own: bool,
}

impl Passage {
    /// What the judge wrote itself.
    pub fn own(heading: impl Into<String>, text: impl Into<String>) -> Passage {
        Passage { heading: heading.into(), text: text.into(), own: true }
    }
}

impl Transcript {
    /// The side that a naming calls first.
    pub(super) fn first(&self, naming: Naming) -> Side {
        if naming.swapped { self.opener().opponent() } else { self.opener() }
    }

    /// The neutral name of a side.
    pub(super) fn name(&self, side: Side, naming: Naming) -> &'static str {
        let [first, second] = names(self.contest, naming.called);
        if side == self.first(naming) { first } else { second }
    }

    /// The heading of a speech, for instance `Speech 3, First speaker, rebuttal`. A single argument or answer needs no number.
    pub(super) fn heading(&self, speech: usize, naming: Naming) -> String {
        self.speeches.get(speech).map_or_else(String::new, |spoken| {
            let name = self.name(spoken.side, naming);
            match self.contest {
                Contest::Debate => format!("Speech {}, {name}, {}", speech + 1, spoken.stage.name()),
                Contest::Arguments | Contest::Evidence | Contest::Answers => name.to_owned(),
            }
        })
    }

    /// Speeches under their headings, each with its index: of one side, or of both.
    pub(super) fn passages(&self, naming: Naming, backward: bool, of: Option<Side>) -> Vec<(usize, Passage)> {
        let wanted = self.speeches.iter().enumerate().filter(|(_, spoken)| of.is_none_or(|side| side == spoken.side));
        let passage = |(index, spoken): (usize, &Spoken)| {
            (index, Passage { heading: self.heading(index, naming), text: spoken.text.clone(), own: false })
        };
        let mut passages: Vec<_> = wanted.map(passage).collect();
        // Two arguments or answers have no order of their own: whoever is called first stands first.
        if backward != (naming.swapped && self.contest != Contest::Debate) {
            passages.reverse();
        }
        passages
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
        let first = self.first(naming);
        let neutral = names(self.contest, naming.called).into_iter().zip([first, first.opponent()]);
        neutral.fold(text.to_owned(), |text, (name, side)| {
            text.replace(name, &capitalised(side.name())).replace(&name.to_lowercase(), side.name())
        })
    }
}

/// What the sides are called, the first first.
fn names(contest: Contest, called: Called) -> [&'static str; 2] {
    match (contest, called) {
        (Contest::Debate, Called::Ordinals) => ["First speaker", "Second speaker"],
        (Contest::Arguments, Called::Ordinals) => ["First argument", "Second argument"],
        (Contest::Evidence, Called::Ordinals) => ["First evidence", "Second evidence"],
        (Contest::Answers, Called::Ordinals) => ["First answer", "Second answer"],
        (Contest::Debate, Called::Letters) => ["Speaker A", "Speaker B"],
        (Contest::Arguments, Called::Letters) => ["Argument A", "Argument B"],
        (Contest::Evidence, Called::Letters) => ["Evidence A", "Evidence B"],
        (Contest::Answers, Called::Letters) => ["Answer A", "Answer B"],
    }
}

pub(super) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::rehearsal::speeches;

    #[test]
    fn names_are_swapped_and_the_order_of_speeches_is_not() {
        let debate = speeches();
        let swapped = Naming { swapped: true, ..Naming::default() };
        let (spoken, swapped) =
            (debate.passages(Naming::default(), false, None), debate.passages(swapped, false, None));
        assert_eq!(spoken[0].1.heading, "Speech 1, First speaker, constructive");
        assert_eq!(swapped[0].1.heading, "Speech 1, Second speaker, constructive");
        let texts = |passages: &[(usize, Passage)]| passages.iter().map(|(_, it)| it.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(&spoken), texts(&swapped));
    }

    #[test]
    fn read_backward_the_last_speech_comes_first_under_its_own_number() {
        let passages = speeches().passages(Naming::default(), true, Some(Side::Opposition));
        let headings: Vec<_> = passages.iter().map(|(_, passage)| passage.heading.as_str()).collect();
        assert_eq!(headings, ["Speech 4, Second speaker, constructive", "Speech 2, Second speaker, constructive"]);
    }

    #[test]
    fn two_answers_change_places_with_their_names() {
        let mut pair = speeches();
        pair.speeches.truncate(2);
        pair.contest = Contest::Answers;
        let swapped = Naming { swapped: true, called: Called::Letters };
        let passages = pair.passages(swapped, false, None);
        let found: Vec<_> = passages.iter().map(|(index, passage)| (*index, passage.heading.as_str())).collect();
        assert_eq!(found, [(1, "Answer A"), (0, "Answer B")]);
    }

    #[test]
    fn whoever_speaks_first_is_the_first_speaker() {
        let mut debate = speeches();
        for spoken in &mut debate.speeches {
            spoken.side = spoken.side.opponent();
        }
        assert_eq!(debate.name(Side::Opposition, Naming::default()), "First speaker");
        assert_eq!(
            debate.with_sides("The First speaker beats the second speaker.", Naming::default()),
            "The Opposition beats the proposition."
        );
    }
}
