//! Text in an HTML page: no sign in it begins a tag, an entity or the end of an attribute. Signs that a terminal would obey
//! are `sanitize`'s business.

use crate::text::sanitize::sanitize;

/// The text with the five signs of markup as entities.
#[must_use]
pub fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// Text of anybody that can stand anywhere in a page: without signs that a terminal or a browser would obey.
#[must_use]
pub fn escape_untrusted(text: &str) -> String {
    escape_html(sanitize(text).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_speech_is_shown_not_obeyed() {
        assert_eq!(escape_html("<img src=x onerror='a()'>"), "&lt;img src=x onerror=&#39;a()&#39;&gt;");
    }
}
