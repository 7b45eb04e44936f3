//! What a brief says, before it has a form. Its texts are raw.

use std::fmt;

use serde::Serialize;

use crate::domain::evidence::{Citation, EvidenceItem};
use crate::domain::motion::Category;
use crate::domain::seat::Side;
use crate::domain::usage::Usage;
use crate::evidence::query_score::QueryScore;

/// A brief on one motion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Brief {
    pub motion_id: String,
    pub motion: String,
    pub category: Category,
    /// The side that it prepares for; `None` where it is both.
    pub side: Option<Side>,
    pub model: String,
    /// Who ranked the evidence, `RECIPE@MODEL`; `None` where there was nothing to compare.
    pub judge: Option<String>,
    /// Where the passages are from, for people; `None` without sources.
    pub sources: Option<String>,
    pub queries: Vec<Asked>,
    pub passages_read: usize,
    pub passages_for_neither: usize,
    /// What was kept: side by side, the most convincing first.
    pub evidence: Vec<Ranked>,
    pub claims: Vec<Claim>,
    pub essay: Vec<Section>,
    /// Words of the essay.
    pub words: usize,
    /// What a reader must know to weigh it, each a sentence.
    pub notes: Vec<String>,
    pub usage: Usage,
}

impl Brief {
    /// The evidence of a side, the most convincing first.
    pub fn evidence_of(&self, side: Side) -> impl Iterator<Item = &Ranked> {
        self.evidence.iter().filter(move |ranked| ranked.side == side)
    }

    /// The claims of a side.
    pub fn claims_of(&self, side: Side) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(move |claim| claim.side == side)
    }
}

/// A query and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Asked {
    pub query: String,
    /// Whether the model planned it; else it is made of the motion's own words.
    pub planned: bool,
    pub found: usize,
    pub score: QueryScore,
}

/// Which side a passage helps, three shares that make 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Weighed {
    pub proposition: f64,
    pub opposition: f64,
    pub neither: f64,
}

impl Weighed {
    #[must_use]
    pub fn of(&self, side: Side) -> f64 {
        match side {
            Side::Proposition => self.proposition,
            Side::Opposition => self.opposition,
        }
    }

    /// The side that it helps; `None` if it is likelier that it helps neither.
    #[must_use]
    pub fn side(&self) -> Option<Side> {
        let side = if self.proposition >= self.opposition { Side::Proposition } else { Side::Opposition };
        (self.of(side) > self.neither).then_some(side)
    }
}

/// A passage that was kept for a side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranked {
    pub side: Side,
    /// The mean probability, 0 to 1, that it is better evidence than another one of its side; `None` where nothing was compared.
    pub convincing: Option<f64>,
    pub stance: Weighed,
    #[serde(flatten)]
    pub item: EvidenceItem,
}

/// An argument of a side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    pub side: Side,
    /// One sentence.
    pub text: String,
    /// The label of the evidence that it rests on; `None` if it rests on none.
    pub evidence: Option<String>,
}

/// What a section is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    Meaning,
    Standard,
    Proposition,
    Opposition,
    Clash,
    Expect,
}

impl SectionKind {
    /// The name as it is written in data and prompts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SectionKind::Meaning => "meaning",
            SectionKind::Standard => "standard",
            SectionKind::Proposition => "proposition",
            SectionKind::Opposition => "opposition",
            SectionKind::Clash => "clash",
            SectionKind::Expect => "expect",
        }
    }

    /// The name as a heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            SectionKind::Meaning => "What the motion means",
            SectionKind::Standard => "By what to judge it",
            SectionKind::Proposition => "The best case for it",
            SectionKind::Opposition => "The best case against it",
            SectionKind::Clash => "Where they clash",
            SectionKind::Expect => "What to expect",
        }
    }
}

impl fmt::Display for SectionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A section of the essay.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    pub section: SectionKind,
    pub text: String,
    pub words: usize,
    pub citations: Vec<Citation>,
    /// Labels that the model cited and nobody gave it: they are not in the text any more.
    pub struck: Vec<String>,
    /// Whether it is put together from the claims, since the model wrote nothing that could stand there.
    pub from_claims: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_is_for_the_likelier_side_or_for_none() {
        let side = |proposition, opposition, neither| Weighed { proposition, opposition, neither }.side();
        assert_eq!(side(0.5, 0.3, 0.2), Some(Side::Proposition));
        assert_eq!(side(0.2, 0.45, 0.35), Some(Side::Opposition));
        assert_eq!(side(0.3, 0.3, 0.4), None);
        assert_eq!(side(0.4, 0.2, 0.4), None);
    }
}
