//! SearXNG, a search engine that anybody may run: `GET /search?q=...&format=json`
//! (<https://docs.searxng.org/dev/search_api.html>).

use crate::evidence::web::service::Call;

/// What to do where it answers no JSON: its settings list the formats that it serves.
pub const MEND: &str = "its settings.yml must list json under search.formats";

pub fn call(query: &str) -> Call {
    Call::get("search", [("q", query.to_owned()), ("format", "json".to_owned())])
}

#[cfg(test)]
mod tests {
    use crate::evidence::web::hit::{Hit, listed};

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
        assert_eq!(listed(body.as_bytes()).unwrap(), expected);
        assert_eq!(listed(br#"{"results": []}"#).unwrap(), []);
        assert!(listed(b"<!DOCTYPE html>").is_err() && listed(b"{}").is_err());
    }
}
