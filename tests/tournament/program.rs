//! Tournaments of the real program: planned, killed, interrupted, stopped by a ceiling, reported, and typed wrong.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::PROSE;
use crate::support::endpoint::{Answer, Endpoint};
use crate::support::program::{Home, Run};

/// A server whose answers follow from the request alone, so that two runs with the same seeds say the same.
fn server() -> Endpoint {
    Endpoint::start(|_, body| {
        let text = body.to_string();
        let mark = text.bytes().fold(7u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        // Long enough that a kill meets calls under way.
        std::thread::sleep(Duration::from_millis(15));
        let last = body["messages"].as_array().and_then(|messages| messages.last());
        let wants_a_score = last.is_some_and(|last| last["content"].to_string().contains("score"));
        Answer::Text(if wants_a_score {
            format!("{{\"score\": {}}}", 1 + mark % 10)
        } else {
            format!("{PROSE} That is point {mark} of ours.")
        })
    })
}

/// A home in which `mock` is that server, with a file for a cup of three.
fn home(server: &Endpoint) -> Home {
    let home = Home::new();
    let settings = "[defaults]\nmomentum = \"\"\ndebater = \"mock/one\"\n[endpoints.mock]\npreset = \"mistral\"\n";
    home.write("config.toml", &format!("{settings}base_url = \"{}\"\n", server.base_url));
    home.write("credentials.toml", "mock = \"sk-test\"\n");
    home.write("cup.toml", CUP);
    home
}

const CUP: &str = "kind = \"double-round-robin\"\nplayers = [\"mock/one\", \"mock/two\", \"mock/three\"]\n\
    motions = [\"single-use-plastics\"]\nformat = \"duel\"\njudges = [\"critique-first@mock/judge\"]\nseed = 7\n\
    [concurrency]\nmatches = 3\n";

/// The finished tournament as scripts see it, without ids, and all that was said in it.
fn outcome(home: &Home) -> (Value, Vec<Vec<String>>) {
    let mut report = home.run(&["tournament", "report", "--to", "json"]).json();
    let mut said = Vec::new();
    for one in report["matches"].as_array_mut().unwrap() {
        assert_eq!(one["state"], "done");
        let debate = one["debate"].as_str().unwrap().to_owned();
        one["debate"] = Value::Null;
        let log = home.run(&["replay", &debate, "--json"]).lines();
        let of = |kind: &str| log.iter().filter(|entry| entry["type"] == kind).collect::<Vec<_>>().len();
        assert_eq!((of("debate_opened"), of("result_recorded"), of("debate_closed")), (1, 1, 1));
        assert_eq!((of("role_said"), of("judge_said")), (4, 8), "a finished call is never asked again");
        let mut speeches: Vec<String> = log
            .iter()
            .filter(|entry| entry["type"] == "speech_delivered")
            .map(|entry| format!("{} {}", entry["speech"], entry["text"]))
            .collect();
        // The two blind constructives may come in either order.
        speeches.sort();
        said.push(speeches);
    }
    let debates = home.run(&["history", "--json"]).json();
    assert_eq!(debates.as_array().unwrap().len(), said.len(), "no debate beside the matches");
    for key in ["id", "at", "usage", "costs"] {
        report[key] = Value::Null;
    }
    (report, said)
}

fn spawn(home: &Home, arguments: &[&str]) -> Child {
    home.command(&[&["tournament"], arguments, &["--json"]].concat()).spawn().unwrap()
}

#[test]
fn a_tournament_that_is_killed_again_and_again_loses_nothing_and_does_nothing_twice() {
    let server = server();
    let undisturbed = home(&server);
    let cup = undisturbed.path("cup.toml");
    let run = undisturbed.run(&["tournament", "run", &cup]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(run.err.lines().filter(|line| line.contains("match ")).count(), 6, "a line for each match: {run:?}");
    let expected = outcome(&undisturbed);
    assert!(expected.0["matches"].as_array().unwrap().iter().any(|one| one["winner"].is_string()), "{expected:?}");

    let killed = home(&server);
    let cup = killed.path("cup.toml");
    for (kill, calls) in [4, 9, 14, 3, 11].into_iter().enumerate() {
        let until = server.calls() + calls;
        let arguments: &[&str] = if kill == 0 { &["run", &cup] } else { &["resume"] };
        let mut child = spawn(&killed, arguments);
        while server.calls() < until && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let status = killed.run(&["tournament", "status", "--json"]).json();
    assert_eq!((status["state"].as_str(), status["most_matches"].as_u64()), (Some("stopped"), Some(6)), "{status:#}");
    // Two at once go on, and one of them is killed, too.
    let until = server.calls() + 6;
    let (mut first, second) = (spawn(&killed, &["resume"]), spawn(&killed, &["resume"]));
    while server.calls() < until {
        std::thread::sleep(Duration::from_millis(1));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let second = Run::of(&second.wait_with_output().unwrap());
    assert_eq!(second.code, 0, "{second:?}");
    assert_eq!(second.lines().last().unwrap()["state"], "over");
    assert_eq!(outcome(&killed), expected);
}

#[test]
fn a_person_debates_on_standard_input_and_a_tournament_refuses_it() {
    let server = server();
    let home = home(&server);
    let debate = |said: &str| {
        let arguments = [
            "debate",
            "--motion",
            "single-use-plastics",
            "--format",
            "duel",
            "--pro",
            "person",
            "--con",
            "mock/one",
            "--no-judge",
        ];
        let mut child = home.command(&arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(said.as_bytes()).unwrap();
        Run::of(&child.wait_with_output().unwrap())
    };
    let run = debate("Cups come back.\n.\nThey still do.\n");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("Cups come back.") && run.out.contains("They still do."), "{run:?}");
    assert!(run.err.contains("Your turn: writer of the proposition, speech 1"), "{run:?}");
    let short = debate("Cups come back.\n.\n");
    assert_eq!(short.code, 130, "{short:?}");
    assert!(short.err.contains("the input has ended") && short.err.contains("rhetor resume"), "{short:?}");
    let cup = home.run(&["tournament", "plan", &home.path("cup.toml"), "--player", "person", "--player", "mock/one"]);
    assert!(cup.code == 2 && cup.err.contains("person has a person in it"), "{cup:?}");
}

/// The same command in a shell that lets no file grow beyond so many blocks of 512 bytes.
#[cfg(target_os = "linux")]
fn within(blocks: usize, command: &Command) -> Run {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    Run::of(&shell.output().unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_in_the_middle_costs_one_sentence_and_no_match() {
    let server = server();
    let home = home(&server);
    let cup = home.path("cup.toml");
    // The store is there before, and has room beyond its own size: what fills is the log of what the matches write.
    home.write("note.txt", "A passage that no match reads.");
    assert_eq!(home.run(&["evidence", "add", &home.path("note.txt")]).code, 0);
    let store = std::fs::metadata(home.path("rhetor.db")).unwrap().len();
    let full = within(store as usize / 512 + 800, &home.command(&["tournament", "run", &cup]));
    assert_eq!(full.code, 1, "{full:?}");
    let complaints: Vec<&str> = full.err.lines().filter(|line| line.starts_with("rhetor: ")).collect();
    assert!(complaints.len() == 1 && complaints[0].contains("rhetor.db"), "{full:?}");
    let status = home.run(&["tournament", "status", "--json"]).json();
    let begun = status["matches"].as_array().unwrap().iter().filter(|one| one["state"] != "planned").count();
    assert!(begun > 0 && status["state"] == "stopped", "it filled in the middle: {status:#}");
    let resumed = home.run(&["tournament", "resume"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert_eq!(outcome(&home).0["matches"].as_array().unwrap().len(), 6);
}

#[test]
fn a_tournament_of_the_real_program_is_planned_stopped_by_a_ceiling_and_reported() {
    let server = server();
    let home = home(&server);
    let cup = home.path("cup.toml");
    let planned = home.run(&["tournament", "plan", &cup]);
    assert_eq!(planned.code, 0, "{planned:?}");
    for part in ["cup: double-round-robin, seed 7", "6 matches", "tokens to read", "$0.00", "is not known"] {
        assert!(planned.out.contains(part), "no {part:?} in {planned:?}");
    }
    assert!(planned.out.contains("solo@mock/one - solo@mock/two") && server.calls() == 0, "{planned:?}");
    let empty = home.run(&["tournament", "list"]);
    assert!(empty.code == 0 && empty.out.is_empty() && empty.err.contains("no tournament yet"), "{empty:?}");

    let stopped = home.run(&["tournament", "run", &cup, "--max-tokens", "6000"]);
    assert_eq!(stopped.code, 3, "{stopped:?}");
    assert!(stopped.err.contains("6000 tokens is reached") && stopped.err.contains("tournament resume"), "{stopped:?}");
    let resumed = home.run(&["tournament", "resume", "cup", "--max-tokens", "9000000", "--json"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    let kinds: Vec<String> = resumed.lines().iter().map(|line| line["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!((kinds[0].as_str(), kinds.last().unwrap().as_str()), ("tournament_started", "tournament_ended"));
    assert!(kinds.iter().any(|kind| kind == "match_done"));
    let table = home.run(&["tournament", "report"]);
    assert!(table.out.contains("6 of 6 matches") && table.out.contains("points"), "{table:?}");
    let file = home.path("cup.md");
    assert_eq!(home.run(&["tournament", "report", "last", "--to", "md", "-o", &file]).code, 0);
    let markdown = std::fs::read_to_string(file).unwrap();
    assert!(
        markdown.starts_with("# cup\n") && markdown.contains("| # | player |").then_some(()).is_none(),
        "{markdown}"
    );
    assert!(markdown.contains("| \\# | player | points |"), "{markdown}");
    assert!(table.out.contains("Bradley-Terry ratings") && table.out.contains("never audited"), "{table:?}");
    let page = home.run(&["tournament", "report", "--to", "html"]);
    assert!(page.out.starts_with("<!doctype html>") && page.out.matches("<details>").count() == 6, "{page:?}");
    let again = home.run(&["tournament", "stop"]);
    assert!(again.code == 2 && again.err.contains("is over; there is nothing to stop"), "{again:?}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_tournament_ends_with_130_and_goes_on_when_it_is_resumed() {
    let server = server();
    let home = home(&server);
    let child = spawn(&home, &["run", &home.path("cup.toml")]);
    while server.calls() < 5 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let interrupted = Run::of(&child.wait_with_output().unwrap());
    assert_eq!(interrupted.code, 130, "{interrupted:?}");
    assert_eq!(interrupted.lines().last().unwrap()["state"], "stopped");
    assert!(interrupted.err.contains("goes on from here"), "{interrupted:?}");
    // Nobody runs it, and whoever does next is told nothing of an old wish.
    let asked = home.run(&["tournament", "stop", "--json"]).json();
    assert_eq!((asked["type"].as_str(), asked["at_once"].as_bool()), (Some("stop_asked"), Some(false)));
    let resumed = home.run(&["tournament", "resume"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    outcome(&home);
}

#[test]
fn questions_are_debated_by_every_ordered_pair_and_end_in_a_table_of_wins() {
    let server = server();
    let home = home(&server);
    let questions = home.write(
        "qa.jsonl",
        "{\"question\": \"What is 2 + 2?\", \"answer\": \"4\"}\n{\"question\": \"Where is Oslo?\", \"answer\": \"In Norway\"}\n",
    );
    let run = home.run(&[
        "tournament",
        "run",
        "--kind",
        "qa",
        "--questions",
        &questions,
        "--player",
        "mock/one",
        "--player",
        "mock/two",
        "--format",
        "duel",
        "--judge",
        "critique-first@mock/judge",
        "--seed",
        "3",
        "--json",
    ]);
    assert_eq!(run.code, 0, "{run:?}");
    let (report, said) = outcome(&home);
    let ordered: std::collections::BTreeSet<String> = report["matches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {} {}", one["proposition"], one["opposition"], one["motion"]))
        .collect();
    assert_eq!((ordered.len(), said.len()), (4, 4), "both sides of both questions: {ordered:?}");
    assert!(ordered.iter().any(|one| one.contains("Where is Oslo?") && one.contains("In Norway")));
    let players = report["players"].as_array().unwrap();
    assert!(players.iter().all(|player| player["standing"]["played"] == 4), "{players:?}");
    let wrong = home.run(&["tournament", "plan", "--kind", "qa", "--player", "mock/one", "--player", "mock/two"]);
    assert!(wrong.code == 2 && wrong.err.contains("the kind qa needs questions"), "{wrong:?}");
}

#[test]
fn wrong_plans_are_one_sentence_and_nothing_starts() {
    let server = server();
    let home = home(&server);
    let cup = home.path("cup.toml");
    let contradictory = home.write("bad.toml", &format!("sides = \"balanced\"\n{CUP}"));
    let broken = home.write("broken.toml", "kind = \"swis\"\n");
    let players = ["--player", "mock/one", "--player", "mock/two"];
    let with = |more: &[&'static str]| [&players[..], more].concat();
    let cases: Vec<(Vec<&str>, &str)> = vec![
        (vec![&contradictory], "bad.toml: a double-round-robin swaps the sides"),
        (vec![&broken], "broken.toml, line 1, column 8"),
        (vec!["nowhere.toml"], "there is no such file"),
        (vec![&cup, "--max-tokens", "0"], "0 tokens let nothing start"),
        (vec![&cup, "--max-dollars", "0"], "0 dollars let nothing start"),
        (vec![&cup, "--matches", "0"], "must be at least 1"),
        (vec![&cup, "--format", "duell"], "did you mean \"duel\""),
        (vec![&cup, "--judge", "label-probabilty@mock/one"], "there is no judge recipe named"),
        (vec!["--player", "mock/one", "--motion", "single-use-plastics"], "at least two players, and one is named"),
        (with(&[]), "at least one motion"),
        (with(&["--motion", "single-use-plastic"]), "there is no motion named"),
        (with(&["--motion", "single-use-plastics", "--player", "quartett"]), "names neither a team nor a model"),
        (with(&["--motion", "single-use-plastics", "--rounds", "2"]), "only a swiss tournament has a number of rounds"),
    ];
    for (arguments, told) in cases {
        for command in ["plan", "run"] {
            let run = home.run(&[&["tournament", command], &arguments[..]].concat());
            assert!(run.code == 2 && run.err.contains(told), "{told:?} in {run:?}");
            assert!(run.out.is_empty() && run.err.trim_end().lines().count() == 1, "{run:?}");
        }
    }
    let unknown = home.run(&["tournament", "status", "zebra"]);
    assert!(unknown.code == 2 && unknown.err.contains("no tournament's id begins with \"zebra\""), "{unknown:?}");
    let none = home.run(&["tournament", "resume"]);
    assert!(none.code == 2 && none.err.contains("there is no tournament yet"), "{none:?}");
    assert_eq!(server.calls(), 0);
}

#[test]
fn above_the_configured_sum_it_asks_and_yes_answers() {
    let server = server();
    let home = home(&server);
    let settings = std::fs::read_to_string(home.path("config.toml")).unwrap();
    home.write("config.toml", &format!("{settings}[tournaments]\nask_above_dollars = 0.0001\n"));
    // A price makes the debaters cost something.
    let models = include_str!("../../assets/models.toml");
    let price = "[[remote]]\nendpoint = \"mock\"\nmodel = \"one\"\nprice = { prompt = 1.0, completion = 2.0 }\n";
    home.write("models.toml", &format!("{models}\n{price}"));
    let cup = home.path("cup.toml");
    let asked = home.run(&["tournament", "run", &cup]);
    assert!(asked.code == 2 && asked.err.contains("give --yes"), "{asked:?}");
    assert_eq!(server.calls(), 0);
    let yes = home.run(&["tournament", "run", &cup, "--yes"]);
    assert_eq!(yes.code, 0, "{yes:?}");
}
