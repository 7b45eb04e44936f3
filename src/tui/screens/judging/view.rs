//! How a judging session is drawn: the speeches, and beside or below them the ballot paper.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::seat::Side;
use crate::engine::session::people::Concord;
use crate::text::count::number_of;
use crate::text::sanitize::{one_line, sanitize};
use crate::text::wrap::wrap;
use crate::tui::model::Session;
use crate::tui::pane::{lines, pane};
use crate::tui::screens::judging::paper::Choice;
use crate::tui::screens::judging::{Judging, LETTERS, Stage};
use crate::tui::theme::Palette;

/// From this width on the paper stands beside the speeches.
const BESIDE: u16 = 110;
/// Columns of the paper there.
const PAPER: u16 = 40;
/// The most rows that a motion takes.
const MOTION_ROWS: usize = 3;

impl Judging {
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        match &self.stage {
            Stage::Naming(field) => {
                let body = pane(frame, area, "Judging session", "", true, &session.palette);
                let (text, column) = field.view(usize::from(area.width).saturating_sub(20));
                let rows = [
                    Line::default(),
                    Line::from(vec![Span::styled("  Who judges?  ", session.palette.accent), text]),
                    Line::default(),
                    said("  Debates come one after the other; you do not see who spoke.", &session.palette),
                    said(
                        "  Your ballots stand under this name. Leave when you like: the rest waits.",
                        &session.palette,
                    ),
                ];
                lines(frame, body, &rows, 0);
                frame.set_cursor_position((body.x + 15 + column, body.y + 1));
            }
            Stage::Reading => {
                let body = pane(frame, area, "Judging session", "", true, &session.palette);
                lines(frame, body, &[said("  Reading.", &session.palette)], 0);
            }
            Stage::Sitting => self.sitting(frame, area, session),
            Stage::Over => self.over(frame, area, &session.palette),
        }
    }

    fn sitting(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let Some(case) = self.case() else { return };
        let palette = &session.palette;
        let topic = sanitize(case.case.transcript.topic.trim());
        let topic = topic.replace('\n', " ");
        let motion = wrap(&topic, usize::from(area.width).saturating_sub(4));
        let most = if area.height < 16 { 1 } else { MOTION_ROWS };
        let shown = motion.len().min(most);
        let cut = motion.len() > shown;
        let text = |(row, text): (usize, &str)| {
            let more = if cut && row + 1 == shown { "…" } else { "" };
            Line::styled(format!("  {text}{more}"), palette.title)
        };
        let motion: Vec<Line<'_>> = motion.into_iter().take(shown).enumerate().map(text).collect();
        let rows = u16::try_from(motion.len() + 1).unwrap_or(2);
        let [head, body] = Layout::vertical([Constraint::Length(rows), Constraint::Fill(1)]).areas(area);
        lines(frame, head, &motion, 0);
        let paper = self.paper_rows(case.dimensions.as_slice(), palette);
        let [speeches, ballot] = if area.width >= BESIDE {
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(PAPER)]).spacing(2).areas(body)
        } else {
            let rows = u16::try_from(paper.len() + 1).unwrap_or(8).min(body.height / 2);
            Layout::vertical([Constraint::Fill(1), Constraint::Length(rows)]).areas(body)
        };
        let below = self.transcript.below();
        let note = if below > 0 { format!("{below} lines below") } else { String::new() };
        let noun = case.case.transcript.contest.name();
        let room = pane(frame, speeches, &title(noun), &note, false, palette);
        self.transcript.view(frame, room, palette);
        let done = self.queue.done + self.handed.len();
        let note = format!(
            "{} · {} of {}",
            one_line(&self.queue.name, 16),
            done + 1,
            self.queue.cases.len() + self.queue.done
        );
        let room = pane(frame, ballot, "Your ballot", &note, true, palette);
        lines(frame, room, &paper, 0);
        if self.noting
            && let Some(row) = paper.len().checked_sub(1)
        {
            let (_, column) = self.paper.note.view(usize::from(room.width).saturating_sub(16));
            let y = room.y + u16::try_from(row).unwrap_or(0);
            if y < room.bottom() {
                frame.set_cursor_position((room.x + 14 + column, y));
            }
        }
    }

    /// One row for each dimension, one for the winner, one for the note.
    fn paper_rows(&self, dimensions: &[String], palette: &Palette) -> Vec<Line<'static>> {
        let mut rows: Vec<Line<'static>> = Vec::new();
        for (index, name) in dimensions.iter().enumerate() {
            let mut spans = vec![Span::styled(format!("  {:<12}", one_line(name, 12)), palette.text)];
            for (letter, score) in self.paper.scores.get(index).into_iter().flatten().enumerate() {
                let focused = self.paper.focus() == (index, letter);
                let score = score.map_or("·".to_owned(), |score| score.to_string());
                let (open, close) = if focused { ("[", "]") } else { (" ", " ") };
                let style = if focused { palette.focus } else { coloured(letter, palette) };
                spans.push(Span::styled(format!("{} {open}{score}{close}   ", LETTERS[letter]), style));
            }
            if index == self.paper.focus().0 {
                spans.push(Span::styled("1 to 5", palette.dim));
            }
            rows.push(Line::from(spans));
        }
        let mut spans = vec![Span::styled(format!("  {:<12}", "winner"), palette.text)];
        for (choice, name) in [(Choice::Letter(0), "A"), (Choice::Letter(1), "B"), (Choice::Tie, "tie")] {
            let chosen = self.paper.choice == Some(choice);
            let style = match choice {
                Choice::Letter(letter) if chosen => coloured(letter, palette),
                Choice::Tie if chosen => palette.title,
                _ => palette.dim,
            };
            // Never by colour alone.
            spans.push(Span::styled(if chosen { format!("({name}) ") } else { format!(" {name}  ") }, style));
        }
        if matches!(self.paper.choice, Some(Choice::Letter(_))) {
            spans.push(Span::styled(format!("  sure {} %", self.paper.sure()), palette.text));
        }
        rows.push(Line::from(spans));
        let note = self.paper.note.text();
        let text = if note.is_empty() && !self.noting {
            Span::styled("n writes why", palette.dim)
        } else {
            self.paper.note.view(usize::from(PAPER) - 16).0.style(palette.text)
        };
        rows.push(Line::from(vec![Span::styled(format!("  {:<12}", "note"), palette.text), text]));
        rows
    }

    fn over(&self, frame: &mut Frame<'_>, area: Rect, palette: &Palette) {
        let body = pane(frame, area, "Judging session", &one_line(&self.queue.name, 24), true, palette);
        let judged = self.handed.len();
        let sentence = match (judged, self.queue.done) {
            (0, 0) => "There is nothing to judge yet: no debate is over that only models spoke in.".to_owned(),
            (0, done) => format!("You have judged all {} of this session before.", number_of(done, "debate")),
            (judged, _) => format!("You judged {}. Nothing is left.", number_of(judged, "debate")),
        };
        let mut rows = vec![Line::default(), Line::styled(format!("  {sentence}"), palette.title), Line::default()];
        for failed in &self.queue.failed {
            rows.push(Line::styled(format!("  ! {}", one_line(failed, 200)), palette.warn));
        }
        let agreements = self.record.iter().flat_map(|record| &record.agreements);
        rows.extend(agreements.take(12).map(|row| concord(row, palette)));
        if self.record.as_ref().is_some_and(|record| !record.agreements.is_empty()) {
            rows.push(Line::default());
            rows.push(said("  The ladder by people counts your ballots: l, then f.", palette));
        }
        lines(frame, body, &rows, 0);
    }
}

fn concord(row: &Concord, palette: &Palette) -> Line<'static> {
    let kappa = row.kappa.map_or_else(String::new, |kappa| format!(" · kappa {kappa:.2}"));
    Line::from(vec![
        Span::styled(format!("  you and {:<32}", one_line(&row.with, 32)), palette.text),
        Span::styled(format!("{:>3} of {:<4}", row.same, row.both), palette.title),
        Span::styled(
            format!(" {:>3.0} % ({:.0} to {:.0}){kappa}", row.share * 100.0, row.low * 100.0, row.high * 100.0),
            palette.dim,
        ),
    ])
}

fn coloured(letter: usize, palette: &Palette) -> Style {
    palette.side(if letter == 0 { Side::Proposition } else { Side::Opposition })
}

fn said(text: &'static str, palette: &Palette) -> Line<'static> {
    Line::styled(text, palette.dim)
}

fn title(noun: &str) -> String {
    let mut letters = noun.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
