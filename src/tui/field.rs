//! A line of text that is being typed. Characters go in at the cursor; control characters do not.

use ratatui::text::Span;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::assets::{Key, KeyName};
use crate::text::sanitize::one_line;
use crate::text::wrap::shorten;

/// The most bytes that a field holds; a paste is cut there.
const MOST: usize = 4096;

/// A text and the place of the cursor in it, a byte offset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    text: String,
    cursor: usize,
}

impl Field {
    #[must_use]
    pub fn new(text: &str) -> Field {
        let mut field = Field::default();
        field.insert(text);
        field
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes a key in, and says whether it was one for a field.
    pub fn press(&mut self, key: Key) -> bool {
        if key.ctrl || key.alt {
            match key.code {
                KeyName::Char('a') if key.ctrl => self.cursor = 0,
                KeyName::Char('e') if key.ctrl => self.cursor = self.text.len(),
                KeyName::Char('w') if key.ctrl => self.delete_word(),
                KeyName::Char('u') if key.ctrl => {
                    self.text.drain(..self.cursor);
                    self.cursor = 0;
                }
                KeyName::Char('k') if key.ctrl => self.text.truncate(self.cursor),
                _ => return false,
            }
            return true;
        }
        match key.code {
            KeyName::Char(character) => self.insert(character.encode_utf8(&mut [0; 4])),
            KeyName::Backspace => {
                let start = self.before();
                self.text.drain(start..self.cursor);
                self.cursor = start;
            }
            KeyName::Delete => drop(self.text.drain(self.cursor..self.after())),
            KeyName::Left => self.cursor = self.before(),
            KeyName::Right => self.cursor = self.after(),
            KeyName::Home => self.cursor = 0,
            KeyName::End => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    /// Inserts text on one line, without what a terminal would obey.
    pub fn insert(&mut self, text: &str) {
        let blank = text.chars().all(char::is_whitespace) && !text.is_empty();
        let line = if blank { " ".to_owned() } else { one_line(text, MOST).into_string() };
        let room = MOST.saturating_sub(self.text.len());
        let end = line.grapheme_indices(true).map(|(at, part)| at + part.len()).take_while(|end| *end <= room).last();
        let line = &line[..end.unwrap_or(0)];
        self.text.insert_str(self.cursor, line);
        self.cursor += line.len();
    }

    /// The text as a span of a width that has the cursor in it, and the cursor's column.
    #[must_use]
    pub fn view(&self, columns: usize) -> (Span<'static>, u16) {
        let mut start = self.cursor;
        let mut column = 0;
        for (at, grapheme) in self.text[..self.cursor].grapheme_indices(true).rev() {
            // The cursor itself takes a column.
            if column + grapheme.width() >= columns.max(1) {
                break;
            }
            column += grapheme.width();
            start = at;
        }
        (Span::raw(shorten(&self.text[start..], columns)), u16::try_from(column).unwrap_or(u16::MAX))
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..].graphemes(true).next().map_or(self.cursor, |next| self.cursor + next.len())
    }

    fn delete_word(&mut self) {
        let kept = self.text[..self.cursor].trim_end();
        let start = kept.char_indices().rfind(|(_, c)| c.is_whitespace()).map_or(0, |(at, c)| at + c.len_utf8());
        self.text.drain(start..self.cursor);
        self.cursor = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(keys: &[&str]) -> Field {
        let mut field = Field::default();
        for key in keys {
            field.press(key.parse().unwrap());
        }
        field
    }

    #[test]
    fn characters_go_in_at_the_cursor() {
        let field = pressed(&["a", "c", "left", "b", "end", "space", "é"]);
        assert_eq!(field.text(), "abc é");
        assert_eq!(pressed(&["a", "b", "left", "backspace"]).text(), "b");
        assert_eq!(pressed(&["a", "space", "b", "c", "ctrl-w"]).text(), "a ");
        assert_eq!(pressed(&["a", "b", "c", "left", "ctrl-u", "d"]).text(), "dc");
        assert_eq!(pressed(&["a", "b", "c", "left", "ctrl-k", "d"]).text(), "abd");
    }

    #[test]
    fn a_paste_is_one_clean_line_and_presses_nothing() {
        let mut field = Field::default();
        field.insert("ban\n\x1b[31mplastic\u{202e} cups\n");
        assert_eq!(field.text(), "ban plastic cups");
        field.insert(&"x".repeat(200_000));
        assert!(field.text().len() <= MOST);
    }

    #[test]
    fn the_cursor_stays_in_view() {
        let field = Field::new("漢字漢字漢字");
        let (span, column) = field.view(5);
        assert!(usize::from(column) < 5, "{column}");
        assert!(span.width() <= 5);
    }

    #[test]
    fn a_key_that_is_not_for_a_field_is_left() {
        let mut field = Field::default();
        assert!(!field.press("enter".parse().unwrap()));
        assert!(!field.press("ctrl-s".parse().unwrap()));
        assert!(!field.press("up".parse().unwrap()));
    }
}
