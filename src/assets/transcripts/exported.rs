//! The Markdown that `rhetor export --to md` writes. What it escaped is taken back, so a speech comes back as it was.
//!
//! Ballots and evidence are no speeches. The document does not say which passage a label stood for: the JSON export does.

use crate::assets::error::AssetError;
use crate::assets::transcripts::shape::{Given, shaped};
use crate::assets::transcripts::sides::{side_of, stage_of};
use crate::assets::transcripts::{Sourced, unusable};
use crate::domain::format::StageKind;
use crate::domain::seat::Side;
use crate::domain::transcript::Contest;

const HEADING: &str = "## ";

/// Whether a Markdown text is an export of ours: it has a heading of a speech as only we write it.
#[must_use]
pub fn is_ours(text: &str) -> bool {
    text.lines().any(|line| speech_heading(line).is_some())
}

/// The debate of an export.
///
/// # Errors
/// The motion or a side's speeches are gone.
pub fn read(file: &str, text: &str) -> Result<Sourced, AssetError> {
    let mut given: Vec<Given> = Vec::new();
    let mut in_speech = false;
    let mut topic = String::new();
    // Lines of text never begin with the sign of a heading: the export escapes it.
    for line in text.lines() {
        if let Some((side, stage)) = speech_heading(line) {
            given.push(Given { side, stage: Some(stage), text: String::new() });
            in_speech = true;
        } else if line.starts_with(HEADING) {
            in_speech = false;
        } else if let Some(motion) = line.strip_prefix("# ") {
            topic = unescaped(motion);
        } else if let Some(speech) = given.last_mut().filter(|_| in_speech) {
            speech.text.push_str(line);
            speech.text.push('\n');
        }
    }
    for speech in &mut given {
        let text = without_last(&speech.text, is_cost);
        speech.text = unescaped(without_last(text, are_citations));
    }
    let transcript = shaped(Contest::Debate, &topic, given).map_err(|reason| unusable(file, reason))?;
    Ok(Sourced { source: file.to_owned(), transcript })
}

/// Side and stage of `## 1\. Proposition, constructive (118 words)`.
fn speech_heading(line: &str) -> Option<(Side, StageKind)> {
    let heading = unescaped(line.strip_prefix(HEADING)?);
    let (number, rest) = heading.split_once(". ")?;
    let (side, rest) = rest.split_once(", ")?;
    let (stage, words) = rest.strip_suffix(" words)")?.split_once(" (")?;
    let numbers = [number, words].iter().all(|number| number.parse::<usize>().is_ok());
    if numbers { Some((side_of(side)?, stage_of(stage)?)) } else { None }
}

/// A text without its last paragraph, if that is what is looked for.
fn without_last(text: &str, is_wanted: impl Fn(&str) -> bool) -> &str {
    let text = text.trim_end();
    match text.rsplit_once("\n\n") {
        Some((before, last)) if is_wanted(last) => before,
        _ => text,
    }
}

/// The line of what the debate cost, which ends the document.
fn is_cost(paragraph: &str) -> bool {
    let parts: Vec<&str> = paragraph.split(", ").collect();
    matches!(parts[..], [read, written, dollars]
        if read.ends_with(" prompt tokens") && written.ends_with(" written tokens") && dollars.starts_with('$'))
}

/// The line that says how each citation stands.
fn are_citations(paragraph: &str) -> bool {
    let listed = paragraph.strip_prefix("Citations: ").and_then(|rest| rest.strip_suffix('.'));
    listed.is_some_and(|listed| {
        listed.split(", ").all(|citation| {
            let standing = citation.split_once(' ').map(|(_, standing)| standing);
            matches!(standing, Some("verified" | "close" | "absent" | "unquoted"))
        })
    })
}

/// A text without the backslashes that Markdown takes as escapes.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\\'
            && let Some(escaped) = characters.next_if(char::is_ascii_punctuation)
        {
            out.push(escaped);
        } else {
            out.push(character);
        }
    }
    out
}
