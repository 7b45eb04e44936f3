//! `rhetor audit judge`: how far to trust a judge, as text, as a page or as JSON.

use std::collections::BTreeSet;
use std::path::Path;

use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use crate::audit::docket::Suite;
use crate::audit::report::AuditReport;
use crate::audit::{page, table};
use crate::cli::amounts;
use crate::cli::arguments::{AuditArguments, ReportKind};
use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::engine::audit::{AuditProgress, AuditRequest};
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::interrupt::told_to_end;

/// How many times progress is told where there is no terminal.
const REMARKS: usize = 10;

/// Audits a judge and prints the report, or writes it to a file.
///
/// # Errors
/// As [`EngineHandle::audit`], or the file cannot be written.
pub async fn judge(
    engine: &EngineHandle,
    arguments: AuditArguments,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let AuditArguments { judge, data, suites, sample, seed, certificate, to, output: file } = arguments;
    let suites: BTreeSet<Suite> = match suites.is_empty() && data.is_empty() {
        true => Suite::ALL.into(),
        false => suites.into_iter().map(Suite::from).collect(),
    };
    let request = AuditRequest { judge: judge.clone(), data, suites, sample, seed };
    let (tell, mut told) = unbounded_channel();
    let cancel = CancellationToken::new();
    let auditing = engine.audit(request, cancel.clone(), move |progress: &AuditProgress| {
        // Whoever listened has gone: nothing is lost.
        let _ = tell.send(progress.clone());
    });
    tokio::pin!(auditing);
    output.progress(&format!("{judge} · loading"));
    let mut teller = Teller::default();
    let report = loop {
        tokio::select! {
            biased;
            Some(progress) = told.recv() => teller.tell(&progress, output),
            report = &mut auditing => break report?,
            () = told_to_end(), if !cancel.is_cancelled() => cancel.cancel(),
        }
    };
    let Some(report) = report else {
        output.note("the audit was stopped; what was judged is kept, and the same command goes on from there");
        return Ok(ExitStatus::Interrupted);
    };
    print(engine, &report, to, file.as_deref(), output)?;
    if let Some(path) = certificate {
        let certificate = engine.certify(&report, &path)?;
        output.note(&format!("wrote {}: {}", path.display(), certificate.sentence()));
    }
    Ok(ExitStatus::Done)
}

fn print(
    engine: &EngineHandle,
    report: &AuditReport,
    to: ReportKind,
    file: Option<&Path>,
    output: &mut Output,
) -> Result<(), EngineError> {
    let made = || match to {
        ReportKind::Text => table::text(report),
        ReportKind::Html => page::html(report),
    };
    if let Some(path) = file {
        engine.queries().write_document(path, &made())?;
        output.note(&format!("wrote {}", path.display()));
    }
    if output.json {
        output.document(report);
    } else if file.is_none() {
        output.text(&made());
    }
    Ok(())
}

/// Says what an audit will take, and how far it is.
#[derive(Default)]
struct Teller {
    begun: bool,
    /// Whether tokens and time were told where there is no line to write over.
    told_tokens: bool,
    told_time: bool,
    remarks: usize,
}

impl Teller {
    fn tell(&mut self, progress: &AuditProgress, output: &mut Output) {
        if !std::mem::replace(&mut self.begun, true) {
            output.note(&beginning(progress));
        }
        if output.shows_progress() {
            output.progress(&line(progress));
        } else if self.is_due(progress) {
            output.note(&line(progress));
        }
    }

    /// Now and then: when tokens can be told, when time can be told, and at every tenth of the way.
    fn is_due(&mut self, progress: &AuditProgress) -> bool {
        let wanted = progress.total - progress.from_store;
        let tenths = (progress.made * REMARKS).checked_div(wanted).unwrap_or(0);
        let tokens = progress.tokens.is_some() && !std::mem::replace(&mut self.told_tokens, progress.tokens.is_some());
        let time =
            progress.seconds_left.is_some() && !std::mem::replace(&mut self.told_time, progress.seconds_left.is_some());
        let tenth = tenths > self.remarks;
        self.remarks = self.remarks.max(tenths);
        tokens || time || tenth
    }
}

/// What there is to do, before it is done.
fn beginning(progress: &AuditProgress) -> String {
    match (progress.total, progress.from_store) {
        (total, 0) => format!("{total} judgements to make"),
        (total, known) if known == total => format!("{total} judgements, all of them in the store"),
        (total, known) => format!("{} judgements to make; {known} of {total} are in the store", total - known),
    }
}

fn line(progress: &AuditProgress) -> String {
    let mut line = format!("{}/{}", progress.from_store + progress.made, progress.total);
    if let Some(seconds) = progress.seconds_left.filter(|_| progress.to_do() > 0) {
        line.push_str(&format!(" · {} left", amounts::duration(seconds)));
    }
    if let Some(tokens) = progress.tokens {
        line.push_str(&format!(" · {} tokens in all", amounts::thousands(tokens)));
    }
    if !progress.part.is_empty() {
        // Of a file its name only: folders would push the rest out of sight.
        let name = Path::new(&progress.part).file_name().unwrap_or_default().to_string_lossy();
        line.push_str(&format!(" · {name}"));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(made: usize) -> AuditProgress {
        AuditProgress {
            part: "some/folder/pairs.jsonl".to_owned(),
            total: 120,
            from_store: 20,
            made,
            tokens: (made >= 4).then_some(51_000),
            seconds_left: (made >= 12).then_some(130.0),
        }
    }

    #[test]
    fn what_there_is_to_do_is_said_first() {
        assert_eq!(beginning(&progress(0)), "100 judgements to make; 20 of 120 are in the store");
        assert_eq!(beginning(&AuditProgress { from_store: 0, ..progress(0) }), "120 judgements to make");
        assert_eq!(
            beginning(&AuditProgress { from_store: 120, ..progress(0) }),
            "120 judgements, all of them in the store"
        );
    }

    #[test]
    fn progress_tells_time_and_tokens_once_they_are_known() {
        assert_eq!(line(&progress(1)), "21/120 · pairs.jsonl");
        assert_eq!(line(&progress(12)), "32/120 · 2 min left · 51 thousand tokens in all · pairs.jsonl");
    }

    #[test]
    fn without_a_terminal_it_is_told_now_and_then() {
        let mut teller = Teller::default();
        let due: Vec<usize> = (0..=100).filter(|made| teller.is_due(&progress(*made))).collect();
        assert_eq!(due, [4, 10, 12, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
        let nothing = AuditProgress { total: 5, from_store: 5, ..AuditProgress::default() };
        assert!(!Teller::default().is_due(&nothing));
    }
}
