//! The ladder: who is better at it, in all debates or in one category, under all judges or under one.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::assets::Action;
use crate::domain::motion::Category;
use crate::rating::elo::EloSettings;
use crate::rating::{Game, Ladder, Selection};
use crate::text::sanitize::one_line;
use crate::text::wrap::wrap;
use crate::tui::meter::number_of;
use crate::tui::model::Session;
use crate::tui::pane::{apart, lines, pane};
use crate::tui::picker::Picker;
use crate::tui::screens::{Hint, Reply, hints};

#[derive(Clone, Debug, Default)]
pub struct Standings {
    /// `None` until they were read.
    games: Option<Vec<Game>>,
    selection: Selection,
    ladder: Ladder,
    picker: Picker,
}

impl Standings {
    pub fn take(&mut self, games: Vec<Game>) {
        self.games = Some(games);
        self.fold();
    }

    fn fold(&mut self) {
        let games = self.games.as_deref().unwrap_or_default();
        let selected = games.iter().filter(|game| self.selection.takes(game));
        self.ladder = Ladder::fold(EloSettings::default(), selected);
    }

    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let mut shown = vec![Hint::named(Action::Right, "category"), Hint::named(Action::Filter, "judge")];
        shown.extend(hints([Action::Back, Action::Help, Action::Quit]));
        shown
    }

    pub fn act(&mut self, action: Action) -> Option<Vec<Reply>> {
        match action {
            Action::Right => self.turn_category(1),
            Action::Left => self.turn_category(Category::ALL.len()),
            Action::Filter => self.turn_judge(),
            _ => return self.picker.act(action, self.ladder.rows().len()).then(Vec::new),
        }
        self.fold();
        Some(Vec::new())
    }

    /// All categories, then each.
    fn turn_category(&mut self, places: usize) {
        let all = Category::ALL.len() + 1;
        let at =
            self.selection.category.and_then(|now| Category::ALL.iter().position(|c| *c == now)).map_or(0, |at| at + 1);
        let next = (at + places) % all;
        self.selection.category = next.checked_sub(1).and_then(|index| Category::ALL.get(index).copied());
    }

    /// All judges, then each that has judged.
    fn turn_judge(&mut self) {
        let mut judges: Vec<&String> = self.games.iter().flatten().flat_map(|game| &game.judges).collect();
        judges.sort();
        judges.dedup();
        let next = match &self.selection.judge {
            None => judges.first(),
            Some(now) => judges.iter().skip_while(|judge| **judge != now).nth(1),
        };
        self.selection.judge = next.map(|judge| (*judge).clone());
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        let width = usize::from(area.width);
        let cautions = self.cautions(session, width);
        let rows = u16::try_from(cautions.len()).unwrap_or(0);
        let [head, table, below] =
            Layout::vertical([Constraint::Length(3), Constraint::Fill(1), Constraint::Length(rows)]).areas(area);
        let judge =
            self.selection.judge.as_deref().map_or("every judge".to_owned(), |judge| one_line(judge, 50).into_string());
        let mut tabs = vec![Span::raw("  ")];
        for category in std::iter::once(None).chain(Category::ALL.map(Some)) {
            let name = category.map_or("full", Category::name);
            // The chosen one stands in brackets, so that it shows without colour.
            let chosen = category == self.selection.category;
            let text = if chosen { format!("[{name}]") } else { format!(" {name} ") };
            tabs.push(Span::styled(text, if chosen { palette.focus } else { palette.dim }));
            tabs.push(Span::raw(" "));
        }
        let note = format!("{} · {judge}", number_of(self.ladder.games() as usize, "game"));
        let body = pane(frame, head, "Ladder", &note, true, palette);
        lines(frame, body, &[Line::from(tabs)], 0);
        self.draw_table(frame, table, session);
        lines(frame, below, &cautions, 0);
    }

    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        let width = usize::from(area.width).saturating_sub(4);
        let players = self.ladder.rows();
        let numbers = |cells: [String; 6]| {
            let [elo, games, wins, ties, losses, last] = cells;
            format!("{elo:>6} {games:>6} {wins:>5} {ties:>5} {losses:>5} {last:>7}")
        };
        let head = ["Elo", "games", "won", "tied", "lost", "last"].map(str::to_owned);
        let heading = apart(
            vec![Span::styled("       player", palette.dim)],
            vec![Span::styled(numbers(head), palette.dim)],
            width + 2,
        );
        lines(frame, area, &[heading], 0);
        let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        if players.is_empty() {
            let sentence = match &self.games {
                None => "  Reading the results.",
                Some(_) => "  No rated debate yet. Two different players and a judge make one.",
            };
            lines(frame, body, &[Line::default(), Line::styled(sentence, palette.dim)], 0);
            return;
        }
        self.picker.view(frame, body, players.len(), palette, |index| {
            let row = players[index];
            let open = if row.is_provisional() { "?" } else { " " };
            let cells = [
                format!("{:.0}{open}", row.elo),
                row.games.to_string(),
                row.wins.to_string(),
                row.ties.to_string(),
                row.losses.to_string(),
                format!("{:+.1}", row.last_change),
            ];
            let left = vec![
                Span::styled(format!("{:>3}  ", index + 1), palette.dim),
                Span::styled(one_line(&row.player, width).into_string(), palette.text),
            ];
            apart(left, vec![Span::styled(numbers(cells), palette.text)], width)
        });
    }

    /// What the ladder does not know.
    fn cautions(&self, session: &Session, width: usize) -> Vec<Line<'static>> {
        let mut rows = Vec::new();
        for caution in self.ladder.cautions() {
            let sentence = one_line(&caution.sentence(), 1000);
            for (index, row) in wrap(&sentence, width.saturating_sub(5)).into_iter().take(2).enumerate() {
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
    use crate::domain::event::DebateId;

    fn game(category: Category, judge: &str) -> Game {
        Game {
            debate: DebateId("d".to_owned()),
            seq: 0,
            at: String::new(),
            proposition: "quartet".to_owned(),
            opposition: "solo".to_owned(),
            score: 1.0,
            category,
            motion: String::new(),
            margin: 0.0,
            judges: vec![judge.to_owned()],
            audited: false,
        }
    }

    #[test]
    fn categories_turn_and_come_back_to_all() {
        let mut standings = Standings::default();
        standings.take(vec![game(Category::Fact, "a"), game(Category::Policy, "a")]);
        let mut games = Vec::new();
        for _ in 0..5 {
            games.push(standings.ladder.games());
            standings.act(Action::Right);
        }
        assert_eq!(games, [2, 1, 0, 1, 0]);
        assert_eq!(standings.ladder.games(), 2);
        standings.act(Action::Left);
        assert_eq!(standings.selection.category, Some(Category::Creative));
    }

    #[test]
    fn every_judge_has_a_ladder_of_its_own() {
        let mut standings = Standings::default();
        standings.take(vec![game(Category::Fact, "b"), game(Category::Fact, "a"), game(Category::Fact, "b")]);
        standings.act(Action::Filter);
        assert_eq!((standings.selection.judge.as_deref(), standings.ladder.games()), (Some("a"), 1));
        standings.act(Action::Filter);
        assert_eq!((standings.selection.judge.as_deref(), standings.ladder.games()), (Some("b"), 2));
        standings.act(Action::Filter);
        assert_eq!(standings.selection.judge, None);
    }
}
