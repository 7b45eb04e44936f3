//! Keys of endpoints: the environment first, then `credentials.toml`. They are held as secrets and shown nowhere.
//!
//! The file has one line for each endpoint: its name in `config.toml`, and its key.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use crate::model::error::ModelError;

/// The keys of a credentials file.
#[derive(Debug, Default)]
pub struct Credentials {
    keys: BTreeMap<String, SecretString>,
}

impl Credentials {
    /// Reads a credentials file; a file that is absent holds no keys.
    ///
    /// # Errors
    /// Other people can read it, it cannot be read, or it is not a list of keys. The file's text is never quoted.
    pub fn read(path: &Path) -> Result<Credentials, ModelError> {
        let place = path.display();
        let unreadable = |reason: String| ModelError::Unreadable { path: place.to_string(), reason };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Credentials::default()),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        if others_can_read(path).map_err(|error| unreadable(error.to_string()))? {
            return Err(ModelError::Setup(format!(
                "{place} can be read by others, so its keys are not used; run `chmod 600 {place}`"
            )));
        }
        let keys: BTreeMap<String, String> = toml::from_str(&text).map_err(|error| {
            let line =
                error.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
            ModelError::Setup(format!("{place}, line {line}: expected a line of the form openai = \"KEY\""))
        })?;
        Ok(Credentials { keys: keys.into_iter().map(|(name, key)| (name, SecretString::from(key))).collect() })
    }

    /// Whether a text holds one of the keys.
    #[must_use]
    pub fn occur_in(&self, text: &str) -> bool {
        self.keys.values().map(|key| key.expose_secret()).any(|key| !key.is_empty() && text.contains(key))
    }

    /// The key of an endpoint: what `environment` holds under `key_env`, else the line of its name in the file.
    #[must_use]
    pub fn key(
        &self,
        endpoint: &str,
        key_env: Option<&str>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Option<SecretString> {
        let found = key_env.and_then(environment).map(|key| key.trim().to_owned()).filter(|key| !key.is_empty());
        found.map(SecretString::from).or_else(|| self.keys.get(endpoint).cloned())
    }
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;

    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

/// Files of a user's own folder are private by default there.
#[cfg(not(unix))]
fn others_can_read(_path: &Path) -> std::io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::*;

    fn file(folder: &TempDir, text: &str, mode: u32) -> PathBuf {
        let path = folder.path().join("credentials.toml");
        fs::write(&path, text).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let folder = TempDir::new().unwrap();
        let keys = Credentials::read(&file(&folder, "work = \"from-file\"\n", 0o600)).unwrap();
        let key = |value: &str| {
            let value = value.to_owned();
            let found = keys.key("work", Some("WORK_KEY"), move |name| (name == "WORK_KEY").then(|| value.clone()));
            found.unwrap().expose_secret().to_owned()
        };
        assert_eq!(key(" from-environment\n"), "from-environment");
        assert_eq!(key(" "), "from-file");
        assert!(keys.key("other", None, |_| None).is_none());
    }

    #[test]
    fn a_text_that_holds_a_key_is_told() {
        let folder = TempDir::new().unwrap();
        let keys = Credentials::read(&file(&folder, "work = \"canary\"\nempty = \"\"\n", 0o600)).unwrap();
        assert!(keys.occur_in("Bearer canary!") && !keys.occur_in("Bearer"));
    }

    #[test]
    fn no_file_is_no_keys() {
        let folder = TempDir::new().unwrap();
        let keys = Credentials::read(&folder.path().join("credentials.toml")).unwrap();
        assert!(keys.key("work", None, |_| None).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = TempDir::new().unwrap();
        let error = Credentials::read(&file(&folder, "work = \"canary\"\n", 0o640)).unwrap_err().to_string();
        assert!(error.contains("chmod 600") && !error.contains("canary"), "{error}");
    }

    #[test]
    fn a_broken_file_is_not_quoted() {
        let folder = TempDir::new().unwrap();
        for text in
            ["# keys\nwork = \"canary", "# keys\nwork = canary", "# keys\n[work]\nkey = \"canary\"", "# keys\ncanary"]
        {
            let error = Credentials::read(&file(&folder, text, 0o600)).unwrap_err().to_string();
            assert!(error.contains("line 2") && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn keys_are_not_in_the_debug_form() {
        let folder = TempDir::new().unwrap();
        let keys = Credentials::read(&file(&folder, "work = \"canary\"\n", 0o600)).unwrap();
        assert!(!format!("{keys:?}").contains("canary"));
    }
}
