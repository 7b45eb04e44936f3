//! Seats a judge: from `RECIPE@MODEL[,MODEL]` to a recipe and open models.

use crate::assets::Library;
use crate::domain::certificate::Certificate;
use crate::domain::hash::ContentHash;
use crate::domain::opening::{JudgeSeat, ResolvedModel};
use crate::domain::recipe::Recipe;
use crate::engine::error::EngineError;
use crate::engine::open::{OpenModels, default_model, open};
use crate::judge::MasterKeys;
use crate::model::registry::{OpenModel, Registry};
use crate::text::hash::named_hash;

const MASTER_KEYS: &str = "judges/master-keys.txt";
const EMPTY_WORDS: &str = "judges/empty-words.txt";

/// What says nothing.
///
/// # Errors
/// One of the files cannot be read.
pub fn master_keys(library: &Library) -> Result<MasterKeys, EngineError> {
    Ok(MasterKeys::parse(&library.text(MASTER_KEYS)?.text, &library.text(EMPTY_WORDS)?.text))
}

/// A judge's name in its two parts. Without models the configured one judges.
pub fn recipe_and_models(given: &str) -> (&str, Option<&str>) {
    given.split_once('@').map_or((given, None), |(recipe, models)| (recipe, Some(models)))
}

/// The judge of a name, its models opened into `models`.
///
/// # Errors
/// No such recipe or model, or a model that cannot do what the recipe asks.
pub async fn judge(
    given: &str,
    library: &Library,
    registry: &Registry,
    models: &mut OpenModels,
) -> Result<JudgeSeat, EngineError> {
    let (recipe, names) = recipe_and_models(given);
    let recipe = library.recipe(recipe)?.clone();
    seat(recipe, names, library, registry, models).await
}

/// A recipe at its models.
///
/// # Errors
/// As [`judge`].
pub async fn seat(
    recipe: Recipe,
    names: Option<&str>,
    library: &Library,
    registry: &Registry,
    models: &mut OpenModels,
) -> Result<JudgeSeat, EngineError> {
    let mut names: Vec<&str> = names.map(|names| names.split(',').map(str::trim).collect()).unwrap_or_default();
    let usual = default_model(names.first().copied(), library, registry).await?;
    if names.is_empty() {
        names.push(&usual);
    }
    let mut resolved: Vec<ResolvedModel> = Vec::new();
    for name in names {
        let model = open(name, registry, models).await?;
        suits(&recipe, name, &model)?;
        resolved.push(model.resolved());
    }
    let called: Vec<&str> = resolved.iter().map(|model| model.name.as_str()).collect();
    let name = format!("{}@{}", recipe.name, called.join(","));
    let recipe_hash = recipe_hash(&recipe, library)?;
    let model = resolved.remove(0);
    // A panel is another judge than each of its models.
    let certificate = resolved.is_empty().then(|| library.certificate(&recipe_hash, &model.hash)).flatten();
    Ok(JudgeSeat {
        name,
        recipe_hash,
        recipe,
        model,
        others: resolved,
        temperature: certificate.map_or(1.0, |certificate| certificate.temperature),
        coin_toss: certificate.is_some_and(Certificate::is_coin_toss),
        certificate: certificate.map(Certificate::sentence),
        between: None,
    })
}

/// Names all that a judge says and does without its model: the recipe, its prompts and its list of master keys.
///
/// # Errors
/// A file of these is broken.
pub fn recipe_hash(recipe: &Recipe, library: &Library) -> Result<ContentHash, EngineError> {
    let text = serde_json::to_string(recipe).map_err(|error| EngineError::Failed(error.to_string()))?;
    let prompts = library.prompts().hash_of("judge/")?;
    let [keys, empty] = [library.text(MASTER_KEYS)?, library.text(EMPTY_WORDS)?];
    Ok(named_hash([
        ("recipe", text.as_str()),
        ("prompts", &prompts.0),
        ("master-keys", keys.text.as_ref()),
        ("empty-words", empty.text.as_ref()),
    ]))
}

/// Said before the speeches, not after them with a void ballot.
fn suits(recipe: &Recipe, name: &str, model: &OpenModel) -> Result<(), EngineError> {
    if model.scorer.is_none() {
        // An encoder cannot even be asked in words.
        model.chat()?;
        if recipe.needs_probabilities() {
            return Err(EngineError::Request(format!(
                "the judge {} reads probabilities, and {name} shows none; judge with debatrix@{name}, or with a local model",
                recipe.name
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::Paths;

    #[test]
    fn every_shipped_certificate_is_for_a_recipe_as_it_ships() {
        let home = tempfile::tempdir().unwrap();
        let library = Library::load(&Paths::under(home.path())).unwrap();
        let certificates = library.certificates();
        assert!(!certificates.is_empty());
        for certificate in certificates {
            let recipe = library.recipe(&certificate.recipe).unwrap();
            let hash = recipe_hash(recipe, &library).unwrap();
            assert_eq!(certificate.recipe_hash, hash, "{}: audit it again with scripts/certify", certificate.name);
            assert!(!certificate.model.contains(['/', '\\']) && certificate.problem().is_none());
            let found = library.certificate(&hash, &certificate.model_hash).unwrap();
            assert_eq!(found.name, certificate.name, "one certificate for one judge");
        }
    }
}
