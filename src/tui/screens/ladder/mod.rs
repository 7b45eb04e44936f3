//! The ladder: who is better at it, in all debates or in one category, under all judges or under one; behind it each player's
//! place taken apart, and who beat whom.

mod matrix;
mod place;
mod table;

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::assets::Action;
use crate::domain::motion::Category;
use crate::engine::ladders::{LadderRequest, Ranking};
use crate::rating::caution::Caution;
use crate::rating::explain::Explanation;
use crate::text::count::number_of;
use crate::text::sanitize::one_line;
use crate::text::wrap::wrap;
use crate::tui::model::Session;
use crate::tui::msg::Cmd;
use crate::tui::pane::{Scroll, lines, pane};
use crate::tui::picker::Picker;
use crate::tui::screens::{Hint, Reply, hints};

/// The part of the screen that cautions may take: one of so many rows.
const CAUTIONS: u16 = 3;

#[derive(Clone, Debug, Default)]
pub struct Standings {
    request: LadderRequest,
    /// `None` until it was read.
    ranking: Option<Arc<Ranking>>,
    /// Those that have judged.
    judges: Vec<String>,
    picker: Picker,
    shown: Shown,
}

#[derive(Clone, Debug, Default)]
enum Shown {
    #[default]
    Table,
    Place(Box<Explanation>, Scroll),
    Matrix(Scroll),
}

impl Standings {
    /// Reads the ladder, again where there is a new result.
    #[must_use]
    pub fn read(&self) -> Cmd {
        Cmd::Ladder(Box::new(self.request.clone()))
    }

    /// Takes a ladder in, if it is the one that is wanted now.
    pub fn take(&mut self, request: &LadderRequest, ranking: &Arc<Ranking>, judges: &[String]) {
        if *request == self.request {
            self.ranking = Some(Arc::clone(ranking));
            self.judges = judges.to_vec();
        }
    }

    pub fn take_place(&mut self, request: &LadderRequest, found: &Explanation) {
        if *request == self.request {
            self.shown = Shown::Place(Box::new(found.clone()), Scroll::default());
        }
    }

    fn players(&self) -> usize {
        self.ranking.as_ref().map_or(0, |ranking| ranking.table.rows.len())
    }

    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let mut shown = Vec::new();
        match self.shown {
            Shown::Table if self.players() > 0 => {
                shown.extend([Hint::named(Action::Open, "explain"), Hint::named(Action::NextPane, "who beat whom")]);
            }
            Shown::Matrix(_) => shown.push(Hint::named(Action::NextPane, "ladder")),
            _ => {}
        }
        if matches!(self.shown, Shown::Table) {
            shown.extend([
                Hint::named(Action::Right, "category"),
                Hint::named(Action::Filter, "judge"),
                Hint::named(Action::Style, "style"),
            ]);
        }
        shown.extend(hints([Action::Back, Action::Help, Action::Quit]));
        shown
    }

    pub fn act(&mut self, action: Action) -> Option<Vec<Reply>> {
        let players = self.players();
        match (&mut self.shown, action) {
            (Shown::Place(..) | Shown::Matrix(_), Action::Back) => self.shown = Shown::Table,
            (Shown::Matrix(_), Action::NextPane) => self.shown = Shown::Table,
            (Shown::Place(_, scroll) | Shown::Matrix(scroll), action) => return scroll.act(action).then(Vec::new),
            (Shown::Table, Action::NextPane) if players > 0 => self.shown = Shown::Matrix(Scroll::default()),
            (Shown::Table, Action::Open) => return Some(self.ask_place().into_iter().map(Reply::Cmd).collect()),
            (Shown::Table, Action::Right) => return Some(self.turn_category(1)),
            (Shown::Table, Action::Left) => return Some(self.turn_category(Category::ALL.len())),
            (Shown::Table, Action::Filter) => return Some(self.turn_judge()),
            (Shown::Table, Action::Style) => {
                self.request.style = !self.request.style;
                return Some(vec![Reply::Cmd(self.read())]);
            }
            (Shown::Table, _) => return self.picker.act(action, players).then(Vec::new),
        }
        Some(Vec::new())
    }

    fn ask_place(&self) -> Option<Cmd> {
        let rows = &self.ranking.as_ref()?.table.rows;
        let player = rows.get(self.picker.chosen(rows.len()))?.player.clone();
        Some(Cmd::Place { request: Box::new(self.request.clone()), player })
    }

    /// All categories, then each.
    fn turn_category(&mut self, places: usize) -> Vec<Reply> {
        let all = Category::ALL.len() + 1;
        let selection = &mut self.request.selection;
        let at = selection.category.and_then(|now| Category::ALL.iter().position(|c| *c == now)).map_or(0, |at| at + 1);
        let next = (at + places) % all;
        selection.category = next.checked_sub(1).and_then(|index| Category::ALL.get(index).copied());
        vec![Reply::Cmd(self.read())]
    }

    /// All judges, then each that has judged.
    fn turn_judge(&mut self) -> Vec<Reply> {
        let next = match &self.request.selection.judge {
            None => self.judges.first(),
            Some(now) => self.judges.iter().skip_while(|judge| *judge != now).nth(1),
        };
        self.request.selection.judge = next.cloned();
        vec![Reply::Cmd(self.read())]
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        match (&self.shown, &self.ranking) {
            (Shown::Place(found, scroll), _) => place::view(found, scroll, frame, area, &session.palette),
            (Shown::Matrix(scroll), Some(ranking)) => matrix::view(ranking, scroll, frame, area, &session.palette),
            _ => self.view_table(frame, area, session),
        }
    }

    fn view_table(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        let notes = self.notes(session, usize::from(area.width), usize::from(area.height / CAUTIONS));
        let rows = u16::try_from(notes.len()).unwrap_or(0);
        let [head, body, below] =
            Layout::vertical([Constraint::Length(3), Constraint::Fill(1), Constraint::Length(rows)]).areas(area);
        let selection = &self.request.selection;
        let judge =
            selection.judge.as_deref().map_or("every judge".to_owned(), |judge| one_line(judge, 50).into_string());
        let mut tabs = vec![Span::raw("  ")];
        for category in std::iter::once(None).chain(Category::ALL.map(Some)) {
            let name = category.map_or("full", Category::name);
            // The chosen one stands in brackets, so that it shows without colour.
            let chosen = category == selection.category;
            let text = if chosen { format!("[{name}]") } else { format!(" {name} ") };
            tabs.push(Span::styled(text, if chosen { palette.focus } else { palette.dim }));
            tabs.push(Span::raw(" "));
        }
        let games = self.ranking.as_ref().map_or(0, |ranking| usize::try_from(ranking.table.games).unwrap_or(0));
        let even = if self.request.style { " · style held even" } else { "" };
        let note = format!("{} · {judge}{even}", number_of(games, "game"));
        let tabs_area = pane(frame, head, "Ladder", &note, true, palette);
        lines(frame, tabs_area, &[Line::from(tabs)], 0);
        match &self.ranking {
            Some(ranking) if !ranking.table.rows.is_empty() => {
                table::view(&ranking.table, &self.picker, frame, body, palette);
            }
            ranking => {
                let sentence = match ranking {
                    None => "  Reading the results.",
                    Some(_) => "  No rated debate yet. Two different players and a judge make one.",
                };
                lines(frame, body, &[Line::default(), Line::styled(sentence, palette.dim)], 0);
            }
        }
        lines(frame, below, &notes, 0);
    }

    /// What a side is worth, and what the ladder does not know, on at most so many lines.
    fn notes(&self, session: &Session, width: usize, most: usize) -> Vec<Line<'static>> {
        let Some(Ranking { table, .. }) = self.ranking.as_deref() else { return Vec::new() };
        let mut rows = Vec::new();
        if let Some(side) = &table.side {
            let sentence = format!("Speaking for the motion is worth {:+.0} points ({}).", side.points, side.interval);
            let sentence = one_line(&sentence, width.saturating_sub(5));
            rows.push(Line::styled(format!("    {sentence}"), session.palette.dim));
        }
        for (column, points) in &table.style {
            let sentence = format!("Being ahead in {column} is worth {points:+.0} points, which are held even here.");
            let sentence = one_line(&sentence, width.saturating_sub(5));
            rows.push(Line::styled(format!("    {sentence}"), session.palette.dim));
        }
        let cautions: Vec<&Caution> = table.cautions.iter().collect();
        for (index, caution) in cautions.iter().enumerate() {
            let sentence = one_line(&caution.sentence(), 1000);
            let told: Vec<&str> = wrap(&sentence, width.saturating_sub(5)).into_iter().take(2).collect();
            let left = cautions.len() - index;
            // One line stays for how many more there are.
            if rows.len() + told.len() + usize::from(left > 1) > most {
                rows.push(Line::styled(
                    format!("  ! {left} more; enter on a player tells its own"),
                    session.palette.warn,
                ));
                break;
            }
            for (index, row) in told.into_iter().enumerate() {
                let mark = if index == 0 { "!" } else { " " };
                rows.push(Line::styled(format!("  {mark} {row}"), session.palette.warn));
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(replies: Option<Vec<Reply>>) -> LadderRequest {
        match replies.unwrap().as_slice() {
            [Reply::Cmd(Cmd::Ladder(request))] => (**request).clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn categories_turn_and_come_back_to_all() {
        let mut standings = Standings::default();
        let mut seen = Vec::new();
        for _ in 0..5 {
            seen.push(asked(standings.act(Action::Right)).selection.category);
        }
        assert_eq!(seen[..4], Category::ALL.map(Some));
        assert_eq!(seen[4], None);
        assert_eq!(asked(standings.act(Action::Left)).selection.category, Some(Category::Creative));
    }

    #[test]
    fn style_is_held_even_at_a_key_and_counts_again_at_the_same_key() {
        let mut standings = Standings::default();
        assert!(asked(standings.act(Action::Style)).style);
        assert!(!asked(standings.act(Action::Style)).style);
    }

    #[test]
    fn every_judge_has_a_ladder_of_its_own() {
        let mut standings = Standings::default();
        let judges = ["a", "b"].map(str::to_owned);
        standings.take(&LadderRequest::default(), &Arc::default(), &judges);
        for judge in [Some("a"), Some("b"), None] {
            assert_eq!(asked(standings.act(Action::Filter)).selection.judge.as_deref(), judge);
        }
    }

    #[test]
    fn a_ladder_that_is_no_longer_wanted_is_not_shown() {
        let mut standings = Standings::default();
        standings.act(Action::Right);
        standings.take(&LadderRequest::default(), &Arc::default(), &[]);
        assert!(standings.ranking.is_none());
    }
}
