//! Puts an engine together from loaded assets: the database, the catalogue, the endpoints and their keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::assets::config::DeviceSetting;
use crate::assets::{Library, Paths};
use crate::engine::error::EngineError;
use crate::engine::handle::EngineHandle;
use crate::model::catalogue::parse_catalogue;
use crate::model::credentials::Credentials;
use crate::model::gpu::Gpu;
use crate::model::process::{Engine, Program};
use crate::model::registry::Registry;
use crate::model::remote::{Endpoint, EndpointOptions, Presets, parse_presets};
use crate::store::Store;
use crate::text::nearest::suggestion;

/// An engine over a user's files. Nothing is sent, and nothing is written but a missing folder.
///
/// # Errors
/// A broken settings or credentials file, an endpoint without a known preset, a database that cannot be used.
pub fn assemble(paths: Paths, library: Library) -> Result<EngineHandle, EngineError> {
    let store = Store::open(&paths.database)?;
    let catalogue = parse_catalogue(&library.text("models.toml")?.text)?;
    let presets = parse_presets(&library.text("endpoints.toml")?.text)?;
    let endpoints = endpoints(&paths, &library, &presets)?;
    let registry = Registry::new(paths.models.clone(), catalogue, presets, endpoints);
    let registry = match gpu(library.config().models.device) {
        Some(gpu) => registry.with_gpu(gpu),
        None => registry,
    };
    Ok(EngineHandle::new(paths, store, library, registry))
}

/// The GPU that local models are to run on: wanted, or found beside this program.
fn gpu(setting: DeviceSetting) -> Option<Gpu> {
    let program = Program::beside();
    match setting {
        DeviceSetting::Cpu => None,
        DeviceSetting::Auto => program.path.is_file().then(|| Gpu::new(Engine::new(program), true)),
        DeviceSetting::Gpu => Some(Gpu::new(Engine::new(program), false)),
    }
}

fn endpoints(
    paths: &Paths,
    library: &Library,
    presets: &Presets,
) -> Result<BTreeMap<String, Arc<Endpoint>>, EngineError> {
    let credentials = Credentials::read(&paths.credentials)?;
    let key = |name: &str, variable: Option<&str>| credentials.key(name, variable, |name| std::env::var(name).ok());
    let mut endpoints = BTreeMap::new();
    for (name, preset) in presets {
        let key = key(name, preset.key_env.as_deref());
        endpoints
            .insert(name.clone(), Arc::new(Endpoint::new(name.clone(), preset, &EndpointOptions::default(), key)?));
    }
    for (name, setting) in &library.config().endpoints {
        let preset = presets.get(&setting.preset).ok_or_else(|| {
            let nearest = suggestion(&setting.preset, presets.keys().map(String::as_str));
            EngineError::Request(format!(
                "{}: endpoint {name} has the preset \"{}\", which is unknown{nearest}",
                paths.settings.display(),
                setting.preset
            ))
        })?;
        let options = EndpointOptions {
            base_url: setting.base_url.clone(),
            key_env: setting.key_env.clone(),
            max_concurrent: setting.max_concurrent,
            stall_seconds: None,
        };
        let key = key(name, options.key_env.as_deref().or(preset.key_env.as_deref()));
        endpoints.insert(name.clone(), Arc::new(Endpoint::new(name.clone(), preset, &options, key)?));
    }
    Ok(endpoints)
}
