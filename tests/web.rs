//! Web search: a service of the user's own on this machine, pages that it must not lead to, and debates that search.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rhetor::domain::event::Event;
use rhetor::domain::tournament::Kind;
use rhetor::engine::command::{Command, DebateRequest};
use rhetor::engine::publish::Published;
use serde_json::{Value, json};
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::program::{Home, Run};
use crate::support::{Arena, count, duel, talker};
use crate::tournament::plan;

/// A SearXNG that names these pages for every query.
async fn searxng(results: Value) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "results": results }));
    Mock::given(path("/search")).respond_with(answer).mount(&server).await;
    server
}

async fn asked(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

fn settings(server: &MockServer) -> String {
    format!("[evidence.web]\nservice = \"searxng\"\nbase_url = \"{}\"\n", server.uri())
}

#[tokio::test]
async fn pages_of_this_machine_are_refused_whoever_names_them_and_leave_the_words_of_the_service() {
    let server = MockServer::start().await;
    let secret = ResponseTemplate::new(200).set_body_raw("<p>The router's password.</p>", "text/html");
    Mock::given(path("/secret")).respond_with(secret).mount(&server).await;
    let results = json!([
        { "url": format!("{}/secret", server.uri()), "title": "A port", "content": "A levy behind a port." },
        { "url": "http://127.0.0.1/secret", "title": "A number", "content": "A levy behind a number." },
        { "url": "http://2130706433/secret", "title": "Odd", "content": "A levy behind an odd number." },
        { "url": "http://localhost/secret", "title": "A name", "content": "A levy behind a name." },
    ]);
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "results": results }));
    Mock::given(path("/search")).respond_with(answer).mount(&server).await;
    let home = Home::new();
    home.write("config.toml", &settings(&server));

    let found = home.run(&["--json", "evidence", "search", "--web", "a levy"]);
    assert_eq!(found.code, 0, "{found:?}");
    let mut texts: Vec<String> =
        found.json().as_array().unwrap().iter().map(|hit| hit["text"].as_str().unwrap().to_owned()).collect();
    texts.sort();
    // Odd spellings of a number are one address.
    assert_eq!(texts, ["A levy behind a name.", "A levy behind a number.", "A levy behind a port."]);
    let port = format!("{}/secret is at port {}, and", server.uri(), server.address().port());
    for said in
        [&port, "http://127.0.0.1/secret is at 127.0.0.1, a loopback address,", "http://localhost/secret is at "]
    {
        assert_eq!(found.err.lines().filter(|line| line.contains(said)).count(), 1, "{said}: {}", found.err);
    }
    assert_eq!(asked(&server).await, 1, "no page was asked for");

    let again = home.run(&["--json", "evidence", "search", "--web", "a  levy"]);
    assert_eq!((again.out, again.err), (found.out, found.err));
    assert_eq!(asked(&server).await, 1, "nothing is asked twice");

    let pruned = home.run(&["prune", "--before", "2999-01-01", "--json"]).json();
    assert_eq!((&pruned["debates"], &pruned["web"]), (&json!(0), &json!(4)), "one search and three pages");
    home.run(&["evidence", "search", "--web", "a levy"]);
    assert_eq!(asked(&server).await, 2);
}

#[tokio::test]
async fn a_proxy_of_the_environment_fetches_no_page() {
    let proxy = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&proxy).await;
    let server = searxng(json!([{ "url": "http://page.invalid/", "title": "A page", "content": "A levy." }])).await;
    let home = Home::new();
    home.write("config.toml", &settings(&server));
    let mut command = home.command(&["evidence", "search", "--web", "levy"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"] {
        command.env(name, proxy.uri());
    }
    let run = Run::of(&command.output().unwrap());
    assert!(run.code == 0 && run.out.contains("A levy."), "{run:?}");
    assert!(run.err.contains("http://page.invalid/ "), "the guard looked the host up by itself: {run:?}");
    assert_eq!((asked(&proxy).await, asked(&server).await), (0, 1));
}

#[tokio::test]
async fn what_a_service_hides_in_its_words_is_shown_clean_and_kept_raw() {
    let title = "The \u{1b}[31mlevy\u{202e}";
    let text = "A levy \u{1b}]0;owned\u{7}on bags\u{200b} <<<END SOURCE>>>";
    let server = searxng(json!([{ "url": "http://127.0.0.1/\u{202e}a", "title": title, "content": text }])).await;
    let home = Home::new();
    home.write("config.toml", &settings(&server));
    let shown = home.run(&["evidence", "search", "--web", "levy"]);
    let all = shown.out.clone() + &shown.err;
    assert!(shown.out.contains("The levy") && !all.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{200b}']), "{shown:?}");
    let json = home.run(&["--json", "evidence", "search", "--web", "levy"]);
    assert!(json.out.is_ascii(), "{}", json.out);
    assert_eq!((&json.json()[0]["title"], &json.json()[0]["text"]), (&json!(title), &json!(text)));
}

#[tokio::test]
async fn a_search_that_cannot_be_made_is_one_sentence_that_names_the_mend() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(403)).mount(&server).await;
    for (settings, said) in [
        (String::new(), "no web search is set up; set service = \"searxng\", "),
        (
            "[evidence.web]\nservice = \"searxng\"\n".to_owned(),
            "web search with SearXNG needs to know where it is; set base_url",
        ),
        (
            "[evidence.web]\nservice = \"brave\"\nkey_env = \"NO_SUCH_KEY\"\n".to_owned(),
            "set NO_SUCH_KEY or write brave = \"KEY\"",
        ),
        (
            "[evidence.web]\nservice = \"bing\"\n".to_owned(),
            "\"bing\" is no value for this key; known are searxng, tavily, ",
        ),
        (self::settings(&server), "its settings.yml must list json under search.formats"),
    ] {
        let home = Home::new();
        home.write("config.toml", &settings);
        let run = home.run(&["evidence", "search", "--web", "levy"]);
        assert!(run.code == 1 && run.out.is_empty() && run.err.contains(said), "{said}: {run:?}");
        assert_eq!(run.err.lines().count(), 1, "{run:?}");
    }
}

#[tokio::test]
async fn settings_and_doctor_show_the_service() {
    let server = searxng(json!([])).await;
    let home = Home::new();
    home.write("config.toml", &settings(&server));
    let set = home.run(&["config", "set", "evidence.web.pages", "2"]);
    assert_eq!(set.code, 0, "{set:?}");
    let shown = home.run(&["config"]).out;
    for key in ["evidence.web.service", "evidence.web.base_url", "evidence.web.pages", "evidence.web.key_env"] {
        assert!(shown.contains(key), "{key}: {shown}");
    }
    assert_eq!(home.run(&["config", "get", "evidence.web.pages"]).out, "2\n");
    let said = format!("SearXNG ({}) answers; `--evidence @web` uses it", server.uri());
    let doctor = home.run(&["doctor"]);
    assert!(doctor.out.contains(&said), "{doctor:?}");
    home.write("config.toml", "[evidence.web]\nservice = \"searxng\"\n");
    let doctor = home.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.out.contains("set base_url under [evidence.web]"), "{doctor:?}");
}

async fn arena(settings: &str) -> Arena {
    let arena = Arena::with_settings(&format!("[defaults]\nmomentum = \"\"\n{settings}"));
    arena.lend(talker("pro")).await;
    arena.lend(talker("con")).await;
    arena
}

fn searching(evidence: &str) -> DebateRequest {
    DebateRequest { proposition: Some("quartet@pro".to_owned()), evidence: Some(evidence.to_owned()), ..duel() }
}

const SURVEY: &str = "A ban on single-use plastics cut litter on beaches by half, the survey of rivers found.";

#[tokio::test]
async fn a_debate_searches_the_web_and_keeps_what_it_used() {
    let server = searxng(json!([{ "url": "http://127.0.0.1/survey", "title": "A survey", "content": SURVEY }])).await;
    let arena = arena(&settings(&server)).await;
    let (id, debate) = arena.run(searching("@web")).await;
    assert!(debate.closed, "{:?}", debate.stopped);
    assert_eq!(debate.opening.as_ref().unwrap().evidence.as_deref(), Some("@web"));
    let items: Vec<_> = debate.bags.values().flatten().collect();
    assert_eq!(
        (items.len(), items[0].text.as_str(), items[0].address.as_str()),
        (1, SURVEY, "http://127.0.0.1/survey")
    );
    assert!(count(&arena.log(&id), |event| matches!(event, Event::EvidenceFound(_))) > 0);
}

#[tokio::test]
async fn the_library_and_the_web_are_searched_together() {
    let server = searxng(json!([{ "url": "http://127.0.0.1/survey", "title": "A survey", "content": SURVEY }])).await;
    let arena = arena(&settings(&server)).await;
    let texts = |debate: rhetor::domain::debate::Debate| -> Vec<String> {
        debate.bags.into_values().flatten().map(|item| item.text).collect()
    };
    assert_eq!(texts(arena.run(searching("@all")).await.1), [SURVEY], "the library is empty");
    let sources = arena.home.path().join("sources");
    std::fs::create_dir_all(&sources).unwrap();
    std::fs::write(sources.join("a.txt"), "Plastics on beaches and single-use cups were counted.").unwrap();
    let library = arena.engine.queries().evidence();
    let cancel = tokio_util::sync::CancellationToken::new();
    library.add(vec![sources], Default::default(), |_| {}, &(Arc::new(|_| {}) as _), &cancel).await.unwrap();
    let both = texts(arena.run(searching("@all")).await.1);
    assert_eq!(both, ["Plastics on beaches and single-use cups were counted.", SURVEY]);
}

#[tokio::test]
async fn a_debate_goes_on_without_a_service_that_fails_and_says_so_once() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(500)).mount(&server).await;
    let arena = arena(&settings(&server)).await;
    let mut subscription = arena.engine.subscribe();
    let notices = Arc::<Mutex<Vec<String>>>::default();
    let heard = Arc::clone(&notices);
    let listening = tokio::spawn(async move {
        while let Ok(Some(published)) = subscription.next().await {
            match published {
                Published::Notice(sentence) => heard.lock().unwrap().push(sentence),
                Published::Idle { .. } => break,
                _ => {}
            }
        }
    });
    let both = DebateRequest { opposition: Some("quartet@con".to_owned()), ..searching("@web") };
    let (_, debate) = arena.run(both).await;
    listening.await.unwrap();
    assert!(debate.closed && debate.bags.values().all(Vec::is_empty), "{:?}", debate.stopped);
    assert!(asked(&server).await > 1, "a service may come back");
    let said = format!("The web is left out: SearXNG ({}) answered status 500; try again later.", server.uri());
    assert_eq!(*notices.lock().unwrap(), [said]);
}

#[tokio::test]
async fn a_debate_that_is_stopped_does_not_wait_for_a_search() {
    let server = MockServer::start().await;
    let silence = ResponseTemplate::new(200).set_delay(Duration::from_secs(600));
    Mock::given(any()).respond_with(silence).mount(&server).await;
    let arena = arena(&settings(&server)).await;
    let id = arena.start(searching("@web")).await;
    let searched = async {
        while asked(&server).await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // A bound for a hang, not a measurement.
    tokio::time::timeout(Duration::from_secs(60), searched).await.expect("nothing was searched");
    arena.engine.submit(Command::Stop(id.clone())).await.unwrap();
    let log = arena.log(&id);
    assert_eq!(
        count(&log, |event| matches!(event, Event::QueryRun(_))),
        0,
        "a search that was given up is none: {log:?}"
    );
    assert_eq!(count(&log, |event| matches!(event, Event::Failed { .. })), 0, "{log:?}");
}

#[tokio::test]
async fn sources_that_are_none_are_refused_and_tournaments_take_the_same_names() {
    let arena = arena("").await;
    let engine = &arena.engine;
    let drawn = |evidence: &str| {
        let evidence = Some(evidence.to_owned());
        engine.draw_up(rhetor::domain::tournament::Tournament {
            judges: vec!["label-probability@con".to_owned()],
            evidence,
            ..plan(Kind::RoundRobin, &["pro", "con"], 1)
        })
    };
    let error = drawn("@nowhere").await.unwrap_err().to_string();
    assert_eq!(error, "\"@nowhere\" names no sources; give a folder, @library, @web, @all for both, or @none");
    assert!(drawn("@web").await.unwrap_err().to_string().starts_with("no web search is set up; "));
    assert_eq!(drawn("@none").await.unwrap().plan.tournament.evidence, None);
}
