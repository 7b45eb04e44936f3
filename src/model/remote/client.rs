//! The HTTP client: no redirects, so that a key goes to the configured host only; bodies are capped.

use std::error::Error;
use std::time::Duration;

use reqwest::{Client, Response, redirect};

/// The longest body that is read whole, in bytes.
pub const BODY_LIMIT: usize = 8 << 20;

const CONNECT_SECONDS: u64 = 10;

/// Builds a client for the endpoint at `base_url`.
///
/// Certificates are those of the system, and are loaded for https only: an endpoint on this machine works where
/// there are none. A plain-http endpoint on this machine never goes through a proxy.
///
/// # Errors
/// The system's certificates cannot be loaded.
pub fn build(base_url: &reqwest::Url, idle: usize) -> Result<Client, String> {
    let mut builder = base().redirect(redirect::Policy::none()).pool_max_idle_per_host(idle);
    if base_url.scheme() == "http" {
        builder = builder.tls_certs_only([]);
    }
    if is_loopback(base_url) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| reason(&error))
}

/// What every client of this layer shares.
pub fn base() -> reqwest::ClientBuilder {
    // Fails only if a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("rhetor/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(CONNECT_SECONDS))
}

/// Whether an address names this machine.
#[must_use]
pub fn is_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

/// Reads a body, at most `limit` bytes; what comes after is dropped. The flag says whether anything was.
///
/// # Errors
/// The connection broke.
pub async fn read_capped(response: &mut Response, limit: usize) -> Result<(Vec<u8>, bool), reqwest::Error> {
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await? {
        let room = limit - body.len();
        body.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room {
            return Ok((body, true));
        }
    }
    Ok((body, false))
}

/// The innermost cause of an error, in the words of the system. It never holds an address or a key.
#[must_use]
pub fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    if error.is_timeout() && error.is_connect() {
        return format!("no connection within {CONNECT_SECONDS} seconds");
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_known_by_name_and_by_number() {
        for address in ["http://localhost:1/v1", "http://127.0.0.1:1/v1", "http://[::1]:8080/v1", "http://127.9.9.9/"] {
            assert!(is_loopback(&address.parse().unwrap()), "{address}");
        }
        for address in ["http://10.0.0.1/v1", "https://localhost.example.com/v1", "https://api.openai.com/v1"] {
            assert!(!is_loopback(&address.parse().unwrap()), "{address}");
        }
    }
}
