//! `rhetor tournament plan`: from a file and flags to a plan, and what it will cost.

use serde::Serialize;

use crate::assets::read_tournament;
use crate::cli::amounts::{duration, thousands};
use crate::cli::exit::ExitStatus;
use crate::cli::output::Output;
use crate::cli::tournament::PlanArguments;
use crate::domain::tournament::{Kind, NewcomerPlan, Planned, Sides, Tournament, TournamentCeilings};
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::engine::interrupt::told_to_end;
use crate::engine::tournament::{DrawnUp, Meeting, TimeNeeded, TournamentEstimate};
use crate::text::count::number_of;
use crate::text::name::short;

/// The most matches that are listed one by one.
const LISTED: usize = 60;

/// Prints what a tournament would be.
///
/// # Errors
/// The plan contradicts itself, or names something that is not there.
pub async fn plan(
    engine: &EngineHandle,
    arguments: PlanArguments,
    output: &mut Output,
) -> Result<ExitStatus, EngineError> {
    let Some(drawn) = draw_up(engine, arguments, output).await? else { return Ok(ExitStatus::Interrupted) };
    if output.json {
        output.document(&PlanDocument { plan: &drawn.plan, estimate: &drawn.estimate, matches: &drawn.first });
        return Ok(ExitStatus::Done);
    }
    lines(&drawn).iter().for_each(|line| output.line(line));
    output.line("");
    for meeting in drawn.first.iter().take(LISTED) {
        output.line(&meeting_line(meeting));
    }
    let more = drawn.first.len().saturating_sub(LISTED);
    if more > 0 {
        output.line(&format!("... and {more} more"));
    }
    if let Kind::Swiss | Kind::KnockOut | Kind::Newcomer = drawn.plan.tournament.kind {
        output.line("Later rounds follow from the results.");
    }
    Ok(ExitStatus::Done)
}

#[derive(Serialize)]
struct PlanDocument<'a> {
    #[serde(flatten)]
    plan: &'a Planned,
    estimate: &'a TournamentEstimate,
    /// What can start at once.
    matches: &'a [Meeting],
}

/// Draws a tournament up. `None` if the user interrupts; nothing was written then.
///
/// # Errors
/// As [`plan`].
pub async fn draw_up(
    engine: &EngineHandle,
    arguments: PlanArguments,
    output: &mut Output,
) -> Result<Option<DrawnUp>, EngineError> {
    let tournament = tournament(arguments)?;
    output.progress("opening the models ...");
    tokio::select! {
        drawn = engine.draw_up(tournament) => drawn.map(Some),
        () = told_to_end() => {
            output.note("interrupted before anything was started");
            Ok(None)
        }
    }
}

/// A file under flags, or flags alone.
fn tournament(arguments: PlanArguments) -> Result<Tournament, EngineError> {
    let mut tournament = match &arguments.file {
        // A file that is named on the command line is part of what was typed.
        Some(file) => read_tournament(file).map_err(|error| EngineError::Request(error.to_string()))?,
        None => Tournament::of(Kind::RoundRobin, Vec::new(), Vec::new()),
    };
    let PlanArguments { players, motions, judges, limits, .. } = arguments;
    for (given, own) in
        [(players, &mut tournament.players), (motions, &mut tournament.motions), (judges, &mut tournament.judges)]
    {
        if !given.is_empty() {
            *own = given;
        }
    }
    tournament.kind = arguments.kind.map_or(tournament.kind, Into::into);
    tournament.name = arguments.name.unwrap_or(tournament.name);
    tournament.format = arguments.format.or(tournament.format);
    tournament.questions = arguments.questions.or(tournament.questions);
    tournament.evidence = arguments.evidence.or(tournament.evidence);
    tournament.seed = arguments.seed.or(tournament.seed);
    tournament.rounds = arguments.rounds.or(tournament.rounds);
    tournament.motions_per_meeting = arguments.motions_per_meeting.or(tournament.motions_per_meeting);
    if arguments.both_sides {
        tournament.sides = Some(Sides::Both);
    }
    if let Some(player) = arguments.newcomer {
        tournament.newcomer = Some(match tournament.newcomer {
            Some(newcomer) => NewcomerPlan { player, ..newcomer },
            None => NewcomerPlan::of(player),
        });
    }
    let TournamentCeilings { tokens, dollars, minutes } = limits.into();
    let own = tournament.ceilings;
    tournament.ceilings = TournamentCeilings {
        tokens: tokens.or(own.tokens),
        dollars: dollars.or(own.dollars),
        minutes: minutes.or(own.minutes),
    };
    tournament.concurrency = limits.over(tournament.concurrency);
    Ok(tournament)
}

/// What a tournament will be and cost, in a few lines.
#[must_use]
pub fn lines(drawn: &DrawnUp) -> Vec<String> {
    let DrawnUp { plan, estimate, .. } = drawn;
    let tournament = &plan.tournament;
    let most = match tournament.kind {
        Kind::Newcomer => "at most ",
        _ => "",
    };
    vec![
        format!("{}: {}, seed {}", tournament.name, tournament.kind.name(), tournament.seed()),
        format!(
            "  {}, {}, {most}{}",
            number_of(tournament.players.len(), "player"),
            number_of(tournament.motions.len(), if tournament.kind == Kind::Qa { "question" } else { "motion" }),
            if estimate.matches == 1 { "1 match".to_owned() } else { format!("{} matches", estimate.matches) }
        ),
        format!(
            "  format {}, judged by {}",
            tournament.format.as_deref().unwrap_or_default(),
            names(&tournament.judges)
        ),
        format!("  at most {}", price(estimate)),
        format!("  {}", time(&estimate.time)),
    ]
}

fn price(estimate: &TournamentEstimate) -> String {
    let mut text = format!(
        "{} calls, {} tokens to read and {} to write, ${:.2}",
        thousands(estimate.calls),
        thousands(estimate.prompt_tokens),
        thousands(estimate.completion_tokens),
        estimate.dollars
    );
    if !estimate.without_price.is_empty() {
        text.push_str(&format!("; the price of {} is not known", estimate.without_price.join(", ")));
    }
    text
}

fn time(time: &TimeNeeded) -> String {
    let mut known = Vec::new();
    if let Some(seconds) = time.seconds {
        known.push(format!("models on this machine: at most {}", duration(seconds)));
    }
    if !time.not_measured.is_empty() {
        let names = time.not_measured.join(", ");
        known.push(format!("the time of {names} is not known; `rhetor models bench NAME` measures a model"));
    }
    if time.endpoints {
        known.push("the time of endpoints is not known".to_owned());
    }
    known.join("; ")
}

/// A match in one line.
#[must_use]
pub fn meeting_line(meeting: &Meeting) -> String {
    let Meeting { number, round, motion, proposition, opposition } = meeting;
    format!("{number:>4}  round {round}  {} - {}  {motion}", short(proposition), short(opposition))
}

/// Names of judges in one line.
#[must_use]
pub fn names(judges: &[String]) -> String {
    judges.iter().map(|judge| short(judge)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_of_the_time_is_said() {
        let known = TimeNeeded { seconds: Some(200.0), ..TimeNeeded::default() };
        assert_eq!(time(&known), "models on this machine: at most 3 min");
        let unknown = TimeNeeded { seconds: None, not_measured: vec!["m".to_owned()], endpoints: true };
        assert_eq!(
            time(&unknown),
            "the time of m is not known; `rhetor models bench NAME` measures a model; the time of endpoints is not known"
        );
    }

    #[test]
    fn a_price_that_is_not_known_is_said() {
        let estimate = TournamentEstimate {
            calls: 40,
            prompt_tokens: 52_400,
            completion_tokens: 3000,
            dollars: 0.25,
            without_price: vec!["work/x".to_owned()],
            ..TournamentEstimate::default()
        };
        assert_eq!(
            price(&estimate),
            "40 calls, 52 thousand tokens to read and 3000 to write, $0.25; the price of work/x is not known"
        );
    }
}
