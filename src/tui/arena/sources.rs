//! The evidence bags: what each side found, and how its quotes stand to their sources.

use ratatui::text::{Line, Span};

use crate::domain::evidence::Standing;
use crate::domain::seat::{Seat, Side};
use crate::text::count::number_of;
use crate::text::sanitize::{one_line, sanitize};
use crate::text::wrap::wrap;
use crate::tui::arena::{Arena, Section};
use crate::tui::model::Session;
use crate::tui::pane::apart;
use crate::tui::transcript::mark;

impl Arena {
    /// In full, the passages stand below their titles.
    pub(in crate::tui::arena) fn sources(&self, session: &Session, width: usize, full: bool) -> Section {
        let palette = &session.palette;
        let Some(opening) = &self.debate.opening else { return Section::default() };
        let found: usize = self.debate.bags.values().map(Vec::len).sum();
        let mut lines = Vec::new();
        if opening.evidence.is_none() {
            lines.push(Line::styled("The teams have no sources,", palette.dim));
            lines.push(Line::styled("so nothing may be cited.", palette.dim));
        } else if found == 0 {
            lines.push(Line::styled("Nothing found yet.", palette.dim));
        }
        for (seat, bag) in &self.debate.bags {
            let side = opening.participant(*seat).map_or(Side::Proposition, |participant| participant.side);
            lines.push(Line::styled(format!("{} · {}", opening.seat_title(*seat), bag.len()), palette.side(side)));
            for item in bag {
                let standing = self.standing(*seat, &item.label);
                let (sign, style) = standing.map_or((" ", palette.dim), |s| (mark(s), palette.standing(s)));
                let left = vec![
                    Span::styled(format!("{:<4}{sign} ", one_line(&item.label, 4)), style),
                    Span::styled(one_line(&item.title, width).into_string(), palette.text),
                ];
                lines.push(apart(left, Vec::new(), width));
                if full {
                    lines.push(Line::styled(one_line(&item.address, width).into_string(), palette.dim));
                    let text = sanitize(item.text.trim());
                    lines.extend(wrap(&text, width).into_iter().map(|row| Line::styled(row.to_owned(), palette.text)));
                    lines.push(Line::default());
                }
            }
        }
        let note = if found > 0 { number_of(found, "passage") } else { String::new() };
        Section { title: "Evidence".to_owned(), note, lines }
    }

    /// How a label's quotes stand in the speeches of a seat, the worst first; `None` if it was not cited.
    fn standing(&self, seat: Seat, label: &str) -> Option<Standing> {
        let severity = |standing: &Standing| match standing {
            Standing::Absent => 3,
            Standing::Close => 2,
            Standing::Verified => 1,
            Standing::Unquoted => 0,
        };
        let speeches = self.debate.speeches.values().filter(|speech| speech.seat == seat);
        let citations = speeches.flat_map(|speech| &speech.citations).filter(|citation| citation.label == label);
        citations.map(|citation| citation.standing).max_by_key(severity)
    }
}
