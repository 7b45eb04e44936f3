//! What a machine sees in a draft: places that were never filled in, citations of nothing, sentences that repeat or turn round what the team
//! said before. The Reviewer is told all of it; a fault sends the draft back whatever the Reviewer says.

use regex::Regex;
use std::sync::LazyLock;

use crate::text::citations::citations;
use crate::text::echo::{contradicted, repeated};
use crate::text::sanitize::one_line;

/// Remarks of each kind that are told.
const MOST: usize = 2;
/// Columns of a sentence in a remark.
const LONGEST: usize = 160;

/// `[insert figure]`, `[your name]`, `<name>`, `XX %`: what a model leaves to others to fill in.
static UNFILLED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let told = r"(?i)\[(?:insert|your|name|add|fill|source|citation|topic|x+|\.\.\.)[^\]]{0,40}\]|<(?:insert|your|name)[^>]{0,40}>|\bXX+\b";
    Regex::new(told).ok()
});

/// What is seen in a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// What must be mended: nobody can argue about it.
    pub faults: Vec<String>,
    /// What the Reviewer should look at.
    pub hints: Vec<String>,
}

impl Remarks {
    /// Of a draft by a team that may cite `labels` and said `before`.
    #[must_use]
    pub fn of(draft: &str, labels: &[&str], before: &[&str]) -> Remarks {
        let mut faults = Vec::new();
        if let Some(found) = UNFILLED.as_ref().and_then(|unfilled| unfilled.find(draft)) {
            faults.push(format!("\"{}\" was never filled in.", shown(found.as_str())));
        }
        let mut unknown: Vec<String> = citations(draft).into_iter().map(|one| one.label).collect();
        unknown.retain(|label| !labels.contains(&label.as_str()));
        unknown.dedup();
        faults.extend(unknown.into_iter().take(MOST).map(|label| format!("There is no source [{label}].")));
        let turned = contradicted(draft, before).into_iter().take(MOST);
        let mut hints: Vec<String> = turned
            .map(|(now, then)| format!("\"{}\" seems to contradict what we said: \"{}\"", shown(now), shown(then)))
            .collect();
        let again = repeated(draft, before).into_iter().take(MOST);
        hints.extend(again.map(|sentence| format!("\"{}\" repeats what we said before.", shown(sentence))));
        Remarks { faults, hints }
    }

    /// All of it, faults first.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.faults.iter().chain(&self.hints).cloned().collect()
    }
}

fn shown(sentence: &str) -> String {
    one_line(sentence, LONGEST).into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_open_and_what_cites_nothing_are_faults() {
        let draft = "Bans save [insert figure] a year [E1]. They also work [E7].";
        let remarks = Remarks::of(draft, &["E1"], &[]);
        assert_eq!(remarks.faults, ["\"[insert figure]\" was never filled in.", "There is no source [E7]."]);
        assert_eq!(Remarks::of("Bans work [E1], and shops gain.", &["E1"], &[]), Remarks::default());
    }

    #[test]
    fn what_was_said_before_or_is_turned_round_is_a_hint() {
        let before = ["A ban reduces litter on beaches and rivers everywhere."];
        let again = Remarks::of("A ban reduces litter on beaches and rivers everywhere.", &[], &before);
        assert!(again.hints[0].ends_with("repeats what we said before.") && again.faults.is_empty());
        let turned = Remarks::of("A ban increases litter on beaches and rivers everywhere.", &[], &before);
        assert!(turned.hints[0].contains("seems to contradict what we said"), "{turned:?}");
    }
}
