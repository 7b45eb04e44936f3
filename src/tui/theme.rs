//! The only place that names a colour: a theme's words become styles of the terminal library.

use ratatui::style::{Color, Modifier, Style};

use crate::assets::theme::{Colour, Theme};
use crate::domain::evidence::Standing;
use crate::domain::seat::Side;

/// A style for every role on the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    pub text: Style,
    pub dim: Style,
    pub title: Style,
    pub accent: Style,
    pub border: Style,
    pub focus: Style,
    pub selection: Style,
    pub proposition: Style,
    pub opposition: Style,
    pub live: Style,
    pub good: Style,
    pub warn: Style,
    pub bad: Style,
}

impl Palette {
    #[must_use]
    pub fn of(theme: &Theme) -> Palette {
        Palette {
            text: style(theme.text),
            dim: style(theme.dim),
            title: style(theme.title),
            accent: style(theme.accent),
            border: style(theme.border),
            focus: style(theme.focus),
            selection: style(theme.selection),
            proposition: style(theme.proposition),
            opposition: style(theme.opposition),
            live: style(theme.live),
            good: style(theme.good),
            warn: style(theme.warn),
            bad: style(theme.bad),
        }
    }

    /// Each side has one style everywhere.
    #[must_use]
    pub fn side(&self, side: Side) -> Style {
        match side {
            Side::Proposition => self.proposition,
            Side::Opposition => self.opposition,
        }
    }

    /// A quote by how it stands to its source. The mark beside it says the same without colour.
    #[must_use]
    pub fn standing(&self, standing: Standing) -> Style {
        match standing {
            Standing::Verified => self.good,
            Standing::Close => self.warn,
            Standing::Absent => self.bad,
            Standing::Unquoted => self.dim,
        }
    }
}

fn style(words: crate::assets::theme::Style) -> Style {
    let mut style = Style::default();
    if let Some(colour) = words.foreground {
        style = style.fg(color(colour));
    }
    if let Some(colour) = words.background {
        style = style.bg(color(colour));
    }
    let modifiers = [
        (words.bold, Modifier::BOLD),
        (words.dim, Modifier::DIM),
        (words.italic, Modifier::ITALIC),
        (words.underlined, Modifier::UNDERLINED),
        (words.reversed, Modifier::REVERSED),
    ];
    for (_, modifier) in modifiers.into_iter().filter(|(set, _)| *set) {
        style = style.add_modifier(modifier);
    }
    style
}

fn color(colour: Colour) -> Color {
    match colour {
        Colour::Black => Color::Black,
        Colour::Red => Color::Red,
        Colour::Green => Color::Green,
        Colour::Yellow => Color::Yellow,
        Colour::Blue => Color::Blue,
        Colour::Magenta => Color::Magenta,
        Colour::Cyan => Color::Cyan,
        Colour::White => Color::Gray,
        Colour::BrightBlack => Color::DarkGray,
        Colour::BrightRed => Color::LightRed,
        Colour::BrightGreen => Color::LightGreen,
        Colour::BrightYellow => Color::LightYellow,
        Colour::BrightBlue => Color::LightBlue,
        Colour::BrightMagenta => Color::LightMagenta,
        Colour::BrightCyan => Color::LightCyan,
        Colour::BrightWhite => Color::White,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_the_terminals_own_colours() {
        let words = crate::assets::theme::Style::try_from("bright-cyan bold on black".to_owned());
        let expected = Style::default().fg(Color::LightCyan).bg(Color::Black).add_modifier(Modifier::BOLD);
        assert_eq!(style(words.unwrap()), expected);
    }
}
