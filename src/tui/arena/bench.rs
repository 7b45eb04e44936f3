//! The judges: who they are, how far to trust them, what they do now, and their ballots.

use ratatui::text::{Line, Span};

use crate::domain::ballot::Ballot;
use crate::domain::opening::Opening;
use crate::domain::seat::Side;
use crate::text::sanitize::{one_line, sanitize};
use crate::text::wrap::wrap;
use crate::tui::arena::{Arena, Section};
use crate::tui::meter::{lead, spinner};
use crate::tui::model::Session;
use crate::tui::pane::apart;

impl Arena {
    /// In full, what the judges wrote stands below.
    pub(in crate::tui::arena) fn bench(&self, session: &Session, width: usize, full: bool) -> Section {
        let palette = &session.palette;
        let mut lines = Vec::new();
        let Some(opening) = &self.debate.opening else {
            return Section { title: "Judge".to_owned(), note: String::new(), lines };
        };
        let judges = &opening.judges;
        if judges.is_empty() {
            lines.push(Line::styled("Nobody judges, so nothing is rated.", palette.dim));
            return Section { title: "Judge".to_owned(), note: String::new(), lines };
        }
        for (index, (judge, judging)) in judges.iter().zip(&self.debate.judging).enumerate() {
            // A judge of more than two teams sits once for every two of them.
            let again = judge.between.is_some() && index > 0 && judges[index - 1].name == judge.name;
            if !again {
                let name = vec![Span::styled(one_line(&judge.name, width).into_string(), palette.text)];
                lines.push(apart(name, Vec::new(), width));
                let trust = judge.certificate.as_deref().unwrap_or("never audited");
                let trust = vec![Span::styled(one_line(trust, width).into_string(), palette.warn)];
                lines.push(apart(trust, Vec::new(), width));
            }
            if let Some([first, second]) = judge.between {
                let pair = format!("{} · {}", opening.seat_title(first), opening.seat_title(second));
                lines.push(apart(vec![Span::styled(pair, palette.dim)], Vec::new(), width));
            }
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
                ballot_lines(ballot, opening, session, width, &mut lines);
            } else if let Some(reason) = &judging.voided {
                lines.push(Line::styled(format!("✗ void: {}", one_line(reason, width)), palette.bad));
            } else if !judging.said.is_empty() {
                lines.push(Line::styled(format!("{} answers so far", judging.said.len()), palette.dim));
            } else if !self.debate.is_spoken() && !again {
                lines.push(Line::styled("judges when all have spoken", palette.dim));
            }
            if full {
                for reason in judging.ballot.iter().flat_map(|ballot| &ballot.reasons) {
                    let text = sanitize(reason.text.trim());
                    lines.push(Line::default());
                    lines.extend(wrap(&text, width).into_iter().map(|row| Line::styled(row.to_owned(), palette.text)));
                }
            }
            let next_too = judges.get(index + 1).is_some_and(|next| next.between.is_some() && next.name == judge.name);
            if !next_too {
                lines.push(Line::default());
            }
        }
        lines.pop();
        Section { title: "Judge".to_owned(), note: String::new(), lines }
    }
}

/// A ballot in short: who won, and the dimensions.
fn ballot_lines(ballot: &Ballot, opening: &Opening, session: &Session, width: usize, lines: &mut Vec<Line<'static>>) {
    let palette = &session.palette;
    let called = |side: Side| {
        ballot.between.map_or_else(|| side.title().to_owned(), |_| opening.called(ballot.between, side).to_owned())
    };
    let verdict = match ballot.winner {
        Some(side) => Span::styled(format!("✓ {}", called(side)), palette.side(opening.stands(ballot.between, side))),
        None => Span::styled("✓ tie", palette.text),
    };
    let share = match ballot.between {
        Some(_) => format!("{:.0} %", ballot.probability.max(1.0 - ballot.probability) * 100.0),
        None => format!("{:.0} % proposition", ballot.probability * 100.0),
    };
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
