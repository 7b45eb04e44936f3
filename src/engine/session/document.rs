//! A session as a document: comma-separated values, JSON, or Markdown. Text is made safe for each.

use std::fmt::Write;
use std::path::Path;

use crate::domain::judgement::{Decided, Judgement};
use crate::engine::error::EngineError;
use crate::engine::export::markdown::escape;
use crate::engine::session::board::Board;
use crate::text::json::escape_json;
use crate::text::sanitize::sanitize;

/// The form of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionDocument {
    Csv,
    /// An array of whole judgements, lossless.
    Json,
    Markdown,
}

impl SessionDocument {
    /// The form that a file's ending asks for.
    ///
    /// # Errors
    /// The ending is none of `.csv`, `.json` and `.md`.
    pub fn of(path: &Path) -> Result<SessionDocument, EngineError> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => Ok(SessionDocument::Csv),
            Some("json") => Ok(SessionDocument::Json),
            Some("md") => Ok(SessionDocument::Markdown),
            _ => Err(EngineError::Request(format!(
                "{} does not end in .csv, .json or .md; name the file after its form",
                path.display()
            ))),
        }
    }

    /// The document.
    ///
    /// # Errors
    /// A number in a judgement is not finite.
    pub fn write(self, board: &Board) -> Result<String, EngineError> {
        match self {
            SessionDocument::Csv => Ok(csv(board)),
            SessionDocument::Json => {
                let judgements: Vec<&Judgement> = board.judgements().collect();
                let json = serde_json::to_string_pretty(&judgements);
                json.map(|json| escape_json(&json)).map_err(|error| EngineError::Failed(error.to_string()))
            }
            SessionDocument::Markdown => Ok(markdown(board)),
        }
    }
}

/// The winner in one word: a side, `tie`, `void`, or `unfinished`.
#[must_use]
pub fn outcome(judgement: &Judgement) -> &'static str {
    match &judgement.decided {
        Some(Decided::Ballot(ballot)) => ballot.winner.map_or("tie", |side| side.name()),
        Some(Decided::Void { .. }) => "void",
        None => "unfinished",
    }
}

fn csv(board: &Board) -> String {
    let mut out = "id,date,source,motion,judge,winner,probability,consistency,position_bias,void_reason\n".to_owned();
    for judgement in board.judgements() {
        let ballot = judgement.decided.as_ref().and_then(Decided::ballot);
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.4}"));
        let reason = match &judgement.decided {
            Some(Decided::Void { reason }) => reason.as_str(),
            _ => "",
        };
        let fields = [
            judgement.key.short().to_owned(),
            judgement.at.clone(),
            quoted(&judgement.source),
            quoted(&judgement.transcript.topic),
            quoted(&judgement.judge),
            outcome(judgement).to_owned(),
            number(ballot.map(|ballot| ballot.probability)),
            number(ballot.and_then(|ballot| ballot.consistency)),
            number(ballot.and_then(|ballot| ballot.position_bias)),
            quoted(reason),
        ];
        out.push_str(&fields.join(","));
        out.push('\n');
    }
    out
}

/// A text as one field. A spreadsheet would run a text that begins like a formula; an apostrophe keeps it a text.
fn quoted(text: &str) -> String {
    let clean = sanitize(text).replace('\n', " ");
    let guard = if clean.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{guard}{}\"", clean.replace('"', "\"\""))
}

fn markdown(board: &Board) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_markdown(&mut out, board);
    out
}

fn write_markdown(out: &mut String, board: &Board) -> std::fmt::Result {
    let clean = |text: &str| escape(&sanitize(text).replace('\n', " "));
    writeln!(out, "# Judging session\n\nThe winner, and the probability of the proposition.\n")?;
    let judges: Vec<String> = board.judges.iter().map(|judge| clean(judge)).collect();
    writeln!(out, "| source | {} |\n|---|{}", judges.join(" | "), "---|".repeat(judges.len()))?;
    for row in &board.rows {
        let cells = row.judgements.iter().map(|judgement| judgement.as_ref().map_or_else(String::new, cell));
        writeln!(out, "| {} | {} |", clean(&row.case.source), cells.collect::<Vec<_>>().join(" | "))?;
    }
    let agreements = board.agreements();
    if !agreements.is_empty() {
        writeln!(out)?;
    }
    for agreement in agreements {
        let [one, other] = agreement.judges.map(|judge| &judges[judge]);
        writeln!(out, "- {one} and {other} name the same winner on {} of {}", agreement.same, agreement.both)?;
    }
    for judgement in board.judgements() {
        writeln!(out, "\n## {}, by {}\n", clean(&judgement.source), clean(&judgement.judge))?;
        writeln!(out, "{}: {}", clean(&judgement.transcript.topic), cell(judgement))?;
        match &judgement.decided {
            Some(Decided::Ballot(ballot)) => {
                for line in ballot.reasons.iter().map(|reason| &reason.text).chain(&ballot.cautions) {
                    writeln!(out, "\n- {}", clean(line))?;
                }
            }
            Some(Decided::Void { reason }) => writeln!(out, "\n- {}", clean(reason))?,
            None => {}
        }
    }
    Ok(())
}

fn cell(judgement: &Judgement) -> String {
    let ballot = judgement.decided.as_ref().and_then(Decided::ballot);
    match ballot {
        Some(ballot) => format!("{} {:.1} %", outcome(judgement), ballot.probability * 100.0),
        None => outcome(judgement).to_owned(),
    }
}
