//! Who prepares a speech: every role with what it does or did, the queries, and the text that is being written.

use ratatui::text::{Line, Span};

use crate::domain::speech::Work;
use crate::domain::team::Role;
use crate::text::bar::bar;
use crate::text::count::number_of;
use crate::text::sanitize::{DisplayText, one_line, sanitize};
use crate::text::words::count_words;
use crate::text::wrap::wrap;
use crate::tui::arena::{Arena, Section};
use crate::tui::meter::spinner;
use crate::tui::model::Session;
use crate::tui::pane::apart;

/// Columns of a role's name.
const NAME: usize = 10;

impl Arena {
    /// In full, everything that each role said stands below.
    pub(in crate::tui::arena) fn team(&self, session: &Session, width: usize, height: usize, full: bool) -> Section {
        let speeches = self.preparing();
        let opening = self.debate.opening.as_ref();
        let side = |speech: &usize| {
            let seat = self.debate.slots.get(*speech).map(|slot| slot.seat);
            seat.and_then(|seat| opening.map(|opening| opening.seat_title(seat))).unwrap_or_default()
        };
        let title = match speeches.as_slice() {
            [] => "Team".to_owned(),
            [one] if self.debate.speeches.contains_key(one) => format!("{} prepared", side(one)),
            [one] => format!("{} prepares", side(one)),
            _ => "Both sides prepare".to_owned(),
        };
        let mut lines = Vec::new();
        for speech in &speeches {
            if speeches.len() > 1 {
                let style = self.debate.slots.get(*speech).map(|slot| session.palette.side(slot.side));
                lines.push(Line::styled(side(speech), style.unwrap_or_default()));
            }
            self.roles(*speech, session, width, &mut lines);
        }
        if full {
            speeches.iter().for_each(|speech| self.said(*speech, session, width, &mut lines));
        }
        let room = height.saturating_sub(lines.len() + 1);
        if !full && room > 1 {
            lines.extend(self.written_now(&speeches, session, width, room));
        }
        Section { title, note: String::new(), lines }
    }

    fn roles(&self, speech: usize, session: &Session, width: usize, lines: &mut Vec<Line<'static>>) {
        let palette = &session.palette;
        let Some(slot) = self.debate.slots.get(speech) else { return };
        let Some(participant) = self.debate.opening.as_ref().and_then(|opening| opening.participant(slot.seat)) else {
            return;
        };
        for role in Role::ALL.into_iter().filter(|role| participant.team.has(*role)) {
            let name = format!("{:<NAME$} ", role.title());
            if let Some(call) = self.calls.of_role(speech, role) {
                let spin = spinner(session.beat, session.still);
                let mut left = vec![Span::styled(format!("{spin} "), palette.live), Span::styled(name, palette.live)];
                left.push(Span::styled(call.doing(), palette.text));
                let right = match call.reading() {
                    Some(part) if width >= 44 => {
                        let (filled, rest) = bar(part, 8);
                        vec![Span::styled(filled, palette.live), Span::styled(rest, palette.border)]
                    }
                    _ => Vec::new(),
                };
                lines.push(apart(left, right, width));
                continue;
            }
            let done = self.done(speech, role);
            let (mark, sign, style) = match done {
                Some(_) => ("✓ ", palette.good, palette.text),
                None => ("○ ", palette.dim, palette.dim),
            };
            let sources = self.debate.opening.as_ref().and_then(|opening| opening.evidence.as_ref());
            let told = match role {
                Role::Searcher if sources.is_none() => "has no sources".to_owned(),
                _ => done.unwrap_or_default(),
            };
            let left = vec![Span::styled(mark, sign), Span::styled(name, style), Span::styled(told, palette.dim)];
            lines.push(apart(left, Vec::new(), width));
        }
        for work in self.debate.work_on(speech) {
            if let Work::Query(query) = work {
                let left = vec![Span::styled(format!("  \"{}\"", one_line(&query.query, width)), palette.dim)];
                // What the best passage holds of it, and a mark where it is no query at all.
                let form = if query.form == Some(0.0) { "! " } else { "" };
                let correct = query.correct.map_or(String::new(), |share| format!("{:.0} % ", share * 100.0));
                let right = format!("{form}{correct}→ {}", query.hits);
                lines.push(apart(left, vec![Span::styled(right, palette.dim)], width));
            }
        }
    }

    /// What a role has done for a speech, in a few words; `None` if nothing yet.
    fn done(&self, speech: usize, role: Role) -> Option<String> {
        let work = self.debate.work_on(speech);
        let said = work.iter().rev().find_map(|work| match work {
            Work::Role(said) if said.role == role => Some(said),
            _ => None,
        })?;
        Some(match role {
            Role::Searcher => {
                let queries = work.iter().filter(|work| matches!(work, Work::Query(_))).count();
                let passages: usize =
                    work.iter().map(|work| if let Work::Evidence(found) = work { found.items.len() } else { 0 }).sum();
                format!("{queries} searched, {}", number_of(passages, "passage"))
            }
            Role::Analyzer => format!("plan · {} words", count_words(&said.text)),
            Role::Writer => {
                let weighed = work.iter().rev().find_map(|work| match work {
                    Work::Drafts(weighed) => Some(weighed),
                    _ => None,
                });
                let best = weighed.map_or(String::new(), |it| format!(" · best of {}", it.scores.len().max(1)));
                format!("draft {} · {} words{best}", said.revision + 1, count_words(&said.text))
            }
            Role::Reviewer => {
                let review = work.iter().rev().find_map(|work| match work {
                    Work::Review(review) => Some(review),
                    _ => None,
                });
                match review {
                    Some(review) if review.approved => "approves".to_owned(),
                    Some(review) => format!("sends back: {}", one_line(&review.notes, 200)),
                    None => "reads".to_owned(),
                }
            }
        })
    }

    /// Everything that the roles said for a speech.
    fn said(&self, speech: usize, session: &Session, width: usize, lines: &mut Vec<Line<'static>>) {
        for work in self.debate.work_on(speech) {
            if let Work::Review(review) = work {
                let remarks = review.remarks.iter().flat_map(|remark| {
                    let text = sanitize(&format!("! {remark}"));
                    wrap(&text, width).into_iter().map(str::to_owned).collect::<Vec<_>>()
                });
                lines.extend(remarks.map(|row| Line::styled(row, session.palette.warn)));
            }
            if let Work::Routed(routed) = work {
                let text = format!("{} is asked of {}: {}", routed.role.title(), routed.model, routed.why);
                let text = sanitize(&text);
                let rows = wrap(&text, width).into_iter().map(|row| Line::styled(row.to_owned(), session.palette.dim));
                lines.extend(rows);
            }
            if let Work::Civility(measured) = work
                && let Some(share) = measured.inappropriate
            {
                let what = if measured.similarity.is_some() { "rewrite" } else { "draft" };
                let text = format!("{what}: out of place with {:.0} %", share * 100.0);
                lines.push(Line::styled(text, session.palette.dim));
            }
            let Work::Role(said) = work else { continue };
            lines.push(Line::default());
            let draft = match said.role {
                Role::Writer | Role::Reviewer => format!(", draft {}", said.revision + 1),
                Role::Searcher | Role::Analyzer => String::new(),
            };
            let heading = format!(
                "{}{draft} · {} tokens · {:.1} s",
                said.role.title(),
                said.usage.completion_tokens,
                said.usage.milliseconds as f64 / 1000.0
            );
            lines.push(Line::styled(heading, session.palette.title));
            let text = sanitize(said.text.trim());
            lines.extend(wrap(&text, width).into_iter().map(|row| Line::styled(row.to_owned(), session.palette.text)));
        }
    }

    /// The end of what a role writes now, or else wrote last. The Writer's draft stands in the transcript already.
    fn written_now(&self, speeches: &[usize], session: &Session, width: usize, room: usize) -> Vec<Line<'static>> {
        let calls = speeches.iter().flat_map(|speech| Role::ALL.map(|role| (role, self.calls.of_role(*speech, role))));
        let live = calls.filter(|(role, _)| *role != Role::Writer).find_map(|(_, call)| call);
        let text = match live {
            Some(call) => call.text.clone(),
            None => self.written_last(speeches),
        };
        // Enough text for the rows in view; the rest need not be wrapped.
        let most = width * (room + 2) * 4;
        let start = text.len().saturating_sub(most);
        let start = (start..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let rows = wrap(text[start..].trim(), width);
        if rows.is_empty() {
            return Vec::new();
        }
        // What is being written is followed at its end, what was written is read from its start.
        let first = if live.is_some() { rows.len().saturating_sub(room) } else { 0 };
        let rows = &rows[first..rows.len().min(first + room)];
        let mut lines = vec![Line::default()];
        lines.extend(rows.iter().map(|row| Line::styled((*row).to_owned(), session.palette.dim)));
        lines
    }

    /// What a role other than the Writer said last for these speeches.
    fn written_last(&self, speeches: &[usize]) -> DisplayText {
        let work = speeches.iter().flat_map(|speech| self.debate.work_on(*speech));
        let said = work.filter_map(|work| match work {
            Work::Role(said) if said.role != Role::Writer => Some(said),
            _ => None,
        });
        said.last().map(|said| sanitize(said.text.trim())).unwrap_or_default()
    }
}
