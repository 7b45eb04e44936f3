//! The verdict, taken apart: who won and how sure, every judge's dimensions in both orders, reasons with their quotes,
//! what to be careful about, and what it did to the ladder.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::assets::Action;
use crate::domain::ballot::{Ballot, Reason};
use crate::domain::debate::Debate;
use crate::domain::event::{DebateId, Entry};
use crate::domain::seat::Side;
use crate::judge::credit::credits;
use crate::judge::credit::factors::{NAMES, shares};
use crate::rating::RatingChange;
use crate::text::sanitize::{one_line, sanitize};
use crate::text::wrap::wrap;
use crate::tui::arena::Arena;
use crate::tui::meter::{count, lead};
use crate::tui::model::Session;
use crate::tui::msg::{Cmd, Purpose};
use crate::tui::pane::{Scroll, apart};
use crate::tui::screens::compare::Compare;
use crate::tui::screens::{Hint, Reply, Screen, hints};
use crate::tui::transcript::mark;

/// Lines longer than this are hard to read.
const WIDEST: u16 = 100;

#[derive(Clone, Debug)]
pub struct Verdict {
    id: DebateId,
    debate: Debate,
    ratings: Vec<RatingChange>,
    /// Ballots that were given after the debate. They move no ladder but their own.
    later: Vec<Ballot>,
    /// Whether each order is shown beside the mean.
    orders: bool,
    scroll: Scroll,
}

impl Verdict {
    /// The verdict of the debate that was just watched.
    #[must_use]
    pub fn of_arena(arena: &Arena) -> Option<Verdict> {
        Some(Verdict {
            id: arena.id.clone()?,
            debate: arena.debate.clone(),
            ratings: arena.ratings.clone(),
            later: Vec::new(),
            orders: false,
            scroll: Scroll::default(),
        })
    }

    /// The verdict of a stored debate; `None` without an opening.
    #[must_use]
    pub fn of_log(id: DebateId, entries: &[Entry], ratings: Vec<RatingChange>, later: Vec<Ballot>) -> Option<Verdict> {
        let debate = Debate::fold(entries.iter().map(|entry| &entry.event));
        debate.opening.as_ref()?;
        Some(Verdict { id, debate, ratings, later, orders: false, scroll: Scroll::default() })
    }

    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let orders = Hint::named(Action::Judge, if self.orders { "means only" } else { "both orders" });
        let mut shown = vec![orders];
        shown.extend(hints([
            Action::Replay,
            Action::Coach,
            Action::Export,
            Action::CopyAll,
            Action::Ladder,
            Action::NewDebate,
            Action::Back,
            Action::Help,
            Action::Quit,
        ]));
        shown
    }

    pub fn act(&mut self, action: Action) -> Option<Vec<Reply>> {
        let debate = self.id.clone();
        match action {
            Action::Judge => self.orders = !self.orders,
            Action::Replay => return Some(vec![Reply::Cmd(Cmd::Log { purpose: Purpose::Replay, debate })]),
            Action::Coach => return Some(vec![Reply::Cmd(Cmd::Lesson(debate))]),
            Action::Compare => {
                let compare = Compare::of(&self.debate, None)?;
                return Some(vec![Reply::Show(Screen::Compare(Box::new(compare)))]);
            }
            Action::CopyAll => return Some(vec![Reply::Cmd(Cmd::CopyDebate(debate))]),
            Action::Export => return Some(vec![Reply::Cmd(Cmd::Export { debate })]),
            _ => return self.scroll.act(action).then(Vec::new),
        }
        Some(Vec::new())
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let [_, area, _] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Max(WIDEST), Constraint::Fill(1)]).areas(area);
        let width = usize::from(area.width).saturating_sub(4);
        let rows = self.rows(session, width);
        let body = Rect { x: area.x + 2, width: area.width.saturating_sub(2), ..area };
        self.scroll.view(frame, body, &rows);
    }

    fn rows(&self, session: &Session, width: usize) -> Vec<Line<'static>> {
        let mut page = Page { session, width, rows: vec![Line::default()] };
        self.result(&mut page);
        self.credit(&mut page);
        let judges =
            self.debate.opening.iter().flat_map(|opening| opening.judges.iter().map(|it| opening.judge_title(it)));
        for (judge, judging) in judges.zip(&self.debate.judging) {
            page.heading(&format!("Ballot of {}", one_line(&judge, width)));
            match (&judging.ballot, &judging.voided) {
                (Some(ballot), _) => self.ballot(ballot, &mut page),
                (None, Some(reason)) => page.prose(&format!("Void: {reason}"), session.palette.bad),
                (None, None) => page.prose("Not judged yet.", session.palette.dim),
            }
        }
        for ballot in &self.later {
            page.heading(&format!("Ballot of {}, given later", one_line(&ballot.judge, width)));
            self.ballot(ballot, &mut page);
        }
        self.cost(&mut page);
        page.rows
    }

    fn result(&self, page: &mut Page<'_>) {
        let palette = &page.session.palette;
        if let Some(opening) = &self.debate.opening {
            page.prose(&opening.motion.text, palette.title);
            page.blank();
        }
        let Some(outcome) = &self.debate.outcome else {
            let reason = self.debate.stopped.as_deref().map(|reason| format!("It stopped: {reason}"));
            page.prose(&reason.unwrap_or("The debate is not finished.".to_owned()), palette.warn);
            return;
        };
        let best = outcome.ranking.first().zip(self.debate.opening.as_ref());
        let (sentence, style) = match outcome.winner {
            Some(side) if let Some((best, opening)) = best => {
                let title = opening.seat_title(best.seat);
                (format!("{title} wins: {}", one_line(&best.player, page.width)), palette.side(side))
            }
            Some(side) => {
                let player = if side == Side::Proposition { &outcome.proposition } else { &outcome.opposition };
                (format!("The {side} wins: {}", one_line(player, page.width)), palette.side(side))
            }
            None if outcome.unrated.is_some() => ("No result".to_owned(), palette.title),
            None => ("A tie".to_owned(), palette.title),
        };
        page.rows.push(Line::styled(sentence, style));
        let columns = page.width.saturating_sub(34).clamp(10, 50);
        let mut bar = vec![Span::styled("proposition ", palette.dim)];
        bar.extend(lead(outcome.probability, columns, palette));
        bar.push(Span::styled(format!(" opposition   {:.0} %", outcome.probability * 100.0), palette.dim));
        page.rows.push(Line::from(bar));
        if let Some(opening) = &self.debate.opening {
            let widest = outcome.ranking.iter().map(|team| opening.seat_title(team.seat).len()).max().unwrap_or(0);
            for team in &outcome.ranking {
                let title = format!("{:>2}  {:<widest$}  ", team.place, opening.seat_title(team.seat));
                let player = one_line(&team.player, page.width / 2).into_string();
                let left = vec![Span::styled(title, palette.side(team.side)), Span::styled(player, palette.text)];
                let right = vec![Span::styled(format!("{:.1} points", team.points), palette.dim)];
                page.rows.push(apart(left, right, page.width.min(72)));
            }
        }
        if let Some(unrated) = outcome.unrated {
            page.prose(&format!("Unrated, since {}.", unrated.sentence()), palette.warn);
        } else if !outcome.audited {
            page.prose(
                "A judge was never audited or is no better than a coin, so the ladder marks this result.",
                palette.warn,
            );
        }
        for change in &self.ratings {
            let text = format!(
                "{}  {:.0} → {:.0}  ({:+.1})",
                one_line(&change.player, page.width / 2),
                change.before,
                change.after,
                change.after - change.before
            );
            page.rows.push(Line::styled(text, palette.text));
        }
    }

    fn ballot(&self, ballot: &Ballot, page: &mut Page<'_>) {
        let palette = &page.session.palette;
        let Some(opening) = &self.debate.opening else { return };
        let called = |side| opening.called(ballot.between, side);
        let verdict =
            ballot.winner.map_or("calls it a tie".to_owned(), |side| format!("decides for the {}", called(side)));
        let style = |side| palette.side(opening.stands(ballot.between, side));
        let share = format!(", {} {:.1} %", called(Side::Proposition), ballot.probability * 100.0);
        page.rows.push(Line::from(vec![
            Span::styled(verdict, ballot.winner.map_or(palette.text, style)),
            Span::styled(share, palette.dim),
        ]));
        if let Some(meanings) = opening.meanings(ballot.between) {
            page.prose(&meanings, palette.dim);
        }
        let name = ballot.dimensions.iter().map(|row| row.dimension.len()).max().unwrap_or(0).clamp(9, 18);
        for row in &ballot.dimensions {
            let mut left = vec![Span::styled(format!("{:<name$}  ", one_line(&row.dimension, name)), palette.text)];
            left.extend(lead(row.probability, 20, palette));
            left.push(Span::styled(format!(" {:>5.1} %", row.probability * 100.0), palette.text));
            let scores: Vec<String> =
                Side::BOTH.iter().filter_map(|side| row.scores.get(side)).map(|score| format!("{score:.1}")).collect();
            let scores = if scores.is_empty() { String::new() } else { format!("   {}", scores.join(" : ")) };
            left.push(Span::styled(format!("{scores}   weight {}", row.weight), palette.dim));
            page.rows.push(apart(left, Vec::new(), page.width));
            if self.orders {
                for order in ballot.orders.iter().filter(|order| order.dimension == row.dimension) {
                    let text = format!(
                        "{:name$}  {} → {:.1} %{}",
                        "",
                        one_line(&order.order, page.width.saturating_sub(name + 24)),
                        order.probability * 100.0,
                        if order.counted { "" } else { ", left out" }
                    );
                    page.rows.push(Line::styled(text, palette.dim));
                }
            }
        }
        let mut steadiness = ballot.steadiness();
        if !steadiness.is_empty() {
            if !self.orders {
                steadiness.push("j shows the orders".to_owned());
            }
            page.prose(&steadiness.join(" · "), palette.dim);
        }
        self.speeches(ballot, page);
        for (side, reason) in &ballot.forfeits {
            page.prose(&format!("The {} forfeits: {reason}", called(*side)), palette.bad);
        }
        for side in Side::BOTH {
            let of = |speech: usize| self.debate.speeches.get(&speech).is_some_and(|speech| speech.side == side);
            if let Some(rates) = ballot.source_rates(of).filter(|_| ballot.between.is_none()) {
                page.prose(&format!("{}: {}", side.title(), rates.phrase()), palette.side(side));
            }
        }
        for check in &ballot.checks {
            let (mark, style) = if check.holds { ("✓", palette.good) } else { ("✗", palette.bad) };
            page.prose(&format!("{mark} {}", check.line()), style);
        }
        ballot.reasons.iter().for_each(|reason| Verdict::reason(reason, page));
        for caution in &ballot.cautions {
            page.prose(&format!("! {caution}"), palette.warn);
        }
    }

    /// What each speech did to the probability of winning, where it was measured, and its factors in the margin.
    fn credit(&self, page: &mut Page<'_>) {
        let credits = credits(&self.debate);
        if credits.is_empty() {
            return;
        }
        page.heading("What moved the debate");
        let palette = &page.session.palette;
        let margin = credits.last().map_or(0.0, |credit| credit.probability - 0.5);
        let shares = shares(&self.debate, margin);
        for credit in &credits {
            let title = credit.side.title();
            let repeats = if credit.repeats { ", repeats itself" } else { "" };
            let text = format!(
                "{}  {title:<12} {:+5.1} %  → {:>3.0} %{repeats}",
                credit.speech + 1,
                credit.gain * 100.0,
                credit.probability * 100.0
            );
            let mut spans = vec![Span::styled(text, palette.side(credit.side))];
            if let Some(share) = shares.iter().find(|share| share.speech == credit.speech) {
                let factors = NAMES.iter().zip(share.factors).filter(|(_, value)| value.abs() >= 0.0005);
                let factors: Vec<String> =
                    factors.map(|(name, value)| format!("{name} {:+.1}", value * 100.0)).collect();
                spans.push(Span::styled(format!("   {}", factors.join(", ")), palette.dim));
            }
            page.rows.push(apart(spans, Vec::new(), page.width));
        }
    }

    /// The mean score of each speech.
    fn speeches(&self, ballot: &Ballot, page: &mut Page<'_>) {
        let palette = &page.session.palette;
        let mut spans = Vec::new();
        for speech in self.debate.speeches.values() {
            let scores = ballot.speeches.iter().filter(|score| score.speech == speech.speech);
            let scores: Vec<f64> = scores.map(|score| score.score).collect();
            if !scores.is_empty() {
                let mean = scores.iter().sum::<f64>() / scores.len() as f64;
                let title = speech.side.title().get(..1).unwrap_or_default();
                spans.push(Span::styled(
                    format!("{}{title} {mean:.1}   ", speech.speech + 1),
                    palette.side(speech.side),
                ));
            }
        }
        if !spans.is_empty() {
            spans.insert(0, Span::styled("speeches  ", palette.dim));
            page.rows.push(apart(spans, Vec::new(), page.width));
        }
    }

    fn reason(reason: &Reason, page: &mut Page<'_>) {
        let palette = &page.session.palette;
        page.blank();
        page.prose(&reason.text, palette.text);
        for quote in &reason.quotes {
            let place = quote.speech.map_or("no speech".to_owned(), |speech| format!("speech {}", speech + 1));
            let text = format!("{} \"{}\" · {place}", mark(quote.standing), quote.text);
            page.prose(&text, palette.standing(quote.standing));
        }
    }

    fn cost(&self, page: &mut Page<'_>) {
        let usage = self.debate.usage;
        page.blank();
        let text = format!(
            "{} tokens read, {} written, {:.0} s of model time, ${:.4}",
            count(usage.prompt_tokens),
            count(usage.completion_tokens),
            usage.milliseconds as f64 / 1000.0,
            usage.dollars
        );
        page.rows.push(Line::styled(text, page.session.palette.dim));
    }
}

/// Lines that are being put together for one width.
struct Page<'a> {
    session: &'a Session,
    width: usize,
    rows: Vec<Line<'static>>,
}

impl Page<'_> {
    fn blank(&mut self) {
        self.rows.push(Line::default());
    }

    fn heading(&mut self, text: &str) {
        self.blank();
        self.rows.push(Line::styled(text.to_owned(), self.session.palette.title));
    }

    fn prose(&mut self, text: &str, style: Style) {
        let text = sanitize(text.trim());
        self.rows.extend(wrap(&text, self.width).into_iter().map(|row| Line::styled(row.to_owned(), style)));
    }
}
