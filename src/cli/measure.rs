//! `rhetor models bench` and `rhetor models compare`: how fast a model is here, and whether it computes what llama.cpp
//! computes.

use std::future::Future;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::interrupt::told_to_end;
use crate::engine::judging::{Bench, JudgingSpeed, Wanted};
use crate::model::local::compare::{Comparison, LEAST_AGREEMENT, NEAR_TIE};
use crate::model::local::measure::Speed;
use crate::model::peer::Peer;
use crate::model::speeds::{Machine, Speeds};

/// Measures reading and writing, and keeps the figures for the list.
///
/// # Errors
/// The name means no file that can be run.
pub async fn bench(
    engine: &EngineHandle,
    name: &str,
    rounds: u16,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let registry = engine.queries().registry();
    let (tell, told) = unbounded_channel();
    let measuring = registry.measure(name, rounds.into(), move |what| {
        // Whoever listened has gone: nothing is lost.
        let _ = tell.send(what.to_owned());
    });
    let Some(speed) = watch(name, measuring, told, output).await else { return Ok(ExitStatus::Interrupted) };
    let speed = speed?;
    let kept = Speeds::read(registry.folder(), Machine::here());
    if let Err(error) = kept.keep(registry.folder(), &registry.path_of(name)?, speed.clone()) {
        output.note(&error.to_string());
    }
    if output.json {
        output.document(&speed);
    } else {
        speed_lines(&speed).iter().for_each(|line| output.line(line));
    }
    Ok(ExitStatus::Done)
}

fn speed_lines(speed: &Speed) -> Vec<String> {
    let figures = [
        ("reads a prompt of 512", speed.prefill_tokens_per_s),
        ("reads a prompt of 2048", speed.prefill_2048_tokens_per_s),
        ("writes 128", speed.decode_tokens_per_s),
        ("writes 128 behind 2048", speed.decode_at_2048_tokens_per_s),
    ];
    let mut lines: Vec<String> =
        figures.iter().map(|(what, figure)| format!("{what:<26}{figure:>8.1} tokens/s")).collect();
    lines.push(format!("{:<26}{:>8} MB", "holds in memory", speed.memory_bytes / 1_000_000));
    lines.push(format!("{:<26}{:>8.1} s", "loads in", speed.load_milliseconds as f64 / 1e3));
    lines
}

/// Measures judging.
///
/// # Errors
/// The name means no file that can be run, or the server cannot be compared with.
pub async fn judging(
    engine: &EngineHandle,
    name: &str,
    rounds: u16,
    panel: bool,
    server: Option<&str>,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let peer = server.map(Peer::new).transpose()?;
    let wanted = Wanted { model: name, rounds: rounds.into(), panel, peer: peer.as_ref() };
    let (tell, told) = unbounded_channel();
    let measuring = engine.queries().measure_judging(wanted, move |what| {
        let _ = tell.send(what.to_owned());
    });
    let Some(speed) = watch(name, measuring, told, output).await else { return Ok(ExitStatus::Interrupted) };
    let speed = speed?;
    if output.json {
        output.document(&speed);
    } else {
        judging_lines(&speed).iter().for_each(|line| output.line(line));
    }
    Ok(ExitStatus::Done)
}

fn judging_lines(speed: &JudgingSpeed) -> Vec<String> {
    let JudgingSpeed { motion, speeches, words, machine, rounds, .. } = speed;
    let mut lines = vec![
        motion.clone(),
        format!(
            "{speeches} speeches, {words} words; {}, {} threads; {rounds} rounds",
            machine.processor, machine.threads
        ),
    ];
    lines.extend(speed.benches.iter().flat_map(bench_lines));
    lines
}

fn bench_lines(bench: &Bench) -> Vec<String> {
    let tokens = &bench.tokens;
    let row = |what: &str, figure: String| format!("{what:<38}{figure}");
    let seconds = |milliseconds: f64| format!("{:>9.2} s", milliseconds / 1e3);
    let mut lines = vec![
        String::new(),
        bench.recipes.join(" + "),
        row(
            "tokens of transcript, questions, prior",
            format!("{:>7} + {} + {}", tokens.transcript, tokens.questions, tokens.silent),
        ),
        row("tokens read", format!("{:>7}", tokens.read)),
        row("reread", format!("{:>7}", tokens.reread)),
        row(&format!("judging, {} questions", bench.questions), seconds(bench.milliseconds)),
        row("one reading of all these tokens", seconds(bench.prefill_milliseconds)),
        row("  judging takes", format!("{:>9.2} times as long", bench.ratio)),
        row("of transcript and questions alone", seconds(bench.transcript_prefill_milliseconds)),
        row("  judging takes", format!("{:>9.2} times as long", bench.ratio_to_transcript)),
    ];
    if let Some(server) = &bench.server {
        lines.extend([
            row("the server, one question at a time", seconds(server.milliseconds)),
            row("  judging here takes", format!("{:>9.2} times as long", server.ratio)),
            row("  tokens it read", format!("{:>7}", server.read)),
            row(
                "  labels compared, largest difference",
                format!("{:>7}   {:.3}", server.labels_compared, server.max_difference),
            ),
        ]);
    }
    for verdict in &bench.verdicts {
        let winner = verdict.winner.map_or("a tie".to_owned(), |side| side.to_string());
        let share = verdict.probability * 100.0;
        lines.push(format!("{}: {winner}, {share:.1} % for the proposition", verdict.recipe));
    }
    for answer in &bench.answers {
        let labels = answer.labels.iter().zip(&answer.log_probabilities);
        let labels: Vec<String> = labels.map(|(label, score)| format!("{} {score:.3}", label.trim())).collect();
        lines.push(format!("  {:<14} {}   margin {:+.3}", answer.call, labels.join("   "), answer.margin));
    }
    lines
}

/// Compares with a server. [`ExitStatus::Failed`] if the two do not agree.
///
/// # Errors
/// The name means no file that can be run, or the server cannot be compared with.
pub async fn compare(
    engine: &EngineHandle,
    name: &str,
    server: &str,
    positions: u16,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let peer = Peer::new(server)?;
    let queries = engine.queries();
    let text = queries.comparison_text()?;
    let (tell, told) = unbounded_channel();
    let comparing = queries.registry().compare(name, &text, &peer, positions.into(), move |what| {
        let _ = tell.send(what.to_owned());
    });
    let Some(comparison) = watch(name, comparing, told, output).await else { return Ok(ExitStatus::Interrupted) };
    let comparison = comparison?;
    if output.json {
        output.document(&comparison);
    } else {
        comparison_lines(&comparison).iter().for_each(|line| output.line(line));
    }
    Ok(if comparison.agrees { ExitStatus::Done } else { ExitStatus::Failed })
}

fn comparison_lines(comparison: &Comparison) -> Vec<String> {
    let row = |what: &str, figure: String| format!("{what:<30}{figure}");
    let tokens = match comparison.first_other_token {
        None if comparison.same_tokens.is_none() => {
            format!("{} of the text, by the server's ids: rhetor does not know the tokenizer", comparison.text_tokens)
        }
        None => format!("{} of the text, all the same", comparison.text_tokens),
        Some(at) => format!("{} of the text, other ids from token {at} on", comparison.text_tokens),
    };
    let mut lines = vec![
        row("tokens", tokens),
        row("positions compared", format!("{}, up to token {}", comparison.positions, comparison.deepest)),
        row(
            "same most likely token",
            format!(
                "{:.1} %; {:.1} % with near ties, at most {NEAR_TIE} apart",
                comparison.argmax_agreement * 100.0,
                comparison.agreement_or_near_tie * 100.0
            ),
        ),
        row(
            "difference of log-probability",
            format!(
                "mean {:.4}, max {:.4}, over the server's {} most likely tokens",
                comparison.mean_difference, comparison.max_difference, comparison.top
            ),
        ),
    ];
    if let Some(worst) = comparison.worst {
        lines.push(row(
            "the farthest",
            format!(
                "token {} behind {} tokens: {:.4} here, {:.4} there",
                worst.token, worst.position, worst.ours, worst.theirs
            ),
        ));
    }
    lines.push(if comparison.agrees {
        "The two agree.".to_owned()
    } else {
        let least = LEAST_AGREEMENT * 100.0;
        format!("The two do not agree: that takes the same tokens, and {least:.0} % with near ties.")
    });
    lines
}

/// Waits for a measurement and shows what it tells. `None` if the user ended it.
async fn watch<T>(
    name: &str,
    measuring: impl Future<Output = T>,
    mut told: UnboundedReceiver<String>,
    output: &mut Output,
) -> Option<T> {
    tokio::pin!(measuring);
    loop {
        tokio::select! {
            measured = &mut measuring => return Some(measured),
            Some(what) = told.recv() => output.progress(&format!("{name} · {what}")),
            () = told_to_end() => return None,
        }
    }
}
