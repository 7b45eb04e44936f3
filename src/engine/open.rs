//! From what a user asked for to a debate that can run: names become teams, models, recipes and a motion.

use std::collections::BTreeMap;

use crate::assets::{AssetError, Library};
use crate::clock;
use crate::domain::event::LOG_VERSION;
use crate::domain::hash::ContentHash;
use crate::domain::motion::Motion;
use crate::domain::opening::{JudgeSeat, Opening, Participant, ResolvedModel};
use crate::domain::ranking::pairings;
use crate::domain::seat::{Seat, Side};
use crate::domain::team::{DEFAULT_MODEL, PERSON, Role, RoleSpec, Team};
use crate::domain::usage::Ceilings;
use crate::engine::command::DebateRequest;
use crate::engine::error::EngineError;
use crate::engine::seat;
use crate::model::registry::{OpenModel, Registry};
use crate::text::hash::content_hash;
use crate::text::nearest::suggestion;

/// The recipe that judges where the configuration names none: the quickest one on a small local model.
const JUDGE: &str = "label-probability";

/// Every model of a debate, by its resolved name.
pub type OpenModels = BTreeMap<String, OpenModel>;

/// Resolves a request. Models are opened on the way, so that nothing is missing once the debate is open.
///
/// # Errors
/// A name that means nothing, with the nearest names; a model that cannot be opened.
pub async fn resolve(
    request: &DebateRequest,
    library: &Library,
    registry: &Registry,
) -> Result<(Opening, OpenModels), EngineError> {
    library.format(format_of(request, library))?;
    if request.motion.trim().is_empty() {
        let reason = "the motion has no words; give an id of `rhetor motions list` or a sentence of your own";
        return Err(EngineError::Request(reason.to_owned()));
    }
    resolve_on(library.motion_or_text(&request.motion)?, request, library, registry).await
}

fn format_of<'a>(request: &'a DebateRequest, library: &'a Library) -> &'a str {
    request.format.as_deref().unwrap_or(&library.config().defaults.format)
}

/// As [`resolve`], on a motion that is there already.
///
/// # Errors
/// As [`resolve`].
pub async fn resolve_on(
    motion: Motion,
    request: &DebateRequest,
    library: &Library,
    registry: &Registry,
) -> Result<(Opening, OpenModels), EngineError> {
    let config = library.config();
    let format = library.format(format_of(request, library))?.clone();
    // A wrong name is said before a model takes seconds to load.
    for given in request.judges.iter().flatten() {
        library.recipe(seat::recipe_and_models(given).0)?;
    }
    if let Some(unknown) = request.seats.keys().find(|name| !format.seats.iter().any(|plan| plan.name == **name)) {
        let seats: Vec<&str> = format.seats.iter().map(|plan| plan.name.as_str()).collect();
        let (format, seats) = (&format.name, seats.join(", "));
        return Err(EngineError::Request(format!(
            "the format {format} has no seat \"{unknown}\"; its seats are {seats}"
        )));
    }
    let mut models = OpenModels::new();
    let mut participants = Vec::new();
    for (seat, plan) in format.seats.iter().enumerate() {
        let (given, usual) = match plan.side {
            Side::Proposition => (&request.proposition, &config.defaults.proposition),
            Side::Opposition => (&request.opposition, &config.defaults.opposition),
        };
        let given = request.seats.get(&plan.name).or(given.as_ref()).unwrap_or(usual);
        participants.push(participant(Seat(seat), plan.side, given, library, registry, &mut models).await?);
    }
    let mut judges = Vec::new();
    let usual = vec![usual_judge(library)];
    for given in request.judges.as_ref().unwrap_or(&usual) {
        let judge = seat::judge(given, library, registry, &mut models).await?;
        if format.is_ranked() {
            let sits = |between| JudgeSeat { between: Some(between), ..judge.clone() };
            judges.extend(pairings(&format.seats).into_iter().map(sits));
        } else {
            judges.push(judge);
        }
    }
    let opening = Opening {
        log_version: LOG_VERSION,
        motion,
        format,
        participants,
        judges,
        root_seed: request.seed.unwrap_or_else(clock::random_seed),
        prompts_hash: library.prompts().hash()?,
        evidence: request.evidence.clone(),
        ceilings: Ceilings {
            tokens: request.ceilings.tokens.or(config.ceilings.tokens),
            dollars: request.ceilings.dollars.or(config.ceilings.dollars),
        },
    };
    Ok((opening, models))
}

/// The judge where none is named: the configured one, or the quickest.
pub fn usual_judge(library: &Library) -> String {
    library.config().defaults.judge.clone().unwrap_or_else(|| JUDGE.to_owned())
}

/// Opens the models that a stored opening names, to go on with it.
///
/// # Errors
/// A model that is no longer there.
pub async fn reopen(opening: &Opening, registry: &Registry) -> Result<OpenModels, EngineError> {
    let mut models = OpenModels::new();
    let debaters = opening.participants.iter().flat_map(Participant::all_models);
    for model in debaters.chain(opening.judges.iter().flat_map(JudgeSeat::models)) {
        if !model.is_person() && !models.contains_key(&model.name) {
            models.insert(model.name.clone(), registry.open(&model.name).await?);
        }
    }
    Ok(models)
}

/// `TEAM`, `TEAM@MODEL` or `MODEL`, which is the team `solo`.
async fn participant(
    seat: Seat,
    side: Side,
    given: &str,
    library: &Library,
    registry: &Registry,
    models: &mut OpenModels,
) -> Result<Participant, EngineError> {
    let (team, model) = player(given, library, registry)?;
    let mut team = team.clone();
    // A team of persons needs no model.
    let default = if team
        .roles
        .values()
        .any(|spec| spec.model == DEFAULT_MODEL || spec.or.iter().any(|other| other == DEFAULT_MODEL))
    {
        default_model(model, library, registry).await?
    } else {
        String::new()
    };
    let mut resolved = BTreeMap::new();
    let mut others: BTreeMap<Role, Vec<ResolvedModel>> = BTreeMap::new();
    for (role, spec) in &mut team.roles {
        if spec.model == DEFAULT_MODEL {
            spec.model.clone_from(&default);
        }
        if spec.model == PERSON {
            resolved.insert(*role, ResolvedModel::person());
            continue;
        }
        let taken = open(&spec.model, registry, models).await?;
        taken.chat()?;
        resolved.insert(*role, taken.resolved());
        for name in &mut spec.or {
            if name == DEFAULT_MODEL {
                name.clone_from(&default);
            }
            let other = open(name, registry, models).await?;
            other.chat()?;
            others.entry(*role).or_default().push(other.resolved());
        }
    }
    // A person beside a model does not make it another model's team.
    let of_default = |spec: &RoleSpec| spec.or.is_empty() && (spec.model == default || spec.model == PERSON);
    let one_model = !default.is_empty() && team.roles.values().all(of_default);
    let player = if one_model { format!("{}@{default}", team.name) } else { team.name.clone() };
    let version = if others.is_empty() { version(&team, &resolved)? } else { version(&team, &(&resolved, &others))? };
    Ok(Participant { seat, side, player, version, team, models: resolved, others })
}

fn version(team: &Team, models: &impl serde::Serialize) -> Result<ContentHash, EngineError> {
    let text = serde_json::to_vec(&(team, models)).map_err(|error| EngineError::Failed(error.to_string()))?;
    Ok(content_hash(&text))
}

pub(super) fn player<'a>(
    given: &'a str,
    library: &'a Library,
    registry: &Registry,
) -> Result<(&'a Team, Option<&'a str>), EngineError> {
    if let Some((team, model)) = given.split_once('@') {
        return Ok((library.team(team)?, Some(model)));
    }
    match library.team(given) {
        Ok(team) => return Ok((team, None)),
        Err(AssetError::Unknown { .. }) => {}
        // The team is there, and its file is broken.
        Err(error) => return Err(error.into()),
    }
    if registry.knows(given) {
        return Ok((library.team("solo")?, Some(given)));
    }
    let listed = registry.list();
    let known = library
        .teams()
        .into_iter()
        .map(|team| team.name.as_str())
        .chain(listed.iter().map(|model| model.name.as_str()));
    Err(EngineError::UnknownPlayer { given: given.to_owned(), nearest: suggestion(given, known) })
}

/// The model that `default` stands for: the one that was named, else the configured one, else the only one that is here.
pub(super) async fn default_model(
    named: Option<&str>,
    library: &Library,
    registry: &Registry,
) -> Result<String, EngineError> {
    let ready = registry.ready();
    match (named, &library.config().defaults.debater, ready.as_slice()) {
        (Some(name), _, _) => Ok(name.to_owned()),
        (None, Some(name), _) => Ok(name.clone()),
        (None, None, [only, ..]) => Ok(only.clone()),
        (None, None, []) => Err(EngineError::NoModel),
    }
}

pub(super) async fn open(name: &str, registry: &Registry, models: &mut OpenModels) -> Result<OpenModel, EngineError> {
    if let Some(open) = models.get(name) {
        return Ok(open.clone());
    }
    let open = registry.open(name).await?;
    models.insert(name.to_owned(), open.clone());
    Ok(open)
}
