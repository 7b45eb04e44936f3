//! Brave Search: `GET /res/v1/web/search` with a key
//! (<https://api-dashboard.search.brave.com/app/documentation/web-search/get-started>).

use serde::Deserialize;

use crate::evidence::reading::words_of_html;
use crate::evidence::web::hit::Hit;
use crate::evidence::web::service::Call;

pub const BASE_URL: &str = "https://api.search.brave.com";

/// The header that carries the key.
pub const KEY_HEADER: &str = "x-subscription-token";

/// The most results that it gives at once.
pub const MOST: usize = 20;

#[derive(Deserialize)]
struct Answer {
    /// Absent where nothing was found.
    #[serde(default)]
    web: Web,
    /// Says that it is an answer to a search.
    #[serde(rename = "query")]
    _query: serde::de::IgnoredAny,
}

#[derive(Default, Deserialize)]
struct Web {
    #[serde(default)]
    results: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    url: String,
    /// HTML.
    #[serde(default)]
    title: String,
    /// HTML.
    #[serde(default)]
    description: String,
}

pub fn call(query: &str, results: usize) -> Call {
    let count = results.min(MOST).to_string();
    let wanted = [("q", query.to_owned()), ("count", count), ("text_decorations", "false".to_owned())];
    Call::get("res/v1/web/search", wanted)
}

/// Reads an answer.
///
/// # Errors
/// It has another shape.
pub fn hits(body: &[u8]) -> serde_json::Result<Vec<Hit>> {
    let answer: Answer = serde_json::from_slice(body)?;
    let hit = |found: &Found| Hit::new(&words_of_html(&found.title), &found.url, &words_of_html(&found.description));
    Ok(answer.web.results.iter().filter_map(hit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_become_hits_without_their_marks() {
        let body = r#"{"type": "search", "query": {"original": "levy"}, "mixed": {"type": "mixed", "main": []}, "web": {"type": "search", "results": [
            {"title": "The <strong>levy</strong> &amp; its end", "url": "https://example.org/levy",
             "description": "It cut use &lt;by half&gt;.", "is_source_local": false}
        ]}}"#;
        let expected = [Hit::new("The levy & its end", "https://example.org/levy", "It cut use <by half>.").unwrap()];
        assert_eq!(hits(body.as_bytes()).unwrap(), expected);
        assert_eq!(hits(br#"{"type": "search", "query": {"original": "qqq"}}"#).unwrap(), []);
        assert!(hits(br#"{"type": "ErrorResponse", "error": {"code": "RATE_LIMITED"}}"#).is_err());
    }
}
