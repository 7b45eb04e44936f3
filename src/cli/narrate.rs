//! A debate told line by line: the live transcript in a terminal, `show`, and `replay`.

use crate::cli::amounts;
use crate::cli::output::{Output, prose_width};
use crate::cli::spoken;
use crate::domain::ballot::{Ballot, DimensionScore};
use crate::domain::debate::Debate;
use crate::domain::event::{Entry, Event};
use crate::domain::evidence::{Citation, EvidenceItem, Standing};
use crate::domain::format::Stage;
use crate::domain::opening::{JudgeSeat, Opening};
use crate::domain::seat::Side;
use crate::domain::speech::{CallRouted, CivilityMeasured, DraftsWeighed, RoleSaid, Speech};
use crate::domain::verdict::Outcome;
use crate::evidence::deviation;
use crate::judge::{Estimate, estimate};
use crate::rating::RatingChange;
use crate::text::words::count_words;
use crate::text::wrap::wrap;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Speeches and verdicts.
    Speeches,
    /// The teams' work too.
    Work,
}

/// Tells events as they come. Folds them itself, so that it can name stages and players.
pub struct Narrator {
    detail: Detail,
    debate: Debate,
    /// What was found, until its query is told: the log has the finding first.
    found: Vec<EvidenceItem>,
}

impl Narrator {
    #[must_use]
    pub fn new(detail: Detail) -> Narrator {
        Narrator { detail, debate: Debate::default(), found: Vec::new() }
    }

    /// The debate so far.
    #[must_use]
    pub fn debate(&self) -> &Debate {
        &self.debate
    }

    /// Takes an event in without telling it.
    pub fn skip(&mut self, entry: &Entry) {
        self.debate.apply(&entry.event);
    }

    /// Tells one event.
    pub fn tell(&mut self, output: &mut Output, entry: &Entry) {
        self.debate.apply(&entry.event);
        let work = self.detail == Detail::Work;
        match &entry.event {
            Event::DebateOpened(opening) => open(output, opening, &entry.debate.0),
            Event::StageBegan { stage } => {
                let kind = self.debate.opening.as_ref().and_then(|opening| opening.format.stages.get(*stage));
                if let Some(plan) = kind {
                    let (number, kind) = (stage + 1, plan.name());
                    output.line(&match output.plain {
                        true => format!("\nStage {number}: {kind}."),
                        false => format!("\n== Stage {number}: {kind} =="),
                    });
                }
            }
            Event::RoleSaid(said) if work => step(output, &role(said)),
            Event::QueryRun(query) if work => {
                let form = if query.form == Some(0.0) { ", hardly a query" } else { "" };
                let correct = query.correct.filter(|_| query.hits > 0);
                let correct =
                    correct.map_or(String::new(), |share| format!(", the best holds {:.0} % of it", share * 100.0));
                step(
                    output,
                    &format!("{} searches \"{}\": {} found{correct}{form}", query.side, query.query, query.hits),
                );
                for item in self.found.drain(..) {
                    output.line(&format!("    {} {} ({})", item.label, item.title, item.source));
                }
            }
            Event::EvidenceFound(found) if work => self.found.extend(found.items.iter().cloned()),
            Event::ReviewReturned(review) if work => {
                let decision = if review.approved { "approves the draft" } else { "sends the draft back" };
                step(output, &format!("{} reviewer {decision}{}", review.side, after_colon(&review.notes)));
                review.remarks.iter().for_each(|remark| output.line(&format!("    {remark}")));
            }
            Event::DraftsWeighed(weighed) if work => step(output, &weighing(weighed)),
            Event::CallRouted(routed) if work => {
                let CallRouted { side, role, model, why, .. } = routed;
                step(output, &format!("{side} {role} is asked of {model}: {why}"));
            }
            Event::CivilityMeasured(measured) if work => step(output, &civility(measured)),
            Event::SpeechDelivered(delivered) => self.speech(output, delivered),
            Event::BallotReturned { judge, ballot } => {
                if let Some(opening) = &self.debate.opening {
                    tell_ballot(output, *judge, ballot, opening);
                }
            }
            Event::BallotVoided { judge, reason } => output.line(&format!("\nBallot {} is void: {reason}", judge + 1)),
            Event::ResultRecorded(outcome) => {
                let undecided = if outcome.unrated.is_some() { "No result." } else { "A tie." };
                let winner = outcome.winner.map_or(undecided.to_owned(), |side| {
                    format!(
                        "The {side} wins: {}.",
                        if side == Side::Proposition { &outcome.proposition } else { &outcome.opposition }
                    )
                });
                match outcome.ranking.is_empty() {
                    true => output.line(&format!("\n{winner}")),
                    false => tell_ranking(output, outcome, self.debate.opening.as_ref()),
                }
                if let Some(unrated) = outcome.unrated {
                    output.line(&format!("Unrated, since {}.", unrated.sentence()));
                } else if !outcome.audited {
                    output.line(
                        "A judge was never audited or is no better than a coin, so the ladder marks this result.",
                    );
                }
            }
            Event::ProspectMeasured(prospect) if work && output.plain => {
                let before = self.debate.prospects.range(..prospect.speeches).next_back();
                output.line(&spoken::momentum(prospect, before.map(|(_, before)| before.probability)));
            }
            Event::ProspectMeasured(prospect) if work => {
                let (speeches, share) = (prospect.speeches, prospect.probability * 100.0);
                step(output, &format!("after {speeches} speeches: {share:.0} % for the proposition"));
            }
            Event::Interrupted { role, .. } if work => step(output, &format!("the {role}'s call was stopped")),
            Event::BudgetReached { reason } | Event::Failed { reason } => {
                output.line(&format!("\nThe debate stopped: {reason}."))
            }
            Event::Paused => output.line("\nPaused."),
            Event::Resumed => output.line("\nResumed."),
            _ => {}
        }
    }

    fn speech(&self, output: &mut Output, speech: &Speech) {
        let opening = self.debate.opening.as_ref();
        let stage = opening.and_then(|opening| opening.format.stages.get(speech.stage)).map_or("speech", Stage::name);
        let seat = opening.map_or("", |opening| opening.seat_name(speech.seat));
        let player = opening.and_then(|opening| opening.participant(speech.seat));
        let player = player.map_or("", |participant| participant.player.as_str());
        let cut = if speech.cut { ", cut at its limit" } else { "" };
        output.line(&format!("\n{} {seat} {stage} · {player} · {} words{cut}\n", speech.speech + 1, speech.words));
        prose(output, &speech.text);
        if output.plain {
            for citation in &speech.citations {
                output.line(&format!("Evidence {} {}.", citation.label, spoken::standing(citation.standing)));
            }
        } else if !speech.citations.is_empty() {
            let marks: Vec<String> = speech.citations.iter().map(citation).collect();
            output.line(&format!("\n  {}", marks.join("  ")));
            let bag = self.debate.bags.get(&speech.seat).map_or(&[][..], |bag| bag);
            for citation in &speech.citations {
                if let Some(shown) = deviation(citation, bag) {
                    prose(output, &format!("[{}] against its source: {shown}", citation.label));
                }
            }
        }
    }
}

/// Tells what a result did to the ladder.
pub fn ratings(output: &mut Output, changes: &[RatingChange]) {
    for change in changes {
        let arrow = if output.plain { "to" } else { "→" };
        output.line(&format!(
            "{}: {:.0} {arrow} {:.0} ({:+.1})",
            change.player,
            change.before,
            change.after,
            change.after - change.before
        ));
    }
}

fn open(output: &mut Output, opening: &Opening, id: &str) {
    output.line(&opening.motion.text);
    output.line(&format!("{} · {} · debate {id}", opening.motion.category, opening.format.name));
    let widest = opening.format.seats.iter().map(|seat| seat.name.len()).max().unwrap_or(0).max(12);
    for participant in &opening.participants {
        output.line(&format!("{:<widest$} {}", opening.seat_name(participant.seat), participant.player));
    }
    for (at, judge) in opening.judges.iter().enumerate() {
        // A judge of more than two teams sits once for every two of them.
        let same = |other: &&JudgeSeat| other.name == judge.name && other.between.is_some() && judge.between.is_some();
        if opening.judges[..at].iter().any(|other| same(&other)) {
            continue;
        }
        let trust = judge.certificate.as_deref().unwrap_or("never audited");
        output.line(&format!("{:<widest$} {} ({trust})", "judge", judge.name));
        let sittings: Vec<&JudgeSeat> =
            std::iter::once(judge).chain(opening.judges[at + 1..].iter().filter(same)).collect();
        // From above: forms that a model with probabilities need not write are counted in.
        let cost = sittings.iter().map(|sitting| estimate(sitting, opening, sitting.recipe.needs_probabilities()));
        let cost = cost.fold(Estimate::default(), Estimate::plus);
        let spent = amounts::calls(cost.calls, cost.prompt_tokens, cost.completion_tokens);
        let each = if sittings.len() > 1 {
            format!(", every two teams on their own: {} ballots", sittings.len())
        } else {
            String::new()
        };
        output.line(&format!("{:<widest$} {spent}{each}", ""));
    }
    if opening.evidence.is_none() {
        output.line(&format!("{:<widest$} none: the teams have no sources", "evidence"));
    }
}

/// Tells in which order the teams came.
fn tell_ranking(output: &mut Output, outcome: &Outcome, opening: Option<&Opening>) {
    output.line("");
    for team in &outcome.ranking {
        let title = opening.map_or_else(|| team.name.clone(), |opening| opening.seat_title(team.seat));
        output.line(&format!("{}. {title}: {}, {:.1} points", team.place, team.player, team.points));
    }
}

fn tell_ballot(output: &mut Output, judge: usize, ballot: &Ballot, opening: &Opening) {
    let called = |side| opening.called(ballot.between, side);
    let winner = ballot.winner.map_or("a tie".to_owned(), |side| format!("the {}", called(side)));
    let other = ballot.between.map(|_| format!(" against {}", called(Side::Opposition))).unwrap_or_default();
    output.line(&format!(
        "\nBallot {} · {} · {winner} · {}{other} {:.1} %",
        judge + 1,
        ballot.judge,
        called(Side::Proposition),
        ballot.probability * 100.0
    ));
    if let Some(meanings) = opening.meanings(ballot.between) {
        output.line(&format!("  {meanings}"));
    }
    ballot.dimensions.iter().for_each(|row| output.line(&dimension(row)));
    if !ballot.steadiness().is_empty() {
        output.line(&format!("  {}", ballot.steadiness().join(" · ")));
    }
    if let Some(rates) = ballot.source_rates(|_| true) {
        output.line(&format!("  {}", rates.phrase()));
    }
    for check in &ballot.checks {
        let mark = match (output.plain, check.holds) {
            (true, holds) => spoken::holds(holds),
            (false, true) => "✓",
            (false, false) => "✗",
        };
        output.line(&format!("  {mark} {}", check.line()));
    }
    for (side, reason) in &ballot.forfeits {
        output.line(&format!("  the {side} forfeits: {reason}"));
    }
    for reason in &ballot.reasons {
        output.line("");
        prose(output, &reason.text);
    }
    if !ballot.reasons.is_empty() {
        output.line("");
    }
    for caution in &ballot.cautions {
        let mark = if output.plain { "Caution:" } else { "!" };
        output.line(&format!("  {mark} {caution}"));
    }
}

/// A dimension with its weight, its probability and its scores.
pub fn dimension(row: &DimensionScore) -> String {
    let scores: Vec<String> = row.scores.iter().map(|(side, score)| format!("{side} {score:.1}")).collect();
    let row = format!(
        "  {:<12} weight {:<4} proposition {:>5.1} %  {}",
        row.dimension,
        row.weight,
        row.probability * 100.0,
        scores.join(", ")
    );
    row.trim_end().to_owned()
}

fn role(said: &RoleSaid) -> String {
    let draft = if said.revision > 0 { format!(", revision {}", said.revision) } else { String::new() };
    let words = count_words(&said.text);
    let seconds = said.usage.milliseconds as f64 / 1000.0;
    format!(
        "{} {}{draft}: {words} words, {} tokens, {seconds:.1} s",
        said.side, said.role, said.usage.completion_tokens
    )
}

/// For instance `proposition writer: draft 2 of 3 goes on, 61 % against the others (label-probability@small)`.
fn weighing(weighed: &DraftsWeighed) -> String {
    let (side, chosen, of) = (weighed.side, weighed.chosen + 1, weighed.scores.len());
    match weighed.scores.get(weighed.chosen) {
        Some(score) => format!(
            "{side} writer: draft {chosen} of {of} goes on, {:.0} % against the others ({})",
            score * 100.0,
            weighed.judge
        ),
        None => format!("{side} writer: the first draft goes on, for no model here can weigh them"),
    }
}

/// For instance `proposition draft: out of place with 71 %` or `proposition rewrite: out of place with 12 %, 80 % of the words kept`.
fn civility(measured: &CivilityMeasured) -> String {
    let what = if measured.similarity.is_some() { "rewrite" } else { "draft" };
    let share = measured.inappropriate.map_or("nobody here can tell its manners".to_owned(), |share| {
        format!("out of place with {:.0} %", share * 100.0)
    });
    let kept = measured.similarity.map(|kept| format!(", {:.0} % of the draft's content kept", kept * 100.0));
    format!("{} {what}: {share}{}", measured.side, kept.unwrap_or_default())
}

fn citation(citation: &Citation) -> String {
    format!("[{}] {}", citation.label, mark(citation.standing))
}

/// How a quotation stands, with a sign that is seen at a glance.
pub fn mark(standing: Standing) -> &'static str {
    match standing {
        Standing::Verified => "✓ verified",
        Standing::Close => "≈ close",
        Standing::Absent => "✗ absent",
        Standing::Unquoted => "· unquoted",
    }
}

fn after_colon(notes: &str) -> String {
    let first = notes.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    if first.is_empty() { String::new() } else { format!(": {first}") }
}

/// A step of a team's work.
fn step(output: &mut Output, text: &str) {
    let mark = if output.plain { "" } else { "  · " };
    output.line(&format!("{mark}{text}"));
}

fn prose(output: &mut Output, text: &str) {
    if output.plain {
        // A line break in the middle of a sentence is a pause where it is read out.
        return output.line(text.trim());
    }
    for line in text.trim().lines() {
        for row in wrap(line, prose_width()) {
            output.line(row);
        }
    }
}
