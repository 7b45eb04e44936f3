//! Evidence as a debate sees it: items in a side's bag, citations in a speech, and how a quote stands to its source.

use serde::{Deserialize, Serialize};

/// A passage that a side may cite. Labels (`E1`, `E2`, ...) are unique within the side's bag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvidenceItem {
    /// `E1`, `E2`, ...
    pub label: String,
    /// The source's stable id, for instance a path relative to the evidence folder and a passage number.
    pub source: String,
    pub title: String,
    /// A file path or a web address.
    pub address: String,
    /// The passage, raw.
    pub text: String,
    /// Relevance to the query, higher is better; comparable within one query only.
    pub score: f64,
}

/// How a quotation stands to the text it is said to come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The quoted words stand in the source.
    Verified,
    /// Nearly the quoted words stand in the source.
    Close,
    /// The source exists and does not say it, or there is no such source.
    Absent,
    /// The speech cites the source and quotes nothing from it.
    Unquoted,
}

/// One `[E3]` in a speech.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    pub label: String,
    /// The words in quotation marks before the label, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    pub standing: Standing,
}
