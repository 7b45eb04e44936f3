//! A search of the web: a service names pages, the guarded client fetches the first of them, and their passages are ranked by the
//! words that they share with the query. A page that cannot be read leaves the few words that the service gave of it.

use std::sync::Arc;

use futures::future::try_join_all;

use crate::evidence::base::Passage;
use crate::evidence::bm25::Index;
use crate::evidence::error::EvidenceError;
use crate::evidence::fetch::Fetcher;
use crate::evidence::passages::passages;
use crate::evidence::reading::{self, Page};
use crate::evidence::web::cache::{Visited, WebCache};
use crate::evidence::web::hit::Hit;
use crate::evidence::web::service::Service;
use crate::text::hash::named_hash;

/// Words and characters of a query: services take no longer ones.
const MOST_WORDS: usize = 40;
const MOST_CHARACTERS: usize = 350;

/// Bytes of a page's text that are kept: a long book's first part.
const MOST_TEXT: usize = 256 << 10;

/// Hexadecimal digits of a passage's id.
const ID_DIGITS: usize = 16;

/// What a search came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Best first.
    pub passages: Vec<Passage>,
    /// Pages that were named and not read, with the end of a sentence that begins with the address.
    pub unread: Vec<(String, String)>,
}

/// The web as a body of sources.
pub struct WebSearch {
    service: Arc<Service>,
    fetcher: Fetcher,
    cache: Arc<dyn WebCache>,
    /// Pages of a search that are fetched.
    pages: usize,
}

impl WebSearch {
    #[must_use]
    pub fn new(service: Service, fetcher: Fetcher, cache: Arc<dyn WebCache>, pages: usize) -> WebSearch {
        WebSearch { service: Arc::new(service), fetcher, cache, pages }
    }

    #[must_use]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The best passages for a query, at most `limit`. None is without a word of the query.
    ///
    /// # Errors
    /// The service cannot be asked, or what is kept cannot be read. A page that cannot be read is no error.
    pub async fn find(&self, query: &str, limit: usize) -> Result<Found, EvidenceError> {
        let query = asked(query);
        if query.is_empty() {
            return Ok(Found::default());
        }
        let hits = self.hits(&query).await?;
        let visits = try_join_all(hits.iter().take(self.pages).map(|hit| self.page(&hit.address))).await?;
        let mut unread = Vec::new();
        let mut texts = Vec::new();
        let mut visits = visits.into_iter();
        for hit in &hits {
            let (title, pieces) = match visits.next() {
                Some(Ok(page)) => (hit.titled(page.title.as_deref()), passages(&page.text)),
                Some(Err(reason)) => {
                    unread.push((hit.address.clone(), reason));
                    (hit.titled(None), vec![hit.snippet.clone()])
                }
                None => (hit.titled(None), vec![hit.snippet.clone()]),
            };
            let pieces = pieces.into_iter().filter(|text| !text.is_empty());
            texts.extend(pieces.map(|text| Passage {
                source: id(&hit.address, &text),
                title: title.clone(),
                address: hit.address.clone(),
                text,
                score: 0.0,
            }));
        }
        Ok(Found { passages: best(texts, &query, limit), unread })
    }

    async fn hits(&self, query: &str) -> Result<Vec<Hit>, EvidenceError> {
        let service = self.service.identity();
        if let Some(hits) = self.cache.hits(&service, query)? {
            return Ok(hits);
        }
        let hits = self.service.search(query).await?;
        self.cache.keep_hits(&service, query, &hits).await?;
        Ok(hits)
    }

    async fn page(&self, address: &str) -> Result<Visited, EvidenceError> {
        if let Some(visited) = self.cache.page(address)? {
            return Ok(visited);
        }
        let visited = self.visit(address).await;
        self.cache.keep_page(address, &visited).await?;
        Ok(visited)
    }

    async fn visit(&self, address: &str) -> Visited {
        let fetched = self.fetcher.fetch(address).await.map_err(|error| error.to_string())?;
        let reading = tokio::task::spawn_blocking(move || reading::page(fetched.kind, &fetched.text));
        // A reader that never ends is left to itself.
        match tokio::time::timeout(self.fetcher.limits().deadline, reading).await {
            Ok(Ok(Ok(page))) => {
                let text = page.text[..page.text.floor_char_boundary(MOST_TEXT)].to_owned();
                Ok(Page { text, ..page })
            }
            Ok(Ok(Err(refusal))) => Err(refusal.to_string()),
            Ok(Err(_)) => Err("cannot be read: its reader broke".to_owned()),
            Err(_) => Err(format!("took its reader longer than {} seconds", self.fetcher.limits().seconds())),
        }
    }
}

/// A query as services take it.
fn asked(query: &str) -> String {
    let mut asked = String::new();
    for word in query.split_whitespace().take(MOST_WORDS) {
        if asked.chars().count() + word.chars().count() > MOST_CHARACTERS {
            break;
        }
        if !asked.is_empty() {
            asked.push(' ');
        }
        asked.push_str(word);
    }
    asked
}

/// The best of them with their scores, those that say the same once: a page may have mirrors.
fn best(texts: Vec<Passage>, query: &str, limit: usize) -> Vec<Passage> {
    let mut index = Index::default();
    texts.iter().for_each(|passage| index.add(&passage.text));
    let mut found: Vec<Passage> = Vec::new();
    for (at, score) in index.search(query, texts.len()) {
        if found.len() < limit && found.iter().all(|other| other.text != texts[at].text) {
            found.push(Passage { score, ..texts[at].clone() });
        }
    }
    found
}

/// The same words at the same address keep the same id.
fn id(address: &str, text: &str) -> String {
    let mut hash = named_hash([("address", address), ("text", text)]).0;
    hash.truncate(ID_DIGITS);
    hash
}
