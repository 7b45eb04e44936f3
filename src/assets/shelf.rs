//! A folder of files of one kind, each a thing with a name: read together at the first use, broken ones apart.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;

use crate::assets::error::AssetError;
use crate::assets::parse::parse;
use crate::assets::source::Source;
use crate::assets::theme::Theme;
use crate::domain::certificate::Certificate;
use crate::domain::format::Format;
use crate::domain::recipe::Recipe;
use crate::domain::team::Team;
use crate::text::nearest::suggestion;

/// A thing that has a file to itself, named after it.
pub trait Shelved: DeserializeOwned {
    /// What a user calls it.
    const KIND: &'static str;
    const FOLDER: &'static str;

    fn name(&self) -> &str;

    /// What is wrong with it, as a clause.
    fn problem(&self) -> Option<String>;
}

impl Shelved for Format {
    const KIND: &'static str = "format";
    const FOLDER: &'static str = "formats";

    fn name(&self) -> &str {
        &self.name
    }

    fn problem(&self) -> Option<String> {
        Format::problem(self)
    }
}

impl Shelved for Team {
    const KIND: &'static str = "team";
    const FOLDER: &'static str = "teams";

    fn name(&self) -> &str {
        &self.name
    }

    fn problem(&self) -> Option<String> {
        Team::problem(self)
    }
}

impl Shelved for Recipe {
    const KIND: &'static str = "judge recipe";
    const FOLDER: &'static str = "judges";

    fn name(&self) -> &str {
        &self.name
    }

    fn problem(&self) -> Option<String> {
        Recipe::problem(self)
    }
}

impl Shelved for Certificate {
    const KIND: &'static str = "certificate";
    const FOLDER: &'static str = "certificates";

    fn name(&self) -> &str {
        &self.name
    }

    fn problem(&self) -> Option<String> {
        Certificate::problem(self)
    }
}

impl Shelved for Theme {
    const KIND: &'static str = "theme";
    const FOLDER: &'static str = "themes";

    fn name(&self) -> &str {
        &self.name
    }

    fn problem(&self) -> Option<String> {
        None
    }
}

/// What the files of a folder gave, by name.
type Items<T> = BTreeMap<String, Result<T, AssetError>>;

/// The things of one folder. A broken file spoils its own name only.
#[derive(Debug)]
pub struct Shelf<T> {
    items: OnceLock<Result<Items<T>, AssetError>>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf { items: OnceLock::new() }
    }
}

impl<T: Shelved> Shelf<T> {
    /// The thing of this name.
    ///
    /// # Errors
    /// There is none, or its file is broken.
    pub fn get(&self, source: &Source, name: &str) -> Result<&T, AssetError> {
        let items = self.items(source)?;
        match items.get(name) {
            Some(item) => item.as_ref().map_err(AssetError::clone),
            None => {
                let nearest = suggestion(name, items.keys().map(String::as_str));
                Err(AssetError::Unknown { kind: T::KIND, name: name.to_owned(), nearest })
            }
        }
    }

    /// Every thing whose file is good, by name.
    pub fn all(&self, source: &Source) -> Vec<&T> {
        self.items(source).map(|items| items.values().flatten().collect()).unwrap_or_default()
    }

    /// What is wrong with the folder or with files in it.
    pub fn problems(&self, source: &Source) -> Vec<AssetError> {
        match self.items(source) {
            Ok(items) => items.values().filter_map(|item| item.as_ref().err().cloned()).collect(),
            Err(error) => vec![error],
        }
    }

    fn items(&self, source: &Source) -> Result<&Items<T>, AssetError> {
        self.items.get_or_init(|| read_folder(source)).as_ref().map_err(AssetError::clone)
    }
}

fn read_folder<T: Shelved>(source: &Source) -> Result<Items<T>, AssetError> {
    let mut items = BTreeMap::new();
    for path in source.list(T::FOLDER, "toml")? {
        let stem = path.rsplit('/').next().unwrap_or(&path).trim_end_matches(".toml");
        items.insert(stem.to_owned(), read(source, &path, stem));
    }
    Ok(items)
}

fn read<T: Shelved>(source: &Source, path: &str, stem: &str) -> Result<T, AssetError> {
    let asset = source.text(path)?;
    let item: T = parse(&asset)?;
    let misnamed = || {
        let (kind, name) = (T::KIND, item.name());
        (name != stem).then(|| format!("the {kind} is called \"{name}\" but its file \"{stem}\"; make them the same"))
    };
    match misnamed().or_else(|| item.problem()) {
        Some(reason) => Err(AssetError::Invalid { file: asset.origin.to_string(), reason }),
        None => Ok(item),
    }
}
