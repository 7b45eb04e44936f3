//! What a search service names: a page, with a few words of it.

use std::collections::BTreeSet;

use reqwest::Url;
use serde::{Deserialize, Serialize};

/// Characters of a title; more is no title.
const TITLE: usize = 200;

/// Characters of a snippet.
const SNIPPET: usize = 1_500;

/// Bytes of an address.
const ADDRESS: usize = 2_000;

/// A page that was named, raw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// One line; empty where the service gives none.
    pub title: String,
    /// http or https, without a fragment.
    pub address: String,
    /// A few words of the page; may be empty.
    pub snippet: String,
}

impl Hit {
    /// A hit as a service gave it; `None` where its address is none of a web page.
    #[must_use]
    pub fn new(title: &str, address: &str, snippet: &str) -> Option<Hit> {
        let mut url: Url = address.trim().parse().ok().filter(|_| address.len() <= ADDRESS)?;
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        url.set_fragment(None);
        Some(Hit { title: one_line(title, TITLE), address: url.to_string(), snippet: one_line(snippet, SNIPPET) })
    }

    /// What the page is called: by the service, else by itself, else by its address.
    #[must_use]
    pub fn titled(&self, page: Option<&str>) -> String {
        let names = [self.title.clone(), page.map(|title| one_line(title, TITLE)).unwrap_or_default()];
        names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| self.address.clone())
    }
}

/// The first `most` hits, each page once.
#[must_use]
pub fn first(hits: impl IntoIterator<Item = Hit>, most: usize) -> Vec<Hit> {
    let mut seen = BTreeSet::new();
    hits.into_iter().filter(|hit| seen.insert(hit.address.clone())).take(most).collect()
}

/// The hits of an answer of the form `{"results": [{"url", "title", "content"}]}`, which more than one service gives.
///
/// # Errors
/// It has another shape.
pub fn listed(body: &[u8]) -> serde_json::Result<Vec<Hit>> {
    let answer: Listed = serde_json::from_slice(body)?;
    let hit = |found: &Found| {
        Hit::new(found.title.as_deref().unwrap_or_default(), &found.url, found.content.as_deref().unwrap_or_default())
    };
    Ok(answer.results.iter().filter_map(hit).collect())
}

#[derive(Deserialize)]
struct Listed {
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

fn one_line(text: &str, most: usize) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match joined.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &joined[..end]),
        None => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_is_one_line_of_a_web_page_without_its_fragment() {
        let hit = Hit::new(" The\nlevy ", "https://Example.org/a b?q=1#part", "Cut\n\n use.").unwrap();
        assert_eq!(hit.title, "The levy");
        assert_eq!((hit.address.as_str(), hit.snippet.as_str()), ("https://example.org/a%20b?q=1", "Cut use."));
        assert_eq!(hit.titled(Some("Its own")), "The levy");
        let nameless = Hit::new(" ", "https://example.org/", "").unwrap();
        assert_eq!(nameless.titled(Some("Its\nown")), "Its own");
        assert_eq!(nameless.titled(None), "https://example.org/");
        for address in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "example.org",
            "",
            &format!("https://{}/", "a".repeat(ADDRESS)),
        ] {
            assert_eq!(Hit::new("t", address, "s"), None, "{address}");
        }
    }

    #[test]
    fn a_title_without_end_is_cut() {
        let hit = Hit::new(&"é".repeat(999), "http://example.org", &"word ".repeat(9_999)).unwrap();
        assert_eq!((hit.title.chars().count(), hit.snippet.chars().count()), (TITLE + 1, SNIPPET + 1));
    }

    #[test]
    fn a_page_that_is_named_twice_counts_once() {
        let hits = ["http://a.org/#1", "http://b.org/", "http://a.org/#2", "http://c.org/"];
        let hits = hits.iter().filter_map(|address| Hit::new("t", address, "s"));
        let addresses: Vec<String> = first(hits, 2).into_iter().map(|hit| hit.address).collect();
        assert_eq!(addresses, ["http://a.org/", "http://b.org/"]);
    }
}
