//! Where everything lives on this machine. Nothing is created here.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use crate::assets::error::AssetError;

/// The environment variable that puts everything into one folder.
pub const HOME_VARIABLE: &str = "RHETOR_HOME";

/// The folders and files of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The folder whose files stand over the built-in ones: `formats/`, `teams/`, `prompts/`, and so on.
    pub config: PathBuf,
    /// What the user has set: `config.toml`.
    pub settings: PathBuf,
    /// The user's packs of motions.
    pub motions: PathBuf,
    /// Keys of endpoints.
    pub credentials: PathBuf,
    pub data: PathBuf,
    /// Model files.
    pub models: PathBuf,
    /// The one SQLite file.
    pub database: PathBuf,
    pub logs: PathBuf,
    /// What a person has written and not handed in.
    pub drafts: PathBuf,
    /// The search index of the evidence library.
    pub evidence: PathBuf,
}

impl Paths {
    /// Everything under one folder.
    #[must_use]
    pub fn under(home: &Path) -> Paths {
        Paths::of(home, home)
    }

    /// The user's own places: `home` if given, else `RHETOR_HOME`, else what is usual on this system.
    ///
    /// # Errors
    /// The user has no home folder, or the path given cannot be made absolute.
    pub fn discover(home: Option<PathBuf>) -> Result<Paths, AssetError> {
        let set = || std::env::var_os(HOME_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(home) = home.or_else(set) {
            // Absolute, so that a later change of folder cannot move the database.
            let absolute = std::path::absolute(&home).map_err(|error| AssetError::unreadable(&home, &error))?;
            return Ok(Paths::under(&absolute));
        }
        let usual = ProjectDirs::from("", "", "rhetor").ok_or(AssetError::Homeless)?;
        Ok(Paths::of(usual.config_dir(), usual.data_dir()))
    }

    fn of(config: &Path, data: &Path) -> Paths {
        Paths {
            config: config.to_owned(),
            settings: config.join("config.toml"),
            motions: config.join("motions"),
            credentials: config.join("credentials.toml"),
            data: data.to_owned(),
            models: data.join("models"),
            database: data.join("rhetor.db"),
            logs: data.join("logs"),
            drafts: data.join("drafts"),
            evidence: data.join("evidence.index"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_home_holds_everything() {
        let paths = Paths::under(Path::new("/h"));
        assert_eq!(paths.settings, Path::new("/h/config.toml"));
        assert_eq!(paths.models, Path::new("/h/models"));
        assert_eq!(paths.database, Path::new("/h/rhetor.db"));
        assert_eq!(paths.motions, Path::new("/h/motions"));
        assert_eq!(paths.logs, Path::new("/h/logs"));
        assert_eq!(paths.credentials, Path::new("/h/credentials.toml"));
    }

    #[test]
    fn a_relative_home_becomes_absolute() {
        let paths = Paths::discover(Some(PathBuf::from("here"))).unwrap();
        assert!(paths.database.is_absolute());
        assert!(paths.database.ends_with("here/rhetor.db"));
    }
}
