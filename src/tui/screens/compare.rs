//! Two speeches side by side.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use crate::assets::Action;
use crate::domain::debate::Debate;
use crate::domain::speech::Speech;
use crate::tui::model::Session;
use crate::tui::pane::pane;
use crate::tui::screens::{Hint, Reply, hints};
use crate::tui::transcript::{Block, Transcript};

/// One column.
#[derive(Clone, Debug)]
struct Column {
    /// The place among the speeches.
    at: usize,
    transcript: Transcript,
}

#[derive(Clone, Debug)]
pub struct Compare {
    /// Titles and speeches, in their order.
    speeches: Vec<(String, Speech)>,
    columns: [Column; 2],
    /// The column that has the keys.
    focus: usize,
}

impl Compare {
    /// A speech beside the last one of the other side before it; `None` with fewer than two speeches.
    #[must_use]
    pub fn of(debate: &Debate, speech: Option<usize>) -> Option<Compare> {
        let opening = debate.opening.as_ref()?;
        let title = |speech: &Speech| opening.slot_title(speech.seat, speech.stage);
        let speeches: Vec<(String, Speech)> =
            debate.speeches.values().map(|speech| (title(speech), speech.clone())).collect();
        let at =
            speeches.iter().position(|(_, one)| Some(one.speech) == speech).unwrap_or(speeches.len().checked_sub(1)?);
        let side = speeches[at].1.side;
        let before = speeches[..at].iter().rposition(|(_, one)| one.side != side);
        let other = before.or_else(|| speeches.iter().position(|(_, one)| one.side != side))?;
        let column = |at: usize| Column { at, transcript: read(&speeches[at]) };
        Some(Compare { columns: [column(other.min(at)), column(other.max(at))], speeches, focus: 1 })
    }

    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let mut shown = vec![Hint::named(Action::Right, "next speech"), Hint::named(Action::Left, "speech before")];
        shown.push(Hint::named(Action::NextPane, "other column"));
        shown.extend(hints([Action::Up, Action::Down, Action::Back, Action::Help, Action::Quit]));
        shown
    }

    pub fn act(&mut self, action: Action) -> Option<Vec<Reply>> {
        let last = self.speeches.len() - 1;
        let column = &mut self.columns[self.focus];
        let at = match action {
            Action::Left => column.at.saturating_sub(1),
            Action::Right => (column.at + 1).min(last),
            Action::NextPane | Action::PreviousPane => {
                self.focus = 1 - self.focus;
                return Some(Vec::new());
            }
            _ => return column.transcript.act(action).then(Vec::new),
        };
        if at != column.at {
            *column = Column { at, transcript: read(&self.speeches[at]) };
        }
        Some(Vec::new())
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let areas: [Rect; 2] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).spacing(2).areas(area);
        for (place, (column, area)) in self.columns.iter().zip(areas).enumerate() {
            let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
            column.transcript.view(frame, body, &session.palette);
            let below = column.transcript.below();
            let note = if below > 0 { format!("↓ {below}") } else { String::new() };
            let title = format!("{} of {}", column.at + 1, self.speeches.len());
            pane(frame, area, &title, &note, place == self.focus, &session.palette);
        }
    }
}

fn read((title, speech): &(String, Speech)) -> Transcript {
    let mut transcript = Transcript::from_top();
    transcript.block(speech.speech, || Block::new(speech.speech, speech.side, title.clone())).deliver(speech);
    transcript
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Event;
    use crate::domain::sample;

    fn debate(speeches: usize) -> Debate {
        let mut debate = Debate::default();
        debate.apply(&Event::DebateOpened(Box::new(sample::opening())));
        (0..speeches).for_each(|index| debate.apply(&Event::SpeechDelivered(sample::speech(index))));
        debate
    }

    #[test]
    fn a_speech_stands_beside_what_it_answers_and_each_column_turns_its_own_pages() {
        assert!(Compare::of(&debate(1), Some(0)).is_none());
        let mut compare = Compare::of(&debate(4), Some(2)).unwrap();
        let places = |compare: &Compare| [compare.columns[0].at, compare.columns[1].at];
        assert_eq!(places(&compare), [0, 2]);
        compare.act(Action::Right);
        compare.act(Action::NextPane);
        compare.act(Action::Left);
        compare.act(Action::Right);
        assert_eq!(places(&compare), [1, 3]);
    }
}
