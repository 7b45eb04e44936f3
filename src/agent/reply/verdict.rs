//! What the Reviewer decided.

use crate::agent::reply::plain::plain;

/// The Reviewer's decision on a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub approved: bool,
    /// What to mend; empty when approved.
    pub notes: String,
}

const APPROVING: [&str; 8] =
    ["approve", "approved", "approval", "finish", "finished", "accept", "accepted", "approves"];
const REVISING: [&str; 7] = ["revise", "revised", "revision", "revisions", "rewrite", "reject", "rejected"];
const NEGATING: [&str; 9] = ["no", "not", "without", "never", "don't", "doesn't", "isn't", "cannot", "needn't"];

/// Reads an answer of the Reviewer. The first deciding word counts, turned round by a `no` or `not` shortly before
/// it. Without one, or without a word on what to mend, the draft is approved: the number of revisions is capped, and
/// a draft that nobody can mend is not better for being sent back.
#[must_use]
pub fn verdict(answer: &str) -> Verdict {
    let approved = decision(answer).unwrap_or(true);
    let notes = if approved { String::new() } else { notes(answer) };
    Verdict { approved: approved || notes.is_empty(), notes }
}

fn decision(answer: &str) -> Option<bool> {
    // Chinese has no spaces between words, so its two words are looked for at the beginning.
    let bare = answer.trim_start_matches(|c: char| !c.is_alphanumeric());
    if bare.starts_with("通过") || bare.starts_with("修改") {
        return Some(bare.starts_with("通过"));
    }
    let lower = answer.to_lowercase();
    let words: Vec<&str> = lower.split(is_gap).map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).collect();
    words.iter().enumerate().find_map(|(at, word)| {
        let approves = match word {
            word if APPROVING.contains(word) => true,
            word if REVISING.contains(word) => false,
            _ => return None,
        };
        let negated = words[at.saturating_sub(3)..at].iter().any(|word| NEGATING.contains(word));
        Some(approves != negated)
    })
}

/// What stands between words, in English or in Chinese.
fn is_gap(character: char) -> bool {
    character.is_whitespace() || matches!(character, '：' | '，' | '。')
}

/// Everything but the deciding word, if it says anything.
fn notes(answer: &str) -> String {
    let notes = plain(answer);
    let notes = notes.trim_start_matches(|c: char| !c.is_alphanumeric());
    let first = notes.split(is_gap).next().unwrap_or_default();
    let first_word = first.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let rest = match notes.strip_prefix("修改") {
        Some(rest) => rest,
        None if REVISING.contains(&first_word.as_str()) => &notes[first.len()..],
        None => notes,
    };
    rest.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '"' && c != '[').trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_decision_needs_no_spaces_around_it() {
        assert_eq!(verdict("修改。请说明理由。"), Verdict { approved: false, notes: "请说明理由。".to_owned() });
        assert!(verdict("**通过**").approved);
        assert!(!verdict("REVISE：请说明理由。").approved);
    }
}
