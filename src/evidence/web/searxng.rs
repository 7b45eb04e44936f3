//! SearXNG, a search engine that anybody may run: `GET /search?q=...&format=json`
//! (<https://docs.searxng.org/dev/search_api.html>).

use serde::Deserialize;

use crate::evidence::web::hit::Hit;
use crate::evidence::web::service::Call;

/// What to do where it answers no JSON: its settings list the formats that it serves.
pub const MEND: &str = "its settings.yml must list json under search.formats";

#[derive(Deserialize)]
struct Answer {
    results: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    url: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    content: Option<String>,
}

pub fn call(query: &str) -> Call {
    Call::get("search", [("q", query.to_owned()), ("format", "json".to_owned())])
}

/// Reads an answer.
///
/// # Errors
/// It has another shape.
pub fn hits(body: &[u8]) -> serde_json::Result<Vec<Hit>> {
    let answer: Answer = serde_json::from_slice(body)?;
    let hit = |found: &Found| {
        Hit::new(found.title.as_deref().unwrap_or_default(), &found.url, found.content.as_deref().unwrap_or_default())
    };
    Ok(answer.results.iter().filter_map(hit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_become_hits_and_those_without_an_address_are_left_out() {
        let body = r#"{"query": "levy", "number_of_results": 0, "results": [
            {"url": "https://example.org/levy", "title": "The levy", "content": "It cut use by half.", "engine": "duckduckgo",
             "score": 1.5, "category": "general", "publishedDate": null},
            {"url": "https://example.org/map", "title": "A map", "content": null},
            {"title": "An answer without a page"},
            {"url": "magnet:?xt=urn:btih:0", "title": "A torrent", "content": "x"}
        ], "answers": [], "infoboxes": [], "suggestions": [], "unresponsive_engines": [["bing", "timeout"]]}"#;
        let expected = [
            Hit::new("The levy", "https://example.org/levy", "It cut use by half.").unwrap(),
            Hit::new("A map", "https://example.org/map", "").unwrap(),
        ];
        assert_eq!(hits(body.as_bytes()).unwrap(), expected);
        assert_eq!(hits(br#"{"results": []}"#).unwrap(), []);
        assert!(hits(b"<!DOCTYPE html>").is_err() && hits(b"{}").is_err());
    }
}
