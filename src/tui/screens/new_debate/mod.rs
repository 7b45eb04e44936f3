//! A debate put together by hand: motion, teams with their models, format, judge and evidence. The list of motions is in `motion`.

mod motion;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Span;

use crate::assets::{Action, Key};
use crate::domain::seat::Side;
use crate::engine::command::{Command, DebateRequest};
use crate::text::sanitize::one_line;
use crate::tui::field::Field;
use crate::tui::model::Session;
use crate::tui::msg::{Choice, Cmd};
use crate::tui::pane::{apart, pane};
use crate::tui::screens::new_debate::motion::MotionChoice;
use crate::tui::screens::{Hint, Reply, hints};

/// Columns of a row's name.
const NAME: usize = 22;

/// A line of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Motion,
    /// By the place among the players: the two sides, then the other seats of the format.
    Team(usize),
    Model(usize),
    Format,
    Judge,
    JudgeModel,
    Evidence,
    Start,
}

/// The lines of the form, with so many players.
fn entries(players: usize) -> Vec<Entry> {
    let teams = (0..players).flat_map(|player| [Entry::Team(player), Entry::Model(player)]);
    let rest = [Entry::Format, Entry::Judge, Entry::JudgeModel, Entry::Evidence, Entry::Start];
    std::iter::once(Entry::Motion).chain(teams).chain(rest).collect()
}

/// What is chosen for one player: a team and a model by their place in the lists.
#[derive(Clone, Copy, Debug, Default)]
struct Player {
    team: usize,
    model: usize,
}

#[derive(Clone, Debug, Default)]
pub struct NewDebate {
    at: usize,
    motion: MotionChoice,
    /// The proposition's, the opposition's, then those of the other seats of the format.
    players: Vec<Player>,
    format: usize,
    /// One more than the recipes: nobody judges.
    judge: usize,
    judge_model: usize,
    evidence: Field,
}

impl NewDebate {
    /// The form as the settings fill it.
    #[must_use]
    pub fn new(session: &Session) -> NewDebate {
        let mut form = NewDebate { players: vec![Player::default(); 2], ..NewDebate::default() };
        let Some(facts) = &session.facts else { return form };
        let place = |list: &[Choice], name: &str| {
            let name = name.split('@').next().unwrap_or_default();
            list.iter().position(|choice| choice.name == name).unwrap_or(0)
        };
        let defaults = [&facts.defaults.proposition, &facts.defaults.opposition];
        form.format = place(&facts.formats, &facts.defaults.format);
        let judge = facts.defaults.judge.as_deref().unwrap_or("label-probability");
        form.judge = place(&facts.recipes, judge);
        let models = models(session);
        let model = |name: &str| {
            let named = name.split_once('@').map(|(_, model)| model);
            models.iter().position(|model| Some(model.as_str()) == named).unwrap_or(0)
        };
        form.players = defaults.map(|name| Player { team: place(&facts.teams, name), model: model(name) }).to_vec();
        form.judge_model = model(judge);
        form.seat_players(session);
        form.motion.look_up(session);
        form
    }

    fn entries(&self) -> Vec<Entry> {
        entries(self.players.len())
    }

    fn entry(&self) -> Entry {
        self.entries().get(self.at).copied().unwrap_or(Entry::Start)
    }

    /// The seats of the format beside the two sides.
    fn seats<'a>(&self, session: &'a Session) -> &'a [(String, Side)] {
        let format = session.facts.as_ref().and_then(|facts| facts.formats.get(self.format));
        format.map_or(&[], |format| format.seats.as_slice())
    }

    /// As many players as the format seats. One that is new is who its side has already. The line that is chosen stays so.
    fn seat_players(&mut self, session: &Session) {
        let entry = self.entry();
        let seats = self.seats(session);
        self.players.truncate(Side::BOTH.len() + seats.len());
        for (_, side) in seats.iter().skip(self.players.len().saturating_sub(Side::BOTH.len())) {
            let same = self.players[usize::from(*side == Side::Opposition)];
            self.players.push(same);
        }
        self.at = self.entries().iter().position(|other| *other == entry).unwrap_or(0);
    }

    /// The side on which a player stands.
    fn side(&self, player: usize, session: &Session) -> Side {
        let beside = player.checked_sub(Side::BOTH.len());
        let seat = beside.and_then(|seat| self.seats(session).get(seat));
        seat.map_or(Side::BOTH[player.min(1)], |(_, side)| *side)
    }

    #[must_use]
    pub fn is_typing(&self) -> bool {
        matches!(self.entry(), Entry::Motion | Entry::Evidence)
    }

    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let mut shown = vec![Hint::from(Action::Start), Hint::named(Action::NextPane, "next field")];
        match self.entry() {
            Entry::Motion => shown.extend([Hint::named(Action::Down, "choose"), Action::Shuffle.into()]),
            Entry::Evidence | Entry::Start => {}
            _ => shown.push(Hint::named(Action::Right, "change")),
        }
        shown.extend(hints([Action::Swap, Action::Back]));
        shown
    }

    /// A key while a text is being typed; `None` if it is not one for the text.
    pub fn press(&mut self, key: Key, session: &Session) -> Option<Vec<Reply>> {
        let taken = match self.entry() {
            Entry::Motion => self.motion.press(key, session),
            Entry::Evidence => self.evidence.press(key),
            _ => false,
        };
        taken.then(Vec::new)
    }

    pub fn paste(&mut self, text: &str, session: &Session) -> Vec<Reply> {
        match self.entry() {
            Entry::Motion => self.motion.insert(text, session),
            Entry::Evidence => self.evidence.insert(text),
            _ => {}
        }
        Vec::new()
    }

    pub fn act(&mut self, action: Action, session: &Session) -> Option<Vec<Reply>> {
        Some(match action {
            Action::Start => return Some(self.start(session)),
            Action::Open if self.entry() == Entry::Start => return Some(self.start(session)),
            Action::Open | Action::NextPane => self.go(1),
            Action::PreviousPane => self.go(self.entries().len() - 1),
            Action::Shuffle => {
                self.motion.shuffle(session);
                Vec::new()
            }
            Action::Swap => {
                self.players.swap(0, 1);
                Vec::new()
            }
            Action::Left => self.turn(session, false),
            Action::Right => self.turn(session, true),
            _ if self.entry() == Entry::Motion && self.motion.rows() > 0 => {
                return self.motion.choose(action).then(Vec::new);
            }
            Action::Up => self.go(self.entries().len() - 1),
            Action::Down => self.go(1),
            _ => return None,
        })
    }

    fn go(&mut self, places: usize) -> Vec<Reply> {
        self.at = (self.at + places) % self.entries().len();
        Vec::new()
    }

    fn turn(&mut self, session: &Session, forward: bool) -> Vec<Reply> {
        let Some(facts) = &session.facts else { return Vec::new() };
        let models = models(session).len();
        let (value, length) = match self.entry() {
            Entry::Team(player) => (&mut self.players[player].team, facts.teams.len()),
            Entry::Model(player) => (&mut self.players[player].model, models),
            Entry::Format => (&mut self.format, facts.formats.len()),
            Entry::Judge => (&mut self.judge, facts.recipes.len() + 1),
            Entry::JudgeModel => (&mut self.judge_model, models),
            Entry::Motion | Entry::Evidence | Entry::Start => return Vec::new(),
        };
        let length = length.max(1);
        *value = (*value + if forward { 1 } else { length - 1 }) % length;
        self.seat_players(session);
        Vec::new()
    }

    fn start(&self, session: &Session) -> Vec<Reply> {
        let Some(facts) = &session.facts else { return Vec::new() };
        let Some(motion) = self.motion.named(session) else {
            let text = "No motion has these words; write your own as a sentence.".to_owned();
            return vec![Reply::Notice(text)];
        };
        let models = models(session);
        let named = |choices: &[Choice], at: usize, model: usize| {
            let choice = choices.get(at).cloned().unwrap_or_default();
            let name = choice.name;
            match models.get(model).filter(|_| !choice.own_models) {
                Some(model) => format!("{name}@{model}"),
                None => name,
            }
        };
        let player = |at: usize| self.players.get(at).map(|player| named(&facts.teams, player.team, player.model));
        let seats = self.seats(session).iter().enumerate();
        let seats = seats.filter_map(|(at, (seat, _))| Some((seat.clone(), player(Side::BOTH.len() + at)?)));
        let judges = if self.judge < facts.recipes.len() {
            vec![named(&facts.recipes, self.judge, self.judge_model)]
        } else {
            Vec::new()
        };
        let evidence = Some(self.evidence.text().trim().to_owned()).filter(|folder| !folder.is_empty());
        let request = DebateRequest {
            motion,
            proposition: player(0),
            opposition: player(1),
            seats: seats.collect(),
            format: facts.formats.get(self.format).map(|format| format.name.clone()),
            judges: Some(judges),
            evidence,
            ..DebateRequest::default()
        };
        vec![Reply::Enter(Cmd::Submit(Command::Start(Box::new(request))))]
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        let entries = self.entries();
        let rows = u16::try_from(entries.len() + 2).unwrap_or(12);
        let [head, below] = Layout::vertical([Constraint::Length(rows), Constraint::Fill(1)]).areas(area);
        let body = pane(frame, head, "New debate", "", true, palette);
        let width = usize::from(area.width).saturating_sub(4);
        for (index, entry) in entries.into_iter().enumerate() {
            let y = body.y + u16::try_from(index).unwrap_or(0);
            if y >= body.bottom() {
                break;
            }
            let here = index == self.at;
            let mark = if here { "▸ " } else { "  " };
            let style = if here { palette.focus } else { palette.dim };
            let mut left = vec![Span::styled(format!("{mark}{:<NAME$}", self.name(entry, session)), style)];
            let (value, about) = self.value(entry, session);
            let field = match entry {
                Entry::Motion => Some(self.motion.field()),
                Entry::Evidence => Some(&self.evidence),
                _ => None,
            };
            if let Some(field) = field.filter(|_| here) {
                let (text, column) = field.view(width.saturating_sub(NAME + 2));
                left.push(text);
                let x = area.x + u16::try_from(NAME + 2).unwrap_or(0) + column;
                frame.set_cursor_position((x.min(area.right().saturating_sub(1)), y));
            } else {
                let arrows = here && !matches!(entry, Entry::Start);
                let value = if arrows { format!("‹ {value} ›") } else { value };
                let side = match entry {
                    Entry::Team(player) | Entry::Model(player) => palette.side(self.side(player, session)),
                    _ => palette.text,
                };
                left.push(Span::styled(value, side));
                left.push(Span::styled(format!("   {about}"), palette.dim));
            }
            frame.render_widget(apart(left, Vec::new(), width + 2), Rect { y, height: 1, ..body });
        }
        self.motion.view(frame, below, session);
    }

    /// What stands in a row, and a sentence about it.
    fn value(&self, entry: Entry, session: &Session) -> (String, String) {
        let Some(facts) = &session.facts else { return Default::default() };
        let models = models(session);
        let chosen = |choices: &[Choice], at: usize| {
            let choice = choices.get(at).cloned().unwrap_or_default();
            (one_line(&choice.name, 30).into_string(), one_line(&choice.about, 200).into_string())
        };
        let model = |at: usize| {
            let name =
                models.get(at).map_or_else(|| "none is ready".to_owned(), |name| one_line(name, 60).into_string());
            (name, String::new())
        };
        let player = |at: usize| self.players.get(at).copied().unwrap_or_default();
        match entry {
            Entry::Motion => (one_line(self.motion.shown(session), 200).into_string(), String::new()),
            Entry::Team(at) => chosen(&facts.teams, player(at).team),
            Entry::Model(at) if facts.teams.get(player(at).team).is_some_and(|team| team.own_models) => {
                ("no other".to_owned(), "this team says itself who speaks".to_owned())
            }
            Entry::Model(at) => model(player(at).model),
            Entry::Format => chosen(&facts.formats, self.format),
            Entry::Judge if self.judge < facts.recipes.len() => chosen(&facts.recipes, self.judge),
            Entry::Judge => ("nobody".to_owned(), "the debate is not rated".to_owned()),
            Entry::JudgeModel => model(self.judge_model),
            Entry::Evidence => {
                let folder = one_line(self.evidence.text(), 200).into_string();
                let none = "a folder, @web or @none; empty takes your library";
                if folder.is_empty() { (String::new(), none.to_owned()) } else { (folder, String::new()) }
            }
            Entry::Start => ("enter starts it".to_owned(), String::new()),
        }
    }

    fn name(&self, entry: Entry, session: &Session) -> String {
        let name = match entry {
            Entry::Motion => "Motion",
            Entry::Team(player) => {
                let seat = player.checked_sub(Side::BOTH.len()).and_then(|seat| self.seats(session).get(seat));
                return seat.map_or(self.side(player, session).title().to_owned(), |(name, _)| {
                    one_line(&name.replace('-', " "), NAME).into_string()
                });
            }
            Entry::Model(_) | Entry::JudgeModel => "  model",
            Entry::Format => "Format",
            Entry::Judge => "Judge",
            Entry::Evidence => "Evidence",
            Entry::Start => "Start the debate",
        };
        name.to_owned()
    }
}

/// The models that can be chosen, the default first, then files, then those of servers on this machine.
fn models(session: &Session) -> Vec<String> {
    let ready = session.facts.iter().flat_map(|facts| &facts.models).chain(&session.served);
    let mut models: Vec<String> = session.default.iter().cloned().collect();
    models.extend(ready.filter(|name| Some(*name) != session.default.as_ref()).cloned());
    models
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::msg::Facts;

    fn session() -> Session {
        let choice = |name: &str| Choice { name: name.to_owned(), ..Choice::default() };
        let facts = Facts {
            formats: vec![choice("agent4debate"), choice("duel")],
            teams: vec![choice("quartet"), choice("solo")],
            recipes: vec![choice("debatrix"), choice("label-probability")],
            models: vec!["small".to_owned(), "large".to_owned()],
            ..Facts::default()
        };
        Session { facts: Some(facts), default: Some("small".to_owned()), ..Session::default() }
    }

    fn typed(form: &mut NewDebate, text: &str) {
        form.paste(text, &session());
    }

    fn started(replies: &[Reply]) -> &DebateRequest {
        match replies {
            [Reply::Enter(Cmd::Submit(Command::Start(request)))] => request,
            other => panic!("no debate was started: {other:?}"),
        }
    }

    #[test]
    fn a_sentence_of_ones_own_is_a_motion() {
        let session = session();
        let mut form = NewDebate::new(&session);
        typed(&mut form, "This House would close its zoos");
        let replies = form.act(Action::Start, &session).unwrap();
        let request = started(&replies);
        assert_eq!(request.motion, "This House would close its zoos");
        assert_eq!(request.judges.as_deref(), Some(["label-probability@small".to_owned()].as_slice()));
    }

    #[test]
    fn a_word_that_fits_nothing_starts_nothing() {
        let session = session();
        let mut form = NewDebate::new(&session);
        typed(&mut form, "zzz");
        assert!(matches!(form.act(Action::Start, &session).unwrap().as_slice(), [Reply::Notice(_)]));
    }

    #[test]
    fn arrows_change_the_row_and_swap_changes_the_sides() {
        let session = session();
        let mut form = NewDebate::new(&session);
        typed(&mut form, "We should nap");
        form.act(Action::NextPane, &session);
        form.act(Action::Right, &session);
        form.act(Action::NextPane, &session);
        form.act(Action::Right, &session);
        form.act(Action::Swap, &session);
        let replies = form.act(Action::Start, &session).unwrap();
        let request = started(&replies);
        assert_eq!(request.proposition.as_deref(), Some("quartet@small"));
        assert_eq!(request.opposition.as_deref(), Some("solo@large"));
    }

    #[test]
    fn a_format_of_four_teams_asks_for_all_of_them() {
        let mut session = session();
        let facts = session.facts.as_mut().unwrap();
        facts.formats[1].seats = vec![
            ("closing-government".to_owned(), Side::Proposition),
            ("closing-opposition".to_owned(), Side::Opposition),
        ];
        let mut form = NewDebate::new(&session);
        typed(&mut form, "We should nap");
        form.at = form.entries().iter().position(|entry| *entry == Entry::Format).unwrap();
        form.act(Action::Right, &session);
        assert_eq!((form.players.len(), form.entry()), (4, Entry::Format));
        form.at = form.entries().iter().position(|entry| *entry == Entry::Team(3)).unwrap();
        form.act(Action::Right, &session);
        let replies = form.act(Action::Start, &session).unwrap();
        let seats = &started(&replies).seats;
        assert_eq!(
            (seats["closing-government"].as_str(), seats["closing-opposition"].as_str()),
            ("quartet@small", "solo@small")
        );
        form.at = form.entries().iter().position(|entry| *entry == Entry::Format).unwrap();
        form.act(Action::Right, &session);
        assert_eq!((form.players.len(), form.entry()), (2, Entry::Format));
    }

    #[test]
    fn nobody_may_judge() {
        let session = session();
        let mut form = NewDebate::new(&session);
        typed(&mut form, "We should nap");
        form.at = form.entries().iter().position(|entry| *entry == Entry::Judge).unwrap();
        form.act(Action::Right, &session);
        let replies = form.act(Action::Start, &session).unwrap();
        assert_eq!(started(&replies).judges.as_deref(), Some([].as_slice()));
    }
}
