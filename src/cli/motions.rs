//! `rhetor motions`: list, show, add and import motions; the clinic stands in its own file.

use crate::assets::Library;
use crate::cli::arguments::MotionsCommand;
use crate::cli::clinic::clinic;
use crate::cli::exit::ExitStatus;
use crate::cli::output::{Output, prose_width};
use crate::domain::motion::{Category, Motion};
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::text::hash::content_hash;
use crate::text::wrap::wrap;

/// Rejected lines that are printed; the rest is counted.
const REJECTED_SHOWN: usize = 10;

/// Runs one of the motion commands.
///
/// # Errors
/// An unknown motion, a file that cannot be read, a motion that is not valid.
pub async fn motions(
    engine: &EngineHandle,
    command: MotionsCommand,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let library = engine.queries().library();
    match command {
        MotionsCommand::List { category, tag } => list(library, category.map(Into::into), tag.as_deref(), output)?,
        MotionsCommand::Show { id } => show(&library.motion(&id)?, output),
        MotionsCommand::Add { text, category, id, context, proposition, opposition, tags } => {
            let id = id.unwrap_or_else(|| format!("own-{}", content_hash(text.as_bytes()).short()));
            let category = category.into();
            let motion = Motion { id, text, category, context, proposition, opposition, tags, origin: None };
            let id = motion.id.clone();
            library.add_motion(motion)?;
            output.line(&format!("Added {id}."));
        }
        MotionsCommand::Clinic(arguments) => return clinic(engine, arguments, output).await,
        MotionsCommand::Import { file, category } => {
            let imported = library.import_motions(&file, category.map(Into::into))?;
            if output.json {
                output.document(&imported);
                return Ok(ExitStatus::Done);
            }
            output.line(&format!(
                "Added {} motions, skipped {} duplicates.",
                imported.added, imported.skipped_duplicates
            ));
            for rejected in imported.rejected.iter().take(REJECTED_SHOWN) {
                output.line(&format!("  line {}: {}", rejected.line, rejected.reason));
            }
            if imported.rejected.len() > REJECTED_SHOWN {
                output.line(&format!("  and {} more lines were rejected", imported.rejected.len() - REJECTED_SHOWN));
            }
        }
    }
    Ok(ExitStatus::Done)
}

fn list(
    library: &Library,
    category: Option<Category>,
    tag: Option<&str>,
    output: &mut Output,
) -> Result<(), EngineError> {
    let motions = library.motions();
    // A broken pack is left out of the list, and said.
    library.problems().iter().for_each(|problem| output.note(&problem.to_string()));
    let fits = |motion: &&Motion| {
        category.is_none_or(|category| motion.category == category)
            && tag.is_none_or(|tag| motion.tags.iter().any(|other| other == tag))
    };
    let listed: Vec<&Motion> = motions.all().iter().filter(fits).collect();
    if output.json {
        output.document(&listed);
        return Ok(());
    }
    let widest = listed.iter().map(|motion| motion.id.chars().count()).max().unwrap_or_default();
    for motion in listed {
        output.line(&format!("{:<widest$}  {:<8}  {}", motion.id, motion.category, motion.text));
    }
    Ok(())
}

fn show(motion: &Motion, output: &mut Output) {
    if output.json {
        output.document(motion);
        return;
    }
    output.line(&format!("{}\n{} · {}\n", motion.text, motion.category, motion.tags.join(", ")));
    let parts =
        [("Context", &motion.context), ("Proposition", &motion.proposition), ("Opposition", &motion.opposition)];
    for (title, text) in parts.into_iter().filter(|(_, text)| !text.is_empty()) {
        for row in wrap(&format!("{title}: {text}"), prose_width()) {
            output.line(row);
        }
    }
    if let Some(origin) = &motion.origin {
        output.line(&format!("Origin: {origin}"));
    }
}
