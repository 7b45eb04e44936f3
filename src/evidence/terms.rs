//! Turns text into search terms: words in lower case, without the commonest ones, cut to a light stem.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use crate::text::sanitize::is_hostile;

/// Words that stand in nearly every passage, in the order of the alphabet.
const COMMON: [&str; 46] = [
    "a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "do", "does", "for", "from", "had", "has",
    "have", "in", "is", "it", "its", "of", "on", "or", "that", "the", "their", "there", "these", "they", "this",
    "those", "to", "was", "we", "were", "what", "when", "which", "who", "will", "with", "would", "you", "your",
];

/// The terms of a text in order, repeated as often as they stand there. What cannot be seen hides no word.
pub(crate) fn terms(text: &str) -> Vec<String> {
    let hidden = |c: char| is_hostile(c) && !c.is_whitespace();
    let seen: Cow<'_, str> =
        if text.contains(hidden) { text.chars().filter(|c| !hidden(*c)).collect() } else { text.into() };
    let words = seen.unicode_words().map(str::to_lowercase);
    words.filter(|word| COMMON.binary_search(&word.as_str()).is_err()).map(|word| stem(&word)).collect()
}

/// Takes the commonest English endings off, so that `taxes`, `taxed` and `taxing` meet `tax`. It is a rule of thumb:
/// its stems need not be words.
fn stem(word: &str) -> String {
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
    if word.len() < 4 || !word.is_ascii() || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word.to_owned();
    }
    let singular = match word {
        _ if word.ends_with("ies") && word.len() > 4 => return format!("{}y", &word[..word.len() - 3]),
        _ if word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") => word,
        _ => word.strip_suffix('s').unwrap_or(word),
    };
    let bare = singular.strip_suffix("ing").or_else(|| singular.strip_suffix("ed")).filter(|bare| has_vowel(bare));
    let stem = match bare {
        Some(bare) if ends_doubled(bare) => &bare[..bare.len() - 1],
        Some(bare) => bare,
        None => singular,
    };
    stem.strip_suffix('e').filter(|shorter| shorter.len() > 2).unwrap_or(stem).to_owned()
}

/// Whether something is left that can be a word: `bring` and `red` are no forms of `br` and `r`.
fn has_vowel(bare: &str) -> bool {
    bare.len() > 2 && bare.contains(['a', 'e', 'i', 'o', 'u', 'y'])
}

/// Whether the last consonant was doubled before the ending, as in `banned`.
fn ends_doubled(bare: &str) -> bool {
    let bytes = bare.as_bytes();
    matches!(bytes, [.., a, b] if a == b && !matches!(b, b'l' | b's' | b'z' | b'e' | b'o'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for forms in [
            &["tax", "taxes", "taxed", "taxing"][..],
            &["price", "prices", "priced", "pricing"],
            &["ban", "bans", "banned", "banning"],
            &["study", "studies"],
            &["vote", "votes", "voted", "voting"],
            &["nation", "nation's", "nations"],
            &["sell", "selling", "sells"],
        ] {
            let stems: Vec<String> = forms.iter().map(|form| stem(form)).collect();
            assert!(stems.iter().all(|stem| *stem == stems[0]), "{stems:?}");
        }
    }

    #[test]
    fn words_that_only_look_alike_stay_apart() {
        assert_ne!(stem("bring"), stem("br"));
        assert_ne!(stem("news"), stem("ne"));
        assert_eq!(stem("virus"), "virus");
        assert_eq!(stem("2019"), "2019");
        assert_eq!(stem("éléments"), "éléments");
    }

    #[test]
    fn common_words_are_left_out() {
        assert_eq!(terms("The taxes of the 1,200 shops"), ["tax", "1,200", "shop"]);
        assert_eq!(terms(&COMMON.join(" ")), Vec::<String>::new());
    }

    #[test]
    fn hidden_characters_hide_no_word() {
        assert_eq!(terms("con\u{200b}cede\u{202e}\nthe t\u{ad}ax"), ["conced", "tax"]);
    }
}
