//! The essay of a brief, section by section: no small model writes a whole one in one go. What it wrote is brought into plain prose of a
//! bounded length, citations of what nobody gave it are struck, and the others are checked against their sources.

use serde_json::{Value, json};

use crate::agent::reply::plain;
use crate::agent::stance::sentence;
use crate::domain::evidence::EvidenceItem;
use crate::domain::seat::Side;
use crate::engine::brief::author::{Author, Wanted};
use crate::engine::brief::claims::{key_sentence, of};
use crate::engine::brief::paper::{Claim, Ranked, Section, SectionKind};
use crate::engine::brief::{Watch, shown, step};
use crate::engine::error::EngineError;
use crate::evidence::verify;
use crate::text::citations::strike;
use crate::text::sanitize::sanitize;
use crate::text::words::{count_words, cut_at_sentence, cut_unfinished};

const WRITING: &str = "writing the essay";
/// Words of a source that a section may quote at once.
const QUOTED: usize = 32;
/// Fewer words say nothing.
const LEAST_WORDS: usize = 5;
/// How often a section is asked for, and what the answers are drawn with.
const TEMPERATURES: [f64; 2] = [0.0, 0.7];

/// The sections for a side, or for both, each with its most words: at most 350 together.
fn outline(side: Option<Side>) -> Vec<(SectionKind, usize)> {
    let mut outline = vec![(SectionKind::Meaning, 60), (SectionKind::Standard, 45)];
    let case = |side| match side {
        Side::Proposition => SectionKind::Proposition,
        Side::Opposition => SectionKind::Opposition,
    };
    match side {
        Some(side) => outline.push((case(side), 120)),
        None => outline.extend(Side::BOTH.map(|side| (case(side), 70))),
    }
    outline.extend([(SectionKind::Clash, 60), (SectionKind::Expect, 45)]);
    outline
}

/// Writes the essay. A section of which the model makes nothing is left out, or put together from the claims. `None` if it was stopped.
///
/// # Errors
/// As [`Author::write`].
pub(super) async fn write(
    author: &Author<'_>,
    evidence: &[Ranked],
    claims: &[Claim],
    side: Option<Side>,
    watch: &Watch,
) -> Result<Option<Vec<Section>>, EngineError> {
    let bag: Vec<EvidenceItem> = evidence.iter().map(|ranked| ranked.item.clone()).collect();
    let outline = outline(side);
    let mut essay = Vec::new();
    for (done, (kind, words)) in outline.iter().copied().enumerate() {
        step(watch, WRITING, done, outline.len());
        let mut written = None;
        for (ask, temperature) in TEMPERATURES.into_iter().enumerate() {
            let call = format!("brief/essay/{kind}/{ask}");
            let Some(answer) = ask_for(author, (call, temperature), (kind, words), side, claims, &bag).await? else {
                return Ok(None);
            };
            written = section(kind, &answer, words, &bag).filter(|section| holds(section, claims));
            if written.is_some() {
                break;
            }
        }
        essay.extend(written.or_else(|| from_claims(kind, claims, words, &bag)));
    }
    Ok(Some(essay))
}

/// The side whose case a section makes.
fn side_of(kind: SectionKind) -> Option<Side> {
    match kind {
        SectionKind::Proposition => Some(Side::Proposition),
        SectionKind::Opposition => Some(Side::Opposition),
        SectionKind::Meaning | SectionKind::Standard | SectionKind::Clash | SectionKind::Expect => None,
    }
}

/// Sections that the model wrote nothing for, each as a sentence.
pub(super) fn missing(essay: &[Section], side: Option<Side>) -> Vec<String> {
    let is_there = |kind: SectionKind| essay.iter().any(|section| section.section == kind);
    let missing = outline(side).into_iter().filter(|(kind, _)| !is_there(*kind));
    missing.map(|(kind, _)| format!("The model wrote nothing that could stand under \"{}\".", kind.title())).collect()
}

async fn ask_for(
    author: &Author<'_>,
    (call, temperature): (String, f64),
    (kind, words): (SectionKind, usize),
    side: Option<Side>,
    claims: &[Claim],
    bag: &[EvidenceItem],
) -> Result<Option<String>, EngineError> {
    let told: Vec<&Claim> = match (kind, side_of(kind)) {
        (SectionKind::Meaning | SectionKind::Standard, _) => Vec::new(),
        (_, Some(own)) => of(claims, own).collect(),
        (_, None) => claims.iter().collect(),
    };
    let is_case = side_of(kind).is_some();
    let lines = told.iter().map(|claim| author.words("argument", argument(claim, is_case, bag)));
    let arguments = lines.collect::<Result<Vec<String>, EngineError>>()?;
    let labels: Vec<&String> = told.iter().filter_map(|claim| claim.evidence.as_ref()).collect();
    let block = arguments.join("\n");
    let fenced = if block.is_empty() { String::new() } else { author.fence(&block).wrap("arguments", &block) };
    let context = json!({
        "section": kind.name(),
        "background": if kind == SectionKind::Meaning { author.motion.context.trim() } else { "" },
        "arguments": fenced,
        "labels": labels,
        "side": side_of(kind).or(side).map(Side::name).unwrap_or_default(),
        "words": words,
    });
    let (material, tokens) = (!block.is_empty(), u32::try_from(words * 2).unwrap_or(u32::MAX));
    author.write(Wanted { call, prompt: "section", context, material, tokens, temperature }).await
}

/// A claim as a section is told it: in the case of its own side with the words of the source that it rests on, else with its side.
fn argument(claim: &Claim, is_case: bool, bag: &[EvidenceItem]) -> Value {
    let item = bag.iter().find(|item| is_case && claim.evidence.as_ref() == Some(&item.label));
    let key = item.and_then(|item| key_sentence(&claim.text, &shown(item), QUOTED));
    json!({
        "side": if is_case { "" } else { claim.side.name() },
        "claim": cited(claim),
        "source": key.unwrap_or_default(),
        "label": item.map(|item| item.label.as_str()).unwrap_or_default(),
    })
}

/// A claim as a sentence with the label that it rests on.
fn cited(claim: &Claim) -> String {
    match &claim.evidence {
        Some(label) => format!("{} [{label}]", sentence(&claim.text)),
        None => sentence(&claim.text),
    }
}

/// What an answer comes to under a heading; `None` where it says nothing.
fn section(kind: SectionKind, answer: &str, most: usize, bag: &[EvidenceItem]) -> Option<Section> {
    let text = sanitize(&plain(answer)).into_string();
    let (text, _) = cut_unfinished(&text);
    let (text, _) = cut_at_sentence(&text, most);
    let known = |label: &str| bag.iter().any(|item| item.label == label);
    let (text, struck) = strike(&text, known);
    let words = count_words(&text);
    let citations = verify(&text, bag);
    (words >= LEAST_WORDS).then_some(Section { section: kind, text, words, citations, struck, from_claims: false })
}

/// Whether a case cites what it rests on; the other sections need not.
fn holds(section: &Section, claims: &[Claim]) -> bool {
    let Some(side) = side_of(section.section) else { return true };
    let own: Vec<&String> = of(claims, side).filter_map(|claim| claim.evidence.as_ref()).collect();
    own.is_empty() || section.citations.iter().any(|cited| own.contains(&&cited.label))
}

/// The case of a side as its claims, one after the other.
fn from_claims(kind: SectionKind, claims: &[Claim], most: usize, bag: &[EvidenceItem]) -> Option<Section> {
    let text = of(claims, side_of(kind)?).map(cited).collect::<Vec<_>>().join(" ");
    section(kind, &text, most, bag).map(|section| Section { from_claims: true, ..section })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::evidence::Standing;

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

    fn claim(text: &str, label: Option<&str>) -> Claim {
        Claim { side: Side::Proposition, text: text.to_owned(), evidence: label.map(str::to_owned) }
    }

    #[test]
    fn an_essay_has_at_most_350_words_for_whichever_side() {
        for side in [None, Some(Side::Proposition), Some(Side::Opposition)] {
            let outline = outline(side);
            assert!(outline.iter().map(|(_, words)| words).sum::<usize>() <= 350);
            let cases = outline.iter().filter_map(|(kind, _)| side_of(*kind)).collect::<Vec<_>>();
            assert_eq!(cases, side.map_or(Side::BOTH.to_vec(), |side| vec![side]));
        }
    }

    #[test]
    fn a_section_is_plain_prose_whose_citations_are_checked_and_those_of_nothing_struck() {
        let answer = "## Case\n- **It works**: \"the tax on plastic bags cut their use\" [E1].\n- They said \"the tax has cut jobs by \
                      half\" [E1], as [E9] shows. Then the";
        let section = section(SectionKind::Proposition, answer, 70, &bag()).unwrap();
        assert!(!section.text.contains(['#', '*']) && !section.text.contains("E9"), "{}", section.text);
        assert!(section.text.ends_with("shows."), "the unfinished end is gone: {}", section.text);
        let standings: Vec<Standing> = section.citations.iter().map(|citation| citation.standing).collect();
        assert_eq!((standings, section.struck), (vec![Standing::Verified, Standing::Absent], vec!["E9".to_owned()]));
        let long = "The tax works well here. ".repeat(60);
        assert!(super::section(SectionKind::Clash, &long, 60, &[]).is_some_and(|section| section.words <= 60));
        assert_eq!(super::section(SectionKind::Clash, "\u{1b}[31m Yes.", 60, &[]), None);
    }

    #[test]
    fn a_case_that_cites_nothing_gives_way_to_the_claims() {
        let claims = [claim("Taxes work because people pay them", Some("E1")), claim("Nobody likes litter.", None)];
        let uncited = section(SectionKind::Proposition, "Everybody knows that taxes work.", 70, &bag()).unwrap();
        assert!(!holds(&uncited, &claims));
        assert!(holds(&uncited, &claims[1..]), "nothing could be cited");
        let put_together = from_claims(SectionKind::Proposition, &claims, 70, &bag()).unwrap();
        assert_eq!(put_together.text, "Taxes work because people pay them. [E1] Nobody likes litter.");
        assert!(put_together.from_claims && holds(&put_together, &claims));
        assert_eq!(from_claims(SectionKind::Clash, &claims, 70, &bag()), None);
        assert_eq!(missing(&[put_together], Some(Side::Proposition)).len(), 4);
    }

    #[test]
    fn a_case_is_told_the_words_that_a_claim_rests_on() {
        let case = argument(&claim("The tax cut the use of bags", Some("E1")), true, &bag());
        assert_eq!(case["claim"], "The tax cut the use of bags. [E1]");
        assert_eq!(case["source"], "The tax on plastic bags cut their use by half within two years.");
        assert_eq!((&case["label"], &case["side"]), (&json!("E1"), &json!("")));
        assert_eq!(argument(&claim("Bags", None), true, &bag())["source"], "");
        let beside = argument(&claim("Bags", Some("E1")), false, &bag());
        assert_eq!((&beside["side"], &beside["source"]), (&json!("proposition"), &json!("")));
    }
}
