//! Breaking text into lines of a width, by display columns, so that appended text never moves a line that is closed.
//!
//! Lines are byte ranges of the text. They break after spaces, after hyphens and around wide characters (Chinese,
//! Japanese, Korean); closing punctuation never starts a line; a word wider than the line is cut.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The fewest columns that prose is wrapped to.
const LEAST: usize = 12;

/// The lines of one text at one width.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrapped {
    width: usize,
    lines: Vec<Range<u32>>,
    /// How many bytes of the text were wrapped.
    length: usize,
}

impl Wrapped {
    /// Wraps a text from its start. A width of 0 counts as 1.
    #[must_use]
    pub fn new(text: &str, width: usize) -> Wrapped {
        let mut wrapped = Wrapped { width: width.max(1), ..Wrapped::default() };
        wrapped.extend(text);
        wrapped
    }

    /// Takes in what was appended to the text since the last call. Only the last line is wrapped again.
    pub fn extend(&mut self, text: &str) {
        if text.len() <= self.length {
            return;
        }
        let start = self.lines.pop().map_or(0, |line| line.start as usize);
        let mut rest = start;
        loop {
            let line_end = text[rest..].find('\n').map(|end| rest + end);
            wrap_line(text, rest..line_end.unwrap_or(text.len()), self.width, &mut self.lines);
            match line_end {
                Some(end) => rest = end + 1,
                None => break,
            }
        }
        self.length = text.len();
    }

    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many lines there are. A text without a character has none.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The byte range of a line, without the spaces at its end.
    #[must_use]
    pub fn line(&self, index: usize) -> Option<Range<usize>> {
        self.lines.get(index).map(|line| line.start as usize..line.end as usize)
    }

    /// How many lines start at a byte or before it.
    #[must_use]
    pub fn lines_up_to(&self, byte: usize) -> usize {
        self.lines.partition_point(|line| line.start as usize <= byte)
    }
}

/// Wraps a text once and gives its lines.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<&str> {
    let wrapped = Wrapped::new(text, width);
    wrapped.lines.iter().map(|line| &text[line.start as usize..line.end as usize]).collect()
}

/// A text behind a mark: its later lines stand under its first word. However long the mark, words get some columns.
#[must_use]
pub fn hung(mark: &str, text: &str, width: usize) -> Vec<String> {
    let indent = mark.width();
    let rows = wrap(text, width.saturating_sub(indent).max(LEAST)).into_iter().enumerate();
    rows.map(|(row, text)| if row == 0 { format!("{mark}{text}") } else { format!("{:indent$}{text}", "") }).collect()
}

/// A line on at most so many columns; what is cut ends in `…`.
#[must_use]
pub fn shorten(line: &str, columns: usize) -> String {
    if line.width() <= columns {
        return line.to_owned();
    }
    let mut kept = String::new();
    let mut width = 1;
    for grapheme in line.graphemes(true) {
        width += grapheme.width();
        if width > columns {
            break;
        }
        kept.push_str(grapheme);
    }
    kept.truncate(kept.trim_end().len());
    if columns > 0 {
        kept.push('…');
    }
    kept
}

fn wrap_line(text: &str, range: Range<usize>, width: usize, lines: &mut Vec<Range<u32>>) {
    let mut start = range.start;
    let mut columns = 0;
    // Where the line may break: the end of what stays, the start of what moves, and the columns up to there.
    let mut chance: Option<(usize, usize, usize)> = None;
    let mut before = Before::Start;
    for (offset, grapheme) in text[range.clone()].grapheme_indices(true) {
        let place = range.start + offset;
        let cells = grapheme.width();
        let kind = Before::of(grapheme, cells);
        if may_break(before, kind, grapheme) {
            chance = Some((place, place, columns));
        }
        // Twice where what moved to the next line leaves too little room there, too.
        while kind != Before::Space && columns + cells > width && place > start {
            let (end, next, kept) = chance.filter(|(end, ..)| *end > start).unwrap_or((place, place, columns));
            push(text, start..end, lines);
            start = next;
            columns -= kept;
            chance = None;
        }
        columns += cells;
        before = kind;
    }
    push(text, start..range.end, lines);
}

fn push(text: &str, line: Range<usize>, lines: &mut Vec<Range<u32>>) {
    let end = line.start + text[line.clone()].trim_end_matches(' ').len();
    let place = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
    lines.push(place(line.start)..place(end));
}

/// What the character before a place was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Start,
    Space,
    Hyphen,
    Wide,
    Other,
}

impl Before {
    fn of(grapheme: &str, cells: usize) -> Before {
        match grapheme {
            " " => Before::Space,
            "-" | "–" | "—" => Before::Hyphen,
            _ if cells > 1 => Before::Wide,
            _ => Before::Other,
        }
    }
}

fn may_break(before: Before, kind: Before, grapheme: &str) -> bool {
    let closes = matches!(
        grapheme,
        "。" | "、" | "，" | "．" | "！" | "？" | "：" | "；" | "」" | "』" | "）" | "】" | "》" | "”" | "’"
    );
    let closes = closes || matches!(grapheme, "." | "," | "!" | "?" | ":" | ";" | ")" | "]" | "}" | "\"" | "'");
    match (before, kind) {
        (Before::Start, _) | (_, Before::Space) => false,
        (Before::Space, _) => true,
        (Before::Hyphen, Before::Hyphen) => false,
        (Before::Hyphen | Before::Wide, _) | (_, Before::Wide) => !closes,
        (Before::Other, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_hangs_from_its_mark() {
        assert_eq!(hung("- ", "one two three four", 15), ["- one two three", "  four"]);
        assert_eq!(hung("", "one", 3), ["one"]);
        assert!(hung("a very long mark: ", "one two three four", 4).len() < 4);
        assert!(hung("- ", "", 9).is_empty());
    }

    #[test]
    fn lines_break_at_spaces_and_keep_blank_lines() {
        assert_eq!(wrap("one two three\n\nfour", 8), ["one two", "three", "", "four"]);
        assert_eq!(wrap("one  two", 4), ["one", "two"]);
        assert!(wrap("", 8).is_empty());
    }

    #[test]
    fn a_word_wider_than_the_line_is_cut() {
        assert_eq!(wrap("a incomprehensible b", 6), ["a", "incomp", "rehens", "ible b"]);
    }

    #[test]
    fn hyphens_are_places_to_break() {
        assert_eq!(wrap("ban single-use cups", 11), ["ban single-", "use cups"]);
    }

    #[test]
    fn wide_characters_count_two_columns_and_punctuation_never_starts_a_line() {
        assert_eq!(wrap("漢字漢字漢字", 5), ["漢字", "漢字", "漢字"]);
        assert_eq!(wrap("漢字漢字。漢", 8), ["漢字漢", "字。漢"]);
        assert_eq!(wrap("ab👩‍👩‍👧‍👦cd", 4), ["ab👩‍👩‍👧‍👦", "cd"]);
    }

    #[test]
    fn what_moves_to_the_next_line_is_cut_again_if_it_has_no_room_there() {
        assert_eq!(wrap(" -。", 2), ["", "-", "。"]);
    }

    #[test]
    fn a_width_of_nothing_still_ends() {
        assert_eq!(wrap("漢a", 0), ["漢", "a"]);
    }

    proptest! {
        #[test]
        fn appended_text_gives_what_the_whole_text_gives(
            text in "[a-c漢。 \n-]{0,60}", cuts in proptest::collection::vec(0usize..61, 0..5), width in 1usize..12
        ) {
            let mut places: Vec<usize> = cuts.into_iter().filter(|cut| text.is_char_boundary(*cut)).collect();
            places.sort_unstable();
            let mut grown = Wrapped::new("", width);
            for place in places {
                grown.extend(&text[..place.min(text.len())]);
            }
            grown.extend(&text);
            prop_assert_eq!(grown, Wrapped::new(&text, width));
        }

        #[test]
        fn no_line_is_wider_than_asked_and_no_letter_is_lost(text in "[a-z漢。👩é \n-]{0,60}", width in 2usize..20) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|line| line.width() <= width));
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
