//! What a machine can check in a speech, each finding logged in the ballot (after Themis, arXiv 2310.01045).
//!
//! A tool speaks only of what it is sure to have understood: a sum that it cannot read is no finding.

mod calculator;
mod dates;
mod opponent;
mod sources;

use crate::domain::ballot::Check;
use crate::domain::recipe::Tool;
use crate::domain::transcript::Transcript;

/// Cited sentences that a model is asked about at the most.
const MOST_FACTS: usize = 12;

/// Everything that these tools find, speech by speech.
pub(super) fn checks(transcript: &Transcript, tools: &[Tool]) -> Vec<Check> {
    let mut found = Vec::new();
    for speech in 0..transcript.speeches.len() {
        for tool in tools {
            let claims = match tool {
                Tool::Calculator => calculator::claims(&transcript.speeches[speech].text),
                Tool::Dates => dates::claims(&transcript.speeches[speech].text),
                Tool::Quotes => opponent::claims(transcript, speech),
                Tool::Sources => sources::claims(transcript, speech),
            };
            found.extend(claims.into_iter().map(|claim| Check {
                tool: *tool,
                speech,
                claim: claim.text,
                finding: claim.finding,
                holds: claim.holds,
                source: claim.source,
                correct: None,
            }));
        }
    }
    found
}

/// The cited sentences that a model is asked about: faithful or not, is it correct (TRM)?
pub(super) fn facts(checks: &[Check]) -> impl Iterator<Item = (usize, &Check)> {
    checks.iter().enumerate().filter(|(_, check)| check.source.is_some()).take(MOST_FACTS)
}

/// Something that a speech says, and how it stands.
struct Claim {
    text: String,
    /// A sentence for people and for the judge.
    finding: String,
    holds: bool,
    /// The label of the source in the side's bag.
    source: Option<String>,
}
