//! Cuts a text into the words that a quote is compared by.

use crate::text::sanitize::is_hostile;

/// Words in lower case without punctuation. Numbers keep their sign and point, so that `-0.5` is not `5`.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().filter(|c| !is_hostile(*c) || c.is_whitespace()).collect();
    let mut tokens = Vec::new();
    let mut word = String::new();
    for (at, &character) in characters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| characters[before]);
        let digit_follows = characters.get(at + 1).is_some_and(char::is_ascii_digit);
        let in_number = digit_follows && before.is_some_and(|c| c.is_ascii_digit());
        match character {
            _ if character.is_alphanumeric() => word.extend(character.to_lowercase()),
            '\'' | '’' | '‘' | 'ʼ' if !word.is_empty() => {}
            ',' if in_number => {}
            '.' if in_number => word.push('.'),
            '-' | '−' | '–' if digit_follows && before.is_none_or(|c| c.is_whitespace() || c == '(') => {
                word.push('-')
            }
            _ if word.is_empty() => {}
            _ => tokens.push(std::mem::take(&mut word)),
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_and_numbers_are_left() {
        assert_eq!(
            tokens("“Don’t\u{200b}” pay 1,200.50 -\u{a0}or −0.5 (-3) in 1990–95, re\u{ad}do X-ray."),
            ["dont", "pay", "1200.50", "or", "-0.5", "-3", "in", "1990", "95", "redo", "x", "ray"]
        );
    }
}
