//! Citations: whether the source is in the side's bag, and whether the quoted words stand in it.

use crate::domain::evidence::Standing;
use crate::domain::transcript::Transcript;
use crate::judge::checks::Claim;
use crate::text::sentences::sentences;

/// The cited sentences of a speech, as they stood when it was delivered.
pub(super) fn claims(transcript: &Transcript, speech: usize) -> Vec<Claim> {
    let Some(spoken) = transcript.speeches.get(speech) else { return Vec::new() };
    let bag = transcript.sources.get(&spoken.side).map_or(&[][..], Vec::as_slice);
    let sentences = sentences(&spoken.text);
    let claim = |citation: &crate::domain::evidence::Citation| {
        let mark = format!("[{}", citation.label);
        let sentence = sentences.iter().find(|sentence| sentence.contains(&mark) || names(sentence, &citation.label));
        let item = bag.iter().find(|item| item.label == citation.label);
        let title = item.map_or(citation.label.as_str(), |item| item.title.as_str());
        let (finding, holds) = match (citation.standing, item) {
            (_, None) => (format!("There is no source {}.", citation.label), false),
            (Standing::Verified, _) => (format!("The quoted words stand in \"{title}\"."), true),
            (Standing::Close, _) => (format!("Nearly the quoted words stand in \"{title}\"."), true),
            (Standing::Absent, _) => (format!("The quoted words do not stand in \"{title}\"."), false),
            (Standing::Unquoted, _) => (format!("Nothing is quoted from \"{title}\"."), true),
        };
        let text = sentence.map_or_else(|| citation.label.clone(), |sentence| (*sentence).to_owned());
        Claim { text, finding, holds, source: item.map(|item| item.label.clone()) }
    };
    spoken.citations.iter().map(claim).collect()
}

/// Whether a group of labels in the sentence holds this one.
fn names(sentence: &str, label: &str) -> bool {
    let inside = sentence.split('[').skip(1).filter_map(|rest| rest.split(']').next());
    inside.flat_map(|group| group.split([',', ';', ' '])).any(|name| name.trim() == label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::evidence::{Citation, EvidenceItem};
    use crate::domain::seat::Side;
    use crate::judge::rehearsal::transcript;

    #[test]
    fn a_false_quote_and_a_source_that_is_not_there_are_found() {
        let mut debate = transcript(&["Streets were \"four degrees cooler\" [E1]. Crime fell [E1, E9]."]);
        let cite = |label: &str, standing| Citation { label: label.to_owned(), quote: None, standing };
        debate.speeches[0].citations =
            vec![cite("E1", Standing::Absent), cite("E1", Standing::Unquoted), cite("E9", Standing::Absent)];
        let item = EvidenceItem {
            label: "E1".to_owned(),
            source: "trees.md#1".to_owned(),
            title: "Trees".to_owned(),
            address: "trees.md".to_owned(),
            text: "Streets were two degrees cooler.".to_owned(),
            score: 1.0,
        };
        debate.sources.insert(Side::Proposition, vec![item]);
        let found = claims(&debate, 0);
        let findings: Vec<_> = found.iter().map(|claim| (claim.finding.as_str(), claim.holds)).collect();
        assert_eq!(
            findings,
            [
                ("The quoted words do not stand in \"Trees\".", false),
                ("Nothing is quoted from \"Trees\".", true),
                ("There is no source E9.", false)
            ]
        );
        assert_eq!(found[2].text, "Crime fell [E1, E9].");
        assert_eq!(found[2].source, None);
    }
}
