//! Keys as the keymap writes them: `q`, `G`, `ctrl-c`, `shift-tab`, `pageup`, `f1`. No terminal library is named here.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A key without its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyName {
    /// A character as it is typed: `G` is shift and `g`.
    Char(char),
    Enter,
    Escape,
    Tab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    /// `F1` to `F12`.
    Function(u8),
}

const NAMED: [(&str, KeyName); 14] = [
    ("space", KeyName::Char(' ')),
    ("enter", KeyName::Enter),
    ("esc", KeyName::Escape),
    ("tab", KeyName::Tab),
    ("backspace", KeyName::Backspace),
    ("delete", KeyName::Delete),
    ("up", KeyName::Up),
    ("down", KeyName::Down),
    ("left", KeyName::Left),
    ("right", KeyName::Right),
    ("home", KeyName::Home),
    ("end", KeyName::End),
    ("pageup", KeyName::PageUp),
    ("pagedown", KeyName::PageDown),
];

/// A key with its modifiers. A character carries its own shift, so `shift` is set with named keys only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Key {
    pub code: KeyName,
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
}

impl FromStr for Key {
    type Err = String;

    fn from_str(written: &str) -> Result<Key, String> {
        let mut key = Key { code: KeyName::Escape, ctrl: false, alt: false, shift: false };
        let mut rest = written;
        loop {
            let (modifier, after) = match rest.split_once('-') {
                Some(parts) if !parts.1.is_empty() => parts,
                _ => break,
            };
            match modifier {
                "ctrl" => key.ctrl = true,
                "alt" => key.alt = true,
                "shift" => key.shift = true,
                _ => break,
            }
            rest = after;
        }
        key.code = code(rest).ok_or_else(|| unknown(written))?;
        match key.code {
            KeyName::Char(c) if key.shift => Err(format!("\"{written}\" is written \"{}\"", c.to_uppercase())),
            _ => Ok(key),
        }
    }
}

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(written: String) -> Result<Key, String> {
        written.parse()
    }
}

fn code(name: &str) -> Option<KeyName> {
    let mut characters = name.chars();
    if let (Some(c), None) = (characters.next(), characters.next()) {
        return (!c.is_control() && !c.is_whitespace()).then_some(KeyName::Char(c));
    }
    if let Some((_, code)) = NAMED.iter().find(|(known, _)| *known == name) {
        return Some(*code);
    }
    let number = name.strip_prefix('f')?.parse().ok()?;
    (1..=12).contains(&number).then_some(KeyName::Function(number))
}

fn unknown(written: &str) -> String {
    let names: Vec<_> = NAMED.iter().map(|(name, _)| *name).collect();
    format!(
        "\"{written}\" is no key; a key is one character, f1 to f12, or {}, after ctrl-, alt- or shift-",
        names.join(", ")
    )
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, modifier) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                f.write_str(modifier)?;
            }
        }
        match self.code {
            KeyName::Function(number) => write!(f, "f{number}"),
            code => match NAMED.iter().find(|(_, known)| *known == code) {
                Some((name, _)) => f.write_str(name),
                None => match code {
                    KeyName::Char(c) => write!(f, "{c}"),
                    _ => Ok(()),
                },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_reads_back_as_it_is_written() {
        for written in [
            "q",
            "G",
            "?",
            "-",
            "ctrl-c",
            "ctrl--",
            "alt-x",
            "ctrl-alt-delete",
            "shift-tab",
            "space",
            "pageup",
            "f1",
            "f12",
        ] {
            let key: Key = written.parse().unwrap();
            assert_eq!(key.to_string(), written);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_with_what_is() {
        for written in ["", "ctrl-", "hyper-x", "f13", "f0", "enterr", " ", "qq"] {
            let error = written.parse::<Key>().unwrap_err();
            assert!(error.starts_with(&format!("\"{written}\" is no key; a key is one character")), "{error}");
        }
        assert_eq!("shift-g".parse::<Key>().unwrap_err(), "\"shift-g\" is written \"G\"");
    }
}
