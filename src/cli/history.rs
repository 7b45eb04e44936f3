//! `rhetor history`, `rhetor prune` and `rhetor backup`.

use std::path::Path;

use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::clock;
use crate::domain::seat::Side;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::store::{DebateState, DebateSummary, Filter};

/// Lists debates, the newest first.
///
/// # Errors
/// The store cannot be read.
pub fn list(
    engine: &EngineHandle,
    text: Option<String>,
    limit: usize,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let searched = text.clone();
    let debates = engine.queries().history(&Filter { limit: Some(limit), text, ..Filter::default() })?;
    if output.json {
        output.document(&debates);
    } else if debates.is_empty() {
        output.line(&match searched {
            Some(words) => format!("No debate holds \"{words}\"."),
            None => "No debates yet. `rhetor debate --motion single-use-plastics` runs one.".to_owned(),
        });
    }
    for debate in debates.iter().filter(|_| !output.json).collect::<Vec<_>>() {
        output.line(&row(debate));
    }
    Ok(ExitStatus::Done)
}

fn row(debate: &DebateSummary) -> String {
    let result = match (debate.state, &debate.outcome) {
        (DebateState::Closed, Some(outcome)) => match (outcome.winner, outcome.unrated) {
            (Some(Side::Proposition), _) => format!("won by {}", debate.proposition),
            (Some(Side::Opposition), _) => format!("won by {}", debate.opposition),
            (None, None) => "a tie".to_owned(),
            (None, Some(unrated)) => format!("no result, since {}", unrated.sentence()),
        },
        (state, _) => format!("{}, {}/{} speeches", state.name(), debate.speeches, debate.planned),
    };
    format!(
        "{}  {}  {}\n    {} against {} · {} · {result}",
        debate.id,
        clock::display_date(&debate.opened_at),
        debate.motion,
        debate.proposition,
        debate.opposition,
        debate.format
    )
}

/// Deletes debates that opened before a day.
///
/// # Errors
/// The day is no date, or the store cannot be written.
pub async fn prune(
    engine: &EngineHandle,
    before: &str,
    unfinished: bool,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let Some(before) = clock::day_begins(before) else {
        return Err(EngineError::Request(format!("\"{before}\" is no day; write it like 2026-01-31")));
    };
    let filter = Filter { before: Some(before), ..Filter::default() };
    let pruned = engine.prune(filter, unfinished).await?;
    if output.json {
        output.document(&pruned);
    } else {
        output.line(&format!("Debates deleted: {}; stored requests deleted: {}.", pruned.debates, pruned.requests));
        if pruned.web > 0 {
            output.line(&format!("Searches and pages of the web deleted: {}.", pruned.web));
        }
    }
    Ok(ExitStatus::Done)
}

/// Copies the database.
///
/// # Errors
/// The target exists or cannot be written.
pub fn backup(engine: &EngineHandle, to: &Path, output: &mut Output) -> Result<ExitStatus, EngineError> {
    engine.queries().backup(to)?;
    output.note(&format!("wrote {}", to.display()));
    Ok(ExitStatus::Done)
}
