//! Themes: a style for each role on the screen, named by the sixteen colours that every terminal has.
//!
//! The terminal decides what a colour looks like, so a theme fits the user's own palette. The screen maps the names.

use serde::Deserialize;

use crate::text::nearest::suggestion;

/// One of the sixteen colours of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Black,
    Red,
    Green,
    Yellow,
    Blue,
    Magenta,
    Cyan,
    White,
    BrightBlack,
    BrightRed,
    BrightGreen,
    BrightYellow,
    BrightBlue,
    BrightMagenta,
    BrightCyan,
    BrightWhite,
}

const COLOURS: [(&str, Colour); 16] = [
    ("black", Colour::Black),
    ("red", Colour::Red),
    ("green", Colour::Green),
    ("yellow", Colour::Yellow),
    ("blue", Colour::Blue),
    ("magenta", Colour::Magenta),
    ("cyan", Colour::Cyan),
    ("white", Colour::White),
    ("bright-black", Colour::BrightBlack),
    ("bright-red", Colour::BrightRed),
    ("bright-green", Colour::BrightGreen),
    ("bright-yellow", Colour::BrightYellow),
    ("bright-blue", Colour::BrightBlue),
    ("bright-magenta", Colour::BrightMagenta),
    ("bright-cyan", Colour::BrightCyan),
    ("bright-white", Colour::BrightWhite),
];

/// How a role is drawn. Without a colour the terminal's own is used. Written as words: `cyan bold`, `black on yellow`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Style {
    pub foreground: Option<Colour>,
    pub background: Option<Colour>,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underlined: bool,
    pub reversed: bool,
}

impl TryFrom<String> for Style {
    type Error = String;

    fn try_from(written: String) -> Result<Style, String> {
        let mut style = Style::default();
        let mut words = written.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "plain" => {}
                "bold" => style.bold = true,
                "dim" => style.dim = true,
                "italic" => style.italic = true,
                "underlined" => style.underlined = true,
                "reversed" => style.reversed = true,
                "on" => {
                    let word = words.next().ok_or("\"on\" needs a colour after it")?;
                    style.background = Some(colour(word).ok_or_else(|| unknown(word))?);
                }
                word => style.foreground = Some(colour(word).ok_or_else(|| unknown(word))?),
            }
        }
        Ok(style)
    }
}

fn colour(word: &str) -> Option<Colour> {
    COLOURS.iter().find(|(name, _)| *name == word).map(|(_, colour)| *colour)
}

fn unknown(word: &str) -> String {
    let modifiers = ["plain", "bold", "dim", "italic", "underlined", "reversed", "on"];
    let known = modifiers.into_iter().chain(COLOURS.iter().map(|(name, _)| *name));
    format!("\"{word}\" is neither a colour nor a style{}", suggestion(word, known))
}

/// A style for every role. Nothing is told by colour alone; the screen adds a mark or a word.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    pub name: String,
    #[serde(default)]
    pub about: String,
    /// Speeches and everything that is read at length.
    pub text: Style,
    /// What may be overlooked: counts, hints, finished work.
    pub dim: Style,
    /// The motion and the headings of panes.
    pub title: Style,
    /// Keys in the bottom bar, and what can be chosen.
    pub accent: Style,
    pub border: Style,
    /// The border of the pane that has the keys.
    pub focus: Style,
    /// The chosen line of a list.
    pub selection: Style,
    pub proposition: Style,
    pub opposition: Style,
    /// What is being written now.
    pub live: Style,
    /// Done, verified, won.
    pub good: Style,
    /// Close, weak, never audited.
    pub warn: Style,
    /// Absent, failed, void.
    pub bad: Style,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(written: &str) -> Result<Style, String> {
        Style::try_from(written.to_owned())
    }

    #[test]
    fn a_style_is_read_from_words_in_any_order() {
        let bold_cyan = Style { foreground: Some(Colour::Cyan), bold: true, ..Style::default() };
        assert_eq!(style("cyan bold"), Ok(bold_cyan));
        assert_eq!(style("bold cyan"), Ok(bold_cyan));
        let both =
            Style { foreground: Some(Colour::Black), background: Some(Colour::BrightYellow), ..Style::default() };
        assert_eq!(style("black on bright-yellow"), Ok(both));
        assert_eq!(style("plain"), Ok(Style::default()));
    }

    #[test]
    fn a_word_that_is_no_style_names_the_one_that_was_meant() {
        assert_eq!(style("cyna").unwrap_err(), "\"cyna\" is neither a colour nor a style; did you mean \"cyan\"?");
        assert!(style("red on").unwrap_err().contains("needs a colour"));
    }
}
