//! What happens to the screen, and what the screen asks for.

use std::sync::Arc;
use std::time::Duration;

use crate::assets::config::Defaults;
use crate::assets::{Key, Motions, Sourced};
use crate::domain::ballot::Ballot;
use crate::domain::event::{DebateId, Entry};
use crate::domain::seat::Side;
use crate::domain::team::Role;
use crate::domain::tournament::{Concurrency, TournamentCeilings, TournamentId};
use crate::engine::coaching::Lesson;
use crate::engine::command::{Accepted, Command};
use crate::engine::ladders::{LadderRequest, Ranking};
use crate::engine::publish::Published;
use crate::engine::session::blind::{BlindQueue, BlindRequest};
use crate::engine::session::people::PersonRecord;
use crate::engine::session::vote::Vote;
use crate::engine::surroundings::Surroundings;
use crate::engine::tournament::{Findings, Told, TournamentReport};
use crate::rating::explain::Explanation;
use crate::rating::{Ladder, RatingChange};
use crate::store::DebateSummary;

/// Something that happened outside.
#[derive(Clone, Debug)]
pub enum Msg {
    Key(Key),
    /// Text that was pasted. It never presses anything.
    Paste(String),
    /// The mouse wheel: lines, down is positive.
    Wheel(i32),
    Resize(u16, u16),
    Published(Published),
    Answer(Answer),
    Woke(Timer, Duration),
}

/// What a [`Cmd`] came to. Errors are sentences.
#[derive(Clone, Debug)]
pub enum Answer {
    Facts(Box<Facts>),
    Surroundings(Box<Surroundings>),
    Recent {
        debates: Vec<DebateSummary>,
        ladder: Ladder,
    },
    Ladder {
        request: Box<LadderRequest>,
        ranking: Arc<Ranking>,
        judges: Vec<String>,
    },
    /// A player's place, taken apart.
    Place {
        request: Box<LadderRequest>,
        found: Box<Explanation>,
    },
    Tournaments {
        /// The newest first.
        reports: Vec<TournamentReport>,
        /// What the results of the chosen one tell, with how many matches were done; `None` where nothing changed.
        findings: Option<Box<(TournamentId, usize, Findings)>>,
    },
    History {
        search: String,
        debates: Vec<DebateSummary>,
    },
    Log {
        purpose: Purpose,
        debate: DebateId,
        entries: Vec<Entry>,
        ratings: Vec<RatingChange>,
        /// Ballots that sessions and people gave after the debate, the newest of each judge.
        later: Vec<Ballot>,
    },
    Accepted(Accepted),
    /// A step of the tournament that this process plays.
    Told(Box<Told>),
    /// The tournament that this process plays is over or has to stop; why, as a sentence.
    Played(String),
    /// A debate that was asked for neither opened nor went on.
    NotStarted(String),
    /// A command that was not carried out.
    Refused(String),
    /// What a person has to judge.
    Blind(Box<BlindQueue>),
    /// What a person wrote before at a place of a debate.
    Draft {
        debate: DebateId,
        speech: usize,
        role: Role,
        text: String,
    },
    /// What a side can learn from a debate.
    Lesson(Box<Lesson>),
    /// A debate that is to be copied.
    Copied(String),
    /// What came back from the editor.
    Edited(String),
    /// A ballot is in the store.
    Kept,
    /// A ballot could not be kept.
    NotKept(String),
    /// Who judged, and how far they agree.
    People(Vec<PersonRecord>),
    /// Something to tell.
    Notice(String),
}

/// What a log was read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To go on with the debate.
    Resume,
    /// To fill a gap in what was heard.
    CatchUp,
    Replay,
    Verdict,
    /// To go on watching a match.
    Watch,
}

/// What can be chosen, and what is chosen where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub motions: Arc<Motions>,
    pub formats: Vec<Choice>,
    pub teams: Vec<Choice>,
    pub recipes: Vec<Choice>,
    /// The models that are ready.
    pub models: Vec<String>,
    pub defaults: Defaults,
    /// Who judges, if nothing else is said.
    pub person: String,
    /// Draws the first motion.
    pub draw: u64,
    /// What is wrong with the user's files, a sentence each.
    pub problems: Vec<String>,
}

/// A name, and a sentence about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Whether it brings all its models along, so that none is to be chosen for it.
    pub own_models: bool,
    /// Of a format: the seats it has beside one for each side, with their sides.
    pub seats: Vec<(String, Side)>,
    pub name: String,
    pub about: String,
}

/// Something for the shell to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Cmd {
    Quit,
    /// Draw every cell again.
    Repaint,
    Suspend,
    Facts,
    Surroundings,
    Recent,
    Ladder(Box<LadderRequest>),
    /// Takes a player's place on a ladder apart.
    Place {
        request: Box<LadderRequest>,
        player: String,
    },
    /// Reads all tournaments, and what the results of one tell: the chosen, else the newest. `known` is how many of its matches
    /// were done when that was read last.
    Tournaments {
        chosen: Option<TournamentId>,
        known: Option<usize>,
    },
    History {
        search: String,
    },
    Log {
        purpose: Purpose,
        debate: DebateId,
    },
    Export {
        debate: DebateId,
    },
    Submit(Command),
    /// Reads what a person has to judge.
    Blind(BlindRequest),
    /// Reads what a person wrote before at a place of a debate.
    Draft {
        debate: DebateId,
        speech: usize,
        role: Role,
    },
    /// Keeps what a person has written so far.
    KeepDraft {
        debate: DebateId,
        speech: usize,
        role: Role,
        text: String,
    },
    /// Opens the user's own editor on a text.
    Edit {
        text: String,
    },
    /// Tells a person who looks elsewhere, as the settings say.
    Notify(String),
    /// Reads what a side can learn from a debate.
    Lesson(DebateId),
    /// Reads a debate, to copy it.
    CopyDebate(DebateId),
    /// Puts a text where the terminal pastes from.
    Copy {
        text: String,
        what: &'static str,
    },
    /// Keeps a person's ballot.
    Vote {
        case: Arc<Sourced>,
        vote: Vote,
    },
    /// Reads how far people agree.
    People,
    /// Reads the debate's log, then goes on with it.
    Resume(DebateId),
    /// Goes on with a tournament in this process. What is given here goes before the plan's own.
    Play {
        tournament: TournamentId,
        ceilings: TournamentCeilings,
        concurrency: Option<Concurrency>,
    },
    /// Asks whatever process plays a tournament to stop at once.
    Halt {
        tournament: TournamentId,
    },
    Wake(Timer, Duration),
}

/// A clock that was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Spinners and clocks, while something is at work.
    Beat,
    /// A person has paused; an older number means nothing.
    Draft(u64),
    /// The next look at a tournament; an older number means nothing.
    Tournaments(u64),
    /// The next look at the log of the watch of this number.
    Watch(u64),
    /// The next step of a replay; a timer of another replay or an older generation means nothing.
    Replay { replay: u64, generation: u64 },
}
