//! Cases: what is put before a judge, with what people or the truth say of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::format::StageKind;
use crate::domain::seat::Side;
use crate::domain::transcript::{Contest, Spoken, Transcript};
use crate::text::words::count_words;

/// Which of two is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    A,
    B,
    Tie,
}

impl Label {
    /// The better of two figures.
    #[must_use]
    pub fn of(lead: f64) -> Label {
        if lead > 0.0 {
            Label::A
        } else if lead < 0.0 {
            Label::B
        } else {
            Label::Tie
        }
    }

    /// What a prediction of a decided case scores against this label: right 1, wrong 0, a tie one half.
    #[must_use]
    pub fn score(self, predicted: Label) -> f64 {
        match predicted {
            Label::Tie => 0.5,
            _ => f64::from(u8::from(self == predicted)),
        }
    }

    /// A place in a list of the three, for counts.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Label::A => 0,
            Label::Tie => 1,
            Label::B => 2,
        }
    }
}

/// How many people said what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Votes {
    pub a: f64,
    pub b: f64,
    pub equal: f64,
}

impl Votes {
    /// Votes for a label, and all votes.
    #[must_use]
    pub fn for_label(self, label: Label) -> (f64, f64) {
        let votes = match label {
            Label::A => self.a,
            Label::B => self.b,
            Label::Tie => self.equal,
        };
        (votes, self.a + self.b + self.equal)
    }
}

/// One text of a debate.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub side: Side,
    pub stage: StageKind,
    pub text: String,
}

/// What the judge reads of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Matter {
    /// Two texts that may stand in either order, each with what it maintains where that is not simply the claim.
    Pair { texts: [String; 2], positions: Option<[String; 2]> },
    /// A debate, whose order is its own: it is heard once.
    Debate(Vec<Line>),
}

/// A labelled case. In a debate, a is the proposition and b the opposition.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub id: String,
    pub contest: Contest,
    /// The motion, the claim or the instruction, as the judge reads it.
    pub topic: String,
    pub matter: Matter,
    pub label: Label,
    /// Cases that are alike, for the bootstrap and for calibration: usually a topic.
    pub cluster: String,
    /// What the report splits by; may be empty.
    pub group: String,
    pub votes: Option<Votes>,
    /// Who wrote a and b, where it is known.
    pub authors: Option<[String; 2]>,
}

/// One question with completions of which some are right: best-of-n, one against many, ties.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    pub id: String,
    pub prompt: String,
    /// The right ones first.
    pub completions: Vec<String>,
    pub right: usize,
    pub group: String,
}

/// An answer that is right or wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    pub id: String,
    pub question: String,
    pub answer: String,
    pub correct: bool,
    pub group: String,
}

/// What one line of a file holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Case(Case),
    List(List),
    Claimed(Claimed),
}

impl Item {
    /// What sampling keeps in proportion.
    #[must_use]
    pub fn stratum(&self) -> &str {
        match self {
            Item::Case(case) if case.group.is_empty() => &case.cluster,
            Item::Case(case) => &case.group,
            Item::List(list) => &list.group,
            Item::Claimed(claimed) => &claimed.group,
        }
    }

    /// What names an item, whatever the order of its file.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Item::Case(case) => &case.id,
            Item::List(list) => &list.id,
            Item::Claimed(claimed) => &claimed.id,
        }
    }

    /// What it is judged as.
    #[must_use]
    pub fn contest(&self) -> Contest {
        match self {
            Item::Case(case) => case.contest,
            Item::List(_) | Item::Claimed(_) => Contest::Answers,
        }
    }

    /// Every text that a judge would read as one side's.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Item::Case(case) => case.matter.texts(),
            Item::List(list) => list.completions.iter().map(String::as_str).collect(),
            Item::Claimed(claimed) => vec![&claimed.answer],
        }
    }
}

impl Matter {
    fn texts(&self) -> Vec<&str> {
        match self {
            Matter::Pair { texts, .. } => texts.iter().map(String::as_str).collect(),
            Matter::Debate(lines) => lines.iter().map(|line| line.text.as_str()).collect(),
        }
    }

    /// Words of a and of b.
    #[must_use]
    pub fn words(&self) -> [usize; 2] {
        match self {
            Matter::Pair { texts, .. } => texts.each_ref().map(|text| count_words(text)),
            Matter::Debate(lines) => Side::BOTH
                .map(|side| lines.iter().filter(|line| line.side == side).map(|line| count_words(&line.text)).sum()),
        }
    }
}

impl Case {
    /// A pair without votes, groups or authors.
    #[must_use]
    pub fn pair(id: &str, contest: Contest, topic: &str, texts: [String; 2], label: Label) -> Case {
        Case {
            id: id.to_owned(),
            contest,
            topic: topic.to_owned(),
            matter: Matter::Pair { texts, positions: None },
            label,
            cluster: topic.to_owned(),
            group: String::new(),
            votes: None,
            authors: None,
        }
    }

    /// How many transcripts are heard of it.
    #[must_use]
    pub fn orders(&self) -> usize {
        match self.matter {
            Matter::Pair { .. } => 2,
            Matter::Debate(_) => 1,
        }
    }

    /// What is heard: a pair in both orders, a first and then b first; a debate once.
    #[must_use]
    pub fn transcripts(&self) -> Vec<Transcript> {
        match &self.matter {
            Matter::Pair { texts, positions } => {
                let order = |first: usize| {
                    let places = [first, 1 - first];
                    let lines = Side::BOTH.into_iter().zip(places).map(|(side, place)| Line {
                        side,
                        stage: StageKind::Constructive,
                        text: texts[place].clone(),
                    });
                    let stands = positions.as_ref().map(|positions| places.map(|place| positions[place].clone()));
                    transcript(self.contest, &self.topic, lines, stands)
                };
                vec![order(0), order(1)]
            }
            Matter::Debate(lines) => vec![transcript(self.contest, &self.topic, lines.iter().cloned(), None)],
        }
    }

    /// The side that spoke last; `None` for a pair.
    #[must_use]
    pub fn last_speaker(&self) -> Option<Label> {
        match &self.matter {
            Matter::Pair { .. } => None,
            Matter::Debate(lines) => {
                lines.last().map(|line| if line.side == Side::Proposition { Label::A } else { Label::B })
            }
        }
    }
}

/// A transcript of these texts. `positions` is what proposition and opposition maintain.
#[must_use]
pub fn transcript(
    contest: Contest,
    topic: &str,
    lines: impl IntoIterator<Item = Line>,
    positions: Option<[String; 2]>,
) -> Transcript {
    let spoken = |line: Line| Spoken {
        side: line.side,
        stage: line.stage,
        words: count_words(&line.text),
        text: line.text,
        limit: None,
        citations: Vec::new(),
    };
    Transcript {
        contest,
        topic: topic.to_owned(),
        positions: positions.map(|positions| Side::BOTH.into_iter().zip(positions).collect()).unwrap_or_default(),
        speeches: lines.into_iter().map(spoken).collect(),
        places: Vec::new(),
        sources: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_heard_in_both_orders_with_its_positions() {
        let mut case = Case::pair("1", Contest::Debate, "Who won?", ["one".to_owned(), "two".to_owned()], Label::A);
        case.matter = Matter::Pair {
            texts: ["one".to_owned(), "two".to_owned()],
            positions: Some(["that a holds".to_owned(), "that b holds".to_owned()]),
        };
        let [straight, swapped] = &case.transcripts()[..] else { panic!("two orders") };
        let texts = |transcript: &Transcript| transcript.speeches.iter().map(|s| s.text.clone()).collect::<Vec<_>>();
        assert_eq!(
            (texts(straight), texts(swapped)),
            (vec!["one".into(), "two".into()], vec!["two".into(), "one".into()])
        );
        for transcript in [straight, swapped] {
            assert_eq!(transcript.speeches[0].side, Side::Proposition);
        }
        assert_eq!(straight.positions[&Side::Proposition], "that a holds");
        assert_eq!(swapped.positions[&Side::Proposition], "that b holds");
    }

    #[test]
    fn a_debate_is_heard_once_and_knows_who_spoke_last() {
        let line = |side, text: &str| Line { side, stage: StageKind::Rebuttal, text: text.to_owned() };
        let mut case = Case::pair("1", Contest::Debate, "m", [String::new(), String::new()], Label::B);
        case.matter = Matter::Debate(vec![
            line(Side::Opposition, "No."),
            line(Side::Proposition, "Yes, we would."),
            line(Side::Opposition, "Never."),
        ]);
        assert_eq!(case.transcripts().len(), 1);
        assert_eq!(case.transcripts()[0].opener(), Side::Opposition);
        assert_eq!((case.last_speaker(), case.matter.words()), (Some(Label::B), [3, 2]));
    }

    #[test]
    fn an_undecided_prediction_is_half_right() {
        assert_eq!([Label::A, Label::B, Label::Tie].map(|said| Label::A.score(said)), [1.0, 0.0, 0.5]);
        assert_eq!([0.2, -0.2, 0.0, -0.0].map(Label::of), [Label::A, Label::B, Label::Tie, Label::Tie]);
    }
}
