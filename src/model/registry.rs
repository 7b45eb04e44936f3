//! Finds a model by its name, opens it once, and lends it to everybody who asks.
//!
//! A name is a model of the catalogue, the stem of a GGUF file in the model folder, the name of a folder in it that holds
//! a checkpoint, a path to either, or `ENDPOINT/MODEL`. What a name means is settled here and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use tokio::sync::{Mutex, OnceCell};

use crate::domain::opening::ResolvedModel;
use crate::model::catalogue::{Catalogue, CatalogueModel};
use crate::model::chat::{Card, ChatModel};
use crate::model::embedder::Embedder;
use crate::model::error::ModelError;
use crate::model::gpu::{Gpu, Placed};
use crate::model::local::backend::Backend;
use crate::model::local::compare::{Comparison, compare};
use crate::model::local::measure::{Speed, measure};
use crate::model::local::{Encoder, LocalModel};
use crate::model::peer::Peer;
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
    /// Absent where no hidden states can be read.
    pub embedder: Option<Arc<dyn Embedder>>,
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

    /// Whether the process that served the model has ended.
    fn is_gone(&self) -> bool {
        self.scorer.as_ref().is_some_and(|scorer| scorer.is_gone())
    }

    /// The writing side of the model.
    ///
    /// # Errors
    /// The model has no chat template, or is an encoder.
    pub fn chat(&self) -> Result<&Arc<dyn ChatModel>, ModelError> {
        self.chat.as_ref().ok_or_else(|| {
            let model = self.card.name.clone();
            if self.scorer.is_none() { ModelError::OnlyEmbeds { model } } else { ModelError::NoTemplate { model } }
        })
    }

    /// The side of the model that turns text into vectors.
    ///
    /// # Errors
    /// The model has none.
    pub fn embedder(&self) -> Result<&Arc<dyn Embedder>, ModelError> {
        self.embedder.as_ref().ok_or_else(|| ModelError::NoEmbeddings { model: self.card.name.clone() })
    }
}

/// A model in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelListing {
    pub name: String,
    pub place: ModelPlace,
    /// One sentence from the catalogue, or what an encoder is; empty for other files.
    pub about: String,
    /// Size of the weights in bytes; 0 for an endpoint's model.
    pub size: u64,
    /// The file or folder, where it is or would be.
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
type Tell = Box<dyn Fn(String) + Send + Sync>;

/// All models that this program can name.
pub struct Registry {
    folder: PathBuf,
    catalogue: Catalogue,
    presets: Presets,
    endpoints: BTreeMap<String, Arc<Endpoint>>,
    open: Mutex<BTreeMap<String, Slot>>,
    gpu: Option<Gpu>,
    tell: OnceLock<Tell>,
    /// The sentences that were told.
    told: Mutex<BTreeSet<String>>,
}

impl Registry {
    #[must_use]
    pub fn new(
        folder: PathBuf,
        catalogue: Catalogue,
        presets: Presets,
        endpoints: BTreeMap<String, Arc<Endpoint>>,
    ) -> Registry {
        Registry {
            folder,
            catalogue,
            presets,
            endpoints,
            open: Mutex::default(),
            gpu: None,
            tell: OnceLock::new(),
            told: Mutex::default(),
        }
    }

    /// Local models run on a GPU, where that can be.
    #[must_use]
    pub fn with_gpu(mut self, gpu: Gpu) -> Registry {
        self.gpu = Some(gpu);
        self
    }

    /// Who hears what a user should know, a sentence each. The first one who asks hears it.
    pub fn tell_to(&self, tell: impl Fn(String) + Send + Sync + 'static) {
        let _ = self.tell.set(Box::new(tell));
    }

    /// The GPU that local models are to run on, if any.
    #[must_use]
    pub fn gpu(&self) -> Option<&Gpu> {
        self.gpu.as_ref()
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
            let size = size(&path);
            let about = if is_encoder(&path) { ENCODER.to_owned() } else { String::new() };
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

    /// The name of every model that is ready to debate or to judge without fetching anything.
    #[must_use]
    pub fn ready(&self) -> Vec<String> {
        let here = self.list().into_iter().filter(|model| model.place == ModelPlace::Here);
        here.filter(|model| !model.path.as_deref().is_some_and(is_encoder)).map(|model| model.name).collect()
    }

    /// Opens a model, or lends the one that is open. A local file is loaded once; that takes seconds.
    ///
    /// # Errors
    /// The name means nothing, the file is not here or cannot be run.
    pub async fn open(&self, name: &str) -> Result<OpenModel, ModelError> {
        let slot = {
            let mut open = self.open.lock().await;
            let slot = open.entry(name.to_owned()).or_default();
            if slot.get().is_some_and(OpenModel::is_gone) {
                *slot = Slot::default();
            }
            Arc::clone(slot)
        };
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
        let excuse = match &self.gpu {
            // An encoder is small, and serves where it is.
            Some(gpu) if !is_encoder(&path) => match gpu.open(&path, name).await? {
                Placed::Gpu(model) => {
                    return Ok(OpenModel {
                        card: model.card.clone(),
                        chat: model.can_chat.then(|| Arc::clone(&model) as Arc<dyn ChatModel>),
                        scorer: Some(Arc::clone(&model) as Arc<dyn Scorer>),
                        embedder: Some(model),
                    });
                }
                Placed::Processor { excuse } => excuse,
            },
            _ => None,
        };
        let name = name.to_owned();
        let load = tokio::task::spawn_blocking(move || open_local(&path, &name));
        let opened =
            load.await.map_err(|error| ModelError::Setup(format!("the model could not be loaded: {error}")))?;
        if let (Ok(_), Some(excuse)) = (&opened, excuse) {
            self.tell(excuse).await;
        }
        opened
    }

    async fn tell(&self, sentence: String) {
        if let Some(tell) = self.tell.get()
            && self.told.lock().await.insert(sentence.clone())
        {
            tell(sentence);
        }
    }

    /// Measures how fast a local model is. `tell` hears what is being measured.
    ///
    /// # Errors
    /// The name means no file that can be run.
    pub async fn measure(
        &self,
        name: &str,
        rounds: usize,
        mut tell: impl FnMut(&str) + Send + 'static,
    ) -> Result<Speed, ModelError> {
        let path = self.path_of(name)?;
        let name = name.to_owned();
        let measuring =
            tokio::task::spawn_blocking(move || measure(&Backend::Processor, &path, &name, rounds, &mut tell));
        measuring.await.map_err(|error| ModelError::Setup(format!("the model could not be measured: {error}")))?
    }

    /// Compares a local model with a llama.cpp server that has loaded the same file, at so many positions of a text.
    ///
    /// # Errors
    /// The name means no file that can be run, or the server cannot be compared with.
    pub async fn compare(
        &self,
        name: &str,
        text: &str,
        peer: &Peer,
        positions: usize,
        tell: impl FnMut(&str),
    ) -> Result<Comparison, ModelError> {
        compare(&self.path_of(name)?, name, text, peer, positions, tell).await
    }

    /// The file of a local model.
    ///
    /// # Errors
    /// The name means nothing, or its file was not fetched.
    pub fn path_of(&self, name: &str) -> Result<PathBuf, ModelError> {
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
        OpenModel { card: remote.card().clone(), chat: Some(remote), scorer, embedder: None }
    }

    /// GGUF files of the model folder by their stem, and folders with a checkpoint by their name.
    fn files(&self) -> BTreeMap<String, PathBuf> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) =
            entries.map(|entry| entry.path()).partition(|path| path.is_dir());
        let folders = folders.into_iter().filter(|path| path.join(CONFIG).is_file());
        let folders = folders.filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path)));
        let paths = files.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "gguf"));
        let of_catalogue = |path: &PathBuf| {
            self.catalogue.models.iter().any(|model| path.file_name().is_some_and(|file| file == model.file.as_str()))
        };
        let named = paths.filter(|path| !of_catalogue(path));
        // Of a file and a folder with the same name the file goes first.
        folders.chain(named.filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path.clone())))).collect()
    }
}

/// What makes a folder a checkpoint.
const CONFIG: &str = "config.json";
/// What a list says about an encoder.
const ENCODER: &str = "an encoder: turns text into vectors";

/// Whether a name is a path: to a GGUF file, or to a folder if it is written as one.
fn is_path(name: &str) -> bool {
    let path = Path::new(name);
    name.ends_with(".gguf")
        || path.is_absolute()
        || path.starts_with(".")
        || path.starts_with("..")
        || (path.components().count() > 1 && path.join(CONFIG).is_file())
}

fn is_encoder(path: &Path) -> bool {
    path.is_dir() && Encoder::is_at(path)
}

fn open_local(path: &Path, name: &str) -> Result<OpenModel, ModelError> {
    if is_encoder(path) {
        let encoder = Encoder::open(path, name, None)?;
        return Ok(OpenModel { card: encoder.card().clone(), chat: None, scorer: None, embedder: Some(encoder) });
    }
    let model = LocalModel::open(path, name, None)?;
    Ok(OpenModel {
        card: model.card().clone(),
        chat: model.can_chat().then(|| Arc::clone(&model) as Arc<dyn ChatModel>),
        scorer: Some(Arc::clone(&model) as Arc<dyn Scorer>),
        embedder: Some(model),
    })
}

/// Bytes of a file, or of the weights in a folder.
fn size(path: &Path) -> u64 {
    let bytes = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
    let Ok(entries) = std::fs::read_dir(path) else { return bytes(path) };
    let files = entries.flatten().map(|entry| entry.path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "safetensors")).map(|path| bytes(&path)).sum()
}

#[cfg(test)]
mod tests {
    use candle_core::DType;

    use super::*;
    use crate::model::catalogue::tests::shipped;
    use crate::model::local::tiny_folder::{self, Folder, checkpoint};

    /// A registry whose model folder holds copies of folders, by name.
    fn registry(copies: &[(&str, &Folder)]) -> (Registry, tempfile::TempDir) {
        let models = tempfile::tempdir().unwrap();
        for (name, folder) in copies {
            let copy = models.path().join(name);
            std::fs::create_dir(&copy).unwrap();
            for entry in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
                std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
            }
        }
        let registry = Registry::new(models.path().to_owned(), shipped(), Presets::new(), BTreeMap::new());
        (registry, models)
    }

    #[tokio::test]
    async fn a_folder_is_a_model_by_its_name_and_by_its_path() {
        let (registry, models) = registry(&[("mini", &tiny_folder::encoder(1)), ("small", &checkpoint(DType::F32))]);
        std::fs::create_dir(models.path().join("notes")).unwrap();
        let path = models.path().join("small");
        let small = registry.open(path.to_str().unwrap()).await.unwrap();
        assert!(small.chat().is_ok() && small.scorer.is_some() && small.embedder().is_ok());
        assert!(registry.knows("small") && registry.knows("mini") && !registry.knows("notes"));
        let listed = registry.list().into_iter().filter(|model| model.place == ModelPlace::Here);
        let listed: Vec<_> = listed.map(|model| (model.name, model.size > 0, model.about)).collect();
        let here = |name: &str, about: &str| (name.to_owned(), true, about.to_owned());
        assert_eq!(listed, [here("mini", ENCODER), here("small", "")]);
        for wrong in ["/no/such/model", "./none"] {
            assert!(registry.open(wrong).await.err().unwrap().to_string().contains("there is no such file"), "{wrong}");
        }
    }

    #[tokio::test]
    async fn an_encoder_embeds_and_is_offered_to_no_debate() {
        let (registry, _models) = registry(&[("mini", &tiny_folder::encoder(1))]);
        assert!(registry.ready().is_empty());
        let mini = registry.open("mini").await.unwrap();
        assert!(mini.embedder().is_ok() && mini.scorer.is_none());
        assert_eq!(mini.chat().err().unwrap(), ModelError::OnlyEmbeds { model: "mini".to_owned() });
        let error = registry.measure("mini", 1, |_| {}).await.unwrap_err();
        assert!(error.to_string().contains("is an encoder"), "{error}");
    }
}
