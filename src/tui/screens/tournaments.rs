//! Tournaments as the store tells them, whichever process plays them: the matches, the ladder with its intervals, and the cost.

use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::assets::Action;
use crate::domain::seat::Side;
use crate::domain::tournament::TournamentId;
use crate::engine::tournament::{Findings, MatchReport, MatchState, TournamentReport, TournamentState, phrase};
use crate::rating::record::Place;
use crate::text::count::number_of;
use crate::text::name::{short, with_short_names};
use crate::text::sanitize::one_line;
use crate::tui::meter::count;
use crate::tui::model::Session;
use crate::tui::msg::{Cmd, Purpose, Timer};
use crate::tui::pane::{apart, lines, pane};
use crate::tui::picker::Picker;
use crate::tui::screens::{Hint, Reply, hints};
use crate::tui::theme::Palette;

/// How often a tournament that is not over is read again.
const LOOK: Duration = Duration::from_secs(2);
/// Columns of the ladder: its least, and where there is room for a picture of each interval.
const LADDER: u16 = 38;
const WIDE_LADDER: u16 = 66;
/// The screen's columns from which on there is.
const WIDE: u16 = 120;
/// Columns of such a picture.
const PICTURE: usize = 24;

#[derive(Clone, Debug, Default)]
pub struct Tournaments {
    /// The newest first; `None` until they were read.
    all: Option<Vec<TournamentReport>>,
    chosen: usize,
    /// Of the chosen tournament, with how many matches were done then.
    findings: Option<(TournamentId, usize, Findings)>,
    /// The ratings before the last change.
    before: BTreeMap<String, f64>,
    picker: Picker,
    /// Counts the timers that were set; only the last one means something.
    timers: u64,
}

impl Tournaments {
    /// Takes in what was read. `findings` are absent where nothing changed.
    pub fn take(&mut self, all: Vec<TournamentReport>, findings: Option<(TournamentId, usize, Findings)>) -> Vec<Cmd> {
        if let Some(chosen) = self.report().map(|report| report.id.clone()) {
            // A tournament that was begun meanwhile stands before the chosen one.
            self.chosen = all.iter().position(|report| report.id == chosen).unwrap_or(0);
        }
        self.all = Some(all);
        if let Some(found) = findings {
            let same = self.findings.as_ref().filter(|(id, ..)| *id == found.0);
            self.before = same.map(|(.., findings)| ratings(findings)).unwrap_or_default();
            self.findings = Some(found);
        }
        if self.report().is_none_or(|report| report.state == TournamentState::Over) {
            return Vec::new();
        }
        self.timers += 1;
        vec![Cmd::Wake(Timer::Tournaments(self.timers), LOOK)]
    }

    /// A timer has gone off.
    pub fn wake(&self, timer: u64) -> Option<Cmd> {
        (timer == self.timers).then(|| self.read())
    }

    /// Asks for what may have changed.
    #[must_use]
    pub fn read(&self) -> Cmd {
        let chosen = self.report().map(|report| report.id.clone());
        let known = self.findings.as_ref().filter(|(id, ..)| Some(id) == chosen.as_ref()).map(|(_, done, _)| *done);
        Cmd::Tournaments { chosen, known }
    }

    fn report(&self) -> Option<&TournamentReport> {
        self.all.as_ref()?.get(self.chosen)
    }

    fn chosen_match(&self) -> Option<&MatchReport> {
        let matches = &self.report()?.matches;
        matches.get(self.picker.chosen(matches.len()))
    }

    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let mut shown = Vec::new();
        match self.chosen_match().map(|one| one.state) {
            None | Some(MatchState::Planned) => {}
            Some(MatchState::Done) => shown.extend([Hint::named(Action::Open, "verdict"), Action::Replay.into()]),
            Some(_) => shown.push(Hint::named(Action::Open, "speeches so far")),
        }
        if self.all.as_ref().is_some_and(|all| all.len() > 1) {
            shown.push(Hint::named(Action::Right, "older"));
        }
        shown.extend(hints([Action::Back, Action::Help, Action::Quit]));
        shown
    }

    pub fn act(&mut self, action: Action) -> Option<Vec<Reply>> {
        let last = self.all.as_ref().map_or(0, Vec::len).saturating_sub(1);
        let log = |purpose, one: &MatchReport| vec![Reply::Cmd(Cmd::Log { purpose, debate: one.debate.clone() })];
        match action {
            Action::Left | Action::Right => {
                let before = self.chosen;
                self.chosen = if action == Action::Left { before.saturating_sub(1) } else { (before + 1).min(last) };
                if self.chosen == before {
                    return Some(Vec::new());
                }
                self.picker.choose(0);
                Some(vec![Reply::Cmd(self.read())])
            }
            Action::Open | Action::Replay => {
                let one = self.chosen_match()?;
                Some(match one.state {
                    MatchState::Planned => vec![Reply::Notice("This match has not begun.".to_owned())],
                    MatchState::Done if action == Action::Open => log(Purpose::Verdict, one),
                    _ => log(Purpose::Replay, one),
                })
            }
            _ => {
                let length = self.report().map_or(0, |report| report.matches.len());
                self.picker.act(action, length).then(Vec::new)
            }
        }
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        let [head, middle, below] =
            Layout::vertical([Constraint::Length(4), Constraint::Fill(1), Constraint::Length(4)]).areas(area);
        let all = self.all.as_ref().map_or(0, Vec::len);
        let note = if all > 1 { format!("{} of {all}", self.chosen + 1) } else { String::new() };
        let body = pane(frame, head, "Tournament", &note, true, palette);
        let Some(report) = self.report() else {
            let sentence = if self.all.is_none() {
                "  Reading."
            } else {
                "  No tournament yet. `rhetor tournament run` plays one, and it can be watched here."
            };
            lines(frame, body, &[Line::styled(sentence, palette.dim)], 0);
            return;
        };
        lines(frame, body, &header(report, palette, usize::from(body.width)), 0);
        let ladder = if area.width >= WIDE { WIDE_LADDER } else { LADDER };
        let [left, _, right] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(2), Constraint::Length(ladder)]).areas(middle);
        let done = report.of_state(MatchState::Done).count();
        let left = pane(frame, left, "Matches", &format!("{done} of {}", report.most_matches), false, palette);
        let width = usize::from(left.width).saturating_sub(2);
        let matches = &report.matches;
        self.picker.view(frame, left, matches.len(), palette, |index| match_line(&matches[index], palette, width));
        self.draw_ladder(frame, right, report, palette);
        self.draw_match(frame, below, palette);
    }

    fn draw_ladder(&self, frame: &mut Frame<'_>, area: Rect, report: &TournamentReport, palette: &Palette) {
        let found = self.findings.as_ref().filter(|(id, ..)| *id == report.id);
        let record = found.and_then(|(.., findings)| findings.record.as_ref());
        let cautions = found.map_or(0, |(.., findings)| findings.cautions.len());
        let note = if cautions == 0 { String::new() } else { number_of(cautions, "caution") };
        let body = pane(frame, area, "Ladder, 95 %", &note, false, palette);
        let Some(record) = record else {
            lines(frame, body, &[Line::styled("No result yet.", palette.dim)], 0);
            return;
        };
        let width = usize::from(body.width);
        let picture = (area.width >= WIDE_LADDER).then(|| scale(&record.places)).flatten();
        let row = |place: &Place| {
            let moved = match (self.before.get(&place.player), place.rating) {
                (Some(before), Some(now)) if (now - before).round() >= 1.0 => "▲",
                (Some(before), Some(now)) if (before - now).round() >= 1.0 => "▼",
                _ => " ",
            };
            let rating = place.rating.map_or_else(|| "-".to_owned(), |rating| format!("{rating:.0}"));
            let drawn = picture.map_or_else(String::new, |scale| format!("  {}", interval(place, scale)));
            let right = format!("{moved}{rating:>4} {:>12}{drawn}", phrase(&place.interval));
            let room = width.saturating_sub(right.chars().count() + 5);
            let left = vec![
                Span::styled(format!("{:>2} ", place.ranks.best), palette.dim),
                Span::styled(one_line(&short(&place.player), room).into_string(), palette.text),
            ];
            apart(left, vec![Span::styled(right, palette.text)], width)
        };
        let rows: Vec<Line<'_>> = record.places.iter().map(row).collect();
        lines(frame, body, &rows, 0);
    }

    fn draw_match(&self, frame: &mut Frame<'_>, area: Rect, palette: &Palette) {
        let Some(one) = self.chosen_match() else { return };
        let note = format!("round {}, {}", one.meeting.round, one.state.name());
        let body = pane(frame, area, "Chosen", &note, false, palette);
        let width = usize::from(body.width).saturating_sub(4);
        let text = |text: &str| one_line(text, width).into_string();
        let mut rows = vec![Line::styled(format!("  {}", text(&one.meeting.motion)), palette.text)];
        if let Some(reason) = &one.reason {
            let times = number_of(one.failures as usize, "failure");
            rows.push(Line::styled(format!("  {}", text(&format!("{times}: {reason}"))), palette.warn));
        }
        let players = self.report().into_iter().flat_map(|report| &report.players);
        let found = self.findings.as_ref().filter(|(id, ..)| self.report().is_some_and(|report| report.id == *id));
        if let Some(gravest) = found.and_then(|(.., findings)| findings.cautions.first()) {
            let sentence = with_short_names(&gravest.sentence(), players.map(|player| player.player.as_str()));
            rows.push(Line::styled(format!("  {}", text(&format!("! {sentence}"))), palette.warn));
        }
        lines(frame, body, &rows, 0);
    }
}

fn ratings(findings: &Findings) -> BTreeMap<String, f64> {
    let places = findings.record.iter().flat_map(|record| &record.places);
    places.filter_map(|place| Some((place.player.clone(), place.rating?))).collect()
}

fn header(report: &TournamentReport, palette: &Palette, width: usize) -> [Line<'static>; 2] {
    let first = format!("{} · {} · {}", report.name, report.kind.name(), report.state.name());
    let done = report.of_state(MatchState::Done).count();
    let minutes = report.usage.milliseconds as f64 / 60_000.0;
    let left = report.most_matches.saturating_sub(done + report.of_state(MatchState::Parked).count());
    let mut second =
        format!("{} tokens · ${:.2} · {minutes:.0} min of calls", count(report.usage.tokens()), report.usage.dollars);
    if done > 0 && left > 0 && report.state != TournamentState::Over {
        // What a match took so far, for each that is left; matches at the same time make it sooner.
        second.push_str(&format!(" · at most {:.0} min left", minutes / done as f64 * left as f64));
    }
    let room = width.saturating_sub(4);
    [
        Line::styled(format!("  {}", one_line(&first, room).into_string()), palette.text),
        Line::styled(format!("  {}", one_line(&second, room).into_string()), palette.dim),
    ]
}

fn match_line(one: &MatchReport, palette: &Palette, width: usize) -> Line<'static> {
    let result = match (one.state, one.unrated, one.winner) {
        (MatchState::Done, Some(_), _) => ("unrated".to_owned(), palette.dim),
        (MatchState::Done, None, Some(side)) => {
            let (name, sure) = match side {
                Side::Proposition => ("prop.", one.probability),
                Side::Opposition => ("opp.", one.probability.map(|share| 1.0 - share)),
            };
            (format!("{name} {:.0} %", sure.unwrap_or(0.5) * 100.0), palette.side(side))
        }
        (MatchState::Done, None, None) => ("tie".to_owned(), palette.text),
        (MatchState::Running, ..) => ("● running".to_owned(), palette.live),
        (MatchState::Parked, ..) => ("! parked".to_owned(), palette.warn),
        (MatchState::Stopped | MatchState::Planned, ..) => (one.state.name().to_owned(), palette.dim),
    };
    let players = format!("{} – {}", short(&one.meeting.proposition), short(&one.meeting.opposition));
    let room = width.saturating_sub(result.0.chars().count() + 6);
    let left = vec![
        Span::styled(format!("{:>3} ", one.meeting.number), palette.dim),
        Span::styled(one_line(&players, room).into_string(), palette.text),
    ];
    apart(left, vec![Span::styled(result.0, result.1)], width)
}

/// The lowest and the highest known end of all intervals; `None` where they are one.
fn scale(places: &[Place]) -> Option<(f64, f64)> {
    let of = |place: &Place| [place.rating, place.interval.low, place.interval.high];
    let ends = || places.iter().flat_map(of).flatten().filter(|end| end.is_finite());
    let (low, high) = (ends().reduce(f64::min)?, ends().reduce(f64::max)?);
    (high > low).then_some((low, high))
}

/// An interval as a line of characters: bars at known ends, arrows at open ones, a dot at the rating.
fn interval(place: &Place, (low, high): (f64, f64)) -> String {
    let last = PICTURE - 1;
    let column = |value: f64| {
        let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
        (part * last as f64).round() as usize
    };
    let (left, right) = (place.interval.low.map(column), place.interval.high.map(column));
    let rating = place.rating.map(column);
    let sign = |at: usize| {
        if Some(at) == rating {
            '●'
        } else if at < left.unwrap_or(0) || at > right.unwrap_or(last) {
            ' '
        } else if at == left.unwrap_or(0) {
            if left.is_some() { '├' } else { '◂' }
        } else if at == right.unwrap_or(last) {
            if right.is_some() { '┤' } else { '▸' }
        } else {
            '─'
        }
    };
    (0..PICTURE).map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rating::connectivity::Standing;
    use crate::rating::uncertainty::{Interval, Ranks};

    fn place(rating: Option<f64>, low: Option<f64>, high: Option<f64>) -> Place {
        Place {
            player: "ada".to_owned(),
            rating,
            error: None,
            interval: Interval { low, high },
            ranks: Ranks { best: 1, worst: 2 },
            standing: Standing::Within,
            group: 0,
            battles: 4,
            wins: 2.0,
            ties: 0.0,
            losses: 2.0,
        }
    }

    #[test]
    fn an_interval_has_bars_at_known_ends_and_arrows_at_open_ones() {
        let known = place(Some(1000.0), Some(900.0), Some(1100.0));
        let open = place(Some(1000.0), None, None);
        let scale = scale(&[known.clone(), open.clone()]).unwrap();
        assert_eq!(scale, (900.0, 1100.0));
        assert_eq!(interval(&known, scale), "├───────────●──────────┤");
        assert_eq!(interval(&open, scale), "◂───────────●──────────▸");
        assert_eq!(interval(&place(None, Some(1000.0), Some(1100.0)), scale), "            ├──────────┤");
    }

    #[test]
    fn only_the_last_timer_reads_again_and_a_screen_without_tournaments_sets_none() {
        let mut screen = Tournaments::default();
        assert!(screen.take(Vec::new(), None).is_empty());
        assert_eq!(screen.wake(7), None);
        assert_eq!(screen.wake(0), Some(Cmd::Tournaments { chosen: None, known: None }));
        assert!(screen.act(Action::Right).is_some_and(|replies| replies.is_empty()));
        assert!(screen.act(Action::Open).is_none());
    }
}
