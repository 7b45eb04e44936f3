//! Makes JSON safe to print: every hostile character becomes a `\u` escape, so nothing is lost.

use std::fmt::Write;

use crate::text::sanitize::is_hostile;

/// Escapes controls, bidirectional controls and invisible characters in JSON that a serialiser wrote. Parsing the
/// result gives the same value. Newlines between values stay.
#[must_use]
pub fn escape_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\n' => escaped.push('\n'),
            // Raw, these stand between values only, where a space means the same.
            '\t' | '\r' => escaped.push(' '),
            _ if is_hostile(character) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(escaped, "\\u{unit:04x}");
                }
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_characters_become_escapes() {
        let json = serde_json::to_string("a\u{1b}[31m\u{9b}\u{7f}\u{202e}\u{200b}\u{e0041}é漢").unwrap();
        assert_eq!(escape_json(&json), r#""a\u001b[31m\u009b\u007f\u202e\u200b\udb40\udc41é漢""#);
    }

    proptest! {
        #[test]
        fn escaping_is_lossless_and_leaves_nothing_hostile(text in any::<String>()) {
            let value = serde_json::json!({ "text": text, "list": [1, null] });
            for json in [serde_json::to_string(&value).unwrap(), serde_json::to_string_pretty(&value).unwrap()] {
                let escaped = escape_json(&json);
                prop_assert!(!escaped.chars().any(|c| c != '\n' && is_hostile(c)));
                prop_assert_eq!(&serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), &value);
            }
        }
    }
}
