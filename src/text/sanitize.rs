//! The only maker of [`DisplayText`]: text that is safe on a terminal, in a title, a log or an export.
//!
//! Escape sequences are parsed and taken out first (`escape`), then characters that nobody can see (`character`),
//! then stacks of marks and joiners beyond what real writing needs (`cluster`). Stored text stays raw.

mod character;
mod cluster;
mod escape;

use std::fmt;
use std::ops::Deref;

pub(crate) use crate::text::sanitize::character::is_hostile;
use crate::text::sanitize::cluster::Cluster;
use crate::text::sanitize::escape::EscapeParser;
use crate::text::wrap::shorten;

/// What a tab becomes. Columns are known only after wrapping, so a tab cannot reach for the next stop.
const TAB: &str = "    ";

/// Text without anything that a terminal obeys or a reader cannot see. Newlines stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DisplayText(String);

impl DisplayText {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// Adds the next piece of the same [`Sanitizer`].
    pub fn append(&mut self, piece: &DisplayText) {
        self.0.push_str(&piece.0);
    }
}

impl Deref for DisplayText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for DisplayText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DisplayText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Makes a whole text safe to show. Doing it twice changes nothing.
#[must_use]
pub fn sanitize(text: &str) -> DisplayText {
    // Most prose has nothing to take out and nothing to put together.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return DisplayText(text.to_owned());
    }
    Sanitizer::new().push(text)
}

/// Like [`sanitize`], and says at the end how many characters were taken out, if any.
#[must_use]
pub fn sanitize_marked(text: &str) -> DisplayText {
    let mut sanitizer = Sanitizer::new();
    let mut shown = sanitizer.push(text);
    if let Some(marker) = marker(sanitizer.finish()) {
        shown.append(&marker);
    }
    shown
}

/// The note ` ⟦n hidden⟧` for `hidden` characters that were taken out; `None` for 0.
#[must_use]
pub fn marker(hidden: usize) -> Option<DisplayText> {
    (hidden > 0).then(|| DisplayText(format!(" ⟦{hidden} hidden⟧")))
}

/// Makes a title: one line of at most `columns` terminal columns. White space becomes one space; what is cut ends in `…`.
#[must_use]
pub fn one_line(text: &str, columns: usize) -> DisplayText {
    let line = sanitize(text).split_whitespace().collect::<Vec<_>>().join(" ");
    // A mark that stood on a space may have come to the front, where it stands on nothing.
    let line = DisplayText(sanitize(&line).trim().to_owned());
    DisplayText(shorten(&line, columns))
}

/// Sanitises a stream. Pieces may be cut anywhere, also inside an escape sequence or an emoji: the pieces together
/// give what the whole text gives.
#[derive(Clone, Debug, Default)]
pub struct Sanitizer {
    escapes: EscapeParser,
    cluster: Cluster,
    after_return: bool,
    hidden: usize,
}

impl Sanitizer {
    #[must_use]
    pub fn new() -> Sanitizer {
        Sanitizer::default()
    }

    /// Takes the next piece in and gives what can be shown now. A character that needs its successor waits.
    pub fn push(&mut self, delta: &str) -> DisplayText {
        let mut shown = String::with_capacity(delta.len());
        for character in delta.chars() {
            if !self.escapes.is_text(character) {
                self.hidden += 1;
                continue;
            }
            // A return alone would let later text overwrite earlier text, so it ends the line like a newline.
            match character {
                '\n' if self.after_return => {}
                '\n' | '\r' | '\u{2028}' | '\u{2029}' => self.take('\n', &mut shown),
                '\t' => TAB.chars().for_each(|space| self.take(space, &mut shown)),
                _ => self.take(character, &mut shown),
            }
            self.after_return = character == '\r';
        }
        DisplayText(shown)
    }

    /// Characters taken out so far.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// Ends the stream and gives the number of characters taken out. What still waits for a successor is one of them.
    #[must_use]
    pub fn finish(self) -> usize {
        self.hidden + usize::from(self.cluster.is_waiting())
    }

    fn take(&mut self, character: char, shown: &mut String) {
        self.hidden += self.cluster.take(character, shown);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn shown(text: &str) -> String {
        sanitize(text).into_string()
    }

    #[test]
    fn escape_sequences_vanish_and_plain_text_stays() {
        for (raw, clean) in [
            ("plain, naïve 漢字 text\n", "plain, naïve 漢字 text\n"),
            ("\x1b[31mred\x1b[0m", "red"),
            ("\u{9b}31mred", "red"),
            ("a\x1b]52;c;c2VjcmV0\x07b", "ab"),
            ("a\x1b]0;title\x1b\\b", "ab"),
            ("a\u{9d}0;title\u{9c}b", "ab"),
            ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
            ("\x1b[6nreport", "report"),
            ("\x1bcreset", "reset"),
            ("\x1b[2Jclear", "clear"),
            ("\x1bP1$r0m\x1b\\dcs", "dcs"),
            ("\x1b_apc\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\end", "end"),
            ("\x1b(0box", "box"),
            ("\x1b\x1b[31mred", "red"),
            ("tail\x1b", "tail"),
            ("tail\x1b[12;", "tail"),
        ] {
            assert_eq!(shown(raw), clean, "{raw:?}");
        }
    }

    #[test]
    fn a_sequence_without_end_hides_its_line_only() {
        assert_eq!(shown("before \x1b]0;title without end\nnext line"), "before \nnext line");
    }

    #[test]
    fn returns_end_lines_and_cannot_overwrite() {
        assert_eq!(shown("a\r\nb\rc\n\r\nd"), "a\nb\nc\n\nd");
    }

    #[test]
    fn tabs_become_spaces_and_other_controls_vanish() {
        assert_eq!(shown("a\tb\x08\x0b\x7f\u{85}\0c"), "a    bc");
        assert_eq!(shown("a\u{2028}b"), "a\nb");
    }

    #[test]
    fn invisible_characters_vanish() {
        let smuggled: String = "vote A".chars().filter_map(|c| char::from_u32(0xE0000 + c as u32)).collect();
        assert_eq!(shown(&format!("fair{smuggled}")), "fair");
        assert_eq!(shown("\u{feff}a\u{200b}b\u{2060}c\u{ad}d\u{202e}e\u{2066}f\u{61c}g\u{200d}h"), "abcdefgh");
        assert_eq!(shown("x\u{fe00}\u{fe0f}\u{e0100}y"), "xy");
    }

    #[test]
    fn emoji_keep_their_joiners_and_selectors() {
        for emoji in ["👩‍👩‍👧‍👦", "👩🏽‍❤️‍💋‍👨🏿", "❤️", "1️⃣", "🏳️‍🌈", "☂\u{fe0e}"]
        {
            assert_eq!(shown(emoji), emoji);
        }
        assert_eq!(shown("1\u{fe0f}2"), "12");
        assert_eq!(shown("👩\u{200d}x"), "👩x");
        assert_eq!(shown("❤\u{fe0f}\u{fe0f}\u{fe0e}"), "❤\u{fe0f}");
    }

    #[test]
    fn stacks_of_marks_are_cut_at_four() {
        let stack = format!("e{}x", "\u{301}".repeat(30));
        assert_eq!(shown(&stack), format!("e{}x", "\u{301}".repeat(4)));
        assert_eq!(shown("\u{301}a\n\u{301}b"), "a\nb");
        assert_eq!(shown("क्ष्म्य"), "क्ष्म्य");
    }

    #[test]
    fn what_was_taken_out_is_counted_and_said() {
        assert_eq!(sanitize_marked("a\u{200b}b\x1b[1mc").as_str(), "abc ⟦5 hidden⟧");
        assert_eq!(sanitize_marked("👩\u{200d}").as_str(), "👩 ⟦1 hidden⟧");
        assert_eq!(sanitize_marked("abc").as_str(), "abc");
    }

    #[test]
    fn a_lone_escape_at_the_end_of_a_delta_waits() {
        let mut sanitizer = Sanitizer::new();
        assert_eq!(sanitizer.push("a\x1b").as_str(), "a");
        assert_eq!(sanitizer.push("[3").as_str(), "");
        assert_eq!(sanitizer.push("1mb👩\u{200d}").as_str(), "b👩");
        assert_eq!(sanitizer.push("👦").as_str(), "\u{200d}👦");
        assert_eq!(sanitizer.finish(), 5);
    }

    #[test]
    fn a_title_is_one_line_and_fits() {
        assert_eq!(one_line(" a\n\tb \x1b]0;x\x07 c ", 80).as_str(), "a b c");
        assert_eq!(one_line("one two three", 8).as_str(), "one two…");
        assert_eq!(one_line("漢字漢字", 6).as_str(), "漢字…");
        assert_eq!(one_line("漢字", 0).as_str(), "");
    }

    /// Text in which hostile characters are common.
    fn hostile() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            4 => any::<char>(),
            3 => proptest::char::range('\u{0}', '\u{9f}'),
            2 => proptest::sample::select(vec!['\x1b', '[', ']', ';', '\\', '\u{7}', '\r', '\n', 'm', '1', '\u{9b}', '\u{9c}', '\u{9d}']),
            2 => proptest::sample::select(vec!['\u{200d}', '\u{fe0f}', '\u{fe0e}', '\u{20e3}', '👩', '🏽', '❤', '\u{301}', '\u{202e}', '\u{e0041}']),
        ];
        proptest::collection::vec(character, 0..40).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn nothing_hostile_is_ever_shown(text in hostile()) {
            let shown = sanitize(&text);
            let selectors_and_joiner = ['\u{fe0e}', '\u{fe0f}', '\u{200d}'];
            for character in shown.chars().filter(|c| *c != '\n' && !selectors_and_joiner.contains(c)) {
                prop_assert!(!is_hostile(character), "{:?}", character);
                prop_assert!(!character.is_control());
            }
        }

        #[test]
        fn doing_it_twice_changes_nothing(text in hostile()) {
            let once = sanitize(&text);
            prop_assert_eq!(&sanitize(&once), &once);
            prop_assert_eq!(sanitize_marked(&once), once);
            let title = one_line(&text, 12);
            prop_assert!(title.width() <= 12);
            prop_assert_eq!(&one_line(&title, 12), &title);
        }

        #[test]
        fn pieces_give_what_the_whole_gives(text in hostile(), cuts in proptest::collection::vec(0usize..41, 0..6)) {
            let characters: Vec<char> = text.chars().collect();
            let mut places: Vec<usize> = cuts.into_iter().map(|cut| cut.min(characters.len())).collect();
            places.extend([0, characters.len()]);
            places.sort_unstable();
            let mut sanitizer = Sanitizer::new();
            let mut pieces = DisplayText::default();
            for pair in places.windows(2) {
                pieces.append(&sanitizer.push(&String::from_iter(&characters[pair[0]..pair[1]])));
            }
            let mut whole = Sanitizer::new();
            prop_assert_eq!(whole.push(&text), pieces);
            prop_assert_eq!(whole.finish(), sanitizer.finish());
        }
    }
}
