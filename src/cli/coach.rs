//! `rhetor coach`: what a side can learn from a debate.

use clap::ValueEnum;

use crate::cli::exit::ExitStatus;
use crate::cli::output::{Output, prose_width};
use crate::domain::seat::Side;
use crate::engine::coaching::Lesson;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::text::sanitize::sanitize;
use crate::text::wrap::hung;

/// A side on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SideName {
    Proposition,
    Opposition,
}

impl From<SideName> for Side {
    fn from(name: SideName) -> Side {
        match name {
            SideName::Proposition => Side::Proposition,
            SideName::Opposition => Side::Opposition,
        }
    }
}

/// Prints what a side learns.
///
/// # Errors
/// There is no such debate, or it has no opening.
pub fn coach(
    engine: &EngineHandle,
    id: &str,
    side: Option<SideName>,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let debate = engine.queries().resolve(id)?;
    let lesson = engine.queries().lesson(&debate, side.map(Into::into))?;
    if output.json {
        output.document(&lesson);
    } else {
        lines(&lesson, prose_width()).iter().for_each(|line| output.line(line));
    }
    Ok(ExitStatus::Done)
}

fn lines(lesson: &Lesson, width: usize) -> Vec<String> {
    let motion = sanitize(lesson.motion.trim()).replace('\n', " ");
    let mut lines = vec![motion, sanitize(&lesson.headline()).into_string()];
    let sections = lesson.sections();
    if sections.is_empty() {
        lines.push(
            "There is nothing to point at: no dimension was lost, no point dropped, nothing said twice.".to_owned(),
        );
    }
    for (title, rows) in sections {
        lines.push(String::new());
        lines.push(title.to_owned());
        for (speech, text) in rows {
            let mark = speech.map_or("  ".to_owned(), |speech| format!("  speech {}: ", speech + 1));
            let text = sanitize(text.trim()).replace('\n', " ");
            lines.extend(hung(&mark, &text, width));
        }
    }
    lines
}
