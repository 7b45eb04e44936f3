//! How many tokens a text has where the tokenizer is not known.

/// Counts from above: three letters or spaces to a token, one token for each digit, mark or line break, one for two
/// bytes of any other script. English has about four letters to a token with the tokenizers in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenEstimate {
    letters: usize,
    single: usize,
    wide: usize,
}

impl TokenEstimate {
    pub fn add(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b' ' => self.letters += 1,
                0..=0x7f => self.single += 1,
                _ => self.wide += 1,
            }
        }
    }

    #[must_use]
    pub fn tokens(&self) -> usize {
        self.letters.div_ceil(3) + self.single + self.wide.div_ceil(2)
    }
}

/// The estimate for one text.
#[must_use]
pub fn tokens(text: &str) -> usize {
    let mut estimate = TokenEstimate::default();
    estimate.add(text);
    estimate.tokens()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_not_below_what_common_tokenizers_count() {
        // Counted with the tokenizer of Qwen2.5.
        for (text, counted) in [
            ("This House would ban single-use plastics.", 9),
            ("The figure was 1998.", 8),
            ("Sollte die Regierung Plastik verbieten?", 9),
            ("\u{6c11}\u{4e3b}\u{4e3b}\u{4e49}", 2),
        ] {
            assert!(tokens(text) >= counted, "{text}: {}", tokens(text));
        }
        assert_eq!(tokens(""), 0);
    }

    #[test]
    fn pieces_count_as_their_whole() {
        let mut pieces = TokenEstimate::default();
        for piece in ["The mot", "ion f", "ails."] {
            pieces.add(piece);
        }
        assert_eq!(pieces.tokens(), tokens("The motion fails."));
    }
}
