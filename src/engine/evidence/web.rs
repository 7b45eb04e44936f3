//! The web as a source: the service that the settings name, with its key, and the database that keeps what was found.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::assets::config::WebServiceSetting;
use crate::clock;
use crate::engine::error::EngineError;
use crate::engine::evidence::Tell;
use crate::engine::queries::Queries;
use crate::evidence::fetch::{Fetcher, Limits};
use crate::evidence::reading::Page;
use crate::evidence::web::{Hit, Service, ServiceKind, ServiceOptions, Visited, WebCache, WebError, WebSearch};
use crate::evidence::{EvidenceBase, EvidenceError, Passage};
use crate::model::credentials::Credentials;
use crate::store::{Reader, Store, StoreError, StoredPage};

const HOUR: Duration = Duration::from_secs(3_600);

/// How long what was found holds: a week.
pub(in crate::engine) const HOLDS: Duration = Duration::from_secs(7 * 24 * 3_600);

/// After how long a page that could not be read is tried again.
const TRIED_AGAIN: Duration = HOUR;

impl Queries {
    /// Web search as the settings have it: one for the whole process, so that a service that wants to be left alone is left
    /// alone by all debates. Nothing is sent yet.
    ///
    /// # Errors
    /// None is set up, or it needs an address or a key and has none.
    pub fn web(&self) -> Result<Arc<WebSearch>, EngineError> {
        if let Some(web) = self.web.get() {
            return Ok(Arc::clone(web));
        }
        let settings = &self.library.config().evidence.web;
        let kind = self.web_service().ok_or(EvidenceError::Web(WebError::NotSetUp))?;
        let options = ServiceOptions {
            kind,
            base_url: settings.base_url.clone(),
            key_env: settings.key_env.clone(),
            language: settings.language.clone(),
            results: settings.results.unwrap_or(1),
        };
        let credentials = Credentials::read(&self.paths.credentials)?;
        let variable = self.web_key_variable();
        let key = credentials.key(kind.name(), variable.as_deref(), |name| std::env::var(name).ok());
        let service = Service::new(options, key.as_ref(), Limits::default()).map_err(EvidenceError::from)?;
        let cache = Arc::new(Kept { store: self.store.clone(), reader: self.reader.clone() });
        let web = WebSearch::new(service, Fetcher::new(Limits::default()), cache, settings.pages);
        Ok(Arc::clone(self.web.get_or_init(|| Arc::new(web))))
    }

    /// The search service that the settings name.
    pub(in crate::engine) fn web_service(&self) -> Option<ServiceKind> {
        Some(match self.library.config().evidence.web.service? {
            WebServiceSetting::Searxng => ServiceKind::Searxng,
            WebServiceSetting::Tavily => ServiceKind::Tavily,
            WebServiceSetting::Brave => ServiceKind::Brave,
            WebServiceSetting::Wikipedia => ServiceKind::Wikipedia,
        })
    }

    /// The environment variable that holds the key of the search service.
    pub(in crate::engine) fn web_key_variable(&self) -> Option<String> {
        let kind = self.web_service()?;
        Some(self.library.config().evidence.web.key_env.clone().unwrap_or_else(|| kind.key_env().to_owned()))
    }
}

/// The web, as debates search it. Where it fails, the debate goes on with what there is, and each failure is told once.
pub(super) struct WebBase {
    search: Arc<WebSearch>,
    tell: Tell,
    told: Mutex<BTreeSet<String>>,
}

impl WebBase {
    pub fn new(search: Arc<WebSearch>, tell: Tell) -> WebBase {
        WebBase { search, tell, told: Mutex::default() }
    }
}

#[async_trait]
impl EvidenceBase for WebBase {
    fn name(&self) -> &str {
        "the web"
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Passage>, EvidenceError> {
        match self.search.find(query, limit).await {
            Ok(found) => Ok(found.passages),
            Err(error) => {
                let sentence = format!("The web is left out: {error}.");
                if self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(sentence.clone()) {
                    (self.tell)(sentence);
                }
                Ok(Vec::new())
            }
        }
    }
}

/// Keeps what was found in the database.
struct Kept {
    store: Store,
    reader: Reader,
}

#[async_trait]
impl WebCache for Kept {
    fn hits(&self, service: &str, query: &str) -> Result<Option<Vec<Hit>>, EvidenceError> {
        let kept = self.reader.web_search(service, query, &clock::before(HOLDS)).map_err(not_kept)?;
        // What an earlier rhetor kept in another form is asked for anew.
        Ok(kept.and_then(|hits| serde_json::from_str(&hits).ok()))
    }

    async fn keep_hits(&self, service: &str, query: &str, hits: &[Hit]) -> Result<(), EvidenceError> {
        let body = serde_json::to_string(hits).map_err(|error| EvidenceError::NotKept(error.to_string()))?;
        self.store.keep_web_search(service, query, &clock::now(), body).await.map_err(not_kept)?;
        self.store.forget_web(&clock::before(HOLDS)).await.map(|_| ()).map_err(not_kept)
    }

    fn page(&self, address: &str) -> Result<Option<Visited>, EvidenceError> {
        let Some(page) = self.reader.web_page(address, &clock::before(HOLDS)).map_err(not_kept)? else {
            return Ok(None);
        };
        Ok(match page.refusal {
            Some(_) if page.retrieved_at < clock::before(TRIED_AGAIN) => None,
            Some(reason) => Some(Err(reason)),
            None => Some(Ok(Page { title: page.title, text: page.text })),
        })
    }

    async fn keep_page(&self, address: &str, visited: &Visited) -> Result<(), EvidenceError> {
        let (title, text, refusal) = match visited {
            Ok(page) => (page.title.clone(), page.text.clone(), None),
            Err(reason) => (None, String::new(), Some(reason.clone())),
        };
        let page = StoredPage { address: address.to_owned(), retrieved_at: clock::now(), title, text, refusal };
        self.store.keep_web_page(page).await.map_err(not_kept)
    }
}

fn not_kept(error: StoreError) -> EvidenceError {
    EvidenceError::NotKept(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> (tempfile::TempDir, Kept) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("rhetor.db")).unwrap();
        (folder, Kept { reader: store.reader(), store })
    }

    #[tokio::test]
    async fn what_was_found_comes_back_for_a_week() {
        let (_folder, kept) = kept();
        let hits = vec![Hit::new("The levy", "http://example.org/", "It cut use.").unwrap()];
        let page: Visited = Ok(Page { title: Some("The levy".to_owned()), text: "It cut use by half.".to_owned() });
        assert_eq!((kept.hits("s", "q").unwrap(), kept.page("http://example.org/").unwrap()), (None, None));
        kept.keep_hits("s", "q", &hits).await.unwrap();
        kept.keep_page("http://example.org/", &page).await.unwrap();
        assert_eq!(
            (kept.hits("s", "q").unwrap(), kept.page("http://example.org/").unwrap()),
            (Some(hits.clone()), Some(page))
        );
        assert_eq!(kept.hits("another", "q").unwrap(), None);

        let old = clock::before(HOLDS + HOUR);
        kept.store.keep_web_search("s", "old", &old, serde_json::to_string(&hits).unwrap()).await.unwrap();
        assert_eq!(kept.hits("s", "old").unwrap(), None);
        kept.keep_hits("s", "new", &[]).await.unwrap();
        assert_eq!(kept.reader.web_search("s", "old", "").unwrap(), None, "what is too old goes by itself");
        kept.store.keep_web_search("s", "q", &clock::now(), "{}".to_owned()).await.unwrap();
        assert_eq!(kept.hits("s", "q").unwrap(), None, "of another form");
    }

    #[tokio::test]
    async fn a_page_that_was_not_read_is_tried_again_after_an_hour() {
        let (_folder, kept) = kept();
        let refused: Visited = Err("answered status 404".to_owned());
        kept.keep_page("http://example.org/", &refused).await.unwrap();
        assert_eq!(kept.page("http://example.org/").unwrap(), Some(refused));
        let page = kept.reader.web_page("http://example.org/", "").unwrap().unwrap();
        let earlier = StoredPage { retrieved_at: clock::before(TRIED_AGAIN * 2), ..page };
        kept.store.keep_web_page(earlier).await.unwrap();
        assert_eq!(kept.page("http://example.org/").unwrap(), None);
    }
}
