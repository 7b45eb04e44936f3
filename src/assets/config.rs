//! The settings: what a user may choose once and for all. The built-in file holds every default; the user's file
//! stands over it key by key, and flags stand over both where they are given.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::assets::error::AssetError;
use crate::assets::parse::parse;
use crate::assets::source::{AssetText, Source};
use crate::domain::usage::Ceilings;

/// The file's path in both layers.
pub const FILE: &str = "config.toml";

/// Everything in `config.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub defaults: Defaults,
    pub screen: Screen,
    pub models: ModelSettings,
    pub ceilings: Ceilings,
    pub tournaments: TournamentSettings,
    pub evidence: EvidenceSettings,
    /// Endpoints by the name that a model is asked for with.
    pub endpoints: BTreeMap<String, EndpointSetting>,
}

/// What a debate is made of when nothing else is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Defaults {
    /// The model behind `default` in a team; `None` until one was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debater: Option<String>,
    /// `RECIPE@MODEL`; `None` until one was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
    pub format: String,
    /// The team of the proposition.
    pub proposition: String,
    /// The team of the opposition.
    pub opposition: String,
    /// The recipe that measures the momentum of a debate under way; empty turns it off.
    pub momentum: String,
}

/// Where local models run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelSettings {
    pub device: DeviceSetting,
}

/// What holds for every tournament.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TournamentSettings {
    /// A tournament that may cost more dollars than this starts only after a yes.
    pub ask_above_dollars: f64,
}

/// How the evidence library is used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvidenceSettings {
    /// Whether debates that name no sources use the library.
    pub library: bool,
    /// The encoder that puts the best passages into the order of their sense; without one, words alone count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerank: Option<String>,
    pub web: WebSettings,
}

/// How the web is searched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebSettings {
    /// Without one there is no web search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<WebServiceSetting>,
    /// Where the service is, if not where its makers run it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The environment variable that holds the key, if another than usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_env: Option<String>,
    /// The Wikipedia that is searched.
    pub language: String,
    /// Pages that a search names, 1 to [`MOST_RESULTS`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<usize>,
    /// Pages of a search that are read, the first ones.
    pub pages: usize,
}

/// The most pages of one search.
pub const MOST_RESULTS: usize = 50;

/// A service that searches the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebServiceSetting {
    Searxng,
    Tavily,
    Brave,
    Wikipedia,
}

/// What does the arithmetic of local models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceSetting {
    /// A GPU if `rhetor-engine` finds one, else the processor.
    #[default]
    Auto,
    /// The processor, always.
    Cpu,
    /// The GPU, or an error.
    Gpu,
}

/// How the screen looks and behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Screen {
    pub theme: String,
    /// Whether nothing moves by itself: no spinner, no blinking.
    pub reduced_motion: bool,
    /// Whether the mouse scrolls and chooses. The terminal's own selection then needs shift.
    pub mouse: bool,
    /// How somebody who looks elsewhere is told that it is its turn.
    pub notify: Notify,
}

/// A way to tell somebody who looks elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notify {
    #[default]
    Off,
    /// The terminal's bell.
    Bell,
    /// A message of the desktop, where the terminal shows one (OSC 9).
    Desktop,
}

/// An endpoint as a user sets it up. What is left out comes from its preset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointSetting {
    /// A table of `endpoints.toml`.
    pub preset: String,
    /// The address up to, and without, `/chat/completions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The environment variable that holds the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_env: Option<String>,
    /// Calls at the same time, at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrent: Option<usize>,
}

impl Config {
    /// One layer alone.
    ///
    /// # Errors
    /// It is broken, or sets something that cannot be.
    pub fn read(layer: &AssetText) -> Result<Config, AssetError> {
        let config = parse::<Config>(layer)?;
        check(&config, layer)?;
        Ok(config)
    }

    /// The built-in settings under the user's.
    ///
    /// # Errors
    /// The user's file cannot be read, is broken, or sets something that cannot be.
    pub fn load(source: &Source) -> Result<Config, AssetError> {
        let mut merged = toml::Table::new();
        let layers = source.layers(FILE)?;
        for layer in &layers {
            // Each layer alone first, so that an error names its own file and line.
            Config::read(layer)?;
            merge(&mut merged, parse(layer)?);
        }
        merged.try_into().map_err(|error| AssetError::Invalid {
            file: layers.last().map(|layer| layer.origin.to_string()).unwrap_or_default(),
            reason: error.message().to_owned(),
        })
    }
}

fn check(config: &Config, layer: &AssetText) -> Result<(), AssetError> {
    let invalid = |reason: String| Err(AssetError::Invalid { file: layer.origin.to_string(), reason });
    for (name, endpoint) in &config.endpoints {
        if endpoint.max_concurrent == Some(0) {
            return invalid(format!("[endpoints.{name}]: max_concurrent must be at least 1"));
        }
        if name.contains(['/', '@', ',']) || name.trim().is_empty() {
            return invalid(format!(
                "[endpoints.{name}]: the name of an endpoint may not contain \"/\", \"@\" or \",\""
            ));
        }
    }
    if config.ceilings.dollars.is_some_and(|dollars| !dollars.is_finite() || dollars < 0.0) {
        return invalid("[ceilings]: dollars must be 0 or more".to_owned());
    }
    let web = &config.evidence.web;
    if web.results.is_some_and(|results| !(1..=MOST_RESULTS).contains(&results)) || web.pages > MOST_RESULTS {
        return invalid(format!(
            "[evidence.web]: results must be 1 to {MOST_RESULTS}, and pages at most {MOST_RESULTS}"
        ));
    }
    let ask = config.tournaments.ask_above_dollars;
    if !ask.is_finite() || ask < 0.0 {
        return invalid("[tournaments]: ask_above_dollars must be 0 or more".to_owned());
    }
    Ok(())
}

/// Lays one table over another. Tables are merged, everything else is replaced.
fn merge(under: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => merge(below, above),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config_of(user: &str) -> Result<Config, AssetError> {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(FILE), user).unwrap();
        Config::load(&Source::new(home.path()))
    }

    #[test]
    fn the_built_in_file_sets_every_default() {
        let config = config_of("").unwrap();
        assert_eq!(config.defaults.format, "agent4debate");
        assert_eq!((config.defaults.proposition.as_str(), config.defaults.opposition.as_str()), ("quartet", "solo"));
        assert_eq!(config.screen.theme, "dark");
        assert_eq!((config.defaults.debater, config.models.device), (None, DeviceSetting::Auto));
        assert_eq!(config.tournaments.ask_above_dollars, 1.0);
        let web = &config.evidence.web;
        assert_eq!((config.evidence.library, &config.evidence.rerank), (true, &None));
        assert_eq!((web.service, web.language.as_str(), web.results, web.pages), (None, "en", Some(8), 4));
        assert!(config.endpoints.is_empty());
    }

    #[test]
    fn the_user_changes_one_key_and_keeps_the_rest() {
        let config = config_of(
            "[defaults]\njudge = \"debatrix@qwen\"\n[ceilings]\ntokens = 9\n[endpoints.work]\npreset = \"openai\"\nmax_concurrent = 8\n",
        )
        .unwrap();
        assert_eq!(config.defaults.judge.as_deref(), Some("debatrix@qwen"));
        assert_eq!(config.defaults.format, "agent4debate");
        assert_eq!(config.ceilings.tokens, Some(9));
        assert_eq!(config.endpoints["work"].max_concurrent, Some(8));
    }

    #[test]
    fn a_broken_setting_names_its_file_and_line() {
        let error = config_of("[defaults]\nformt = \"duel\"\n").unwrap_err().to_string();
        assert!(
            error.ends_with("config.toml, line 2, column 1: the key \"formt\" is unknown; did you mean \"format\"?"),
            "{error}"
        );
        let error = config_of("[screen]\nmouse = \"no\"\n").unwrap_err().to_string();
        assert!(error.ends_with("line 2, column 9: expected true or false, found the text \"no\""), "{error}");
        let error = config_of("[evidence.web]\nservice = \"bing\"\n").unwrap_err().to_string();
        let said = "line 2, column 11: \"bing\" is no value for this key; known are searxng, tavily, brave, wikipedia";
        assert!(error.ends_with(said), "{error}");
        let error = config_of("[endpoints.work]\nbase_url = \"x\"\n").unwrap_err().to_string();
        assert!(error.ends_with("line 1, column 1: the key \"preset\" is missing"), "{error}");
    }

    #[test]
    fn a_setting_that_cannot_be_is_refused() {
        let error = config_of("[endpoints.work]\npreset = \"openai\"\nmax_concurrent = 0\n").unwrap_err().to_string();
        assert!(error.ends_with("[endpoints.work]: max_concurrent must be at least 1"), "{error}");
        let error = config_of("[ceilings]\ndollars = -1.0\n").unwrap_err().to_string();
        assert!(error.ends_with("[ceilings]: dollars must be 0 or more"), "{error}");
        for wrong in ["results = 0", "results = 51", "pages = 51"] {
            let error = config_of(&format!("[evidence.web]\n{wrong}\n")).unwrap_err().to_string();
            assert!(error.ends_with("[evidence.web]: results must be 1 to 50, and pages at most 50"), "{error}");
        }
        let error = config_of("[tournaments]\nask_above_dollars = -1.0\n").unwrap_err().to_string();
        assert!(error.ends_with("[tournaments]: ask_above_dollars must be 0 or more"), "{error}");
    }
}
