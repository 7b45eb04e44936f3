//! What is known about an endpoint before it is called: data of `assets/endpoints.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::error::{ModelError, toml_sentence};

/// Whether an endpoint goes on with a conversation that ends with an assistant message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Continues {
    /// It would begin a new message.
    Never,
    Always,
    /// When `continue_final_message` is sent.
    Asked,
}

/// What an endpoint understands, and under which field names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Abilities {
    /// The field for the most tokens of an answer.
    pub max_tokens: String,
    /// The field for the seed; `None` if it is not understood.
    #[serde(default)]
    pub seed: Option<String>,
    /// The field for the repetition penalty; `None` if it is not understood.
    #[serde(default)]
    pub repetition_penalty: Option<String>,
    /// Whether `top_p` may be sent together with a temperature.
    pub top_p: bool,
    /// The most stop strings it takes. All of a request's stop strings are held to here in any case.
    pub stop: usize,
    /// Whether it holds an answer to a JSON Schema.
    pub json_schema: bool,
    /// The most alternatives with log-probabilities; 0 if none are given.
    pub top_logprobs: u32,
    pub continues: Continues,
    /// Whether a stream counts its tokens when asked.
    pub usage: bool,
    /// Whether a stream tells how far the prompt is read when asked.
    pub prefill: bool,
}

/// A kind of endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointPreset {
    /// The name as its makers write it.
    pub title: String,
    /// The address up to, and without, `/chat/completions`.
    pub base_url: String,
    /// The environment variable that holds the key; `None` if no key is needed.
    #[serde(default)]
    pub key_env: Option<String>,
    /// Whether it runs on this machine.
    pub local: bool,
    /// The vendor of every model there; `None` if there are several.
    #[serde(default)]
    pub family: Option<String>,
    /// Calls at the same time, at least 1.
    pub max_concurrent: usize,
    /// Seconds of silence that are an error, at least 1.
    pub stall_seconds: u64,
    pub abilities: Abilities,
}

/// Presets by name.
pub type Presets = BTreeMap<String, EndpointPreset>;

/// Reads the text of an `endpoints.toml`.
///
/// # Errors
/// The text is not TOML, a field is unknown, missing or of the wrong kind: the sentence gives the line.
pub fn parse_presets(text: &str) -> Result<Presets, ModelError> {
    let presets: Presets =
        toml::from_str(text).map_err(|error| ModelError::Setup(toml_sentence("endpoints.toml", text, &error)))?;
    for (name, preset) in &presets {
        if preset.max_concurrent == 0 || preset.stall_seconds == 0 {
            return Err(ModelError::Setup(format!(
                "endpoints.toml: max_concurrent and stall_seconds of [{name}] must be at least 1"
            )));
        }
    }
    Ok(presets)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The presets as shipped.
    pub fn shipped() -> Presets {
        parse_presets(include_str!("../../../assets/endpoints.toml")).unwrap()
    }

    #[test]
    fn the_shipped_presets_are_ten() {
        let names: Vec<String> = shipped().into_keys().collect();
        let expected = [
            "anthropic",
            "deepseek",
            "gemini",
            "llama.cpp",
            "lmstudio",
            "mistral",
            "ollama",
            "openai",
            "openrouter",
            "vllm",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn every_hosted_preset_wants_a_key_and_https() {
        for (name, preset) in shipped() {
            assert_eq!(preset.local, preset.key_env.is_none(), "{name}");
            assert_eq!(preset.local, preset.base_url.starts_with("http://127.0.0.1:"), "{name}");
            assert!(!preset.base_url.ends_with('/'), "{name}");
        }
    }

    #[test]
    fn an_unknown_field_is_named_with_its_line() {
        let error = parse_presets("[mine]\ntitle = \"Mine\"\ncolour = 3\n").unwrap_err().to_string();
        assert!(error.contains("endpoints.toml, line 3"), "{error}");
        assert!(error.contains("colour"), "{error}");
    }
}
