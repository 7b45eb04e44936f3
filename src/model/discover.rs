//! Finds models that are on this machine already: servers that answer, and GGUF files.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::join_all;
use tokio::time::timeout;

use crate::model::remote::{Endpoint, EndpointOptions, ListedModel, Presets, list_models};

/// How long a server on this machine may take to name its models.
pub const PATIENCE: Duration = Duration::from_millis(300);

/// How deep below a folder files are looked for; the hub cache needs five levels.
const DEPTH: usize = 6;

/// A server that answered, and its models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundEndpoint {
    /// The name of its preset.
    pub preset: String,
    pub base_url: String,
    pub models: Vec<ListedModel>,
}

/// Asks every server of the presets that would run on this machine, all at the same time, for at most `patience`.
///
/// One that is absent, slow or something else is simply not found.
pub async fn discover_endpoints(presets: &Presets, patience: Duration) -> Vec<FoundEndpoint> {
    let local = presets.iter().filter(|(_, preset)| preset.local);
    let asked = join_all(local.map(|(name, preset)| async move {
        let endpoint = Endpoint::new(name, preset, &EndpointOptions::default(), None).ok()?.once();
        let models = timeout(patience, list_models(&endpoint)).await.ok()?.ok()?;
        Some(FoundEndpoint { preset: name.clone(), base_url: endpoint.base_url().to_owned(), models })
    }));
    asked.await.into_iter().flatten().collect()
}

/// The GGUF files in and below these folders, sorted, each file once although links may lead to it twice.
#[must_use]
pub fn discover_files(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in folders {
        gather(folder, DEPTH, &mut files);
    }
    files.sort();
    let mut seen = Vec::new();
    files.retain(|file| {
        let real = fs::canonicalize(file).unwrap_or_else(|_| file.clone());
        let new = !seen.contains(&real);
        seen.push(real);
        new
    });
    files
}

/// Where the Hugging Face tools keep what they have fetched: HF_HUB_CACHE, else HF_HOME/hub, else the user's cache.
#[must_use]
pub fn hub_cache(environment: impl Fn(&str) -> Option<String>, user_cache: &Path) -> PathBuf {
    let folder = |name: &str| environment(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    folder("HF_HUB_CACHE")
        .or_else(|| folder("HF_HOME").map(|home| home.join("hub")))
        .unwrap_or_else(|| user_cache.join("huggingface").join("hub"))
}

fn gather(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        // Follows links: the hub cache's files are links to its blobs.
        let Ok(kind) = fs::metadata(&path) else { continue };
        if kind.is_dir() && depth > 0 {
            gather(&path, depth - 1, files);
        } else if kind.is_file() && path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gguf")) {
            files.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tempfile::TempDir;
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::model::remote::preset::tests::shipped;

    async fn serving(body: serde_json::Value, delay: Duration) -> MockServer {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(200).set_body_json(body).set_delay(delay);
        Mock::given(path("/v1/models")).respond_with(answer).mount(&server).await;
        server
    }

    #[tokio::test]
    async fn servers_that_answer_in_time_are_found() {
        let list = json!({ "data": [{ "id": "small" }] });
        let good = serving(list.clone(), Duration::ZERO).await;
        let slow = serving(list, Duration::from_secs(60)).await;
        let other = serving(json!("hello"), Duration::ZERO).await;
        let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let mut presets = shipped();
        for (name, address) in [
            ("ollama", good.uri()),
            ("vllm", slow.uri()),
            ("lmstudio", other.uri()),
            ("llama.cpp", format!("http://{closed}")),
        ] {
            presets.get_mut(name).unwrap().base_url = format!("{address}/v1");
        }
        let found = discover_endpoints(&presets, PATIENCE).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].preset.as_str(), found[0].models[0].id.as_str()), ("ollama", "small"));
    }

    #[test]
    fn files_are_found_in_the_model_folder_and_in_the_hub_cache() {
        let folder = TempDir::new().unwrap();
        let models = folder.path().join("models");
        let snapshot = folder.path().join("hub/models--vendor--small/snapshots/0123abcd");
        for path in [&models, &snapshot] {
            fs::create_dir_all(path).unwrap();
        }
        let blob = folder.path().join("hub/models--vendor--small/blobs/beef");
        fs::create_dir_all(blob.parent().unwrap()).unwrap();
        fs::write(&blob, "GGUF").unwrap();
        fs::write(models.join("a.gguf"), "GGUF").unwrap();
        fs::write(models.join("a.gguf.part"), "GG").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&blob, snapshot.join("b.GGUF")).unwrap();
        #[cfg(not(unix))]
        fs::write(snapshot.join("b.GGUF"), "GGUF").unwrap();
        let found = discover_files(&[models.clone(), folder.path().join("hub"), folder.path().join("absent"), models]);
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        assert_eq!(names, ["b.GGUF", "a.gguf"]);
    }

    #[test]
    fn the_hub_cache_is_where_the_environment_says() {
        let find = |pairs: &'static [(&str, &str)]| {
            let environment = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
            hub_cache(environment, Path::new("/cache"))
        };
        assert_eq!(find(&[]), Path::new("/cache/huggingface/hub"));
        assert_eq!(find(&[("HF_HOME", "/hf")]), Path::new("/hf/hub"));
        assert_eq!(find(&[("HF_HOME", "/hf"), ("HF_HUB_CACHE", "/hub")]), Path::new("/hub"));
    }
}
