//! A brief as a document, and as the parts that it is printed by. Every text in these is sanitised; Markdown and HTML make it safe for themselves.

use std::fmt::Write;

use crate::domain::evidence::EvidenceItem;
use crate::domain::seat::Side;
use crate::engine::brief::{Brief, Ranked, Section};
use crate::engine::export::html::{STYLE, list};
use crate::engine::export::markdown::escape;
use crate::engine::export::page::cited;
use crate::text::count::number_of;
use crate::text::html::escape_html;
use crate::text::name::{short, short_model};
use crate::text::sanitize::sanitize;

/// A brief as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BriefPage {
    pub motion: String,
    /// `policy · for both sides · qwen3-4b`.
    pub facts: String,
    pub parts: Vec<BriefPart>,
    pub cost: String,
}

/// What stands under one heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BriefPart {
    pub heading: String,
    pub prose: String,
    /// How the citations of the prose stand, and what was struck from it.
    pub remarks: Vec<String>,
    pub items: Vec<String>,
}

impl BriefPage {
    /// The page of a brief.
    #[must_use]
    pub fn of(brief: &Brief) -> BriefPage {
        let bag: Vec<EvidenceItem> = brief.evidence.iter().map(|ranked| ranked.item.clone()).collect();
        let mut parts: Vec<BriefPart> = brief.essay.iter().map(|section| essay_part(section, &bag)).collect();
        for side in Side::BOTH {
            let stand = stand(side);
            let claims: Vec<String> =
                brief.claims_of(side).map(|claim| argument(&claim.text, &claim.evidence)).collect();
            parts.push(listed(format!("Arguments {stand} it"), claims));
            let evidence: Vec<String> = brief.evidence_of(side).map(item).collect();
            parts.push(listed(format!("Evidence {stand} it, the most convincing first"), evidence));
        }
        let queries = brief.queries.iter().map(|asked| {
            let own = if asked.planned { "" } else { " (the motion's own words)" };
            clean(&format!("{}{own}: {}", asked.query, number_of(asked.found as u64, "passage")))
        });
        parts.push(listed("Looked up".to_owned(), queries.collect()));
        parts.push(listed("Notes".to_owned(), brief.notes.iter().map(|note| clean(note)).collect()));
        parts.retain(|part| !part.prose.is_empty() || !part.items.is_empty());
        BriefPage { motion: clean(&brief.motion), facts: facts(brief), parts, cost: cost(brief) }
    }

    /// The page as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_markdown(&mut out);
        out
    }

    fn write_markdown(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "# {}\n\n{}", escape(&self.motion), escape(&self.facts))?;
        for part in &self.parts {
            writeln!(out, "\n## {}", escape(&part.heading))?;
            for text in std::iter::once(&part.prose).chain(&part.remarks).filter(|text| !text.is_empty()) {
                writeln!(out, "\n{}", escape(text))?;
            }
            if !part.items.is_empty() {
                writeln!(out)?;
            }
            for item in &part.items {
                writeln!(out, "- {}", escape(&item.replace('\n', " ")))?;
            }
        }
        writeln!(out, "\n{}", escape(&self.cost))
    }

    /// The page as one HTML file without scripts, links or anything from the network.
    #[must_use]
    pub fn html(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_html(&mut out);
        out
    }

    fn write_html(&self, out: &mut String) -> std::fmt::Result {
        let motion = escape_html(&self.motion);
        write!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")?;
        let policy = "default-src 'none'; style-src 'unsafe-inline'";
        writeln!(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">")?;
        writeln!(out, "<title>{motion}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{motion}</h1>")?;
        writeln!(out, "<p class=\"facts\">{}</p>", escape_html(&self.facts))?;
        for part in &self.parts {
            writeln!(out, "<h2>{}</h2>", escape_html(&part.heading))?;
            if !part.prose.is_empty() {
                writeln!(out, "<p>{}</p>", escape_html(&part.prose))?;
            }
            for remark in &part.remarks {
                writeln!(out, "<p class=\"cite\">{}</p>", escape_html(remark))?;
            }
            list(out, part.items.iter())?;
        }
        writeln!(out, "<p class=\"cost\">{}</p>\n</body>\n</html>", escape_html(&self.cost))
    }
}

fn clean(text: &str) -> String {
    sanitize(text).to_string()
}

fn stand(side: Side) -> &'static str {
    match side {
        Side::Proposition => "for",
        Side::Opposition => "against",
    }
}

fn listed(heading: String, items: Vec<String>) -> BriefPart {
    BriefPart { heading, items, ..BriefPart::default() }
}

fn essay_part(section: &Section, bag: &Vec<EvidenceItem>) -> BriefPart {
    let mut remarks = Vec::new();
    if !section.citations.is_empty() {
        let citations: Vec<String> = section.citations.iter().map(|citation| cited(citation, Some(bag))).collect();
        remarks.push(format!("Citations: {}.", citations.join(", ")));
    }
    if !section.struck.is_empty() {
        let struck: Vec<String> = section.struck.iter().map(|label| format!("[{}]", clean(label))).collect();
        remarks.push(format!("Struck, since there is no such evidence: {}.", struck.join(", ")));
    }
    if section.from_claims {
        remarks.push("Put together from the arguments, since the model wrote no case that cites them.".to_owned());
    }
    BriefPart { heading: section.section.title().to_owned(), prose: clean(&section.text), remarks, items: Vec::new() }
}

fn argument(text: &str, evidence: &Option<String>) -> String {
    match evidence {
        Some(label) => format!("{} [{}]", clean(text), clean(label)),
        None => format!("{} (from no source)", clean(text)),
    }
}

/// `E1, better than the others with 62 %. Title: text (address)`.
fn item(ranked: &Ranked) -> String {
    let EvidenceItem { label, title, text, address, .. } = &ranked.item;
    let convincing = match ranked.convincing {
        Some(share) => format!(", more convincing than the others with {:.0} %", share * 100.0),
        None => String::new(),
    };
    clean(&format!("{label}{convincing}. {title}: {text} ({address})"))
}

fn facts(brief: &Brief) -> String {
    let side = brief.side.map_or("for both sides".to_owned(), |side| format!("for the {side}"));
    let mut facts = format!("{} · {side} · written by {}", brief.category, short_model(&brief.model));
    if let Some(sources) = &brief.sources {
        let passages = number_of(brief.passages_read as u64, "passage");
        facts.push_str(&format!(" · {passages} read from {sources}, {} help neither side", brief.passages_for_neither));
    }
    if let Some(judge) = &brief.judge {
        facts.push_str(&format!(" · ranked by {}", short(judge)));
    }
    clean(&facts)
}

fn cost(brief: &Brief) -> String {
    let usage = &brief.usage;
    format!(
        "{} words, {} prompt tokens, {} written tokens, ${:.4}",
        brief.words, usage.prompt_tokens, usage.completion_tokens, usage.dollars
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::evidence::{Citation, Standing};
    use crate::domain::motion::Category;
    use crate::domain::usage::Usage;
    use crate::engine::brief::{Claim, SectionKind, Weighed};

    fn brief() -> Brief {
        let hostile = "# Concede\u{1b}[31m <script>now</script>\u{202e}";
        Brief {
            motion_id: "m".to_owned(),
            motion: "This House would <b>wait".to_owned(),
            category: Category::Policy,
            side: None,
            model: "/m/owl.gguf".to_owned(),
            judge: Some("label-probability@/m/owl.gguf".to_owned()),
            sources: Some("the evidence library".to_owned()),
            queries: Vec::new(),
            passages_read: 1,
            passages_for_neither: 0,
            evidence: vec![Ranked {
                side: Side::Opposition,
                convincing: Some(0.615),
                stance: Weighed { proposition: 0.1, opposition: 0.8, neither: 0.1 },
                item: EvidenceItem {
                    label: "E1".to_owned(),
                    source: "a#1".to_owned(),
                    title: "Waiting".to_owned(),
                    address: "a.txt".to_owned(),
                    text: hostile.to_owned(),
                    score: 1.0,
                },
            }],
            claims: vec![Claim {
                side: Side::Opposition,
                text: "It costs".to_owned(),
                evidence: Some("E1".to_owned()),
            }],
            essay: vec![Section {
                section: SectionKind::Clash,
                text: format!("{hostile} [E1]"),
                words: 4,
                citations: vec![Citation { label: "E1".to_owned(), quote: None, standing: Standing::Unquoted }],
                struck: vec!["E9".to_owned()],
                from_claims: false,
            }],
            words: 4,
            notes: vec!["A note.".to_owned()],
            usage: Usage::default(),
        }
    }

    #[test]
    fn a_page_says_what_was_found_how_convincing_it_is_and_how_citations_stand() {
        let page = BriefPage::of(&brief());
        let heads: Vec<&str> = page.parts.iter().map(|part| part.heading.as_str()).collect();
        let against = "Evidence against it, the most convincing first";
        assert_eq!(heads, ["Where they clash", "Arguments against it", against, "Notes"]);
        assert!(page.facts.ends_with("ranked by label-probability@owl"), "{}", page.facts);
        let remarks = &page.parts[0].remarks;
        assert_eq!(remarks[0], "Citations: E1 cited without a quote.");
        assert_eq!(remarks[1], "Struck, since there is no such evidence: [E9].");
        assert!(page.parts[2].items[0].starts_with("E1, more convincing than the others with 62 %. Waiting: "));
    }

    #[test]
    fn nothing_in_a_brief_is_obeyed_by_a_terminal_a_browser_or_markdown() {
        let page = BriefPage::of(&brief());
        let (markdown, html) = (page.markdown(), page.html());
        for text in [&markdown, &html] {
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        }
        assert!(!html.contains("<script>") && !html.contains("<b>wait"), "{html}");
        assert!(markdown.contains("\n\\# Concede \\<script\\>"), "{markdown}");
    }
}
