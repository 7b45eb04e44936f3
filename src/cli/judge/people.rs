//! `rhetor judge people`: who has judged, and how far they agree.

use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::session::people::{Concord, PersonRecord};
use crate::text::count::number_of;
use crate::text::sanitize::one_line;

/// Lists everybody who judged.
///
/// # Errors
/// The store cannot be read.
pub fn people(engine: &EngineHandle, output: &mut Output) -> Result<ExitStatus, EngineError> {
    let people = engine.queries().people()?;
    if output.json {
        output.document(&people);
    } else if people.is_empty() {
        output.line("Nobody has judged yet. `rhetor judge blind` opens a session.");
    } else {
        people.iter().flat_map(lines).for_each(|line| output.line(&line));
    }
    Ok(ExitStatus::Done)
}

fn lines(person: &PersonRecord) -> Vec<String> {
    let mut lines = vec![format!("{} judged {}", one_line(&person.name, 32), number_of(person.judged, "contest"))];
    let rows = person.agreements.iter().map(|Concord { with, same, both, share, low, high, kappa }| {
        let kappa = kappa.map_or_else(String::new, |kappa| format!("  kappa {kappa:.2}"));
        let [share, low, high] = [share, low, high].map(|share| share * 100.0);
        format!("  {:<36}  {same:>4} of {both:<4}  {share:>3.0} % ({low:.0} to {high:.0}){kappa}", one_line(with, 36))
    });
    lines.extend(rows);
    lines
}
