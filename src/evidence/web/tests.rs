//! Web search against services and pages on this machine. The services are the user's own and need no leave; the pages are let
//! through by the guard of the tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::evidence::error::EvidenceError;
use crate::evidence::fetch::Limits;
use crate::evidence::fetch::tests::fetching_here;

const KEY: &str = "sk-canary-7f3a9b";

/// Keeps everything for ever.
#[derive(Default)]
struct Memory {
    hits: Mutex<BTreeMap<(String, String), Vec<Hit>>>,
    pages: Mutex<BTreeMap<String, Visited>>,
}

#[async_trait]
impl WebCache for Memory {
    fn hits(&self, service: &str, query: &str) -> Result<Option<Vec<Hit>>, EvidenceError> {
        Ok(self.hits.lock().unwrap().get(&(service.to_owned(), query.to_owned())).cloned())
    }

    async fn keep_hits(&self, service: &str, query: &str, hits: &[Hit]) -> Result<(), EvidenceError> {
        self.hits.lock().unwrap().insert((service.to_owned(), query.to_owned()), hits.to_vec());
        Ok(())
    }

    fn page(&self, address: &str) -> Result<Option<Visited>, EvidenceError> {
        Ok(self.pages.lock().unwrap().get(address).cloned())
    }

    async fn keep_page(&self, address: &str, visited: &Visited) -> Result<(), EvidenceError> {
        self.pages.lock().unwrap().insert(address.to_owned(), visited.clone());
        Ok(())
    }
}

fn options(kind: ServiceKind, base_url: &str) -> ServiceOptions {
    ServiceOptions { kind, base_url: Some(base_url.to_owned()), key_env: None, language: "en".to_owned(), results: 3 }
}

/// It waits long, so that no test fails for haste.
fn patient() -> Limits {
    Limits { deadline: Duration::from_secs(60), ..Limits::default() }
}

fn service(kind: ServiceKind, server: &MockServer, key: Option<&str>) -> Service {
    Service::new(options(kind, &server.uri()), key.map(SecretString::from).as_ref(), patient()).unwrap()
}

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn requests(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

fn web_page(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(format!("<title>t</title><p>{text}</p>"), "text/html")
}

/// A SearXNG and the pages that it names, at one server: two can be read, one is gone, one is not fetched.
async fn small_web() -> MockServer {
    let server = MockServer::start().await;
    let at = |name: &str| format!("{}/{name}", server.uri());
    let results = json!({ "results": [
        { "url": at("levy"), "title": "The levy", "content": "A levy, says the service." },
        { "url": at("gone"), "title": "Gone", "content": "The levy on bags ended, says the service." },
        { "url": at("sea"), "title": "The sea", "content": "" },
        { "url": at("levy"), "title": "The levy again", "content": "" },
    ] });
    for (name, answer) in [
        ("search", ResponseTemplate::new(200).set_body_json(results)),
        ("levy", web_page("A levy on plastic bags cut their number by half, the ministry found.")),
        ("sea", web_page("Ships land in the morning. Nobody pays for the harbour.")),
        ("gone", ResponseTemplate::new(404)),
    ] {
        Mock::given(method("GET")).and(path(format!("/{name}"))).respond_with(answer).mount(&server).await;
    }
    server
}

#[tokio::test]
async fn pages_are_searched_read_ranked_and_kept_and_one_that_is_gone_leaves_the_words_of_the_service() {
    let server = small_web().await;
    let cache = Arc::new(Memory::default());
    let search = || {
        let service = service(ServiceKind::Searxng, &server, None);
        WebSearch::new(service, fetching_here(server.address().port()), Arc::clone(&cache) as Arc<dyn WebCache>, 3)
    };
    let found = search().find(" levy  on\nbags ", 9).await.unwrap();
    let texts: Vec<&str> = found.passages.iter().map(|passage| passage.text.as_str()).collect();
    let read = "A levy on plastic bags cut their number by half, the ministry found.";
    assert_eq!(texts, ["The levy on bags ended, says the service.", read], "the sea shares no word");
    assert_eq!(found.passages[1].title, "The levy");
    assert_eq!(found.passages[1].address, format!("{}/levy", server.uri()));
    assert_eq!(found.unread, [(format!("{}/gone", server.uri()), "answered status 404".to_owned())]);
    let asked = requests(&server).await;
    assert_eq!(asked[0].url.query(), Some("q=levy+on+bags&format=json"));
    assert_eq!(asked.len(), 4);

    assert_eq!(search().find("levy on bags", 9).await.unwrap(), found, "ids are stable");
    assert_eq!(requests(&server).await.len(), 4, "nothing is asked twice");
    search().find("the levy", 9).await.unwrap();
    assert_eq!(requests(&server).await.len(), 5, "pages of another query are known");
    assert_eq!(search().find(" \n", 9).await.unwrap(), Found::default());
    assert_eq!(requests(&server).await.len(), 5);
}

#[tokio::test]
async fn without_leave_to_read_pages_the_words_of_the_service_serve() {
    let server = small_web().await;
    let service = service(ServiceKind::Searxng, &server, None);
    let search = WebSearch::new(service, fetching_here(1), Arc::new(Memory::default()), 0);
    let found = search.find("levy", 1).await.unwrap();
    assert_eq!((found.passages.len(), found.unread.len()), (1, 0));
    assert!(found.passages[0].text.ends_with("says the service."));
    assert_eq!(requests(&server).await.len(), 1);
}

#[tokio::test]
async fn each_service_is_asked_in_its_own_way_with_its_key_where_it_belongs() {
    for (kind, path, query, header, answer) in [
        (ServiceKind::Searxng, "/search", "q=a+levy&format=json", ("authorization", None), json!({ "results": [] })),
        (ServiceKind::Tavily, "/search", "", ("authorization", Some("Bearer ")), json!({ "results": [] })),
        (
            ServiceKind::Brave,
            "/res/v1/web/search",
            "q=a+levy&count=3&text_decorations=false",
            ("x-subscription-token", Some("")),
            json!({ "query": {} }),
        ),
        (
            ServiceKind::Wikipedia,
            "/w/rest.php/v1/search/page",
            "q=a+levy&limit=3",
            ("authorization", None),
            json!({ "pages": [] }),
        ),
    ] {
        let server = answering(ResponseTemplate::new(200).set_body_json(answer)).await;
        let (name, before) = header;
        assert_eq!(service(kind, &server, before.map(|_| KEY)).search("a levy").await, Ok(Vec::new()), "{kind:?}");
        let request = requests(&server).await.remove(0);
        assert_eq!((request.url.path(), request.url.query().unwrap_or_default()), (path, query));
        let sent = request.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(sent, before.map(|before| format!("{before}{KEY}")));
        assert_eq!(request.headers["user-agent"], concat!("rhetor/", env!("CARGO_PKG_VERSION")));
        if kind == ServiceKind::Tavily {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            assert_eq!((&body["query"], &body["max_results"]), (&json!("a levy"), &json!(3)));
        }
    }
}

#[tokio::test]
async fn a_service_below_a_path_is_asked_there() {
    let server = answering(ResponseTemplate::new(200).set_body_json(json!({ "results": [] }))).await;
    let options = options(ServiceKind::Searxng, &format!("{}/searxng/", server.uri()));
    Service::new(options, None, patient()).unwrap().search("levy").await.unwrap();
    assert_eq!(requests(&server).await[0].url.path(), "/searxng/search");
}

#[tokio::test]
async fn what_a_service_answers_instead_is_said_in_one_sentence_without_the_key() {
    let echo = format!("the key {KEY} is wrong");
    for (kind, key, answer, said) in [
        (
            ServiceKind::Searxng,
            None,
            ResponseTemplate::new(403),
            "answered status 403; its settings.yml must list json under search.formats",
        ),
        (
            ServiceKind::Tavily,
            Some(KEY),
            ResponseTemplate::new(401).set_body_string(&echo),
            "refused the key (status 401); set TAVILY_API_KEY or write tavily = \"KEY\" to credentials.toml",
        ),
        (
            ServiceKind::Brave,
            Some(KEY),
            ResponseTemplate::new(422).set_body_string(&echo),
            "refused the key (status 422); set BRAVE_API_KEY or write brave = \"KEY\" to credentials.toml",
        ),
        (
            ServiceKind::Tavily,
            Some(KEY),
            ResponseTemplate::new(432),
            "answered status 432; what its plan allows is used up",
        ),
        (
            ServiceKind::Wikipedia,
            None,
            ResponseTemplate::new(302).insert_header("location", "http://example.org/"),
            "answered status 302; it redirects; set base_url to where it is now",
        ),
        (
            ServiceKind::Searxng,
            None,
            ResponseTemplate::new(200).set_body_string("<!DOCTYPE html>"),
            "did not answer as a search service: line 1, column 1",
        ),
        (
            ServiceKind::Searxng,
            None,
            ResponseTemplate::new(200).set_body_bytes(vec![b' '; (2 << 20) + 1]),
            "did not answer as a search service: it holds more than 2048 KiB, which is the most that is read",
        ),
    ] {
        let server = answering(answer).await;
        let error = service(kind, &server, key).search("levy").await.unwrap_err().to_string();
        assert_eq!(error, format!("{} ({}) {said}", kind.title(), server.uri()));
        assert_eq!(requests(&server).await.len(), 1);
    }
}

#[tokio::test]
async fn a_service_that_wants_to_be_left_alone_is_left_alone() {
    let server = answering(ResponseTemplate::new(429).insert_header("retry-after", "3600")).await;
    let service = service(ServiceKind::Searxng, &server, None);
    let error = service.search("levy").await.unwrap_err();
    assert!(error.to_string().contains(" asks to be left alone until "), "{error}");
    assert_eq!(service.search("another").await, Err(error));
    assert_eq!(requests(&server).await.len(), 1);
}

#[tokio::test]
async fn a_service_that_asks_for_a_short_wait_is_asked_again() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(503).insert_header("retry-after-ms", "1");
    Mock::given(any()).respond_with(busy).up_to_n_times(1).mount(&server).await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "results": [] }));
    Mock::given(any()).respond_with(answer).mount(&server).await;
    assert_eq!(service(ServiceKind::Searxng, &server, None).search("levy").await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_service_that_is_slow_or_not_there_is_said() {
    let server = answering(ResponseTemplate::new(200).set_delay(Duration::from_secs(600))).await;
    let limits = Limits { deadline: Duration::from_millis(100), ..Limits::default() };
    let slow = Service::new(options(ServiceKind::Searxng, &server.uri()), None, limits).unwrap();
    let error = slow.search("levy").await.unwrap_err().to_string();
    assert!(error.ends_with(" did not answer within 0.1 seconds"), "{error}");
    let nowhere = Service::new(options(ServiceKind::Searxng, "http://127.0.0.1:9"), None, patient()).unwrap();
    let error = nowhere.search("levy").await.unwrap_err().to_string();
    assert!(error.starts_with("SearXNG (http://127.0.0.1:9) cannot be reached: "), "{error}");
    assert!(error.ends_with("; is it running, and is base_url right?"), "{error}");
}

#[test]
fn settings_that_cannot_be_are_one_sentence_that_names_the_mend() {
    let refused = |options: ServiceOptions, key: Option<&str>| {
        Service::new(options, key.map(SecretString::from).as_ref(), patient()).unwrap_err().to_string()
    };
    let plain = |kind| ServiceOptions { base_url: None, ..options(kind, "") };
    assert_eq!(
        refused(plain(ServiceKind::Tavily), None),
        "web search with Tavily needs a key; set TAVILY_API_KEY or write tavily = \"KEY\" to credentials.toml"
    );
    let named = ServiceOptions { key_env: Some("MY_KEY".to_owned()), ..plain(ServiceKind::Brave) };
    assert!(refused(named, None).contains("set MY_KEY or write brave = "));
    assert!(refused(plain(ServiceKind::Searxng), None).contains("set base_url under [evidence.web]"));
    let foreign = ServiceOptions { language: "evil.example/".to_owned(), ..plain(ServiceKind::Wikipedia) };
    assert!(refused(foreign, None).contains("language \"evil.example/\" is none"));
    let at = |base_url: &str| refused(options(ServiceKind::Searxng, base_url), None);
    assert!(at("localhost").contains("\"localhost\" is not an address"), "{}", at("localhost"));
    assert!(at("ftp://host").contains("must begin with http"));
    let secret = at(&format!("http://me:{KEY}@host/"));
    assert!(secret.contains("credentials.toml") && !secret.contains(KEY), "{secret}");
    let broken = refused(plain(ServiceKind::Tavily), Some("canary\nline"));
    assert!(broken.contains("write it again") && !broken.contains("canary"), "{broken}");
}

#[test]
fn a_key_is_not_in_the_debug_form() {
    let service =
        Service::new(options(ServiceKind::Tavily, "https://example.org"), Some(&SecretString::from(KEY)), patient());
    assert!(!format!("{:?}", service.unwrap()).contains("canary"));
}
