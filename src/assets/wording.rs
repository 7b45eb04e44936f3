//! What the wording of a motion tells: its full form, the kind of claim it makes, and an id.

use crate::domain::motion::Category;
use crate::text::words::is_unspaced;

/// The short openings that debaters use, and what they stand for.
const OPENINGS: [(&str, &str); 11] = [
    ("THBT", "This House believes that"),
    ("THB", "This House believes"),
    ("THW", "This House would"),
    ("THS", "This House supports"),
    ("THO", "This House opposes"),
    ("THR", "This House regrets"),
    ("THP", "This House prefers"),
    ("THC", "This House celebrates"),
    ("THD", "This House desires"),
    ("THF", "This House fears"),
    ("TH", "This House"),
];

/// Spells out a short opening (`THW ban zoos`: `This House would ban zoos`) and trims blanks. Nothing else is changed.
pub fn spelled_out(text: &str) -> String {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    match OPENINGS.iter().find(|(short, _)| short.eq_ignore_ascii_case(word)) {
        Some((_, opening)) if !rest.trim().is_empty() => format!("{opening}{rest}"),
        _ => text.to_owned(),
    }
}

/// Whether what was typed is a sentence, and not the id of a motion: it has spaces, or is written without any.
#[must_use]
pub fn is_sentence(text: &str) -> bool {
    let text = text.trim();
    text.contains(char::is_whitespace) || text.chars().any(is_unspaced)
}

/// Words that weigh instead of state.
const WEIGHING: [&str; 20] = [
    "justified",
    "unjustified",
    "just",
    "unjust",
    "moral",
    "immoral",
    "duty",
    "wrong",
    "right",
    "good",
    "bad",
    "fair",
    "unfair",
    "deserve",
    "deserves",
    "legitimate",
    "important",
    "interest",
    "interests",
    "undesirable",
];

/// The same in Chinese, which writes words without spaces: what ought to be done, and what weighs.
const CHINESE_POLICY: [&str; 5] = ["应当", "应该", "必须", "本院将", "要不要"];
const CHINESE_WEIGHING: [&str; 6] = ["正当", "道德", "公平", "更重要", "利大于弊", "弊大于利"];

/// Guesses the category from the wording. What ought to be done, or this House would do, is policy. What this House
/// supports, regrets, prefers and so on, and what is called good, fair or important, is value. What else is said to be, or
/// asked, is fact. Creative motions cannot be told by their wording and are never guessed.
pub fn guessed_category(text: &str) -> Category {
    let lower = spelled_out(text).to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(word));
    let house = words.windows(2).any(|pair| pair == ["this", "house"]);
    let believes = has(&["believes", "thinks", "holds"]);
    let says = |known: &[&str]| known.iter().any(|word| lower.contains(word));
    if has(&["should", "ought", "must"]) || says(&CHINESE_POLICY) || (house && !believes && has(&["would", "will"])) {
        Category::Policy
    } else if (house && !believes) || has(&WEIGHING) || says(&CHINESE_WEIGHING) {
        Category::Value
    } else {
        Category::Fact
    }
}

/// An id from the first words of a text that tell something, not yet `taken`.
pub fn slug(text: &str, taken: impl Fn(&str) -> bool) -> String {
    const EMPTY: [&str; 14] =
        ["this", "house", "that", "believes", "would", "should", "the", "a", "an", "of", "to", "is", "are", "in"];
    let lower = spelled_out(text).to_lowercase();
    let telling = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty() && !EMPTY.contains(word));
    let words: Vec<String> = telling.take(5).map(|word| word.chars().take(12).collect()).collect();
    let slug = if words.is_empty() { "motion".to_owned() } else { words.join("-") };
    free(&slug, taken)
}

/// The id, or the id with the first number from 2 on that makes it free.
pub fn free(id: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(id) {
        return id.to_owned();
    }
    (2_u64..).map(|number| format!("{id}-{number}")).find(|candidate| !taken(candidate)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_has_spaces_or_is_of_a_language_without_them() {
        assert!(is_sentence("We nap") && is_sentence("应当禁止一次性塑料"));
        assert!(!is_sentence(" single-use-plastics ") && !is_sentence("zzz"));
    }

    #[test]
    fn short_openings_are_spelled_out() {
        for (short, full) in [
            ("THW ban zoos", "This House would ban zoos"),
            ("thbt art is free", "This House believes that art is free"),
            ("TH, as a parent, would lie", "This House, as a parent, would lie"),
            ("THW, if asked, pay", "This House would, if asked, pay"),
            ("  This House would ban zoos ", "This House would ban zoos"),
            ("Thailand should leave", "Thailand should leave"),
            ("THW", "THW"),
        ] {
            assert_eq!(spelled_out(short), full);
        }
    }

    #[test]
    fn the_wording_tells_the_category() {
        for (text, category) in [
            ("THW ban zoos", Category::Policy),
            ("THBT states should fund art", Category::Policy),
            ("TH, as a parent, would lie", Category::Policy),
            ("THR the rise of tourism", Category::Value),
            ("THP a world without money", Category::Value),
            ("THBT war is never justified", Category::Value),
            ("THBT automation will lower wages", Category::Fact),
            ("This House believes that it would be in Russia's interest to leave", Category::Value),
            ("Does money make people happy?", Category::Fact),
            ("Is it right to lie?", Category::Value),
            ("本院认为应当禁止一次性塑料", Category::Policy),
            ("网络的发展利大于弊", Category::Value),
            ("金钱使人幸福", Category::Fact),
        ] {
            assert_eq!(guessed_category(text), category, "{text}");
        }
    }

    #[test]
    fn an_id_is_short_and_free() {
        assert_eq!(
            slug("This House would ban the use of plastics in packaging of food", |_| false),
            "ban-use-plastics-packaging-food"
        );
        assert_eq!(slug("THW ban zoos", |id| id == "ban-zoos" || id == "ban-zoos-2"), "ban-zoos-3");
        assert_eq!(slug("This House would", |_| false), "motion");
    }
}
