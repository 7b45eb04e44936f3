//! The program from outside, where a person stands in front of it: settings, the manual, reports of faults.

use std::fs;

use snapbox::assert_data_eq;
use snapbox::str;

use crate::support::PROSE;
use crate::support::endpoint::{Answer, Endpoint};
use crate::support::program::{Home, Run};

#[test]
fn every_setting_is_printed_with_where_it_comes_from() {
    let home = Home::new();
    home.write(
        "config.toml",
        "[screen]\nmouse = true\n[endpoints.work]\npreset = \"openai\"\nkey_env = \"sk-canary\"\n",
    );
    let run = Run::of(&home.command(&["config"]).env("NO_COLOR", "1").output().unwrap());
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!run.out.contains("canary"), "{run:?}");
    assert_data_eq!(
        run.out,
        str![[r#"
...
defaults.format [..]= "agent4debate"   (default)
...
defaults.debater [..]  (not set)
...
screen.mouse  [..]= true   ([..]config.toml)
...
screen.theme  [..]= "mono"   (NO_COLOR)
...
endpoints.work.preset [..]= "openai"   ([..]config.toml)
...
"#]]
    );
    let theme = home.run(&["config", "get", "screen.theme", "--json"]).json();
    assert_eq!((theme["value"].as_str(), theme["from"].as_str()), (Some("dark"), Some("default")));
}

#[test]
fn a_setting_is_written_read_and_refused() {
    let home = Home::new();
    let file = home.write("config.toml", "# mine\n[screen] # here\nmouse = false\n");
    assert_eq!(home.run(&["config", "path"]).out.trim_end(), file);
    assert_eq!(home.run(&["config", "set", "screen.mouse", "true"]).code, 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), "# mine\n[screen] # here\nmouse = true\n");
    assert_eq!(home.run(&["config", "get", "screen.mouse"]).out, "true\n");
    assert_eq!(home.run(&["config", "get", "defaults.debater"]).code, 1);
    let refused = home.run(&["config", "set", "screen.theme", "darc"]);
    assert!(refused.code == 2 && refused.err.contains("\"dark\""), "{refused:?}");
    assert_eq!(home.run(&["config", "get", "screen.mous"]).code, 2);
}

#[cfg(unix)]
#[test]
fn settings_that_are_edited_wrongly_stay_as_they_were_and_can_be_mended() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let file = home.write("config.toml", "[screen]\nmouse = true\n");
    let editor = |name: &str, script: &str| {
        let path = home.write(name, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        let command = || {
            let mut command = home.command(&["config", "edit"]);
            command.env_remove("VISUAL").env("EDITOR", &path);
            command
        };
        Run::of(&command().output().unwrap())
    };
    let broken = editor("break", "printf '[screen]\\nmouse = perhaps\\n' > \"$1\"");
    assert!(broken.code == 1 && broken.err.contains("line 2, column 9"), "{broken:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "[screen]\nmouse = true\n");
    let mended = editor("mend", "grep -q perhaps \"$1\" && printf '[screen]\\nmouse = false\\n' > \"$1\"");
    assert_eq!(mended.code, 0, "{mended:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "[screen]\nmouse = false\n");
    assert!(!std::path::Path::new(&home.path("config.draft.toml")).exists());
    let untouched = editor("look", "true");
    assert!(untouched.code == 0 && untouched.err.contains("nothing was changed"), "{untouched:?}");
    assert!(!std::path::Path::new(&home.path("config.draft.toml")).exists());
}

#[test]
fn the_manual_is_one_page_or_a_page_for_each_command() {
    let home = Home::new();
    let page = home.run(&["man"]);
    assert_eq!(page.code, 0, "{page:?}");
    assert!(page.out.contains(".TH rhetor 1") && page.out.contains("Exit codes"), "{}", page.out);
    let folder = home.path("man");
    let run = home.run(&["man", "--output", &folder]);
    assert_eq!(run.code, 0, "{run:?}");
    let debate = fs::read_to_string(format!("{folder}/rhetor-debate.1")).unwrap();
    assert!(debate.contains("motion"), "{debate}");
    assert!(std::path::Path::new(&format!("{folder}/rhetor-motions-list.1")).is_file());
}

#[test]
fn a_report_of_a_fault_holds_no_key_no_motion_and_no_speech() {
    const CANARY: &str = "sk-canary-7f3a9b";
    let home = Home::new();
    let endpoint = Endpoint::start(|_, _| Answer::Page(400, "application/json", "x-none: 0", "{}".to_owned()));
    home.write(
        "config.toml",
        &format!("[endpoints.work]\npreset = \"mistral\"\nbase_url = \"{}\"\n", endpoint.base_url),
    );
    home.write("credentials.toml", &format!("work = \"{CANARY}\"\n"));
    home.write(
        "logs/rhetor.log",
        &format!("key {CANARY}\nwould hide the canary well\nmotion: cats are rather rude animals\nan innocent line\n"),
    );
    let speech = "We would hide the canary in a cage of gold.\n.\n";
    let debate = home.with_input(
        &[
            "debate",
            "--motion",
            "Cats are rather rude animals",
            "--pro",
            "person",
            "--con",
            "solo@work/one",
            "--format",
            "oxford",
            "--no-judge",
        ],
        speech,
    );
    assert_eq!(debate.code, 1, "{debate:?}");
    let file = home.path("report.txt");
    let run = home.run(&["doctor", "--bundle", &file]);
    assert_eq!(run.code, 0, "{run:?}");
    let report = fs::read_to_string(&file).unwrap();
    for secret in ["canary", "rude animals", "cage of gold"] {
        assert!(!report.to_lowercase().contains(secret), "{secret} is in {report}");
    }
    for told in [
        "rhetor 0.",
        "== doctor ==",
        "endpoints.work.preset",
        "debates 1",
        "speech_delivered",
        "an innocent line",
        "failed",
    ] {
        assert!(report.contains(told), "no {told} in {report}");
    }
}

/// A home with an endpoint `work` that debates, and judges in figures.
fn talking() -> (Home, Endpoint) {
    let endpoint = Endpoint::start(|call, body| {
        let asked = body["messages"].to_string();
        Answer::Text(if asked.contains("WINNER") {
            "{\"first\": 8, \"second\": 4, \"winner\": \"first\"}".to_owned()
        } else if asked.contains("score") {
            "{\"score\": 6}".to_owned()
        } else {
            format!("{PROSE} Point {call}.")
        })
    });
    let home = Home::new();
    home.write(
        "config.toml",
        &format!("[endpoints.work]\npreset = \"mistral\"\nbase_url = \"{}\"\n", endpoint.base_url),
    );
    home.write("credentials.toml", "work = \"k\"\n");
    (home, endpoint)
}

#[test]
fn two_persons_debate_line_by_line_and_only_words_are_printed() {
    let (home, _endpoint) = talking();
    let speeches = "We say yes [E1].\n.\nWe say no.\n.\nStill yes.\n.\nStill no.\n.\n";
    let debate = home.with_input(
        &[
            "debate",
            "--plain",
            "--motion",
            "single-use-plastics",
            "--pro",
            "person",
            "--con",
            "person",
            "--format",
            "duel",
            "--judge",
            "debatrix@work/three",
        ],
        speeches,
    );
    assert_eq!(debate.code, 0, "{debate:?}");
    for told in [
        "We say yes",
        "We say no.",
        "Still yes.",
        "Still no.",
        "Stage 1: constructive.",
        "does not stand in its source",
        "Ballot 1",
    ] {
        assert!(debate.out.contains(told), "no {told} in {debate:?}");
    }
    assert_eq!(debate.err.matches("Your turn: writer of the").count(), 4, "{debate:?}");
    assert!(debate.err.contains("Nobody hears the other side") && debate.err.contains("Taken: 3 words."), "{debate:?}");
    for sign in ["✓", "✗", "≈", "→", "==", "  · ", "\u{1b}", "\r"] {
        assert!(!debate.out.contains(sign) && !debate.err.contains(sign), "{sign:?} in {debate:?}");
    }
}

#[test]
fn commands_are_read_line_by_line() {
    let (home, _endpoint) = talking();
    let typed = "motions show single-use-plastics\n\nnonsense\nconfig get screen.theme\n\
                 debate\nThis House would walk\nsolo@work/one\nsolo@work/two\nduel\nnone\nhistory\nquit\nmotions list\n";
    let run = home.with_input(&["--plain"], typed);
    assert_eq!(run.code, 0, "{run:?}");
    for told in [
        "This House would ban single-use plastics",
        "dark\n",
        "Stage 2: rebuttal.",
        "This House would walk",
        "no result",
    ] {
        assert!(run.out.contains(told), "no {told} in {run:?}");
    }
    assert!(run.err.contains("unrecognized subcommand 'nonsense'"), "{run:?}");
    assert!(!run.out.contains("social-media"), "nothing is read behind quit: {run:?}");
}

const PERSUADE: [&str; 12] = [
    "debate",
    "--plain",
    "--persuade",
    "--name",
    "ann",
    "--motion",
    "single-use-plastics",
    "--pro=person",
    "--con=solo@work/one",
    "--format",
    "duel",
    "--no-judge",
];

#[test]
fn a_person_is_asked_before_and_after_and_its_opponent_knows_only_what_it_agreed_to() {
    let (home, endpoint) = talking();
    let typed = "9\n2\nyes\nforty-nine\n\n\n\nlighthouse keeper\n\nyes\nWe say yes.\n.\nStill yes.\n.\n4\n";
    let debate = home.with_input(&PERSUADE, typed);
    assert_eq!(debate.code, 0, "{debate:?}");
    assert!(debate.err.contains("from 1 to 5") && debate.err.contains("Kept: 2 before, 4 after."), "{debate:?}");
    let heard = endpoint.bodies();
    assert!(heard.iter().any(|body| body.contains("employment: lighthouse keeper")), "{heard:?}");

    let session = home.run(&["study", "export"]).json();
    assert_eq!((session["before"].as_u64(), session["after"].as_u64()), (Some(2), Some(4)));
    assert_eq!(
        (session["details"]["age"].as_str(), session["opponent"].as_str()),
        (Some("forty-nine"), Some("solo@work/one"))
    );
    assert!(!home.run(&["export", "--to", "json"]).out.contains("lighthouse"), "the log knows nothing of the person");
    let study = home.run(&["study"]);
    assert!(study.out.starts_with("1 finished session of 1 person, 0 unfinished.\n"), "{study:?}");
    assert!(study.out.contains("solo@work/one, told of the person: 1 session, 0 moved toward it, 1 away"), "{study:?}");
    assert!(study.out.contains("not independent"), "{study:?}");

    let database = || fs::read(home.path("rhetor.db")).unwrap();
    let holds = |word: &str| database().windows(word.len()).any(|window| window == word.as_bytes());
    assert!(holds("lighthouse"));
    assert_eq!(home.run(&["study", "forget", "--details"]).out, "Erased from 1 session.\n");
    assert!(!holds("lighthouse") && home.run(&["study", "export"]).json()["details"].is_null());
    assert_eq!(home.run(&["study", "forget", "--all"]).out, "Erased from 1 session.\n");
    assert_eq!(home.run(&["study", "export"]).out, "");
}

#[test]
fn what_was_shown_as_kept_survives_the_death_of_the_program() {
    use std::io::{BufRead, BufReader, Write};
    let (home, _endpoint) = talking();
    let mut child = home.command(&PERSUADE).stdin(std::process::Stdio::piped()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"5\nno\n").unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(told.any(|line| line == "Kept: 5 before the debate."));
    child.kill().unwrap();
    child.wait().unwrap();
    let session = home.run(&["study", "export"]).json();
    assert_eq!(
        (session["before"].as_u64(), session["after"].as_u64(), session["name"].as_str()),
        (Some(5), None, Some("ann"))
    );
    let id = session["id"].as_str().unwrap();
    assert_eq!(home.run(&["study", "after", &id[..6], "3"]).out, "Kept: 5 before, 3 after.\n");
    let again = home.run(&["study", "after", id, "1"]);
    assert!(again.code == 2 && again.err.contains("has its 3 already"), "{again:?}");
}

#[test]
fn nobody_is_persuaded_where_no_person_debates() {
    let (home, _endpoint) = talking();
    let run = home.run(&[
        "debate",
        "--persuade",
        "--motion",
        "single-use-plastics",
        "--pro=solo@work/one",
        "--con=solo@work/two",
    ]);
    assert!(run.code == 2 && run.err.contains("--pro person"), "{run:?}");
}

#[test]
fn an_audience_votes_twice_and_its_swing_stands_beside_the_verdict() {
    let (home, _endpoint) = talking();
    let debate = home.with_input(
        &[
            "debate",
            "--motion",
            "single-use-plastics",
            "--pro=solo@work/one",
            "--con=solo@work/two",
            "--no-judge",
            "--audience",
        ],
        "no idea\n70 20 10\n65 34 1\n",
    );
    assert_eq!(debate.code, 0, "{debate:?}");
    assert!(debate.out.contains("oxford") && debate.err.contains("write the votes like 12:8:5"), "{debate:?}");
    let swing = "proposition -5.0 points, opposition +14.0 points: the opposition wins by swing.";
    for told in [debate, home.run(&["show"]), home.run(&["export", "--to", "html"])] {
        assert!(told.out.contains(swing), "{told:?}");
    }
    let corrected = home.run(&["study", "vote", "last", "90:5:5", "--json"]).json();
    assert_eq!(corrected["winner"], "proposition");
    let typed = [
        "debate",
        "--motion",
        "single-use-plastics",
        "--pro=solo@work/one",
        "--con=solo@work/two",
        "--no-judge",
        "--format",
        "duel",
        "--audience=3:4",
        "--audience-after=3:4:1",
    ];
    assert!(home.run(&typed).out.contains("wins by swing"));
}

#[test]
fn a_vague_wish_becomes_a_motion_in_at_most_five_questions_and_each_shows_its_gain() {
    let home = Home::new();
    let run = home.with_input(
        &["motions", "clinic", "something about plastic"],
        "\nperhaps\nThis House would ban\n1\n1\n1\n1\n1\n",
    );
    assert_eq!(run.code, 0, "{run:?}");
    let asked = run.err.matches("bits: ").count();
    assert!((1..=5).contains(&asked) && run.err.contains("Question 1 of at most 5, expected to tell "), "{run:?}");
    assert!(run.out.contains("This House") && run.out.contains("debates it"), "{run:?}");

    let found = home
        .with_input(&["motions", "clinic", "a debate about garden gnomes", "--add", "--json"], "policy\n1\n1\n1\n1\n")
        .json();
    assert!(
        found["questions"].as_array().unwrap().len() <= 5 && found["questions"][0]["gain_bits"].as_f64().unwrap() > 0.0
    );
    assert_eq!(home.run(&["motions", "clinic", "?"]).code, 2);
}

#[test]
fn a_model_may_think_of_motions_too_and_the_chosen_one_is_kept() {
    let written = r#"{"motions": [{"text": "This House would give every garden gnome a name", "category": "policy", "tags": ["law"]}]}"#;
    let endpoint = Endpoint::start(move |_, _| Answer::Text(written.to_owned()));
    let home = Home::new();
    home.write(
        "config.toml",
        &format!("[endpoints.work]\npreset = \"mistral\"\nbase_url = \"{}\"\n", endpoint.base_url),
    );
    home.write("credentials.toml", "work = \"k\"\n");
    let clinic = ["motions", "clinic", "garden gnomes", "--model", "work/one", "--add"];
    let mut child = home.command(&clinic).stdin(std::process::Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let told = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap())).map(Result::unwrap);
    // Takes the gnome wherever it is offered, and does not care about anything else.
    let mut offered = None;
    for line in told {
        let line = line.trim().to_owned();
        if line.starts_with("Question") {
            offered = None;
        } else if line.ends_with("give every garden gnome a name") {
            offered = line.split(' ').next().map(str::to_owned);
        } else if line.ends_with("no matter") || line.ends_with("none of these") {
            std::io::Write::write_all(&mut input, format!("{}\n", offered.take().unwrap_or_default()).as_bytes())
                .unwrap();
        }
    }
    let run = Run::of(&child.wait_with_output().unwrap());
    assert!(run.code == 0 && run.out.contains("This House would give every garden gnome a name"), "{run:?}");
    assert!(run.out.contains("\nAdded "), "{run:?}");
    assert!(home.run(&["motions", "list", "--tag", "law"]).out.contains("garden gnome"));
}
