//! Whole debates of the real program on the real model and the real server, killed at any moment and gone on with.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::{FILE, Failed, Outcome, check, find_model};

/// Speeches of a few words, so that a debate takes seconds and a kill meets every part of it.
const TINY: &str = r#"
name = "tiny"
about = "Two speeches of a few words a side."

[[stages]]
kind = "constructive"
words = 24
order = ["proposition", "opposition"]
sees = "own"
parallel = true

[[stages]]
kind = "rebuttal"
words = 24
order = ["opposition", "proposition"]
sees = "all"
"#;

/// How often a debate is killed before it may come to its end.
const KILLS: u32 = 9;

/// The longest that a run lives after its first event, in milliseconds.
const LONGEST_LIFE: u64 = 2500;

struct Home(TempDir);

impl Home {
    /// A home with the model in its folder and a tiny format.
    fn new() -> Result<Home, Failed> {
        let home = tempfile::tempdir()?;
        fs::create_dir_all(home.path().join("formats"))?;
        fs::write(home.path().join("formats/tiny.toml"), TINY)?;
        Ok(Home(home))
    }

    fn with_model() -> Result<Home, Failed> {
        let home = Home::new()?;
        let folder = home.0.path().join("models");
        fs::create_dir_all(&folder)?;
        place(&find_model().ok_or("there is no model")?, &folder.join(FILE))?;
        Ok(home)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rhetor"));
        command.args(arguments).env("RHETOR_HOME", self.0.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Standard output of a run that ends well.
    fn run(&self, arguments: &[&str]) -> Result<String, Failed> {
        let output = self.command(arguments).output()?;
        let (out, err) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
        check(output.status.success(), || format!("{arguments:?}: {:?}\n{out}\n{err}", output.status))?;
        Ok(out)
    }

    fn json(&self, arguments: &[&str]) -> Result<Value, Failed> {
        Ok(serde_json::from_str(&self.run(arguments)?)?)
    }

    fn events(&self, arguments: &[&str]) -> Result<Vec<Value>, Failed> {
        Ok(self.run(arguments)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
    }
}

#[cfg(unix)]
fn place(file: &Path, at: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(fs::canonicalize(file)?, at)
}

#[cfg(not(unix))]
fn place(file: &Path, at: &Path) -> std::io::Result<()> {
    fs::copy(file, at).map(|_| ())
}

fn of_kind<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

/// A debate that came to its end: four speeches, a ballot, and a ladder that has moved.
fn is_whole(home: &Home) -> Result<Vec<Value>, Failed> {
    let log = home.events(&["replay", "--json"])?;
    let speeches = of_kind(&log, "speech_delivered");
    let mut numbers: Vec<_> = speeches.iter().filter_map(|speech| speech["speech"].as_u64()).collect();
    numbers.sort_unstable();
    check(numbers == [0, 1, 2, 3], || format!("speeches {numbers:?}"))?;
    for kind in ["debate_opened", "ballot_returned", "result_recorded", "debate_closed"] {
        check(of_kind(&log, kind).len() == 1, || format!("{} of {kind}", of_kind(&log, kind).len()))?;
    }
    check(log.iter().enumerate().all(|(place, event)| event["seq"] == place), || "the log has a gap".to_owned())?;
    let ladder = home.json(&["ladder", "--json"])?;
    let games: Vec<_> = ladder.as_array().into_iter().flatten().map(|row| row["games"].clone()).collect();
    check(games == [1, 1], || format!("{ladder}"))?;
    for kind in ["md", "html", "json"] {
        let document = home.run(&["export", "--to", kind])?;
        check(document.contains("single-use plastics"), || format!("the {kind} export is {document:?}"))?;
    }
    Ok(log)
}

const PRO: &str = "quartet@smollm2-135m";
const CON: &str = "solo@smollm2-135m";
const JUDGE: &str = "label-probability@smollm2-135m";

fn arguments<'a>(format: &'a str, pro: &'a str, con: &'a str, judge: &'a str) -> Vec<&'a str> {
    let debate = ["debate", "--motion", "single-use-plastics", "--seed", "5", "--json"];
    [&debate[..], &["--format", format, "--pro", pro, "--con", con, "--judge", judge]].concat()
}

/// A duel on the local model ends in a rated result.
pub fn local_duel() -> Outcome {
    let home = Home::with_model()?;
    let told = home.events(&arguments("duel", PRO, CON, JUDGE))?;
    check(of_kind(&told, "rating_changed").len() == 2, || "the ladder did not move".to_owned())?;
    let log = is_whole(&home)?;
    let recorded: Vec<_> = told.into_iter().filter(|event| event["type"] != "rating_changed").collect();
    check(recorded == log, || "what was told is not the log".to_owned())?;
    for speech in of_kind(&log, "speech_delivered") {
        let text = speech["text"].as_str().unwrap_or_default();
        check(text.split_whitespace().count() >= 15, || format!("{text:?} is no speech"))?;
    }
    Ok(())
}

/// A duel over the server ends in a rated result.
pub fn server_duel() -> Outcome {
    let home = Home::new()?;
    let settings =
        format!("[endpoints.served]\npreset = \"llama.cpp\"\nbase_url = \"{}/v1\"\n", env::var("RHETOR_TEST_SERVER")?);
    fs::write(home.0.path().join("config.toml"), settings)?;
    let told = home.events(&arguments("duel", "quartet@served/a", "solo@served/a", "label-probability@served/a"))?;
    check(of_kind(&told, "rating_changed").len() == 2, || "the ladder did not move".to_owned())?;
    is_whole(&home).map(|_| ())
}

/// Killed at any moment and resumed: no speech that was shown is lost, none is delivered twice, and it comes to its end.
pub fn killed_debate() -> Outcome {
    let home = Home::with_model()?;
    let start = arguments("tiny", PRO, CON, JUDGE);
    let mut shown: BTreeMap<u64, Value> = BTreeMap::new();
    let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut killed = 0;
    while killed < KILLS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let opened = home.json(&["history", "--json"])?;
        let state = &opened[0]["state"];
        if state == "closed" {
            break;
        }
        let resume = ["resume", "--json"];
        let told = live_and_die(&home, if opened[0].is_null() { &start } else { &resume }, random % LONGEST_LIFE)?;
        for speech in of_kind(&told, "speech_delivered") {
            let number = speech["speech"].as_u64().ok_or("a speech without a number")?;
            check(shown.insert(number, speech.clone()).is_none(), || format!("speech {number} was delivered twice"))?;
        }
        killed += 1;
    }
    if home.json(&["history", "--json"])?[0]["state"] != "closed" {
        home.run(&["resume", "--json"])?;
    }
    let log = is_whole(&home)?;
    for (number, speech) in &shown {
        check(log.contains(speech), || format!("speech {number} was shown and is lost"))?;
    }
    eprintln!("killed {killed} times, {} speeches shown by runs that were killed", shown.len());
    check(killed >= 3, || format!("killed only {killed} times"))
}

/// Runs the program, kills it so long after its first event, and gives the events that it had told.
fn live_and_die(home: &Home, arguments: &[&str], life: u64) -> Result<Vec<Value>, Failed> {
    let mut child = home.command(arguments).spawn()?;
    let out = child.stdout.take().ok_or("no output")?;
    let (sender, first) = std::sync::mpsc::channel();
    let reader = thread::spawn(move || {
        let mut lines = Vec::new();
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            lines.push(line);
            let _ = sender.send(());
        }
        lines
    });
    // Whoever opens a model under load may need long; only a hang needs longer than this.
    let _ = first.recv_timeout(Duration::from_secs(60));
    thread::sleep(Duration::from_millis(life));
    child.kill()?;
    child.wait()?;
    let lines = reader.join().map_err(|_| "the reader broke")?;
    // The last line may be half-written: it was not shown.
    Ok(lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect())
}
