//! The state of the screen. Screens own what is theirs; what several of them show stands in the session.

use std::collections::BTreeMap;

use crate::assets::{Action, AssetError, Context, Keymap, Library};
use crate::domain::tournament::{Concurrency, TournamentCeilings, TournamentId};
use crate::engine::publish::{JobProgress, JobState, Published};
use crate::tui::arena::Arena;
use crate::tui::msg::{Cmd, Facts, Msg};
use crate::tui::screens::Screen;
use crate::tui::screens::home::Home;
use crate::tui::screens::tournaments::Tournaments;
use crate::tui::theme::Palette;

/// What the screen was opened with.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub keymap: Keymap,
    pub palette: Palette,
    /// Whether nothing moves by itself.
    pub still: bool,
}

impl Options {
    /// What settings and flags make of the screen. Where no colour is wanted, the theme without any is used.
    ///
    /// # Errors
    /// No such theme, or the user's keymap is broken.
    pub fn of(library: &Library, theme: Option<&str>, still: bool, no_colour: bool) -> Result<Options, AssetError> {
        let settings = &library.config().screen;
        let name = if no_colour { "mono" } else { theme.unwrap_or(&settings.theme) };
        let palette = Palette::of(library.theme(name)?);
        Ok(Options { keymap: library.keymap()?.clone(), palette, still: still || settings.reduced_motion })
    }
}

/// What all screens share.
#[derive(Clone, Debug, Default)]
pub struct Session {
    pub keymap: Keymap,
    pub palette: Palette,
    pub still: bool,
    /// What can be chosen; `None` until it was read.
    pub facts: Option<Facts>,
    /// The model that debates where nothing else is said: chosen here, or by the settings, or the first that is ready.
    pub default: Option<String>,
    /// Models of servers on this machine that answered.
    pub served: Vec<String>,
    /// Long jobs by name, running and just ended.
    pub jobs: BTreeMap<String, JobProgress>,
    /// Counts while something is at work, for spinners.
    pub beat: u64,
}

impl Session {
    /// A job that runs now.
    #[must_use]
    pub fn job(&self) -> Option<&JobProgress> {
        self.jobs.values().find(|job| job.state == JobState::Running)
    }

    /// The first key of an action, which is the one to be shown.
    #[must_use]
    pub fn key(&self, context: Context, action: Action) -> Option<String> {
        self.keymap.keys(context, action).first().map(ToString::to_string)
    }
}

/// A sentence at the bottom of the screen, until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub bad: bool,
}

/// Everything that is on the screen or may come back to it.
#[derive(Clone, Debug)]
pub struct Model {
    pub(in crate::tui) session: Session,
    /// The screen in view is the last; going back takes it off. Never empty.
    pub(in crate::tui) screens: Vec<Screen>,
    /// The debate that runs or ran last in this process. Its screen is [`Screen::Arena`].
    pub(in crate::tui) arena: Option<Arena>,
    /// The tournament that this process plays.
    pub(in crate::tui) playing: Option<TournamentId>,
    pub(in crate::tui) notice: Option<Notice>,
    /// Replays and watches opened so far.
    pub(in crate::tui) replays: u64,
    /// Whether the beat was set.
    pub(in crate::tui) beating: bool,
}

impl Model {
    /// The first screen, and what it needs.
    #[must_use]
    pub fn new(options: Options) -> (Model, Vec<Cmd>) {
        let Options { keymap, palette, still } = options;
        let session = Session { keymap, palette, still, ..Session::default() };
        let model = Model {
            session,
            screens: vec![Screen::Home(Home::default())],
            arena: None,
            playing: None,
            notice: None,
            replays: 0,
            beating: false,
        };
        (model, vec![Cmd::Facts, Cmd::Recent])
    }

    /// Opens the screen of a tournament and plays it.
    pub fn play(
        &mut self,
        tournament: TournamentId,
        ceilings: TournamentCeilings,
        concurrency: Option<Concurrency>,
    ) -> Vec<Cmd> {
        let screen = Tournaments::at(tournament.clone());
        let read = screen.read();
        self.screens.push(Screen::Tournaments(Box::new(screen)));
        self.playing = Some(tournament.clone());
        vec![read, Cmd::Play { tournament, ceilings, concurrency }]
    }

    /// Whether a message can change what is in view. Text that streams in behind another screen does not.
    #[must_use]
    pub fn shows(&self, msg: &Msg) -> bool {
        !matches!(msg, Msg::Published(Published::Live { .. }))
            || matches!(self.screen(), Screen::Arena | Screen::Watch(_))
    }

    /// What can be gone on with after quitting now, as a sentence.
    #[must_use]
    pub fn unfinished(&self) -> Option<String> {
        if let Some(tournament) = &self.playing {
            return Some(format!(
                "the tournament was stopped; `rhetor tournament resume {tournament}` goes on with it"
            ));
        }
        let arena = self.arena.as_ref().filter(|arena| !arena.is_empty() && !arena.debate.closed)?;
        arena.id.as_ref().map(|id| format!("the debate was stopped; `rhetor resume {id}` goes on with it"))
    }

    /// The name of the terminal's window.
    #[must_use]
    pub fn title(&self) -> String {
        match self.arena.as_ref().and_then(|arena| arena.debate.opening.as_ref()) {
            Some(opening) => format!("rhetor · {}", crate::tui::pane::cut(&opening.motion.text, 80)),
            None => "rhetor".to_owned(),
        }
    }

    pub(in crate::tui) fn screen(&self) -> &Screen {
        // The first screen is never taken off.
        self.screens.last().unwrap_or(&Screen::Arena)
    }
}
