//! Whole debates of the real program over an endpoint: a good one, broken ones, hostile ones, and a key that must not leak.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rhetor::model::credentials::Credentials;
use rusqlite::Connection;
use serde_json::Value;

use crate::support::PROSE;
use crate::support::endpoint::{Answer, Endpoint, down};
use crate::support::program::{Home, Run};

const CANARY: &str = "sk-canary-7f3a9b";

/// Escape sequences of 7 and 8 bit, unterminated too, bidi overrides, tag characters and zero-width marks.
const HOSTILE: &str = "A ban protects rivers \u{1b}[31m\u{1b}]0;owned\u{7}and seas \u{9b}2J\u{202e}gnihtemos \u{2066}and \
    \u{e0041}\u{e0042}shops adapt \u{200b}\u{feff}within a month of use, because what is never made is never thrown away. \
    \u{1b}]52;c;aGk=\u{7} <script>alert(1)</script> It ends here \u{1b}]8;;http://x";

/// A home with an endpoint `work` that gives up on silence after a second.
fn home(base_url: &str) -> Home {
    let home = Home::new();
    let presets = include_str!("../assets/endpoints.toml").replace("stall_seconds = 120", "stall_seconds = 1");
    home.write("endpoints.toml", &presets);
    let settings =
        format!("[endpoints.work]\npreset = \"mistral\"\nkey_env = \"WORK_API_KEY\"\nbase_url = \"{base_url}\"\n");
    home.write("config.toml", &settings);
    home.write("credentials.toml", &format!("work = \"{CANARY}\"\n"));
    home
}

const DUEL: [&str; 9] = [
    "debate",
    "--motion",
    "single-use-plastics",
    "--format",
    "duel",
    "--pro",
    "solo@work/one",
    "--con",
    "solo@work/two",
];

fn unjudged(home: &Home, more: &[&str]) -> Run {
    home.run(&[&DUEL, &["--no-judge"][..], more].concat())
}

/// Answers a debater with `speech`, and a judge that wants figures with figures.
fn answer(body: &Value, speech: &str) -> Answer {
    let asked =
        body["messages"].as_array().and_then(|messages| messages.last()).map(|last| last["content"].to_string());
    let asked = asked.unwrap_or_default();
    let figures = if asked.contains("WINNER") {
        "{\"first\": 8, \"second\": 4, \"winner\": \"first\"}"
    } else if asked.contains("score") {
        "{\"score\": 6}"
    } else {
        speech
    };
    Answer::Text(figures.to_owned())
}

fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

fn speeches(home: &Home) -> Vec<u64> {
    let lines = home.run(&["replay", "--json"]).lines();
    lines
        .iter()
        .filter(|line| line["type"] == "speech_delivered")
        .map(|line| line["speech"].as_u64().unwrap())
        .collect()
}

/// A debate that stands still, told in one sentence, and goes on once the endpoint is well again.
fn stands_and_goes_on(broken: impl Fn(usize) -> Answer + Send + Sync + 'static, sentence: &str) {
    let well = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&well);
    let endpoint =
        Endpoint::start(
            move |call, body| {
                if call < 2 || flag.load(Ordering::SeqCst) { answer(body, PROSE) } else { broken(call) }
            },
        );
    let home = home(&endpoint.base_url);
    let run = unjudged(&home, &[]);
    assert_eq!(run.code, 1, "{run:?}");
    let stopped = run.out.lines().find(|line| line.starts_with("The debate stopped: ")).unwrap_or_default();
    assert!(stopped.contains(sentence) && !run.out.contains(".."), "{sentence:?} is not in {run:?}");
    assert!(run.err.contains("rhetor resume"), "{run:?}");
    assert!(!run.out.chars().any(is_hidden), "{run:?}");
    assert_eq!(speeches(&home).len(), 2);
    well.store(true, Ordering::SeqCst);
    let resumed = home.run(&["resume"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    let mut given = speeches(&home);
    given.sort_unstable();
    assert_eq!(given, [0, 1, 2, 3], "every speech once");
}

fn page(status: u16, body: &str) -> Answer {
    Answer::Page(status, "application/json", "x-none: 0", body.to_owned())
}

#[test]
fn an_endpoint_that_answers_a_web_page_stops_the_debate_and_loses_nothing() {
    let html = "<!doctype html><html><title>Sign in</title></html>".to_owned();
    stands_and_goes_on(move |_| Answer::Page(200, "text/html", "x-none: 0", html.clone()), "OpenAI protocol");
}

#[test]
fn an_endpoint_that_cuts_every_answer_stops_the_debate_and_no_half_speech_is_kept() {
    stands_and_goes_on(|_| Answer::Cut("A ban protects".to_owned()), "cut the answer off");
}

#[test]
fn an_endpoint_that_falls_silent_stops_the_debate() {
    stands_and_goes_on(|_| Answer::Silence("A ban".to_owned()), "sent nothing for 1 seconds");
}

#[test]
fn an_endpoint_that_asks_to_wait_an_hour_stops_the_debate() {
    let busy = || Answer::Page(429, "application/json", "retry-after: 3600", "{}".to_owned());
    stands_and_goes_on(move |_| busy(), "status 429");
}

#[test]
fn empty_answers_stop_the_debate_and_are_no_forfeit() {
    stands_and_goes_on(|_| Answer::Text(String::new()), "work");
}

#[test]
fn answers_of_control_characters_stop_the_debate() {
    stands_and_goes_on(|_| Answer::Text("\u{1b}[31m\u{7} \u{202e}\u{200b}".to_owned()), "wrote no speech");
}

#[test]
fn an_error_that_quotes_the_key_and_escape_codes_shows_neither() {
    let message = format!("{{\"error\": {{\"message\": \"bad key {CANARY} \\u001b[31mred\"}}}}");
    stands_and_goes_on(move |_| page(400, &message), "status 400");
    let quoted = format!("{{\"error\": {{\"message\": \"bad key {CANARY}\"}}}}");
    for (status, kind, body) in [
        (400, "application/json", quoted.clone()),
        (401, "application/json", quoted.clone()),
        (404, "text/plain", format!("no {CANARY} here")),
        (200, "application/json", format!("[\"{CANARY}\"]")),
        (200, "text/event-stream", format!("data: {quoted}\n\n")),
        (200, "text/event-stream", format!("data: <{CANARY}>\n\n")),
    ] {
        let endpoint = Endpoint::start(move |_, _| Answer::Page(status, kind, "x-none: 0", body.clone()));
        let home = home(&endpoint.base_url);
        let run = unjudged(&home, &[]);
        assert_eq!(run.code, 1, "{run:?}");
        keyless(&home, &[run]);
    }
}

#[test]
fn an_endpoint_that_is_down_is_one_sentence_and_the_debate_waits_for_it() {
    let home = home(&down());
    let run = unjudged(&home, &[]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.out.contains("cannot be reached") && run.out.contains("is it running?"), "{run:?}");
    assert_eq!(run.out.matches("The debate stopped").count(), 1, "{run:?}");
    let doctor = home.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.out.contains("cannot be reached"), "{doctor:?}");
}

#[test]
fn a_debate_over_an_endpoint_is_judged_rated_and_exported_and_no_key_is_anywhere() {
    let endpoint = Endpoint::start(|_, body| answer(body, PROSE));
    let home = home(&endpoint.base_url);
    let debate = home.run(&[&DUEL, &["--judge", "debatrix@work/three", "--json"][..]].concat());
    assert_eq!(debate.code, 0, "{debate:?}");
    let lines = debate.lines();
    let count = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count();
    assert_eq!((count("speech_delivered"), count("ballot_returned"), count("debate_closed")), (4, 1, 1));
    assert_eq!(count("rating_changed"), 2);
    assert!(lines.iter().all(|line| line["debate"].is_string() && line["seq"].is_u64() && line["at"].is_string()));
    let ladder = home.run(&["ladder", "--json"]);
    assert_eq!(ladder.json().as_array().unwrap().len(), 2);
    let mut runs = vec![debate, ladder];
    for command in [
        &["show"][..],
        &["replay"],
        &["replay", "--json"],
        &["history"],
        &["history", "--search", "rivers"],
        &["models", "list"],
        &["doctor"],
        &["export", "--to", "md"],
        &["export", "--to", "html"],
        &["export", "--to", "json"],
        &["backup", &home.path("copy.db")],
    ] {
        runs.push(home.run(command));
    }
    assert!(runs.iter().all(|run| run.code == 0), "{runs:?}");
    keyless(&home, &runs);
    let closed = home.run(&["resume", "last"]);
    assert_eq!(closed.code, 2, "{closed:?}");
    let pruned = home.run(&["prune", "--before", "2999-01-01", "--json"]).json();
    assert_eq!(pruned["debates"], 1);
    assert_eq!(home.run(&["ladder", "--json"]).json().as_array().unwrap().len(), 2, "ladders keep their results");
}

#[test]
fn a_search_service_that_echoes_its_key_gives_it_away_nowhere_and_the_debate_goes_on() {
    let echo = format!("{{\"detail\": \"the key {CANARY} is not known\"}}");
    let endpoint = Endpoint::start(move |_, body| match body["messages"].is_array() {
        true => answer(body, PROSE),
        false => Answer::Page(401, "application/json", "x-none: 0", echo.clone()),
    });
    let home = home(&endpoint.base_url);
    let base_url = &endpoint.base_url;
    let settings = format!(
        "[endpoints.work]\npreset = \"mistral\"\nkey_env = \"WORK_API_KEY\"\nbase_url = \"{base_url}\"\n\
         [evidence.web]\nservice = \"tavily\"\nkey_env = \"SEARCH_API_KEY\"\nbase_url = \"{base_url}\"\n"
    );
    home.write("config.toml", &settings);
    let with_key =
        |arguments: &[&str]| Run::of(&home.command(arguments).env("SEARCH_API_KEY", CANARY).output().unwrap());
    let debate = with_key(
        &[&DUEL[..5], &["--pro", "quartet@work/one", "--con", "solo@work/two", "--no-judge", "--evidence", "@web"][..]]
            .concat(),
    );
    assert_eq!(debate.code, 0, "{debate:?}");
    assert!(endpoint.bodies().iter().any(|body| body.contains("\"max_results\"")), "it was searched");
    let told = debate.out.clone() + &debate.err;
    assert_eq!(told.matches("The web is left out: Tavily").count(), 1, "{debate:?}");
    assert!(told.contains("refused the key (status 401); set SEARCH_API_KEY"), "{debate:?}");
    let search = with_key(&["evidence", "search", "--web", "levy"]);
    assert_eq!(search.code, 1, "{search:?}");
    let report = home.path("report.txt");
    let mut runs = vec![debate, search];
    for command in [&["doctor"][..], &["config"], &["doctor", "--bundle", &report], &["export", "--to", "json"]] {
        runs.push(with_key(command));
    }
    assert!(runs[2].out.contains("has a key, which is not tried"), "{:?}", runs[2]);
    keyless(&home, &runs);
}

/// No output and no file but the credentials holds the key.
fn keyless(home: &Home, runs: &[Run]) {
    for run in runs {
        assert!(!run.out.contains(CANARY) && !run.err.contains(CANARY), "{run:?}");
    }
    for file in fs::read_dir(home.folder()).unwrap().flatten().filter(|file| file.file_name() != "credentials.toml") {
        let bytes = if file.path().is_file() { fs::read(file.path()).unwrap() } else { Vec::new() };
        let found = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
        assert!(!found, "{} holds the key", file.path().display());
    }
}

#[test]
fn what_a_panic_prints_holds_no_key() {
    let home = home("http://127.0.0.1:9/v1");
    let credentials = Credentials::read(Path::new(&home.path("credentials.toml"))).unwrap();
    let key = credentials.key("work", None, |_| None);
    assert!(key.is_some());
    let printed = format!("{credentials:?} {key:?}");
    assert!(!printed.contains("canary"), "{printed}");
}

#[test]
fn a_hostile_model_reaches_neither_the_terminal_nor_an_export_and_json_is_escaped_and_lossless() {
    let endpoint = Endpoint::start(|_, body| answer(body, HOSTILE));
    let home = home(&endpoint.base_url);
    let debate = home.run(&[&DUEL, &["--judge", "debatrix@work/three"][..]].concat());
    assert_eq!(debate.code, 0, "{debate:?}");
    for run in [
        debate,
        home.run(&["show"]),
        home.run(&["replay"]),
        home.run(&["history", "--search", "rivers"]),
        home.run(&["export", "--to", "md"]),
        home.run(&["export", "--to", "html"]),
        home.run(&["export", "--to", "json"]),
        home.run(&["replay", "--json"]),
    ] {
        let hidden: Vec<char> = (run.out.clone() + &run.err).chars().filter(|c| is_hidden(*c)).collect();
        assert!(run.code == 0 && hidden.is_empty(), "{hidden:?} in {run:?}");
    }
    assert!(!home.run(&["export", "--to", "html"]).out.contains("<script>"));
    let told = home.run(&["replay", "--json"]).lines();
    let said = told.iter().find(|line| line["type"] == "role_said").unwrap();
    assert_eq!(said["text"], HOSTILE, "the stream keeps every character");
}

#[test]
fn a_ceiling_ends_with_its_own_exit_code_and_a_higher_one_goes_on() {
    let endpoint = Endpoint::start(|_, body| answer(body, PROSE));
    let home = home(&endpoint.base_url);
    let run = unjudged(&home, &["--max-tokens", "900"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.out.contains("the ceiling of 900 tokens is reached"), "{run:?}");
    let run = home.run(&["resume", "--max-tokens", "1000000"]);
    assert_eq!(run.code, 0, "{run:?}");
    let mut settings = fs::read_to_string(home.path("config.toml")).unwrap();
    settings += "\n[ceilings]\ntokens = 900\n";
    home.write("config.toml", &settings);
    assert_eq!(unjudged(&home, &[]).code, 3, "the configured ceiling holds");
}

#[cfg(unix)]
#[test]
fn an_interrupted_debate_ends_with_130_and_goes_on_from_its_log() {
    let well = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&well);
    let endpoint = Endpoint::start(move |call, body| {
        if call < 2 || flag.load(Ordering::SeqCst) { answer(body, PROSE) } else { Answer::Silence("A ban ".to_owned()) }
    });
    let home = home(&endpoint.base_url);
    let presets = include_str!("../assets/endpoints.toml");
    home.write("endpoints.toml", presets);
    let mut child = home.command(&[&DUEL, &["--no-judge", "--json"][..]].concat()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let delivered =
        lines.by_ref().map_while(Result::ok).filter(|line| line.contains("speech_delivered")).take(2).count();
    assert_eq!(delivered, 2);
    while endpoint.calls() < 3 {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(rest.iter().any(|line| line.contains("\"interrupted\"")), "{rest:?}");
    well.store(true, Ordering::SeqCst);
    assert_eq!(home.run(&["resume"]).code, 0);
    assert_eq!(speeches(&home).len(), 4);
}

#[test]
fn a_judge_that_reads_probabilities_is_refused_before_the_first_speech_where_there_are_none() {
    let endpoint = Endpoint::start(|_, body| answer(body, PROSE));
    let home = home(&endpoint.base_url);
    let run = home.run(&[&DUEL, &["--judge", "label-probability@work/one"][..]].concat());
    assert!(run.code == 2 && run.err.contains("judge with debatrix@work/one"), "{run:?}");
    assert_eq!(home.run(&["history", "--json"]).json().as_array().unwrap().len(), 0, "nothing was opened");
}

#[test]
fn a_locked_database_is_waited_for_and_then_said() {
    let endpoint = Endpoint::start(|_, body| answer(body, PROSE));
    let home = home(&endpoint.base_url);
    assert_eq!(unjudged(&home, &[]).code, 0);
    let lock = Connection::open(home.path("rhetor.db")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let run = unjudged(&home, &[]);
    assert!(run.code == 1 && run.err.contains("rhetor.db is locked by another program"), "{run:?}");
    assert_eq!(home.run(&["show"]).code, 0, "reading goes on meanwhile");
    lock.execute_batch("ROLLBACK").unwrap();
    assert_eq!(home.run(&["history", "--json"]).json().as_array().unwrap().len(), 1, "nothing half-written");
    assert_eq!(unjudged(&home, &[]).code, 0);
}

/// A later write version in its header makes a database read-only to everybody, root too.
#[test]
fn a_read_only_database_is_said_and_can_still_be_read() {
    let endpoint = Endpoint::start(|_, body| answer(body, PROSE));
    let home = home(&endpoint.base_url);
    assert_eq!(unjudged(&home, &[]).code, 0);
    // The header may still stand in the write-ahead log, which would go before the file.
    let settled = Connection::open(home.path("rhetor.db")).unwrap();
    settled.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(settled);
    let set_write_version = |version: u8| {
        let mut bytes = fs::read(home.path("rhetor.db")).unwrap();
        bytes[18] = version;
        fs::write(home.path("rhetor.db"), bytes).unwrap();
    };
    set_write_version(3);
    let run = unjudged(&home, &[]);
    assert!(run.code == 1 && run.err.contains("rhetor.db is read-only; make it writable"), "{run:?}");
    assert_eq!(home.run(&["show"]).code, 0);
    assert_eq!(home.run(&["history", "--json"]).json().as_array().unwrap().len(), 1);
    set_write_version(2);
    assert_eq!(unjudged(&home, &[]).code, 0);
}
