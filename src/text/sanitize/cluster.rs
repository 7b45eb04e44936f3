//! What may be attached to a visible character: a few marks, and the joiners and selectors that make an emoji.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

use crate::text::sanitize::character::is_hostile;

/// Marks on one character, and joiners in one emoji. Vietnamese needs two marks, the longest emoji three joiners.
const MOST_ATTACHED: u8 = 4;

const JOINER: char = '\u{200d}';
const KEYCAP: char = '\u{20e3}';

/// What the current visible character can carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Base {
    /// The line begins here: nothing to carry a mark.
    #[default]
    None,
    Letter,
    /// A digit, `#` or `*`, which a keycap may enclose.
    Key,
    Pictograph,
}

/// The visible character that the stream stands at, with what is attached to it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cluster {
    base: Base,
    attached: u8,
    joiners: u8,
    selected: bool,
    /// A joiner or selector that is shown only if its successor needs it.
    waiting: Option<char>,
}

impl Cluster {
    /// Takes one character of text and pushes what may be shown. Returns how many characters were taken out.
    pub(crate) fn take(&mut self, character: char, shown: &mut String) -> usize {
        let Some(waiting) = self.waiting.take() else { return usize::from(!self.show(character, shown)) };
        match waiting {
            JOINER if is_pictograph(character) => {
                self.joiners += 1;
                self.attached = 0;
                self.selected = false;
            }
            '\u{fe0f}' if character == KEYCAP => self.attached += 1,
            _ => return 1 + usize::from(!self.show(character, shown)),
        }
        shown.push(waiting);
        shown.push(character);
        0
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Pushes the character unless it has to go. One that waits counts as shown until its successor is known.
    fn show(&mut self, character: char, shown: &mut String) -> bool {
        match character {
            '\n' => *self = Cluster::default(),
            ' '..='~' => self.begin(if matches!(character, '0'..='9' | '#' | '*') { Base::Key } else { Base::Letter }),
            JOINER | '\u{fe0f}' if self.may_wait(character) => {
                self.waiting = Some(character);
                return true;
            }
            '\u{fe0e}' | '\u{fe0f}' if self.base == Base::Pictograph && !self.selected => self.selected = true,
            _ if is_hostile(character) => return false,
            '\u{1f3fb}'..='\u{1f3ff}' if self.base == Base::Pictograph => return self.attach(character, shown),
            _ if character.width() == Some(0) => return self.attach(character, shown),
            _ => self.begin(if is_pictograph(character) { Base::Pictograph } else { Base::Letter }),
        }
        shown.push(character);
        true
    }

    fn begin(&mut self, base: Base) {
        *self = Cluster { base, ..Cluster::default() };
    }

    fn may_wait(&self, character: char) -> bool {
        match character {
            JOINER => self.base == Base::Pictograph && self.joiners < MOST_ATTACHED,
            _ => self.base == Base::Key && self.attached == 0,
        }
    }

    fn attach(&mut self, mark: char, shown: &mut String) -> bool {
        let fits = self.base != Base::None && self.attached < MOST_ATTACHED;
        if fits {
            self.attached += 1;
            shown.push(mark);
        }
        fits
    }
}

/// Whether a joiner may join the character to another picture. Asks the segmentation tables: a joiner keeps two
/// characters in one grapheme only if both are pictographs.
fn is_pictograph(character: char) -> bool {
    matches!(character, '\u{a9}' | '\u{ae}' | '\u{203c}'..='\u{3299}' | '\u{1f000}'..='\u{1faff}')
        && String::from_iter([character, JOINER, '©']).graphemes(true).count() == 1
}
