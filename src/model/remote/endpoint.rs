//! One endpoint: where it is, its key, what it can do, and how many calls it takes at the same time.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::model::error::ModelError;
use crate::model::remote::client;
use crate::model::remote::preset::{Abilities, EndpointPreset};
use crate::model::remote::retry::Retry;

/// What a user may say about an endpoint in `config.toml`; each field that is absent is the preset's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointOptions {
    #[serde(default)]
    pub base_url: Option<String>,
    #[serde(default)]
    pub key_env: Option<String>,
    /// Calls at the same time, at least 1.
    #[serde(default)]
    pub max_concurrent: Option<usize>,
    /// Seconds of silence that are an error, at least 1.
    #[serde(default)]
    pub stall_seconds: Option<u64>,
}

/// An endpoint that models are called at. Its key is shown nowhere, and sent to its own host only.
pub struct Endpoint {
    name: String,
    base_url: Url,
    key: Option<SecretString>,
    key_env: Option<String>,
    local: bool,
    family: Option<String>,
    max_concurrent: usize,
    abilities: Abilities,
    pub(crate) stall: Duration,
    pub(crate) retry: Retry,
    pub(crate) gate: Arc<Semaphore>,
    client: OnceLock<Client>,
}

impl Endpoint {
    /// An endpoint by its preset and what the user changed. Nothing is sent yet.
    ///
    /// # Errors
    /// The address is not http or https, or carries a password; a count is zero; the key cannot be sent.
    pub fn new(
        name: impl Into<String>,
        preset: &EndpointPreset,
        options: &EndpointOptions,
        key: Option<SecretString>,
    ) -> Result<Endpoint, ModelError> {
        let name = name.into();
        let wrong = |what: String| ModelError::Setup(format!("endpoint {name}: {what}"));
        let base_url = parse_address(options.base_url.as_deref().unwrap_or(&preset.base_url)).map_err(wrong)?;
        let max_concurrent = options.max_concurrent.unwrap_or(preset.max_concurrent);
        let stall_seconds = options.stall_seconds.unwrap_or(preset.stall_seconds);
        if max_concurrent == 0 || stall_seconds == 0 {
            return Err(wrong("max_concurrent and stall_seconds must be at least 1".to_owned()));
        }
        if key.as_ref().is_some_and(|key| bearer(key).is_none()) {
            return Err(wrong("its key holds characters that no key has; write it again on one line".to_owned()));
        }
        Ok(Endpoint {
            local: client::is_loopback(&base_url),
            base_url,
            key,
            key_env: options.key_env.clone().or_else(|| preset.key_env.clone()),
            family: preset.family.clone(),
            max_concurrent,
            abilities: preset.abilities.clone(),
            stall: Duration::from_secs(stall_seconds),
            retry: Retry::default(),
            gate: Arc::new(Semaphore::new(max_concurrent.min(Semaphore::MAX_PERMITS))),
            client: OnceLock::new(),
            name,
        })
    }

    /// The same endpoint, tried only once for each call: for looking whether it is there.
    #[must_use]
    pub fn once(mut self) -> Endpoint {
        self.retry.tries = 1;
        self
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address up to, and without, `/chat/completions`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.base_url.as_str().trim_end_matches('/')
    }

    /// Whether it runs on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// The vendor of every model there, if it has one vendor.
    #[must_use]
    pub fn family(&self) -> Option<&str> {
        self.family.as_deref()
    }

    /// Calls at the same time.
    #[must_use]
    pub fn max_concurrent(&self) -> usize {
        self.max_concurrent
    }

    #[must_use]
    pub fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    /// Whether a key is set.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The environment variable that a key is looked for in.
    #[must_use]
    pub fn key_env(&self) -> Option<&str> {
        self.key_env.as_deref()
    }

    /// Name and address, for sentences.
    #[must_use]
    pub fn label(&self) -> String {
        format!("endpoint {} ({})", self.name, self.base_url())
    }

    /// What the endpoint says, without the key: some quote the one that they refuse.
    #[must_use]
    pub fn without_key(&self, text: &str) -> String {
        match self.key.as_ref().map(|key| key.expose_secret().trim()).filter(|key| !key.is_empty()) {
            Some(key) => text.replace(key, "[key]"),
            None => text.to_owned(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Result<RequestBuilder, ModelError> {
        Ok(self.signed(self.client()?.get(self.address(path))))
    }

    pub(crate) fn post(&self, path: &str) -> Result<RequestBuilder, ModelError> {
        Ok(self.signed(self.client()?.post(self.address(path))))
    }

    fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.base_url())
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        match self.key.as_ref().and_then(bearer) {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        }
    }

    fn client(&self) -> Result<&Client, ModelError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let built = client::build(&self.base_url, self.max_concurrent)
            .map_err(|reason| ModelError::Setup(format!("{} cannot be called: {reason}", self.label())))?;
        Ok(self.client.get_or_init(|| built))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("name", &self.name)
            .field("base_url", &self.base_url())
            .field("has_key", &self.has_key())
            .finish_non_exhaustive()
    }
}

fn bearer(key: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret().trim())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn parse_address(text: &str) -> Result<Url, String> {
    let url: Url = text
        .trim_end_matches('/')
        .parse()
        .map_err(|_| format!("base_url \"{text}\" is not an address; it looks like http://127.0.0.1:8080/v1"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!("base_url \"{text}\" must begin with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err("base_url must not hold a key or a password; set key_env or use credentials.toml".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::model::remote::preset::tests::shipped;

    /// An endpoint with the abilities of a preset at another address, which is quick to give up.
    pub fn at(preset: &str, base_url: &str) -> Endpoint {
        let options = EndpointOptions { base_url: Some(base_url.to_owned()), ..EndpointOptions::default() };
        let mut endpoint = Endpoint::new("work", &shipped()[preset], &options, None).unwrap();
        endpoint.retry =
            Retry { tries: 3, first_wait: Duration::from_millis(1), longest_wait: Duration::from_millis(50) };
        endpoint
    }

    /// The same with a key.
    pub fn with_key(preset: &str, base_url: &str, key: &str) -> Endpoint {
        Endpoint { key: Some(SecretString::from(key)), ..at(preset, base_url) }
    }

    #[test]
    fn what_the_user_says_goes_before_the_preset() {
        let options = EndpointOptions {
            base_url: Some("http://10.0.0.7:9000/v1/".to_owned()),
            key_env: Some("WORK_KEY".to_owned()),
            max_concurrent: Some(3),
            stall_seconds: Some(7),
        };
        let endpoint = Endpoint::new("work", &shipped()["openai"], &options, None).unwrap();
        assert_eq!(endpoint.base_url(), "http://10.0.0.7:9000/v1");
        assert_eq!(endpoint.key_env(), Some("WORK_KEY"));
        assert_eq!(endpoint.max_concurrent(), 3);
        assert_eq!(endpoint.stall, Duration::from_secs(7));
        assert_eq!(endpoint.abilities().max_tokens, "max_completion_tokens");
        assert!(!endpoint.is_local());
    }

    #[test]
    fn a_key_is_never_shown() {
        let endpoint = with_key("openai", "https://example.com/v1", "sk-canary-1234");
        assert!(!format!("{endpoint:?}").contains("canary"));
        let header = bearer(&SecretString::from("sk-canary-1234")).unwrap();
        assert!(!format!("{header:?}").contains("canary"));
    }

    #[test]
    fn a_wrong_address_or_key_is_one_sentence() {
        let open = |base_url: &str, key: Option<&str>| {
            let options = EndpointOptions { base_url: Some(base_url.to_owned()), ..EndpointOptions::default() };
            Endpoint::new("work", &shipped()["openai"], &options, key.map(SecretString::from)).unwrap_err().to_string()
        };
        assert!(open("localhost", None).contains("is not an address"));
        assert!(open("ftp://host/v1", None).contains("must begin with http"));
        let secret = open("https://me:canary@host/v1", None);
        assert!(secret.contains("credentials.toml") && !secret.contains("canary"), "{secret}");
        let broken = open("https://host/v1", Some("canary\nline"));
        assert!(broken.contains("write it again") && !broken.contains("canary"), "{broken}");
    }
}
