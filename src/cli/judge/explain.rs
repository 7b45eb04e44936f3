//! `rhetor judge explain`: how a verdict came about, down to the quotes.

use crate::cli::exit::ExitStatus;
use crate::cli::narrate::{dimension, mark};
use crate::cli::output::{Output, prose_width};
use crate::clock;
use crate::domain::ballot::{Ballot, Check, JudgeQuote, Reason};
use crate::domain::judgement::{Decided, Judgement};
use crate::domain::seat::Side;
use crate::domain::transcript::Transcript;
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::text::quote::place::passage;
use crate::text::sanitize::{one_line, sanitize};
use crate::text::wrap::{shorten, wrap};

/// Words that are shown on each side of a quote.
const AROUND: usize = 8;

const QUOTES: [char; 4] = ['"', '“', '”', '„'];

/// Prints a judgement whole.
///
/// # Errors
/// There is no such judgement.
pub fn explain(engine: &EngineHandle, id: &str, output: &mut Output) -> Result<ExitStatus, EngineError> {
    let judgement = engine.queries().judgement(id)?;
    if output.json {
        output.document(&judgement);
    } else {
        lines(&judgement, prose_width()).iter().for_each(|line| output.line(line));
    }
    Ok(ExitStatus::Done)
}

/// The account of a judgement on lines of a width.
fn lines(judgement: &Judgement, width: usize) -> Vec<String> {
    let mut page = Page { lines: Vec::new(), width };
    let Judgement { transcript, .. } = judgement;
    page.text(0, &transcript.topic);
    page.text(0, &format!("{} · {}", transcript.contest.name(), judgement.source));
    page.text(0, &format!("judgement {} · {}", judgement.key.short(), clock::display_date(&judgement.at)));
    page.text(0, &format!("judge {}", judgement.judge));
    let ballot = judgement.decided.as_ref().and_then(Decided::ballot);
    if let Some(ballot) = ballot.filter(|ballot| !ballot.model_hash.0.is_empty()) {
        page.text(0, &format!("recipe {} · model {}", ballot.recipe_hash.short(), ballot.model_hash.short()));
    }
    page.heading("Speeches");
    for (index, spoken) in transcript.speeches.iter().enumerate() {
        let limit = spoken.limit.map_or_else(String::new, |limit| format!(" of {limit}"));
        let (side, stage) = (spoken.side.name(), spoken.stage.name());
        page.line(&format!("  {:>2}  {side:<11}  {stage:<12}  {:>5}{limit} words", index + 1, spoken.words));
    }
    page.heading("Verdict");
    match &judgement.decided {
        Some(Decided::Ballot(ballot)) => verdict(&mut page, ballot, judgement),
        Some(Decided::Void { reason }) => page.text(2, &format!("The judgement is void: {reason}")),
        None => page.text(2, "The judgement is not finished; the same session goes on with it."),
    }
    page.lines
}

fn verdict(page: &mut Page, ballot: &Ballot, judgement: &Judgement) {
    let transcript = &judgement.transcript;
    let winner = ballot.winner.map_or("A tie".to_owned(), |side| format!("The {side} wins"));
    page.text(2, &format!("{winner}; the probability of the proposition is {:.1} %.", ballot.probability * 100.0));
    for (side, reason) in &ballot.forfeits {
        page.text(2, &format!("The {side} forfeits: {reason}."));
    }
    dimensions(page, ballot);
    orders(page, ballot);
    for side in Side::BOTH {
        let of = |speech: usize| transcript.speeches.get(speech).is_some_and(|spoken| spoken.side == side);
        if let Some(rates) = ballot.source_rates(of) {
            page.text(2, &format!("{}: {}.", side.title(), rates.phrase()));
        }
    }
    section(page, "Checked by a machine", &ballot.checks, tell_check);
    section(page, "Reasons", &ballot.reasons, |page, reason| tell_reason(page, reason, transcript));
    speech_scores(page, ballot);
    section(page, "To be borne in mind", &ballot.cautions, |page, caution| page.hung("  ! ", caution));
    cost(page, ballot, judgement);
}

fn section<T>(page: &mut Page, title: &str, items: &[T], tell: impl Fn(&mut Page, &T)) {
    if !items.is_empty() {
        page.heading(title);
        items.iter().for_each(|item| tell(page, item));
    }
}

fn dimensions(page: &mut Page, ballot: &Ballot) {
    section(page, "Dimensions", &ballot.dimensions, |page, row| {
        page.line(&dimension(row));
        // Most judges give these words as their reason, too.
        if !ballot.reasons.iter().any(|reason| reason.text == row.judgement) {
            page.text(4, &row.judgement);
        }
    });
}

fn orders(page: &mut Page, ballot: &Ballot) {
    section(page, "Each order that was asked, with the probability of the proposition", &ballot.orders, |page, row| {
        let counted = if row.counted { "" } else { "  not counted" };
        page.line(&format!("  {:<12} {:>5.1} %  {}{counted}", row.dimension, row.probability * 100.0, row.order));
    });
    let mut measures = Vec::new();
    if let Some(bias) = ballot.position_bias {
        measures.push(format!("position bias {:+.1} %: how much the first place was favoured", bias * 100.0));
    }
    if let Some(bias) = ballot.recency_bias {
        let what = "what reading from the end gave whoever spoke last";
        measures.push(format!("recency bias {:+.1} %: {what}", bias * 100.0));
    }
    if let Some(consistency) = ballot.consistency {
        measures.push(format!("consistency {:.0} %: how far the judge agrees with itself", consistency * 100.0));
    }
    if let Some(strength) = ballot.strength {
        measures.push(format!(
            "strength {:+.2} with a spread of {:.2} over {} votes, in log-odds of the proposition",
            strength.mean, strength.spread, strength.votes
        ));
    }
    section(page, "How steady the judge was", &measures, |page, measure| page.hung("  ", measure));
}

fn tell_check(page: &mut Page, check: &Check) {
    let held = if check.holds { "✓ holds" } else { "✗ does not hold" };
    let source = check.source.as_ref().map_or_else(String::new, |source| format!(" · {source}"));
    let correct = check
        .correct
        .map_or_else(String::new, |correct| format!(" · correct with probability {:.0} %", correct * 100.0));
    page.text(2, &format!("{held} · {} · speech {}{source}{correct}", check.tool.name(), check.speech + 1));
    page.text(4, &format!("\"{}\"", check.claim.trim()));
    page.text(4, &check.finding);
}

fn tell_reason(page: &mut Page, reason: &Reason, transcript: &Transcript) {
    page.text(2, &reason.text);
    for quote in &reason.quotes {
        tell_quote(page, quote, transcript);
    }
    page.gap();
}

fn tell_quote(page: &mut Page, quote: &JudgeQuote, transcript: &Transcript) {
    let spoken = quote.speech.and_then(|speech| transcript.speeches.get(speech).map(|spoken| (speech, spoken)));
    let Some((speech, spoken)) = spoken else {
        return page.hung("    ", &format!("{}: \"{}\" stands in no speech", mark(quote.standing), quote.text));
    };
    let place = format!("{}, speech {}: ", mark(quote.standing), speech + 1);
    match passage(&quote.text, &spoken.text, AROUND) {
        Some(found) => {
            let before = if found.begins_text { "" } else { "… " };
            let after = if found.ends_text { "" } else { " …" };
            // The speech may quote the same words itself.
            let (first, last) =
                (found.before.trim_end_matches(QUOTES).trim_end(), found.after.trim_start_matches(QUOTES));
            let space = if first.is_empty() { "" } else { " " };
            let words = format!("{before}{first}{space}«{}»{last}{after}", found.quoted);
            page.hung("    ", &format!("{place}{}", words.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
        None => page.hung("    ", &format!("{place}\"{}\"", quote.text)),
    }
}

fn speech_scores(page: &mut Page, ballot: &Ballot) {
    section(page, "Scores of speeches", &ballot.speeches, |page, row| {
        let backward = row.backward.map_or_else(String::new, |score| format!("  read from the end {score:.1}"));
        page.line(&format!("  speech {:>2}  {:<12} {:>4.1}{backward}", row.speech + 1, row.dimension, row.score));
    });
}

fn cost(page: &mut Page, ballot: &Ballot, judgement: &Judgement) {
    let usage = &ballot.usage;
    if judgement.said.is_empty() {
        return;
    }
    let calls = if judgement.said.len() == 1 { "1 call".to_owned() } else { format!("{} calls", judgement.said.len()) };
    let cached =
        if usage.cached_tokens > 0 { format!(" ({} from the cache)", usage.cached_tokens) } else { String::new() };
    let dollars = if usage.dollars > 0.0 { format!(", ${:.4}", usage.dollars) } else { String::new() };
    page.heading("Cost");
    page.text(
        2,
        &format!(
            "{calls}, {} tokens read{cached}, {} written, {:.1} s of calls{dollars}",
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.milliseconds as f64 / 1000.0
        ),
    );
}

/// Lines of at most a width.
struct Page {
    lines: Vec<String>,
    width: usize,
}

impl Page {
    /// A line of columns: it is cut, not wrapped.
    fn line(&mut self, line: &str) {
        let indent = line.len() - line.trim_start().len();
        let kept = shorten(&sanitize(line).replace('\n', " "), self.width.max(indent + 1));
        self.lines.push(kept);
    }

    fn heading(&mut self, title: &str) {
        self.gap();
        let title = one_line(title, self.width).into_string();
        self.lines.push(title);
    }

    /// A blank line, but never two.
    fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    /// Prose with this much before each line.
    fn text(&mut self, indent: usize, text: &str) {
        let blank = " ".repeat(indent);
        let clean = sanitize(text);
        for line in clean.trim().lines() {
            for row in wrap(line, self.width.saturating_sub(indent).max(1)) {
                self.lines.push(format!("{blank}{row}").trim_end().to_owned());
            }
        }
    }

    /// Prose behind a mark; later lines stand under the first word.
    fn hung(&mut self, mark: &str, text: &str) {
        let from = self.lines.len();
        self.text(mark.chars().count() + usize::from(mark.trim().is_empty()) * 2, text);
        if let Some(first) = self.lines.get_mut(from) {
            *first = format!("{mark}{}", first.trim_start());
        }
    }
}
