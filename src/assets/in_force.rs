//! Every setting with the value that is in force, and what put it there. Keys of endpoints are no settings, and what looks like one
//! is not shown.

use std::path::PathBuf;

use serde::{Serialize, Serializer};

use crate::assets::config::{Config, FILE};
use crate::assets::error::AssetError;
use crate::assets::parse::parse;
use crate::assets::source::{Origin, Source};
use crate::text::nearest::suggestion;

/// Settings that have no default.
const WITHOUT_DEFAULT: [&str; 7] = [
    "defaults.debater",
    "defaults.judge",
    "ceilings.tokens",
    "ceilings.dollars",
    "evidence.web.service",
    "evidence.web.base_url",
    "evidence.web.key_env",
];

/// The variable that turns colours off (no-color.org).
const NO_COLOUR: &str = "NO_COLOR";

/// The theme without colours.
const MONO: &str = "mono";

/// What is shown in the place of something that may be a secret.
const HIDDEN: &str = "(not shown: it may be a secret)";

/// What a value in force comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// Neither set nor built in.
    Unset,
    Default,
    File(PathBuf),
    /// An environment variable.
    Environment(&'static str),
}

impl std::fmt::Display for Provenance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Provenance::Unset => f.write_str("not set"),
            Provenance::Default => f.write_str("default"),
            Provenance::File(path) => write!(f, "{}", path.display()),
            Provenance::Environment(variable) => f.write_str(variable),
        }
    }
}

impl Serialize for Provenance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Setting {
    /// With its table, for instance `screen.theme`.
    pub key: String,
    /// `None` if it is not set and has no default.
    pub value: Option<toml::Value>,
    pub from: Provenance,
}

/// Every setting, table by table. `environment` gives what a variable holds.
///
/// # Errors
/// The user's file cannot be read, is broken, or sets something that cannot be.
pub fn settings_in_force(
    source: &Source,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Vec<Setting>, AssetError> {
    Config::load(source)?;
    let mut settings: Vec<Setting> = Vec::new();
    for layer in source.layers(FILE)? {
        let from = match &layer.origin {
            Origin::BuiltIn(_) => Provenance::Default,
            Origin::File(path) => Provenance::File(path.clone()),
        };
        flatten(&parse(&layer)?, "", &mut |key, value| put(&mut settings, key, Some(value), from.clone()));
    }
    for key in WITHOUT_DEFAULT {
        if !settings.iter().any(|setting| setting.key == key) {
            put(&mut settings, key.to_owned(), None, Provenance::Unset);
        }
    }
    if environment(NO_COLOUR).is_some_and(|value| !value.is_empty()) {
        put(&mut settings, "screen.theme".to_owned(), Some(MONO.into()), Provenance::Environment(NO_COLOUR));
    }
    let order =
        |key: &str| ["defaults", "screen", "models", "ceilings", "tournaments"].iter().position(|t| table(key) == *t);
    settings.sort_by_key(|setting| (order(&setting.key).unwrap_or(usize::MAX), table(&setting.key).to_owned()));
    Ok(settings)
}

/// The setting of a key.
///
/// # Errors
/// There is no such key; the nearest are named.
pub fn setting_of(settings: Vec<Setting>, key: &str) -> Result<Setting, AssetError> {
    let nearest = suggestion(key, settings.iter().map(|setting| setting.key.as_str()));
    let found = settings.into_iter().find(|setting| setting.key == key);
    found.ok_or_else(|| AssetError::Unknown { kind: "setting", name: key.to_owned(), nearest })
}

fn table(key: &str) -> &str {
    key.rsplit_once('.').map_or("", |(table, _)| table)
}

fn put(settings: &mut Vec<Setting>, key: String, value: Option<toml::Value>, from: Provenance) {
    match settings.iter_mut().find(|setting| setting.key == key) {
        Some(setting) => *setting = Setting { key, value, from },
        None => settings.push(Setting { key, value, from }),
    }
}

fn flatten(under: &toml::Table, before: &str, take: &mut impl FnMut(String, toml::Value)) {
    for (name, value) in under {
        let key = format!("{before}{name}");
        match value {
            toml::Value::Table(table) => flatten(table, &format!("{key}."), take),
            value => take(key, shown(name, value)),
        }
    }
}

/// A value without what somebody may have put into it by mistake: a key in the place of its variable, a password in an address.
fn shown(name: &str, value: &toml::Value) -> toml::Value {
    let is_secret = value.as_str().is_some_and(|text| match name {
        "key_env" => !text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'),
        "base_url" => text.contains(['@', '?', '#']),
        _ => false,
    });
    if is_secret { HIDDEN.into() } else { value.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::{Paths, save_setting};

    fn of(user: &str, variables: &[(&str, &str)]) -> (tempfile::TempDir, Vec<Setting>) {
        let home = tempfile::tempdir().unwrap();
        if !user.is_empty() {
            std::fs::write(home.path().join(FILE), user).unwrap();
        }
        let environment =
            |name: &str| variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned());
        let settings = settings_in_force(&Source::new(home.path()), environment).unwrap();
        (home, settings)
    }

    fn row(settings: &[Setting], key: &str) -> (Option<String>, Provenance) {
        let setting = setting_of(settings.to_vec(), key).unwrap();
        (setting.value.map(|value| value.to_string()), setting.from)
    }

    #[test]
    fn a_value_says_where_it_comes_from() {
        let (home, settings) = of("[screen]\nmouse = true\n", &[("NO_COLOR", "1")]);
        assert_eq!(row(&settings, "screen.mouse"), (Some("true".into()), Provenance::File(home.path().join(FILE))));
        assert_eq!(row(&settings, "screen.theme"), (Some("\"mono\"".into()), Provenance::Environment("NO_COLOR")));
        assert_eq!(row(&settings, "defaults.format"), (Some("\"agent4debate\"".into()), Provenance::Default));
        assert_eq!(row(&settings, "ceilings.tokens"), (None, Provenance::Unset));
        let (_home, settings) = of("", &[("NO_COLOR", "")]);
        assert_eq!(row(&settings, "screen.theme"), (Some("\"dark\"".into()), Provenance::Default));
    }

    #[test]
    fn keys_that_are_not_set_are_keys_that_can_be_set() {
        for key in WITHOUT_DEFAULT {
            let home = tempfile::tempdir().unwrap();
            let value = match key.rsplit('.').next() {
                Some("tokens" | "dollars") => toml::Value::from(3),
                Some("service") => "searxng".into(),
                _ => "x".into(),
            };
            save_setting(&Paths::under(home.path()), key, value).unwrap();
        }
    }

    #[test]
    fn what_looks_like_a_secret_is_not_shown() {
        let user = "[evidence.web]\nkey_env = \"tvly-canary\"\n[endpoints.work]\npreset = \"openai\"\nkey_env = \"sk-canary\"\nbase_url = \"https://me:canary@host/v1\"\n\
                    [endpoints.home]\npreset = \"openai\"\nkey_env = \"HOME_KEY\"\n";
        let (_home, settings) = of(user, &[]);
        assert!(!format!("{settings:?}").contains("canary"));
        assert_eq!(row(&settings, "endpoints.home.key_env").0.as_deref(), Some("\"HOME_KEY\""));
    }

    #[test]
    fn an_unknown_key_names_the_one_that_was_meant() {
        let (_home, settings) = of("", &[]);
        let error = setting_of(settings, "screen.teme").unwrap_err().to_string();
        assert!(
            error.starts_with("there is no setting named \"screen.teme\"; did you mean \"screen.theme\""),
            "{error}"
        );
    }
}
