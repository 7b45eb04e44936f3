//! `rhetor judge list`: the judgements in the store.

use serde::Serialize;

use crate::cli::exit::ExitStatus;
use crate::cli::judge::table::verdict;
use crate::cli::output::{Output, prose_width};
use crate::clock;
use crate::domain::judgement::{Decided, Judgement};
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::session::document::outcome;
use crate::store::JudgementFilter;
use crate::text::name::short;
use crate::text::sanitize::one_line;
use crate::text::wrap::shorten;

/// A judgement in a list.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    at: &'a str,
    judge: &'a str,
    source: &'a str,
    motion: &'a str,
    /// A side, `tie`, `void` or `unfinished`.
    winner: &'static str,
    probability: Option<f64>,
}

impl<'a> From<&'a Judgement> for Listed<'a> {
    fn from(judgement: &'a Judgement) -> Listed<'a> {
        Listed {
            id: judgement.key.short(),
            at: &judgement.at,
            judge: &judgement.judge,
            source: &judgement.source,
            motion: &judgement.transcript.topic,
            winner: outcome(judgement),
            probability: judgement.decided.as_ref().and_then(Decided::ballot).map(|ballot| ballot.probability),
        }
    }
}

/// Lists judgements, the newest first.
///
/// # Errors
/// The store cannot be read.
pub fn list(
    engine: &EngineHandle,
    judge: Option<String>,
    limit: usize,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let filter = JudgementFilter { judge: judge.clone(), source: None, limit };
    let mut judgements = engine.queries().judgements(&filter)?;
    if let Some(judge) = judge.as_ref().filter(|_| judgements.is_empty()) {
        // Perhaps the name as a list shows it.
        judgements = engine.queries().judgements(&JudgementFilter::default())?;
        judgements.retain(|judgement| short(&judgement.judge) == *judge);
        judgements.truncate(limit);
    }
    if output.json {
        output.document(&judgements.iter().map(Listed::from).collect::<Vec<_>>());
    } else if judgements.is_empty() {
        output.line(&match judge {
            Some(judge) => format!("No judgement of \"{judge}\"; `rhetor judge list` lists those of all judges."),
            None => "No judgements yet. `rhetor judge run FILE --with RECIPE@MODEL` makes one.".to_owned(),
        });
    } else {
        judgements.iter().for_each(|judgement| tell(judgement, output));
    }
    Ok(ExitStatus::Done)
}

fn tell(judgement: &Judgement, output: &mut Output) {
    let width = prose_width();
    let row = format!(
        "{}  {}  {}  {}",
        judgement.key.short(),
        clock::display_date(&judgement.at),
        verdict(judgement),
        short(&judgement.judge)
    );
    output.line(&shorten(&row.replace('\n', " "), width));
    let about = format!("{} · {}", judgement.source, judgement.transcript.topic);
    output.line(&format!("    {}", one_line(&about, width.saturating_sub(4))));
}
