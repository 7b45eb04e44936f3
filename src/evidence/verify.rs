//! Checks the citations of a speech against the side's evidence bag.

use crate::domain::evidence::{Citation, EvidenceItem, Standing};
use crate::text::citations::citations;
use crate::text::quote::difference::difference;
use crate::text::quote::standing;

/// Every citation of a speech in order, with how it stands: absent where the bag holds no such label or the source
/// does not say it, unquoted where nothing is quoted. A side without evidence that cites is absent throughout.
#[must_use]
pub fn verify(text: &str, bag: &[EvidenceItem]) -> Vec<Citation> {
    let checked = citations(text).into_iter().map(|cited| {
        let item = bag.iter().find(|item| item.label == cited.label);
        let standing = match (item, &cited.quote) {
            (None, _) => Standing::Absent,
            (Some(_), None) => Standing::Unquoted,
            (Some(item), Some(quote)) => standing(quote, &item.text),
        };
        Citation { label: cited.label, quote: cited.quote, standing }
    });
    checked.collect()
}

/// In what the quote of a citation that is close differs from its source, as a word diff: what only the source says in `[-…-]`,
/// what only the speech says in `{+…+}`. `None` for every other citation. Raw.
#[must_use]
pub fn deviation(citation: &Citation, bag: &[EvidenceItem]) -> Option<String> {
    let quote = citation.quote.as_ref().filter(|_| citation.standing == Standing::Close)?;
    let item = bag.iter().find(|item| item.label == citation.label)?;
    difference(quote, &item.text).map(|difference| difference.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bag() -> Vec<EvidenceItem> {
        vec![EvidenceItem {
            label: "E1".to_owned(),
            source: "tax.txt#1".to_owned(),
            title: "Tax".to_owned(),
            address: "tax.txt".to_owned(),
            text: "The tax on plastic bags cut their use by half within two years.".to_owned(),
            score: 1.0,
        }]
    }

    #[test]
    fn each_citation_is_checked_against_its_source() {
        let speech = "It worked: \"the tax on plastic bags cut their use\" [E1]. All agree [E1]. They said \"the tax has cut jobs \
                      by half\" [E1]. And \"the sea recovered fully\" [E9].";
        let standings: Vec<Standing> = verify(speech, &bag()).into_iter().map(|citation| citation.standing).collect();
        assert_eq!(standings, [Standing::Verified, Standing::Unquoted, Standing::Absent, Standing::Absent]);
    }

    #[test]
    fn a_quote_that_is_close_is_shown_beside_its_source() {
        let speech = "\"The tax on plastic bags cut its use by half\" [E1]. \"Cut their use by half\" [E1].";
        let citations = verify(speech, &bag());
        assert_eq!(citations[0].standing, Standing::Close);
        let shown = deviation(&citations[0], &bag()).unwrap();
        assert_eq!(shown, "The tax on plastic bags cut [-their-] {+its+} use by half");
        assert_eq!(deviation(&citations[1], &bag()), None, "it is verified");
        assert_eq!(deviation(&citations[0], &[]), None);
    }

    #[test]
    fn without_evidence_every_citation_is_absent() {
        assert_eq!(verify("As [E1] shows.", &[])[0].standing, Standing::Absent);
        assert_eq!(verify("No sources were given.", &[]), []);
    }
}
