//! The keys of the screen that help was asked on, then those of every screen. Made from the keymap, so it cannot lie.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::assets::{Action, Context};
use crate::tui::model::Session;
use crate::tui::pane::{Scroll, pane};
use crate::tui::screens::{Hint, Reply, hints};

/// Help for one screen.
#[derive(Clone, Debug)]
pub struct Help {
    context: Context,
    /// What can be done on that screen, the most useful first.
    hints: Vec<Hint>,
    scroll: Scroll,
}

impl Help {
    #[must_use]
    pub fn of(context: Context, hints: Vec<Hint>) -> Help {
        Help { context, hints, scroll: Scroll::default() }
    }

    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        hints([Action::Back, Action::Quit])
    }

    pub fn act(&mut self, action: Action) -> Option<Vec<Reply>> {
        if action == Action::Help {
            return Some(vec![Reply::Back]);
        }
        self.scroll.act(action).then(Vec::new)
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        let title = format!("Help · {}", self.context.name().replace('_', " "));
        let body = pane(frame, area, &title, "", true, palette);
        let mut rows = vec![Line::default()];
        rows.extend(about(self.context).iter().map(|line| Line::styled(format!("  {line}"), palette.text)));
        rows.push(Line::default());
        let mut told = Vec::new();
        let bound = session.keymap.actions(self.context).map(|(action, _)| Hint::from(action));
        for hint in self.hints.iter().copied().chain(bound) {
            self.row(hint, session, &mut told, &mut rows);
        }
        rows.push(Line::default());
        rows.push(Line::styled("  Everywhere", palette.title));
        for (action, _) in session.keymap.actions(Context::Global) {
            self.row(action.into(), session, &mut told, &mut rows);
        }
        rows.push(Line::default());
        rows.push(Line::styled("  Keys are set in keymap.toml; `rhetor doctor` says where it goes.", palette.dim));
        self.scroll.view(frame, body, &rows);
    }

    fn row(
        &self,
        Hint { action, label }: Hint,
        session: &Session,
        told: &mut Vec<Action>,
        rows: &mut Vec<Line<'static>>,
    ) {
        let keys = session.keymap.keys(self.context, action);
        if keys.is_empty() || told.contains(&action) {
            return;
        }
        told.push(action);
        let names: Vec<String> = keys.iter().map(ToString::to_string).collect();
        rows.push(Line::from(vec![
            Span::raw("    "),
            Span::styled(format!("{:<22}", names.join(", ")), session.palette.accent),
            Span::styled(label, session.palette.text),
        ]));
    }
}

fn about(context: Context) -> &'static [&'static str] {
    match context {
        Context::Welcome => &["Choose the model that debates and judges. You can name others later."],
        Context::Home => &[
            "Enter starts an exhibition: a team of four roles against a single writer.",
            "The Searcher finds sources, the Analyzer plans, the Writer writes, the Reviewer sends back.",
        ],
        Context::NewDebate => &[
            "Type to find a motion, or write your own as a sentence. Tab goes to the next field,",
            "the arrows change what is chosen.",
        ],
        Context::Arena => &[
            "Left the speeches, right who prepares, what they found, and who judges.",
            "Marks of quotes: ✓ stands in its source, ≈ nearly, ✗ not, · cited without a quote.",
        ],
        Context::Verdict => {
            &["Each dimension is asked both ways round; the bar is the mean, the bias what the order changed."]
        }
        Context::Ladder => &[
            "The rating is Bradley-Terry over all rated debates; the line is its 95 % interval, an arrow an open end.",
            "Ranks hold for all players at once. Elo is live, in the order of results; ? has fewer than 15 games.",
        ],
        Context::Tournaments => &[
            "Every tournament of this machine, whichever process plays it. Intervals are of 95 %; an arrow is an open end.",
        ],
        Context::Watch => &[
            "A match as it is spoken: live where this program plays it, from its log where another one does.",
            "Nothing here disturbs it.",
        ],
        Context::History => &["Every debate of this machine. The search reads motions and speeches."],
        Context::Judging => &[
            "A and B are drawn for each debate; nobody tells you who spoke or what a judge said before you did.",
            "Say who won, score what you like from 1 to 5, and hand the ballot in: only then it is kept.",
        ],
        Context::Replay => &["The debate again, event by event, from its log."],
        Context::Coach => {
            &["Answered and repeated are told by shared words: look at the sentences, they prove nothing."]
        }
        Context::Compare => &["Left and right turn the pages of the column with the keys; tab goes to the other."],
        Context::Palette | Context::Help | Context::Global => &[],
    }
}
