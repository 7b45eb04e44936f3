//! `rhetor doctor`: what is configured, what answers, and what to do next.

use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::engine::doctor::Health;
use crate::engine::handle::EngineHandle;

/// Prints the findings. Fails if something is broken.
pub async fn doctor(engine: &EngineHandle, output: &mut Output) -> ExitStatus {
    let findings = engine.queries().doctor().await;
    if output.json {
        output.document(&findings);
    } else {
        for finding in &findings {
            let mark = match finding.health {
                Health::Good => "✓",
                Health::Advice => "→",
                Health::Broken => "✗",
            };
            output.line(&format!("{mark} {:<12} {}", finding.subject, finding.sentence));
        }
    }
    if findings.iter().any(|finding| finding.health == Health::Broken) { ExitStatus::Failed } else { ExitStatus::Done }
}
