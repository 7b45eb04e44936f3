//! `rhetor judge run`: says what a session will cost, runs it, and tells what came out.

use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;
use unicode_width::UnicodeWidthStr;

use crate::cli::amounts;
use crate::cli::exit::ExitStatus;
use crate::cli::judge::SessionArguments;
use crate::cli::judge::table::{table, verdict};
use crate::cli::output::{Output, prose_width};
use crate::domain::judgement::Decided;
use crate::engine::court::CourtSettings;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::interrupt::told_to_end;
use crate::engine::publish::{Caller, Live, Published};
use crate::engine::session::board::Board;
use crate::engine::session::document::SessionDocument;
use crate::engine::session::{Cost, Heard, Session};
use crate::text::count::number_of;
use crate::text::name::short;
use crate::text::sanitize::one_line;
use crate::text::wrap::shorten;

/// Columns within which sources stand under each other.
const MOST_SOURCE: usize = 28;

/// Runs a session.
///
/// # Errors
/// Nothing to judge, a judge that cannot be opened, a model that failed, or a file that cannot be written.
pub async fn run(
    engine: &EngineHandle,
    arguments: SessionArguments,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let SessionArguments { what, judges, seed, ceilings, output: file } = arguments;
    let document = file.as_deref().map(SessionDocument::of).transpose()?;
    let gathered = engine.queries().gather(&what)?;
    for fault in &gathered.failed {
        output.note(&format!("passed over: {fault}"));
    }
    let cancel = CancellationToken::new();
    let settings = CourtSettings { seed, ceilings: ceilings.into(), cancel: cancel.clone() };
    output.progress("opening the models ...");
    let session = tokio::select! {
        session = engine.session(gathered.cases, &judges, settings) => session?,
        () = told_to_end() => {
            output.note("interrupted before anything was judged");
            return Ok(ExitStatus::Interrupted);
        }
    };
    costs(&session).iter().for_each(|line| output.note(line));
    let Some(board) = follow(engine, &session, &cancel, output).await? else {
        output.note("the session was stopped; what was judged is kept, and the same command goes on from there");
        return Ok(ExitStatus::Interrupted);
    };
    let board = engine.queries().with_people(board)?;
    if !output.json {
        output.line("");
        table(&board, prose_width()).iter().for_each(|line| output.line(line));
    }
    if let (Some(document), Some(path)) = (document, file) {
        engine.queries().write_document(&path, &document.write(&board)?)?;
        output.note(&format!("wrote {}", path.display()));
    }
    Ok(status(&board, session.judges().count()))
}

/// Failed if no model came to a decision.
fn status(board: &Board, models: usize) -> ExitStatus {
    let decided = |decided: &Option<Decided>| decided.as_ref().is_some_and(|decided| decided.ballot().is_some());
    let mut of_models = board.rows.iter().flat_map(|row| row.judgements.iter().take(models).flatten());
    if of_models.any(|judgement| decided(&judgement.decided)) { ExitStatus::Done } else { ExitStatus::Failed }
}

/// Runs the session and tells each judgement. `None` if the user stopped it.
async fn follow(
    engine: &EngineHandle,
    session: &Session,
    cancel: &CancellationToken,
    output: &mut Output,
) -> Result<Option<Board>, EngineError> {
    let mut subscription = engine.subscribe();
    let (tell, mut told) = unbounded_channel();
    let sitting = session.sit(move |heard| {
        // Whoever listened has gone: nothing is lost.
        let _ = tell.send(heard);
    });
    tokio::pin!(sitting);
    let widest = (0..session.cases().len()).map(|case| file_name(session, case).width()).max().unwrap_or(0);
    let total = session.cost().judgements;
    let mut standing = Standing { total, widest: widest.min(MOST_SOURCE), ..Standing::default() };
    let result = loop {
        tokio::select! {
            biased;
            Some(heard) = told.recv() => tell_judgement(session, &heard, &mut standing, output),
            result = &mut sitting => break result,
            message = subscription.next() => match message? {
                Some(Published::Live { debate, live }) => {
                    if let Some((judge, case)) = session.place(&debate)
                        && let Some(step) = step(&live)
                    {
                        output.progress(&standing.line(session, judge, case, &step));
                    }
                }
                Some(Published::Notice(sentence)) => output.note(&sentence),
                Some(_) => {}
                None => return Err(EngineError::Gone),
            },
            () = told_to_end(), if !cancel.is_cancelled() => cancel.cancel(),
        }
    };
    while let Ok(heard) = told.try_recv() {
        tell_judgement(session, &heard, &mut standing, output);
    }
    if result.is_err() && standing.done > 0 {
        output.note("what was judged is kept; the same command goes on from there");
    }
    result
}

/// How far the session is.
#[derive(Default)]
struct Standing {
    done: usize,
    total: usize,
    /// Columns of the longest source, up to a bound.
    widest: usize,
    seconds_left: Option<f64>,
    time_told: bool,
}

impl Standing {
    fn line(&self, session: &Session, judge: usize, case: usize, step: &str) -> String {
        let left =
            self.seconds_left.map_or_else(String::new, |seconds| format!(" · {} left", amounts::duration(seconds)));
        let judge = session.judges().nth(judge).unwrap_or_default();
        let recipe = judge.split_once('@').map_or(judge, |(recipe, _)| recipe);
        let source = file_name(session, case);
        format!("{}/{}{left} · {recipe} · {source} · {step}", self.done, self.total)
    }
}

/// The present step of a judge; `None` where there is nothing to say of it.
fn step(live: &Live) -> Option<String> {
    let name = |caller: &Caller| match caller {
        Caller::Judge { call, .. } => Some(call.clone()),
        Caller::Role { .. } | Caller::Watcher { .. } | Caller::Weigher { .. } => None,
    };
    match live {
        Live::CallBegan { caller, .. } => name(caller),
        Live::Prefill { caller, done, total } => Some(format!("{} reads {done}/{total}", name(caller)?)),
        Live::Token { caller, .. } => Some(format!("{} writes", name(caller)?)),
        Live::CallEnded { .. } => None,
    }
}

fn tell_judgement(session: &Session, heard: &Heard, standing: &mut Standing, output: &mut Output) {
    standing.done = heard.done;
    standing.seconds_left = heard.seconds_left.filter(|_| heard.done < heard.total);
    if output.json {
        output.document(&heard.judgement);
    } else {
        output.line(&judgement_line(session, heard, standing.widest));
        if let Some(Decided::Void { reason }) = &heard.judgement.decided {
            output.line(&format!("    void: {reason}"));
        }
    }
    if let Some(seconds) = standing.seconds_left.filter(|_| !standing.time_told && !output.shows_progress()) {
        standing.time_told = true;
        output.note(&format!("about {} left", amounts::duration(seconds)));
    }
}

fn judgement_line(session: &Session, heard: &Heard, widest: usize) -> String {
    let known = if heard.known { " (kept)" } else { "" };
    let source = file_name(session, heard.case);
    let blank = " ".repeat(widest.saturating_sub(source.width()));
    let line = format!("{}  {source}{blank}  {}{known}", verdict(&heard.judgement), short(&heard.judgement.judge));
    shorten(&line.replace('\n', " "), prose_width())
}

/// A source without its folders.
fn file_name(session: &Session, case: usize) -> &str {
    let source = session.cases().get(case).map_or("", |case| case.source.as_str());
    source.rsplit('/').next().unwrap_or(source)
}

/// What the session will cost, before it starts.
fn costs(session: &Session) -> Vec<String> {
    let (cases, whole) = (session.cases().len(), session.cost());
    let mut first = format!(
        "{}, {}: {}",
        number_of(cases, "transcript"),
        number_of(session.judges().count(), "judge"),
        number_of(whole.judgements, "judgement")
    );
    if whole.known > 0 {
        first.push_str(&format!(", {} of them there already", whole.known));
    }
    let mut lines = vec![first];
    for (judge, cost) in session.judges().zip(session.costs()) {
        if cost.known < cost.judgements {
            lines.push(format!("  {}", one_line(&short(judge), prose_width().saturating_sub(2))));
            lines.push(format!("    {}", price(&cost)));
        }
    }
    lines
}

fn price(cost: &Cost) -> String {
    let calls = amounts::calls(cost.calls, cost.prompt_tokens, cost.completion_tokens);
    if cost.dollars > 0.0 { format!("{calls}, ${:.4}", cost.dollars) } else { calls }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_told_in_the_words_of_people() {
        let cost = Cost { calls: 1, prompt_tokens: 900, ..Cost::default() };
        assert_eq!(price(&cost), "1 call, at most 900 tokens to read");
        let cost = Cost { calls: 40, prompt_tokens: 52_400, completion_tokens: 3000, dollars: 0.25, ..Cost::default() };
        assert_eq!(price(&cost), "40 calls, at most 52 thousand tokens to read and 3000 to write, $0.2500");
    }
}
