//! `rhetor study`: what persuasion sessions come to, and the sessions themselves: shown, finished, erased.

use std::path::PathBuf;

use clap::Subcommand;

use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::cli::people::swing;
use crate::domain::audience::{Count, Moment};
use crate::domain::persuasion::Agreement;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::study::{Condition, Moved, Study};
use crate::store::Forget;
use crate::text::count::number_of;
use crate::text::json::escape_json;

#[derive(Debug, Subcommand)]
pub enum StudyCommand {
    /// Print every session with all that is kept of it, JSON Lines.
    Export {
        /// The file to write; standard output without it.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Erase one session, all of them, or only what opponents were told of you.
    Forget {
        /// A session's id or a unique beginning of one.
        #[arg(required_unless_present_any = ["all", "details"], conflicts_with_all = ["all", "details"])]
        id: Option<String>,
        /// Every session.
        #[arg(long, conflicts_with = "details")]
        all: bool,
        /// What opponents were told, in every session; the sessions stay.
        #[arg(long)]
        details: bool,
    },
    /// Say how far you agree after a debate that ended without it.
    After {
        /// A session's id or a unique beginning of one.
        id: String,
        /// From 1, strongly disagree, to 5, strongly agree.
        #[arg(value_parser = clap::value_parser!(u8).range(1..=5))]
        agreement: u8,
    },
    /// Count an audience's votes after a debate.
    Vote {
        /// A debate's id, a unique beginning of one, or `last`.
        id: String,
        /// For the proposition, for the opposition, undecided: 12:8:5.
        votes: Count,
    },
}

/// Runs one of the commands; without one it prints the study.
///
/// # Errors
/// A name that means nothing, a store that cannot be used, a file that cannot be written.
pub async fn study(
    engine: &EngineHandle,
    command: Option<StudyCommand>,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    match command {
        None => {
            let study = engine.queries().study()?;
            if output.json { output.document(&study) } else { tell(&study, output) }
        }
        Some(StudyCommand::Export { output: file }) => export(engine, file, output)?,
        Some(StudyCommand::Forget { id, all, .. }) => {
            let what = match (id, all) {
                (Some(id), _) => Forget::One(engine.queries().session_by(&id)?.id),
                (None, true) => Forget::All,
                (None, false) => Forget::Details,
            };
            let forgotten = engine.forget(what).await?;
            output.line(&format!("Erased from {}.", number_of(forgotten as u64, "session")));
        }
        Some(StudyCommand::After { id, agreement }) => {
            let Some(after) = Agreement::new(agreement) else { return Ok(ExitStatus::WrongUse) };
            let session = engine.agree_after(&id, after).await?;
            output.line(&format!("Kept: {} before, {after} after.", session.before));
        }
        Some(StudyCommand::Vote { id, votes }) => {
            let debate = engine.queries().resolve(&id)?;
            if engine.queries().votes_at(&debate, Moment::Before)?.is_none() {
                let sentence = format!(
                    "the audience of debate {debate} did not vote before it, so nothing can be told of its swing"
                );
                return Err(EngineError::Request(sentence));
            }
            engine.keep_votes(&debate, Moment::After, votes).await?;
            swing(engine, &debate, output)?;
        }
    }
    Ok(ExitStatus::Done)
}

fn export(engine: &EngineHandle, file: Option<PathBuf>, output: &mut Output) -> Result<(), EngineError> {
    let sessions = engine.queries().sessions()?;
    let Some(file) = file else {
        sessions.iter().for_each(|session| output.document(session));
        return Ok(());
    };
    let lines: Result<Vec<String>, _> = sessions.iter().map(serde_json::to_string).collect();
    let lines = lines.map_err(|error| EngineError::Failed(error.to_string()))?;
    let text: String = lines.iter().map(|line| escape_json(line) + "\n").collect();
    engine.queries().write_document(&file, &text)?;
    output.note(&format!("wrote {}", file.display()));
    Ok(())
}

fn tell(study: &Study, output: &mut Output) {
    if study.finished + study.unfinished == 0 {
        output.line("No sessions yet. `rhetor debate --persuade --pro person --motion single-use-plastics` holds one.");
        return;
    }
    let (finished, persons) =
        (number_of(study.finished as u64, "finished session"), number_of(study.persons as u64, "person"));
    output.line(&format!("{finished} of {persons}, {} unfinished.", study.unfinished));
    if let Some(reference) = &study.reference {
        output.line(&format!("Compared with: {}.", name(reference)));
    }
    output.line("");
    study.conditions.iter().for_each(|moved| output.line(&row(moved)));
    if !study.cautions.is_empty() {
        output.line("");
    }
    study.cautions.iter().for_each(|caution| output.line(caution));
}

fn name(condition: &Condition) -> String {
    let told = if condition.personalised { ", told of the person" } else { "" };
    format!("{}{told}", condition.opponent)
}

fn row(moved: &Moved) -> String {
    let ratio = match (&moved.odds_ratio, &moved.why_none) {
        (Some(ratio), _) => format!(
            "; odds of agreeing more {:.2} times those of the comparison (95 %: {:.2} to {:.2})",
            ratio.value, ratio.low, ratio.high
        ),
        (None, Some(why)) => format!("; {why}"),
        (None, None) => String::new(),
    };
    format!(
        "{}: {}, {} moved toward it, {} away, {} not at all, mean {:+.2}{ratio}.",
        name(&moved.condition),
        number_of(moved.sessions as u64, "session"),
        moved.toward,
        moved.away,
        moved.unmoved,
        moved.mean
    )
}
