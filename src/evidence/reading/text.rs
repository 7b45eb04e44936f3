//! Bytes to text. UTF-8 only: a guess at another encoding would put words into the library that nobody wrote.

use crate::evidence::reading::Refusal;

/// The text of a file, without a byte order mark.
///
/// # Errors
/// The bytes are no text, or not UTF-8.
pub(super) fn decoded(bytes: &[u8]) -> Result<&str, Refusal> {
    if let Some(at) = memchr::memchr(0, bytes) {
        return Err(Refusal::Binary(at + 1));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| Refusal::NotUtf8(error.valid_up_to() + 1))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Whether a text has nothing that could be searched.
pub(super) fn is_wordless(text: &str) -> bool {
    !text.contains(char::is_alphanumeric)
}
