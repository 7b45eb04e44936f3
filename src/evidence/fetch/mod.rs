//! The guarded client: fetches a page that somebody else named, and does nothing else that it may be talked into.
//!
//! http and https only, without names and passwords; redirects are followed by hand and every hop is checked; every address is
//! checked before it is connected to (`guard.rs`, `address.rs`); time and bytes are bounded ([`Limits`], `body.rs`); no proxy of the
//! environment, no cookies, no referer. What is done with a page's text is decided elsewhere.

mod address;
pub(in crate::evidence) mod body;
pub(in crate::evidence) mod client;
mod error;
mod guard;
mod limits;
#[cfg(test)]
pub(in crate::evidence) mod tests;

use std::sync::OnceLock;

use reqwest::header::{ACCEPT, HeaderMap, LOCATION};
use reqwest::{Client, Response, StatusCode, Url};

use crate::clock;
use crate::evidence::fetch::guard::Guard;
use crate::evidence::reading::Kind;

pub use error::FetchError;
pub use limits::Limits;

/// What is asked for.
const PAGES: &str = "text/html, application/xhtml+xml, text/markdown, text/plain";

/// A page as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub kind: Kind,
    /// Raw.
    pub text: String,
}

/// Fetches pages.
pub struct Fetcher {
    guard: Guard,
    limits: Limits,
    /// For http, without certificates.
    plain: OnceLock<Client>,
    /// For https.
    secure: OnceLock<Client>,
}

impl Fetcher {
    /// A client for pages of the public internet. Nothing is sent yet.
    #[must_use]
    pub fn new(limits: Limits) -> Fetcher {
        Fetcher::guarded(Guard::of_the_internet(), limits)
    }

    /// What the client bears.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    fn guarded(guard: Guard, limits: Limits) -> Fetcher {
        Fetcher { guard, limits, plain: OnceLock::new(), secure: OnceLock::new() }
    }

    /// Fetches a page of text.
    ///
    /// # Errors
    /// Why it is not fetched, as the end of a sentence that begins with its address.
    pub async fn fetch(&self, address: &str) -> Result<Fetched, FetchError> {
        let late = |_| Err(FetchError::Slow(self.limits.seconds()));
        tokio::time::timeout(self.limits.deadline, self.follow(address)).await.unwrap_or_else(late)
    }

    async fn follow(&self, address: &str) -> Result<Fetched, FetchError> {
        let mut url: Url = address.parse().map_err(|_| FetchError::NoAddress)?;
        for hop in 0..=self.limits.redirects {
            let at = |reason: FetchError| match hop {
                0 => reason,
                _ => FetchError::Redirect { address: url.to_string(), reason: Box::new(reason) },
            };
            let mut response = self.ask(&url).await.map_err(at)?;
            if let Some(next) = next(&url, response.status(), response.headers()).map_err(at)? {
                url = next;
                continue;
            }
            return self.read(&mut response).await.map_err(at);
        }
        Err(FetchError::Redirects(self.limits.redirects))
    }

    /// One request, and one more if the server asks for a short wait.
    async fn ask(&self, url: &Url) -> Result<Response, FetchError> {
        self.guard.check(url, &self.limits.ports)?;
        let client = self.client(url)?;
        let send = || async {
            client.get(url.clone()).header(ACCEPT, PAGES).send().await.map_err(|error| client::refusal(&error))
        };
        let response = send().await?;
        let wait = client::asked_wait(response.headers()).filter(|wait| *wait <= self.limits.patience);
        match wait {
            Some(wait) if client::is_busy(response.status()) => {
                drop(response);
                tokio::time::sleep(wait).await;
                send().await
            }
            _ => Ok(response),
        }
    }

    async fn read(&self, response: &mut Response) -> Result<Fetched, FetchError> {
        let status = response.status();
        if client::is_busy(status) {
            let until = client::asked_wait(response.headers()).map(clock::after);
            let until = until.map_or_else(String::new, |until| format!(" until {}", clock::display_date(&until)));
            return Err(FetchError::Busy { status: status.as_u16(), until });
        }
        if !status.is_success() {
            return Err(FetchError::Status(status.as_u16()));
        }
        let kind = body::kind(response.headers())?;
        let body = body::whole(response, self.limits.bytes).await?;
        Ok(Fetched { kind, text: body::text(&body, kind, response.headers())? })
    }

    fn client(&self, url: &Url) -> Result<&Client, FetchError> {
        let place = if url.scheme() == "http" { &self.plain } else { &self.secure };
        if let Some(client) = place.get() {
            return Ok(client);
        }
        // A connection that is kept would answer for a name that has another address by now.
        let builder = client::builder(url).no_proxy().pool_max_idle_per_host(0).dns_resolver(self.guard.clone());
        let built = builder.build().map_err(|error| client::refusal(&error))?;
        Ok(place.get_or_init(|| built))
    }
}

/// Where an answer sends whoever asked.
fn next(url: &Url, status: StatusCode, headers: &HeaderMap) -> Result<Option<Url>, FetchError> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let place = headers.get(LOCATION).and_then(|place| place.to_str().ok()).ok_or(FetchError::Nowhere)?;
    url.join(place).map(Some).map_err(|_| FetchError::Nowhere)
}
