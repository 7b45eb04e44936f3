//! The guarded client against servers that mean harm. They stand on loopback, which a guard of the tests' own lets through.

use std::collections::VecDeque;
use std::io;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::address::special;
use super::guard::{Guard, Lookup};
use super::*;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Another address of this machine, which the tests' guard refuses.
const BESIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// What a server does once it has read a request.
#[derive(Clone)]
enum Play {
    Say(Vec<u8>),
    /// Says this, and then the second part again and again, with pauses between.
    Repeat(Vec<u8>, Vec<u8>, Duration),
}

struct Server {
    at: SocketAddr,
    /// The heads of all requests, in lower case.
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(ip: IpAddr, port: u16, play: impl Fn(&str) -> Play + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind((ip, port)).await.unwrap();
        let at = listener.local_addr().unwrap();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let (log, play) = (Arc::clone(&heard), Arc::new(play));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (log, play) = (Arc::clone(&log), Arc::clone(&play));
                tokio::spawn(async move { serve(connection, &log, &*play).await });
            }
        });
        Server { at, heard }
    }

    /// A server that says one thing.
    async fn saying(answer: impl Into<Vec<u8>>) -> Server {
        let answer = answer.into();
        Server::start(HERE, 0, move |_| Play::Say(answer.clone())).await
    }

    fn page(&self) -> String {
        format!("http://{}/page", self.at)
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// A client that may fetch from this port, at the first address of this machine.
    fn fetcher(&self) -> Fetcher {
        fetching_here(self.at.port())
    }

    fn fetcher_looking_up(&self, lookup: Lookup) -> Fetcher {
        fetching_from(self.at.port(), lookup)
    }
}

/// A client that may also fetch from a port of the first address of this machine. It waits long, so that no test fails for haste.
fn fetching_from(port: u16, lookup: Lookup) -> Fetcher {
    let limits =
        Limits { bytes: 1 << 20, deadline: Duration::from_secs(60), ports: vec![80, 443, port], ..Limits::default() };
    Fetcher::guarded(Guard::new(lookup, |address| special(address).filter(|_| address != HERE)), limits)
}

/// The same for tests of what is made of pages: every name is that of this machine.
pub(in crate::evidence) fn fetching_here(port: u16) -> Fetcher {
    fetching_from(port, Arc::new(|_| async { Ok(vec![HERE]) }.boxed()))
}

async fn serve(mut connection: TcpStream, log: &Mutex<Vec<String>>, play: &(dyn Fn(&str) -> Play + Send + Sync)) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&request).to_lowercase();
    log.lock().unwrap().push(head.clone());
    match play(&head) {
        Play::Say(answer) => drop(connection.write_all(&answer).await),
        Play::Repeat(first, then, pause) => {
            let mut said = connection.write_all(&first).await;
            while said.is_ok() {
                tokio::time::sleep(pause).await;
                said = connection.write_all(&then).await;
            }
        }
    }
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn page(text: &str) -> Vec<u8> {
    answer("200 OK", "content-type: text/plain\r\n", text.as_bytes())
}

fn redirect(place: &str) -> Vec<u8> {
    answer("302 Found", &format!("location: {place}\r\nset-cookie: who=me\r\n"), b"")
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Answers each lookup with the next of these, and the last one for ever.
fn in_turn(answers: &[&[IpAddr]]) -> (Lookup, Arc<Mutex<usize>>) {
    let queue = Mutex::new(answers.iter().map(|answer| answer.to_vec()).collect::<VecDeque<_>>());
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let lookup: Lookup = Arc::new(move |_| {
        *count.lock().unwrap() += 1;
        let mut queue = queue.lock().unwrap();
        let next = if queue.len() > 1 { queue.pop_front() } else { queue.front().cloned() };
        async move { next.ok_or_else(|| io::Error::other("no answer")) }.boxed()
    });
    (lookup, asked)
}

fn refused(address: IpAddr) -> FetchError {
    FetchError::Special { address: address.to_string(), kind: special(address).unwrap() }
}

#[tokio::test]
async fn a_page_is_fetched_over_a_redirect_without_cookies_and_without_saying_where_it_was_named() {
    let server = Server::start(HERE, 0, |head| {
        Play::Say(if head.starts_with("get /page ") { redirect("/there?a=b") } else { page("Fees fell.") })
    })
    .await;
    let fetched = server.fetcher().fetch(&server.page()).await.unwrap();
    assert_eq!(fetched, Fetched { kind: Kind::Text, text: "Fees fell.".to_owned() });
    let heard = server.heard();
    assert!(heard.len() == 2 && heard[1].starts_with("get /there?a=b "), "{heard:?}");
    for head in heard {
        assert!(head.contains(&format!("user-agent: rhetor/{}\r\n", env!("CARGO_PKG_VERSION"))), "{head}");
        assert!(!head.contains("cookie") && !head.contains("referer") && !head.contains("authorization"), "{head}");
    }
}

#[tokio::test]
async fn an_address_that_is_not_of_the_public_internet_is_refused_however_it_is_spelled() {
    let fetcher = Fetcher::new(Limits::default());
    for address in [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.0.1./",
        "https://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::10.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://0/",
        "http://１２７.0.0.1/",
        "http://localhost/",
    ] {
        let error = fetcher.fetch(address).await.unwrap_err();
        assert!(matches!(error, FetchError::Special { .. }), "{address}: {error}");
    }
    for (address, error) in [
        ("file:///etc/passwd", FetchError::Scheme("file".to_owned())),
        ("ftp://example.org/a.txt", FetchError::Scheme("ftp".to_owned())),
        ("javascript:alert(1)", FetchError::Scheme("javascript".to_owned())),
        ("http://me:secret@example.org/", FetchError::Credentials),
        ("http://me@example.org/", FetchError::Credentials),
        ("http://example.org:8080/", FetchError::Port(8080)),
        ("http://example.org:22/", FetchError::Port(22)),
        ("example.org", FetchError::NoAddress),
        ("http://", FetchError::NoAddress),
    ] {
        assert_eq!(fetcher.fetch(address).await, Err(error), "{address}");
    }
}

#[tokio::test]
async fn a_redirect_to_where_nothing_may_be_fetched_is_not_followed() {
    let beside = Server::start(BESIDE, 0, |_| Play::Say(page("the router's password"))).await;
    for (place, said) in [
        (
            format!("http://{}/", beside.at),
            "is at 127.0.0.2, a loopback address, and pages are fetched from public addresses only",
        ),
        (
            "http://10.0.0.1/".to_owned(),
            "is at 10.0.0.1, a private address, and pages are fetched from public addresses only",
        ),
        ("file:///etc/passwd".to_owned(), "begins with file:, and only http and https are fetched"),
        ("//me:secret@example.org/".to_owned(), "holds a name or a password, and pages are fetched without"),
    ] {
        let server = Server::saying(redirect(&place)).await;
        let mut fetcher = server.fetcher();
        fetcher.limits.ports.push(beside.at.port());
        let error = fetcher.fetch(&server.page()).await.unwrap_err().to_string();
        assert!(error.starts_with("redirects to ") && error.ends_with(said), "{error}");
    }
    assert_eq!(beside.heard(), Vec::<String>::new());
}

#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let server = Server::start(HERE, 0, |head| {
        Play::Say(if head.starts_with("get /again ") { redirect("/page") } else { page("Fees fell.") })
    })
    .await;
    let beside = Server::start(BESIDE, server.at.port(), |_| Play::Say(page("the router's password"))).await;
    let named = |path: &str| format!("http://page.example:{}/{path}", server.at.port());

    let (lookup, asked) = in_turn(&[&[HERE], &[BESIDE]]);
    let fetcher = server.fetcher_looking_up(lookup);
    assert_eq!(fetcher.fetch(&named("page")).await.unwrap().text, "Fees fell.");
    assert_eq!(*asked.lock().unwrap(), 1, "what was checked is what was connected to");
    assert_eq!(fetcher.fetch(&named("page")).await, Err(refused(BESIDE)));

    let (lookup, _) = in_turn(&[&[HERE], &[BESIDE]]);
    let error = server.fetcher_looking_up(lookup).fetch(&named("again")).await;
    assert!(matches!(&error, Err(FetchError::Redirect { reason, .. }) if **reason == refused(BESIDE)), "{error:?}");

    let (lookup, _) = in_turn(&[&[HERE, BESIDE]]);
    assert_eq!(server.fetcher_looking_up(lookup).fetch(&named("page")).await, Err(refused(BESIDE)));
    assert_eq!(beside.heard(), Vec::<String>::new());
}

#[tokio::test]
async fn a_host_that_is_not_found_is_said() {
    let server = Server::saying(page("")).await;
    let fetcher = server.fetcher_looking_up(Arc::new(|_| async { Err(io::Error::other("no such name")) }.boxed()));
    let error = fetcher.fetch("http://page.example/").await.unwrap_err();
    assert_eq!(error.to_string(), "has a host that is not found: no such name");
    let (lookup, _) = in_turn(&[&[]]);
    let error = server.fetcher_looking_up(lookup).fetch("http://page.example/").await.unwrap_err();
    assert_eq!(error.to_string(), "has a host that is not found: it has no address");
}

#[tokio::test]
async fn redirects_without_end_end() {
    let server = Server::saying(redirect("/page")).await;
    assert_eq!(server.fetcher().fetch(&server.page()).await, Err(FetchError::Redirects(5)));
    assert_eq!(server.heard().len(), 6);
    let server = Server::saying(answer("301 Moved", "", b"")).await;
    assert_eq!(server.fetcher().fetch(&server.page()).await, Err(FetchError::Nowhere));
}

#[tokio::test]
async fn a_body_without_end_is_read_no_further_than_its_limit() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n".to_vec();
    let server = Server::start(HERE, 0, move |_| Play::Repeat(head.clone(), vec![b'a'; 1 << 16], Duration::ZERO)).await;
    assert_eq!(server.fetcher().fetch(&server.page()).await, Err(FetchError::TooLarge(1 << 20)));
    let promised = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 9999999999\r\n\r\n".to_vec();
    let server = Server::saying(promised).await;
    assert_eq!(server.fetcher().fetch(&server.page()).await, Err(FetchError::TooLarge(1 << 20)));
}

#[tokio::test]
async fn a_packed_page_is_unpacked_and_one_that_would_burst_is_not() {
    let headers = "content-type: text/plain\r\ncontent-encoding: gzip\r\n";
    let server = Server::saying(answer("200 OK", headers, &zipped(b"Fees fell."))).await;
    assert_eq!(server.fetcher().fetch(&server.page()).await.unwrap().text, "Fees fell.");
    assert!(server.heard()[0].contains("accept-encoding: gzip\r\n"), "{:?}", server.heard());

    let bomb = zipped(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 1 << 17, "the bomb itself is within the limit: {}", bomb.len());
    let server = Server::saying(answer("200 OK", headers, &bomb)).await;
    assert_eq!(server.fetcher().fetch(&server.page()).await, Err(FetchError::TooLarge(1 << 20)));

    let server = Server::saying(answer("200 OK", headers, b"no gzip at all")).await;
    assert!(matches!(server.fetcher().fetch(&server.page()).await, Err(FetchError::Broken(_))));
    for packing in ["br", "gzip, gzip"] {
        let headers = format!("content-type: text/plain\r\ncontent-encoding: {packing}\r\n");
        let server = Server::saying(answer("200 OK", &headers, b"x")).await;
        assert_eq!(server.fetcher().fetch(&server.page()).await, Err(FetchError::Packed(packing.to_owned())));
    }
}

#[tokio::test]
async fn what_is_no_page_of_text_is_refused() {
    for (headers, said) in [
        ("content-type: application/pdf\r\n", "is of the type \"application/pdf\", and only pages of text are read"),
        ("content-type: application/json\r\n", "is of the type \"application/json\", and only pages of text are read"),
        ("", "is of the type \"\", and only pages of text are read"),
    ] {
        let server = Server::saying(answer("200 OK", headers, b"{}")).await;
        assert_eq!(server.fetcher().fetch(&server.page()).await.unwrap_err().to_string(), said);
    }
    let server = Server::saying(answer("404 Not Found", "content-type: text/html\r\n", b"<p>gone</p>")).await;
    assert_eq!(server.fetcher().fetch(&server.page()).await, Err(FetchError::Status(404)));
    let cut =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 50\r\nconnection: close\r\n\r\nhalf".to_vec();
    let server = Server::saying(cut).await;
    assert!(matches!(server.fetcher().fetch(&server.page()).await, Err(FetchError::Broken(_))));
}

#[tokio::test]
async fn a_drip_a_silence_and_a_lookup_without_end_count_against_the_deadline() {
    let slow = |server: &Server| {
        let mut fetcher = server.fetcher();
        fetcher.limits.deadline = Duration::from_millis(200);
        fetcher
    };
    let late = Err(FetchError::Slow("0.2".to_owned()));
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n".to_vec();
    let drip = move |_: &str| Play::Repeat(head.clone(), b"a".to_vec(), Duration::from_millis(20));
    let server = Server::start(HERE, 0, drip).await;
    assert_eq!(slow(&server).fetch(&server.page()).await, late);
    let silence = |_: &str| Play::Repeat(b"HTTP/1.1 200".to_vec(), Vec::new(), Duration::from_millis(20));
    let server = Server::start(HERE, 0, silence).await;
    assert_eq!(slow(&server).fetch(&server.page()).await, late);
    let mut fetcher = server.fetcher_looking_up(Arc::new(|_| futures::future::pending().boxed()));
    fetcher.limits.deadline = Duration::from_millis(50);
    assert_eq!(fetcher.fetch("http://page.example/").await, Err(FetchError::Slow("0.05".to_owned())));
}

#[tokio::test]
async fn a_short_wait_is_kept_once_and_a_long_one_is_said() {
    let busy = |headers: &str| answer("503 Busy", headers, b"");
    let first = std::sync::atomic::AtomicBool::new(true);
    let server = Server::start(HERE, 0, move |_| {
        let was = first.swap(false, std::sync::atomic::Ordering::SeqCst);
        Play::Say(if was { busy("retry-after-ms: 5\r\n") } else { page("Fees fell.") })
    })
    .await;
    assert_eq!(server.fetcher().fetch(&server.page()).await.unwrap().text, "Fees fell.");
    let server = Server::saying(busy("retry-after-ms: 5\r\n")).await;
    assert!(matches!(server.fetcher().fetch(&server.page()).await, Err(FetchError::Busy { status: 503, .. })));
    assert_eq!(server.heard().len(), 2, "it is not pressed");
    let server = Server::saying(answer("429 Slow down", "retry-after: 86400\r\n", b"")).await;
    let error = server.fetcher().fetch(&server.page()).await.unwrap_err().to_string();
    assert!(error.starts_with("answered status 429 and asks to be left alone until "), "{error}");
    assert_eq!(server.heard().len(), 1);
    let server = Server::saying(busy("")).await;
    let error = server.fetcher().fetch(&server.page()).await.unwrap_err().to_string();
    assert_eq!(error, "answered status 503 and asks to be left alone");
}
