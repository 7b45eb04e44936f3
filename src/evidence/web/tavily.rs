//! Tavily: `POST /search` with a key (<https://docs.tavily.com/documentation/api-reference/endpoint/search>).

use serde_json::json;

use crate::evidence::web::service::Call;

pub const BASE_URL: &str = "https://api.tavily.com";

/// The most results that it gives.
pub const MOST: usize = 20;

pub fn call(query: &str, results: usize) -> Call {
    Call::post("search", json!({ "query": query, "max_results": results.min(MOST), "search_depth": "basic" }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::web::hit::{Hit, listed};

    #[test]
    fn results_become_hits() {
        let body = r#"{"query": "levy", "answer": null, "images": [], "response_time": 0.9, "results": [
            {"title": "The levy", "url": "https://example.org/levy", "content": "It cut use by half.", "score": 0.98, "raw_content": null}
        ]}"#;
        let expected = [Hit::new("The levy", "https://example.org/levy", "It cut use by half.").unwrap()];
        assert_eq!(listed(body.as_bytes()).unwrap(), expected);
        assert!(listed(br#"{"detail": {"error": "no credits"}}"#).is_err());
    }

    #[test]
    fn no_more_is_asked_for_than_it_gives() {
        assert_eq!(call("levy", 50).body.unwrap()["max_results"], 20);
    }
}
