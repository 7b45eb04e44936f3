//! The players and judges of a tournament, resolved, with their models open.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::motion::Motion;
use crate::domain::opening::{JudgeSeat, Opening, Participant, ResolvedModel};
use crate::domain::seat::Side;
use crate::domain::tournament::turn::Place;
use crate::domain::tournament::{Fixture, Planned, Tournament};
use crate::engine::command::DebateRequest;
use crate::engine::error::EngineError;
use crate::engine::open::{self, OpenModels};
use crate::engine::queries::Queries;
use crate::text::hash::number_of;

/// Everything that the matches of a tournament need.
pub struct Field {
    /// A debate of each player with itself, in the order of the plan: its team on both sides.
    pub openings: Vec<Opening>,
    pub models: OpenModels,
}

impl Field {
    /// Resolves every player and judge. Models are opened on the way; names that need none come first.
    ///
    /// # Errors
    /// A name that means nothing, a folder that is not there, a model that cannot be opened.
    pub async fn of(tournament: &Tournament, motions: &[Motion], queries: &Queries) -> Result<Field, EngineError> {
        let Queries { library, registry, .. } = queries;
        queries.open_evidence(tournament.evidence.as_deref(), Arc::new(|_| {})).await?;
        for player in &tournament.players {
            open::player(player, library, registry)?;
        }
        let motion = motions.first().ok_or(EngineError::Gone)?;
        let mut openings = Vec::new();
        let mut models = OpenModels::new();
        for player in &tournament.players {
            let request = DebateRequest {
                motion: motion.text.clone(),
                proposition: Some(player.clone()),
                opposition: Some(player.clone()),
                seats: BTreeMap::new(),
                format: tournament.format.clone(),
                judges: (!tournament.judges.is_empty()).then(|| tournament.judges.clone()),
                ceilings: tournament.match_ceilings,
                seed: Some(0),
                evidence: tournament.evidence.clone(),
            };
            let (opening, opened) = open::resolve_on(motion.clone(), &request, library, registry).await?;
            if opening.participants.iter().any(|one| one.models.values().any(ResolvedModel::is_person)) {
                return Err(EngineError::Request(format!(
                    "{player} has a person in it, and tournaments are played by models alone; debate it with `rhetor debate`"
                )));
            }
            openings.push(opening);
            models.extend(opened);
        }
        Ok(Field { openings, models })
    }

    /// A player's team on a side.
    pub fn participant(&self, player: usize, side: Side) -> Option<&Participant> {
        self.openings.get(player)?.of_side(side)
    }

    pub fn judges(&self) -> &[JudgeSeat] {
        self.openings.first().map_or(&[], |opening| &opening.judges)
    }

    /// Compares what is found now with what was planned: results of other teams or judges do not belong in one table.
    ///
    /// # Errors
    /// Something was changed since; the sentence names it.
    pub fn is_as_planned(&self, plan: &Planned) -> Result<(), EngineError> {
        let changed = |what: String| {
            let name = &plan.tournament.name;
            Err(EngineError::Request(format!(
                "{what} has changed since the tournament \"{name}\" was planned; put it back as it was, or plan another tournament"
            )))
        };
        for (player, entrant) in plan.entrants.iter().enumerate() {
            let now = self.participant(player, Side::Proposition);
            if now.is_none_or(|now| now.version != entrant.version) {
                return changed(format!("the player {}", entrant.player));
            }
        }
        for ((name, hash), seat) in plan.judges.iter().zip(self.judges()) {
            if *hash != seat.recipe_hash {
                return changed(format!("the judge {name}"));
            }
        }
        Ok(())
    }

    /// Where the models of a match run.
    pub fn places(&self, fixture: &Fixture) -> BTreeSet<Place> {
        let team = |player, side| self.participant(player, side).into_iter().flat_map(Participant::all_models);
        let debaters = team(fixture.proposition, Side::Proposition).chain(team(fixture.opposition, Side::Opposition));
        let names = debaters.chain(self.judges().iter().flat_map(JudgeSeat::models)).map(|model| &model.name);
        names.map(|name| self.place(name)).collect()
    }

    fn place(&self, model: &str) -> Place {
        match self.models.get(model) {
            Some(open) if !open.card.local => {
                Place::Endpoint(model.split_once('/').map_or(model, |(endpoint, _)| endpoint).to_owned())
            }
            _ => Place::Machine,
        }
    }
}

/// The debate of a match.
pub fn request(plan: &Planned, fixture: &Fixture) -> DebateRequest {
    let tournament = &plan.tournament;
    DebateRequest {
        motion: plan.motions.get(fixture.motion).map_or_else(String::new, |motion| motion.text.clone()),
        proposition: tournament.players.get(fixture.proposition).cloned(),
        opposition: tournament.players.get(fixture.opposition).cloned(),
        seats: BTreeMap::new(),
        format: tournament.format.clone(),
        judges: Some(tournament.judges.clone()),
        evidence: tournament.evidence.clone(),
        seed: Some(match_seed(tournament.seed(), fixture.number)),
        ceilings: tournament.match_ceilings,
    }
}

/// The root seed of a match: the first eight bytes of a BLAKE3 hash over the tournament's seed and the match's number.
fn match_seed(root: u64, number: usize) -> u64 {
    number_of(&[format!("{root}/match/{number}").as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_draw_from_different_seeds_and_always_the_same() {
        assert_eq!(match_seed(7, 3), match_seed(7, 3));
        assert_ne!(match_seed(7, 3), match_seed(7, 4));
        assert_ne!(match_seed(7, 3), match_seed(8, 3));
    }
}
