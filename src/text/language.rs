//! The language of a text, as far as prompts exist for it.

use crate::text::words::is_unspaced;

/// A language that models are prompted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

impl Language {
    /// Chinese if most letters are Han and none is Japanese; English for everything else, which models of any language read.
    #[must_use]
    pub fn of(text: &str) -> Language {
        let letters = text.chars().filter(|character| character.is_alphabetic()).count();
        let han = text.chars().filter(|character| is_unspaced(*character)).count();
        let is_kana = |character: char| matches!(character, '\u{3040}'..='\u{30ff}');
        if han * 2 > letters && !text.chars().any(is_kana) { Language::Chinese } else { Language::English }
    }

    /// Where the prompts of a folder stand in this language: `agent` and `agent/zh`.
    #[must_use]
    pub fn prompts(self, folder: &str) -> String {
        match self {
            Language::English => folder.to_owned(),
            Language::Chinese => format!("{folder}/zh"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_motion_is_chinese_if_most_of_it_is() {
        assert_eq!(Language::of("本院认为应当禁止一次性塑料"), Language::Chinese);
        assert_eq!(Language::of("AI 应当拥有投票权吗"), Language::Chinese);
        assert_eq!(Language::of("This House would ban the word 面子 from exams"), Language::English);
        assert_eq!(Language::of("この議院は使い捨てを禁止する"), Language::English);
        assert_eq!(Language::of(""), Language::English);
    }
}
