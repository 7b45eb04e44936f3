//! A tournament as it stands, folded from its plan and its matches: the table, who beat whom, and every match.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock;
use crate::domain::ballot::Ballot;
use crate::domain::event::DebateId;
use crate::domain::hash::ContentHash;
use crate::domain::seat::Side;
use crate::domain::tournament::knock_out::champion;
use crate::domain::tournament::newcomer::{Place, place};
use crate::domain::tournament::standings::{Cell, Standing, matrix, standings};
use crate::domain::tournament::{Book, End, Kind, Next, Planned, TournamentId, most_matches, next};
use crate::domain::usage::Usage;
use crate::domain::verdict::Unrated;
use crate::engine::error::EngineError;
use crate::engine::export::page::Page;
use crate::engine::handle::EngineHandle;
use crate::engine::lease::is_alive;
use crate::engine::queries::Queries;
use crate::engine::tournament::findings::{Findings, Tally};
use crate::engine::tournament::page::{self, Transcripts};
use crate::engine::tournament::told::Meeting;
use crate::rating::elo::EloSettings;
use crate::rating::uncertainty::Resampling;
use crate::rating::{Game, Ladder};
use crate::store::{Halt, LEASE_STALE_MS, StoredMatch, StoredTournament};

/// Where a tournament stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TournamentState {
    /// Nothing was started yet.
    Planned,
    /// A process is at a match.
    Running,
    /// It can go on.
    Stopped,
    Over,
}

impl TournamentState {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TournamentState::Planned => "planned",
            TournamentState::Running => "running",
            TournamentState::Stopped => "stopped",
            TournamentState::Over => "over",
        }
    }
}

/// Where a match stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchState {
    Planned,
    Running,
    /// It was begun and can go on.
    Stopped,
    Done,
    /// It failed too often and is not tried again.
    Parked,
}

impl MatchState {
    fn of(one: &StoredMatch, now_ms: i64) -> MatchState {
        if one.outcome.is_some() {
            MatchState::Done
        } else if is_held(one, now_ms) {
            MatchState::Running
        } else if one.parked {
            MatchState::Parked
        } else if one.state.is_some() {
            MatchState::Stopped
        } else {
            MatchState::Planned
        }
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            MatchState::Planned => "planned",
            MatchState::Running => "running",
            MatchState::Stopped => "stopped",
            MatchState::Done => "done",
            MatchState::Parked => "parked",
        }
    }
}

/// Whether some process runs the match.
pub(super) fn is_held(one: &StoredMatch, now_ms: i64) -> bool {
    one.holder.as_ref().is_some_and(|(holder, heartbeat)| {
        now_ms.abs_diff(*heartbeat) <= LEASE_STALE_MS.unsigned_abs() && is_alive(holder)
    })
}

/// How a match ended, if it did.
pub(super) fn end(one: &StoredMatch) -> Option<End> {
    match &one.outcome {
        Some(outcome) if outcome.unrated.is_some() => Some(End::Unrated),
        Some(outcome) => Some(End::Scored { score: outcome.score(), probability: outcome.probability }),
        None => one.parked.then_some(End::Parked),
    }
}

/// The fixtures and ends that matches of the store tell.
pub(super) fn book(matches: &[StoredMatch]) -> Book {
    Book {
        fixtures: matches.iter().map(|one| one.fixture).collect(),
        ends: matches.iter().filter_map(|one| Some((one.fixture.number, end(one)?))).collect(),
    }
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlayerReport {
    pub player: String,
    /// Hash of its team and models.
    pub version: ContentHash,
    /// Elo over this tournament alone, in the order of the matches, from 1000.
    pub elo: f64,
    /// Its counts; `player` in it is the place in the plan's list.
    pub standing: Standing,
}

/// One match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MatchReport {
    #[serde(flatten)]
    pub meeting: Meeting,
    pub state: MatchState,
    pub debate: DebateId,
    /// `None` is a tie, or no score yet.
    pub winner: Option<Side>,
    /// That the proposition won, in the judges' eyes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unrated: Option<Unrated>,
    /// Speeches that were delivered, of those planned.
    pub speeches: u32,
    pub planned: u32,
    pub failures: u32,
    /// Why it failed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A tournament as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TournamentReport {
    pub id: TournamentId,
    pub name: String,
    pub kind: Kind,
    /// When it was planned, RFC 3339.
    pub at: String,
    pub state: TournamentState,
    pub seed: u64,
    pub format: String,
    pub judges: Vec<String>,
    pub motions: Vec<String>,
    /// The table, the best first.
    pub players: Vec<PlayerReport>,
    /// What each player took from each other, rows and columns in the order of `players`.
    pub matrix: Vec<Vec<Cell>>,
    pub matches: Vec<MatchReport>,
    /// The most matches that there can be.
    pub most_matches: usize,
    /// Scores of the proposition, and the matches that had one.
    pub proposition: Cell,
    pub usage: Usage,
    /// Who won a knock-out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub champion: Option<String>,
    /// Where a newcomer stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newcomer: Option<Place>,
}

impl TournamentReport {
    /// Folds what the store holds. `now_ms` is Unix time in milliseconds: a lease that is too old is nobody's.
    #[must_use]
    pub fn of(stored: &StoredTournament, matches: &[StoredMatch], usage: Usage, now_ms: i64) -> TournamentReport {
        let (plan, book) = (&stored.plan, book(matches));
        let tournament = &plan.tournament;
        let player = |place: usize| plan.entrants.get(place).map_or_else(String::new, |entrant| entrant.player.clone());
        let ladder = ladder(matches);
        let standings = standings(tournament, &book);
        let matrix = matrix(tournament, &book);
        let order: Vec<usize> = standings.iter().map(|standing| standing.player).collect();
        let row = |row: &usize| order.iter().map(|column| matrix[*row][*column]).collect();
        let proposition = standings.iter().fold(Cell::default(), |sum, standing| Cell {
            score: sum.score + standing.as_proposition.0,
            matches: sum.matches + standing.as_proposition.1,
        });
        TournamentReport {
            id: stored.id.clone(),
            name: tournament.name.clone(),
            kind: tournament.kind,
            at: stored.at.clone(),
            state: state(stored, matches, &book, now_ms),
            seed: tournament.seed(),
            format: tournament.format.clone().unwrap_or_default(),
            judges: tournament.judges.clone(),
            motions: plan.motions.iter().map(|motion| motion.text.clone()).collect(),
            matrix: order.iter().map(row).collect(),
            players: standings
                .into_iter()
                .map(|standing| {
                    let version = plan.entrants.get(standing.player).map(|entrant| entrant.version.clone());
                    let player = player(standing.player);
                    PlayerReport { elo: ladder.elo(&player), player, version: version.unwrap_or_default(), standing }
                })
                .collect(),
            matches: matches.iter().map(|one| match_report(stored, one, now_ms)).collect(),
            most_matches: most_matches(tournament),
            proposition,
            usage,
            champion: (tournament.kind == Kind::KnockOut).then(|| champion(tournament, &book)).flatten().map(player),
            newcomer: place(tournament, &book),
        }
    }

    /// The matches in a state.
    pub fn of_state(&self, state: MatchState) -> impl Iterator<Item = &MatchReport> {
        self.matches.iter().filter(move |one| one.state == state)
    }
}

fn match_report(stored: &StoredTournament, one: &StoredMatch, now_ms: i64) -> MatchReport {
    MatchReport {
        meeting: Meeting::of(&stored.plan, &one.fixture),
        state: MatchState::of(one, now_ms),
        debate: one.debate.clone(),
        winner: one.outcome.as_ref().and_then(|outcome| outcome.winner),
        probability: one.outcome.as_ref().map(|outcome| outcome.probability),
        unrated: one.outcome.as_ref().and_then(|outcome| outcome.unrated),
        speeches: one.speeches,
        planned: one.planned,
        failures: one.failures,
        reason: one.reason.clone().filter(|_| one.outcome.is_none()),
    }
}

/// The ladder of these matches alone, in the order of their numbers, whenever they ended.
fn ladder(matches: &[StoredMatch]) -> Ladder {
    let games: Vec<Game> = matches
        .iter()
        .flat_map(|one| one.outcome.iter().flat_map(|it| Game::from_outcome(&one.debate, 0, "", it)))
        .collect();
    Ladder::fold(EloSettings::default(), &games)
}

fn state(stored: &StoredTournament, matches: &[StoredMatch], book: &Book, now_ms: i64) -> TournamentState {
    if next(&stored.plan.tournament, book) == Next::Over {
        TournamentState::Over
    } else if matches.iter().any(|one| is_held(one, now_ms)) {
        TournamentState::Running
    } else if matches.iter().all(|one| one.state.is_none() && one.failures == 0) {
        TournamentState::Planned
    } else {
        TournamentState::Stopped
    }
}

impl Queries {
    /// Every tournament as it stands, the newest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn tournaments(&self) -> Result<Vec<TournamentReport>, EngineError> {
        self.reader.tournaments()?.iter().map(|stored| self.report_on(stored)).collect()
    }

    /// A tournament as it stands, by its id, the beginning of its id, its name, or as `last`.
    ///
    /// # Errors
    /// There is none, or the store cannot be read.
    pub fn tournament(&self, given: &str) -> Result<TournamentReport, EngineError> {
        let id = self.reader.resolve_tournament(given)?;
        self.report_on(&self.reader.tournament(&id)?)
    }

    /// Finds a tournament by its id, the beginning of its id, its name, or as `last`.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub fn resolve_tournament(&self, given: &str) -> Result<TournamentId, EngineError> {
        Ok(self.reader.resolve_tournament(given)?)
    }

    /// A tournament as it was planned.
    ///
    /// # Errors
    /// There is none, or the store cannot be read.
    pub fn planned_tournament(&self, id: &TournamentId) -> Result<Planned, EngineError> {
        Ok(self.reader.tournament(id)?.plan)
    }

    /// What the results of a tournament tell beyond its table.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn tournament_findings(&self, report: &TournamentReport) -> Result<Findings, EngineError> {
        let costs = self.reader.tournament_costs(&report.id)?;
        let mut ballots: BTreeMap<DebateId, Vec<(usize, Ballot)>> = BTreeMap::new();
        // A judge alone is compared with nobody.
        if report.judges.len() > 1 {
            for (debate, place, ballot) in self.reader.tournament_ballots(&report.id)? {
                ballots.entry(debate).or_default().push((place, ballot));
            }
        }
        let mut tally = Tally::with_costs(costs);
        for (one, stored) in report.matches.iter().zip(self.reader.matches(&report.id)?) {
            if let Some(outcome) = &stored.outcome {
                tally.take(one, outcome, ballots.get(&one.debate).map_or(&[], Vec::as_slice));
            }
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(tally.findings(&Resampling { seed: report.seed, threads, ..Resampling::default() }))
    }

    /// A tournament as one HTML file, with the transcripts of its matches.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn tournament_page(&self, report: &TournamentReport) -> Result<String, EngineError> {
        let mut transcripts = Transcripts::new();
        // One after the other, since together the logs may be large.
        for one in &report.matches {
            let page = Page::of(&self.reader.entries(&one.debate, 0)?);
            transcripts.extend(page.map(|page| (one.meeting.number, page)));
        }
        Ok(page::html(report, &self.tournament_findings(report)?, &transcripts))
    }

    /// What the calls of a tournament's matches used in all.
    pub(super) fn tournament_usage(&self, id: &TournamentId) -> Result<Usage, EngineError> {
        let mut usage = Usage::default();
        self.reader.tournament_costs(id)?.into_iter().for_each(|cost| usage += cost.usage);
        Ok(usage)
    }

    fn report_on(&self, stored: &StoredTournament) -> Result<TournamentReport, EngineError> {
        let (matches, usage) = (self.reader.matches(&stored.id)?, self.tournament_usage(&stored.id)?);
        Ok(TournamentReport::of(stored, &matches, usage, clock::unix_milliseconds()))
    }
}

impl EngineHandle {
    /// Asks whatever process runs a tournament to stop: after its running matches, or at once.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn halt_tournament(&self, id: &TournamentId, at_once: bool) -> Result<(), EngineError> {
        let halt = if at_once { Halt::AtOnce } else { Halt::AfterMatches };
        Ok(self.store().set_halt(id, halt).await?)
    }

    /// Lets parked matches be tried again by the next run. Where pairs follow from results, only those of the last round
    /// that was paired can be. Returns how many there are.
    ///
    /// # Errors
    /// There is no such tournament, or the store cannot be written.
    pub async fn unpark_matches(&self, id: &TournamentId) -> Result<usize, EngineError> {
        let kind = self.queries().reader.tournament(id)?.plan.tournament.kind;
        let of_last_round = matches!(kind, Kind::Swiss | Kind::KnockOut | Kind::Newcomer);
        Ok(self.store().unpark(id, of_last_round).await?)
    }
}
