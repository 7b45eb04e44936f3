//! The first screen: one key from a debate, what was left unfinished, what happened lately, and the top of the ladder.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::assets::Action;
use crate::clock::{display_date, display_day};
use crate::domain::motion::Motion;
use crate::domain::seat::Side;
use crate::engine::command::{Command, DebateRequest};
use crate::rating::Ladder;
use crate::rating::ladder::Row;
use crate::store::{DebateState, DebateSummary};
use crate::text::sanitize::{one_line, sanitize};
use crate::text::wrap::wrap;
use crate::tui::arena::Arena;
use crate::tui::model::Session;
use crate::tui::msg::Cmd;
use crate::tui::pane::{apart, lines, pane};
use crate::tui::screens::welcome::Welcome;
use crate::tui::screens::{Hint, Reply, Screen, hints};

/// Wider than this, the eye has far to go.
const WIDEST: u16 = 110;

#[derive(Clone, Debug, Default)]
pub struct Home {
    /// The motion that Enter starts.
    motion: Option<Motion>,
    /// Counts the motions that were passed over.
    drawn: u64,
    debates: Vec<DebateSummary>,
    ladder: Vec<Row>,
}

impl Home {
    /// Takes in the newest debates and the ladder.
    pub fn take(&mut self, debates: Vec<DebateSummary>, ladder: &Ladder) {
        self.debates = debates;
        self.ladder = ladder.rows().into_iter().cloned().collect();
    }

    /// Draws a motion, once there are any.
    pub fn learn(&mut self, session: &Session) {
        if self.motion.is_none() {
            self.draw_motion(session);
        }
    }

    fn draw_motion(&mut self, session: &Session) {
        let Some(facts) = &session.facts else { return };
        let motions = facts.motions.all();
        // A step that shares no factor with any small number of motions passes through all of them.
        let place = facts.draw.wrapping_add(self.drawn.wrapping_mul(7919));
        let index = usize::try_from(place % motions.len().max(1) as u64).unwrap_or(0);
        self.motion = motions.get(index).cloned();
    }

    fn unfinished(&self) -> Option<&DebateSummary> {
        self.debates.iter().find(|debate| debate.state != DebateState::Closed)
    }

    #[must_use]
    pub fn hints(&self, session: &Session, arena: Option<&Arena>) -> Vec<Hint> {
        let mut shown = Vec::new();
        let running = arena.is_some_and(Arena::is_running);
        if running {
            shown.push(Hint::named(Action::Start, "back to the debate"));
        } else if session.default.is_some() {
            shown.push(Action::Start.into());
        }
        if session.facts.is_some() && session.default.is_none() {
            shown.push(Hint::named(Action::Pull, "choose a model"));
        }
        if !running {
            shown.push(Action::Shuffle.into());
            shown.extend(self.unfinished().map(|_| Hint::from(Action::Resume)));
        }
        shown.extend(hints([Action::NewDebate, Action::Blind, Action::Ladder, Action::Help, Action::Quit]));
        shown.extend(hints([Action::History, Action::Tournaments]));
        if session.default.is_some() {
            shown.push(Hint::named(Action::Pull, "models"));
        }
        shown
    }

    pub fn act(&mut self, action: Action, session: &Session, arena: Option<&Arena>) -> Option<Vec<Reply>> {
        Some(match action {
            Action::Start if arena.is_some_and(Arena::is_running) => vec![Reply::Show(Screen::Arena)],
            Action::Start | Action::Pull if action == Action::Pull || session.default.is_none() => {
                match session.facts {
                    Some(_) => {
                        vec![Reply::Show(Screen::Welcome(Welcome::default())), Reply::Cmd(Cmd::Surroundings)]
                    }
                    None => Vec::new(),
                }
            }
            Action::Start => match &self.motion {
                Some(motion) => vec![Reply::Enter(Cmd::Submit(Command::Start(Box::new(exhibition(motion, session)))))],
                None => Vec::new(),
            },
            Action::Shuffle => {
                self.drawn += 1;
                self.draw_motion(session);
                Vec::new()
            }
            Action::Resume => match self.unfinished() {
                Some(debate) => vec![Reply::Enter(Cmd::Resume(debate.id.clone()))],
                None => Vec::new(),
            },
            _ => return None,
        })
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session, arena: Option<&Arena>) {
        let palette = &session.palette;
        let [_, area, _] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Max(WIDEST), Constraint::Fill(1)]).areas(area);
        let width = usize::from(area.width);
        let offer = self.offer(session, arena, width);
        let rows = u16::try_from(offer.len() + 3).unwrap_or(12);
        let [head, middle, below] =
            Layout::vertical([Constraint::Length(3), Constraint::Length(rows), Constraint::Fill(1)]).areas(area);
        let count = session.facts.as_ref().map_or(0, |facts| facts.motions.all().len());
        let model = session
            .default
            .as_deref()
            .map_or_else(|| "no model yet".to_owned(), |name| one_line(name, 40).into_string());
        let left = vec![
            Span::styled("  rhetor", palette.title),
            Span::styled("   a debate arena in the terminal", palette.dim),
        ];
        let right = vec![Span::styled(format!("{model} · {count} motions  "), palette.dim)];
        lines(frame, head, &[Line::default(), apart(left, right, width)], 0);
        let body = pane(frame, middle, "Exhibition", "", false, palette);
        lines(frame, body, &offer, 0);
        let [debates, ladder] = if below.width >= 72 {
            Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).areas(below)
        } else {
            Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(below)
        };
        self.draw_debates(frame, debates, session);
        self.draw_ladder(frame, ladder, session);
    }

    fn offer(&self, session: &Session, arena: Option<&Arena>, width: usize) -> Vec<Line<'static>> {
        let palette = &session.palette;
        let mut rows = vec![Line::default()];
        if let Some(opening) = arena.filter(|arena| arena.is_running()).and_then(|arena| arena.debate.opening.as_ref())
        {
            let motion = one_line(&opening.motion.text, width.saturating_sub(4)).into_string();
            rows.push(Line::styled(format!("  {motion}"), palette.title));
            rows.push(Line::styled("  is being debated now. Enter goes back to it.", palette.live));
            return rows;
        }
        let Some((facts, motion)) = session.facts.as_ref().zip(self.motion.as_ref()) else { return rows };
        if session.default.is_none() {
            rows.push(Line::styled("  No model yet, so nobody can debate. p chooses one.", palette.warn));
            rows.push(Line::default());
        }
        let text = sanitize(&motion.text);
        let indented = |row: &str| format!("  {row}");
        rows.extend(
            wrap(&text, width.saturating_sub(4)).into_iter().map(|row| Line::styled(indented(row), palette.title)),
        );
        let context = sanitize(&motion.context);
        let context = wrap(&context, width.saturating_sub(4)).into_iter().take(3);
        rows.extend(context.map(|row| Line::styled(indented(row), palette.dim)));
        rows.push(Line::default());
        let defaults = &facts.defaults;
        let judge = defaults.judge.as_deref().and_then(|judge| judge.split('@').next()).unwrap_or("label-probability");
        rows.push(Line::from(vec![
            Span::raw("  "),
            Span::styled(one_line(&defaults.proposition, 30).into_string(), palette.side(Side::Proposition)),
            Span::styled(" against ", palette.dim),
            Span::styled(one_line(&defaults.opposition, 30).into_string(), palette.side(Side::Opposition)),
            Span::styled(
                format!(
                    " · {} · {} · judged by {}",
                    motion.category,
                    one_line(&defaults.format, 24),
                    one_line(judge, 30)
                ),
                palette.dim,
            ),
        ]));
        rows
    }

    fn draw_debates(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        let body = pane(frame, area, "Debates", "", false, palette);
        let width = usize::from(body.width).saturating_sub(4);
        if self.debates.is_empty() {
            lines(frame, body, &[Line::default(), Line::styled("  None yet.", palette.dim)], 0);
            return;
        }
        let rows: Vec<Line<'static>> = self.debates.iter().map(|debate| summary(debate, session, width)).collect();
        lines(frame, Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body }, &rows, 0);
    }

    fn draw_ladder(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        let body = pane(frame, area, "Ladder", "", false, palette);
        let width = usize::from(body.width).saturating_sub(4);
        let mut rows = vec![Line::default()];
        if self.ladder.is_empty() {
            rows.push(Line::styled("  Nobody has played yet.", palette.dim));
        }
        for (place, row) in self.ladder.iter().enumerate() {
            let left = vec![
                Span::styled(format!("  {:>2}  ", place + 1), palette.dim),
                Span::styled(one_line(&row.player, width).into_string(), palette.text),
            ];
            let right = vec![Span::styled(format!("{:.0}", row.elo), palette.text)];
            rows.push(apart(left, right, width + 2));
        }
        lines(frame, body, &rows, 0);
    }
}

/// In fewer columns than this the motion needs the room of the hour.
const NARROW: usize = 60;

/// A debate on one line: where it stands, its motion, and when it opened.
#[must_use]
pub fn summary(debate: &DebateSummary, session: &Session, width: usize) -> Line<'static> {
    let palette = &session.palette;
    let winner = debate.outcome.as_ref().map(|outcome| outcome.winner);
    let (mark, style) = match (debate.state, winner) {
        (DebateState::Closed, Some(Some(side))) => {
            (if side == Side::Proposition { "P" } else { "O" }, palette.side(side))
        }
        (DebateState::Closed, _) => ("=", palette.dim),
        (DebateState::Paused, _) => ("‖", palette.warn),
        (DebateState::Open | DebateState::Stopped, _) => ("…", palette.warn),
    };
    let left = vec![
        Span::styled(format!("  {mark} "), style),
        Span::styled(one_line(&debate.motion, width).into_string(), palette.text),
    ];
    let opened = if width < NARROW { display_day(&debate.opened_at) } else { display_date(&debate.opened_at) };
    apart(left, vec![Span::styled(opened, palette.dim)], width + 2)
}

/// The debate that Enter starts.
fn exhibition(motion: &Motion, session: &Session) -> DebateRequest {
    let defaults = session.facts.as_ref().map(|facts| facts.defaults.clone()).unwrap_or_default();
    let judge = defaults.judge.unwrap_or_else(|| "label-probability".to_owned());
    DebateRequest {
        motion: motion.id.clone(),
        proposition: Some(with_model(&defaults.proposition, session)),
        opposition: Some(with_model(&defaults.opposition, session)),
        judges: Some(vec![with_model(&judge, session)]),
        ..DebateRequest::default()
    }
}

/// A team or a recipe at the default model, unless it names one itself.
#[must_use]
pub fn with_model(name: &str, session: &Session) -> String {
    match &session.default {
        Some(model) if !name.contains('@') => format!("{name}@{model}"),
        _ => name.to_owned(),
    }
}
