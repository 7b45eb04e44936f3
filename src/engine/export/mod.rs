//! Documents of a debate: Markdown, HTML and JSON, from the same fold as the screen. Text is made safe for each.

pub mod brief;
pub(super) mod html;
pub(super) mod markdown;
pub(super) mod page;

use serde::{Deserialize, Serialize};

use crate::domain::audience::Swing;
use crate::domain::event::Entry;
use crate::engine::error::EngineError;
use crate::text::json::escape_json;

/// The form of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    Markdown,
    Html,
    /// The log itself, one array, lossless.
    Json,
}

impl ExportFormat {
    /// The usual ending of a file name.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            ExportFormat::Markdown => "md",
            ExportFormat::Html => "html",
            ExportFormat::Json => "json",
        }
    }
}

/// Makes a document of a debate's log, and of how its audience moved.
///
/// # Errors
/// The log is empty, or does not begin with an opening.
pub fn document(entries: &[Entry], swing: Option<Swing>, format: ExportFormat) -> Result<String, EngineError> {
    if let ExportFormat::Json = format {
        let json = serde_json::to_string_pretty(entries).map_err(|error| EngineError::Failed(error.to_string()))?;
        return Ok(escape_json(&json));
    }
    let page = page::Page::of(entries)
        .ok_or_else(|| EngineError::Request("the debate has no opening, so there is nothing to export".to_owned()))?
        .before_audience(swing);
    Ok(match format {
        ExportFormat::Markdown => markdown::render(&page),
        ExportFormat::Html | ExportFormat::Json => html::render(&page),
    })
}
