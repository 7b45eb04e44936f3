//! The two lines at the top: the motion and where the debate stands, and the sides with the judges' leaning.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::domain::format::Stage;
use crate::domain::seat::Side;
use crate::text::sanitize::one_line;
use crate::tui::arena::Arena;
use crate::tui::meter::{self, minutes};
use crate::tui::model::Session;
use crate::tui::pane::{apart, cut};

impl Arena {
    /// Draws both lines. `clock` is shown at the right, for instance the time that the debate has run.
    pub(in crate::tui) fn header(&self, frame: &mut Frame<'_>, area: Rect, session: &Session, clock: &str) {
        let palette = &session.palette;
        let width = usize::from(area.width);
        let Some(opening) = &self.debate.opening else { return };
        let motion = one_line(&opening.motion.text, width).into_string();
        let place = self.place();
        let facts = format!("{} · {} · {place}  {clock} ", opening.motion.category, cut(&opening.format.name, 20));
        let left = vec![Span::raw(" "), Span::styled(motion, palette.title)];
        let facts = if facts.width() > width / 2 { format!("{place}  {clock} ") } else { facts };
        let first = apart(left, vec![Span::styled(facts, palette.dim)], width);
        frame.render_widget(first, Rect { height: 1, ..area });
        if area.height > 1 {
            frame.render_widget(self.sides(session, width), Rect { y: area.y + 1, height: 1, ..area });
        }
    }

    /// For instance `rebuttal 4/6`.
    fn place(&self) -> String {
        let (spoken, all) = (self.debate.speeches.len(), self.debate.slots.len());
        if self.debate.closed {
            return "closed".to_owned();
        }
        if self.debate.is_spoken() {
            return "judging".to_owned();
        }
        let opening = self.debate.opening.as_ref();
        let kind = opening.and_then(|o| o.format.stages.get(self.debate.stage)).map_or("", Stage::name);
        let state = match (self.running, self.debate.paused) {
            (_, true) => " · paused",
            (false, _) if self.stopped().is_some() => " · stopped",
            _ => "",
        };
        format!("{kind} {}/{all}{state}", (spoken + 1).min(all))
    }

    fn sides(&self, session: &Session, width: usize) -> Line<'static> {
        let palette = &session.palette;
        let names = Side::BOTH.map(|side| {
            let player = self.debate.opening.as_ref().map(|opening| opening.players(side)).unwrap_or_default();
            let title = side.title();
            cut(&format!("{title} {player}"), width.saturating_sub(20) / 2)
        });
        let leaning = self.leaning();
        let label = leaning.map_or(" undecided ".to_owned(), |share| format!(" {:.0} % ", share * 100.0));
        let used: usize = names.iter().map(|name| name.width()).sum::<usize>() + label.width() + 4;
        let columns = width.saturating_sub(used).min(40);
        let mut spans = vec![Span::raw(" "), Span::styled(names[0].clone(), palette.side(Side::Proposition))];
        spans.push(Span::raw(" "));
        match leaning {
            Some(share) => spans.extend(meter::lead(share, columns, palette)),
            None => spans.push(Span::styled("┄".repeat(columns), palette.border)),
        }
        spans.push(Span::styled(label, palette.dim));
        let right = vec![Span::styled(names[1].clone(), palette.side(Side::Opposition)), Span::raw(" ")];
        apart(spans, right, width)
    }

    /// The mean probability of the ballots so far that the proposition won.
    fn leaning(&self) -> Option<f64> {
        let ballots = self.debate.ballots();
        (!ballots.is_empty())
            .then(|| ballots.iter().map(|ballot| ballot.probability).sum::<f64>() / ballots.len() as f64)
    }

    /// Draws why the debate stands still, if it does, and at the right what it took so far.
    pub(in crate::tui::arena) fn standing_line(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        let width = usize::from(area.width);
        let left = match self.stopped().filter(|_| !self.running) {
            Some(reason) => vec![Span::styled(format!(" ✗ {}", one_line(reason, 4 * width)), palette.bad)],
            None if !self.running && !self.debate.closed => {
                vec![Span::styled(" Stopped. Nothing is lost; it goes on where it stood.", palette.warn)]
            }
            None => Vec::new(),
        };
        let right = vec![Span::styled(format!("{} ", self.meters()), palette.dim)];
        frame.render_widget(apart(left, right, width), area);
    }

    /// How long the debate has run here, for instance `03:41`.
    pub(in crate::tui::arena) fn clock(&self) -> String {
        minutes(self.began.map_or(Duration::ZERO, |began| self.now.saturating_sub(began)))
    }
}
