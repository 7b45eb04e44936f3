//! `rhetor brief`: a person prepares for a motion.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use crate::cli::exit::ExitStatus;
use crate::cli::output::{Output, prose_width};
use crate::domain::seat::Side;
use crate::engine::brief::{Brief, BriefProgress, BriefRequest, Watch};
use crate::engine::error::EngineError;
use crate::engine::export::brief::BriefPage;
use crate::engine::handle::EngineHandle;
use crate::engine::interrupt::told_to_end;
use crate::text::wrap::hung;

/// What to prepare for.
#[derive(Debug, Args)]
pub struct BriefArguments {
    /// A motion's id, or a sentence of your own.
    pub motion: String,
    /// The side that you prepare for.
    #[arg(long, value_enum, default_value_t = Sides::Both)]
    pub side: Sides,
    /// The model that reads and writes; without it the configured one.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Where passages are looked up: a folder of text and Markdown files, @library, @web, @all for both, or @none.
    ///
    /// Without it the evidence library, if it holds anything.
    #[arg(long, value_name = "DIR")]
    pub evidence: Option<String>,
    /// Who says which evidence is more convincing; without a model the one that writes. Usually label-probability.
    #[arg(long, value_name = "RECIPE@MODEL")]
    pub judge: Option<String>,
    /// The most passages of a side that are compared, every two of them, and kept.
    #[arg(long, default_value_t = 6, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=12))]
    pub limit: u16,
    /// The file to write, .md or .html; standard output without it.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sides {
    Proposition,
    Opposition,
    Both,
}

/// The form of the file.
#[derive(Clone, Copy)]
enum Form {
    Markdown,
    Html,
}

/// Writes a brief and prints it, or writes it to a file.
///
/// # Errors
/// As [`EngineHandle::brief`], or the file cannot be written.
pub async fn brief(
    engine: &EngineHandle,
    arguments: BriefArguments,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let BriefArguments { motion, side, model, evidence, judge, limit, output: file } = arguments;
    // Said before minutes of work.
    let form = file.as_deref().map(form_of).transpose()?;
    let side = match side {
        Sides::Proposition => Some(Side::Proposition),
        Sides::Opposition => Some(Side::Opposition),
        Sides::Both => None,
    };
    let request = BriefRequest { motion, side, model, evidence, judge, limit: limit.into() };
    let (tell, mut told) = unbounded_channel();
    // Whoever listened has gone: nothing is lost.
    let watch: Watch = Arc::new(move |progress| drop(tell.send(progress)));
    let cancel = CancellationToken::new();
    let writing = engine.brief(request, cancel.clone(), watch);
    tokio::pin!(writing);
    // One for the whole time: between two of them a signal could be lost.
    let end = told_to_end();
    tokio::pin!(end);
    let mut last = "";
    let written = loop {
        tokio::select! {
            biased;
            Some(progress) = told.recv() => tell_progress(progress, &mut last, output),
            () = &mut end => {
                // What runs hears of it, and nobody waits for it.
                cancel.cancel();
                break None;
            }
            written = &mut writing => break written?,
        }
    };
    while let Ok(progress) = told.try_recv() {
        tell_progress(progress, &mut last, output);
    }
    let Some(brief) = written else {
        output.note("the brief was stopped, and nothing was written; what the judge compared is kept");
        return Ok(ExitStatus::Interrupted);
    };
    print(engine, &brief, file.as_deref().zip(form), output)?;
    Ok(ExitStatus::Done)
}

fn form_of(path: &Path) -> Result<Form, EngineError> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("md" | "markdown") => Ok(Form::Markdown),
        Some("html" | "htm") => Ok(Form::Html),
        _ => {
            let path = path.display();
            Err(EngineError::Request(format!("{path} ends in neither .md nor .html; name a file that does")))
        }
    }
}

/// Where nothing can be written over, each step is told once.
fn tell_progress(progress: BriefProgress, last: &mut &'static str, output: &mut Output) {
    match progress {
        BriefProgress::Notice(sentence) => output.note(&sentence),
        BriefProgress::Step { name, done, total } if output.shows_progress() => {
            output.progress(&if total > 1 { format!("{name} {done}/{total}") } else { format!("{name} ...") });
        }
        BriefProgress::Step { name, total, .. } => {
            if *last != name {
                output.note(&if total > 1 { format!("{name}: {total}") } else { name.to_owned() });
                *last = name;
            }
        }
    }
}

fn print(
    engine: &EngineHandle,
    brief: &Brief,
    file: Option<(&Path, Form)>,
    output: &mut Output,
) -> Result<(), EngineError> {
    let page = BriefPage::of(brief);
    if let Some((path, form)) = file {
        let document = match form {
            Form::Markdown => page.markdown(),
            Form::Html => page.html(),
        };
        engine.queries().write_document(path, &document)?;
        output.note(&format!("wrote {}", path.display()));
    }
    if output.json {
        output.document(brief);
    } else if file.is_none() {
        lines(&page, prose_width()).iter().for_each(|line| output.line(line));
    }
    Ok(())
}

fn lines(page: &BriefPage, width: usize) -> Vec<String> {
    let mut lines = hung("", &page.motion, width);
    lines.extend(hung("", &page.facts, width));
    for part in &page.parts {
        lines.extend([String::new(), part.heading.clone()]);
        for text in std::iter::once(&part.prose).chain(&part.remarks).filter(|text| !text.is_empty()) {
            lines.extend(hung("  ", text, width));
        }
        for item in &part.items {
            lines.extend(hung("  - ", item, width));
        }
    }
    lines.push(String::new());
    lines.extend(hung("", &page.cost, width));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::export::brief::BriefPart;

    #[test]
    fn a_brief_is_printed_under_headings_within_the_width() {
        let part = BriefPart {
            heading: "Notes".to_owned(),
            prose: "word ".repeat(20),
            remarks: Vec::new(),
            items: vec!["item ".repeat(20)],
        };
        let (motion, facts, cost) = ("A motion".to_owned(), "policy".to_owned(), "$0".to_owned());
        let lines = lines(&BriefPage { motion, facts, parts: vec![part], cost }, 40);
        assert!(lines.iter().all(|line| line.len() <= 40), "{lines:?}");
        assert_eq!(&lines[..4], ["A motion", "policy", "", "Notes"]);
        assert_eq!(lines.iter().filter(|line| line.starts_with("  - ")).count(), 1, "{lines:?}");
    }

    #[test]
    fn the_form_of_a_file_is_told_by_its_ending() {
        assert!(matches!(form_of(Path::new("a/b.MD")), Ok(Form::Markdown)));
        assert!(matches!(form_of(Path::new("b.html")), Ok(Form::Html)));
        assert!(form_of(Path::new("b.pdf")).is_err() && form_of(Path::new("b")).is_err());
    }
}
