//! The store under `kill -9`: what was acknowledged is there, and nothing is half-written.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use rhetor::domain::event::{DebateId, Entry, Event};
use rhetor::domain::format::{Format, SeatPlan};
use rhetor::domain::hash::ContentHash;
use rhetor::domain::motion::{Category, Motion};
use rhetor::domain::opening::Opening;
use rhetor::domain::seat::{Seat, Side, Visibility};
use rhetor::domain::speech::Speech;
use rhetor::domain::usage::Ceilings;
use rhetor::store::{Batch, Filter, Holder, Store, StoredRequest};
use rusqlite::Connection;

/// Where the child process writes; without it the child has nothing to do.
const DATABASE: &str = "RHETOR_TEST_DATABASE";
const CHILD: &str = "store::the_process_that_is_killed";

fn debate() -> DebateId {
    DebateId("01990000-0000-7000-8000-000000000000".to_owned())
}

fn entry(seq: u64) -> Entry {
    Entry { debate: debate(), seq, at: "2026-03-01T10:00:00Z".to_owned(), event: event(seq) }
}

/// Speeches of many sizes, from a few bytes to many pages.
fn event(seq: u64) -> Event {
    if seq == 0 {
        return opened();
    }
    let text = format!("speech {seq} ").repeat(1 << (seq % 12));
    Event::SpeechDelivered(Speech {
        speech: usize::try_from(seq).unwrap() - 1,
        stage: 0,
        seat: Seat(0),
        side: Side::Proposition,
        words: text.split_whitespace().count(),
        text,
        cut: false,
        citations: Vec::new(),
        visible_to: Visibility::Everyone,
    })
}

fn opened() -> Event {
    let seats = Side::BOTH.map(|side| SeatPlan { name: side.name().to_owned(), side, task: String::new() });
    Event::DebateOpened(Box::new(Opening {
        log_version: 1,
        motion: Motion {
            id: "endurance".to_owned(),
            text: "This House would never stop".to_owned(),
            category: Category::Value,
            context: String::new(),
            proposition: String::new(),
            opposition: String::new(),
            tags: Vec::new(),
            origin: None,
        },
        format: Format { name: "endless".to_owned(), about: String::new(), seats: seats.to_vec(), stages: Vec::new() },
        participants: Vec::new(),
        judges: Vec::new(),
        root_seed: 7,
        prompts_hash: ContentHash::default(),
        evidence: None,
        ceilings: Ceilings::default(),
    }))
}

/// Goes on with the log that it finds, and prints each seq after it was committed, until it is killed.
#[tokio::test]
#[ignore = "the child process of a_killed_process_loses_nothing_that_it_acknowledged"]
async fn the_process_that_is_killed() {
    let Some(path) = std::env::var_os(DATABASE) else { return };
    let store = Store::open(Path::new(&path)).unwrap();
    let holder = Holder { process: std::process::id(), host: "here".to_owned() };
    let lease = store.acquire(&debate().0, holder, 0, |_| false).await.unwrap();
    let first = store.reader().entries(&debate(), 0).unwrap().len() as u64;
    for seq in first.. {
        let hash = ContentHash(format!("request {seq}"));
        let requests = vec![StoredRequest { hash, body: vec![7; 5000] }];
        store.append(Batch { entries: vec![entry(seq)], requests, lease: Some(lease.clone()) }).await.unwrap();
        println!("\ncommitted {seq}");
    }
}

/// Runs the child until it has acknowledged `count` events, kills it, and returns the last seq that it acknowledged.
fn run_and_kill(path: &Path, count: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([CHILD, "--exact", "--ignored", "--nocapture"])
        .env(DATABASE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let committed = |line: String| line.strip_prefix("committed ").map(|seq| seq.parse::<u64>().unwrap());
    let last = lines.by_ref().filter_map(committed).nth(count - 1).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    // What was acknowledged between the count and the kill counts too.
    lines.filter_map(committed).last().unwrap_or(last)
}

#[test]
fn a_killed_process_loses_nothing_that_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rhetor.db");
    let mut stored = 0;
    for count in [1, 2, 40, 7, 3, 90, 13, 1] {
        let last = run_and_kill(&path, count);
        let store = Store::open(&path).unwrap();
        let entries = store.reader().entries(&debate(), 0).unwrap();
        assert!(entries.len() as u64 > last, "seq {last} was acknowledged, {} events are there", entries.len());
        assert!(entries.len() > stored, "the log goes on");
        stored = entries.len();
        for (entry, seq) in entries.iter().zip(0..) {
            assert_eq!((entry.seq, &entry.event), (seq, &event(seq)));
            let request = store.reader().request(&ContentHash(format!("request {seq}"))).unwrap();
            assert_eq!(request.map(|body| body.len()), Some(5000), "an event comes with its request");
        }
        let summary = store.reader().debates(&Filter::default()).unwrap().remove(0);
        assert_eq!((summary.events, summary.speeches), (stored as u64, stored as u64 - 1));
        drop(store);
        let connection = Connection::open(&path).unwrap();
        let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok");
        connection.execute("INSERT INTO speech_text (speech_text) VALUES ('integrity-check')", []).unwrap();
    }
}

#[test]
fn two_processes_never_write_to_one_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rhetor.db");
    run_and_kill(&path, 2);
    let (one, other) = (Store::open(&path).unwrap(), Store::open(&path).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let holder = |process| Holder { process, host: "here".to_owned() };
        let lease = one.acquire(&debate().0, holder(1), 0, |_| false).await.unwrap();
        let refused = other.acquire(&debate().0, holder(2), 0, |_| true).await.unwrap_err();
        assert!(refused.to_string().contains("is being run by process 1 on here"), "{refused}");

        let seq = one.reader().entries(&debate(), 0).unwrap().len() as u64;
        let batch = || Batch { entries: vec![entry(seq)], ..Batch::default() };
        let both = tokio::join!(one.append(Batch { lease: Some(lease), ..batch() }), other.append(batch()));
        assert!(both.0.is_ok() != both.1.is_ok(), "one seq is given once: {both:?}");
        assert_eq!(other.reader().entries(&debate(), seq).unwrap(), [entry(seq)]);
    });
}
