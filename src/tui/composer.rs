//! Where a person writes what it was asked for: several lines, soft wrap, undo. What is handed in, and when, is not decided here.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui_textarea::{Input, Key as Typed, TextArea, WrapMode};

use crate::assets::{Key, KeyName};
use crate::domain::team::Role;
use crate::text::sanitize::sanitize;
use crate::text::words::count_words;
use crate::tui::meter::minutes;
use crate::tui::pane::pane;
use crate::tui::theme::Palette;

/// The most bytes that a text may have. A paste is cut there.
const MOST: usize = 32 * 1024;

/// A text that is being written.
#[derive(Clone, Debug)]
pub struct Composer {
    /// What it is for.
    pub speech: usize,
    pub role: Role,
    title: String,
    /// The most words of the speech.
    most: usize,
    clock: Clock,
    area: TextArea<'static>,
}

/// How long a person has written, and how long the format gives it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    pub began: Duration,
    /// Seconds; `None` without a limit.
    pub most: Option<u32>,
}

impl Clock {
    /// For instance `01:20 of 05:00`.
    fn told(self, now: Duration) -> String {
        let passed = minutes(now.saturating_sub(self.began));
        match self.most {
            Some(most) => format!("{passed} of {}", minutes(Duration::from_secs(u64::from(most)))),
            None => passed,
        }
    }

    fn is_over(self, now: Duration) -> bool {
        self.most.is_some_and(|most| now.saturating_sub(self.began).as_secs() > u64::from(most))
    }
}

impl Composer {
    #[must_use]
    pub fn new(speech: usize, role: Role, title: String, most: usize, clock: Clock) -> Composer {
        let mut area = TextArea::default();
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        // The terminal's own cursor stands in the text, where input methods look for it.
        area.set_cursor_style(Style::default());
        area.set_cursor_line_style(Style::default());
        Composer { speech, role, title, most, clock, area }
    }

    #[must_use]
    pub fn text(&self) -> String {
        self.area.lines().join("\n").trim().to_owned()
    }

    /// Takes a key in.
    pub fn press(&mut self, key: Key) {
        let adds = !(key.ctrl || key.alt) && matches!(key.code, KeyName::Char(_) | KeyName::Enter);
        if adds && self.length() >= MOST {
            return;
        }
        let Key { ctrl, alt, shift, .. } = key;
        self.area.input(Input { key: typed(key.code), ctrl, alt, shift });
    }

    /// Inserts text with its lines, without what a terminal would obey.
    pub fn paste(&mut self, text: &str) {
        let text = sanitize(text);
        let room = MOST.saturating_sub(self.length());
        let end = (0..=room.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        self.area.insert_str(&text[..end]);
    }

    /// Puts another text in the place of this one. It can be undone.
    pub fn replace(&mut self, text: &str) {
        self.area.select_all();
        self.area.cut();
        self.paste(text.trim_end());
    }

    /// Completes a citation that begins before the cursor, as `[`, `[E` or `[E1`: with the first label that fits, and from a whole
    /// one with the next. Says whether there was one to complete.
    pub fn complete(&mut self, labels: &[String]) -> bool {
        let cursor = self.area.cursor();
        let line: Vec<char> = self.area.lines().get(cursor.0).map(|line| line.chars().collect()).unwrap_or_default();
        let before = &line[..cursor.1.min(line.len())];
        let Some(open) = before.iter().rposition(|c| *c == '[') else { return false };
        let begun: String = before[open + 1..].iter().collect();
        let next = match begun.strip_suffix(']') {
            Some(whole) => {
                let at = labels.iter().position(|label| label == whole);
                at.and_then(|at| labels.get((at + 1) % labels.len()))
            }
            None => labels.iter().find(|label| label.to_lowercase().starts_with(&begun.to_lowercase())),
        };
        let Some(label) = next else { return false };
        for _ in 0..before.len() - open - 1 {
            self.area.delete_char();
        }
        self.area.insert_str(format!("{label}]"));
        true
    }

    fn length(&self) -> usize {
        self.area.lines().iter().map(|line| line.len() + 1).sum()
    }

    /// Draws the text under its heading, with the words and the time so far. `writing` says whether keys go to it.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, writing: bool, now: Duration, palette: &Palette) {
        let words = count_words(&self.text());
        let over = if words > self.most { ", the rest is cut" } else { "" };
        let late = if self.clock.is_over(now) { ", over time" } else { "" };
        let note = format!("{words} of {} words{over} · {}{late}", self.most, self.clock.told(now));
        let body = pane(frame, area, &self.title, &note, writing, palette);
        let body = Rect { x: body.x + 2, width: body.width.saturating_sub(4), ..body };
        if body.height == 0 || body.width == 0 {
            return;
        }
        frame.render_widget(&self.area, body);
        if writing {
            let (cursor, (top, left)) = (self.area.screen_cursor(), self.area.scroll_offset());
            let cells = |cells: usize| u16::try_from(cells).unwrap_or(u16::MAX);
            let x = body.x.saturating_add(cells(cursor.col).saturating_sub(left)).min(body.right() - 1);
            let y = body.y.saturating_add(cells(cursor.row).saturating_sub(top)).min(body.bottom() - 1);
            frame.set_cursor_position((x, y));
        }
    }
}

/// What the text area calls a key.
fn typed(code: KeyName) -> Typed {
    match code {
        KeyName::Char(character) => Typed::Char(character),
        KeyName::Enter => Typed::Enter,
        KeyName::Escape => Typed::Esc,
        KeyName::Tab => Typed::Tab,
        KeyName::Backspace => Typed::Backspace,
        KeyName::Delete => Typed::Delete,
        KeyName::Up => Typed::Up,
        KeyName::Down => Typed::Down,
        KeyName::Left => Typed::Left,
        KeyName::Right => Typed::Right,
        KeyName::Home => Typed::Home,
        KeyName::End => Typed::End,
        KeyName::PageUp => Typed::PageUp,
        KeyName::PageDown => Typed::PageDown,
        KeyName::Function(number) => Typed::F(number),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    fn composer() -> Composer {
        Composer::new(
            0,
            Role::Writer,
            "Proposition · constructive".to_owned(),
            3,
            Clock { began: Duration::from_secs(60), most: Some(300) },
        )
    }

    #[test]
    fn keys_write_and_undo_takes_back() {
        let mut composer = composer();
        for key in ["W", "e", "enter", "漢", "ctrl-u"] {
            composer.press(key.parse().unwrap());
        }
        assert_eq!(composer.text(), "We");
    }

    #[test]
    fn a_paste_keeps_its_lines_loses_what_a_terminal_obeys_and_is_cut_at_the_most() {
        let mut composer = composer();
        composer.paste("one\x1b[31m\ntwo\u{202e}");
        assert_eq!(composer.text(), "one\ntwo");
        composer.paste(&"語".repeat(200_000));
        assert!(composer.text().len() <= MOST);
        composer.press("x".parse().unwrap());
        assert!(!composer.text().contains('x'));
    }

    #[test]
    fn words_are_counted_and_the_cursor_stands_behind_the_last_one() {
        let mut composer = composer();
        composer.paste("one two three four");
        let mut terminal = Terminal::new(TestBackend::new(90, 4)).unwrap();
        terminal
            .draw(|frame| composer.view(frame, frame.area(), true, Duration::from_secs(80), &Palette::default()))
            .unwrap();
        let shown = terminal.backend().to_string();
        assert!(
            shown.contains("4 of 3 words, the rest is cut · 00:20 of 05:00") && shown.contains("one two three four"),
            "{shown}"
        );
        assert_eq!(terminal.get_cursor_position().unwrap(), (20, 1).into());
    }

    #[test]
    fn whoever_writes_longer_than_the_format_gives_is_told_so_and_goes_on() {
        let clock = Clock { began: Duration::from_secs(10), most: Some(60) };
        assert!(!clock.is_over(Duration::from_secs(70)) && clock.is_over(Duration::from_secs(71)));
        assert_eq!(clock.told(Duration::from_secs(75)), "01:05 of 01:00");
        assert_eq!(Clock { most: None, ..clock }.told(Duration::from_secs(75)), "01:05");
        assert!(!Clock { most: None, ..clock }.is_over(Duration::from_secs(9000)));
    }

    #[test]
    fn a_citation_is_completed_and_the_next_one_comes_with_the_same_key() {
        let labels = ["E1", "E2", "E10"].map(str::to_owned);
        let mut composer = composer();
        assert!(!composer.complete(&labels));
        composer.paste("Bags [e");
        assert!(composer.complete(&labels));
        assert_eq!(composer.text(), "Bags [E1]");
        assert!(composer.complete(&labels) && composer.complete(&labels));
        assert_eq!(composer.text(), "Bags [E10]");
        assert!(composer.complete(&labels));
        assert_eq!(composer.text(), "Bags [E1]");
        composer.paste(" and [E9");
        assert!(!composer.complete(&labels) && !composer.complete(&[]));
    }

    #[test]
    fn another_text_takes_its_place_and_undo_brings_the_first_back() {
        let mut composer = composer();
        composer.paste("one\ntwo");
        composer.replace("three\nfour\n");
        assert_eq!(composer.text(), "three\nfour");
        composer.press("ctrl-u".parse().unwrap());
        composer.press("ctrl-u".parse().unwrap());
        assert_eq!(composer.text(), "one\ntwo");
    }
}
