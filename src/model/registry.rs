//! Finds a model by its name, opens it once, and lends it to everybody who asks.
//!
//! A name is a model of the catalogue, the stem of a GGUF file in the model folder, a path to a GGUF file, or
//! `ENDPOINT/MODEL`. What a name means is settled here and nowhere else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::{Mutex, OnceCell};

use crate::domain::opening::ResolvedModel;
use crate::model::catalogue::{Catalogue, CatalogueModel};
use crate::model::chat::{Card, ChatModel};
use crate::model::error::ModelError;
use crate::model::local::LocalModel;
use crate::model::remote::{Endpoint, Presets, RemoteModel};
use crate::model::scorer::Scorer;
use crate::text::nearest::suggestion;

/// A model that is ready for calls.
#[derive(Clone)]
pub struct OpenModel {
    pub card: Card,
    /// Absent for a model without a chat template.
    pub chat: Option<Arc<dyn ChatModel>>,
    /// Absent where no probabilities can be read.
    pub scorer: Option<Arc<dyn Scorer>>,
}

impl OpenModel {
    /// What a log keeps of the model.
    #[must_use]
    pub fn resolved(&self) -> ResolvedModel {
        ResolvedModel {
            name: self.card.name.clone(),
            hash: self.card.hash.clone(),
            family: self.card.family.clone(),
            context: self.card.context,
        }
    }

    /// The writing side of the model.
    ///
    /// # Errors
    /// The model has no chat template.
    pub fn chat(&self) -> Result<&Arc<dyn ChatModel>, ModelError> {
        self.chat.as_ref().ok_or_else(|| ModelError::NoTemplate { model: self.card.name.clone() })
    }
}

/// A model in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelListing {
    pub name: String,
    pub place: ModelPlace,
    /// One sentence from the catalogue; empty for other files.
    pub about: String,
    /// Size of the file in bytes; 0 for an endpoint's model.
    pub size: u64,
    /// The file, where it is or would be.
    pub path: Option<PathBuf>,
}

/// Where a listed model is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelPlace {
    /// On this machine, ready.
    Here,
    /// In the catalogue, not fetched yet.
    Catalogue,
}

type Slot = Arc<OnceCell<OpenModel>>;

/// All models that this program can name.
pub struct Registry {
    folder: PathBuf,
    catalogue: Catalogue,
    presets: Presets,
    endpoints: BTreeMap<String, Arc<Endpoint>>,
    open: Mutex<BTreeMap<String, Slot>>,
}

impl Registry {
    #[must_use]
    pub fn new(
        folder: PathBuf,
        catalogue: Catalogue,
        presets: Presets,
        endpoints: BTreeMap<String, Arc<Endpoint>>,
    ) -> Registry {
        Registry { folder, catalogue, presets, endpoints, open: Mutex::default() }
    }

    /// Adds a model that is already open, under its card's name. It goes before all others of that name.
    pub async fn insert(&self, model: OpenModel) {
        let name = model.card.name.clone();
        self.open.lock().await.insert(name, Arc::new(OnceCell::new_with(Some(model))));
    }

    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// A model of the catalogue.
    ///
    /// # Errors
    /// The catalogue does not name it.
    pub fn in_catalogue(&self, name: &str) -> Result<&CatalogueModel, ModelError> {
        self.catalogue.model(name).ok_or_else(|| ModelError::Unknown {
            name: name.to_owned(),
            nearest: suggestion(name, self.catalogue.models.iter().map(|model| model.name.as_str())),
        })
    }

    /// The kinds of endpoints.
    #[must_use]
    pub fn presets(&self) -> &Presets {
        &self.presets
    }

    /// Every endpoint that can be named: the presets', and the user's own before them.
    #[must_use]
    pub fn endpoints(&self) -> &BTreeMap<String, Arc<Endpoint>> {
        &self.endpoints
    }

    /// The folder that pulled models are kept in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Every model of the catalogue and of the model folder, by name.
    #[must_use]
    pub fn list(&self) -> Vec<ModelListing> {
        let mut listings: BTreeMap<String, ModelListing> = BTreeMap::new();
        for model in &self.catalogue.models {
            let path = self.folder.join(&model.file);
            let place = if path.is_file() { ModelPlace::Here } else { ModelPlace::Catalogue };
            let listing = ModelListing {
                name: model.name.clone(),
                place,
                about: format!("{}, {}", model.title, model.licence),
                size: model.size,
                path: Some(path),
            };
            listings.insert(model.name.clone(), listing);
        }
        for (name, path) in self.files() {
            let size = path.metadata().map_or(0, |metadata| metadata.len());
            let about = String::new();
            listings.entry(name.clone()).or_insert(ModelListing {
                name,
                place: ModelPlace::Here,
                about,
                size,
                path: Some(path),
            });
        }
        listings.into_values().collect()
    }

    /// Whether a name means a model, without opening it. Endpoints' models are taken at their word.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.catalogue.model(name).is_some()
            || self.files().contains_key(name)
            || self.endpoint_of(name).is_some()
            || is_path(name)
            || self.open.try_lock().is_ok_and(|open| open.contains_key(name))
    }

    /// The name of every model that is ready without fetching anything.
    #[must_use]
    pub fn ready(&self) -> Vec<String> {
        self.list().into_iter().filter(|model| model.place == ModelPlace::Here).map(|model| model.name).collect()
    }

    /// Opens a model, or lends the one that is open. A local file is loaded once; that takes seconds.
    ///
    /// # Errors
    /// The name means nothing, the file is not here or cannot be run.
    pub async fn open(&self, name: &str) -> Result<OpenModel, ModelError> {
        let slot = Arc::clone(self.open.lock().await.entry(name.to_owned()).or_default());
        let opened = slot.get_or_try_init(|| self.load(name)).await;
        if opened.is_err() {
            self.open.lock().await.remove(name);
        }
        opened.cloned()
    }

    async fn load(&self, name: &str) -> Result<OpenModel, ModelError> {
        if let Some((endpoint, model)) = self.endpoint_of(name) {
            return Ok(self.remote(name, endpoint, model));
        }
        let path = self.path_of(name)?;
        let name = name.to_owned();
        let load = tokio::task::spawn_blocking(move || LocalModel::open(&path, &name, None));
        let model =
            load.await.map_err(|error| ModelError::Setup(format!("the model could not be loaded: {error}")))??;
        let chat = model.can_chat().then(|| Arc::clone(&model) as Arc<dyn ChatModel>);
        Ok(OpenModel { card: model.card().clone(), chat, scorer: Some(model) })
    }

    fn path_of(&self, name: &str) -> Result<PathBuf, ModelError> {
        if is_path(name) {
            return Ok(PathBuf::from(name));
        }
        let files = self.files();
        if let Some(model) = self.catalogue.model(name) {
            let path = self.folder.join(&model.file);
            return if path.is_file() { Ok(path) } else { Err(ModelError::NotPulled { name: name.to_owned() }) };
        }
        files.get(name).cloned().ok_or_else(|| {
            let known = files.keys().chain(self.catalogue.models.iter().map(|model| &model.name)).map(String::as_str);
            ModelError::Unknown { name: name.to_owned(), nearest: suggestion(name, known) }
        })
    }

    fn endpoint_of<'a>(&self, name: &'a str) -> Option<(&Arc<Endpoint>, &'a str)> {
        let (endpoint, model) = name.split_once('/')?;
        Some((self.endpoints.get(endpoint)?, model)).filter(|_| !model.is_empty())
    }

    fn remote(&self, name: &str, endpoint: &Arc<Endpoint>, model: &str) -> OpenModel {
        let entry = self.catalogue.remote(endpoint.name(), model);
        let (context, price) = entry.map_or((None, None), |entry| (entry.context, entry.price));
        let remote = Arc::new(RemoteModel::new(Arc::clone(endpoint), model, name, context, price));
        let scorer = (endpoint.abilities().top_logprobs > 0).then(|| Arc::clone(&remote) as Arc<dyn Scorer>);
        OpenModel { card: remote.card().clone(), chat: Some(remote), scorer }
    }

    /// GGUF files of the model folder by their stem.
    fn files(&self) -> BTreeMap<String, PathBuf> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let paths =
            entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ending| ending == "gguf"));
        let of_catalogue = |path: &PathBuf| {
            self.catalogue.models.iter().any(|model| path.file_name().is_some_and(|file| file == model.file.as_str()))
        };
        let named = paths.filter(|path| !of_catalogue(path));
        named.filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path.clone()))).collect()
    }
}

fn is_path(name: &str) -> bool {
    name.ends_with(".gguf")
}
