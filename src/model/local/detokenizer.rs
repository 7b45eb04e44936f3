//! Tokens to text, one token at a time, never half a character.
//!
//! A token of a byte-level vocabulary is a run of bytes; a character may span several tokens.

/// Joins the bytes of tokens into text.
#[derive(Clone, Debug, Default)]
pub struct Detokenizer {
    /// The beginning of a character whose end has not come yet; at most three bytes.
    pending: Vec<u8>,
}

impl Detokenizer {
    /// Takes the bytes of the next token and gives the text that is complete with them. Bytes that can be no character
    /// become U+FFFD. What is incomplete when the tokens end is dropped with the detokeniser.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let mut text = String::new();
        loop {
            match std::str::from_utf8(&self.pending) {
                Ok(valid) => {
                    text += valid;
                    self.pending.clear();
                    return text;
                }
                Err(error) => {
                    let valid = error.valid_up_to();
                    text += &String::from_utf8_lossy(&self.pending[..valid]);
                    let Some(bad) = error.error_len() else {
                        self.pending.drain(..valid);
                        return text;
                    };
                    text.push(char::REPLACEMENT_CHARACTER);
                    self.pending.drain(..valid + bad);
                }
            }
        }
    }
}

/// The bytes that a spelling of a byte-level vocabulary stands for. Such vocabularies write each byte as one printable
/// character: itself where that is printable, else the next free one from U+0100 on. (GPT-2, Radford et al. 2019.)
#[must_use]
pub fn bytes_of(spelling: &str) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(spelling.len());
    for character in spelling.chars() {
        match byte_of(character) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes.into_boxed_slice()
}

fn byte_of(character: char) -> Option<u8> {
    let code = u32::from(character);
    match code {
        0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF => u8::try_from(code).ok(),
        0x100..=0x120 => u8::try_from(code - 0x100).ok(),
        0x121..=0x142 => u8::try_from(code - 0x121 + 0x7F).ok(),
        0x143 => Some(0xAD),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_waits_for_its_other_half() {
        let mut detokenizer = Detokenizer::default();
        let bytes = "aé🌍z".as_bytes();
        let mut text = String::new();
        for byte in bytes {
            text += &detokenizer.push(&[*byte]);
            assert!(!text.contains(char::REPLACEMENT_CHARACTER), "{text}");
        }
        assert_eq!(text, "aé🌍z");
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_and_the_text_goes_on() {
        let mut detokenizer = Detokenizer::default();
        assert_eq!(detokenizer.push(b"a\xFFb\xF0\x9F"), "a\u{FFFD}b");
        assert_eq!(detokenizer.push(b"c"), "\u{FFFD}c");
    }

    #[test]
    fn every_byte_has_exactly_one_spelling() {
        let mut bytes: Vec<u8> = (0x21..0x144).filter_map(char::from_u32).filter_map(byte_of).collect();
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=255).collect::<Vec<u8>>());
        assert_eq!(&*bytes_of("ĠcafÃ©Ċ"), " café\n".as_bytes());
    }
}
