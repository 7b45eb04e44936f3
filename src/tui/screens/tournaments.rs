//! Tournaments as the store tells them, whichever process plays them: the matches, the ladder with its intervals, and the cost.

use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::assets::Action;
use crate::domain::event::DebateId;
use crate::domain::seat::Side;
use crate::domain::tournament::TournamentId;
use crate::engine::session::blind::BlindRequest;
use crate::engine::tournament::{Findings, MatchReport, MatchState, TournamentReport, TournamentState};
use crate::rating::record::Place;
use crate::text::count::number_of;
use crate::text::name::{common_model, short_among, short_model, with_short_names};
use crate::text::sanitize::one_line;
use crate::tui::interval::Scale;
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
/// Columns of the screen for each column of matches.
const COLUMN: u16 = 46;
/// Columns of such a picture.
const PICTURE: usize = 24;

#[derive(Clone, Debug, Default)]
pub struct Tournaments {
    /// The one to show first; else the newest.
    wanted: Option<TournamentId>,
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
    /// Shows this tournament first.
    #[must_use]
    pub fn at(tournament: TournamentId) -> Tournaments {
        Tournaments { wanted: Some(tournament), ..Tournaments::default() }
    }

    /// Takes in what was read. `findings` are absent where nothing changed.
    pub fn take(&mut self, all: Vec<TournamentReport>, findings: Option<(TournamentId, usize, Findings)>) -> Vec<Cmd> {
        if let Some(chosen) = self.chosen_id() {
            // A tournament that was begun meanwhile stands before the chosen one.
            self.chosen = all.iter().position(|report| report.id == chosen).unwrap_or(0);
        }
        self.all = Some(all);
        self.wanted = None;
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
        let chosen = self.chosen_id();
        let known = self.findings.as_ref().filter(|(id, ..)| Some(id) == chosen.as_ref()).map(|(_, done, _)| *done);
        Cmd::Tournaments { chosen, known }
    }

    fn chosen_id(&self) -> Option<TournamentId> {
        self.report().map(|report| report.id.clone()).or_else(|| self.wanted.clone())
    }

    /// The debate of the match under way after the one of this debate, or before it; the last is followed by the first.
    #[must_use]
    pub fn beside(&self, debate: &DebateId, after: bool) -> Option<DebateId> {
        let matches = &self.report()?.matches;
        let running = |one: &&MatchReport| one.state == MatchState::Running && one.debate != *debate;
        let from = matches.iter().position(|one| one.debate == *debate)?;
        let (before, behind) = matches.split_at(from);
        let found = if after {
            behind.iter().chain(before).find(running)
        } else {
            before.iter().rev().chain(behind.iter().rev()).find(running)
        };
        found.map(|one| one.debate.clone())
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
            Some(MatchState::Running) => shown.push(Hint::named(Action::Open, "watch")),
            Some(_) => shown.push(Hint::named(Action::Open, "speeches so far")),
        }
        match self.report().map(|report| report.state) {
            Some(TournamentState::Planned | TournamentState::Stopped) => {
                shown.push(Hint::named(Action::Resume, "go on"));
            }
            Some(TournamentState::Running) => shown.push(Action::Stop.into()),
            _ => {}
        }
        if self.all.as_ref().is_some_and(|all| all.len() > 1) {
            shown.push(Hint::named(Action::Right, "older"));
        }
        if self.report().is_some_and(|report| report.of_state(MatchState::Done).next().is_some()) {
            shown.push(Action::Blind.into());
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
                    MatchState::Running if action == Action::Open => log(Purpose::Watch, one),
                    _ => log(Purpose::Replay, one),
                })
            }
            Action::Blind => {
                let debates = self.report()?.of_state(MatchState::Done).map(|one| one.debate.clone()).collect();
                Some(vec![Reply::Judge(BlindRequest { debates: Some(debates), ..BlindRequest::default() })])
            }
            Action::Resume | Action::Stop => {
                let report = self.report()?;
                Some(match (action, report.state) {
                    (Action::Resume, TournamentState::Planned | TournamentState::Stopped) => {
                        vec![Reply::Play(report.id.clone())]
                    }
                    (Action::Stop, TournamentState::Running) => {
                        vec![Reply::Cmd(Cmd::Halt { tournament: report.id.clone() })]
                    }
                    _ => Vec::new(),
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
        let columns = (left.width / COLUMN).max(1);
        let width = usize::from(left.width / columns).saturating_sub(if columns > 1 { 4 } else { 2 });
        let matches = &report.matches;
        let common = common(report);
        let line = |index: usize| match_line(&matches[index], common, palette, width);
        self.picker.grid(frame, left, columns, matches.len(), palette, line);
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
        let common = common(report);
        let rated = |place: &Place| (place.rating, place.interval);
        let scale = (area.width >= WIDE_LADDER).then(|| Scale::over(record.places.iter().map(rated))).flatten();
        let row = |place: &Place| {
            let moved = match (self.before.get(&place.player), place.rating) {
                (Some(before), Some(now)) if (now - before).round() >= 1.0 => "▲",
                (Some(before), Some(now)) if (before - now).round() >= 1.0 => "▼",
                _ => " ",
            };
            let rating = place.rating.map_or_else(|| "-".to_owned(), |rating| format!("{rating:.0}"));
            let drawn = scale.map_or_else(String::new, |scale| format!("  {}", scale.line(rated(place), PICTURE)));
            let right = format!("{moved}{rating:>4} {:>12}{drawn}", place.interval.to_string());
            let room = width.saturating_sub(right.chars().count() + 5);
            let left = vec![
                Span::styled(format!("{:>2} ", place.ranks.best), palette.dim),
                Span::styled(one_line(&short_among(&place.player, common), room).into_string(), palette.text),
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
    let mut first = vec![report.name.clone()];
    // Without a name of its own it is called after its kind.
    if !report.name.starts_with(report.kind.name()) {
        first.push(report.kind.name().to_owned());
    }
    let common = common(report);
    first.extend(common.map(|model| format!("all on {}", short_model(model))));
    first.push(report.state.name().to_owned());
    let first = first.join(" · ");
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

/// The model that all players are made of, if it is one.
fn common(report: &TournamentReport) -> Option<&str> {
    common_model(report.players.iter().map(|player| player.player.as_str()))
}

fn match_line(one: &MatchReport, common: Option<&str>, palette: &Palette, width: usize) -> Line<'static> {
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
        (MatchState::Running, ..) => (format!("● {}/{}", one.speeches, one.planned), palette.live),
        (MatchState::Parked, ..) => ("! parked".to_owned(), palette.warn),
        (MatchState::Stopped | MatchState::Planned, ..) => (one.state.name().to_owned(), palette.dim),
    };
    let [proposition, opposition] =
        [&one.meeting.proposition, &one.meeting.opposition].map(|player| short_among(player, common));
    let players = format!("{proposition} – {opposition}");
    let room = width.saturating_sub(result.0.chars().count() + 6);
    let left = vec![
        Span::styled(format!("{:>3} ", one.meeting.number), palette.dim),
        Span::styled(one_line(&players, room).into_string(), palette.text),
    ];
    apart(left, vec![Span::styled(result.0, result.1)], width)
}

#[cfg(test)]
mod tests {
    use super::*;

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
