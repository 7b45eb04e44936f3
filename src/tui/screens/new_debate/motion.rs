//! The motion of a new debate: what was typed, and the list of those that have its words.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::assets::{Action, Key, is_sentence};
use crate::domain::motion::Motion;
use crate::text::sanitize::{one_line, sanitize};
use crate::text::wrap::wrap;
use crate::tui::field::Field;
use crate::tui::model::Session;
use crate::tui::pane::{apart, lines, pane};
use crate::tui::picker::Picker;

#[derive(Clone, Debug, Default)]
pub(super) struct MotionChoice {
    typed: Field,
    /// The places of the motions that have every typed word.
    fitting: Vec<usize>,
    matches: Picker,
    shuffled: u64,
}

impl MotionChoice {
    pub fn field(&self) -> &Field {
        &self.typed
    }

    /// Whether a key was one for the text.
    pub fn press(&mut self, key: Key, session: &Session) -> bool {
        let taken = self.typed.press(key);
        if taken {
            self.look_up(session);
        }
        taken
    }

    pub fn insert(&mut self, text: &str, session: &Session) {
        self.typed.insert(text);
        self.look_up(session);
    }

    /// Whether an action moved through the list.
    pub fn choose(&mut self, action: Action) -> bool {
        let rows = self.rows();
        self.matches.act(action, rows)
    }

    /// What a debate is asked for by: a motion's id, or a sentence as it was typed; `None` if it is neither.
    pub fn named(&self, session: &Session) -> Option<String> {
        match self.chosen(session) {
            Some(motion) => Some(motion.id.clone()),
            None => self.is_sentence().then(|| self.typed.text().trim().to_owned()),
        }
    }

    /// The motion as the form shows it. Raw.
    pub fn shown<'a>(&'a self, session: &'a Session) -> &'a str {
        self.chosen(session).map_or(self.typed.text(), |motion| motion.text.as_str())
    }

    /// Takes a motion by chance.
    pub fn shuffle(&mut self, session: &Session) {
        let Some(facts) = &session.facts else { return };
        self.shuffled += 1;
        let all = facts.motions.all();
        let place = facts.draw.wrapping_add(self.shuffled.wrapping_mul(7919)) % all.len().max(1) as u64;
        if let Some(motion) = all.get(usize::try_from(place).unwrap_or(0)) {
            self.typed = Field::new(&motion.text);
            self.look_up(session);
        }
    }

    /// Finds the motions in which every typed word occurs, in the text, the tags or the category.
    pub fn look_up(&mut self, session: &Session) {
        let words: Vec<String> = self.typed.text().split_whitespace().map(str::to_lowercase).collect();
        let fits = |motion: &Motion| {
            let text = format!("{} {} {} {}", motion.id, motion.text, motion.category, motion.tags.join(" "));
            let text = text.to_lowercase();
            // One letter more at the end is often only a plural.
            let stem = |word: &String| word.strip_suffix('s').filter(|stem| stem.len() > 3).unwrap_or(word).to_owned();
            words.iter().all(|word| text.contains(&stem(word)))
        };
        let motions = session.facts.iter().flat_map(|facts| facts.motions.all()).enumerate();
        self.fitting = motions.filter(|(_, motion)| fits(motion)).map(|(place, _)| place).collect();
        self.matches.choose(0);
    }

    /// Whether what was typed could be a motion of its own.
    fn is_sentence(&self) -> bool {
        is_sentence(self.typed.text())
    }

    /// The lines of the list: the motions that fit, and after them what was typed, if it is a sentence.
    pub fn rows(&self) -> usize {
        self.fitting.len() + usize::from(self.is_sentence())
    }

    /// A motion of the list; `None` for what was typed.
    fn listed<'a>(&self, row: usize, session: &'a Session) -> Option<&'a Motion> {
        session.facts.as_ref()?.motions.all().get(*self.fitting.get(row)?)
    }

    fn chosen<'a>(&self, session: &'a Session) -> Option<&'a Motion> {
        self.listed(self.matches.chosen(self.rows()), session)
    }

    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, session: &Session) {
        let palette = &session.palette;
        let all = session.facts.as_ref().map_or(0, |facts| facts.motions.all().len());
        let note = format!("{} of {all}", self.fitting.len());
        let body = pane(frame, area, "Motions", &note, false, palette);
        let width = usize::from(body.width).saturating_sub(4);
        if self.rows() == 0 {
            let sentence = "  None has these words. Write your own as a sentence.";
            lines(frame, body, &[Line::styled(sentence, palette.dim)], 0);
            return;
        }
        let context = sanitize(self.chosen(session).map(|motion| motion.context.as_str()).unwrap_or_default());
        let context: Vec<Line<'_>> = wrap(&context, width)
            .into_iter()
            .take(4)
            .map(|row| Line::styled(format!("  {row}"), palette.dim))
            .collect();
        let rows = u16::try_from(context.len() + 1).unwrap_or(0);
        let [list, told] = Layout::vertical([Constraint::Fill(1), Constraint::Length(rows)]).areas(body);
        self.matches.view(frame, list, self.rows(), palette, |index| {
            let (text, note) = match self.listed(index, session) {
                Some(motion) => (motion.text.as_str(), motion.category.name()),
                None => (self.typed.text(), "as written"),
            };
            let left = vec![Span::styled(one_line(text, width).into_string(), palette.text)];
            apart(left, vec![Span::styled(note, palette.dim)], width)
        });
        lines(frame, Rect { y: told.y + 1, height: told.height.saturating_sub(1), ..told }, &context, 0);
    }
}
