//! `rhetor doctor`: what is configured, what answers, and what to do next; and all of it as one file for a report of a fault.

use std::path::Path;

use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::engine::doctor::Health;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;

/// Writes the file for a report of a fault. It is text, so that whoever sends it can read it first.
///
/// # Errors
/// The file cannot be written.
pub async fn bundle(engine: &EngineHandle, file: &Path, output: &mut Output) -> Result<ExitStatus, EngineError> {
    let text = engine.queries().bundle().await;
    engine.queries().write_document(file, &text)?;
    let holds = "no keys, no speeches, no motions; read it before you send it";
    output.note(&format!("wrote {}: {holds}", file.display()));
    Ok(ExitStatus::Done)
}

/// Prints the findings. Fails if something is broken.
pub async fn doctor(engine: &EngineHandle, output: &mut Output) -> ExitStatus {
    let findings = engine.queries().doctor().await;
    if output.json {
        output.document(&findings);
    } else {
        for finding in &findings {
            let mark = match (output.plain, finding.health) {
                (false, Health::Good) => "✓",
                (false, Health::Advice) => "→",
                (false, Health::Broken) => "✗",
                (true, Health::Good) => "Good:",
                (true, Health::Advice) => "Advice:",
                (true, Health::Broken) => "Broken:",
            };
            output.line(&format!("{mark} {:<12} {}", finding.subject, finding.sentence));
        }
    }
    if findings.iter().any(|finding| finding.health == Health::Broken) { ExitStatus::Failed } else { ExitStatus::Done }
}
