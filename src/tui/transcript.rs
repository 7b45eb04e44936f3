//! The speeches as one scrolled text. Each block keeps its own wrapped lines for one width; only a block whose text
//! changed is wrapped again, and only lines in view are drawn.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::assets::Action;
use crate::domain::evidence::Standing;
use crate::domain::seat::Side;
use crate::domain::speech::Speech;
use crate::text::find::occurrences;
use crate::text::sanitize::{DisplayText, one_line, sanitize_marked};
use crate::text::wrap::Wrapped;
use crate::tui::pane::apart;
use crate::tui::theme::Palette;

/// Lines longer than this are hard to read.
const WIDEST: usize = 100;
/// Columns left of the text.
const INDENT: usize = 2;

/// One speech, delivered or being written.
#[derive(Clone, Debug)]
pub struct Block {
    /// Which speech of the debate.
    pub speech: usize,
    pub side: Side,
    /// For instance `Proposition · rebuttal`.
    pub title: String,
    /// At the right of the heading: the number of words, or what happens to the draft.
    pub note: String,
    pub live: bool,
    text: DisplayText,
    /// Label and standing of every citation.
    citations: Vec<(String, Standing)>,
    wrapped: RefCell<Wrapped>,
    /// What a search found last, bytes of the text.
    found: Option<Range<usize>>,
}

impl Block {
    /// A block without text.
    #[must_use]
    pub fn new(speech: usize, side: Side, title: String) -> Block {
        Block {
            speech,
            side,
            title,
            note: String::new(),
            live: true,
            text: DisplayText::default(),
            citations: Vec::new(),
            wrapped: RefCell::default(),
            found: None,
        }
    }

    /// Adds what was just written.
    pub fn append(&mut self, piece: &DisplayText) {
        self.text.append(piece);
    }

    /// Puts another text in the place of this one.
    pub fn replace(&mut self, text: DisplayText) {
        self.text = text;
        self.found = None;
        self.wrapped.replace(Wrapped::default());
    }

    /// The speech as it was delivered.
    pub fn deliver(&mut self, speech: &Speech) {
        self.replace(sanitize_marked(speech.text.trim()));
        self.live = false;
        self.note = format!("{} words{}", speech.words, if speech.cut { ", cut" } else { "" });
        self.citations = speech.citations.iter().map(|c| (one_line(&c.label, 12).into_string(), c.standing)).collect();
    }

    /// Heading, text, marks of the citations if there are any, and a blank line.
    fn height(&self, width: usize) -> usize {
        let mut wrapped = self.wrapped.borrow_mut();
        if wrapped.width() != width {
            *wrapped = Wrapped::new(&self.text, width);
        } else {
            wrapped.extend(&self.text);
        }
        wrapped.len() + 2 + usize::from(!self.citations.is_empty())
    }

    fn line(&self, row: usize, width: usize, palette: &Palette) -> Line<'_> {
        let wrapped = self.wrapped.borrow();
        if row == 0 {
            let style = palette.side(self.side);
            let number = Span::styled(format!("{} ", self.speech + 1), style);
            let note = if self.live { palette.live } else { palette.dim };
            let left = vec![number, Span::styled(self.title.as_str(), style)];
            return apart(left, vec![Span::styled(self.note.as_str(), note)], width + INDENT);
        }
        let mut line = match wrapped.line(row - 1) {
            Some(range) => self.lit(self.marked(&self.text[range.clone()], palette), range.start, palette),
            None if row == wrapped.len() + 1 && !self.citations.is_empty() => self.marks(palette),
            None => Line::default(),
        };
        line.spans.insert(0, Span::raw(" ".repeat(INDENT)));
        if self.live && row == wrapped.len() {
            line.spans.push(Span::styled("▍", palette.live));
        }
        line
    }

    /// A line with its `[E3]` in the style of how the quote stands.
    fn marked<'a>(&self, line: &'a str, palette: &Palette) -> Line<'a> {
        let mut spans = Vec::new();
        let mut rest = line;
        while let Some((start, end)) = rest.find("[E").and_then(|start| Some((start, start + rest[start..].find(']')?)))
        {
            let label = &rest[start + 1..end];
            let standing = self.citations.iter().find(|(known, _)| known == label).map(|(_, standing)| *standing);
            spans.push(Span::styled(&rest[..start], palette.text));
            let style = standing.map_or(palette.dim, |standing| palette.standing(standing));
            spans.push(Span::styled(&rest[start..=end], style));
            rest = &rest[end + 1..];
        }
        spans.push(Span::styled(rest, palette.text));
        Line::from(spans)
    }

    /// A line that begins at a byte, with what was found in it standing out.
    fn lit<'a>(&self, line: Line<'a>, start: usize, palette: &Palette) -> Line<'a> {
        let Some(found) = &self.found else { return line };
        let (mut spans, mut at) = (Vec::new(), start);
        for span in line.spans {
            let length = span.content.len();
            let inside = |byte: usize| byte.clamp(at, at + length) - at;
            let (from, to) = (inside(found.start), inside(found.end));
            let part = |range: Range<usize>| span.content[range].to_owned();
            let pieces = [(0..from, span.style), (from..to, palette.selection), (to..length, span.style)];
            spans.extend(
                pieces
                    .into_iter()
                    .filter(|(range, _)| !range.is_empty())
                    .map(|(range, style)| Span::styled(part(range), style)),
            );
            at += length;
        }
        Line::from(spans)
    }

    fn marks(&self, palette: &Palette) -> Line<'static> {
        let mut spans = Vec::new();
        for (label, standing) in &self.citations {
            let style = palette.standing(*standing);
            spans.push(Span::styled(format!("{label} {} {}", mark(*standing), word(*standing)), style));
            spans.push(Span::raw("   "));
        }
        Line::from(spans)
    }
}

/// The mark of a quote, which tells without colour.
#[must_use]
pub fn mark(standing: Standing) -> &'static str {
    match standing {
        Standing::Verified => "✓",
        Standing::Close => "≈",
        Standing::Absent => "✗",
        Standing::Unquoted => "·",
    }
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Verified => "verified",
        Standing::Close => "close",
        Standing::Absent => "absent",
        Standing::Unquoted => "unquoted",
    }
}

/// Blocks, and the part of them that is in view.
#[derive(Clone, Debug)]
pub struct Transcript {
    pub blocks: Vec<Block>,
    /// The first line in view, as of the last drawing.
    top: Cell<usize>,
    height: Cell<usize>,
    total: Cell<usize>,
    /// Whether the end stays in view while text comes in.
    follow: bool,
    /// What stands at the top, a speech and a byte of it or its heading, so that it stays there whatever comes in above or is wrapped
    /// anew. `None` after scrolling, until the next drawing.
    anchor: Cell<Option<(usize, Option<usize>)>>,
}

impl Default for Transcript {
    fn default() -> Transcript {
        Transcript {
            blocks: Vec::new(),
            top: Cell::default(),
            height: Cell::default(),
            total: Cell::default(),
            follow: true,
            anchor: Cell::default(),
        }
    }
}

impl Transcript {
    /// A text that is read from its beginning, whatever its length.
    #[must_use]
    pub fn from_top() -> Transcript {
        Transcript { follow: false, ..Transcript::default() }
    }

    /// The block of a speech; a new one is put where the order of speeches wants it.
    pub fn block(&mut self, speech: usize, new: impl FnOnce() -> Block) -> &mut Block {
        let place = self.blocks.partition_point(|block| block.speech < speech);
        if self.blocks.get(place).is_none_or(|block| block.speech != speech) {
            self.blocks.insert(place, new());
        }
        &mut self.blocks[place]
    }

    /// The block of a speech, if it has begun.
    pub fn begun(&mut self, speech: usize) -> Option<&mut Block> {
        self.blocks.iter_mut().find(|block| block.speech == speech)
    }

    /// Goes to the next place of these words, or the one before, and marks it; after the last comes the first. Gives which it is
    /// of how many, from 1.
    pub fn find(&mut self, words: &str, forward: bool) -> Option<(usize, usize)> {
        let places = self.blocks.iter().enumerate();
        let all: Vec<(usize, Range<usize>)> = places
            .flat_map(|(place, block)| occurrences(&block.text, words).into_iter().map(move |range| (place, range)))
            .collect();
        let marked = |(place, block): (usize, &Block)| Some((place, block.found.as_ref()?.start));
        let here = self.blocks.iter().enumerate().find_map(marked);
        self.forget_found();
        let after = |(place, range): &(usize, Range<usize>)| here.is_none_or(|here| (*place, range.start) > here);
        let before = |(place, range): &(usize, Range<usize>)| here.is_none_or(|here| (*place, range.start) < here);
        let last = all.len().checked_sub(1)?;
        let chosen = if forward {
            all.iter().position(after).unwrap_or(0)
        } else {
            all.iter().rposition(before).unwrap_or(last)
        };
        let (place, range) = all.get(chosen)?.clone();
        let block = &mut self.blocks[place];
        self.anchor.set(Some((block.speech, Some(range.start))));
        self.follow = false;
        block.found = Some(range);
        Some((chosen + 1, all.len()))
    }

    /// Marks nothing any more.
    pub fn forget_found(&mut self) {
        self.blocks.iter_mut().for_each(|block| block.found = None);
    }

    /// Goes to the beginning of the next speech, or of the one before.
    pub fn turn(&mut self, forward: bool) {
        let here = self.in_view().unwrap_or(0);
        let mut speeches = self.blocks.iter().map(|block| block.speech);
        let inside = self.anchor.get().is_some_and(|(_, byte)| byte.is_some_and(|byte| byte > 0));
        let wanted = if forward {
            speeches.find(|speech| *speech > here)
        } else {
            speeches.filter(|speech| *speech < here || (inside && *speech == here)).last()
        };
        if let Some(speech) = wanted {
            self.anchor.set(Some((speech, None)));
            self.follow = false;
        }
    }

    /// The speech in view: the last while the end is followed, else the one at the top.
    #[must_use]
    pub fn in_view(&self) -> Option<usize> {
        let last = self.blocks.last().map(|block| block.speech);
        if self.follow { last } else { self.anchor.get().map(|(speech, _)| speech).or(last) }
    }

    /// Lines below what is in view.
    #[must_use]
    pub fn below(&self) -> usize {
        self.total.get().saturating_sub(self.top.get() + self.height.get())
    }

    /// Scrolls, and says whether the action was one that scrolls. At the end it follows again.
    pub fn act(&mut self, action: Action) -> bool {
        let page = self.height.get().saturating_sub(1).max(1);
        match action {
            Action::Up => self.scroll(-1),
            Action::Down => self.scroll(1),
            Action::PageUp => self.scroll(-(i64::try_from(page).unwrap_or(i64::MAX))),
            Action::PageDown => self.scroll(i64::try_from(page).unwrap_or(i64::MAX)),
            Action::Top => {
                self.top.set(0);
                self.anchor.set(None);
                self.follow = self.total.get() <= self.height.get();
            }
            Action::Bottom => self.follow = true,
            _ => return false,
        }
        true
    }

    /// Scrolls by lines, down if positive.
    pub fn scroll(&mut self, lines: i64) {
        let last = self.total.get().saturating_sub(self.height.get());
        let top = i64::try_from(self.top.get()).unwrap_or(i64::MAX).saturating_add(lines).max(0);
        let top = usize::try_from(top).unwrap_or(0).min(last);
        self.top.set(top);
        self.anchor.set(None);
        self.follow = top == last;
    }

    /// Nothing is being written any more.
    pub fn still(&mut self) {
        self.blocks.iter_mut().for_each(|block| block.live = false);
    }

    /// The line of the anchor.
    fn anchored(&self, heights: &[usize]) -> Option<usize> {
        let (speech, byte) = self.anchor.get()?;
        let at = self.blocks.iter().position(|block| block.speech == speech)?;
        let inside = byte.map_or(0, |byte| self.blocks[at].wrapped.borrow().lines_up_to(byte));
        Some(heights[..at].iter().sum::<usize>() + inside)
    }

    /// What stands at a line: its speech, and the first byte there; none at a heading.
    fn place(&self, line: usize, heights: &[usize]) -> Option<(usize, Option<usize>)> {
        let mut start = 0;
        for (block, height) in self.blocks.iter().zip(heights) {
            if line < start + height {
                let row = (line - start).checked_sub(1);
                let byte = |row| block.wrapped.borrow().line(row).map_or(0, |range| range.start);
                return Some((block.speech, row.map(byte)));
            }
            start += height;
        }
        None
    }

    /// Draws what is in view.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, palette: &Palette) {
        let width = usize::from(area.width).saturating_sub(INDENT + 1).clamp(1, WIDEST);
        let height = usize::from(area.height);
        let heights: Vec<usize> = self.blocks.iter().map(|block| block.height(width)).collect();
        // The blank line after the last block is not worth a row.
        let total = heights.iter().sum::<usize>().saturating_sub(1);
        let last = total.saturating_sub(height);
        let top = if self.follow { last } else { self.anchored(&heights).unwrap_or(self.top.get()).min(last) };
        if !self.follow && self.anchor.get().is_none() {
            self.anchor.set(self.place(top, &heights));
        }
        self.top.set(top);
        self.height.set(height);
        self.total.set(total);
        let (mut start, end) = (0, top + height);
        for (block, lines) in self.blocks.iter().zip(heights) {
            for row in top.max(start)..end.min(start + lines) {
                let place = Rect { y: area.y + u16::try_from(row - top).unwrap_or(u16::MAX), height: 1, ..area };
                frame.render_widget(block.line(row - start, width, palette), place);
            }
            start += lines;
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::text::sanitize::sanitize;

    fn shown(transcript: &Transcript, width: u16, height: u16) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| transcript.view(frame, frame.area(), &Palette::default())).unwrap();
        let buffer = terminal.backend().buffer();
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..height).map(row).collect()
    }

    fn live(lines: usize) -> Transcript {
        let mut transcript = Transcript::default();
        let block = transcript.block(0, || Block::new(0, Side::Proposition, "Proposition".to_owned()));
        for line in 1..=lines {
            block.append(&sanitize(&format!("line {line}\n")));
        }
        transcript
    }

    #[test]
    fn the_end_stays_in_view_while_text_comes_in() {
        let mut transcript = live(10);
        assert_eq!(shown(&transcript, 20, 3)[1], "  line 10");
        transcript.begun(0).unwrap().append(&sanitize("more"));
        assert_eq!(shown(&transcript, 20, 3)[2], "  more▍");
        assert_eq!(transcript.below(), 0);
    }

    #[test]
    fn scrolled_up_nothing_moves_and_the_end_is_one_key_away() {
        let mut transcript = live(10);
        shown(&transcript, 20, 3);
        transcript.act(Action::PageUp);
        let before = shown(&transcript, 20, 3);
        transcript.begun(0).unwrap().append(&sanitize("more\nand more\n"));
        assert_eq!(shown(&transcript, 20, 3), before);
        assert!(transcript.below() > 0);
        transcript.act(Action::Bottom);
        assert_eq!(shown(&transcript, 20, 3)[1], "  and more");
    }

    #[test]
    fn what_is_being_read_stays_while_text_grows_above_it() {
        let mut transcript = live(4);
        let block = transcript.block(1, || Block::new(1, Side::Opposition, "Opposition".to_owned()));
        (1..=20).for_each(|line| block.append(&sanitize(&format!("answer {line}\n"))));
        shown(&transcript, 20, 5);
        transcript.act(Action::PageUp);
        let before = shown(&transcript, 20, 5);
        transcript.begun(0).unwrap().append(&sanitize("more\nand more\n"));
        assert_eq!(shown(&transcript, 20, 5), before);
        let narrow = shown(&transcript, 9, 5);
        assert_eq!(narrow[0].trim(), before[0].trim().split(' ').next().unwrap());
    }

    #[test]
    fn words_are_found_one_after_the_other_and_come_into_view() {
        let mut transcript = live(10);
        let block = transcript.block(1, || Block::new(1, Side::Opposition, "Opposition".to_owned()));
        (1..=10).for_each(|line| block.append(&sanitize(&format!("answer {line}\n"))));
        shown(&transcript, 20, 3);
        assert_eq!(transcript.find("LINE 1", true), Some((1, 2)));
        assert_eq!(shown(&transcript, 20, 3)[0], "  line 1");
        assert_eq!(transcript.find("line 1", true), Some((2, 2)));
        assert_eq!(shown(&transcript, 20, 3)[0], "  line 10");
        assert_eq!(transcript.find("line 1", true), Some((1, 2)));
        assert_eq!(transcript.find("line 1", false), Some((2, 2)));
        assert_eq!(transcript.find("nowhere", true), None);
        transcript.turn(true);
        assert!(shown(&transcript, 20, 3)[0].contains("Opposition"));
        transcript.turn(false);
        assert!(shown(&transcript, 20, 3)[0].contains("Proposition"));
    }

    #[test]
    fn a_heading_at_the_top_stays_there() {
        let mut transcript = live(10);
        shown(&transcript, 20, 3);
        transcript.act(Action::Top);
        let first = shown(&transcript, 20, 3);
        assert!(first[0].contains("Proposition"), "{first:?}");
        assert_eq!(shown(&transcript, 20, 3), first);
    }

    #[test]
    fn a_narrower_terminal_wraps_again() {
        let mut transcript = Transcript::default();
        let block = transcript.block(0, || Block::new(0, Side::Opposition, "Opposition".to_owned()));
        block.append(&sanitize("one two three four"));
        assert_eq!(shown(&transcript, 30, 3)[1], "  one two three four▍");
        assert_eq!(shown(&transcript, 12, 4)[1..], ["  one two", "  three", "  four▍"]);
    }

    #[test]
    fn a_transcript_of_a_hundred_thousand_lines_draws_its_view_only() {
        let transcript = live(100_000);
        assert_eq!(shown(&transcript, 20, 3)[1], "  line 100000");
    }
}
