//! The HTTP client: no redirects by itself, no cookies, no referer, a fixed name.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::{Client, ClientBuilder, StatusCode, Url, redirect};

use crate::clock;
use crate::evidence::fetch::body::GZIP;
use crate::evidence::fetch::error::FetchError;

/// What every client here shares. Certificates are those of the system, and are loaded for https only: a plain-http service
/// on this machine works where there are none.
pub fn builder(url: &Url) -> ClientBuilder {
    // Fails only if a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(GZIP))]);
    let builder = Client::builder()
        .user_agent(concat!("rhetor/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .referer(false)
        .redirect(redirect::Policy::none());
    if url.scheme() == "http" { builder.tls_certs_only([]) } else { builder }
}

/// Why a page could not be asked for: what the guard said, else what the system says.
pub fn refusal(error: &reqwest::Error) -> FetchError {
    let guarded = causes(error).find_map(|cause| cause.downcast_ref::<FetchError>().cloned());
    guarded.unwrap_or_else(|| FetchError::Unreachable(reason(error)))
}

/// The innermost cause of an error, in the words of the system. It never holds an address or a key.
pub fn reason(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(String::new, ToString::to_string)
}

/// An error and what caused it, the innermost last.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(Some(error as &(dyn Error + 'static)), |&cause| cause.source())
}

/// Whether a status means that the server wants to be left alone for a while.
pub fn is_busy(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

/// The wait that an answer asks for.
pub fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    clock::retry_after(|name| headers.get(name)?.to_str().ok())
}
