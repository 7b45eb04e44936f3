//! The search services that are known: their names, where they are, and what they take.

use reqwest::Url;

use crate::evidence::web::hit::{Hit, listed};
use crate::evidence::web::service::Call;
use crate::evidence::web::{brave, searxng, tavily, wikipedia};

/// A search service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    Searxng,
    Tavily,
    Brave,
    Wikipedia,
}

impl ServiceKind {
    /// The name in settings and in `credentials.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ServiceKind::Searxng => "searxng",
            ServiceKind::Tavily => "tavily",
            ServiceKind::Brave => "brave",
            ServiceKind::Wikipedia => "wikipedia",
        }
    }

    /// The name as its makers write it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            ServiceKind::Searxng => "SearXNG",
            ServiceKind::Tavily => "Tavily",
            ServiceKind::Brave => "Brave Search",
            ServiceKind::Wikipedia => "Wikipedia",
        }
    }

    /// The environment variable that holds the key where the user names none.
    #[must_use]
    pub fn key_env(self) -> &'static str {
        match self {
            ServiceKind::Searxng => "SEARXNG_API_KEY",
            ServiceKind::Tavily => "TAVILY_API_KEY",
            ServiceKind::Brave => "BRAVE_API_KEY",
            ServiceKind::Wikipedia => "WIKIPEDIA_API_KEY",
        }
    }

    /// Whether it answers nobody without a key. Each search is counted there.
    #[must_use]
    pub fn needs_key(self) -> bool {
        matches!(self, ServiceKind::Tavily | ServiceKind::Brave)
    }

    /// Where it is; `None` for one that everybody runs for himself.
    pub(super) fn base_url(self, language: &str) -> Option<String> {
        match self {
            ServiceKind::Searxng => None,
            ServiceKind::Tavily => Some(tavily::BASE_URL.to_owned()),
            ServiceKind::Brave => Some(brave::BASE_URL.to_owned()),
            ServiceKind::Wikipedia => Some(wikipedia::base_url(language)),
        }
    }

    /// The header that carries the key, and what stands before it.
    pub(super) fn key_header(self) -> (&'static str, &'static str) {
        match self {
            ServiceKind::Brave => (brave::KEY_HEADER, ""),
            _ => ("authorization", "Bearer "),
        }
    }

    pub(super) fn call(self, query: &str, results: usize) -> Call {
        match self {
            ServiceKind::Searxng => searxng::call(query),
            ServiceKind::Tavily => tavily::call(query, results),
            ServiceKind::Brave => brave::call(query, results),
            ServiceKind::Wikipedia => wikipedia::call(query, results),
        }
    }

    pub(super) fn hits(self, body: &[u8], base: &Url) -> serde_json::Result<Vec<Hit>> {
        match self {
            ServiceKind::Searxng | ServiceKind::Tavily => listed(body),
            ServiceKind::Brave => brave::hits(body),
            ServiceKind::Wikipedia => wikipedia::hits(body, base),
        }
    }

    /// What a user can do about a status, as the end of a sentence.
    pub(super) fn mend(self, status: u16) -> &'static str {
        match (self, status) {
            (_, 300..=399) => "it redirects; set base_url to where it is now",
            (ServiceKind::Searxng, 403) => searxng::MEND,
            (_, 401 | 403) => "it wants a key; set key_env under [evidence.web]",
            (_, 404) => "is base_url right?",
            (ServiceKind::Tavily, 432 | 433) => "what its plan allows is used up",
            _ => "try again later",
        }
    }
}
