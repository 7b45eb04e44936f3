//! Wikipedia, and any other wiki of MediaWiki: `GET /w/rest.php/v1/search/page`
//! (<https://www.mediawiki.org/wiki/API:REST_API/Reference#Search_pages>).

use reqwest::Url;
use serde::Deserialize;

use crate::evidence::reading::words_of_html;
use crate::evidence::web::hit::Hit;
use crate::evidence::web::service::Call;

/// The most pages that it gives.
pub const MOST: usize = 100;

#[derive(Deserialize)]
struct Answer {
    pages: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    /// The title as an address has it.
    key: String,
    title: String,
    /// HTML, with marks around what was searched for.
    #[serde(default)]
    excerpt: Option<String>,
}

/// Where the Wikipedia of a language is.
pub fn base_url(language: &str) -> String {
    format!("https://{language}.wikipedia.org")
}

pub fn call(query: &str, results: usize) -> Call {
    Call::get("w/rest.php/v1/search/page", [("q", query.to_owned()), ("limit", results.min(MOST).to_string())])
}

/// Reads an answer. `base` is where its pages are.
///
/// # Errors
/// It has another shape.
pub fn hits(body: &[u8], base: &Url) -> serde_json::Result<Vec<Hit>> {
    let answer: Answer = serde_json::from_slice(body)?;
    let hit = |found: &Found| {
        let mut address = base.clone();
        address.path_segments_mut().ok()?.pop_if_empty().push("wiki").push(&found.key);
        let excerpt = found.excerpt.as_deref().map(words_of_html).unwrap_or_default();
        Hit::new(&found.title, address.as_str(), &excerpt)
    };
    Ok(answer.pages.iter().filter_map(hit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_become_hits_at_their_wiki() {
        let body = r#"{"pages": [
            {"id": 1, "key": "Plastic_bag_ban?", "title": "Plastic bag ban?", "matched_title": null, "description": "Law",
             "excerpt": "a <span class=\"searchmatch\">levy</span> of &quot;five&quot; cents", "thumbnail": null},
            {"id": 2, "key": "Levy", "title": "Levy", "excerpt": null}
        ]}"#;
        let base = "https://en.wikipedia.org".parse().unwrap();
        let expected = [
            Hit::new(
                "Plastic bag ban?",
                "https://en.wikipedia.org/wiki/Plastic_bag_ban%3F",
                "a levy of \"five\" cents",
            )
            .unwrap(),
            Hit::new("Levy", "https://en.wikipedia.org/wiki/Levy", "").unwrap(),
        ];
        assert_eq!(hits(body.as_bytes(), &base).unwrap(), expected);
        assert!(hits(br#"{"errorKey": "rest-no-match", "httpCode": 404}"#, &base).is_err());
    }
}
