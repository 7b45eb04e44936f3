//! Tavily: `POST /search` with a key (<https://docs.tavily.com/documentation/api-reference/endpoint/search>).

use serde::Deserialize;
use serde_json::json;

use crate::evidence::web::hit::Hit;
use crate::evidence::web::service::Call;

pub const BASE_URL: &str = "https://api.tavily.com";

/// The most results that it gives.
pub const MOST: usize = 20;

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

pub fn call(query: &str, results: usize) -> Call {
    Call::post("search", json!({ "query": query, "max_results": results.min(MOST), "search_depth": "basic" }))
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
    fn results_become_hits() {
        let body = r#"{"query": "levy", "answer": null, "images": [], "response_time": 0.9, "results": [
            {"title": "The levy", "url": "https://example.org/levy", "content": "It cut use by half.", "score": 0.98, "raw_content": null}
        ]}"#;
        let expected = [Hit::new("The levy", "https://example.org/levy", "It cut use by half.").unwrap()];
        assert_eq!(hits(body.as_bytes()).unwrap(), expected);
        assert!(hits(br#"{"detail": {"error": "no credits"}}"#).is_err());
    }

    #[test]
    fn no_more_is_asked_for_than_it_gives() {
        assert_eq!(call("levy", 50).body.unwrap()["max_results"], 20);
    }
}
