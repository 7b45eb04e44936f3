//! The screens. Each owns its state, answers actions with what is to be done, and names the actions of its hints.

pub mod coach;
pub mod compare;
pub mod help;
pub mod history;
pub mod home;
pub mod judging;
pub mod ladder;
pub mod new_debate;
pub mod palette;
pub mod replay;
pub mod tournaments;
pub mod verdict;
pub mod watch;
pub mod welcome;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::assets::{Action, Context};
use crate::domain::tournament::TournamentId;
use crate::engine::session::blind::BlindRequest;
use crate::tui::arena::Arena;
use crate::tui::model::Session;
use crate::tui::msg::Cmd;
use crate::tui::screens::coach::Coach;
use crate::tui::screens::compare::Compare;
use crate::tui::screens::help::Help;
use crate::tui::screens::history::History;
use crate::tui::screens::home::Home;
use crate::tui::screens::judging::Judging;
use crate::tui::screens::ladder::Standings;
use crate::tui::screens::new_debate::NewDebate;
use crate::tui::screens::palette::Palette;
use crate::tui::screens::replay::Replay;
use crate::tui::screens::tournaments::Tournaments;
use crate::tui::screens::verdict::Verdict;
use crate::tui::screens::watch::Watch;
use crate::tui::screens::welcome::Welcome;

/// What is in view.
#[derive(Clone, Debug)]
pub enum Screen {
    Welcome(Welcome),
    Home(Home),
    NewDebate(Box<NewDebate>),
    /// The running debate, which the model owns, since it goes on behind other screens.
    Arena,
    Verdict(Box<Verdict>),
    Ladder(Box<Standings>),
    Tournaments(Box<Tournaments>),
    /// A match of a tournament under way.
    Watch(Box<Watch>),
    History(History),
    Judging(Box<Judging>),
    Replay(Box<Replay>),
    Coach(Box<Coach>),
    Compare(Box<Compare>),
    Palette(Box<Palette>),
    Help(Help),
}

/// An action that can be pressed now, and what it does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    pub action: Action,
    pub label: &'static str,
}

impl From<Action> for Hint {
    fn from(action: Action) -> Hint {
        Hint { action, label: action.label() }
    }
}

impl Hint {
    /// A hint under a word that fits the place better than the action's own.
    #[must_use]
    pub fn named(action: Action, label: &'static str) -> Hint {
        Hint { action, label }
    }
}

/// Actions as hints.
#[must_use]
pub fn hints<const N: usize>(actions: [Action; N]) -> Vec<Hint> {
    actions.map(Hint::from).to_vec()
}

/// What an action leads to.
#[derive(Clone, Debug)]
pub enum Reply {
    Cmd(Cmd),
    /// Puts a screen on top.
    Show(Screen),
    Back,
    /// Does what a key would do on the screen that is in view then.
    Act(Action),
    /// Tells something until the next key.
    Notice(String),
    /// Opens the arena for a debate that is about to run, and asks for it with a start or a resume.
    Enter(Cmd),
    /// Opens a blind judging session.
    Judge(BlindRequest),
    /// Goes on with a tournament here.
    Play(TournamentId),
    /// Chooses the default model.
    Choose(String),
}

impl Screen {
    #[must_use]
    pub fn context(&self) -> Context {
        match self {
            Screen::Welcome(_) => Context::Welcome,
            Screen::Home(_) => Context::Home,
            Screen::NewDebate(_) => Context::NewDebate,
            Screen::Arena => Context::Arena,
            Screen::Verdict(_) => Context::Verdict,
            Screen::Ladder(_) => Context::Ladder,
            Screen::Tournaments(_) => Context::Tournaments,
            Screen::Watch(_) => Context::Watch,
            Screen::History(_) => Context::History,
            Screen::Judging(_) => Context::Judging,
            Screen::Replay(_) => Context::Replay,
            Screen::Coach(_) => Context::Coach,
            Screen::Compare(_) => Context::Compare,
            Screen::Palette(_) => Context::Palette,
            Screen::Help(_) => Context::Help,
        }
    }

    /// What can be pressed now, the most useful first.
    #[must_use]
    pub fn hints(&self, session: &Session, arena: Option<&Arena>) -> Vec<Hint> {
        match self {
            Screen::Welcome(screen) => screen.hints(),
            Screen::Home(screen) => screen.hints(session, arena),
            Screen::NewDebate(screen) => screen.hints(),
            Screen::Arena => arena.map(Arena::hints).unwrap_or_default(),
            Screen::Verdict(screen) => screen.hints(),
            Screen::Ladder(screen) => screen.hints(),
            Screen::Tournaments(screen) => screen.hints(),
            Screen::Watch(screen) => screen.hints(),
            Screen::History(screen) => screen.hints(),
            Screen::Judging(screen) => screen.hints(),
            Screen::Replay(screen) => screen.hints(),
            Screen::Coach(screen) => screen.hints(),
            Screen::Compare(screen) => screen.hints(),
            Screen::Palette(screen) => screen.hints(),
            Screen::Help(screen) => screen.hints(),
        }
    }

    /// Whether characters are text now and press nothing.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        match self {
            Screen::NewDebate(screen) => screen.is_typing(),
            Screen::History(screen) => screen.is_typing(),
            Screen::Judging(screen) => screen.is_typing(),
            Screen::Palette(_) => true,
            _ => false,
        }
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session, arena: Option<&Arena>) {
        match self {
            Screen::Welcome(screen) => screen.view(frame, area, session),
            Screen::Home(screen) => screen.view(frame, area, session, arena),
            Screen::NewDebate(screen) => screen.view(frame, area, session),
            Screen::Arena => {
                if let Some(arena) = arena {
                    arena.view(frame, area, session);
                }
            }
            Screen::Verdict(screen) => screen.view(frame, area, session),
            Screen::Ladder(screen) => screen.view(frame, area, session),
            Screen::Tournaments(screen) => screen.view(frame, area, session),
            Screen::Watch(screen) => screen.view(frame, area, session),
            Screen::History(screen) => screen.view(frame, area, session),
            Screen::Judging(screen) => screen.view(frame, area, session),
            Screen::Replay(screen) => screen.view(frame, area, session),
            Screen::Coach(screen) => screen.view(frame, area, session),
            Screen::Compare(screen) => screen.view(frame, area, session),
            Screen::Palette(screen) => screen.view(frame, area, session),
            Screen::Help(screen) => screen.view(frame, area, session),
        }
    }
}
