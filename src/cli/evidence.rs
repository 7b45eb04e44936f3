//! `rhetor evidence`: the library of sources that debates may search.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde::Serialize;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use crate::cli::exit::ExitStatus;
use crate::cli::output::{Output, prose_width};
use crate::clock;
use crate::engine::error::EngineError;
use crate::engine::evidence::{Added, Progress, Tell};
use crate::engine::handle::EngineHandle;
use crate::engine::interrupt::told_to_end;
use crate::evidence::reading::Fields;
use crate::evidence::{EvidenceError, Passage};
use crate::text::sanitize::sanitize_marked;
use crate::text::wrap::wrap;

/// Refused files that are printed; the rest is counted.
const REFUSED_SHOWN: usize = 20;

/// Cells of a progress bar.
const BAR: usize = 24;

#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// Read files and folders into the library: text, Markdown, HTML, PDF and JSON Lines.
    ///
    /// What is there unchanged is not read again; a file that has changed is replaced. What was read is kept if it is stopped.
    Add(AddArguments),
    /// Find passages by their words.
    Search {
        query: String,
        /// The most passages to print.
        #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        /// Search the web instead of the library, with the service of [evidence.web] in the settings.
        #[arg(long)]
        web: bool,
    },
    /// List the files of the library.
    List,
    /// Take out files that have gone from the disk.
    Prune,
}

#[derive(Debug, Args)]
pub struct AddArguments {
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The key that holds the title in JSON Lines.
    #[arg(long, value_name = "FIELD", default_value = "title")]
    pub title: String,
    /// The key that holds the text in JSON Lines.
    #[arg(long, value_name = "FIELD", default_value = "text")]
    pub text: String,
    /// The key that holds an id in JSON Lines; without it, ids are hashes of the words.
    #[arg(long, value_name = "FIELD")]
    pub id: Option<String>,
}

/// A passage as `search --json` prints it.
#[derive(Serialize)]
struct Hit<'a> {
    id: &'a str,
    title: &'a str,
    text: &'a str,
    score: f64,
    address: &'a str,
}

impl<'a> From<&'a Passage> for Hit<'a> {
    fn from(passage: &'a Passage) -> Hit<'a> {
        let Passage { source: id, title, address, text, score } = passage;
        Hit { id, title, text, score: *score, address }
    }
}

/// Runs one of the evidence commands.
///
/// # Errors
/// A path that is not there, an empty library, a store or an index that cannot be used.
pub async fn evidence(
    engine: &EngineHandle,
    command: EvidenceCommand,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    match command {
        EvidenceCommand::Add(arguments) => add(engine, arguments, output).await,
        EvidenceCommand::Search { query, limit, web: false } => search(engine, &query, limit.into(), output).await,
        EvidenceCommand::Search { query, limit, web: true } => search_web(engine, &query, limit.into(), output).await,
        EvidenceCommand::List => list(engine, output),
        EvidenceCommand::Prune => prune(engine, output).await,
    }
}

/// What is heard while something runs.
enum Heard {
    Progress(Progress),
    Note(String),
}

fn told(tell: UnboundedSender<Heard>) -> Tell {
    // Whoever listened has gone: nothing is lost.
    Arc::new(move |sentence| drop(tell.send(Heard::Note(sentence))))
}

async fn add(engine: &EngineHandle, arguments: AddArguments, output: &mut Output) -> Result<ExitStatus, EngineError> {
    let AddArguments { paths, title, text, id } = arguments;
    let library = engine.queries().evidence();
    let (send, mut heard) = unbounded_channel();
    let (tell, cancel) = (told(send.clone()), CancellationToken::new());
    let watch = move |progress| drop(send.send(Heard::Progress(progress)));
    let adding = library.add(paths, Fields { title, text, id }, watch, &tell, &cancel);
    tokio::pin!(adding);
    let added = loop {
        tokio::select! {
            biased;
            Some(heard) = heard.recv() => show(heard, output),
            added = &mut adding => break added?,
            () = told_to_end(), if !cancel.is_cancelled() => cancel.cancel(),
        }
    };
    while let Ok(heard) = heard.try_recv() {
        show(heard, output);
    }
    if output.json {
        output.document(&added);
    } else {
        report(&added, engine, output)?;
    }
    Ok(match added {
        Added { interrupted: true, .. } => ExitStatus::Interrupted,
        Added { added: 0, replaced: 0, unchanged: 0, refused, .. } if !refused.is_empty() => ExitStatus::Failed,
        _ => ExitStatus::Done,
    })
}

fn show(heard: Heard, output: &mut Output) {
    match heard {
        Heard::Note(sentence) => output.note(&sentence),
        Heard::Progress(Progress::Reading { done, total, file }) => {
            output.progress(&format!("{} {done}/{total} files · {file}", bar(done as u64, total as u64)));
        }
        Heard::Progress(Progress::Indexing { done, total }) => {
            output.progress(&format!("{} {done}/{total} passages indexed", bar(done, total)));
        }
    }
}

fn bar(done: u64, total: u64) -> String {
    let filled = (done.min(total) * BAR as u64).checked_div(total).unwrap_or(0) as usize;
    format!("{}{}", "█".repeat(filled), "░".repeat(BAR - filled))
}

fn report(added: &Added, engine: &EngineHandle, output: &mut Output) -> Result<(), EngineError> {
    for refused in added.refused.iter().take(REFUSED_SHOWN) {
        output.note(&format!("{} {}.", refused.file, refused.reason));
    }
    if added.refused.len() > REFUSED_SHOWN {
        output.note(&format!("{} more files were not taken.", added.refused.len() - REFUSED_SHOWN));
    }
    if let Some(passed_over) = &added.passed_over {
        output.note(&format!("In folders {passed_over}."));
    }
    if added.interrupted {
        output.note("Stopped. What was read is kept; the same command goes on from here.");
    }
    let library = engine.queries().evidence();
    output.line(&format!(
        "Added: {}; replaced: {}; unchanged: {}. New passages: {}. The library holds {} passages of {} files.",
        added.added,
        added.replaced,
        added.unchanged,
        added.passages,
        library.passages()?,
        library.sources()?.len()
    ));
    Ok(())
}

async fn search(
    engine: &EngineHandle,
    query: &str,
    limit: usize,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let queries = engine.queries();
    let library = queries.evidence();
    if library.passages()? == 0 {
        return Err(EvidenceError::EmptyLibrary.into());
    }
    let (send, mut heard) = unbounded_channel();
    let tell = told(send);
    let base = library.open(queries.reranker(&tell).await, tell).await?;
    let found = base.find(query, limit).await?;
    while let Ok(heard) = heard.try_recv() {
        show(heard, output);
    }
    print(&found, query, output);
    Ok(ExitStatus::Done)
}

async fn search_web(
    engine: &EngineHandle,
    query: &str,
    limit: usize,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let found = engine.queries().web()?.find(query, limit).await?;
    for (address, reason) in &found.unread {
        output.note(&format!("{address} {reason}."));
    }
    print(&found.passages, query, output);
    Ok(ExitStatus::Done)
}

fn print(found: &[Passage], query: &str, output: &mut Output) {
    if output.json {
        output.document(&found.iter().map(Hit::from).collect::<Vec<_>>());
        return;
    }
    if found.is_empty() {
        output.line(&format!("No passage shares a word with \"{query}\"."));
    }
    for passage in found {
        output.line(&format!("{}  {}  {:.3}", passage.source, passage.title, passage.score));
        let shown = sanitize_marked(&passage.text);
        wrap(shown.as_str(), prose_width().saturating_sub(2)).iter().for_each(|line| output.line(&format!("  {line}")));
        output.line(&format!("  — {}\n", passage.address));
    }
}

fn list(engine: &EngineHandle, output: &mut Output) -> Result<ExitStatus, EngineError> {
    let sources = engine.queries().evidence().sources()?;
    if output.json {
        output.document(&sources);
        return Ok(ExitStatus::Done);
    }
    if sources.is_empty() {
        output.line("The evidence library is empty. `rhetor evidence add PATH` puts files into it.");
    }
    for source in &sources {
        output.line(&format!(
            "{:>7} passages  {:<8}  {}  {}\n    {}",
            source.passages,
            source.kind,
            clock::display_date(&source.added_at),
            source.title,
            source.address
        ));
    }
    Ok(ExitStatus::Done)
}

async fn prune(engine: &EngineHandle, output: &mut Output) -> Result<ExitStatus, EngineError> {
    let pruned = engine.queries().evidence().prune().await?;
    if output.json {
        output.document(&pruned);
        return Ok(ExitStatus::Done);
    }
    for address in &pruned.removed {
        output.line(&format!("Taken out: {address}"));
    }
    output.line(&format!(
        "Taken out: {}. The library holds {} passages of {} files.",
        pruned.removed.len(),
        pruned.passages,
        pruned.files
    ));
    Ok(ExitStatus::Done)
}
