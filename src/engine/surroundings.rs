//! What a first run finds: model files and servers that are on this machine already, and what the catalogue offers.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::catalogue::CatalogueModel;
use crate::model::discover::{FoundEndpoint, discover_endpoints, discover_files, hub_cache};
use crate::model::registry::Registry;

/// How long a server on this machine has to answer.
const PATIENCE: Duration = Duration::from_millis(300);

/// The model that is offered first.
const DEFAULT_MODEL: &str = "smollm2-135m";

/// What there is to start with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// GGUF files of the model folder and of the Hugging Face cache.
    pub files: Vec<PathBuf>,
    pub endpoints: Vec<FoundEndpoint>,
    /// The small default of the catalogue.
    pub default: Option<CatalogueModel>,
    /// The best model of the catalogue that fits the free memory.
    pub best: Option<CatalogueModel>,
}

/// Looks around. Takes as long as the slowest server may take to answer.
pub async fn look(registry: &Registry) -> Surroundings {
    let mut folders = vec![registry.folder().to_owned()];
    if let Some(user) = directories::BaseDirs::new() {
        folders.push(hub_cache(|name| std::env::var(name).ok(), user.cache_dir()));
    }
    let files = tokio::task::spawn_blocking(move || discover_files(&folders));
    let endpoints = discover_endpoints(registry.presets(), PATIENCE).await;
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let catalogue = registry.catalogue();
    Surroundings {
        files: files.await.unwrap_or_default(),
        endpoints,
        default: catalogue.model(DEFAULT_MODEL).cloned(),
        best: catalogue.best_fit(system.available_memory()).cloned(),
    }
}
