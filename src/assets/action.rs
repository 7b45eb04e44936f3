//! What a key can do, and where. The names are those of the keymap file.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A screen with keys of its own. `Global` holds everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    Global,
    /// The first run, when no model is there yet.
    Welcome,
    Home,
    NewDebate,
    Arena,
    Verdict,
    Ladder,
    Tournaments,
    /// A match of a tournament as it is spoken.
    Watch,
    History,
    /// A blind judging session.
    Judging,
    Replay,
    /// What a side can learn.
    Coach,
    /// Two speeches side by side.
    Compare,
    Palette,
    Help,
}

impl Context {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Context::Global => "global",
            Context::Welcome => "welcome",
            Context::Home => "home",
            Context::NewDebate => "new_debate",
            Context::Arena => "arena",
            Context::Verdict => "verdict",
            Context::Ladder => "ladder",
            Context::Tournaments => "tournaments",
            Context::Watch => "watch",
            Context::History => "history",
            Context::Judging => "judging",
            Context::Replay => "replay",
            Context::Coach => "coach",
            Context::Compare => "compare",
            Context::Palette => "palette",
            Context::Help => "help",
        }
    }
}

/// Something that a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Quit,
    Back,
    Help,
    Start,
    Pause,
    Stop,
    Resume,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Open,
    NextPane,
    PreviousPane,
    Evidence,
    Judge,
    NewDebate,
    Ladder,
    Tournaments,
    History,
    Replay,
    Export,
    Faster,
    Slower,
    Search,
    Pull,
    Best,
    Shuffle,
    Swap,
    Filter,
    Style,
    /// Opens a blind judging session.
    Blind,
    SideA,
    SideB,
    Tie,
    ScoreOne,
    ScoreTwo,
    ScoreThree,
    ScoreFour,
    ScoreFive,
    /// What a side can learn from a debate.
    Coach,
    /// The command palette.
    Palette,
    /// Two speeches side by side.
    Compare,
    Next,
    Previous,
    NextSpeech,
    PreviousSpeech,
    /// Opens the user's own editor.
    Editor,
    Copy,
    CopyAll,
    Note,
    Undo,
    Skip,
    /// Draws every cell again.
    Repaint,
    /// Goes back to the shell until `fg`.
    Suspend,
}

impl Action {
    /// The word beside the key in the bottom bar.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Action::Quit => "quit",
            Action::Back => "back",
            Action::Help => "help",
            Action::Start => "start",
            Action::Pause => "pause",
            Action::Stop => "stop",
            Action::Resume => "resume",
            Action::Up => "up",
            Action::Down => "down",
            Action::Left => "left",
            Action::Right => "right",
            Action::PageUp => "page up",
            Action::PageDown => "page down",
            Action::Top => "top",
            Action::Bottom => "end",
            Action::Open => "open",
            Action::NextPane => "pane",
            Action::PreviousPane => "pane back",
            Action::Evidence => "evidence",
            Action::Judge => "judge",
            Action::NewDebate => "new debate",
            Action::Ladder => "ladder",
            Action::Tournaments => "tournaments",
            Action::History => "history",
            Action::Replay => "replay",
            Action::Export => "export",
            Action::Faster => "faster",
            Action::Slower => "slower",
            Action::Search => "search",
            Action::Pull => "fetch",
            Action::Best => "best model",
            Action::Shuffle => "other motion",
            Action::Swap => "swap sides",
            Action::Style => "style",
            Action::Filter => "filter",
            Action::Blind => "judge blind",
            Action::SideA => "A wins",
            Action::SideB => "B wins",
            Action::Tie => "tie",
            Action::ScoreOne => "score 1",
            Action::ScoreTwo => "score 2",
            Action::ScoreThree => "score 3",
            Action::ScoreFour => "score 4",
            Action::ScoreFive => "score 5",
            Action::Coach => "coach",
            Action::Palette => "do",
            Action::Compare => "side by side",
            Action::Next => "next",
            Action::Previous => "previous",
            Action::NextSpeech => "next speech",
            Action::PreviousSpeech => "speech before",
            Action::Editor => "editor",
            Action::Copy => "copy speech",
            Action::CopyAll => "copy all",
            Action::Note => "note",
            Action::Undo => "undo",
            Action::Skip => "put off",
            Action::Repaint => "draw again",
            Action::Suspend => "suspend",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}
