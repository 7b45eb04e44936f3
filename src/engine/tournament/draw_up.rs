//! From a plan as a user wrote it to a tournament that can run: everything fixed that its results depend on.

use std::collections::BTreeMap;
use std::path::Path;

use crate::assets::read_questions;
use crate::clock;
use crate::domain::motion::Motion;
use crate::domain::seat::Side;
use crate::domain::tournament::{Book, Entrant, Fixture, Next, Planned, Tournament, TournamentId, next};
use crate::domain::usage::Ceilings;
use crate::engine::error::EngineError;
use crate::engine::evidence::choose::NOTHING;
use crate::engine::handle::EngineHandle;
use crate::engine::queries::Queries;
use crate::engine::tournament::estimate::{TournamentEstimate, estimate};
use crate::engine::tournament::field::Field;
use crate::engine::tournament::told::Meeting;
use crate::rating::Selection;

/// A tournament before it is kept: what it will be, and what it will cost.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnUp {
    pub plan: Planned,
    pub estimate: TournamentEstimate,
    /// What can start at once: everything in a round robin, else the first round.
    pub first: Vec<Meeting>,
}

impl EngineHandle {
    /// Draws a tournament up. Nothing is written.
    ///
    /// # Errors
    /// The plan contradicts itself, names something that is not there, or two names are the same player or motion.
    pub async fn draw_up(&self, tournament: Tournament) -> Result<DrawnUp, EngineError> {
        if let Some(problem) = tournament.problem() {
            return Err(EngineError::Request(problem));
        }
        let queries = self.queries();
        let motions = motions(&tournament, queries)?;
        distinct("motion", &tournament.motions, motions.iter().map(|motion| motion.text.as_str()))?;
        let field = Field::of(&tournament, &motions, queries).await?;
        let entrants = entrants(&field)?;
        distinct("player", &tournament.players, entrants.iter().map(|entrant| entrant.player.as_str()))?;
        let config = queries.library().config();
        let format = queries.library().format(tournament.format.as_deref().unwrap_or(&config.defaults.format))?;
        if format.is_ranked() {
            return Err(EngineError::Request(format!(
                "a match of a tournament is between two players, and {} seats {}; choose another format",
                format.name,
                format.seats.len()
            )));
        }
        let renamed: BTreeMap<&String, &String> =
            tournament.players.iter().zip(entrants.iter().map(|entrant| &entrant.player)).collect();
        let newcomer = match tournament.newcomer.clone() {
            Some(mut newcomer) => {
                let name = |given: &String| renamed.get(given).map_or_else(|| given.clone(), |name| (*name).clone());
                let ladder = queries.ladder(&Selection::default())?;
                newcomer.player = name(&newcomer.player);
                let given: BTreeMap<String, f64> =
                    newcomer.ratings.iter().map(|(player, rating)| (name(player), *rating)).collect();
                let others = entrants.iter().map(|entrant| &entrant.player).filter(|name| **name != newcomer.player);
                let rated = others.map(|name| (name.clone(), given.get(name).copied().unwrap_or(ladder.elo(name))));
                newcomer.ratings = rated.collect();
                Some(newcomer)
            }
            None => None,
        };
        let tournament = Tournament {
            motions: motions.iter().map(|motion| motion.id.clone()).collect(),
            name: if tournament.name.trim().is_empty() { usual_name(&tournament) } else { tournament.name.clone() },
            players: entrants.iter().map(|entrant| entrant.player.clone()).collect(),
            format: Some(tournament.format.clone().unwrap_or_else(|| config.defaults.format.clone())),
            judges: field.judges().iter().map(|judge| judge.name.clone()).collect(),
            // What a TOML file can hold, so that the seed can be put into one.
            seed: Some(tournament.seed.unwrap_or_else(|| clock::random_seed() >> 1)),
            match_ceilings: Ceilings {
                tokens: tournament.match_ceilings.tokens.or(config.ceilings.tokens),
                dollars: tournament.match_ceilings.dollars.or(config.ceilings.dollars),
            },
            newcomer,
            evidence: tournament.evidence.filter(|given| given != NOTHING),
            ..tournament
        };
        let judges = field.judges().iter().map(|judge| (judge.name.clone(), judge.recipe_hash.clone())).collect();
        let estimate = estimate(&tournament, &field, queries.registry());
        let plan = Planned { tournament, entrants, motions, judges };
        let first: Vec<Fixture> = match next(&plan.tournament, &Book::default()) {
            Next::Pair(fixtures) => fixtures,
            Next::Wait | Next::Over => Vec::new(),
        };
        let first = first.iter().map(|fixture| Meeting::of(&plan, fixture)).collect();
        Ok(DrawnUp { plan, estimate, first })
    }

    /// Keeps a tournament, so that it can be run.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn keep_tournament(&self, plan: &Planned) -> Result<TournamentId, EngineError> {
        let id = TournamentId(clock::fresh_id());
        self.store().keep_tournament(&id, &clock::now(), plan).await?;
        Ok(id)
    }
}

/// The motions that a plan names, or those that its questions make.
fn motions(tournament: &Tournament, queries: &Queries) -> Result<Vec<Motion>, EngineError> {
    match &tournament.questions {
        // A file that is named in what was asked for is part of it.
        Some(file) => {
            let questions = read_questions(Path::new(file)).map_err(|error| EngineError::Request(error.to_string()))?;
            Ok(questions.iter().zip(1..).map(|(question, number)| question.motion(number)).collect())
        }
        None => {
            let found = tournament.motions.iter().map(|motion| queries.library().motion_or_text(motion));
            Ok(found.collect::<Result<_, _>>()?)
        }
    }
}

fn entrants(field: &Field) -> Result<Vec<Entrant>, EngineError> {
    let players = 0..field.openings.len();
    let entrant = |player| {
        let found = field.participant(player, Side::Proposition).ok_or(EngineError::Gone)?;
        Ok(Entrant { player: found.player.clone(), version: found.version.clone() })
    };
    players.map(entrant).collect()
}

/// Two names may mean the same thing, as a model and the solo team at this model do.
fn distinct<'a>(what: &str, given: &[String], meant: impl Iterator<Item = &'a str>) -> Result<(), EngineError> {
    let mut seen: BTreeMap<&str, &String> = BTreeMap::new();
    for (name, meant) in given.iter().zip(meant) {
        if let Some(earlier) = seen.insert(meant, name) {
            return Err(EngineError::Request(format!("\"{earlier}\" and \"{name}\" are the same {what}: {meant}")));
        }
    }
    Ok(())
}

fn usual_name(tournament: &Tournament) -> String {
    format!("{} of {}", tournament.kind.name(), tournament.players.len())
}
