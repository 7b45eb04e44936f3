//! Draws the arena: the transcript with the momentum below it, and beside it who prepares, what they found, who judges.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::domain::seat::Side;
use crate::text::sparkline::sparkline;
use crate::text::wrap::wrap;
use crate::tui::arena::momentum::{Momentum, momentum};
use crate::tui::arena::{Arena, Pane, Section};
use crate::tui::meter::spinner;
use crate::tui::model::Session;
use crate::tui::pane::{lines, pane};

/// From this width on the panes stand beside the transcript; below it, one pane at a time fills the screen.
const TWO_COLUMNS: u16 = 72;
/// What stands for the transcript while a person writes in a blind stage.
const BLIND: &str = "Nobody hears the other side in this stage. Its speech shows when yours is handed in.";
/// The most rows that what a person writes takes, with its heading.
const COMPOSER: u16 = 14;
/// From this height on the momentum has a place.
const WITH_MOMENTUM: u16 = 18;
/// From this height on there is room for a blank line above it.
const WITH_SPACE: u16 = 26;

impl Arena {
    /// Draws the running debate.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        if self.is_empty() {
            let sentence = "Opening the debate: the models are loaded, which takes some seconds.";
            let spin = spinner(session.beat, session.still);
            let line = Line::from(vec![
                Span::styled(format!("  {spin} "), session.palette.live),
                Span::styled(sentence, session.palette.text),
            ]);
            frame.render_widget(line, Rect { y: area.y + area.height.min(3) - 1, height: 1, ..area });
            return;
        }
        let [head, body] = Layout::vertical([Constraint::Length(3), Constraint::Fill(1)]).areas(area);
        self.header(frame, head, session, &self.clock());
        self.standing_line(frame, Rect { y: head.y + 2, height: 1, ..head }, session);
        self.panes(frame, body, session);
    }

    /// Draws everything below the header.
    pub(in crate::tui) fn panes(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let rows = if self.writing { (area.height / 2).clamp(4, COMPOSER) } else { 3 };
        let rows = if self.composer().is_some() { rows } else { 0 };
        let [area, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(rows)]).areas(area);
        if let Some(composer) = self.composer() {
            composer.view(frame, below, self.writing, self.now, &session.palette);
        }
        if self.zoomed || area.width < TWO_COLUMNS {
            self.draw(self.focus, frame, area, session);
            return;
        }
        let right = (area.width * 2 / 5).clamp(30, 64);
        let [left, _, right] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(1), Constraint::Length(right)]).areas(area);
        let momentum = match area.height {
            WITH_SPACE.. => 4,
            WITH_MOMENTUM..WITH_SPACE => 3,
            _ => 0,
        };
        let [transcript, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(momentum)]).areas(left);
        self.draw(Pane::Transcript, frame, transcript, session);
        self.draw_momentum(frame, below, session);
        let [team, evidence, judge] =
            Layout::vertical([Constraint::Fill(5), Constraint::Fill(3), Constraint::Fill(4)]).areas(right);
        self.draw(Pane::Team, frame, team, session);
        self.draw(Pane::Evidence, frame, evidence, session);
        self.draw(Pane::Judge, frame, judge, session);
    }

    fn draw(&self, which: Pane, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        // While a person writes, the keys go there.
        let focused = self.focus == which && !(self.writing && self.composer().is_some());
        if which == Pane::Transcript {
            // Drawn first: what is below the view is known only then.
            let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
            if self.is_blind() {
                pane(frame, area, "Transcript", "blind", focused, palette);
                let told = wrap(BLIND, usize::from(area.width).saturating_sub(4));
                let told: Vec<Line<'_>> =
                    told.into_iter().map(|row| Line::styled(format!("  {row}"), palette.dim)).collect();
                lines(frame, body, &told, 0);
                return;
            }
            self.transcript.view(frame, body, palette);
            let below = self.transcript.below();
            let below = if below > 0 { format!("↓ {below} lines below") } else { String::new() };
            let note = self.finding.note().unwrap_or(below);
            pane(frame, area, "Transcript", &note, focused, palette);
            return;
        }
        let full = self.zoomed && focused;
        let width = usize::from(area.width).saturating_sub(2);
        let height = usize::from(area.height).saturating_sub(1);
        let Section { title, mut note, lines: content } = match which {
            Pane::Team | Pane::Transcript => self.team(session, width, height, full),
            Pane::Evidence => self.sources(session, width, full),
            Pane::Judge => self.bench(session, width, full),
        };
        let body = Rect {
            x: area.x + 2,
            y: area.y + 1,
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(1),
        };
        let below = if focused {
            self.scroll.view(frame, body, &content);
            self.scroll.below()
        } else {
            lines(frame, body, &content, 0);
            content.len().saturating_sub(height)
        };
        if below > 0 {
            note = format!("↓ {below}");
        }
        pane(frame, area, &title, &note, focused, palette);
    }

    fn draw_momentum(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        if area.height == 0 {
            return;
        }
        let palette = &session.palette;
        let blank = area.height.saturating_sub(3);
        let area = Rect { y: area.y + blank, height: area.height - blank, ..area };
        let body = pane(frame, area, "Momentum", "", false, palette);
        if self.is_blind() {
            // It would tell how strong the hidden speech is.
            lines(frame, body, &[Line::styled("  hidden until your speech is in", palette.dim)], 0);
            return;
        }
        let preparing = if self.running { self.preparing() } else { Vec::new() };
        let mut spans = vec![Span::raw("  ")];
        for slot in &self.debate.slots {
            let mark = if self.debate.speeches.contains_key(&slot.index) {
                "■"
            } else if preparing.contains(&slot.index) {
                "▣"
            } else {
                "□"
            };
            let letter = if slot.side == Side::Proposition { 'P' } else { 'O' };
            spans.push(Span::styled(format!("{mark}{letter} "), palette.side(slot.side)));
        }
        let (line, measured) = match momentum(&self.debate) {
            Momentum::Prospects(line) => (line, true),
            Momentum::Scores(line) => (line, false),
        };
        let least = if measured { 0.1_f64 } else { 1.0 };
        let reach = line.iter().fold(least, |most, lead| most.max(lead.abs()));
        let second = if line.is_empty() {
            let reason = if self.debate.judging.is_empty() {
                "nobody judges this debate"
            } else if self.debate.ballots().is_empty() {
                "no judge has scored a speech yet"
            } else {
                "this judge scores the debate as a whole"
            };
            Line::from(vec![Span::raw("  "), Span::styled(reason, palette.dim)])
        } else {
            let last = line.last().copied().unwrap_or_default();
            let side = if last >= 0.0 { Side::Proposition } else { Side::Opposition };
            let chart: String = sparkline(&line, (-reach, reach)).chars().flat_map(|bar| [bar, bar, ' ']).collect();
            Line::from(vec![
                Span::raw("  "),
                Span::styled(chart, palette.side(side)),
                Span::styled(
                    if measured {
                        format!(" {:.0} % for the proposition now", (last + 0.5) * 100.0)
                    } else {
                        format!(" {last:+.1} points, up for the proposition")
                    },
                    palette.dim,
                ),
            ])
        };
        lines(frame, body, &[Line::from(spans), second], 0);
    }
}
