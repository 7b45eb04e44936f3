//! What a list shows of each model: size, context, the memory it needs, and how fast it was measured to be here.
//!
//! Headers of files are read, weights never are.

use std::path::Path;

use serde::Serialize;

use crate::model::error::ModelError;
use crate::model::local;
use crate::model::registry::{ModelListing, ModelPlace, Registry};
use crate::model::speeds::{Machine, Measured, Speeds};

/// A model in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelDetails {
    #[serde(flatten)]
    pub listing: ModelListing,
    /// Tokens of prompt and answer together that are served; absent where the file does not tell.
    pub context: Option<usize>,
    /// Bytes that running it takes when that context is full.
    pub memory: Option<u64>,
    /// The last measurement of this file on this machine; absent if it was never measured, or has changed since.
    pub speed: Option<Measured>,
    /// What is wrong with its file, as a sentence.
    pub problem: Option<String>,
}

/// Every model of the catalogue and of the model folder, by name.
#[must_use]
pub fn details(registry: &Registry) -> Vec<ModelDetails> {
    let speeds = Speeds::read(registry.folder(), Machine::here());
    let detail = |listing: ModelListing| match (listing.place, listing.path.clone()) {
        (ModelPlace::Here, Some(path)) => of_file(listing, &path, &speeds),
        _ => of_catalogue(listing, registry),
    };
    registry.list().into_iter().map(detail).collect()
}

fn of_file(listing: ModelListing, path: &Path, speeds: &Speeds) -> ModelDetails {
    let (needs, problem) = match local::needs(path) {
        Ok(needs) => (Some(needs), None),
        // An encoder is small, and nothing is wrong with it.
        Err(ModelError::OnlyEmbeds { .. }) => (None, None),
        Err(error) => (None, Some(error.to_string())),
    };
    ModelDetails {
        context: needs.map(|needs| needs.context),
        memory: needs.map(|needs| needs.memory),
        speed: speeds.of(path).filter(|_| problem.is_none()).cloned(),
        problem,
        listing,
    }
}

fn of_catalogue(listing: ModelListing, registry: &Registry) -> ModelDetails {
    let known = registry.catalogue().model(&listing.name);
    ModelDetails {
        context: known.map(|model| local::served(model.context)),
        memory: known.map(|model| model.memory),
        speed: None,
        problem: None,
        listing,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::catalogue::tests::shipped;
    use crate::model::local::tiny::Tiny;
    use crate::model::local::tiny_folder;
    use crate::model::speeds::tests::speed;

    #[test]
    fn files_tell_their_needs_and_a_broken_one_tells_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let good = folder.path().join("good.gguf");
        std::fs::copy(&Tiny::new("llama", 1).write().path, &good).unwrap();
        std::fs::write(folder.path().join("broken.gguf"), "no model").unwrap();
        let registry = Registry::new(folder.path().to_owned(), shipped(), BTreeMap::new(), BTreeMap::new());
        let of = |name: &str| details(&registry).into_iter().find(|model| model.listing.name == name).unwrap();
        assert!(of("broken").problem.unwrap().ends_with("broken.gguf is not a GGUF file"));
        assert_eq!((of("broken").context, of("broken").memory), (None, None));
        let plain = of("good");
        assert!(plain.context.unwrap() > 0 && plain.memory.unwrap() > plain.listing.size, "{plain:?}");
        assert_eq!((plain.speed, plain.problem), (None, None));
        Speeds::read(folder.path(), Machine::here()).keep(folder.path(), &good, speed(30.0)).unwrap();
        assert_eq!(of("good").speed.unwrap().speed, speed(30.0));
        let absent = of("qwen2.5-coder-1.5b");
        assert_eq!((absent.context, absent.memory), (Some(8192), Some(3_500_000_000)));
    }

    #[test]
    fn nothing_is_wrong_with_an_encoder() {
        let (models, encoder) = (tempfile::tempdir().unwrap(), tiny_folder::encoder(1));
        let copy = models.path().join("mini");
        std::fs::create_dir(&copy).unwrap();
        for entry in std::fs::read_dir(encoder.path()).unwrap().map(Result::unwrap) {
            std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
        let registry = Registry::new(models.path().to_owned(), shipped(), BTreeMap::new(), BTreeMap::new());
        let mini = details(&registry).into_iter().find(|model| model.listing.name == "mini").unwrap();
        assert_eq!((mini.problem, mini.context), (None, None));
        assert!(mini.listing.about.contains("encoder"), "{}", mini.listing.about);
    }
}
