//! Finds escape sequences as ECMA-48 defines them, in their 7-bit and 8-bit forms. It tells text from control and
//! interprets nothing.

const ESCAPE: char = '\u{1b}';
const BELL: char = '\u{7}';
const CANCEL: char = '\u{18}';
const SUBSTITUTE: char = '\u{1a}';
const STRING_TERMINATOR: char = '\u{9c}';

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// After ESC.
    Escape,
    /// After ESC and an intermediate byte, as in the choice of a character set.
    Intermediate,
    /// In a control sequence (CSI).
    Control,
    /// In an operating system command, device control, privacy message, application command or string (OSC, DCS, PM, APC, SOS).
    Payload,
    /// After ESC in a payload: a backslash ends it.
    PayloadEscape,
}

/// Where in a sequence the stream stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EscapeParser {
    state: State,
}

impl EscapeParser {
    /// Takes the next character. `false` means that it belongs to an escape sequence.
    pub(crate) fn is_text(&mut self, character: char) -> bool {
        let next = match (self.state, character) {
            (State::Text, ESCAPE) => State::Escape,
            (State::Text, '\u{9b}') => State::Control,
            (State::Text, '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}') => State::Payload,
            (State::Text, _) => return true,

            (State::Escape, '[') => State::Control,
            (State::Escape, ']' | 'P' | 'X' | '^' | '_') => State::Payload,
            (State::Escape | State::Intermediate, ' '..='/') => State::Intermediate,
            (State::Escape | State::Intermediate, '0'..='~') => State::Text,

            (State::Control, ' '..='?') => State::Control,
            (State::Control, '@'..='~') => State::Text,

            (State::Payload, ESCAPE) => State::PayloadEscape,
            (State::Payload, BELL | CANCEL | SUBSTITUTE | STRING_TERMINATOR) => State::Text,
            // A missing terminator must not swallow the rest of a speech, so a payload ends with its line.
            (State::Payload, '\n' | '\r' | '\u{80}'..='\u{9f}') => return self.again(State::Text, character),
            (State::Payload, _) => State::Payload,
            (State::PayloadEscape, '\\') => State::Text,
            (State::PayloadEscape, _) => return self.again(State::Escape, character),

            // Anything else breaks the sequence off and stands for itself.
            (State::Escape | State::Intermediate | State::Control, _) => return self.again(State::Text, character),
        };
        self.state = next;
        false
    }

    fn again(&mut self, state: State, character: char) -> bool {
        self.state = state;
        self.is_text(character)
    }
}
