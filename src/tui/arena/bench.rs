//! The judges: who they are, how far to trust them, what they do now, and their ballots.

use ratatui::text::{Line, Span};

use crate::domain::ballot::Ballot;
use crate::domain::seat::Side;
use crate::text::sanitize::{one_line, sanitize};
use crate::text::wrap::wrap;
use crate::tui::arena::{Arena, Section, side_title};
use crate::tui::meter::{lead, spinner};
use crate::tui::model::Session;
use crate::tui::pane::apart;

impl Arena {
    /// In full, what the judges wrote stands below.
    pub(in crate::tui::arena) fn bench(&self, session: &Session, width: usize, full: bool) -> Section {
        let palette = &session.palette;
        let judges = self.debate.opening.as_ref().map(|opening| opening.judges.as_slice()).unwrap_or_default();
        let mut lines = Vec::new();
        if judges.is_empty() {
            lines.push(Line::styled("Nobody judges, so nothing is rated.", palette.dim));
            return Section { title: "Judge".to_owned(), note: String::new(), lines };
        }
        for (index, (judge, judging)) in judges.iter().zip(&self.debate.judging).enumerate() {
            let name = vec![Span::styled(one_line(&judge.name, width).into_string(), palette.text)];
            lines.push(apart(name, Vec::new(), width));
            let trust = judge.certificate.as_deref().unwrap_or("never audited");
            let trust = vec![Span::styled(one_line(trust, width).into_string(), palette.warn)];
            lines.push(apart(trust, Vec::new(), width));
            for (call, work) in self.calls.of_judge(index) {
                let spin = spinner(session.beat, session.still);
                let left = vec![
                    Span::styled(format!("{spin} "), palette.live),
                    Span::styled(format!("{} ", one_line(call, width)), palette.text),
                    Span::styled(work.doing(), palette.dim),
                ];
                lines.push(apart(left, Vec::new(), width));
            }
            if let Some(ballot) = &judging.ballot {
                self.ballot(ballot, session, width, &mut lines);
            } else if let Some(reason) = &judging.voided {
                lines.push(Line::styled(format!("✗ void: {}", one_line(reason, width)), palette.bad));
            } else if !judging.said.is_empty() {
                lines.push(Line::styled(format!("{} answers so far", judging.said.len()), palette.dim));
            } else if !self.debate.is_spoken() {
                lines.push(Line::styled("judges when all have spoken", palette.dim));
            }
            if full {
                for reason in judging.ballot.iter().flat_map(|ballot| &ballot.reasons) {
                    let text = sanitize(reason.text.trim());
                    lines.push(Line::default());
                    lines.extend(wrap(&text, width).into_iter().map(|row| Line::styled(row.to_owned(), palette.text)));
                }
            }
            lines.push(Line::default());
        }
        lines.pop();
        Section { title: "Judge".to_owned(), note: String::new(), lines }
    }

    fn ballot(&self, ballot: &Ballot, session: &Session, width: usize, lines: &mut Vec<Line<'static>>) {
        let palette = &session.palette;
        let verdict = match ballot.winner {
            Some(side) => Span::styled(format!("✓ {}", side_title(side)), palette.side(side)),
            None => Span::styled("✓ tie", palette.text),
        };
        let share = format!("{:.0} % proposition", ballot.probability * 100.0);
        lines.push(apart(vec![verdict], vec![Span::styled(share, palette.dim)], width));
        let name = ballot.dimensions.iter().map(|row| row.dimension.len()).max().unwrap_or(0).min(14);
        for row in &ballot.dimensions {
            let scores: Vec<String> =
                Side::BOTH.iter().filter_map(|side| row.scores.get(side)).map(|score| format!("{score:.0}")).collect();
            let mut left = vec![Span::styled(format!("{:<name$} ", one_line(&row.dimension, name)), palette.dim)];
            left.extend(lead(row.probability, 10, palette));
            let right = format!("{} {:>3.0} %", scores.join(" : "), row.probability * 100.0);
            lines.push(apart(left, vec![Span::styled(right, palette.text)], width));
        }
    }
}
