//! One search service: where it is, its key, and how it is asked. The user chose its address, so it may be on this machine; only
//! the pages that it names go through the guard.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use reqwest::header::{ACCEPT, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::clock;
use crate::evidence::fetch::{Limits, body, client};
use crate::evidence::web::error::WebError;
use crate::evidence::web::hit::{Hit, first};
use crate::evidence::web::kind::ServiceKind;

/// What a user sets of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceOptions {
    pub kind: ServiceKind,
    /// Where it is, if not where its makers run it.
    pub base_url: Option<String>,
    /// The environment variable that holds the key, if another than usual.
    pub key_env: Option<String>,
    /// The Wikipedia that is searched, for instance `en`.
    pub language: String,
    /// The most pages that a search names, at least 1.
    pub results: usize,
}

/// What is sent for a query.
pub struct Call {
    path: &'static str,
    query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
}

impl Call {
    pub(super) fn get<const N: usize>(path: &'static str, query: [(&'static str, String); N]) -> Call {
        Call { path, query: query.into(), body: None }
    }

    pub(super) fn post(path: &'static str, body: Value) -> Call {
        Call { path, query: Vec::new(), body: Some(body) }
    }
}

/// A service that is ready to be asked. Its key is shown nowhere, and sent to its own host only.
pub struct Service {
    options: ServiceOptions,
    base_url: Url,
    key: Option<HeaderValue>,
    limits: Limits,
    client: OnceLock<Client>,
    /// Until when it asked to be left alone.
    busy_until: Mutex<Option<String>>,
}

impl Service {
    /// A service as it is set up. Nothing is sent yet.
    ///
    /// # Errors
    /// It needs an address or a key and has none, or has one that cannot be used.
    pub fn new(options: ServiceOptions, key: Option<&SecretString>, limits: Limits) -> Result<Service, WebError> {
        let ServiceOptions { kind, language, .. } = &options;
        let is_language = |c: char| c.is_ascii_lowercase() || c == '-';
        if language.is_empty() || language.len() > 20 || !language.chars().all(is_language) {
            return Err(WebError::BadLanguage(language.clone()));
        }
        let base_url = options.base_url.clone().or_else(|| kind.base_url(language));
        let base_url = parse_address(&base_url.ok_or(WebError::NoAddress { service: kind.title() })?)?;
        if key.is_none() && kind.needs_key() {
            let variable = options.key_env.clone().unwrap_or_else(|| kind.key_env().to_owned());
            return Err(WebError::NoKey { service: kind.title(), name: kind.name(), variable });
        }
        let signed = |key: &SecretString| {
            let text = format!("{}{}", kind.key_header().1, key.expose_secret().trim());
            let mut value = HeaderValue::from_str(&text).map_err(|_| WebError::BadKey { service: kind.title() })?;
            value.set_sensitive(true);
            Ok(value)
        };
        let key = key.map(signed).transpose()?;
        Ok(Service { options, base_url, key, limits, client: OnceLock::new(), busy_until: Mutex::default() })
    }

    #[must_use]
    pub fn kind(&self) -> ServiceKind {
        self.options.kind
    }

    /// Name and address, for sentences.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} ({})", self.kind().title(), self.base_url.as_str().trim_end_matches('/'))
    }

    /// What its answers depend on besides the query.
    #[must_use]
    pub fn identity(&self) -> String {
        format!("{} {} {}", self.kind().name(), self.base_url, self.options.results)
    }

    /// Asks for pages, the best first, each once.
    ///
    /// # Errors
    /// It cannot be reached, refuses the key, wants to be left alone, or answers something else.
    pub async fn search(&self, query: &str) -> Result<Vec<Hit>, WebError> {
        let late = |_| Err(WebError::Slow { service: self.label(), seconds: self.limits.seconds() });
        tokio::time::timeout(self.limits.deadline, self.ask(query)).await.unwrap_or_else(late)
    }

    async fn ask(&self, query: &str) -> Result<Vec<Hit>, WebError> {
        let until = self.busy_until.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(until) = until.filter(|until| clock::now() < *until) {
            return Err(self.busy(Some(&until)));
        }
        let call = self.kind().call(query, self.options.results);
        let mut response = self.send(&call).await?;
        let wait = client::asked_wait(response.headers()).filter(|wait| *wait <= self.limits.patience);
        if let Some(wait) = wait.filter(|_| client::is_busy(response.status())) {
            drop(response);
            tokio::time::sleep(wait).await;
            response = self.send(&call).await?;
        }
        self.check(&response)?;
        let answer = |reason: String| WebError::Answer { service: self.label(), reason };
        let body = body::whole(&mut response, self.limits.bytes).await;
        let body = body.map_err(|error| answer(format!("it {error}")))?;
        let hits = self.kind().hits(&body, &self.base_url);
        let hits = hits.map_err(|error| answer(format!("line {}, column {}", error.line(), error.column())))?;
        Ok(first(hits, self.options.results))
    }

    /// What a status means. A wait that is asked for holds for the next searches, too.
    fn check(&self, response: &Response) -> Result<(), WebError> {
        let (kind, status) = (self.kind(), response.status().as_u16());
        if client::is_busy(response.status()) {
            let until = client::asked_wait(response.headers()).map(clock::after);
            self.busy_until.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&until);
            return Err(self.busy(until.as_deref()));
        }
        let is_key = match kind {
            ServiceKind::Searxng => status == 401,
            ServiceKind::Brave => matches!(status, 401 | 403 | 422),
            ServiceKind::Tavily | ServiceKind::Wikipedia => matches!(status, 401 | 403),
        };
        match status {
            200..=299 => Ok(()),
            _ if is_key && self.key.is_some() => {
                let variable = self.options.key_env.clone().unwrap_or_else(|| kind.key_env().to_owned());
                Err(WebError::Refused { service: self.label(), status, name: kind.name(), variable })
            }
            _ => Err(WebError::Status { service: self.label(), status, mend: kind.mend(status) }),
        }
    }

    fn busy(&self, until: Option<&str>) -> WebError {
        let until = until.map_or_else(String::new, |until| format!(" until {}", clock::display_date(until)));
        WebError::Busy { service: self.label(), until }
    }

    async fn send(&self, call: &Call) -> Result<Response, WebError> {
        let unreachable = |error: &reqwest::Error| {
            let reason = client::reason(error);
            WebError::Unreachable { service: self.label(), reason }
        };
        let client = self.client().map_err(|error| unreachable(&error))?;
        self.request(client, call).send().await.map_err(|error| unreachable(&error))
    }

    fn request(&self, client: &Client, call: &Call) -> RequestBuilder {
        let mut url = self.base_url.clone();
        url.set_path(&format!("{}/{}", url.path().trim_end_matches('/'), call.path));
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        let request = match &call.body {
            Some(body) => client.post(url).json(body),
            None => client.get(url),
        };
        let request = request.header(ACCEPT, "application/json");
        match &self.key {
            Some(key) => request.header(HeaderName::from_static(self.kind().key_header().0), key),
            None => request,
        }
    }

    fn client(&self) -> reqwest::Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let builder = client::builder(&self.base_url);
        let host = self.base_url.host_str().unwrap_or_default();
        let here = host == "localhost" || host.starts_with("127.") || host == "[::1]";
        let built = if here { builder.no_proxy().build()? } else { builder.build()? };
        Ok(self.client.get_or_init(|| built))
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("kind", &self.options.kind)
            .field("base_url", &self.base_url.as_str())
            .field("has_key", &self.key.is_some())
            .finish_non_exhaustive()
    }
}

fn parse_address(text: &str) -> Result<Url, WebError> {
    let wrong = |what: &str| WebError::BadAddress(what.to_owned());
    let url: Url = text
        .parse()
        .map_err(|_| wrong(&format!("\"{text}\" is not an address; it looks like http://127.0.0.1:8888")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(&format!("\"{text}\" must begin with http:// or https://")));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("must not hold a key or a password; set key_env or use credentials.toml"));
    }
    Ok(url)
}
